//! The order of the day: how likely a loss is, how near, how much hangs on it, what a play is worth.
//!
//! Decides the numbers that sort rounds, actions and the portfolio; the constants stand in the model.

use jiff::civil::Date;

use crate::book::day::between;
use crate::book::model::Order;
use crate::book::money::short;
use crate::book::plays::Worth;
use crate::book::standing::{Band, Factors, Flag, Keep, Severity, Standing};

/// What a kept back-test says of such a score, else `1 / (1 + e^((score − middle) / width))`.
pub fn p_loss(order: &Order, score: Option<f64>) -> f64 {
    let score = score.unwrap_or(order.unknown_score);
    if let Some(calibration) = &order.calibration {
        return calibration.p(score);
    }
    1.0 / (1.0 + ((score - order.middle) / order.width).exp())
}

/// 1 up to 30 days from renewal, in a line to 0.3 at 180; without a date 0.5; 1 for two weeks after a high flag.
pub fn near(order: &Order, day: Date, renewal: Option<Date>, flags: &[Flag]) -> f64 {
    let recent = |flag: &Flag| flag.severity == Severity::High && between(flag.since, day) < i64::from(order.flag_days);
    if flags.iter().any(recent) {
        return 1.0;
    }
    let Some(renewal) = renewal else { return order.no_date };
    let days = between(day, renewal) as f64;
    let part = ((days - order.near_days) / (order.far_days - order.near_days)).clamp(0.0, 1.0);
    1.0 - part * (1.0 - order.far)
}

/// The weight of a keep class; unknown weighs 1.
pub fn keep(order: &Order, keep: Option<Keep>) -> f64 {
    match keep {
        Some(Keep::Invest) => order.keep.invest,
        Some(Keep::Grow) => order.keep.grow,
        Some(Keep::Maintain) => order.keep.maintain,
        Some(Keep::Rethink) => order.keep.rethink,
        None => 1.0,
    }
}

/// Whether its ARR counts as flagged: the band is at risk, or a high flag stands.
pub fn flagged(band: Band, flags: &[Flag]) -> bool {
    band == Band::AtRisk || flags.iter().any(|flag| flag.severity == Severity::High)
}

/// Whether its ARR counts as due and flagged: flagged, and the renewal is within 90 days.
pub fn due_and_flagged(band: Band, flags: &[Flag], renewal: Option<Date>, day: Date) -> bool {
    flagged(band, flags) && renewal.is_some_and(|renewal| (0..=90).contains(&between(day, renewal)))
}

/// `ARR × p_loss × near × keep`: what urgency is the percentile of.
pub fn exposure(arr: f64, p_loss: f64, near: f64, keep: f64) -> f64 {
    arr * p_loss * near * keep
}

/// What a play is worth, in the units of `arr`.
pub fn worth(order: &Order, kind: Worth, arr: f64, p_loss: f64) -> f64 {
    match kind {
        Worth::Save { uplift } => arr * p_loss * uplift,
        Worth::Growth { gain, chance } => arr * gain * chance,
        Worth::Care { share } => arr * share.unwrap_or(order.care),
    }
}

/// The factors of a play's rank: `worth × near × keep / √max(15, minutes)`.
pub fn rank(worth: f64, near: f64, keep: f64, minutes: u32) -> Factors {
    let rank = worth * near * keep / f64::from(minutes.max(15)).sqrt();
    Factors { worth, near, keep, minutes, rank }
}

/// The factors of a rank as lines: what, how much, where it comes from. For a play of which no more is known.
pub fn factor_lines(factors: Factors) -> Vec<[String; 3]> {
    let line = |what: &str, value: String, from: &str| [what.to_owned(), value, from.to_owned()];
    vec![
        line("worth", short(factors.worth), "what the play is worth, by its kind"),
        line("near", format!("× {:.2}", factors.near), "1 up to 30 days from the renewal, or just after a high flag"),
        line("keep", format!("× {:.1}", factors.keep), "the account's keep class"),
        line(
            "effort",
            format!("÷ {:.1}", effort(factors.minutes)),
            &format!("the root of {} minutes", factors.minutes.max(15)),
        ),
        line("rank", short(factors.rank), "worth × near × keep ÷ effort: the highest comes first"),
    ]
}

fn effort(minutes: u32) -> f64 {
    f64::from(minutes.max(15)).sqrt()
}

