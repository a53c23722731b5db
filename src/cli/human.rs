//! What people read on a terminal: one account, its score, its changes, as plain text.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::facts::{Person, Tier};
use crate::book::money::{Currency, Money, short};
use crate::book::standing::Health;
use crate::book::undated::not_known;
use crate::book::view::{AccountView, ActionRow, DigestRow, NoteReceipt, OutboxRow};
use crate::cli::table::{Align, Table};
use crate::ops::shape::ListItem;
use crate::text;

/// The columns that `list --columns` knows: name, head, alignment.
pub const LIST_COLUMNS: &[(&str, &str, Align)] = &[
    ("account", "ACCOUNT", Align::Left),
    ("health", "HEALTH", Align::Right),
    ("band", "BAND", Align::Left),
    ("change", "7D", Align::Right),
    ("arr", "ARR", Align::Right),
    ("renewal", "RENEWS", Align::Right),
    ("stage", "STAGE", Align::Left),
    ("flags", "FLAGS", Align::Left),
    ("next", "NEXT", Align::Left),
    ("owner", "OWNER", Align::Left),
    ("segment", "SEGMENT", Align::Left),
    ("touch", "TOUCH", Align::Right),
    ("confidence", "SURE", Align::Right),
    ("urgency", "URGENCY", Align::Right),
    ("domain", "DOMAIN", Align::Left),
    ("id", "ID", Align::Left),
];

/// The columns that a list has unless others are asked for.
pub const LIST_DEFAULT: &[&str] = &["account", "health", "band", "change", "arr", "renewal", "flags", "next"];

/// One cell of a list. `exact`: for other programs, with no shortening.
pub fn list_cell(item: &ListItem, column: &str, exact: bool) -> String {
    let none = String::new;
    match column {
        "account" => item.name.clone(),
        "health" => item.health.score.map_or_else(none, |score| format!("{score:.0}")),
        "band" => item.health.band.to_owned(),
        "change" => match item.health.delta_7d {
            Some(delta) if exact => format!("{delta:.1}"),
            Some(delta) => text::signed(delta.round() as i64),
            None => none(),
        },
        "arr" => match (item.arr, exact) {
            (Some(arr), true) => format!("{arr}"),
            (Some(arr), false) => {
                let currency = item.currency.as_deref().and_then(Currency::parse).unwrap_or(Currency::USD);
                format!("{}{}", currency.sign(), short(arr))
            }
            (None, _) => none(),
        },
        "renewal" => match (item.renewal_date, exact, item.days_to_renewal) {
            (Some(day), true, _) => day.to_string(),
            (Some(_), false, Some(days)) if days < 0 => format!("{} d late", -days),
            (Some(_), false, Some(days)) => format!("{days} d"),
            _ => none(),
        },
        "stage" => {
            let letter = |key: &str| {
                let word = item.stage.get(key).and_then(|stage| stage.as_str()).unwrap_or("–");
                word.chars().next().map_or('–', |c| c.to_ascii_uppercase())
            };
            format!("{}/{}", letter("buyers"), letter("users"))
        }
        "flags" => item.flags.iter().map(|flag| flag.label.as_str()).collect::<Vec<_>>().join(" · "),
        "next" => item.next.as_ref().map_or_else(none, |next| next.title.clone()),
        "owner" => item.owner.clone().unwrap_or_default(),
        "segment" => item.segment.clone().unwrap_or_default(),
        "touch" => item.last_touch.map_or_else(none, |day| day.to_string()),
        "confidence" => format!("{:.0}%", item.health.confidence * 100.0),
        "urgency" => item.urgency.map_or_else(none, |urgency| format!("{urgency:.2}")),
        "domain" => item.domain.clone().unwrap_or_default(),
        "id" => item.id.clone(),
        _ => none(),
    }
}

