//! What colleagues wrote into the CRM with their own Rounds: notes whose last lines are bullets and a mark.
//! Decides what was promised, proven, felt and asked for, by story. It is written here as any colleague's machine would
//! have written it, from the published form alone: nothing of the reader's code makes it.

use super::cast::Person;
use super::clock::{self, Day, day_text};
use super::plan::{Jotting, Plan};
use super::roster::Owner;
use super::shape::Mood;
use super::stories::Story;
use super::{Standing, World};
use crate::practice::dice::share;
use crate::practice::kinds::Kind;
use crate::practice::words::people::Tier;

/// The pen of one account.
struct Pen<'a> {
    plan: &'a Plan,
    owner: &'a Owner,
    notes: Vec<Jotting>,
}

/// Writes the journal of an account; accounts without one are as many as with.
pub(super) fn journal(world: &World, plan: &Plan) -> Vec<Jotting> {
    let owner = &world.roster.owners[plan.owner];
    // A queue takes no notes, and whoever has left us is not to be believed.
    if plan.standing == Standing::Archived || owner.queue || owner.archived {
        return Vec::new();
    }
    let mut pen = Pen { plan, owner, notes: Vec::new() };
    match plan.shape.story {
        Some(story) => pen.story(story),
        None if plan.standing == Standing::Former => pen.left(),
        None => pen.usual(world.seed),
    }
    pen.notes
}

