//! When we met, called and wrote to the people of an account, back to eighteen months before its anchor day.
//! Decides dates, kinds and who took part; wording is drawn when a record is written.
//! The last touch of each tier lies exactly where the account's figures say.

use super::cast::Person;
use super::clock::{self, Day};
use super::shape::{Mood, Shape};
use super::stories::Story;
use crate::practice::dice::Dice;
use crate::practice::kinds::Kind;
use crate::practice::words::people::Tier;

/// Days of history that a book has.
pub(crate) const HISTORY: Day = 540;

#[derive(Debug, Clone)]
pub(crate) struct Touch {
    pub kind: Kind,
    /// Epoch ms of the start; later than the anchor day for what is planned.
    pub at: i64,
    pub minutes: i64,
    /// Positions in the account's people.
    pub people: Vec<u8>,
    /// They began it: an incoming call, a mail from them.
    pub theirs: bool,
    /// Drawn once, picks the wording.
    pub phrase: u64,
    /// Put in the calendar on this day.
    pub booked: Day,
    pub outcome: &'static str,
    /// A meeting with a title of its own.
    pub title: Option<&'static str>,
}

/// All touches, oldest first.
pub(crate) fn touches(
    shape: &Shape,
    people: &[Person],
    seed: u64,
    account: u32,
    anchor: Day,
    start: Day,
    active: bool,
) -> Vec<Touch> {
    let mut dice = Dice::new(seed, u64::from(account), 50);
    let mut out = Vec::with_capacity(64);
    let cadence = match shape.mood {
        Mood::Strong => [58, 36, 27],
        _ if shape.story.is_some() => match shape.mood {
            Mood::Middling => [72, 46, 38],
            _ => [84, 60, 50],
        },
        // Who is seldom talked to now was seldom talked to before: a neglected book does not go to pieces in one month.
        Mood::Middling if shape.mending => [105, 70, 46],
        Mood::Middling => [92, 58, 40],
        Mood::Poor => [128, 92, 54],
    };
    for (row, tier) in [Tier::Buyer, Tier::Influencer, Tier::User].into_iter().enumerate() {
        let seats: Vec<u8> = (0..people.len() as u8).filter(|at| people[usize::from(*at)].tier == tier).collect();
        let mut day = anchor - shape.gaps[row];
        let first = start.max(anchor - HISTORY) - 20;
        let mut round = 0usize;
        while day > first {
            let on = clock::working_day(day);
            let here: Vec<u8> = seats.iter().copied().filter(|at| was_there(&people[usize::from(*at)], on)).collect();
            if let Some(lead) = here.get(round % here.len().max(1)).copied() {
                one(&mut out, &mut dice, tier, on, lead, people);
            }
            let step = cadence[row];
            day -= dice.between(step * 7 / 10, step * 13 / 10).max(6) as Day;
            round += 1;
        }
    }
    if shape.story == Some(Story::ChampionLeft) {
        // The champion was close to us until the end.
        for back in [21, 47, 80] {
            out.push(meeting(clock::working_day(anchor - back), 13, 45, vec![0], &mut dice));
        }
    }
    if active {
        planned(&mut out, &mut dice, shape, people, account, anchor);
    }
    out.sort_by_key(|touch| touch.at);
    out
}

fn was_there(person: &Person, on: Day) -> bool {
    person.joined <= on && person.left.is_none_or(|left| on < left) && person.archived.is_none()
}

/// One two-way touch: a meeting, a call, or a mail and its answer.
fn one(out: &mut Vec<Touch>, dice: &mut Dice, tier: Tier, on: Day, lead: u8, people: &[Person]) {
    let roll = dice.share();
    let (meet, call) = match tier {
        Tier::Buyer => (0.6, 0.85),
        Tier::Influencer => (0.4, 0.65),
        Tier::User | Tier::Builder => (0.15, 0.4),
    };
    if roll < meet {
        let mut who = vec![lead];
        // Others of the account often join.
        if let Some(second) = (0..people.len() as u8).find(|at| {
            *at != lead
                && people[usize::from(*at)].tier != Tier::Buyer
                && tier == Tier::Influencer
                && was_there(&people[usize::from(*at)], on)
        }) {
            who.push(second);
        }
        let minutes = dice.pick(&[30, 45, 60]);
        out.push(meeting(on, dice.between(8, 16), minutes, who, dice));
    } else if roll < call {
        let theirs = dice.chance(0.3);
        let at = clock::at(on, dice.between(8, 16), dice.between(0, 11) * 5);
        out.push(Touch {
            kind: Kind::Call,
            at,
            minutes: dice.between(6, 34),
            people: vec![lead],
            theirs,
            phrase: dice.next(),
            booked: on,
            outcome: "COMPLETED",
            title: None,
        });
    } else {
        let phrase = dice.next();
        let at = clock::at(clock::working_day(on - 1), dice.between(8, 15), dice.between(0, 59));
        let answer = clock::at(on, dice.between(8, 16), dice.between(0, 59));
        let mail = |at, theirs| Touch {
            kind: Kind::Email,
            at,
            minutes: 0,
            people: vec![lead],
            theirs,
            phrase,
            booked: clock::day_of_ms(at),
            outcome: "SENT",
            title: None,
        };
        out.push(mail(at, false));
        out.push(mail(answer, true));
    }
}

fn meeting(on: Day, hour: i64, minutes: i64, people: Vec<u8>, dice: &mut Dice) -> Touch {
    let at = clock::at(on, hour, dice.between(0, 1) * 30);
    Touch {
        kind: Kind::Meeting,
        at,
        minutes,
        people,
        theirs: false,
        phrase: dice.next(),
        booked: on - dice.between(3, 16) as Day,
        outcome: "COMPLETED",
        title: None,
    }
}

/// What stands in the calendar today and in the next two weeks.
fn planned(out: &mut Vec<Touch>, dice: &mut Dice, shape: &Shape, people: &[Person], account: u32, anchor: Day) {
    let mut book = |day: Day, hour: i64, minute: i64, who: u8, booked: Day, title| {
        out.push(Touch {
            kind: Kind::Meeting,
            at: clock::at(day, hour, minute),
            minutes: 45,
            people: vec![who],
            theirs: false,
            phrase: roll_of(account, day),
            booked,
            outcome: "SCHEDULED",
            title,
        });
    };
    let anyone = people.iter().position(Person::present).unwrap_or(0) as u8;
    match shape.story {
        Some(Story::ChampionLeft) => book(anchor, 14, 0, 1, anchor - 2, Some("Introduction to Sam Ortiz")),
        Some(Story::Escalation) => book(anchor, 10, 30, anyone, anchor - 3, Some("Escalation call")),
        Some(Story::NewOwner) => book(anchor, 16, 0, anyone, anchor - 9, Some("Hello from the new owner")),
        Some(Story::QuietBuyer | Story::Untouched | Story::Giant) => {}
        _ => {
            if dice.chance(0.02) {
                book(anchor, dice.between(8, 16), dice.between(0, 1) * 30, anyone, anchor - 6, None);
            }
            let (odds, hour) = (if shape.mood == Mood::Poor { 0.08 } else { 0.24 }, dice.between(8, 16));
            let day = anchor + dice.between(1, 14) as Day;
            if dice.chance(odds) && clock::weekday(day) < 5 {
                book(day, hour, 0, anyone, anchor - 5, None);
            }
        }
    }
}

fn roll_of(account: u32, day: Day) -> u64 {
    crate::practice::dice::roll(u64::from(account), day as u64, 51)
}
