//! `rounds backtest`: the figures of a back-test for people, spreadsheets and scripts.
//!
//! Decides their order and words. Every number comes from `ops`.

use std::io::{IsTerminal, Write};

use serde_json::{Value, json};

use crate::book::backtest::{Bar, Figures};
use crate::book::dates::Toward;
use crate::book::known::USAGE;
use crate::cli::args::{BacktestArgs, Global};
use crate::cli::table::{Align, Table, pretty};
use crate::cli::{Exit, columns, print, session};
use crate::ops::{BacktestReport, BacktestRequest, Keep, OpsError};
use crate::text;

pub fn backtest(args: &BacktestArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    if args.forget {
        let was = session.desk.backtest_forget()?;
        if was {
            reopened(global)?;
        }
        let says = if was {
            "forgotten: probabilities come from the formula again\n"
        } else {
            "nothing was kept for this model: there was nothing to forget\n"
        };
        let json = args.format.json || args.format.jsonl;
        print(&if json { pretty(&json!({"keep": {"state": "forgotten", "was_kept": was}})) } else { says.to_owned() })?;
        return Ok(0);
    }
    let from = args.from.as_deref().map(|text| session::date(text, session.desk.day(), Toward::Past, "--from"));
    let request = BacktestRequest {
        horizon: days(&args.horizon)?,
        from: from.transpose()?,
        other: args.model.clone(),
        keep: args.keep,
        shuffle: args.shuffle,
    };
    let report = session.desk.backtest(&request, &progress);
    progress_end();
    let report = report?;
    if matches!(report.keep, Keep::Kept(_)) {
        reopened(global)?;
    }
    let out = if args.format.json {
        pretty(&report.shape())
    } else if args.format.jsonl {
        format!("{}\n", report.shape())
    } else if args.format.csv {
        figures_table(&report, true).csv()
    } else if args.format.markdown {
        figures_table(&report, false).markdown()
    } else {
        people(&report)
    };
    print(&out)?;
    match &report.keep {
        Keep::Refused(because) => Err(OpsError::failed(because.clone())),
        _ => Ok(0),
    }
}

/// Opens the book anew, with the new probabilities: urgency follows at once.
fn reopened(global: &Global) -> Result<(), OpsError> {
    session::open(global)?.desk.reassess()
}

/// `90d`, `90` or `26w` in days.
fn days(text: &str) -> Result<i64, OpsError> {
    let wrong = || OpsError::usage(format!("--horizon {text:?}: a number of days, as in 90d or 180d"));
    let (number, each) = match text.strip_suffix(['d', 'w']) {
        Some(number) if text.ends_with('w') => (number, 7),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    number.parse::<i64>().ok().and_then(|n| n.checked_mul(each)).ok_or_else(wrong)
}

/// One line on standard error that is written over, on a terminal.
fn progress(done: usize, of: usize) {
    if std::io::stderr().is_terminal() {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\r\x1b[Kaccounts {} of {}", text::grouped(done as u64), text::grouped(of as u64));
        let _ = err.flush();
    }
}

fn progress_end() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(
        || "–".into(),
        |share| {
            let percent = share * 100.0;
            if percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
        },
    )
}

fn two(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("{x:.2}"))
}

fn times(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("×{x:.1}"))
}

/// A change with its sign, in hundredths.
fn signed(x: Option<f64>) -> String {
    match x {
        None => "–".into(),
        Some(x) if x.abs() < 0.000_5 => "·".into(),
        Some(x) if x < 0.0 => format!("−{:.3}", -x),
        Some(x) => format!("+{x:.3}"),
    }
}

fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{} {}", text::grouped(n as u64), if n == 1 { one } else { several })
}