/// `120,000`
fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Pen<'_> {
    fn day(&self, back: i64) -> String {
        day_text(self.plan.anchor - back as Day)
    }

    fn money(&self, share: f64) -> String {
        let units = ((self.plan.shape.arr as f64 * share) as i64 / 500 * 500).max(500);
        format!("{} {}", self.plan.shape.currency, grouped(units))
    }

    /// The first of a tier who was there so many days before.
    fn of(&self, tier: Tier, back: i64) -> Option<(u8, &Person)> {
        let on = self.plan.anchor - back as Day;
        let there = |p: &&Person| {
            p.tier == tier && p.joined <= on && p.left.is_none_or(|left| left > on) && p.archived.is_none()
        };
        self.plan.people.iter().enumerate().find(|(_, p)| there(p)).map(|(at, p)| (at as u8, p))
    }

    fn nth(&self, tier: Tier, nth: usize) -> Option<String> {
        self.plan.people.iter().filter(|p| p.tier == tier && p.present()).nth(nth).map(|p| self.named(p))
    }

    fn named(&self, person: &Person) -> String {
        format!("{} {} <{}@{}>", person.first, person.last, person.local, self.plan.naming.domain)
    }

    fn buyer(&self, back: i64) -> String {
        let found = self.of(Tier::Buyer, back).or_else(|| self.of(Tier::Influencer, back));
        found.map_or_else(|| "the buyer".to_owned(), |(_, p)| self.named(p))
    }

    fn influencer(&self, back: i64) -> String {
        let found = self.of(Tier::Influencer, back).or_else(|| self.of(Tier::Buyer, back));
        found.map_or_else(|| "the sponsor".to_owned(), |(_, p)| self.named(p))
    }

    fn user(&self, back: i64) -> String {
        self.of(Tier::User, back).map_or_else(|| self.influencer(back), |(_, p)| self.named(p))
    }

    /// A note of so many days before: its words, and its bullets.
    fn note(&mut self, back: i64, text: &str, bullets: &[String]) {
        let n = self.notes.len();
        let room = Kind::Note.room().saturating_sub(self.plan.notes.len() + 1);
        if n >= room || bullets.is_empty() {
            return;
        }
        let mut lines: Vec<String> = vec![text.to_owned(), String::new()];
        lines.extend(bullets.iter().map(|bullet| format!("* {bullet}")));
        lines.push(format!(
            "[rounds:1:01JPRACTICE{:06}N{n:02}:{}:{}]",
            self.plan.account,
            self.plan.id(),
            self.owner.email
        ));
        let at = clock::at(self.plan.anchor - back as Day, 15, 20 + (n as i64 % 30));
        let person = self.of(Tier::Buyer, back).or_else(|| self.of(Tier::User, back)).map_or(0, |(at, _)| at);
        self.notes.push(Jotting { at, person, phrase: 0, body: Some(lines.join("\n")) });
    }

    fn promise(&self, tag: &str, made: i64, text: &str, due: i64, worth: &str) -> String {
        let by = format!("{} {}", self.owner.first, self.owner.last);
        format!("promise {tag}: {text} by {} worth {worth} to {} by {by}", self.day(due), self.buyer(made))
    }

    fn proof(&self, tag: &str, back: i64, text: &str, measured: &str, worth: &str) -> String {
        let (on, by) = (self.day(back), self.buyer(back));
        format!("proof of {tag}: {text} measured {measured} worth {worth} on {on} accepted by {by}")
    }

    fn story(&mut self, story: Story) {
        match story {
            Story::ChampionLeft => self.northwind(),
            Story::SlowSlide => self.value_moved(),
            Story::LateOnboarding => self.onboarding(),
            Story::Untouched => self.hollow(),
            Story::OverdueInvoice => self.billing(),
            Story::Giant => self.giant(),
            Story::CameBack => self.came_back(),
            Story::QuietBuyer => self.untold(),
            Story::Escalation => self.breach(),
            Story::UnusedLicences => self.broken(),
            Story::CsatFalling => self.detractors(),
            Story::NewOwner => self.handover(),
            Story::Thriving => self.thriving(),
        }
    }

    fn northwind(&mut self) {
        let (jane, lena, user) = (self.buyer(90), self.influencer(20), self.user(20));
        let yearly = format!("{}/yr", self.money(0.75));
        let once = self.money(0.46);
        let stock = self.promise("7k2a", 330, "cut stock by 8%", 90, &yearly);
        self.note(330, "Kick-off of the second year with Jane.", &[stock]);
        let reports = format!(
            "promise 3b4c: reports in a day from 3d → 1d for speed by {} worth {once} to {jane} by {} {}",
            self.day(1),
            self.owner.first,
            self.owner.last
        );
        self.note(
            82,
            "Jane wants the month end off her desk.",
            &[reports, format!("needs of {jane}: faster reports at month end")],
        );
        let early = self.proof("7k2a", 270, "stock down", "5%", &format!("{}/yr", self.money(0.47)));
        self.note(270, "A first look at the stock figure.", &[early]);
        let proof = self.proof("7k2a", 96, "stock down", "8%", &yearly);
        let exec = format!("trust exec meeting on {}", self.day(96));
        self.note(
            96,
            "Quarterly review: they checked the stock figure themselves.",
            &[proof, exec, format!("survey nps 9 by {jane} on {}", self.day(96))],
        );
        self.note(
            40,
            "Long call with planning.",
            &[
                format!("request 5d6e: audit log export from {lena}"),
                format!("workaround of {user}: late orders are keyed twice, in Excel too"),
                format!("feels {lena} +1: the planning board"),
                format!("feels {jane} +2: stock is down"),
            ],
        );
        self.note(
            12,
            "The planners are tired of the new mask.",
            &[
                format!("feels {user} -1: the new mask is slow"),
                format!("moment sponsor change on {}: Jane is leaving", self.day(12)),
            ],
        );
        self.note(
            343,
            "Renewed after a long talk on price.",
            &[
                format!("renewed -5% because of price on {}: lesson: begin 120 days before", self.day(343)),
                format!("answer why-loyal by {jane}: the people who pick up the phone"),
            ],
        );
        self.note(
            5,
            "Renewal call is set.",
            &[
                format!("forecast risk {}: the sponsor is gone", self.money(0.9)),
                format!(
                    "goal 6f7g communication: one page of proof for the new VP by {} owner {} {}",
                    self.day(-9),
                    self.owner.first,
                    self.owner.last
                ),
            ],
        );
    }

    fn value_moved(&mut self) {
        let buyer = self.buyer(30);
        let worth = format!("{}/yr", self.money(0.5));
        let cost = self.promise("7k2a", 260, "cost per shipment down 4%", 60, &worth);
        self.note(260, "They want cost down.", &[cost, format!("values {buyer}: cost > speed > support")]);
        let proof = self.proof("7k2a", 130, "cost per shipment down", "2%", &self.money(0.2));
        self.note(130, "Half of it is there.", &[proof]);
        self.note(
            24,
            "A new network director pushes for speed.",
            &[
                format!("values {buyer}: speed > cost > support"),
                format!("answer serve by {buyer}: earlier alerts when a lane is late reply by {}", self.day(-3)),
            ],
        );
        let users: Vec<String> = (0..3).filter_map(|nth| self.nth(Tier::User, nth)).collect();
        let glad: Vec<String> = users.iter().map(|who| format!("feels {who} +1: it saves a phone call")).collect();
        let cold: Vec<String> = users.iter().map(|who| format!("feels {who} -1: alerts come too late")).collect();
        self.note(70, "Visited dispatch.", &glad);
        self.note(9, "Visited dispatch again: the mood has turned.", &cold);
    }

    fn onboarding(&mut self) {
        let worth = self.money(0.6);
        let live = self.promise("7k2a", 118, "first dashboard live in eight weeks", 58, &worth);
        let user = self.user(40);
        self.note(
            118,
            "Signed; they want it before the season.",
            &[live, format!("moment kick-off on {}", self.day(112))],
        );
        self.note(
            30,
            "Data still comes by hand.",
            &[
                format!("workaround of {user}: they send the data as a spreadsheet every Monday"),
                format!("joint 8h9j: data feed from their side by {} with {user}", self.day(10)),
            ],
        );
    }

    fn hollow(&mut self) {
        let worth = format!("{}/yr", self.money(0.8));
        let beds = self.promise("7k2a", 520, "occupancy up two points", 430, &worth);
        self.note(520, "What they bought it for.", &[beds]);
        let proof = self.proof("7k2a", 402, "occupancy up", "2.1 points", &worth);
        self.note(402, "Shown in the yearly review, and accepted.", &[proof]);
    }

    fn billing(&mut self) {
        self.note(
            36,
            "They were billed twice for March.",
            &[format!("trust billing mistake on {}: March was billed twice", self.day(36))],
        );
        self.note(
            20,
            "Told them the truth about it.",
            &[format!("trust post-mortem on {}: how it came about", self.day(20))],
        );
    }

    fn giant(&mut self) {
        let (buyer, lead) = (self.buyer(60), self.influencer(60));
        let worth = format!("{}/yr", self.money(1.4));
        let one = self.promise("7k2a", 420, "close the books in four days", 240, &worth);
        self.note(420, "The board wants it by summer.", &[one, format!("job of {lead}: close the books in four days")]);
        let early = self.proof("7k2a", 250, "books closed", "5 days", &format!("{}/yr", self.money(1.1)));
        self.note(250, "First close with the new plan.", &[early]);
        let proof = self.proof("7k2a", 62, "books closed", "3.8 days", &worth);
        self.note(
            62,
            "Accepted in front of the whole finance team.",
            &[proof, format!("told of 7k2a on {}: {buyer}", self.day(62))],
        );
        self.note(
            35,
            "Plan for next year.",
            &[
                format!("goal 8h9j communication: monthly letter to all sites by {}", self.day(-30)),
                format!("goal 9k2m collaboration: joint roadmap day by {}", self.day(-75)),
                format!("goal 2n3p company: our legal on their data questions by {}", self.day(4)),
                format!("joint 3q4r: roll-out to Lyon, they train and we build by {} with {buyer}", self.day(-120)),
                format!("incentive for {lead}: extended support hours until {}", self.day(-21)),
            ],
        );
    }

    fn came_back(&mut self) {
        let buyer = self.buyer(200);
        self.note(
            209,
            "They are back, after a year with somebody else.",
            &[
                format!("expanded because of support on {}: lesson: call those who left every quarter", self.day(209)),
                format!("answer why-left by {buyer}: nobody called for months"),
                format!("answer keeps by {buyer}: that somebody calls now"),
            ],
        );
        let worth = format!("{}/yr", self.money(1.1));
        let one = self.promise("7k2a", 205, "outages found before the customer calls", 90, &worth);
        self.note(205, "What must be better this time.", &[one]);
        let proof = self.proof("7k2a", 48, "outages found first", "9 of 10", &worth);
        self.note(
            48,
            "They counted, we counted, the figures agree.",
            &[proof, format!("delight support of {buyer}: somebody picks up at night")],
        );
    }

    fn untold(&mut self) {
        let worth = format!("{}/yr", self.money(1.9));
        let one = self.promise("7k2a", 380, "claims settled two days sooner", 150, &worth);
        self.note(380, "What the claims desk wants.", &[one]);
        let lead = self.influencer(75);
        let early = self.proof("7k2a", 290, "claims settled sooner", "1.4 days", &format!("{}/yr", self.money(1.3)));
        self.note(290, "Half of the way.", &[early]);
        let proof = format!(
            "proof of 7k2a: claims settled sooner measured 2.3 days worth {worth} on {} accepted by {lead}",
            self.day(75)
        );
        self.note(75, "The claims desk accepted it; the buyer was not there.", &[proof]);
    }

    fn breach(&mut self) {
        let buyer = self.buyer(16);
        self.note(31, "A bad night.", &[format!("trust outage on {}: four hours on a sale day", self.day(31))]);
        self.note(
            14,
            "Their price list was mailed to another customer.",
            &[
                format!("breach on {}: their price list was mailed to another customer", self.day(14)),
                format!("feels {buyer} -2: the price list"),
            ],
        );
    }

    fn broken(&mut self) {
        let worth = format!("{}/yr", self.money(0.9));
        let one = self.promise("7k2a", 400, "waiting time down a tenth", 160, &worth);
        let two = self.promise("3b4c", 300, "all eleven clinics on board", 40, &self.money(0.3));
        self.note(400, "What was said at signing.", &[one]);
        self.note(300, "And then the roll-out.", &[two]);
        let who = self.influencer(25);
        self.note(
            25,
            "They count seats now.",
            &[
                format!("needs of {who}: fewer seats, or a reason to keep them"),
                format!("answer gaps by {who}: training for the night shift reply by {}", self.day(11)),
            ],
        );
    }

    fn detractors(&mut self) {
        let (buyer, user) = (self.buyer(12), self.user(12));
        self.note(
            12,
            "The survey came back.",
            &[
                format!("survey nps 4 by {user} on {}", self.day(12)),
                format!("survey nps 6 on {}", self.day(11)),
                format!("survey emotion 3 by {user} on {}", self.day(12)),
                format!("survey effort 4 by {user} on {}", self.day(12)),
                format!("survey repurchase 5 by {buyer} on {}", self.day(11)),
                format!("answer satisfied by {buyer}: less than last year reply by {}", self.day(2)),
            ],
        );
    }

    fn handover(&mut self) {
        let (buyer, lead) = (self.buyer(60), self.influencer(60));
        let worth = self.money(0.7);
        let one = self.promise("7k2a", 150, "port fees checked on their own", -40, &worth);
        self.note(
            150,
            "The fee check is what they wait for.",
            &[one, format!("values {buyer}: accuracy > cost > speed")],
        );
        self.note(
            90,
            "Lunch on the quay.",
            &[format!("wants {lead}: speaking"), format!("request 5d6e: arrival times by text message from {lead}")],
        );
    }

    fn thriving(&mut self) {
        let (buyer, lead, user) = (self.buyer(40), self.influencer(40), self.user(40));
        let worth = format!("{}/yr", self.money(1.6));
        let first = self.promise("7k2a", 450, "one working day a week saved for each editor", 340, &worth);
        self.note(450, "What success means to them.", &[first]);
        for (back, measured) in [(310, "0.8 days"), (220, "0.9 days"), (130, "1.1 days"), (38, "1.2 days")] {
            let proof = self.proof("7k2a", back, "time saved, by their own count", measured, &worth);
            self.note(back, "Quarterly review, figures side by side.", &[proof]);
        }
        self.note(
            36,
            "Everybody in the room was glad.",
            &[
                format!("told of 7k2a on {}: {buyer}, {lead}", self.day(36)),
                format!("feels {buyer} +2: the figures"),
                format!("feels {lead} +2: the team"),
                format!("survey nps 10 by {user} on {}", self.day(36)),
                format!("survey emotion 9 by {user} on {}", self.day(36)),
                format!("survey success 9 by {user} on {}", self.day(36)),
            ],
        );
        // One idea more for each of them.
        let more = match self.plan.account % 4 {
            0 => vec![
                format!("advocacy reference given by {buyer} on {}", self.day(60)),
                format!("referral by {buyer} on {}: Halden Press worth {}", self.day(30), self.money(0.4)),
                format!("wants {buyer}: speaking"),
            ],
            1 => vec![
                format!("wants {lead}: speaking at a forum"),
                format!("delight experience of {user}: the first hour of the day is free again"),
            ],
            2 => vec![
                format!("request 5d6e: two languages in one issue from {user}"),
                format!("request 5d6e is shipped on {}", self.day(6)),
            ],
            _ => vec![
                format!("incentive for {lead}: early access to the planner until {}", self.day(-18)),
                format!("goal 8h9j community: a seat in the users' council by {}", self.day(-50)),
            ],
        };
        self.note(33, "And one thing more.", &more);
    }

    /// Two of five accounts without a story: a promise, and as a rule a proof of it.
    fn usual(&mut self, seed: u64) {
        let turn = share(seed, u64::from(self.plan.account), 91);
        let age = i64::from(self.plan.anchor - self.plan.start);
        if turn > 0.4 || age < 200 {
            return;
        }
        let good = self.plan.shape.mood == Mood::Strong;
        let worth = format!("{}/yr", self.money(0.6 + turn * 2.0));
        let made = (age - 20).min(390);
        let one = self.promise("7k2a", made, "hours saved in the back office", made - 120, &worth);
        self.note(made, "What they bought it for.", &[one]);
        let back = if good { 20 + (turn * 150.0) as i64 } else { 70 + (turn * 400.0) as i64 };
        if back < made - 20 && (good || turn < 0.3) {
            if good && made > 250 {
                let early = self.proof("7k2a", made - 80, "hours saved", "half of them", &worth);
                self.note(made - 80, "A first count.", &[early]);
            }
            let proof = self.proof("7k2a", back, "hours saved", "by their own count", &worth);
            let mut bullets = vec![proof];
            if turn < 0.12 {
                let who = self.user(back);
                bullets.push(format!("survey nps {} by {who} on {}", if good { 9 } else { 6 }, self.day(back)));
            }
            self.note(back, "Went through the figures together.", &bullets);
        }
    }

    /// Why somebody left, as it was written down on that day.
    fn left(&mut self) {
        let cause = ["price", "competitor", "value", "sponsor", "closed"][self.plan.account as usize % 5];
        let on = self.day(0);
        self.note(
            0,
            "They have left.",
            &[format!("churned because of {cause} on {on}: lesson: ask for the goal of the year in January")],
        );
    }
}
