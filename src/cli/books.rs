//! The commands that read and write the book: list, show, explain, changes, note, task, actions, act, outbox, export.

use std::io::Read;

use serde_json::json;

use crate::book::dates::Toward;
use crate::book::view::Sort;
use crate::cli::args::{
    ActArgs, ActionsArgs, ChangesArgs, ExplainArgs, ExportArgs, FormatOnly, Global, KeysArgs, ListArgs, NoteArgs,
    OutboxArgs, OutboxVerb, ShowArgs, TaskArgs, Verb,
};
use crate::cli::table::{Align, Table, pretty, render};
use crate::cli::{Exit, columns, human, print, session, why};
use crate::command::{Scope, Spec, TABLE};
use crate::config::keys::{Binding, Keymap};
use crate::ops::{ActVerb, Desk, OpsError, explain as reasons, show as whole};
use crate::text;

pub fn list(args: &ListArgs, global: &Global) -> Result<Exit, OpsError> {
    let sort = Sort::parse(&args.sort).ok_or_else(|| {
        let known: Vec<&str> = Sort::ALL.iter().map(|sort| sort.name()).collect();
        OpsError::usage(format!("--sort {}: sorted by {}", args.sort, known.join(", ")))
    })?;
    let session = session::open_book(global)?;
    let query = args.query.join(" ");
    let items = session.desk.list(&query, sort, args.limit).map_err(|error| pointed(&session.desk, &query, error))?;
    if items.is_empty() {
        match (args.query.is_empty(), session.desk.is_past()) {
            (false, _) => eprintln!("no account fits that"),
            (true, false) => eprintln!("no accounts yet: rounds sync"),
            // What there is to say of that day was said when it was opened.
            (true, true) => {}
        }
    }
    let exact = args.format.csv;
    let table = human::list_table(&items, &args.columns, exact).map_err(OpsError::usage)?;
    print(&render(&args.format, columns(), || items.iter().map(|item| json!(item)).collect(), || table))?;
    Ok(0)
}

/// A mistake in a query, with the query under it and a mark at the character.
fn pointed(desk: &Desk, query: &str, error: OpsError) -> OpsError {
    match desk.query_mistake(query) {
        Some(at) => {
            OpsError { message: format!("{error}\n  {query}\n  {}^", " ".repeat(text::width(&query[..at]))), ..error }
        }
        None => error,
    }
}

pub fn show(args: &ShowArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let (id, _) = session.desk.resolve(&args.account)?;
    let view = session.desk.account(&id)?;
    let today = session.desk.day();
    if args.format.json || args.format.jsonl {
        let urgency = session.desk.urgency(&view.standing)?;
        print(&pretty(&whole::shape(&view, today, urgency)))?;
    } else {
        print(&human::show(&view, today))?;
    }
    Ok(0)
}

pub fn explain(args: &ExplainArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let (id, _) = session.desk.resolve(&args.account)?;
    let day = session.desk.day();
    let since = args.since.as_deref().map(|text| session::date(text, day, Toward::Past, "--since")).transpose()?;
    let explained = session.desk.explain(&id, since)?;
    if args.format.json || args.format.jsonl {
        print(&pretty(&reasons::shape(&explained)))?;
    } else {
        print(&why::explain(&explained))?;
    }
    Ok(0)
}

pub fn changes(args: &ChangesArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open_book(global)?;
    let day = session.desk.day();
    let since = args.since.as_deref().map(|text| session::date(text, day, Toward::Past, "--since")).transpose()?;
    // Scores that moved without a transition are for programs: a person is told what became another thing.
    let scores = args.format.json || args.format.jsonl;
    let digest = session.desk.changes(since, scores)?;
    let nothing = if digest.rows.is_empty() { ": nothing changed" } else { "" };
    eprintln!("{}{nothing}", digest.heading);
    let exact = args.format.csv;
    let table = || human::changes_table(&digest.rows, day, session.desk.settings().currency, exact);
    print(&render(&args.format, columns(), || digest.rows.iter().map(|row| json!(row)).collect(), table))?;
    Ok(0)
}