/// A list as a table; unknown columns are named.
pub fn list_table(items: &[ListItem], columns: &[String], exact: bool) -> Result<Table, String> {
    let names: Vec<&str> =
        if columns.is_empty() { LIST_DEFAULT.to_vec() } else { columns.iter().map(String::as_str).collect() };
    let mut heads = Vec::new();
    for name in &names {
        let Some((_, head, align)) = LIST_COLUMNS.iter().find(|(known, ..)| known == name) else {
            let known: Vec<&str> = LIST_COLUMNS.iter().map(|(known, ..)| *known).collect();
            return Err(format!("no column is called {name:?}; there are {}", known.join(", ")));
        };
        heads.push((*head, *align));
    }
    let mut table = Table::new(&heads);
    for item in items {
        table.rows.push(names.iter().map(|name| list_cell(item, name, exact)).collect());
    }
    Ok(table)
}

pub(super) fn score_line(health: &Health) -> String {
    let score = health.score.map_or_else(|| "no score".to_owned(), |score| format!("{score:.0}"));
    let delta = match health.delta_7d.map(|delta| delta.round() as i64) {
        Some(n) if n > 0 => format!(", up {n} in 7 d"),
        Some(n) if n < 0 => format!(", down {} in 7 d", -n),
        _ => String::new(),
    };
    format!("{score} {}{delta} · confidence {:.0}%", health.band.name(), health.confidence * 100.0)
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(|| "–".into(), |amount| format!("{}{}", amount.currency.sign(), amount.short()))
}

/// Points with a sign and a tenth.
pub fn points(points: f64) -> String {
    let text = format!("{:.1}", points.abs());
    if text == "0.0" {
        "·".into()
    } else if points < 0.0 {
        format!("−{text}")
    } else {
        format!("+{text}")
    }
}

/// `show` for people.
pub fn show(view: &AccountView, today: Date) -> String {
    let (facts, standing) = (&view.facts, &view.standing);
    let tier = |person: &Person| view.tiers.iter().find(|(id, _)| *id == person.id).and_then(|(_, tier)| *tier);
    let mut out = format!("{}  {}\n", standing.name, score_line(&standing.health));
    let renewal =
        standing.renewal.map_or_else(|| "no renewal date".into(), |day| format!("renews {}", text::day(day, today)));
    let facts_line = [
        Some(money(standing.arr)),
        Some(renewal),
        standing.segment.clone(),
        standing.owner.clone(),
        facts.domain.clone(),
        Some(standing.account.to_string()),
    ];
    out.push_str(&format!("{}\n", facts_line.into_iter().flatten().collect::<Vec<_>>().join(" · ")));
    for words in [view.why.silent.clone(), not_known(&view.why.undated, today)].into_iter().flatten() {
        out.push_str(&format!("{words}\n"));
    }
    if !standing.flags.is_empty() {
        out.push_str("\nFlags\n");
        for flag in &standing.flags {
            out.push_str(&format!("  {}: {} (since {})\n", flag.label, flag.because, flag.since));
        }
    }
    if !standing.quiet.is_empty() {
        out.push_str("\nQuiet\n");
        for quiet in &standing.quiet {
            out.push_str(&format!("  {}: {}\n", quiet.flag.label, quiet.words(today)));
        }
    }
    if !standing.offers.is_empty() {
        out.push_str("\nNext\n");
        for offer in standing.offers.iter().take(3) {
            out.push_str(&format!(
                "  {} ({} min) because {} [{}]\n",
                offer.title, offer.minutes, offer.because, offer.play
            ));
        }
    }
    if !facts.people.is_empty() {
        out.push_str("\nPeople\n");
        let mut table = Table::new(&[("", Align::Left), ("", Align::Left), ("", Align::Left), ("", Align::Left)]);
        for person in &facts.people {
            let mut marks = Vec::new();
            if person.champion.at(today) == Some(&true) {
                marks.push("champion");
            }
            if person.left.at(today) == Some(&true) {
                marks.push("left");
            }
            table.rows.push(vec![
                format!("  {}", person.name),
                tier(person).map_or("–", Tier::name).to_owned(),
                person.title.clone().unwrap_or_default(),
                marks.join(", "),
            ]);
        }
        out.push_str(table.aligned(None).trim_start_matches('\n'));
    }
    let open: Vec<_> = facts.tasks.iter().filter(|task| !task.done).collect();
    if !open.is_empty() {
        out.push_str("\nOpen tasks\n");
        for task in open {
            let due = task.due.map_or_else(String::new, |day| format!(" ({})", text::day(day, today)));
            out.push_str(&format!("  {}{due}\n", task.subject));
        }
    }
    if !facts.notes.is_empty() {
        out.push_str("\nNotes\n");
        for note in facts.notes.iter().take(5) {
            let state = note.state.as_deref().map_or_else(String::new, |state| format!(" [{state}]"));
            let first = note.text.lines().next().unwrap_or_default();
            out.push_str(&format!("  {} {}{state}\n", text::short_date(note.on, today), text::cut(first, 100)));
        }
    }
    out
}

