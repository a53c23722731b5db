//! The commands about flags: what is said of one, how each rule fares, and accounts that are put off.

use serde_json::json;

use crate::book::dates::Toward;
use crate::book::flags::{FlagStatus, FlagVerb};
use crate::cli::args::{FlagArgs, FlagWord, FormatOnly, Global, SnoozeArgs};
use crate::cli::table::{Align, Table, pretty, render};
use crate::cli::{Exit, columns, print, session};
use crate::ops::OpsError;
use crate::text;

pub fn flag(args: &FlagArgs, global: &Global) -> Result<Exit, OpsError> {
    let why = text::clean_line(&args.why.join(" "));
    let extra = args.word != FlagWord::Snooze && args.until.is_some();
    if extra {
        return Err(OpsError::usage("only a snooze takes a day and a reason"));
    }
    let session = session::open(global)?;
    let today = session.desk.today();
    let (id, name) = session.desk.resolve(&args.account)?;
    let verb = match args.word {
        FlagWord::Real => FlagVerb::Close(FlagStatus::Real),
        FlagWord::FalseAlarm => FlagVerb::Close(FlagStatus::FalseAlarm),
        FlagWord::TooEarly => FlagVerb::Close(FlagStatus::TooEarly),
        FlagWord::Reopen => FlagVerb::Reopen,
        FlagWord::Snooze => {
            let until = args.until.as_deref().ok_or_else(|| OpsError::usage("say until when: snooze fri"))?;
            let because = why.strip_prefix("because ").unwrap_or(&why).to_owned();
            FlagVerb::Snooze { until: session::date(until, today, Toward::Future, "until")?, because }
        }
    };
    let label = session.desk.flag(&id, &args.kind, &verb, session.now)?;
    if args.format.json || args.format.jsonl {
        print(&pretty(&json!({"account": id, "kind": args.kind, "state": verb.state(), "until": verb.until(today)})))?;
    } else {
        print(&format!("{name}: {label}: {}\n", verb.words(today)))?;
    }
    Ok(0)
}

pub fn flags(args: &FormatOnly, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open_book(global)?;
    let rows = session.desk.rules()?;
    let table = || {
        let mut table = Table::new(&[
            ("FLAG", Align::Left),
            ("SEVERITY", Align::Left),
            ("STANDS", Align::Right),
            ("QUIET", Align::Right),
            ("REAL", Align::Right),
            ("FALSE ALARM", Align::Right),
            ("TOO EARLY", Align::Right),
            ("PRECISION", Align::Right),
        ]);
        for row in &rows {
            let count = |n: u64| if n == 0 { String::new() } else { n.to_string() };
            table.rows.push(vec![
                row.kind.clone(),
                row.severity.name().to_owned(),
                row.standing.to_string(),
                count(row.quiet),
                count(row.real),
                count(row.false_alarm),
                count(row.too_early),
                row.precision.map_or_else(String::new, |precision| format!("{:.0}%", precision * 100.0)),
            ]);
        }
        table
    };
    print(&render(&args.format, columns(), || rows.iter().map(|row| json!(row)).collect(), table))?;
    Ok(0)
}

pub fn snooze(args: &SnoozeArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let today = session.desk.today();
    let (id, name) = session.desk.resolve(&args.account)?;
    let as_json = args.format.json || args.format.jsonl;
    if args.until == "off" {
        session.desk.take_up(&id, session.now)?;
        return match as_json {
            true => print(&pretty(&json!({"account": id, "until": null, "because": null}))),
            false => print(&format!("{name}: taken up again\n")),
        }
        .map(|()| 0);
    }
    let until = session::date(&args.until, today, Toward::Future, "until")?;
    let why = text::clean_line(&args.why.join(" "));
    let because = why.strip_prefix("because ").unwrap_or(&why);
    session.desk.put_off(&id, until, because, session.now)?;
    let said = (!because.is_empty()).then_some(because);
    if as_json {
        print(&pretty(&json!({"account": id, "until": until, "because": said})))?;
    } else {
        let said = said.map_or_else(String::new, |because| format!(": {because}"));
        print(&format!("{name}: put off until {}{said}\n", text::short_date(until, today)))?;
    }
    Ok(0)
}
