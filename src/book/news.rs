//! What is news of an account: another band, a flag that appeared or cleared, an account that came or went.
//!
//! Decides by comparing how it stands with how it stood when its news was last told. A recalculation is no news, nor is
//! another model, nor what was said to be quiet. Must not decide when to look: that is a matter of whoever keeps it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::book::assess::former;
use crate::book::day::{Day, between, date, plus};
use crate::book::flags;
use crate::book::prepared::On;
use crate::book::score::Eval;
use crate::book::standing::{Band, Flag, Standing};

/// A flag that has been away for so many days has cleared. One that comes back earlier never left: what goes up and down
/// around a threshold is told once.
pub const AWAY_DAYS: i64 = 3;

/// A flag as it stands, as far as news goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    pub kind: String,
    pub key: String,
    /// The words on screen.
    pub label: String,
    pub because: String,
    /// It was closed or put off.
    pub quiet: bool,
}

impl Stood {
    fn of(flag: &Flag, quiet: bool) -> Self {
        Self {
            kind: flag.kind.clone(),
            key: flag.key.clone(),
            label: flag.label.clone(),
            because: flag.because.clone(),
            quiet,
        }
    }
}

/// How an account stands, as far as news goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    pub day: Date,
    pub band: Band,
    pub score: Option<f64>,
    pub former: bool,
    pub flags: Vec<Stood>,
}

impl Stand {
    /// That of a standing.
    pub fn of(standing: &Standing) -> Self {
        let shown = standing.flags.iter().map(|flag| Stood::of(flag, false));
        let quiet = standing.quiet.iter().map(|quiet| Stood::of(&quiet.flag, true));
        Self {
            day: standing.day,
            band: standing.health.band,
            score: standing.health.score,
            former: standing.former,
            flags: shown.chain(quiet).collect(),
        }
    }

    /// One text that differs where there may be news.
    pub fn mark(&self) -> String {
        let mut flags: Vec<_> = self
            .flags
            .iter()
            .map(|one| format!("{}:{}{}", one.kind, one.key, if one.quiet { "~" } else { "" }))
            .collect();
        flags.sort();
        format!("{}{}|{}", self.band.name(), if self.former { " former" } else { "" }, flags.join(" "))
    }
}

/// How an account stood when its news was last told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub day: Date,
    /// The hash of the model that made it.
    pub model: String,
    pub band: Band,
    pub former: bool,
    pub flags: Vec<ToldFlag>,
}

/// A flag that was told to stand, or was quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFlag {
    pub kind: String,
    pub key: String,
    pub label: String,
    pub quiet: bool,
    /// The first day on which it was seen to be away.
    pub away: Option<Date>,
}

impl Told {
    /// The day on which a flag that is away has cleared, and is to be looked for again.
    pub fn look(&self) -> Option<Date> {
        self.flags.iter().filter_map(|flag| flag.away).min().map(|away| plus(away, AWAY_DAYS))
    }

    fn silently(now: &Stand, model: &str) -> Self {
        let flag = |one: &Stood| ToldFlag {
            kind: one.kind.clone(),
            key: one.key.clone(),
            label: one.label.clone(),
            quiet: one.quiet,
            away: None,
        };
        Self {
            day: now.day,
            model: model.to_owned(),
            band: now.band,
            former: now.former,
            flags: now.flags.iter().map(flag).collect(),
        }
    }
}

/// What kind of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The account is new in the book.
    New,
    /// It has left the book.
    Gone,
    Band,
    Flag,
    FlagCleared,
}

impl Kind {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Band => "band",
            Self::Flag => "flag",
            Self::FlagCleared => "flag-cleared",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::New, Self::Gone, Self::Band, Self::Flag, Self::FlagCleared].into_iter().find(|kind| kind.name() == name)
    }
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub kind: Kind,
    /// The band before, or the kind of the flag that cleared.
    pub from: Option<String>,
    /// The band now, or the kind of the flag that appeared.
    pub to: Option<String>,
    /// What a flag rests on.
    pub key: String,
    /// For a flag its evidence, for one that cleared its words; a band is explained by what changed.
    pub because: String,
}