/// The text of an argument, or of standard input for `-` and for none at all.
fn text_or_stdin(text: Option<&str>) -> Result<String, OpsError> {
    match text {
        Some(text) if text != "-" => Ok(text.to_owned()),
        _ => {
            let mut read = String::new();
            std::io::stdin()
                .lock()
                .read_to_string(&mut read)
                .map_err(|error| OpsError::usage(format!("the note on standard input cannot be read ({error})")))?;
            Ok(read)
        }
    }
}

pub fn note(args: &NoteArgs, global: &Global) -> Result<Exit, OpsError> {
    let raw = text_or_stdin(args.text.as_deref())?;
    take_note(&args.account, &raw, args.dry_run, args.private, args.format.json || args.format.jsonl, global)
}

pub fn task(args: &TaskArgs, global: &Global) -> Result<Exit, OpsError> {
    let json = args.format.json || args.format.jsonl;
    if let Some(task) = &args.done {
        let session = session::open(global)?;
        let (id, name) = session.desk.resolve(&args.account)?;
        let subject = session.desk.task_done(&id, task, session.now)?;
        if json {
            print(&pretty(&json!({"account": id, "task": task, "subject": subject, "state": "done"})))?;
        } else {
            print(&format!("{name}: done: {subject} · the CRM hears of it with the next sync\n"))?;
        }
        return Ok(0);
    }
    let what = args.text.join(" ");
    if what.trim().is_empty() {
        return Err(OpsError::usage("say what to do, and by when: rounds task northwind send ROI deck fri"));
    }
    take_note(&args.account, &format!("/task {what}"), false, false, json, global)
}

fn take_note(
    account: &str,
    raw: &str,
    dry_run: bool,
    private: bool,
    json: bool,
    global: &Global,
) -> Result<Exit, OpsError> {
    let text = text::clean_text(raw).trim().to_owned();
    if text.is_empty() {
        return Err(OpsError::usage("the note is empty: nothing was saved"));
    }
    let session = session::open(global)?;
    let (id, _) = session.desk.resolve(account)?;
    let receipt = if dry_run {
        session.desk.note_preview(&id, &text, None)?
    } else {
        session.desk.note_add(&id, &text, private, session.now)?
    };
    if json {
        print(&pretty(&json!(receipt)))?;
    } else {
        print(&human::receipt(&receipt))?;
    }
    Ok(0)
}

pub fn actions(args: &ActionsArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = if args.account.is_some() { session::open(global)? } else { session::open_book(global)? };
    let id = args.account.as_deref().map(|account| session.desk.resolve(account)).transpose()?.map(|(id, _)| id);
    let rows = session.desk.actions(id.as_ref())?;
    let currency = session.desk.settings().currency;
    print(&render(
        &args.format,
        columns(),
        || rows.iter().map(|row| json!(row)).collect(),
        || human::actions_table(&rows, session.desk.day(), currency),
    ))?;
    Ok(0)
}

pub fn act(args: &ActArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let (id, name) = session.desk.resolve(&args.account)?;
    let because = |what: &str| {
        let given = args.because.as_deref().map(text::clean_line).filter(|text| !text.is_empty());
        given.ok_or_else(|| OpsError::usage(format!("say {what}: --because TEXT")))
    };
    let verb = match args.verb {
        Verb::Do => ActVerb::Do,
        Verb::Assign => match &args.to {
            Some(to) => ActVerb::Assign(text::clean_line(to)),
            None => return Err(OpsError::usage("say who takes it: --to EMAIL")),
        },
        Verb::Snooze => {
            let until = args.until.as_deref().ok_or_else(|| OpsError::usage("say until when: --until fri"))?;
            let until = session::date(until, session.desk.today(), Toward::Future, "--until")?;
            let because = args.because.as_deref().map(text::clean_line).unwrap_or_default();
            ActVerb::Snooze { until, because }
        }
        Verb::Dismiss => ActVerb::Dismiss(because("why it is not wanted")?),
        Verb::Done => ActVerb::Done(because("how it ended")?),
    };
    session.desk.act(&id, &args.play, &verb, session.now)?;
    let state = verb.state();
    if args.format.json || args.format.jsonl {
        print(&pretty(&json!({"account": id, "play": args.play, "state": state})))?;
    } else {
        print(&format!("{name}: {} is {state}\n", args.play))?;
    }
    Ok(0)
}