/// The whole report for people.
fn people(report: &BacktestReport) -> String {
    let figures = &report.figures;
    let mut out = head(figures);
    if figures.cases == 0 {
        out.push_str("\nNo account was a customer with a score on any of these days: look at a later --from.\n");
        return out;
    }
    out.push('\n');
    out.push_str(&main_figures(report));
    out.push_str(&bars(figures));
    out.push_str(&calibration(report));
    out.push_str(&measures(figures));
    out.push_str(&compared(report));
    out.push_str(&missing(figures));
    match &report.keep {
        Keep::Kept(kept) => out.push_str(&format!(
            "\nKept: from now on the probability of a loss, urgency and what plays are worth come from these {} cases\n\
             (lost within {} days). rounds backtest --forget goes back to the formula. A Rounds that is open takes it up when\n\
             it is opened again.\n",
            text::grouped(kept.cases as u64),
            kept.horizon_days
        )),
        Keep::NotAsked | Keep::Refused(_) => {}
    }
    out
}

fn head(figures: &Figures) -> String {
    let span = match (figures.from, figures.to) {
        (Some(from), Some(to)) if from != to => format!("{} month-ends, {from} to {to}", figures.month_ends),
        (Some(from), _) => format!("one month-end, {from}"),
        _ => String::new(),
    };
    let mut out = format!(
        "{} of {} at {span}; lost within {} days\n",
        counted(figures.cases, "case", "cases"),
        counted(figures.accounts as usize, "account", "accounts"),
        figures.horizon_days
    );
    let losses = &figures.losses;
    let all = (losses.left + losses.shrank) as usize;
    out.push_str(&format!(
        "{} lost: {} left, {} shrank by more than 20 %; they are in {} ({})\n",
        counted(all, "account was", "accounts were"),
        losses.left,
        losses.shrank,
        counted(figures.lost, "case", "cases"),
        percent(figures.base_rate)
    ));
    out
}

fn main_figures(report: &BacktestReport) -> String {
    let mut heads = vec![("", Align::Left), ("IN FORCE", Align::Right)];
    if report.other.is_some() {
        heads.push(("OTHER", Align::Right));
    }
    heads.push(("", Align::Left));
    let mut table = Table::new(&heads);
    let mut row = |name: &str, of: &dyn Fn(&Figures) -> String, says: &str| {
        let mut cells = vec![format!("  {name}"), of(&report.figures)];
        cells.extend(report.other.as_ref().map(|other| of(&other.figures)));
        cells.push(says.to_owned());
        table.rows.push(cells);
    };
    row("AUC", &|f| two(f.auc), "how often a lost case scored below a kept one; 0.50 is chance");
    row("worst tenth of scores", &|f| times(f.lift_worst_tenth), "as often lost as the book");
    row("cases at risk", &|f| text::grouped(f.at_risk as u64), "");
    row("  precision", &|f| percent(f.precision), "of these were lost");
    row("  recall", &|f| percent(f.recall), "of the lost were among them");
    row(
        "losses caught",
        &|f| text::grouped(f.losses.caught as u64),
        "at risk at a month-end inside the horizon before",
    );
    row(
        "Brier",
        &|f| f.brier.map_or_else(|| "–".into(), |b| format!("{b:.3}")),
        "distance of probabilities from outcomes; lower is better",
    );
    row("confidence", &|f| percent(f.confidence), "of the model could speak, on average");
    let text = table.aligned(columns());
    // One model needs no heads.
    match (&report.other, text.split_once('\n')) {
        (None, Some((_, rows))) => rows.to_owned(),
        _ => text,
    }
}

fn bars(figures: &Figures) -> String {
    if figures.bars.is_empty() {
        return String::new();
    }
    let says = |bar: &Bar| match bar.id {
        "at_risk_times_base" => {
            format!(
                "at risk is lost {} as often as the book (wanted: ×3; {})",
                times(bar.value),
                counted(bar.n, "case", "cases")
            )
        }
        "lost_below_healthy_before" => format!(
            "{} of the lost were below healthy 60 to 90 days before (wanted: 67%; {})",
            percent(bar.value),
            counted(bar.n, "loss", "losses")
        ),
        _ => format!("{} of the book is healthy (wanted: 80% at most)", percent(bar.value)),
    };
    let mark = |bar: &Bar| match bar.met {
        Some(true) => "ok  ",
        Some(false) => "!   ",
        None => "–   ",
    };
    let lines: Vec<String> = figures.bars.iter().map(|bar| format!("  {}{}\n", mark(bar), says(bar))).collect();
    format!("\nUseful bars\n{}", lines.concat())
}