impl News {
    fn plain(kind: Kind, because: &str) -> Self {
        Self { kind, from: None, to: None, key: String::new(), because: because.to_owned() }
    }
}

/// What is new since it was last told, and what is told by that. `None`: the account was not in the book then.
pub fn news(told: Option<&Told>, now: &Stand, model: &str) -> (Told, Vec<News>) {
    let mut next = Told::silently(now, model);
    let Some(told) = told else {
        let came = (!now.former).then(|| News::plain(Kind::New, "new in the book"));
        return (next, came.into_iter().collect());
    };
    match (told.former, now.former) {
        (false, true) => return (next, vec![News::plain(Kind::Gone, "no longer a customer")]),
        (true, false) => return (next, vec![News::plain(Kind::New, "a customer again")]),
        (true, true) => return (next, Vec::new()),
        (false, false) => {}
    }
    if told.model != model {
        return (next, Vec::new());
    }
    let mut out = Vec::new();
    if told.band != now.band && told.band != Band::Unknown && now.band != Band::Unknown {
        out.push(News {
            from: Some(told.band.name().to_owned()),
            to: Some(now.band.name().to_owned()),
            ..News::plain(Kind::Band, "")
        });
    }
    let same = |old: &ToldFlag, one: &Stood| old.kind == one.kind && old.key == one.key;
    for one in now.flags.iter().filter(|one| !one.quiet) {
        if !told.flags.iter().any(|old| same(old, one)) {
            out.push(News {
                to: Some(one.kind.clone()),
                key: one.key.clone(),
                ..News::plain(Kind::Flag, &one.because)
            });
        }
    }
    for old in told.flags.iter().filter(|old| !now.flags.iter().any(|one| same(old, one))) {
        let away = old.away.unwrap_or(now.day);
        if between(away, now.day) < AWAY_DAYS {
            next.flags.push(ToldFlag { away: Some(away), ..old.clone() });
        } else if !old.quiet {
            out.push(News {
                from: Some(old.kind.clone()),
                key: old.key.clone(),
                ..News::plain(Kind::FlagCleared, &format!("was: {}", old.label))
            });
        }
    }
    (next, out)
}

/// How an account stood on a day, by what is known of it now: the cheap answer, in which a flag has no key and no words.
pub fn stand_on(eval: &Eval<'_>, day: Day) -> Stand {
    let on = On::day(day);
    let left = former(eval.facts.facts, on.date);
    let kinds = if left { Vec::new() } else { flags::kinds(eval, on) };
    let flag = |kind: &str| Stood {
        kind: kind.to_owned(),
        key: String::new(),
        label: kind.replace('-', " "),
        because: String::new(),
        quiet: false,
    };
    Stand {
        day: date(day),
        band: eval.shown_band(day),
        score: eval.score(day),
        former: left,
        flags: kinds.into_iter().map(flag).collect(),
    }
}

