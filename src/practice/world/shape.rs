//! The figures of one account: size, use, contact, satisfaction, money owed.
//! Decides how well an account does; `plan` turns the figures into dated records.
//! Distances are in days before the account's anchor day (today, or the day it left).

use super::stories::Story;
use super::{Standing, World};
use crate::practice::dice::{Dice, share};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Strong,
    Middling,
    Poor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment {
    Enterprise,
    Mid,
    Smb,
}

impl Segment {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Segment::Enterprise => "Enterprise",
            Segment::Mid => "Mid",
            Segment::Smb => "SMB",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invoice {
    Paid,
    /// Due in so many days.
    Open(i32),
    /// Due so many days ago.
    Overdue(i32),
}

#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub mood: Mood,
    pub segment: Segment,
    pub currency: &'static str,
    /// Whole units of the currency, a year.
    pub arr: i64,
    /// Change of ARR at the last anniversary, as a ratio.
    pub growth: f64,
    /// Days since ARR grew inside the running term, and the ratio before it.
    pub expansion: Option<(i32, f64)>,
    pub seats: u32,
    /// Share of the seats in use: today, 28 days ago, and its growth a week before that.
    pub use_now: f64,
    pub use_28: f64,
    pub drift: f64,
    pub bought: u8,
    pub used: u8,
    /// Days since the last two-way touch with buyers, influencers, users.
    pub gaps: [i32; 3],
    /// Newest first, 0 to 10.
    pub csat: [f64; 3],
    pub csat_age: i32,
    pub tickets: u8,
    pub open_tickets: u8,
    /// Escalated so many days ago, and solved so many days ago.
    pub escalation: Option<(i32, Option<i32>)>,
    pub invoice: Invoice,
    pub renew_in: i32,
    /// Years of contract up to the coming renewal.
    pub terms: i32,
    /// Days from the first contract to go-live; `None` while still being set up.
    pub live_after: Option<i32>,
    /// Buyers, influencers, users, builders.
    pub tiers: [u8; 4],
    pub story: Option<Story>,
    /// It was worse some weeks ago.
    pub mending: bool,
}

impl Shape {
    pub(crate) fn new(world: &World, account: u32, standing: Standing) -> Shape {
        let seed = world.seed;
        let n = u64::from(account);
        let story = if standing == Standing::Active { Story::of(account) } else { None };
        let mood = mood(world, account, standing);
        let mut dice = Dice::new(seed, n, 30);
        let segment = match (n * 37 + 5) % 100 {
            0..=8 => Segment::Enterprise,
            9..=44 => Segment::Mid,
            _ => Segment::Smb,
        };
        let (low, high, per_seat) = match segment {
            Segment::Enterprise => (130_000.0f64, 620_000.0f64, (480.0, 900.0)),
            Segment::Mid => (36_000.0, 140_000.0, (420.0, 800.0)),
            Segment::Smb => (8_000.0, 36_000.0, (380.0, 700.0)),
        };
        let arr = ((low * (high / low).powf(dice.share())) / 500.0).round() as i64 * 500;
        let seats = seats(arr, dice.real(per_seat.0, per_seat.1));
        let renew_in = dice.between(6, 362) as i32;
        let mut shape = Shape {
            mood,
            segment,
            currency: dice.pick(&["USD", "USD", "USD", "USD", "USD", "USD", "USD", "EUR", "EUR", "GBP"]),
            arr,
            growth: 0.05,
            expansion: None,
            seats,
            use_now: 0.0,
            use_28: 0.0,
            drift: 0.0,
            bought: dice.between(5, 9) as u8,
            used: 0,
            gaps: [0; 3],
            csat: [0.0; 3],
            csat_age: dice.between(12, 75) as i32,
            tickets: 0,
            open_tickets: 0,
            escalation: None,
            invoice: Invoice::Paid,
            renew_in,
            terms: dice.between(1, 5) as i32,
            live_after: Some(dice.between(38, 70) as i32),
            tiers: tiers(segment, &mut dice),
            story,
            mending: false,
        };
        if shape.terms == 1 && renew_in > 250 {
            // Customers in their first weeks are rare; the dragging one is a story of its own.
            shape.terms = 2;
        }
        shape.apply_mood(&mut dice);
        shape.mending =
            mood == Mood::Middling && standing == Standing::Active && story.is_none() && share(seed, n, 33) < 0.3;
        if shape.mending {
            shape.mend(&mut dice);
        }
        if standing == Standing::Active && share(seed, n, 31) < 0.03 {
            shape.renew_in = -(dice.between(1, 12) as i32);
            shape.terms = shape.terms.max(2);
        }
        if let Some(story) = story {
            story.apply(&mut shape);
        }
        shape
    }