/// The same, with what each comes from in this account.
pub fn factor_origins(factors: Factors, kind: Worth, standing: &Standing, order: &Order) -> Vec<[String; 3]> {
    let mut lines = factor_lines(factors);
    let money =
        |units: f64| format!("{}{}", standing.arr_book.map_or(String::new(), |arr| arr.currency.sign()), short(units));
    let share = |share: f64| format!("{:.0}%", share * 100.0);
    let arr = match standing.arr_book {
        Some(arr) => format!("{} a year", money(arr.units())),
        None => "the segment's median ARR, since its own is not known".to_owned(),
    };
    let loss = share(standing.p_loss);
    let worth = match kind {
        Worth::Save { uplift } => format!("{arr} × {loss} chance of loss × {} that this saves", share(uplift)),
        Worth::Growth { gain, chance } => format!("{arr} × {} more × {} chance", share(gain), share(chance)),
        Worth::Care { share: of } => format!("{arr} × {} for care", share(of.unwrap_or(order.care))),
    };
    let recent = |flag: &&Flag| {
        flag.severity == Severity::High && between(flag.since, standing.day) < i64::from(order.flag_days)
    };
    let near = match (standing.flags.iter().find(recent), standing.renewal) {
        (Some(flag), _) => format!("a high flag is new: {}", flag.label),
        (None, Some(day)) if day >= standing.day => format!("renews in {} d", between(standing.day, day)),
        (None, Some(day)) => format!("the renewal is {} d late", between(day, standing.day)),
        (None, None) => "no renewal date".to_owned(),
    };
    let keep = match standing.keep {
        Some(keep) => format!("{keep:?}").to_lowercase(),
        None => "whom to keep is not known yet".to_owned(),
    };
    for (line, from) in lines.iter_mut().zip([worth, near, keep]) {
        line[2] = from;
    }
    lines[0][1] = money(factors.worth);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::model::Model;
    use jiff::civil::date;

    #[test]
    fn a_play_on_412k_at_41_is_worth_96k() {
        let order = Model::built_in_for_tests().order;
        let p = p_loss(&order, Some(41.0));
        assert!((p - 0.60).abs() < 0.005, "{p}");
        let worth = worth(&order, Worth::Save { uplift: 0.39 }, 412_000.0, p);
        assert_eq!((worth / 1000.0).round(), 96.0);
        let factors = rank(worth, 1.0, 1.2, 30);
        assert!((factors.rank - worth * 1.2 / 30_f64.sqrt()).abs() < 1e-9);
        assert_eq!(rank(150.0, 1.0, 1.0, 5).rank, rank(150.0, 1.0, 1.0, 15).rank);
    }

    #[test]
    fn a_kept_back_test_goes_before_the_formula_and_shows_in_the_hash() {
        let model = Model::built_in_for_tests();
        let on = jiff::civil::date(2026, 11, 23);
        let knots = vec![[20.0, 0.3], [80.0, 0.1]];
        let kept =
            crate::book::backtest::Calibration { knots, horizon_days: 90, cases: 900, lost: 90, from: on, to: on, on };
        let calibrated = model.clone().calibrated(Some(kept.clone()));
        assert!((p_loss(&calibrated.order, Some(50.0)) - 0.2).abs() < 1e-12);
        assert_ne!(calibrated.hash(), model.hash());
        assert_eq!(calibrated.file_hash(), model.file_hash());
        assert_eq!(calibrated.calibrated(None), model);
        // For the accounts of an override it holds as well; other plays are another model, but not for the calibration.
        let health = include_str!("../config/health.toml");
        let other = format!("{health}\n[[override]]\nwhen = \"age<90d\"\nbands = {{ healthy = 80 }}\n");
        let other = Model::parse(&other, "").unwrap().calibrated(Some(kept));
        assert!(other.overrides[0].model.order.calibration.is_some());
        let bare = Model::parse(health, "").unwrap();
        assert_eq!(bare.file_hash(), model.file_hash());
        assert_ne!(bare.hash(), model.hash());
    }

    #[test]
    fn other_worths() {
        let order = Model::built_in_for_tests().order;
        assert_eq!(worth(&order, Worth::Growth { gain: 0.2, chance: 0.5 }, 1000.0, 0.9), 100.0);
        assert_eq!(worth(&order, Worth::Care { share: None }, 1000.0, 0.9), 10.0);
    }

    #[test]
    fn near_falls_in_a_line() {
        let order = Model::built_in_for_tests().order;
        let day = date(2026, 11, 23);
        let at = |days: i64| near(&order, day, Some(crate::book::day::plus(day, days)), &[]);
        for (days, expected) in [(-5, 1.0), (0, 1.0), (30, 1.0), (105, 0.65), (180, 0.3), (400, 0.3)] {
            assert!((at(days) - expected).abs() < 1e-9, "{days}: {}", at(days));
        }
        assert_eq!(near(&order, day, None, &[]), 0.5);
        let flag = |severity, back: i64| Flag {
            kind: "x".into(),
            key: String::new(),
            label: "x".into(),
            severity,
            since: crate::book::day::plus(day, -back),
            because: String::new(),
        };
        assert_eq!(near(&order, day, None, &[flag(Severity::High, 13)]), 1.0);
        assert_eq!(near(&order, day, None, &[flag(Severity::High, 14)]), 0.5);
        assert_eq!(near(&order, day, None, &[flag(Severity::Medium, 0)]), 0.5);
        let high = [flag(Severity::High, 40)];
        assert!(flagged(Band::Healthy, &high) && !flagged(Band::Watch, &[]));
        assert!(due_and_flagged(Band::AtRisk, &[], Some(crate::book::day::plus(day, 90)), day));
        assert!(!due_and_flagged(Band::AtRisk, &[], Some(crate::book::day::plus(day, 91)), day));
        assert!(!due_and_flagged(Band::AtRisk, &high, None, day));
        assert_eq!(keep(&order, None), 1.0);
        assert_eq!(keep(&order, Some(Keep::Rethink)), 0.5);
    }
}
