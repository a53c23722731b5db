//! Who is on the morning walk, and in which order.
//!
//! Decides the reasons for a stop. Must not decide what is snoozed or due: the store remembers that.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::book::ids::AccountId;
use crate::book::money::{Currency, Money};
use crate::book::standing::{Band, Flag, QuietFlag};
use crate::book::view::{Reason, Round, Stop, Walked};

/// What was on the list when the last walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub band: Band,
    /// The kinds of the flags that stood.
    pub flags: Vec<String>,
}

/// One account of the book, as far as the walk is concerned.
#[derive(Clone, Debug)]
pub struct Walker<'a> {
    pub account: &'a AccountId,
    pub name: &'a str,
    pub band: Band,
    pub flags: &'a [Flag],
    /// The kinds of those that stand and are quiet.
    pub quiet: &'a [QuietFlag],
    pub meeting_today: bool,
    /// An open task or a play in hand is due today or earlier, or something that was put off is back.
    pub action_due: bool,
    /// All that could be done is in hand or put off to a later day: that it is at risk is no news.
    pub in_hand: bool,
    /// The account as a whole is put off until a day.
    pub snoozed_until: Option<Date>,
    /// In the book's currency.
    pub arr: Option<Money>,
    /// What urgency is the percentile of.
    pub exposure: f64,
    /// `None`: it was not in the book at the last walk.
    pub remembered: Option<&'a Remembered>,
}

/// The reasons for a stop; empty: none.
pub fn reasons(one: &Walker<'_>, today: Date, walked_before: bool) -> Vec<Reason> {
    if one.snoozed_until.is_some_and(|until| until > today) {
        return Vec::new();
    }
    let mut out = Vec::new();
    if one.band == Band::AtRisk && !one.in_hand {
        out.push(Reason::AtRisk);
    }
    match one.remembered {
        Some(before) => {
            if before.band != one.band {
                out.push(Reason::BandChanged);
            }
            // A flag that was only put off has not gone.
            let stands = |kind: &String| {
                let quiet = one.quiet.iter().map(|quiet| &quiet.flag);
                one.flags.iter().chain(quiet).any(|flag| &flag.kind == kind)
            };
            let gone = before.flags.iter().any(|kind| !stands(kind));
            if gone || one.flags.iter().any(|flag| !before.flags.contains(&flag.kind)) {
                out.push(Reason::FlagChanged);
            }
        }
        // New in the book since the last walk: its flags are news. Before the first walk nothing is.
        None if walked_before && !one.flags.is_empty() => out.push(Reason::FlagChanged),
        None => {}
    }
    if one.action_due {
        out.push(Reason::ActionDue);
    }
    if one.meeting_today {
        out.push(Reason::Meeting);
    }
    out
}

/// The walk: the most exposed first.
pub fn stops<'a>(
    walkers: impl IntoIterator<Item = Walker<'a>>,
    today: Date,
    last: Option<Date>,
    currency: Currency,
) -> Round {
    let mut found: Vec<(f64, Stop)> = Vec::new();
    let mut arr = BTreeMap::new();
    for one in walkers {
        let reasons = reasons(&one, today, last.is_some());
        if reasons.is_empty() {
            continue;
        }
        if let Some(money) = one.arr {
            *arr.entry(money.currency).or_insert(0_i64) += money.minor;
        }
        found.push((one.exposure, Stop { account: one.account.clone(), name: one.name.to_owned(), reasons }));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.account.cmp(&b.1.account)));
    let arr = arr.get(&currency).map(|minor| Money { minor: *minor, currency });
    Round { stops: found.into_iter().map(|(_, stop)| stop).collect(), arr, last, ..Round::default() }
}