    fn apply_mood(&mut self, dice: &mut Dice) {
        let bought = f64::from(self.bought);
        match self.mood {
            Mood::Strong => {
                self.use_now = dice.real(0.75, 0.95);
                self.use_28 = self.use_now * dice.real(0.965, 1.012);
                self.drift = dice.real(-0.001, 0.006);
                self.used = (bought * dice.real(0.66, 1.02)).round() as u8;
                self.gaps = [dice.between(8, 78) as i32, dice.between(6, 54) as i32, dice.between(3, 26) as i32];
                let top = dice.real(7.7, 9.6);
                self.csat = [top, top - dice.real(-0.3, 0.5), top - dice.real(-0.2, 0.8)];
                self.tickets = dice.between(3, 6) as u8;
                self.open_tickets = u8::from(dice.chance(0.2));
                self.growth = dice.real(0.05, 0.25);
                self.expansion = dice.chance(0.35).then(|| (dice.between(25, 280) as i32, dice.real(0.78, 0.92)));
                self.invoice =
                    if dice.chance(0.08) { Invoice::Open(dice.between(6, 25) as i32) } else { Invoice::Paid };
            }
            Mood::Middling => {
                self.use_now = dice.real(0.40, 0.64);
                self.use_28 = self.use_now * dice.real(1.0, 1.1);
                self.drift = dice.real(-0.007, 0.001);
                self.used = (bought * dice.real(0.4, 0.64)).round() as u8;
                self.gaps = [dice.between(70, 132) as i32, dice.between(38, 84) as i32, dice.between(16, 46) as i32];
                let mid = dice.real(5.7, 7.3);
                self.csat = [mid, mid + dice.real(-0.4, 0.8), mid + dice.real(-0.2, 1.0)];
                self.csat_age += 15;
                self.tickets = dice.between(4, 9) as u8;
                self.open_tickets = dice.between(0, 3) as u8;
                self.growth = dice.real(-0.08, 0.08);
                self.invoice = match dice.between(0, 9) {
                    0 => Invoice::Overdue(dice.between(6, 20) as i32),
                    1 | 2 => Invoice::Open(dice.between(2, 25) as i32),
                    _ => Invoice::Paid,
                };
            }
            Mood::Poor => {
                self.use_now = dice.real(0.18, 0.42);
                self.use_28 = self.use_now * dice.real(1.13, 1.36);
                self.drift = dice.real(-0.016, -0.004);
                self.used = (bought * dice.real(0.22, 0.46)).round().max(1.0) as u8;
                self.gaps = [dice.between(118, 260) as i32, dice.between(66, 170) as i32, dice.between(26, 80) as i32];
                let bad = dice.real(3.2, 5.6);
                self.csat = [bad, bad + dice.real(0.4, 1.6), bad + dice.real(1.0, 2.6)];
                self.csat_age += 20;
                self.tickets = dice.between(4, 10) as u8;
                self.open_tickets = dice.between(1, 4) as u8;
                self.growth = dice.real(-0.28, 0.02);
                self.escalation = dice.chance(0.3).then(|| (dice.between(3, 24) as i32, None));
                self.invoice =
                    if dice.chance(0.4) { Invoice::Overdue(dice.between(4, 48) as i32) } else { Invoice::Paid };
            }
        }
        self.used = self.used.clamp(1, self.bought);
    }

    /// On the way up: more of them use it each week, somebody talks to them again, the last survey was better.
    fn mend(&mut self, dice: &mut Dice) {
        self.use_28 = self.use_now * dice.real(0.86, 0.96);
        self.drift = dice.real(-0.004, 0.003);
        self.gaps = [dice.between(2, 62) as i32, dice.between(30, 66) as i32, dice.between(4, 30) as i32];
        self.csat[0] = (self.csat[1] + dice.real(0.2, 0.9)).min(7.3);
        self.open_tickets = self.open_tickets.min(1);
        self.tickets = self.tickets.min(5);
        self.invoice = Invoice::Paid;
    }
}

/// Seats that a contract of this size covers.
pub(crate) fn seats(arr: i64, per_seat: f64) -> u32 {
    let raw = (arr as f64 / per_seat).round() as u32;
    (raw.div_ceil(5) * 5).max(10)
}

fn tiers(segment: Segment, dice: &mut Dice) -> [u8; 4] {
    let mut between = |low, high| dice.between(low, high) as u8;
    match segment {
        Segment::Enterprise => [between(2, 4), between(3, 5), between(5, 8), between(1, 3)],
        Segment::Mid => [between(1, 3), between(2, 3), between(3, 5), between(0, 2)],
        Segment::Smb => [between(1, 2), between(1, 2), between(2, 4), between(0, 1)],
    }
}

fn mood(world: &World, account: u32, standing: Standing) -> Mood {
    if standing == Standing::Active {
        // An even spread, so that every hundred accounts hold the same mix.
        match (u64::from(account) * 61 + 17) % 100 {
            0..=62 => Mood::Strong,
            63..=86 => Mood::Middling,
            _ => Mood::Poor,
        }
    } else {
        match (share(world.seed, u64::from(account), 32) * 100.0) as u32 {
            0..=11 => Mood::Strong,
            12..=37 => Mood::Middling,
            _ => Mood::Poor,
        }
    }
}
