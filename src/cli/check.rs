//! `rounds check`: what needs doing first, then stream by stream what each mapped field reads.
//!
//! Decides the layout. On a terminal lines are cut to its width and lists are short; piped all of it is whole.

use std::fmt::Write;

use serde_json::json;

use crate::cli::args::{CheckArgs, Global};
use crate::cli::table::{Align, Table, pretty, render};
use crate::cli::{Exit, columns, print, session};
use crate::ops::{CheckRequest, Checkup, FieldCheck, OpsError, SourceCheck, StreamCheck};
use crate::text;

/// Unmatched records that are shown on a terminal.
const STRAYS: usize = 5;

pub fn check(args: &CheckArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let request = CheckRequest { source: args.source.clone(), stream: args.stream.clone(), dry_run: args.dry_run };
    let checkup = session.desk.check(&request)?;
    if args.format.json {
        print(&pretty(&json!(checkup)))?;
    } else if args.format.plain() {
        print(&report(&checkup, args, columns()))?;
    } else {
        let json = || checkup.findings.iter().map(|finding| json!(finding)).collect();
        print(&render(&args.format, None, json, || findings_table(&checkup)))?;
    }
    Ok(checkup.exit())
}

fn findings_table(checkup: &Checkup) -> Table {
    let mut table = Table::new(&[("SUBJECT", Align::Left), ("SAYS", Align::Left), ("EXIT", Align::Right)]);
    for finding in &checkup.findings {
        table.rows.push(vec![finding.subject.clone(), finding.says.clone(), finding.exit.to_string()]);
    }
    table
}

/// All of it for people.
fn report(checkup: &Checkup, args: &CheckArgs, width: Option<usize>) -> String {
    let mut out = String::new();
    // What needs doing comes first; a sentence that says what to do is never cut.
    let (wrong, fine): (Vec<_>, Vec<_>) = checkup.findings.iter().partition(|finding| finding.exit != 0);
    for finding in wrong {
        let _ = writeln!(out, "!   {}: {}", finding.subject, finding.says);
        let subject = |source: &SourceCheck, stream: &str| format!("{} {stream}", source.name) == finding.subject;
        for source in &checkup.sources {
            for lost in source.lost.iter().filter(|lost| subject(source, &lost.stream) && lost.because == finding.says)
            {
                let _ = writeln!(out, "    {}", lost.means);
            }
        }
    }
    for finding in fine {
        let line = format!("ok  {}: {}", finding.subject, finding.says);
        let _ = writeln!(out, "{}", width.map_or_else(|| line.clone(), |width| text::cut(&line, width)));
    }
    for source in &checkup.sources {
        for stream in source.streams.iter().filter(|stream| !stream.fields.is_empty() && stream.error.is_none()) {
            let _ = write!(out, "\n{} {}\n{}", source.name, stream.name, fields(stream, width));
        }
        out.push_str(&strays(source, width));
        if args.requests {
            out.push_str(&requests(source, width));
        }
    }
    out
}

/// The mapped fields of a stream.
fn fields(stream: &StreamCheck, width: Option<usize>) -> String {
    let mut table = Table::new(&[
        ("  FIELD", Align::Left),
        ("READS", Align::Left),
        ("FILLED", Align::Right),
        ("EXAMPLES", Align::Left),
    ]);
    for field in &stream.fields {
        let reads = match width {
            // Formulas are long: the examples are what is looked for.
            Some(width) => text::cut(&field.reads, (width / 3).max(16)),
            None => field.reads.clone(),
        };
        table.rows.push(vec![format!("  {}", field.field), reads, filled(field), examples(field)]);
    }
    table.aligned(width)
}

fn filled(field: &FieldCheck) -> String {
    field.coverage.map_or_else(|| "–".to_owned(), |share| format!("{share} %"))
}

/// What the records hold, and what is wrong with it.
fn examples(field: &FieldCheck) -> String {
    let mut parts = Vec::new();
    if !field.absent.is_empty() && field.filled == 0 {
        parts.push(format!("not there: {}", field.missing()));
    }
    if let Some(problem) = &field.problem {
        parts.push(format!("cannot be read: {problem}"));
    }
    parts.extend((!field.examples.is_empty()).then(|| field.examples.join(" · ")));
    parts.join(" | ")
}

/// What found no account.
fn strays(source: &SourceCheck, width: Option<usize>) -> String {
    let found = &source.unmatched;
    if found.total == 0 {
        return String::new();
    }
    let most = if width.is_some() { STRAYS } else { usize::MAX };
    let mut table = Table::new(&[
        ("  WITHOUT ACCOUNT", Align::Left),
        ("WHAT", Align::Left),
        ("ID", Align::Left),
        ("TRIED", Align::Left),
    ]);
    for row in found.rows.iter().take(most) {
        let cells = [&format!("  {}", row.entity), &text::cut(&row.says, 40), &row.id, &row.because(found.founds)];
        table.rows.push(cells.map(Clone::clone).to_vec());
    }
    let mut out = format!("\n{}\n{}", source.name, table.aligned(width));
    let shown = found.rows.len().min(most) as u64;
    if found.total > shown {
        let more = text::grouped(found.total - shown);
        let _ = match width {
            Some(_) => writeln!(out, "  {more} more: rounds check {} | less", source.name),
            None => writeln!(out, "  {more} more"),
        };
    }
    out
}

/// Every request that was made.
fn requests(source: &SourceCheck, width: Option<usize>) -> String {
    let mut table = Table::new(&[
        ("  STATUS", Align::Right),
        ("MS", Align::Right),
        ("ROWS", Align::Right),
        ("REQUEST", Align::Left),
    ]);
    for asked in &source.requests {
        table.rows.push(vec![
            asked.status.map_or_else(|| "none".to_owned(), |status| status.to_string()),
            asked.ms.to_string(),
            asked.rows.map_or_else(String::new, |rows| rows.to_string()),
            format!("{} {}", asked.method, asked.path),
        ]);
    }
    format!("\n{}\n{}", source.name, table.aligned(width))
}
