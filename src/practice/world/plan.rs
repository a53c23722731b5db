//! One account as dated events: contract, money, deals, tickets, touches, notes, tasks.
//! Decides every date and amount of an account. It must not decide how a record is written (`render`).
//! An active account is dated back from today, one that left from the day it left.

use super::cast::{Person, cast};
use super::clock::{self, Day};
use super::journal::journal;
use super::shape::{Invoice, Mood, Shape};
use super::stories::{FACES, Story};
use super::touches::{Touch, touches};
use super::{Standing, World};
use crate::practice::dice::{Dice, roll, share};
use crate::practice::kinds::Kind;
use crate::practice::words::companies::{self, Naming};
use crate::practice::words::people::Tier;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DealKind {
    New,
    Renewal,
    Expansion,
}

#[derive(Debug, Clone)]
pub(crate) struct DealPlan {
    pub kind: DealKind,
    pub amount: i64,
    pub created: Day,
    pub close: Day,
    pub stage: &'static str,
    /// The year or order that tells two deals of one kind apart.
    pub label: String,
    pub forecast: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct TicketPlan {
    pub opened: i64,
    pub closed: Option<i64>,
    pub phrase: usize,
    pub priority: &'static str,
    pub person: u8,
    pub escalated: Option<Day>,
    /// Stage while open.
    pub waiting: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Jotting {
    pub at: i64,
    pub person: u8,
    pub phrase: u64,
    /// Its whole text, where it is no phrase.
    pub body: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Chore {
    pub due: i64,
    pub created: i64,
    pub done: Option<i64>,
    pub person: u8,
    pub phrase: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub account: u32,
    pub standing: Standing,
    pub naming: Naming,
    pub shape: Shape,
    pub today: Day,
    /// Today, or the day the account left.
    pub anchor: Day,
    /// First day of the first contract.
    pub start: Day,
    /// End of the running (or last) contract.
    pub renewal: Day,
    pub go_live: Option<Day>,
    /// Amount from this day on, oldest first.
    pub arr: Vec<(Day, i64)>,
    /// An earlier contract that ended before this one began (won back since).
    pub gap: Option<(Day, Day)>,
    pub owner: usize,
    /// The owner before, and the day of the change.
    pub before: Option<(usize, Day)>,
    pub people: Vec<Person>,
    pub deals: Vec<DealPlan>,
    pub tickets: Vec<TicketPlan>,
    pub touches: Vec<Touch>,
    pub notes: Vec<Jotting>,
    pub tasks: Vec<Chore>,
    /// Deleted in the CRM.
    pub archived: Option<i64>,
    pub external_id: Option<String>,
}

impl Plan {
    pub(crate) fn new(world: &World, account: u32) -> Plan {
        let standing = world.standing(account);
        let n = u64::from(account);
        let mut dice = Dice::new(world.seed, n, 60);
        let mut shape = Shape::new(world, account, standing);
        let anchor = match standing {
            Standing::Active => world.today,
            Standing::Former => world.today - dice.between(9, 520) as Day,
            Standing::Archived => world.today - dice.between(4, 80) as Day,
        };
        if standing != Standing::Active {
            // They left at the end of a term that had begun two years before at least.
            shape.renew_in = 0;
            shape.terms = shape.terms.max(2);
            shape.escalation = None;
            shape.open_tickets = 0;
        }
        let renewal = anchor + shape.renew_in;
        let start = renewal - 365 * shape.terms;
        let naming = naming(world, account);
        let people = cast(&shape, world.seed, account, anchor, start);
        let gap = (shape.story == Some(Story::CameBack)).then_some((start - 330, start));
        let active = standing == Standing::Active;
        let owner = world.roster.owner_of(world.seed, account, world.active);
        let before = match shape.story {
            Some(Story::NewOwner) => Some((world.roster.predecessor(world.seed, account), world.today - 20)),
            Some(_) => None,
            None => (account % 9 == 7)
                .then(|| (world.roster.predecessor(world.seed, account), anchor - dice.between(100, 420) as Day)),
        }
        .filter(|(_, day)| *day > start);
        let go_live = shape.live_after.map(|days| start + days).filter(|day| *day <= anchor);
        let mut plan = Plan {
            account,
            standing,
            touches: touches(&shape, &people, world.seed, account, anchor, start, active),
            naming,
            today: world.today,
            anchor,
            start,
            renewal,
            go_live,
            arr: Vec::new(),
            gap,
            owner,
            before,
            people,
            deals: Vec::new(),
            tickets: Vec::new(),
            notes: Vec::new(),
            tasks: Vec::new(),
            archived: (standing == Standing::Archived).then(|| clock::at(anchor, 11, 20)),
            external_id: (share(world.seed, n, 61) < 0.2)
                .then(|| format!("org_{:08x}", roll(world.seed, n, 62) as u32)),
            shape,
        };
        plan.money();
        plan.make_deals(&mut dice);
        plan.make_tickets(&mut dice);
        plan.make_jottings(&mut dice);
        let written = journal(world, &plan);
        plan.notes.extend(written);
        plan
    }

    pub(crate) fn id(&self) -> u64 {
        Kind::Company.id(self.account, 0)
    }

    /// How many records of a type this account has.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        let n = match kind {
            Kind::Company => 1,
            Kind::Contact => self.people.len(),
            Kind::Deal => self.deals.len(),
            Kind::Ticket => self.tickets.len(),
            Kind::Note => self.notes.len(),
            Kind::Task => self.tasks.len(),
            Kind::Meeting | Kind::Call | Kind::Email => self.touches_of(kind).count(),
        };
        n.min(kind.room())
    }

    /// The touches that are records of this type, in the order of their ids.
    pub(crate) fn touches_of(&self, kind: Kind) -> impl Iterator<Item = &Touch> {
        self.touches.iter().filter(move |touch| touch.kind == kind)
    }

    /// The key under which the usage tool knows the account.
    pub(crate) fn group(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.naming.domain)
    }

