//! `brief`, `review` and `loyalty`: what is read before a call, handed over after it, and looked at on Monday.
//!
//! Decides where a document goes and how it is called. What stands in it is decided in `report` and `book`.

use serde_json::json;

use crate::book::loyalty::whole::{Part, Whole};
use crate::book::money::{Currency, short};
use crate::cli::args::{BriefArgs, FormatOnly, Global, ReviewArgs};
use crate::cli::table::pretty;
use crate::cli::{Exit, print, session};
use crate::ops::{OpsError, loyalty as shapes};
use crate::report::review::{html, markdown};
use crate::text::{pad, pad_left};

pub fn brief(args: &BriefArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let (id, name) = session.desk.resolve(&args.account)?;
    let view = session.desk.account(&id)?;
    if args.format.json || args.format.jsonl {
        let lines: Vec<_> = view.brief.iter().map(|(label, text)| json!({"label": label, "text": text})).collect();
        print(&pretty(&json!({"account": id, "name": name, "day": view.standing.day, "lines": lines})))?;
    } else {
        let lines: Vec<String> = view.brief.iter().map(|(label, text)| format!("{} {text}\n", pad(label, 7))).collect();
        print(&format!("{name}\n{}", lines.concat()))?;
    }
    Ok(0)
}

pub fn review(args: &ReviewArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let (id, _) = session.desk.resolve(&args.account)?;
    let review = session.desk.review(&id)?;
    let Some(out) = &args.out else {
        print(&markdown(&review))?;
        return Ok(0);
    };
    let text = match out.extension().and_then(|ext| ext.to_str()).map(str::to_lowercase).as_deref() {
        Some("html" | "htm") => html(&review),
        Some("md" | "markdown") => markdown(&review),
        _ => return Err(OpsError::usage("--out: the name says what it becomes: it ends in .html or .md")),
    };
    session.desk.write_document(out, &text, args.force)?;
    eprintln!("{} is written: read it once before you send it", out.display());
    Ok(0)
}

pub fn loyalty(args: &FormatOnly, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open_book(global)?;
    let whole = session.desk.loyalty()?;
    if args.format.json || args.format.jsonl {
        print(&pretty(&shapes::shape(&whole)))?;
    } else {
        print(&words(&whole, session.desk.settings().currency))?;
    }
    Ok(0)
}

fn words(whole: &Whole, currency: Currency) -> String {
    let amount = |units: f64| format!("{}{}", currency.sign(), short(units));
    let cell = |part: &Part| format!("{} {}", pad_left(&part.accounts.to_string(), 5), pad(&amount(part.arr), 7));
    let mut out = format!(
        "{} {} {} {} {} {}\n",
        pad("", 10),
        pad("evaluator", 13),
        pad("beginner", 13),
        pad("regular", 13),
        pad("champion", 13),
        "not known"
    );
    for one in &whole.pyramids {
        let cells: Vec<String> = one.steps.iter().chain([&one.unknown]).map(cell).collect();
        out.push_str(&format!("{} {}\n", pad(one.group.name(), 10), cells.join(" ").trim_end()));
    }
    out.push_str("\nHow long it takes\n");
    for one in &whole.clocks {
        let usual = match one.usual {
            Some(usual) => format!("{:.0} d (n {}; {} still running longer)", usual.median, usual.n, usual.longer),
            None => format!("none has ended yet, {} running", one.running),
        };
        let target = one.target.map_or_else(String::new, |target| format!(", target {target:.0} d"));
        out.push_str(&format!("  {} {usual}{target}\n", pad(one.says, 26)));
    }
    let stuck: Vec<_> =
        whole.on_steps.iter().filter(|one| one.target.is_some_and(|target| one.days > target)).collect();
    if !stuck.is_empty() {
        out.push_str("\nLongest on their step\n");
        for one in stuck.iter().take(10) {
            let pace = one.pace.map_or("", |pace| pace.name());
            out.push_str(&format!(
                "  {} {} {} {} needs {}\n",
                pad(&one.name, 26),
                pad(one.group.name(), 9),
                pad_left(&format!("{:.0} d", one.days), 7),
                pad(pace, 7),
                one.needs
            ));
        }
    }
    out.push_str("\nWhom to keep\n");
    for (class, part) in &whole.keep {
        out.push_str(&format!(
            "  {} {}\n",
            pad(class.map_or("not known", |class| class.name()), 26),
            cell(part).trim()
        ));
    }
    if let Some(share) = whole.top_five {
        out.push_str(&format!("\nThe five largest bring {:.0}% of the ARR", share * 100.0));
        if let Some((_, name, share)) = &whole.largest {
            out.push_str(&format!("; if {name} leaves, {:.0}% of it goes", share * 100.0));
        }
        out.push('\n');
    }
    out
}