/// The walk as it goes on: who was seen today needs nothing more, unless something became another thing since. `now`: how
/// an account stands, where it is still in the book.
pub fn go_on(mut round: Round, mut walked: Walked, now: impl Fn(&AccountId) -> Option<Remembered>) -> Round {
    walked.over.retain(|seen| match now(&seen.account) {
        Some(now) => now.band == seen.band && now.flags.iter().all(|kind| seen.flags.contains(kind)),
        None => false,
    });
    let over = |account: &AccountId| walked.over.iter().any(|seen| seen.account == *account);
    let mut stops: Vec<Stop> = walked
        .over
        .iter()
        .map(|seen| {
            let reasons = round.stops.iter().find(|stop| stop.account == seen.account);
            let reasons = reasons.map(|stop| stop.reasons.clone()).unwrap_or_default();
            Stop { account: seen.account.clone(), name: seen.name.clone(), reasons }
        })
        .collect();
    round.stops.retain(|stop| !over(&stop.account));
    // It goes on with the stop where it was left.
    if let Some(at) = round.stops.iter().position(|stop| Some(&stop.account) == walked.at.as_ref()) {
        round.stops[..=at].rotate_right(1);
    }
    stops.append(&mut round.stops);
    Round { stops, walked, ..round }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::flags::FlagStatus;
    use crate::book::sample::{TODAY, ago, usd};
    use crate::book::standing::Severity;
    use crate::book::view::Over;

    fn flag(kind: &str) -> Flag {
        Flag {
            kind: kind.into(),
            key: String::new(),
            label: kind.into(),
            severity: Severity::Medium,
            since: ago(9),
            because: String::new(),
        }
    }

    fn remembered(band: Band, flags: &[&str]) -> Remembered {
        Remembered { band, flags: flags.iter().map(|&kind| kind.to_owned()).collect() }
    }

    #[test]
    fn only_those_who_need_me() {
        let (flags, none) = ([flag("usage-drop")], []);
        let id = AccountId::from("crm:1");
        let same = remembered(Band::Watch, &["usage-drop"]);
        let calm = Walker {
            account: &id,
            name: "Initech",
            band: Band::Watch,
            flags: &flags,
            quiet: &[],
            meeting_today: false,
            action_due: false,
            in_hand: false,
            snoozed_until: None,
            arr: Some(usd(100)),
            exposure: 1.0,
            remembered: Some(&same),
        };
        let why = |walker: &Walker<'_>| reasons(walker, TODAY, true);
        assert_eq!(why(&calm), []);
        assert_eq!(why(&Walker { band: Band::AtRisk, ..calm.clone() }), [Reason::AtRisk, Reason::BandChanged]);
        assert_eq!(why(&Walker { flags: &none, ..calm.clone() }), [Reason::FlagChanged]);
        let off = [QuietFlag {
            flag: flag("usage-drop"),
            status: FlagStatus::Snoozed,
            on: ago(1),
            until: Some(crate::book::day::plus(TODAY, 3)),
            why: None,
        }];
        assert_eq!(why(&Walker { flags: &none, quiet: &off, ..calm.clone() }), [], "put off is not gone");
        let busy_with_it = Walker { band: Band::AtRisk, in_hand: true, remembered: None, flags: &none, ..calm.clone() };
        assert_eq!(why(&busy_with_it), [], "all of it is in hand");
        let other = remembered(Band::Watch, &[]);
        assert_eq!(why(&Walker { remembered: Some(&other), ..calm.clone() }), [Reason::FlagChanged]);
        assert_eq!(why(&Walker { remembered: None, ..calm.clone() }), [Reason::FlagChanged]);
        assert_eq!(reasons(&Walker { remembered: None, ..calm.clone() }, TODAY, false), []);
        let busy = Walker { meeting_today: true, action_due: true, ..calm.clone() };
        assert_eq!(why(&busy), [Reason::ActionDue, Reason::Meeting]);
        assert_eq!(why(&Walker { snoozed_until: Some(crate::book::day::plus(TODAY, 1)), ..busy.clone() }), []);
        assert_eq!(why(&Walker { snoozed_until: Some(TODAY), ..busy }).len(), 2);
    }

    #[test]
    fn the_most_exposed_first_and_the_sum_of_what_is_at_stake() {
        let ids: Vec<_> = ["crm:1", "crm:2", "crm:3"].map(AccountId::from).into();
        let walkers = ids.iter().enumerate().map(|(at, account)| Walker {
            account,
            name: "x",
            band: if at == 1 { Band::Healthy } else { Band::AtRisk },
            flags: &[],
            quiet: &[],
            meeting_today: false,
            action_due: false,
            in_hand: false,
            snoozed_until: None,
            arr: (at != 0).then(|| usd(100)),
            exposure: at as f64,
            remembered: None,
        });
        let round = stops(walkers, TODAY, None, Currency::USD);
        let order: Vec<_> = round.stops.iter().map(|stop| stop.account.as_str()).collect();
        assert_eq!(order, ["crm:3", "crm:1"]);
        assert_eq!(round.arr, Some(usd(100)));
    }

    #[test]
    fn a_walk_goes_on_where_it_was_left() {
        let stop = |id: &str| Stop { account: id.into(), name: id.into(), reasons: vec![Reason::AtRisk] };
        let fresh = || Round { stops: ["crm:1", "crm:2", "crm:3", "crm:4"].map(stop).into(), ..Round::default() };
        let seen = |id: &str| Over {
            account: id.into(),
            name: id.into(),
            band: Band::AtRisk,
            flags: vec!["usage-drop".into()],
        };
        let same = |_: &AccountId| Some(remembered(Band::AtRisk, &["usage-drop"]));
        let order = |round: &Round| round.stops.iter().map(|stop| stop.account.to_string()).collect::<Vec<_>>();
        let walked = Walked { over: vec![seen("crm:2")], at: Some("crm:4".into()), ..Walked::default() };
        let round = go_on(fresh(), walked.clone(), same);
        assert_eq!(order(&round), ["crm:2", "crm:4", "crm:1", "crm:3"]);
        assert_eq!(round.walked.over.len(), 1);
        // One flag less is no reason to come back; one more is, and so is another band.
        let less = go_on(fresh(), walked.clone(), |_: &AccountId| Some(remembered(Band::AtRisk, &[])));
        assert_eq!(less.walked.over.len(), 1);
        let more = |_: &AccountId| Some(remembered(Band::AtRisk, &["usage-drop", "champion-left"]));
        assert!(go_on(fresh(), walked.clone(), more).walked.over.is_empty());
        assert!(go_on(fresh(), walked, |_: &AccountId| Some(remembered(Band::Watch, &[]))).walked.over.is_empty());
        // All of them seen: nobody needs anything more.
        let all = Walked { over: ["crm:1", "crm:2", "crm:3", "crm:4"].map(seen).into(), ..Walked::default() };
        let round = go_on(fresh(), all, same);
        assert_eq!(round.walked.over.len(), round.stops.len());
    }
}
