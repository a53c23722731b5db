//! The text form of a command: `list.sort arr`, `note.add Renewal call went well`.
//!
//! Decides how a line is taken apart and put together again; `parse(print(x)) = x`.
//! Knows no key and no screen.

use std::fmt;

use super::{Arg, Command, Id, TABLE, Value};

/// Why a line is no command, with what to type instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// Nothing was typed.
    #[error("no command was typed")]
    Empty,
    /// There is none of that name.
    #[error("there is no command {name}{}", hint.map(|h| format!("; did you mean {h}?")).unwrap_or_default())]
    Unknown { name: String, hint: Option<&'static str> },
    /// An argument does not fit.
    #[error("{command} {arg}: {given} does not fit, expected {expected}")]
    Argument { command: &'static str, arg: &'static str, given: String, expected: String },
    /// There is more than it takes.
    #[error("{command} takes {}, there is more: {given}", match takes { 0 => "no arguments".to_owned(), 1 => "one argument".to_owned(), n => format!("{n} arguments") })]
    TooMany { command: &'static str, takes: usize, given: String },
}

/// The first word and what follows it, without the blanks between.
fn head(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    match line.find(char::is_whitespace) {
        Some(end) => (&line[..end], line[end..].trim_start()),
        None => (line, ""),
    }
}

/// Splits at blanks outside quotes; an open quote runs to the end.
pub fn split_words(line: &str) -> Vec<String> {
    shlex::split(line).unwrap_or_else(|| line.split_whitespace().map(str::to_owned).collect())
}

pub(super) fn parse(line: &str) -> Result<Command, ParseError> {
    let (name, rest) = head(line.trim());
    if name.is_empty() {
        return Err(ParseError::Empty);
    }
    // The short words of the bottom line work as well where only one command has them: `:quit`, `:messages`.
    let id = Id::parse(name).or_else(|| only_short(name));
    let Some(id) = id else {
        return Err(ParseError::Unknown { name: name.to_owned(), hint: nearest(name) });
    };
    let spec = id.spec();
    let mut args = Vec::new();
    let mut rest = rest.trim_end();
    for arg in spec.args {
        if rest.is_empty() {
            break;
        }
        if matches!(arg, Arg::Rest(_)) {
            // As it stands, but for a pair of quotes around the whole.
            let words = split_words(rest);
            let quoted = rest.len() > 1 && rest.starts_with(['"', '\'']) && words.len() == 1;
            args.push(Value::Text(if quoted { words.concat() } else { rest.to_owned() }));
            rest = "";
            break;
        }
        let (word, after) = quoted_head(rest);
        args.push(value(spec.name, *arg, word)?);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(ParseError::TooMany { command: spec.name, takes: spec.args.len(), given: rest.to_owned() });
    }
    Ok(Command { id, args })
}

fn only_short(word: &str) -> Option<Id> {
    let mut fits = TABLE.iter().filter(|spec| spec.short == word || spec.name.starts_with(&format!("{word}.")));
    let first = fits.next()?;
    match fits.next() {
        None => Some(first.id),
        Some(_) => TABLE.iter().find(|spec| spec.short == word).map(|spec| spec.id),
    }
}

/// Like [`head`], with a quoted first word.
fn quoted_head(line: &str) -> (String, &str) {
    let line = line.trim_start();
    match line.chars().next() {
        Some(quote @ ('"' | '\'')) => match line[1..].find(quote) {
            Some(end) => (line[1..=end].to_owned(), line[end + 2..].trim_start()),
            None => (line[1..].to_owned(), ""),
        },
        _ => {
            let (word, rest) = head(line);
            (word.to_owned(), rest)
        }
    }
}

fn value(command: &'static str, arg: Arg, given: String) -> Result<Value, ParseError> {
    let wrong = |expected: String| ParseError::Argument { command, arg: arg.name(), given: given.clone(), expected };
    match arg {
        Arg::Number(_) => given.parse().map(Value::Number).map_err(|_| wrong("a whole number".into())),
        Arg::Word(_, words) if !words.contains(&given.as_str()) => Err(wrong(format!("one of {}", words.join(", ")))),
        Arg::Word(..) | Arg::Text(_) | Arg::Rest(_) => Ok(Value::Text(given)),
    }
}

/// The registered name that shares most with what was typed, if it shares enough.
fn nearest(name: &str) -> Option<&'static str> {
    let score = |known: &str| {
        let common = known.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        let verb = known.split('.').nth(1).is_some_and(|verb| name.ends_with(verb) || name == verb);
        common + if verb { 4 } else { 0 }
    };
    TABLE
        .iter()
        .map(|spec| (score(spec.name), spec.name))
        .filter(|(n, _)| *n >= 4)
        .max_by_key(|(n, _)| *n)
        .map(|(_, n)| n)
}

pub(super) fn print(command: &Command, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let spec = command.spec();
    f.write_str(spec.name)?;
    for (arg, value) in spec.args.iter().zip(&command.args) {
        match (arg, value) {
            (_, Value::Number(n)) => write!(f, " {n}")?,
            (Arg::Rest(_), Value::Text(text))
                if !text.starts_with(['"', '\'']) && text.trim() == text && !text.is_empty() =>
            {
                write!(f, " {text}")?;
            }
            (_, Value::Text(text)) => write!(f, " {}", shlex::try_quote(text).unwrap_or_default())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for line in [
            "list.down",
            "list.down 5",
            "list.sort arr",
            "note.add it's \"fine\" now",
            "list.filter health<60 renewal<120d",
        ] {
            let command = Command::parse(line).unwrap();
            assert_eq!(command.to_string(), line);
            assert_eq!(Command::parse(&command.to_string()).unwrap(), command);
        }
        let quoted = Command::parse("note.add \"Renewal call went well\"").unwrap();
        assert_eq!(quoted.text(0), Some("Renewal call went well"));
        assert_eq!(Command::parse("  account.open   'Two Words'").unwrap().text(0), Some("Two Words"));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_type() {
        let says = |line: &str| Command::parse(line).unwrap_err().to_string();
        assert_eq!(
            says("list.sort size"),
            "list.sort by: size does not fit, expected one of urgency, health, change, arr, renewal, touch, name"
        );
        assert_eq!(says("list.srt"), "there is no command list.srt; did you mean list.sort?");
        assert_eq!(says("app.quit now"), "app.quit takes no arguments, there is more: now");
        assert_eq!(says("list.down much"), "list.down rows: much does not fit, expected a whole number");
        assert_eq!(says(" "), "no command was typed");
        assert_eq!(says("zzz"), "there is no command zzz");
    }

    #[test]
    fn short_words_work_where_they_are_clear() {
        assert_eq!(Command::parse("quit").unwrap().id, Id::AppQuit);
        assert_eq!(Command::parse("messages").unwrap().id, Id::MessagesShow);
        assert_eq!(Command::parse("sync").unwrap().id, Id::ScreenSync);
    }
}
