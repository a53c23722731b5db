//! The commands that talk to the outside systems: sync, whoami.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use serde_json::json;

use crate::book::progress::{Progress, SourceSummary};
use crate::cli::args::{Global, SyncArgs, WhoamiArgs};
use crate::cli::table::{Align, Table, pretty, render};
use crate::cli::{Exit, columns, print, session};
use crate::ops::{OpsError, SyncRequest, cost_line};
use crate::text;

pub fn sync(args: &SyncArgs, global: &Global) -> Result<Exit, OpsError> {
    let every = args
        .watch
        .as_deref()
        .map(|every| {
            let parsed = every.parse::<jiff::SignedDuration>().ok().and_then(|d| std::time::Duration::try_from(d).ok());
            parsed
                .filter(|every| every.as_secs() >= 1)
                .ok_or_else(|| OpsError::usage(format!("--watch {every:?}: how often, as in 15m")))
        })
        .transpose()?;
    loop {
        let session = session::open(global)?;
        let request = SyncRequest { sources: args.sources.clone(), full: args.full };
        if std::io::stderr().is_terminal() {
            for expected in session.desk.expected(&request)? {
                let cost = cost_line(expected.requests, expected.daily_of);
                eprintln!("{}: about {cost}, as the last time", expected.source);
            }
        }
        let progress = ProgressLine::default();
        let outcome = session.desk.sync(&request, &|step| progress.show(&step));
        progress.end();
        let outcome = outcome?;
        let table = || summary_table(&outcome.summaries);
        if args.format.json {
            print(&pretty(&json!({"sources": outcome.summaries})))?;
        } else {
            let json = || outcome.summaries.iter().map(|summary| json!(summary)).collect();
            print(&render(&args.format, columns(), json, table))?;
            if args.format.plain() {
                print(&costs(&outcome.summaries))?;
            }
        }
        for summary in &outcome.summaries {
            if let Some(error) = summary.error.as_ref().filter(|error| !progress.told(error)) {
                eprintln!("{}: {error}", summary.name);
            }
        }
        let Some(every) = every else { return Ok(outcome.exit) };
        std::thread::sleep(every);
    }
}

/// What was spent of the day's requests, where a source counts them.
fn costs(summaries: &[SourceSummary]) -> String {
    let line = |summary: &SourceSummary| {
        let left = summary.daily_left.map_or_else(String::new, |left| format!("; {} left today", text::grouped(left)));
        Some(format!("{}: {}{left}\n", summary.name, cost_line(summary.requests, summary.daily_of?)))
    };
    summaries.iter().filter_map(line).collect()
}

fn summary_table(summaries: &[SourceSummary]) -> Table {
    let mut table = Table::new(&[
        ("SOURCE", Align::Left),
        ("PULLED", Align::Right),
        ("CHANGED", Align::Right),
        ("DELETED", Align::Right),
        ("PUSHED", Align::Right),
        ("REQUESTS", Align::Right),
        ("KB", Align::Right),
        ("SECONDS", Align::Right),
    ]);
    for summary in summaries {
        table.rows.push(vec![
            summary.name.clone(),
            text::grouped(summary.pulled),
            text::grouped(summary.changed),
            text::grouped(summary.deleted),
            text::grouped(summary.pushed),
            text::grouped(summary.requests),
            text::grouped(summary.bytes / 1024),
            format!("{:.1}", summary.seconds),
        ]);
    }
    table
}

/// One line on standard error that is written over, on a terminal; elsewhere only what failed.
#[derive(Default)]
pub(super) struct ProgressLine {
    shown: Mutex<bool>,
    /// Failures on lines of their own: they need not be said again in the end.
    told: Mutex<Vec<String>>,
}

impl ProgressLine {
    pub(super) fn show(&self, step: &Progress) {
        let terminal = std::io::stderr().is_terminal();
        let line = crate::ops::progress_line(step);
        let failed = matches!(step, Progress::Failed { .. });
        let mut err = std::io::stderr().lock();
        if let (true, Some(line)) = (terminal, &line) {
            let _ = write!(err, "\r\x1b[K{}", text::cut(line, columns().unwrap_or(80).saturating_sub(1)));
            let _ = err.flush();
            if let Ok(mut shown) = self.shown.lock() {
                *shown = true;
            }
        } else if let (true, Some(line)) = (failed, &line) {
            let _ = writeln!(err, "{line}");
            if let Ok(mut told) = self.told.lock() {
                told.push(line.clone());
            }
        }
    }

    fn told(&self, error: &str) -> bool {
        self.told.lock().is_ok_and(|told| told.iter().any(|line| line == error))
    }

    pub(super) fn end(&self) {
        if self.shown.lock().is_ok_and(|shown| *shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

pub fn whoami(args: &WhoamiArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let rows = session.desk.whoami(args.source.as_deref())?;
    let exit = rows.iter().map(|row| row.exit).max().unwrap_or(0);
    let table = || {
        let mut table = Table::new(&[("SOURCE", Align::Left), ("WHO", Align::Left), ("TOKEN FROM", Align::Left)]);
        for row in &rows {
            table.rows.push(vec![row.source.clone(), row.who.clone().unwrap_or_default(), row.token_from.clone()]);
        }
        table
    };
    print(&render(&args.format, columns(), || rows.iter().map(|row| json!(row)).collect(), table))?;
    for row in &rows {
        if let Some(error) = &row.error {
            eprintln!("{}: {error}", row.source);
        }
    }
    Ok(exit)
}