    /// ARR in whole units on a day.
    pub(crate) fn arr_on(&self, day: Day) -> i64 {
        self.arr.iter().rev().find(|(from, _)| *from <= day).map_or(0, |(_, amount)| *amount)
    }

    fn money(&mut self) {
        let now = self.shape.arr;
        let round = |x: f64| ((x / 100.0).round() as i64 * 100).max(1_000);
        let last_term = self.renewal - 365;
        let mut steps = Vec::new();
        let mut amount = now;
        if let Some((days, ratio)) = self.shape.expansion {
            let on = self.anchor - days;
            if on > last_term + 20 {
                steps.push((on, now));
                amount = round(now as f64 * ratio);
            }
        }
        // A contract whose renewal lies behind us has run on at its old price.
        for term in 1..=self.shape.terms {
            steps.push((self.renewal - 365 * term, amount));
            let growth = if term == 1 { self.shape.growth } else { 0.06 };
            amount = round(amount as f64 / (1.0 + growth));
        }
        if let Some((lost, _)) = self.gap {
            steps.push((lost, 0));
            steps.push((lost - 730, round(now as f64 * 0.7)));
        }
        steps.reverse();
        if self.standing != Standing::Active {
            steps.push((self.anchor, 0));
        }
        self.arr = steps;
    }