fn calibration(report: &BacktestReport) -> String {
    let mut table = Table::new(&[
        ("  SCORES", Align::Left),
        ("PREDICTED", Align::Right),
        ("SEEN", Align::Right),
        ("CASES", Align::Right),
    ]);
    for tenth in &report.figures.calibration {
        table.rows.push(vec![
            format!("  {:.0} to {:.0}", tenth.scores[0], tenth.scores[1]),
            percent(Some(tenth.predicted)),
            percent(Some(tenth.seen)),
            text::grouped(tenth.n as u64),
        ]);
    }
    let keep = match report.keep {
        Keep::NotAsked if !report.calibrated => "; --keep makes them what was seen",
        _ => "",
    };
    format!(
        "\nProbabilities by tenth of the cases, the worst first\n{}  They come {}{keep}.\n",
        table.aligned(columns()),
        report.probabilities
    )
}

fn measures(figures: &Figures) -> String {
    if figures.measures.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        ("  MEASURE", Align::Left),
        ("GROUP", Align::Left),
        ("AUC ALONE", Align::Right),
        ("CASES", Align::Right),
        ("AUC LOST WITHOUT IT", Align::Right),
    ]);
    let mut rows: Vec<_> = figures.measures.iter().collect();
    rows.sort_by(|a, b| b.auc.unwrap_or(-1.0).total_cmp(&a.auc.unwrap_or(-1.0)));
    for measure in rows {
        table.rows.push(vec![
            format!("  {}", measure.label),
            measure.group.clone(),
            two(measure.auc),
            text::grouped(measure.cases),
            signed(measure.drop),
        ]);
    }
    format!("\nMeasures, the one that told most first\n{}", table.aligned(columns()))
}

fn compared(report: &BacktestReport) -> String {
    let Some(other) = &report.other else { return String::new() };
    let [both, this, that, neither] = other.caught;
    let mut out = format!(
        "\nBeside {}\n  Of the losses, {both} were at risk before by both, {this} only by the model in force, {that} only by the \
         other, {neither} by neither.\n  The other's probabilities come {}.\n",
        other.name, other.probabilities
    );
    let count = |by: &str| other.today.iter().filter(|one| one.flagged_by == by).count();
    out.push_str(&format!(
        "  Today {} flagged by both, {} only by the model in force, {} only by the other (at risk, or a high flag).\n",
        counted(other.both_today, "account is", "accounts are"),
        count("this"),
        count("other")
    ));
    if other.today.is_empty() {
        return out;
    }
    let mut table = Table::new(&[
        ("  ACCOUNT", Align::Left),
        ("IN FORCE", Align::Right),
        ("OTHER", Align::Right),
        ("IN FORCE", Align::Left),
        ("OTHER", Align::Left),
        ("FLAGGED BY", Align::Left),
        ("HIGH FLAGS", Align::Left),
    ]);
    let score = |score: Option<f64>| score.map_or_else(|| "–".into(), |score| format!("{score:.0}"));
    for one in &other.today {
        let this = one.flagged_by == "this";
        table.rows.push(vec![
            format!("  {}", one.name),
            score(one.score),
            score(one.score_other),
            one.band.into(),
            one.band_other.into(),
            if this { "the one in force" } else { "the other" }.into(),
            if this { one.flags.join(", ") } else { one.flags_other.join(", ") },
        ]);
    }
    out + &table.aligned(columns())
}

fn missing(figures: &Figures) -> String {
    let mut out = String::new();
    if !figures.left_out.is_empty() {
        let fields: Vec<String> = figures
            .left_out
            .iter()
            .map(|one| format!("{} ({})", one.field, counted(one.cases as usize, "case", "cases")))
            .collect();
        out.push_str(&format!("\nLeft out, because it was not known yet on the day: {}.\n", fields.join(", ")));
        if figures.left_out.iter().any(|one| one.field == USAGE) {
            out.push_str("A first sync reads half a year of usage; rounds import brings earlier days.\n");
        }
    }
    if !figures.assumed.is_empty() {
        out.push_str(&format!(
            "\nTaken as it stands today, because no source says since when: {}.\n",
            figures.assumed.join(", ")
        ));
    }
    if figures.unscored > 0 {
        out.push_str(&format!(
            "\n{} had no score, since no measure could speak: in no figure above.\n",
            counted(figures.unscored as usize, "case", "cases")
        ));
    }
    out
}