/// What a note was understood as.
pub fn receipt(receipt: &NoteReceipt) -> String {
    let mut out = match &receipt.id {
        Some(id) => format!("note {id} · {}\n", receipt.state),
        None => "nothing saved (dry run)\n".to_owned(),
    };
    for says in receipt.facts.iter().filter_map(|fact| fact.get("says")).filter_map(|says| says.as_str()) {
        out.push_str(&format!("  {says}\n"));
    }
    for problem in &receipt.problems {
        out.push_str(&format!("  not understood, at character {}: {}\n", problem.at + 1, problem.message));
    }
    out
}

/// The outbox as a table.
pub fn outbox_table(rows: &[OutboxRow], now: Timestamp) -> Table {
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("STATE", Align::Left),
        ("ACCOUNT", Align::Left),
        ("WHAT", Align::Left),
        ("TRIES", Align::Right),
        ("SINCE", Align::Left),
        ("BECAUSE", Align::Left),
    ]);
    for row in rows {
        table.rows.push(vec![
            row.id.clone(),
            row.state.clone(),
            row.name.clone(),
            format!("{}: {}", row.kind, text::cut(&row.text, 40)),
            row.attempts.to_string(),
            text::ago(row.since, now),
            row.because.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// Actions as a table.
pub fn actions_table(rows: &[ActionRow], today: Date, currency: Currency) -> Table {
    let mut table = Table::new(&[
        ("ACCOUNT", Align::Left),
        ("PLAY", Align::Left),
        ("WHAT", Align::Left),
        ("DUE", Align::Right),
        ("STATE", Align::Left),
        ("WORTH", Align::Right),
        ("BECAUSE", Align::Left),
    ]);
    for row in rows {
        let worth = if row.worth > 0.0 { format!("~{}{}", currency.sign(), short(row.worth)) } else { String::new() };
        table.rows.push(vec![
            row.name.clone(),
            row.play.clone(),
            row.title.clone(),
            row.due.map_or_else(String::new, |day| text::day(day, today)),
            row.state.clone(),
            worth,
            row.because.clone(),
        ]);
    }
    table
}

/// The digest as a table.
pub fn changes_table(rows: &[DigestRow], today: Date, currency: Currency, exact: bool) -> Table {
    let mut table = Table::new(&[
        ("ACCOUNT", Align::Left),
        ("ARR", Align::Right),
        ("WHAT", Align::Left),
        ("POINTS", Align::Right),
        ("DAY", Align::Right),
        ("BECAUSE", Align::Left),
    ]);
    for row in rows {
        let arr = match (row.arr, exact) {
            (Some(arr), true) => format!("{arr}"),
            (Some(arr), false) => format!("{}{}", currency.sign(), short(arr)),
            (None, _) => String::new(),
        };
        let day = if exact { row.day.to_string() } else { text::short_date(row.day, today) };
        let points = row.points.map_or_else(String::new, |points| text::signed(points.round() as i64));
        table.rows.push(vec![row.name.clone(), arr, row.says(), points, day, row.because.clone()]);
    }
    table
}