pub fn outbox(args: &OutboxArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    match &args.what {
        Some(OutboxVerb::Retry { id }) => {
            let count = session.desk.outbox_retry(id.as_deref(), session.now)?;
            print(&format!("{count} to be sent again at the next sync\n"))?;
        }
        Some(OutboxVerb::Drop { id }) => {
            session.desk.outbox_drop(id, session.now)?;
            print(&format!("{id} will not be sent; the note stays here\n"))?;
        }
        None => {
            let rows = session.desk.outbox()?;
            let empty = rows.is_empty() && !args.format.json && !args.format.jsonl && !args.format.csv;
            if empty && !args.format.markdown {
                print("nothing waits: every note has reached its CRM\n")?;
                return Ok(0);
            }
            print(&render(
                &args.format,
                columns(),
                || rows.iter().map(|row| json!(row)).collect(),
                || human::outbox_table(&rows, session.now),
            ))?;
        }
    }
    Ok(0)
}

/// The keymap in force and what is wrong with the user's `keys.toml`.
fn keymap(global: &Global) -> Result<(Keymap, Vec<String>), OpsError> {
    let folder = session::settings(global)?.folders.config;
    let (keymap, problems) = match std::fs::read_to_string(folder.join("keys.toml")) {
        Ok(text) => Keymap::load(Some((&text, "keys.toml"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Keymap::load(None),
        Err(error) => return Err(OpsError { message: format!("keys.toml cannot be read ({error})"), exit: 3 }),
    };
    Ok((keymap, problems.iter().map(ToString::to_string).collect()))
}

pub fn keys(args: &KeysArgs, global: &Global) -> Result<Exit, OpsError> {
    let (keymap, problems) = keymap(global)?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    if args.check {
        if problems.is_empty() {
            print("keys.toml: no mistakes\n")?;
        }
        return Ok(if problems.is_empty() { 0 } else { 3 });
    }
    let bindings = keymap.bindings();
    let table = || {
        let mut table = Table::new(&[
            ("KEYS", Align::Left),
            ("COMMAND", Align::Left),
            ("WHERE", Align::Left),
            ("DOES", Align::Left),
        ]);
        for binding in bindings {
            let cells = [binding.shown(), binding.run.to_string(), binding.scope.name().into(), binding.doc().into()];
            table.rows.push(cells.into());
        }
        table
    };
    let json = || {
        let row = |binding: &Binding| {
            json!({
                "keys": binding.shown(), "run": binding.run.to_string(), "in": binding.scope.name(), "doc": binding.doc(),
            })
        };
        bindings.iter().map(row).collect::<Vec<_>>()
    };
    print(&render(&args.format, columns(), json, table))?;
    Ok(0)
}

pub fn commands(args: &FormatOnly, global: &Global) -> Result<Exit, OpsError> {
    let (keymap, _) = keymap(global)?;
    let keys = |spec: &Spec| keymap.keys_of(spec.id, &Scope::ALL);
    let table = || {
        let mut table = Table::new(&[("COMMAND", Align::Left), ("KEYS", Align::Left), ("DOES", Align::Left)]);
        for spec in TABLE {
            table.rows.push(vec![spec.name.into(), keys(spec).join(", "), spec.doc.into()]);
        }
        table
    };
    let json = || {
        let row = |spec: &Spec| {
            let args: Vec<String> = spec.args.iter().map(|arg| arg.name().to_owned()).collect();
            let scopes: Vec<&str> = spec.scopes.iter().map(|scope| scope.name()).collect();
            json!({"name": spec.name, "args": args, "doc": spec.doc, "scopes": scopes, "keys": keys(spec)})
        };
        TABLE.iter().map(row).collect::<Vec<_>>()
    };
    print(&render(&args.format, columns(), json, table))?;
    Ok(0)
}

pub fn export(args: &ExportArgs, global: &Global) -> Result<Exit, OpsError> {
    if !args.own {
        return Err(OpsError::usage("say what to export: --own writes notes, drafts, outbox and snoozes"));
    }
    let session = session::open(global)?;
    let text = pretty(&session.desk.export_own()?);
    match &args.out {
        None => print(&text)?,
        Some(path) => {
            std::fs::write(path, text)
                .map_err(|error| OpsError::failed(format!("cannot write {} ({error})", path.display())))?;
        }
    }
    Ok(0)
}