/// Every figure as a row, for spreadsheets. `exact`: rates as ratios.
fn figures_table(report: &BacktestReport, exact: bool) -> Table {
    let mut heads = vec![("figure", Align::Left), ("value", Align::Right)];
    if report.other.is_some() {
        heads.push(("other", Align::Right));
    }
    heads.push(("n", Align::Right));
    let mut table = Table::new(&heads);
    let cell = |value: Option<&Value>| match value {
        Some(Value::Number(n)) if exact => n.to_string(),
        Some(Value::Number(n)) => {
            n.as_f64().filter(|_| n.is_f64()).map_or_else(|| n.to_string(), |x| format!("{x:.3}"))
        }
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let shape = report.shape();
    let other = shape.get("other");
    let mut row = |name: String, path: &str, n: String| {
        let mut cells = vec![name, cell(shape.pointer(path))];
        if report.other.is_some() {
            cells.push(cell(other.and_then(|other| other.pointer(path))));
        }
        cells.push(n);
        table.rows.push(cells);
    };
    for name in [
        "horizon_days",
        "from",
        "to",
        "month_ends",
        "accounts",
        "cases",
        "unscored",
        "lost",
        "base_rate",
        "auc",
        "lift_worst_tenth",
        "at_risk",
        "precision",
        "recall",
        "brier",
        "confidence",
    ] {
        row(name.into(), &format!("/{name}"), String::new());
    }
    for name in ["left", "shrank", "caught"] {
        row(format!("losses.{name}"), &format!("/losses/{name}"), String::new());
    }
    for (at, bar) in report.figures.bars.iter().enumerate() {
        row(format!("bar.{}", bar.id), &format!("/bars/{at}/value"), bar.n.to_string());
    }
    for (at, tenth) in report.figures.calibration.iter().enumerate() {
        row(format!("tenth.{}.predicted", at + 1), &format!("/calibration/{at}/predicted"), tenth.n.to_string());
        row(format!("tenth.{}.seen", at + 1), &format!("/calibration/{at}/seen"), tenth.n.to_string());
    }
    // Another model may have other measures: they are put beside each other by their ids.
    for (at, measure) in report.figures.measures.iter().enumerate() {
        let beside =
            report.other.as_ref().and_then(|other| other.figures.measures.iter().find(|one| one.id == measure.id));
        for key in ["auc", "drop"] {
            let mut cells =
                vec![format!("measure.{}.{key}", measure.id), cell(shape.pointer(&format!("/measures/{at}/{key}")))];
            if report.other.is_some() {
                let value = beside.and_then(|one| if key == "auc" { one.auc } else { one.drop });
                cells.push(value.map_or_else(String::new, |x| format!("{x:.4}")));
            }
            cells.push(measure.cases.to_string());
            table.rows.push(cells);
        }
    }
    for one in &report.figures.left_out {
        let mut cells = vec![format!("left_out.{}", one.field), String::new()];
        if report.other.is_some() {
            cells.push(String::new());
        }
        cells.push(one.cases.to_string());
        table.rows.push(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_days_or_weeks() {
        assert_eq!(days("90d").unwrap(), 90);
        assert_eq!(days("180").unwrap(), 180);
        assert_eq!(days("26w").unwrap(), 182);
        for wrong in ["", "d", "soon", "9x", "1.5d"] {
            let error = days(wrong).unwrap_err();
            assert!(error.exit == 2 && error.message.contains("90d"), "{error}");
        }
    }

    #[test]
    fn shares_keep_the_digits_that_decide() {
        assert_eq!(
            (percent(Some(0.0281)), percent(Some(0.1)), percent(None)),
            ("2.8%".into(), "10%".into(), "–".into())
        );
        assert_eq!(
            (signed(Some(-0.0123)), signed(Some(0.0)), signed(Some(0.5))),
            ("−0.012".into(), "·".into(), "+0.500".into())
        );
    }
}