/// The news of each day after `from`, up to `to`, had somebody looked every day.
pub fn replay(eval: &Eval<'_>, from: Day, to: Day) -> Vec<(Date, News)> {
    let (mut told, _) = news(None, &stand_on(eval, from), "");
    let mut out = Vec::new();
    for day in from + 1..=to {
        let (next, found) = news(Some(&told), &stand_on(eval, day), "");
        out.extend(found.into_iter().map(|one| (date(day), one)));
        told = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sample::{TODAY, ago};

    fn stand(day: Date, band: Band, flags: &[(&str, bool)]) -> Stand {
        let flag = |(kind, quiet): &(&str, bool)| Stood {
            kind: (*kind).to_owned(),
            key: String::new(),
            label: (*kind).to_owned(),
            because: format!("because of {kind}"),
            quiet: *quiet,
        };
        Stand { day, band, score: Some(60.0), former: false, flags: flags.iter().map(flag).collect() }
    }

    fn first(stand: &Stand) -> Told {
        news(None, stand, "m").0
    }

    fn kinds(found: &[News]) -> Vec<(Kind, Option<&str>, Option<&str>)> {
        found.iter().map(|one| (one.kind, one.from.as_deref(), one.to.as_deref())).collect()
    }

    #[test]
    fn only_transitions_are_news() {
        let before = stand(ago(1), Band::Watch, &[("usage-drop", false)]);
        let told = first(&before);
        let same = news(Some(&told), &Stand { day: TODAY, score: Some(12.0), ..before.clone() }, "m");
        assert_eq!(same.1, [], "a recalculation is none");
        let now = stand(TODAY, Band::AtRisk, &[("usage-drop", false), ("champion-left", false)]);
        let (next, found) = news(Some(&told), &now, "m");
        let expected = [(Kind::Band, Some("watch"), Some("at risk")), (Kind::Flag, None, Some("champion-left"))];
        assert_eq!(kinds(&found), expected);
        assert_eq!(found[1].because, "because of champion-left");
        assert_eq!(news(Some(&next), &now, "m").1, [], "told once");
        assert_eq!(news(Some(&told), &now, "another model").1, []);
    }

    #[test]
    fn the_first_look_tells_only_that_it_is_there() {
        let (_, found) = news(None, &stand(TODAY, Band::AtRisk, &[("usage-drop", false)]), "m");
        assert_eq!(kinds(&found), [(Kind::New, None, None)]);
        let gone = Stand { former: true, ..stand(TODAY, Band::AtRisk, &[]) };
        assert_eq!(news(None, &gone, "m").1, []);
        let told = first(&stand(ago(1), Band::Watch, &[("usage-drop", false)]));
        let (next, found) = news(Some(&told), &gone, "m");
        assert_eq!(kinds(&found), [(Kind::Gone, None, None)], "its flags went with it");
        let (_, found) = news(Some(&next), &stand(TODAY, Band::Watch, &[("usage-drop", false)]), "m");
        assert_eq!(kinds(&found), [(Kind::New, None, None)]);
    }

    #[test]
    fn a_band_that_was_not_known_is_no_news() {
        let told = first(&stand(ago(1), Band::Unknown, &[]));
        assert_eq!(news(Some(&told), &stand(TODAY, Band::AtRisk, &[]), "m").1, []);
    }

    #[test]
    fn what_flaps_is_told_once() {
        let (up, down) = ([("usage-drop", false)], []);
        let mut told = first(&stand(ago(40), Band::Watch, &[]));
        let mut all = Vec::new();
        for back in (0..40).rev() {
            let flags: &[_] = if back >= 20 && back % 3 == 0 { &up } else { &down };
            let (next, found) = news(Some(&told), &stand(ago(back), Band::Watch, flags), "m");
            all.extend(found.into_iter().map(|one| (back, one.kind)));
            told = next;
        }
        // The last time that it stood was 21 days ago; it has been seen to be away since the day after.
        assert_eq!(all, [(39, Kind::Flag), (20 - AWAY_DAYS, Kind::FlagCleared)]);
        assert_eq!(told.look(), None);
    }

    #[test]
    fn a_quiet_flag_is_no_news_when_it_appears_nor_when_it_goes() {
        let quiet = [("usage-drop", true)];
        let mut told = first(&stand(ago(60), Band::Watch, &[]));
        for (back, flags) in [(59, &quiet[..]), (50, &[]), (20, &[]), (10, &quiet)] {
            let (next, found) = news(Some(&told), &stand(ago(back), Band::Watch, flags), "m");
            assert_eq!(found, [], "{back}");
            told = next;
        }
        // It was put off until today: it is back, and was known all the time.
        let (next, found) = news(Some(&told), &stand(TODAY, Band::Watch, &[("usage-drop", false)]), "m");
        assert_eq!(found, []);
        assert!(!next.flags[0].quiet);
        // Closed while it stood: it goes without a word.
        let shown = first(&stand(ago(60), Band::Watch, &[("usage-drop", false)]));
        let (told, _) = news(Some(&shown), &stand(ago(59), Band::Watch, &quiet), "m");
        let (told, found) = news(Some(&told), &stand(ago(50), Band::Watch, &[]), "m");
        assert_eq!((found, told.look()), (Vec::new(), Some(plus(ago(50), AWAY_DAYS))));
        assert_eq!(news(Some(&told), &stand(TODAY, Band::Watch, &[]), "m").1, []);
    }
}
