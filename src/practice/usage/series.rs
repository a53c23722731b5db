//! How much an account used the product on a day, worked out from a few figures.
//! Decides users, events and key features of every day; nothing is stored but the figures.

use crate::practice::dice::{roll, share};
use crate::practice::words::phrases::FEATURES;
use crate::practice::world::clock::{Day, weekday};
use crate::practice::world::plan::Plan;
use crate::practice::world::render::bought_features;
use crate::practice::world::stories::Story;
use crate::practice::world::{Standing, World};

/// One account of the usage tool.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub key: String,
    seed: u64,
    seats: f64,
    now: f64,
    before: f64,
    drift: f64,
    /// First day of use, and days until everyone is on board.
    from: Day,
    ramp: f64,
    /// Today, or the last day of the contract.
    anchor: Day,
    /// Use fell from one week to the next, not bit by bit.
    sudden: bool,
    /// Positions in the list of key features.
    used: Vec<u8>,
}

/// All groups in the order of their keys, with some that belong to no company.
pub(crate) fn groups(world: &World) -> Vec<Group> {
    let known = (0..world.total()).filter(|a| world.standing(*a) != Standing::Archived);
    let mut all: Vec<Group> = known.map(|account| Group::of(world, &world.plan(account))).collect();
    let strangers = if world.active < 20 { 0 } else { 1 + world.active / 100 };
    all.extend((0..strangers).map(|n| Group::stranger(world, n)));
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

impl Group {
    fn of(world: &World, plan: &Plan) -> Group {
        let shape = &plan.shape;
        let used = bought_features(plan)
            .iter()
            .take(usize::from(shape.used))
            .filter_map(|name| FEATURES.iter().position(|(event, _)| event == name))
            .map(|at| at as u8)
            .collect();
        // During a set-up that drags on, only the project team logs in.
        let (from, ramp) = plan.go_live.map_or((plan.start + 20, 20.0), |day| (day, 60.0));
        Group {
            key: plan.group().to_string(),
            seed: roll(world.seed, u64::from(plan.account), 90),
            seats: f64::from(shape.seats),
            now: shape.use_now,
            before: shape.use_28,
            drift: shape.drift,
            from,
            ramp,
            anchor: plan.anchor,
            sudden: shape.story == Some(Story::ChampionLeft),
            used,
        }
    }

    fn stranger(world: &World, n: u32) -> Group {
        let seed = roll(world.seed, u64::from(n), 91);
        Group {
            key: format!("trial-{:06x}.example", seed & 0xff_ffff),
            seed,
            seats: 6.0,
            now: 0.7,
            before: 0.6,
            drift: 0.0,
            from: world.today - 60,
            ramp: 10.0,
            anchor: world.today,
            sudden: false,
            used: vec![0, 1],
        }
    }

    /// Share of the seats in use; `lead` days ahead of the 28-day count.
    fn share_on(&self, day: Day, daily: bool) -> f64 {
        if day < self.from || day > self.anchor {
            return 0.0;
        }
        let back = f64::from(self.anchor - day);
        let (start, end) = match (daily, self.sudden) {
            (true, true) => (28.0, 25.0),
            (true, false) => (35.0, 7.0),
            (false, _) => (28.0, 1.0),
        };
        let base = if back <= end {
            self.now
        } else if back < start {
            self.now + (self.before - self.now) * (back - end) / (start - end)
        } else {
            self.before * (1.0 + self.drift).powf(-(back - start) / 7.0)
        };
        let ramp = (f64::from(day - self.from + 1) / self.ramp).min(1.0);
        (base * ramp).clamp(0.0, 0.99)
    }

    /// Seats in use: distinct people of the 28 days that end with this one.
    pub(crate) fn level(&self, day: Day) -> u32 {
        (self.seats * self.share_on(day, false)).round() as u32
    }

    /// Distinct people of one day.
    pub(crate) fn users(&self, day: Day) -> u32 {
        let of_week = [0.94, 1.0, 1.02, 1.0, 0.9, 0.1, 0.07][usize::from(weekday(day))];
        let noise = 0.94 + 0.12 * share(self.seed, day as u64, 1);
        let users = self.seats * self.share_on(day, true) * 0.64 * of_week * noise;
        // Rounding up at weekends would make small accounts jump from none to one.
        if weekday(day) < 5 { users.round() as u32 } else { users.floor() as u32 }
    }

    pub(crate) fn events(&self, day: Day) -> u64 {
        let each = 9.0 + 7.0 * share(self.seed, 0, 2) + 2.0 * share(self.seed, day as u64, 3);
        (f64::from(self.users(day)) * each).round() as u64
    }

    /// The key events that happened on a day.
    pub(crate) fn features_on(&self, day: Day) -> Vec<&'static str> {
        let list = self.used.iter().map(|at| FEATURES[usize::from(*at)].0);
        list.filter(|name| self.uses(day, name) > 0).collect()
    }

    /// How often a key event happened on a day.
    pub(crate) fn uses(&self, day: Day, name: &str) -> u64 {
        let Some(rank) = self.used.iter().position(|at| FEATURES[usize::from(*at)].0 == name) else {
            return 0;
        };
        let users = self.users(day);
        // The less common a feature, the fewer days it is used on, but never none in four weeks.
        let chance = (1.0 - 0.08 * rank as f64).max(0.45);
        if users == 0 || share(self.seed, day as u64, 10 + rank as u64) > chance {
            return 0;
        }
        (f64::from(users) * 1.4 / (rank + 1) as f64).ceil() as u64
    }
}