    fn make_deals(&mut self, dice: &mut Dice) {
        let year = |day: Day| clock::date_of(day).year();
        let mut deals = Vec::new();
        let mut add = |kind, amount, created: Day, close: Day, stage, label: String, forecast| {
            deals.push(DealPlan { kind, amount, created, close, stage, label, forecast });
        };
        if let Some((lost, back)) = self.gap {
            let old = self.arr_on(lost - 1);
            add(DealKind::New, old, lost - 800, lost - 730, "closedwon", "new business".into(), "COMMIT");
            add(DealKind::Renewal, old, lost - 120, lost, "renewal_lost", format!("Renewal {}", year(lost)), "OMIT");
            add(DealKind::New, self.arr_on(back), back - 60, back, "closedwon", "win-back".into(), "COMMIT");
        } else {
            add(
                DealKind::New,
                self.arr_on(self.start),
                self.start - 70,
                self.start,
                "closedwon",
                "new business".into(),
                "COMMIT",
            );
        }
        for term in (1..self.shape.terms).rev() {
            let on = self.renewal - 365 * term;
            if on > self.anchor - 900 {
                add(
                    DealKind::Renewal,
                    self.arr_on(on),
                    on - 130,
                    on,
                    "renewal_won",
                    format!("Renewal {}", year(on)),
                    "COMMIT",
                );
            }
        }
        if let Some((days, _)) = self.shape.expansion {
            let on = self.anchor - days;
            let gain = self.arr_on(on) - self.arr_on(on - 1);
            if gain > 0 {
                add(DealKind::Expansion, gain, on - 45, on, "closedwon", "more seats".into(), "COMMIT");
            }
        }
        match self.standing {
            Standing::Active => {
                let left = self.renewal - self.today;
                let (stage, forecast) = match (left, self.shape.mood) {
                    (121.., _) => ("renewal_upcoming", "PIPELINE"),
                    (_, Mood::Poor) => ("renewal_in_talks", "OMIT"),
                    (46.., Mood::Strong) => ("renewal_in_talks", "BEST_CASE"),
                    (_, Mood::Strong) => ("renewal_quoted", "COMMIT"),
                    (46.., Mood::Middling) => ("renewal_upcoming", "PIPELINE"),
                    (_, Mood::Middling) => ("renewal_in_talks", "BEST_CASE"),
                };
                let created = (self.renewal - 200).min(self.today - 12);
                add(
                    DealKind::Renewal,
                    self.shape.arr,
                    created,
                    self.renewal,
                    stage,
                    format!("Renewal {}", year(self.renewal)),
                    forecast,
                );
                if self.shape.mood == Mood::Strong && dice.chance(0.3) {
                    let gain = (self.shape.arr / 1000 * dice.between(80, 240) / 100).max(10) * 100;
                    add(
                        DealKind::Expansion,
                        gain,
                        self.today - 25,
                        self.today + 50,
                        "presentationscheduled",
                        "new team".into(),
                        "PIPELINE",
                    );
                }
                if self.shape.mood == Mood::Poor && dice.chance(0.4) {
                    let gain = (self.shape.arr / 1000).max(10) * 100;
                    add(
                        DealKind::Expansion,
                        gain,
                        self.today - 190,
                        self.today - 110,
                        "closedlost",
                        "second site".into(),
                        "OMIT",
                    );
                }
            }
            Standing::Former | Standing::Archived => {
                let amount = self.arr_on(self.anchor - 1);
                add(
                    DealKind::Renewal,
                    amount,
                    self.anchor - 140,
                    self.anchor,
                    "renewal_lost",
                    format!("Renewal {}", year(self.anchor)),
                    "OMIT",
                );
            }
        }
        deals.sort_by_key(|deal: &DealPlan| deal.created);
        self.deals = deals;
    }

