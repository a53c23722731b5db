//! `rounds import`: what became of each file, and every mistake with file, line and column.
//!
//! Decides the words. Mistakes go to standard error, what was done to standard output.

use std::io::{IsTerminal, Write};
use std::path::Path;

use serde_json::json;

use crate::book::row::Entity;
use crate::cli::args::{Global, ImportArgs};
use crate::cli::table::{Align, Table, pretty, render};
use crate::cli::{Exit, columns, print, session};
use crate::ops::{FileReport, ImportReport, ImportRequest, OpsError};
use crate::text;

/// Mistakes that are printed by file; `--json` has up to a thousand.
const SHOWN: usize = 50;

pub fn import(args: &ImportArgs, global: &Global) -> Result<Exit, OpsError> {
    if args.forget {
        let session = session::open(global)?;
        let known = session.desk.import_forget(&args.source)?;
        if args.format.json || args.format.jsonl {
            print(&pretty(&json!({"source": args.source, "forgotten": known})))?;
        } else if known {
            print(&format!("everything that was imported as {} is forgotten\n", args.source))?;
        } else {
            print(&format!("nothing was ever imported as {}\n", args.source))?;
        }
        return Ok(0);
    }
    let named = args.entity.as_deref().map(entity).transpose()?;
    let files = args.files.iter().map(|file| Ok((file.clone(), named.map_or_else(|| by_name(file), Ok)?)));
    let request = ImportRequest {
        files: files.collect::<Result<_, OpsError>>()?,
        map: args.map.iter().map(|map| pair(map)).collect::<Result<_, _>>()?,
        source: args.source.clone(),
        dry_run: args.dry_run,
    };
    let session = session::open(global)?;
    let report = session.desk.import(&request, &progress);
    progress_end();
    let report = report?;
    if args.format.json {
        print(&pretty(&json!(report)))?;
    } else if args.format.jsonl || args.format.csv || args.format.markdown {
        print(&render(
            &args.format,
            None,
            || report.files.iter().map(|file| json!(file)).collect(),
            || table(&report),
        ))?;
    } else {
        print(&table(&report).aligned(columns()))?;
    }
    for file in &report.files {
        said(file, &request);
    }
    Ok(report.exit)
}

fn entity(name: &str) -> Result<Entity, OpsError> {
    let wanted = name.trim().to_lowercase();
    let found = Entity::ALL.into_iter().find(|entity| entity.name() == wanted || entity.plural() == wanted);
    found.ok_or_else(|| {
        let known: Vec<&str> = Entity::ALL.iter().map(|entity| entity.name()).collect();
        OpsError::usage(format!("--as {name}: one of {}", known.join(", ")))
    })
}

/// What the rows of a file are, by a word of its name: `accounts-2026.csv`, `usage.csv`.
fn by_name(file: &Path) -> Result<Entity, OpsError> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut found = name
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| Entity::ALL.into_iter().find(|entity| word == entity.name() || word == entity.plural()));
    match (found.next(), found.next()) {
        (Some(entity), None) => Ok(entity),
        _ => {
            let known: Vec<&str> = Entity::ALL.iter().map(|entity| entity.name()).collect();
            Err(OpsError::usage(format!(
                "{}: its name does not say what its rows are: --as {}",
                file.display(),
                known.join("|")
            )))
        }
    }
}

fn pair(map: &str) -> Result<(String, String), OpsError> {
    let (ours, theirs) = map.split_once('=').unwrap_or_default();
    if ours.trim().is_empty() || theirs.trim().is_empty() {
        return Err(OpsError::usage(format!(
            "--map {map:?}: our field, then their column, as in arr='Annual revenue'"
        )));
    }
    Ok((ours.trim().to_owned(), theirs.trim().to_owned()))
}

/// One line on standard error that is written over, on a terminal.
fn progress(file: &str, rows: u64) {
    if std::io::stderr().is_terminal() {
        let mut err = std::io::stderr().lock();
        let line = format!("{file}: {} rows", text::grouped(rows));
        let _ = write!(err, "\r\x1b[K{}", text::cut(&line, columns().unwrap_or(80).saturating_sub(1)));
        let _ = err.flush();
    }
}

fn progress_end() {
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

fn table(report: &ImportReport) -> Table {
    let mut table = Table::new(&[
        ("FILE", Align::Left),
        ("ROWS ARE", Align::Left),
        ("STATE", Align::Left),
        ("ROWS", Align::Right),
        ("RECORDS", Align::Right),
        ("NEW", Align::Right),
        ("CHANGED", Align::Right),
        ("MISTAKES", Align::Right),
    ]);
    for file in &report.files {
        table.rows.push(vec![
            file.file.clone(),
            file.entity.to_owned(),
            file.state.to_owned(),
            text::grouped(file.rows),
            text::grouped(file.records),
            text::grouped(file.added),
            text::grouped(file.changed),
            text::grouped(file.problems_total),
        ]);
    }
    table
}

/// What there is to say about a file beside its numbers.
fn said(file: &FileReport, request: &ImportRequest) {
    for problem in file.problems.iter().take(SHOWN) {
        eprintln!("{problem}");
    }
    let more = file.problems_total.saturating_sub(file.problems.len().min(SHOWN) as u64);
    if more > 0 {
        eprintln!("{}: {} more mistakes (--json lists them)", file.file, text::grouped(more));
    }
    if file.problems_total > 0 {
        let words = if request.dry_run { "would be imported" } else { "was imported" };
        eprintln!("{}: nothing of it {words}: a file is taken whole or not at all", file.file);
        return;
    }
    if !file.ignored.is_empty() {
        eprintln!("{}: not taken: {} (--map fills a field from them)", file.file, file.ignored.join(", "));
    }
    if file.unmatched_total > 0 {
        let shown = file.unmatched.join(", ");
        let more = if file.unmatched_total > file.unmatched.len() as u64 { ", ..." } else { "" };
        let n = file.unmatched_total;
        let (what, wait) = if n == 1 {
            ("account is", "its rows wait until it is")
        } else {
            ("accounts are", "their rows wait until they are")
        };
        eprintln!(
            "{}: {} {what} not in the book by id, external id or domain: {shown}{more}; {wait}",
            file.file,
            text::grouped(n)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_by_its_name_what_its_rows_are() {
        let of = |name: &str| by_name(Path::new(name)).ok();
        assert_eq!(of("/tmp/accounts.csv"), Some(Entity::Account));
        assert_eq!(of("2026-11 Usage.csv"), Some(Entity::Usage));
        assert_eq!(of("crm_people_export.jsonl"), Some(Entity::Person));
        assert_eq!((of("export.csv"), of("account-usage.csv")), (None, None), "nothing is guessed");
        let error = by_name(Path::new("export.csv")).unwrap_err();
        assert!(error.exit == 2 && error.message.contains("--as owner|account"), "{error}");
        assert!(pair("arr").is_err() && pair("=x").is_err());
        assert_eq!(pair("arr = Annual revenue").unwrap(), ("arr".into(), "Annual revenue".into()));
    }
}
