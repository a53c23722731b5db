//! `rounds init`: asks a person or reads a file of answers, shows what would change in `config.toml`, and writes it once
//! that is confirmed.
//!
//! Decides who answers, and what is said in the end. With no terminal nothing prompts.

mod answers;
mod person;

use std::io::IsTerminal;

use serde_json::{Value, json};

use answers::Answers;
use person::Somebody;

use crate::cli::args::{Global, InitArgs};
use crate::cli::sources::ProgressLine;
use crate::cli::table::pretty;
use crate::cli::{Exit, print, session};
use crate::ops::{InitField, InitGiven, InitPlan, Interview, OpsError, SyncOutcome, SyncRequest, init as prepare};

/// How wide questions are where no terminal says so.
const WIDTH: usize = 100;

pub fn init(args: &InitArgs, global: &Global) -> Result<Exit, OpsError> {
    let settings = session::settings(global)?;
    let fixed = session::fixed_today(global)?;
    if global.read_only && !args.dry_run {
        return Err(OpsError::usage("--read-only writes nothing: leave it out, or say --dry-run"));
    }
    let given = InitGiven { connector: args.connector.clone(), name: args.name.clone(), url: args.url.clone() };
    let Some(file) = &args.answers else {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Err(OpsError::usage(
                "init asks questions: run it in a terminal, or give it --answers FILE (rounds help init shows one)",
            ));
        }
        let width = terminal_size::terminal_size().map_or(WIDTH, |(columns, _)| columns.0.into());
        let mut somebody = Somebody::new(!args.no_browser, width);
        let plan = prepare(&settings, fixed, &given, &mut somebody)?;
        return person_ends(args, global, &plan, &somebody);
    };
    let mut answers = Answers::read(file, args.token_stdin, !args.no_browser)?;
    let given = answers.given(given);
    let plan = prepare(&settings, fixed, &given, &mut answers)?;
    answers.all_used()?;
    if args.dry_run || !answers.confirms() {
        tell(args, &plan, None, None)?;
        if args.dry_run {
            return Ok(0);
        }
        return Err(OpsError::usage("nothing was written: the answers don't say confirm = true"));
    }
    let kept = plan.commit(&answers)?;
    let outcome = if answers.syncs() { Some(first_sync(&plan.name, global)?) } else { None };
    tell(args, &plan, Some(&kept), outcome.as_ref())?;
    Ok(outcome.map_or(0, |outcome| outcome.exit))
}

fn person_ends(args: &InitArgs, global: &Global, plan: &InitPlan, somebody: &Somebody) -> Result<Exit, OpsError> {
    if args.dry_run {
        tell(args, plan, None, None)?;
        return Ok(0);
    }
    eprint!("\n{}", changes(plan));
    if !somebody.agreed(&format!("Write this to {}", plan.file.display()), false)? {
        eprintln!("nothing was written");
        return Ok(0);
    }
    let kept = plan.commit(somebody as &dyn Interview)?;
    eprintln!("written; {kept}");
    let sync = somebody.agreed("Pull everything now", true)?;
    let outcome = if sync { Some(first_sync(&plan.name, global)?) } else { None };
    tell(args, plan, Some(&kept), outcome.as_ref())?;
    Ok(outcome.map_or(0, |outcome| outcome.exit))
}

/// Opened anew: what was written is in force.
fn first_sync(name: &str, global: &Global) -> Result<SyncOutcome, OpsError> {
    let session = session::open(global)?;
    let progress = ProgressLine::default();
    let request = SyncRequest { sources: vec![name.to_owned()], full: false };
    let outcome = session.desk.sync(&request, &|step| progress.show(&step));
    progress.end();
    outcome
}

/// What would change, for people.
fn changes(plan: &InitPlan) -> String {
    let difference = plan.difference();
    let file = plan.file.display();
    if difference.is_empty() {
        return format!("{file} says so already: nothing changes\n");
    }
    let anew = if plan.replaced { format!(" (source {} is written anew)", plan.name) } else { String::new() };
    format!("{file}{anew}:\n{difference}")
}

/// The commands that come next.
fn next(plan: &InitPlan, synced: bool) -> Vec<String> {
    let mut next = vec![format!("rounds check {}", plan.name)];
    next.extend((!synced).then(|| "rounds sync".to_owned()));
    next.push("rounds".to_owned());
    next
}

/// The end: what was found and written. `kept`: where the sign-in is; `None`: nothing was written.
fn tell(args: &InitArgs, plan: &InitPlan, kept: Option<&str>, sync: Option<&SyncOutcome>) -> Result<(), OpsError> {
    if args.json {
        let whole = json!({
            "name": plan.name,
            "connector": plan.connector,
            "file": plan.file,
            "written": kept.is_some(),
            "replaced": plan.replaced,
            "difference": plan.difference(),
            "way": plan.way,
            "who": plan.who,
            "kept": kept,
            "fields": plan.fields,
            "book": plan.book,
            "sync": sync.map_or(Value::Null, |outcome| json!(outcome.summaries)),
            "next": next(plan, sync.is_some()),
        });
        return print(&pretty(&whole));
    }
    let mut out = String::new();
    // A person has seen it before saying yes.
    if kept.is_none() || args.answers.is_some() {
        out.push_str(&changes(plan));
        for field in &plan.fields {
            out.push_str(&format!("{}\n", line(field)));
        }
        if let Some(book) = &plan.book {
            out.push_str(&format!("book: {book}\n"));
        }
    }
    if let (Some(kept), true) = (kept, args.answers.is_some()) {
        out.push_str(&format!("written; {kept}\n"));
    }
    if let Some(outcome) = sync {
        for summary in &outcome.summaries {
            match &summary.error {
                Some(error) => out.push_str(&format!("{}: {error}\n", summary.name)),
                None => out.push_str(&format!("{}: {} records pulled\n", summary.name, summary.pulled)),
            }
        }
    }
    if kept.is_some() {
        out.push_str(&format!("Next: {}\n", next(plan, sync.is_some()).join(" · ")));
    }
    print(&out)
}

/// `account arr reads properties.arr: 20 of 20, 12000 · 48000`
fn line(field: &InitField) -> String {
    let found = match (field.filled, field.rows) {
        (Some(filled), Some(rows)) => format!(": {filled} of {rows}, {}", field.examples.join(" · ")),
        _ => String::new(),
    };
    format!("{} {} reads {}{found}", field.entity, field.field, field.reads)
}