    fn make_tickets(&mut self, dice: &mut Dice) {
        let users: Vec<u8> =
            (0..self.people.len() as u8).filter(|at| self.people[usize::from(*at)].tier == Tier::User).collect();
        let phrases = crate::practice::words::phrases::TICKETS.len();
        let last = clock::at(self.today - 1, 18, 0);
        let mut tickets = Vec::new();
        let age = (self.anchor - self.start).clamp(20, 530);
        for nth in 0..self.shape.tickets {
            let open = nth < self.shape.open_tickets;
            // Accounts with trouble have most of it in the last weeks.
            let recent = open || dice.chance(if self.shape.mood == Mood::Strong { 0.22 } else { 0.45 });
            let back = if open {
                dice.between(2, 26)
            } else if recent {
                dice.between(8, 70)
            } else {
                dice.between(25, i64::from(age))
            };
            let opened = clock::at(self.anchor - back as Day, dice.between(7, 17), dice.between(0, 59));
            let took = dice.between(4, if self.shape.mood == Mood::Strong { 52 } else { 190 }) * 3_600_000;
            tickets.push(TicketPlan {
                opened,
                closed: (!open).then(|| (opened + took).min(last).max(opened + 600_000)),
                phrase: dice.index(phrases),
                priority: dice.pick(&["LOW", "MEDIUM", "MEDIUM", "MEDIUM", "HIGH"]),
                person: users.get(dice.index(users.len())).copied().unwrap_or(0),
                escalated: None,
                waiting: dice.pick(&["1", "2", "3", "3"]),
            });
        }
        if let Some((back, solved)) = self.shape.escalation {
            tickets.push(TicketPlan {
                opened: clock::at(self.anchor - back - 4, 9, 12),
                closed: solved.map(|days| clock::at(self.anchor - days, 15, 40)),
                phrase: 9,
                priority: "URGENT",
                person: users.first().copied().unwrap_or(0),
                escalated: Some(self.anchor - back),
                waiting: "5",
            });
        }
        tickets.sort_by_key(|ticket| ticket.opened);
        self.tickets = tickets;
    }

    fn make_jottings(&mut self, dice: &mut Dice) {
        for touch in self.touches.iter().filter(|t| t.kind != Kind::Email && t.outcome == "COMPLETED") {
            if dice.chance(0.16) && self.notes.len() < Kind::Note.room() - 1 {
                let person = touch.people.first().copied().unwrap_or(0);
                let at = touch.at + (touch.minutes + 12) * 60_000;
                self.notes.push(Jotting { at, person, phrase: dice.next(), body: None });
            }
        }
        let anyone = self.people.iter().position(Person::present).unwrap_or(0) as u8;
        if self.standing == Standing::Active && dice.chance(0.3) {
            let due = self.today + dice.between(-3, 11) as Day;
            self.tasks.push(Chore {
                due: clock::at(clock::working_day(due), 9, 0),
                created: clock::at(self.today - dice.between(4, 12) as Day, 16, 5),
                done: None,
                person: anyone,
                phrase: dice.next(),
            });
        }
        for _ in 0..dice.between(0, 2) {
            let due = clock::at(self.anchor - dice.between(20, 200) as Day, 9, 0);
            self.tasks.push(Chore {
                due,
                created: due - 6 * clock::MS_PER_DAY,
                done: Some(due + 5 * 3_600_000),
                person: anyone,
                phrase: dice.next(),
            });
        }
        self.tasks.sort_by_key(|task| task.created);
    }

    /// State and due day of the latest invoice.
    pub(crate) fn invoice(&self) -> (&'static str, Day) {
        match self.shape.invoice {
            Invoice::Paid => ("paid", self.anchor - 20 - (self.account % 50) as Day),
            Invoice::Open(days) => ("open", self.anchor + days),
            Invoice::Overdue(days) => ("overdue", self.anchor - days),
        }
    }
}

fn naming(world: &World, account: u32) -> Naming {
    let face = FACES.get(account as usize).filter(|_| account < world.active);
    let mut naming = match face {
        Some(face) => Naming { name: face.name.into(), domain: face.domain.into(), industry: face.industry },
        None => companies::naming(world.seed, account),
    };
    if world.hostile && account + 1 == world.active {
        naming.name = HOSTILE.into();
    }
    naming
}

/// Terminal escape, wide and joined characters, text that turns its direction.
const HOSTILE: &str = "\u{1b}]0;owned\u{7} 株式会社 \u{1f469}\u{200d}\u{1f4bb} \u{202e}drowssap\u{2066} Ltd";
