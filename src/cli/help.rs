//! `rounds help TOPIC`: the query language, the model and the plays that are shipped, models to begin with, connectors.
//!
//! Decides only the page; every field stands in the one table of `book`, every model in its own file.

use clap::CommandFactory;

use super::args::{Cli, HelpArgs};
use super::{Exit, print};
use crate::book::journal::VERBS;
use crate::book::query::{FIELDS, Holds, ITEMS, LISTS, STATES, TEXTS};
use crate::config;
use crate::ops::{OpsError, reference};
use crate::text::pad;

/// A page, by its words; without any, the help of the program.
pub fn help(args: &HelpArgs) -> Result<Exit, OpsError> {
    let words: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    let page = match words.as_slice() {
        [] => Cli::command().render_long_help().to_string() + TOPICS,
        ["query"] => query(),
        ["model"] => config::HEALTH.to_owned(),
        ["model", "seats"] => config::MODEL_SEATS.to_owned(),
        ["model", "consumption"] => config::MODEL_CONSUMPTION.to_owned(),
        ["plays"] => config::PLAYS.to_owned(),
        ["journal"] => journal(),
        ["connectors"] => connectors(),
        ["connectors", name] => reference::connector(name).ok_or_else(|| unknown(name))?,
        ["connectors", name, "file"] => reference::connector_text(name).ok_or_else(|| unknown(name))?.to_owned(),
        ["connector-file"] => reference::connector_format(),
        [name, ..] => {
            let mut program = Cli::command();
            match program.find_subcommand_mut(name) {
                Some(command) => command.clone().bin_name(format!("rounds {name}")).render_long_help().to_string(),
                None => {
                    return Err(OpsError::usage(format!("there is no help on {}\n{TOPICS}", words.join(" "))));
                }
            }
        }
    };
    print(&page)?;
    Ok(0)
}

const TOPICS: &str = "
Topics:
  rounds help query              every field of the query language: filters, rules, plays, measures
  rounds help model              the health model that is shipped; a copy of it is the way to your own
  rounds help model seats        an annotated model for software sold by the seat
  rounds help model consumption  an annotated model for software paid by what is consumed
  rounds help plays              the plays that are shipped
  rounds help journal            every fact that a note can hold
  rounds help connectors         the systems that Rounds connects to
  rounds help connectors NAME    what one brings, writes and needs; with `file` behind it: the file itself
  rounds help connector-file     how a connector is written: one file for a system of your own
  rounds help COMMAND            one command
";

fn unknown(name: &str) -> OpsError {
    let known: Vec<String> = reference::connectors().into_iter().map(|listed| listed.connector).collect();
    OpsError::usage(format!("no connector is called {name:?}; there are: {}", known.join(", ")))
}

fn connectors() -> String {
    let list = reference::connectors();
    let wide = list.iter().map(|listed| listed.connector.len()).max().unwrap_or(0);
    let mut out = String::from(
        "A source of config.toml names one: connector = \"hubspot\". rounds init asks for what it needs.\n",
    );
    let groups = [
        (true, "Proven in all parts against documented answers, faults included; each page says against what else"),
        (false, "Untested: made by the vendor's documentation, only the main answers played"),
    ];
    for (proven, head) in groups {
        out.push_str(&format!("\n{head}\n"));
        for listed in list.iter().filter(|listed| listed.proven == proven) {
            out.push_str(&format!("  {} {}\n", pad(&listed.connector, wide + 1), listed.about));
        }
    }
    out.push_str("\nrounds help connectors NAME says what one brings, writes and needs.\n");
    out
}

fn journal() -> String {
    let mut out = String::from(
        "A fact may stand anywhere in a line of a note, after a blank: it runs to the next fact or to the end of the line.
What cannot be read stays in the text, and the note is saved all the same. Pasted lines and lines that begin with > are
never read for facts.

  @jane            a person: first or last name, whole name, or mail address; @\"Kai Holm\" is somebody new
  fri, +2w, dec 31, q1, 2026-12-31, yesterday      days
  90k, $120k/yr, EUR 12,500, 1.2m a year           money; without a currency it is the account's
  7k2a             the tag of a promise, goal, commitment or request: /request 7k2a shipped, /done 7k2a;
                   in the note box # offers them

",
    );
    for verb in VERBS {
        let also = if verb.also.is_empty() { String::new() } else { format!(" (also /{})", verb.also.join(" /")) };
        out.push_str(&format!("/{} {}{also}\n    {}\n", verb.word, verb.shape, verb.says));
        if verb.example != format!("/{}", verb.word) {
            out.push_str(&format!("    {}\n", verb.example));
        }
    }
    out
}

fn query() -> String {
    let mut out = String::from(
        "One language for the filter line, rounds list, risk rules, plays and measures.

  health<50 renewal<90d              both hold: parts stand side by side, or with `and`
  is:at-risk or arr>100k             either; not, - and ( ) as you would expect
  northwind                          plain words are looked for in name and domain
  segment:mid,enterprise             the text holds one of these; segment=\"Mid market\" is all of it
  owner:me has:champion no:renewal   whose, what is known, what is not
  renewal:q1 renewal<2027-01-31      days: 90d 6w 3m 1y, dates, months, quarters, years, today
  usage.active.change(28d)<-20%      shares in per cent, money as 120k, levels as words: pulse:red
  people.any(tier:buyer touch>90d)   any, all, none of a list
  tickets.count(open age>14d)>3      count, sum, mean, min, max; newest and oldest pick one: deals.newest(open).amount
  seats.used / seats < 60%           + - * / with blanks around, abs( ) min( ) max( )

What is not known fits no comparison; `not` of it fits.

Numbers\n",
    );
    let mut row = |name: &str, says: &str, example: &str| {
        out.push_str(&format!("  {} {says}\n", pad(name, 22)));
        if !example.is_empty() {
            out.push_str(&format!("  {} {example}\n", pad("", 22)));
        }
    };
    for spec in FIELDS {
        row(spec.name, spec.says, spec.example);
    }
    out.push_str("\nTexts\n");
    for spec in TEXTS {
        out.push_str(&format!("  {} {}\n", pad(spec.name, 22), spec.says));
    }
    out.push_str("\nStates\n");
    for (name, says, example) in STATES {
        out.push_str(&format!("  {} {says}: {example}\n", pad(&format!("{name}:"), 22)));
    }
    out.push_str("\nLists\n");
    for (list, name, says) in LISTS {
        out.push_str(&format!("  {} {says}\n", pad(name, 22)));
        for spec in ITEMS.iter().filter(|spec| spec.list == list) {
            let kind = match spec.holds {
                Holds::Number(_) => "",
                Holds::Text => ":",
                Holds::State => " (stands alone)",
            };
            out.push_str(&format!("    {} {}\n", pad(&format!("{}{kind}", spec.name), 20), spec.says));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_field_and_its_examples_can_be_read() {
        let page = query();
        for spec in FIELDS {
            assert!(page.contains(spec.name));
        }
        for line in page.lines().skip(2).take(10) {
            let example = line.trim().split("   ").next().unwrap_or_default();
            crate::book::query::parse(example).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }
}
