//! `rounds forget`: lists what names somebody, asks, and takes them out.

use std::io::{BufRead, IsTerminal, Write};

use serde_json::json;

use crate::cli::args::{ForgetArgs, Global};
use crate::cli::table::pretty;
use crate::cli::{Exit, print, session};
use crate::ops::{ForgetReport, OpsError};
use crate::text;

pub fn forget(args: &ForgetArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let desk = &session.desk;
    let whom = args.what.as_deref().map(|what| desk.forget_whom(what)).transpose()?;
    let list = match &whom {
        Some(whom) => desk.forget_list(whom)?,
        None if args.all => desk.forget_all(false)?,
        None => {
            return Err(OpsError::usage("say whom to forget: an account, a person's name or mail address, or --all"));
        }
    };
    let json_wanted = args.format.json || args.format.jsonl;
    if !json_wanted {
        print(&listed(&list))?;
    }
    if !(args.yes || (!json_wanted && agreed()?)) {
        if json_wanted {
            print(&pretty(&json!(list)))?;
        } else {
            eprintln!("nothing was changed: add --yes to do it");
        }
        return Ok(0);
    }
    let done = match &whom {
        Some(whom) => desk.forget(whom, session.now)?,
        None => desk.forget_all(true)?,
    };
    if json_wanted {
        print(&pretty(&json!(done)))?;
    } else if done.changes > 0 {
        print(&format!("forgotten here; {} to be changed in the CRM with the next sync\n", records(done.changes)))?;
    } else {
        print("forgotten\n")?;
    }
    Ok(0)
}

fn records(count: usize) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{} records", text::grouped(count as u64)) }
}

fn listed(list: &ForgetReport) -> String {
    let mut out = match list.kind.as_str() {
        "all" => format!(
            "Everything of yours on this machine: {} notes, drafts, decisions, and all that was pulled.\n\
                          What is in the CRM stays there.\n",
            list.notes.len()
        ),
        "account" => format!(
            "{}: the account and what is yours of it here; in the CRM the bullets of these notes go, and its name.\n",
            list.name
        ),
        _ => format!("{}: out of everything here, and out of these notes in the CRM.\n", list.name),
    };
    for row in &list.notes {
        let place = match (row.here, row.there.is_some()) {
            (true, true) => "here and in the CRM",
            (true, false) => "here",
            (false, _) => "in the CRM",
        };
        out.push_str(&format!("  {} · {} · {place} · {}\n", row.name, row.kind, text::cut(&row.text, 80)));
        for bullet in &row.bullets {
            out.push_str(&format!("      {bullet}\n"));
        }
    }
    if list.notes.is_empty() && list.kind != "all" {
        out.push_str("  no note of yours names them\n");
    }
    out
}

/// Asks on a terminal; elsewhere nothing ever prompts.
fn agreed() -> Result<bool, OpsError> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    eprint!("Forget for good? This can't be taken back. Type yes: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| OpsError::failed(format!("the answer cannot be read ({error})")))?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
