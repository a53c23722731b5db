//! Who is on the morning walk, and in which order.
//!
//! Decides the reasons for a stop. Must not decide what is snoozed or due: the store remembers that.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::book::ids::AccountId;
use crate::book::money::{Currency, Money};
use crate::book::standing::{Band, Flag};
use crate::book::view::{Reason, Round, Stop};

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
    pub meeting_today: bool,
    /// An open task or a play in hand is due today or earlier, or a snoozed one is back.
    pub action_due: bool,
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
    if one.band == Band::AtRisk {
        out.push(Reason::AtRisk);
    }
    match one.remembered {
        Some(before) => {
            if before.band != one.band {
                out.push(Reason::BandChanged);
            }
            let gone = before.flags.iter().any(|kind| !one.flags.iter().any(|flag| &flag.kind == kind));
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
    Round { stops: found.into_iter().map(|(_, stop)| stop).collect(), arr, last }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sample::{TODAY, ago, usd};
    use crate::book::standing::Severity;

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
            meeting_today: false,
            action_due: false,
            snoozed_until: None,
            arr: Some(usd(100)),
            exposure: 1.0,
            remembered: Some(&same),
        };
        let why = |walker: &Walker<'_>| reasons(walker, TODAY, true);
        assert_eq!(why(&calm), []);
        assert_eq!(why(&Walker { band: Band::AtRisk, ..calm.clone() }), [Reason::AtRisk, Reason::BandChanged]);
        assert_eq!(why(&Walker { flags: &none, ..calm.clone() }), [Reason::FlagChanged]);
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
            meeting_today: false,
            action_due: false,
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
}
