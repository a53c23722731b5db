//! The people of one account: who they are, which seat they hold, who left.
//! Decides names, posts and mail addresses. It must not decide when we talked to them (`touches`).

use super::clock::Day;
use super::shape::{Mood, Shape};
use super::stories::Story;
use crate::practice::dice::Dice;
use crate::practice::words::people::{NameAt, Post, Tier, mail_name, post};

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub first: &'static str,
    pub last: &'static str,
    pub tier: Tier,
    pub post: Post,
    pub champion: bool,
    /// Came into the CRM.
    pub joined: Day,
    pub left: Option<Day>,
    /// Last log-in to the product.
    pub seen: Option<Day>,
    /// Local part of the mail address, free of doubles inside the account.
    pub local: String,
    /// Deleted in the CRM so many days before today.
    pub archived: Option<Day>,
}

impl Person {
    pub(crate) fn present(&self) -> bool {
        self.left.is_none() && self.archived.is_none()
    }
}

/// The people of an account, buyers first.
pub(crate) fn cast(shape: &Shape, seed: u64, account: u32, anchor: Day, start: Day) -> Vec<Person> {
    let mut dice = Dice::new(seed, u64::from(account), 40);
    let mut people = Vec::with_capacity(16);
    if shape.story == Some(Story::ChampionLeft) {
        northwind(&mut people, anchor, start);
    }
    let tiers = [Tier::Buyer, Tier::Influencer, Tier::User, Tier::Builder];
    for (tier, count) in tiers.into_iter().zip(shape.tiers) {
        for nth in 0..count {
            let name = NameAt::draw(&mut dice);
            // The first of each tier has been there from the beginning.
            let joined = start + dice.between(-40, if nth == 0 { -5 } else { 200 }) as Day;
            people.push(Person {
                first: name.first(),
                last: name.last(),
                tier,
                post: post(tier, &mut dice),
                champion: false,
                joined: joined.min(anchor - 30),
                left: None,
                seen: seen(tier, shape, anchor, &mut dice),
                local: String::new(),
                archived: None,
            });
        }
    }
    name_champion(&mut people, shape);
    // Someone who left long ago, and now and then a record that was deleted.
    if dice.chance(0.22) && people.len() > 4 {
        let at = people.len() - 1;
        let gone = anchor - dice.between(120, 400) as Day;
        people[at].left = Some(gone);
        people[at].joined = people[at].joined.min(gone - 60);
        people[at].seen = people[at].seen.map(|_| gone - 3);
    }
    if account % 9 == 4 && people.len() > 5 {
        let at = people.len() - 2;
        people[at].archived = Some(anchor - dice.between(4, 70) as Day);
        people[at].seen = None;
    }
    for at in 0..people.len() {
        let plain = mail_name(people[at].first, people[at].last);
        let doubles = people[..at].iter().filter(|p| p.first == people[at].first && p.last == people[at].last).count();
        people[at].local = if doubles == 0 { plain } else { format!("{plain}{}", doubles + 1) };
    }
    people
}

fn name_champion(people: &mut [Person], shape: &Shape) {
    let none = shape.gaps[1] > 100 || (shape.mood == Mood::Middling && shape.seats.is_multiple_of(2));
    if shape.story == Some(Story::ChampionLeft) || none {
        return;
    }
    if let Some(first) = people.iter_mut().find(|p| p.tier == Tier::Influencer) {
        first.champion = true;
        first.post.1 = "CHAMPION";
    }
}

/// When a person last used the product; buyers mostly never do.
fn seen(tier: Tier, shape: &Shape, anchor: Day, dice: &mut Dice) -> Option<Day> {
    let days = match tier {
        Tier::Buyer => {
            return dice.chance(0.15).then(|| anchor - dice.between(20, 90) as Day);
        }
        Tier::Influencer => dice.between(1, 24),
        Tier::User | Tier::Builder => dice.between(1, 9),
    };
    if shape.live_after.is_none() && dice.chance(0.6) {
        return None;
    }
    // The fewer seats are in use, the more people have stopped.
    let active = dice.share() < (shape.use_now * 1.15).min(0.97);
    Some(anchor - if active { days } else { dice.between(32, 140) } as Day)
}

fn northwind(people: &mut Vec<Person>, anchor: Day, start: Day) {
    let person = |first, last, tier, post, joined| Person {
        first,
        last,
        tier,
        post,
        champion: false,
        joined,
        left: None,
        seen: None,
        local: String::new(),
        archived: None,
    };
    let mut jane = person("Jane", "Doe", Tier::Buyer, ("VP Operations", "DECISION_MAKER;CHAMPION", "vp"), start - 20);
    jane.champion = true;
    jane.left = Some(anchor - 1);
    jane.seen = Some(anchor - 9);
    people.push(jane);
    people.push(person("Sam", "Ortiz", Tier::Buyer, ("VP Operations", "DECISION_MAKER", "vp"), anchor - 2));
    let mut lena =
        person("Lena", "Brandt", Tier::Influencer, ("Head of Planning", "INFLUENCER", "director"), start + 12);
    lena.seen = Some(anchor - 4);
    people.push(lena);
}
