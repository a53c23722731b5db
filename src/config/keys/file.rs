//! Reads a key file: `[[bind]] on = "g g" run = "list.top" in = "list"`.
//!
//! Decides what a line may say and what is said about one that can't be used.
//! Each `[[bind]]` is read by itself, so that one bad line costs one key.

use serde::Deserialize;

use super::{Binding, chord};
use crate::command::{Command, Scope};
use crate::config::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    on: String,
    run: String,
    #[serde(rename = "in")]
    scope: Option<Scopes>,
    desc: Option<String>,
    hint: Option<u8>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct File {
    bind: Vec<Row>,
}

/// A binding and the line its `[[bind]]` begins at.
pub(super) struct Read {
    pub binding: Binding,
    pub line: usize,
}

/// Reads all that can be used; says what can't.
pub(super) fn read(text: &str, file: &str, problems: &mut Vec<Problem>) -> Vec<Read> {
    let mut rows = Vec::new();
    for (line, block) in blocks(text, file, problems) {
        let mut say = |at: usize, message: String| problems.push(Problem { file: file.to_owned(), line: at, message });
        let parsed: File = match toml::from_str(&block) {
            Ok(parsed) => parsed,
            Err(error) => {
                let at = error.span().map_or(0, |span| block[..span.start.min(block.len())].matches('\n').count());
                say(
                    line + at,
                    format!(
                        "{}; a key is written as on = \"g g\", run = \"list.top\", in = \"list\"",
                        error.message().replace('\n', ", ")
                    ),
                );
                continue;
            }
        };
        for row in parsed.bind {
            match bindings(row) {
                Ok(found) => rows.extend(found.into_iter().map(|binding| Read { binding, line })),
                Err(message) => say(line, message),
            }
        }
    }
    rows
}

/// The text cut at its `[[bind]]` headers, each with the number of its first line.
fn blocks(text: &str, file: &str, problems: &mut Vec<Problem>) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim();
        if bare.starts_with("[[bind]]") {
            out.push((index + 1, String::new()));
        }
        match out.last_mut() {
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None if bare.is_empty() || bare.starts_with('#') => {}
            None => problems.push(Problem {
                file: file.to_owned(),
                line: index + 1,
                message: format!("{bare} stands before the first [[bind]]; it was skipped"),
            }),
        }
    }
    out
}

fn bindings(row: Row) -> Result<Vec<Binding>, String> {
    let on = chord::sequence(&row.on).map_err(|word| match word.as_str() {
        "" => "on is empty; write the key, as in on = \"g g\"".to_owned(),
        word => format!(
            "there is no key {word}; keys are written x, X, space, enter, esc, tab, up, pageup, f5, ctrl-x, alt-x"
        ),
    })?;
    let line = if row.run == "none" { "key.none" } else { &row.run };
    let run = Command::parse(line).map_err(|error| format!("{error}; `rounds commands` lists them all"))?;
    let scopes = match row.scope {
        None => vec!["global".to_owned()],
        Some(Scopes::One(scope)) => vec![scope],
        Some(Scopes::Many(scopes)) => scopes,
    };
    scopes
        .into_iter()
        .map(|name| {
            let scope = Scope::parse(&name).ok_or_else(|| {
                let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
                format!("there is no place {name}; in is one of {}", known.join(", "))
            })?;
            if scope.takes_text() && on.first().is_some_and(|chord| chord.text().is_some()) {
                return Err(format!("{} is text in {name}; use ctrl, alt or a named key there", row.on));
            }
            Ok(Binding { on: on.clone(), run: run.clone(), scope, hint: row.hint, desc: row.desc.clone() })
        })
        .collect()
}
