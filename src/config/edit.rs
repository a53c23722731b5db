//! Changes to the text of `config.toml` that leave every other line as its owner wrote it.
//!
//! Decides where a key or a source is put. What comes out is parsed again: it must say what was there and what was asked
//! for, and nothing else; a text that can't be changed so is refused, never rewritten.

use std::io::{ErrorKind, Write};
use std::path::Path;

use toml::{Table, Value};

/// Sets a key of the top level.
///
/// # Errors
/// Where the text is no TOML, or the key stands in a way that can't be changed line by line.
pub fn set_key(text: &str, key: &str, value: &Value) -> Result<String, String> {
    let mut wanted = table(text)?;
    if wanted.get(key) == Some(value) {
        return Ok(text.to_owned());
    }
    wanted.insert(key.to_owned(), value.clone());
    let line = format!("{key} = {value}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let top = lines.iter().position(|line| is_header(line)).unwrap_or(lines.len());
    let names = |line: &String| line.split_once('=').is_some_and(|(left, _)| left.trim() == key);
    if let Some(at) = lines[..top].iter().position(names) {
        // What was said behind the value is its owner's.
        let comment = comment_of(&lines[at]).map(|comment| format!(" {comment}")).unwrap_or_default();
        lines[at] = format!("{line}{comment}");
        return proved(joined(&lines, text), &wanted, key);
    }
    // Behind the last key of the top level, where that is its whole line; else before everything.
    let key_line = |line: &String| line.contains('=') && !line.trim_start().starts_with('#');
    if let Some(last) = lines[..top].iter().rposition(key_line) {
        let mut behind = lines.clone();
        behind.insert(last + 1, line.clone());
        if let Ok(text) = proved(joined(&behind, text), &wanted, key) {
            return Ok(text);
        }
    }
    if lines.first().is_some_and(|first| !first.trim().is_empty()) {
        lines.insert(0, String::new());
    }
    lines.insert(0, line);
    proved(joined(&lines, text), &wanted, key)
}

/// Puts a source in the place of the one of that name, else behind everything. `block` are its tables as text.
///
/// # Errors
/// As of [`set_key`].
pub fn put_source(text: &str, name: &str, block: &str) -> Result<String, String> {
    let mut wanted = table(text)?;
    let mut new = table(block)?;
    let Some(source) = new.get_mut("source").and_then(Value::as_table_mut).and_then(|all| all.remove(name)) else {
        return Err(format!("there is no [source.{name}] in what is to be written"));
    };
    let sources = wanted.entry("source").or_insert_with(|| Value::Table(Table::new()));
    let Some(sources) = sources.as_table_mut() else { return Err("source is no table".to_owned()) };
    let there = sources.insert(name.to_owned(), source).is_some();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let block: Vec<String> = block.trim_end().lines().map(str::to_owned).collect();
    if there {
        let mut at = None;
        while let Some((from, to)) = span_of(&lines, name) {
            lines.drain(from..to);
            at = at.or(Some(from));
        }
        let at = at.unwrap_or(lines.len());
        let apart = lines.get(at).is_some_and(|next| !next.trim().is_empty());
        let end = if apart { vec![String::new()] } else { Vec::new() };
        lines.splice(at..at, block.into_iter().chain(end));
    } else {
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block);
    }
    proved(joined(&lines, text), &wanted, &format!("source.{name}"))
}

/// The lines of the first table of a source: from its header to the next table of another, without the comments that
/// stand right above that one.
fn span_of(lines: &[String], name: &str) -> Option<(usize, usize)> {
    let own = |line: &String| {
        let head = line.trim().trim_start_matches('[').trim_start();
        let rest = head.strip_prefix("source.").map(|rest| rest.trim_start_matches(['"', '\'']));
        let rest = rest.and_then(|rest| rest.strip_prefix(name));
        is_header(line) && rest.is_some_and(|rest| rest.starts_with([']', '.', '"', '\'', ' ']))
    };
    let from = lines.iter().position(own)?;
    let next = (from + 1..lines.len()).find(|at| is_header(&lines[*at])).unwrap_or(lines.len());
    let mut to = next;
    if next < lines.len() && !own(&lines[next]) {
        while to > from + 1 && lines[to - 1].trim_start().starts_with('#') {
            to -= 1;
        }
    }
    Some((from, to))
}

fn is_header(line: &str) -> bool {
    let line = line.trim_start();
    // A value over several lines may have lines that begin with a bracket as well: those close it, or hold a comma.
    line.starts_with('[') && line.contains(']') && !line.contains(',')
}

/// The comment behind a value, where the value is so plain that none of it could be one.
fn comment_of(line: &str) -> Option<&str> {
    let at = line.find('#')?;
    let quotes = line[..at].matches(['"', '\'']).count();
    quotes.is_multiple_of(2).then(|| &line[at..])
}

/// With the line ends of the text that was there.
fn joined(lines: &[String], before: &str) -> String {
    let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = lines.join(end);
    text.push_str(end);
    text
}

fn table(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| error.message().replace('\n', " "))
}

fn proved(text: String, wanted: &Table, what: &str) -> Result<String, String> {
    let cannot = || format!("{what} stands there in a way that can't be changed line by line: change it by hand");
    if table(&text).map_err(|_| cannot())? == *wanted { Ok(text) } else { Err(cannot()) }
}

/// What makes one text of the other, line by line: `+` is new, `-` goes, three lines around stay.
pub fn difference(old: &str, new: &str) -> String {
    const AROUND: usize = 3;
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    // The longest common subsequence, from the end.
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] =
                if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let mut lines: Vec<(char, &str)> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || longest[i + 1][j] >= longest[i][j + 1]) {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    let mut out = String::new();
    let mut skipped = false;
    for (at, (sign, line)) in lines.iter().enumerate() {
        let near = lines[at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len())].iter().any(|(s, _)| *s != ' ');
        if near {
            if skipped {
                out.push_str("  ...\n");
            }
            out.push_str(format!("{sign} {line}").trim_end());
            out.push('\n');
        }
        skipped = !near;
    }
    out
}

/// Writes a file whole or not at all, where it still holds what the change was made from. A link is followed.
///
/// # Errors
/// In words, with what to do.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), String> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let shown = path.display();
    let cannot = |error: std::io::Error| format!("{shown} can't be written ({error}); nothing was changed");
    let now = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(cannot(error)),
    };
    if now != before {
        return Err(format!("{shown} was changed meanwhile; nothing was written, begin again"));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
    file.write_all(after.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(cannot)?;
    if let Ok(known) = std::fs::metadata(&path) {
        file.as_file().set_permissions(known.permissions()).map_err(cannot)?;
    }
    file.persist(&path).map_err(|error| cannot(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# my settings\nbook = \"team\" # for now\nshare = [\n  \"feels\",\n]\n\n# the CRM\n[source.crm]\n\
                        connector = \"hubspot\"\n# mine\n[source.crm.map.account]\narr = \"properties.a\"\n\n\
                        # usage, do not touch\n[source.usage]\nconnector = \"posthog\"\nsettings = { project = \"1\" }\n";

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    #[test]
    fn a_key_is_set_where_it_stands_or_behind_the_last_one() {
        let set = set_key(FILE, "book", &text("owner")).unwrap();
        assert_eq!(set, FILE.replace("book = \"team\" # for now", "book = \"owner\" # for now"));
        assert_eq!(set_key(FILE, "book", &text("team")).unwrap(), FILE, "nothing to change");
        let set = set_key(FILE, "me", &text("a@b.example")).unwrap();
        assert_eq!(set, format!("me = \"a@b.example\"\n\n{FILE}"), "inside the list it would be no key");
        let plain = FILE.replace("share = [\n  \"feels\",\n]\n", "");
        let set = set_key(&plain, "me", &text("a@b.example")).unwrap();
        assert_eq!(set, plain.replace("# for now\n", "# for now\nme = \"a@b.example\"\n"));
        assert_eq!(set_key("", "book", &text("team")).unwrap(), "book = \"team\"\n");
        let set = set_key("# about\n[source.crm]\nconnector = \"x\"\n", "book", &text("team")).unwrap();
        assert_eq!(set, "book = \"team\"\n\n# about\n[source.crm]\nconnector = \"x\"\n");
    }

    #[test]
    fn a_source_goes_behind_everything_or_in_the_place_of_its_namesake() {
        let block = "[source.help]\nconnector = \"zendesk\"\n\n[source.help.settings]\nsite = \"acme\"\n";
        assert_eq!(put_source(FILE, "help", block).unwrap(), format!("{FILE}\n{block}"));
        assert_eq!(put_source("", "help", block).unwrap(), block);
        let new = put_source(FILE, "crm", "[source.crm]\nconnector = \"rest\"\n").unwrap();
        let old = "[source.crm]\nconnector = \"hubspot\"\n# mine\n[source.crm.map.account]\narr = \"properties.a\"\n\n";
        assert_eq!(new, FILE.replace(old, "[source.crm]\nconnector = \"rest\"\n\n"));
        let inline = "source.crm = { connector = \"hubspot\" }\n";
        assert!(put_source(inline, "crm", "[source.crm]\nconnector = \"rest\"\n").unwrap_err().contains("by hand"));
        let dos = put_source("book = \"team\"\r\n", "help", block).unwrap();
        assert_eq!(dos.matches('\n').count(), dos.matches("\r\n").count(), "{dos:?}");
    }

    #[test]
    fn a_difference_shows_what_changes_and_a_little_around() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = old.replace("f\n", "F\n");
        assert_eq!(difference(old, &new), "  ...\n  c\n  d\n  e\n- f\n+ F\n  g\n  h\n");
        assert_eq!(difference("", "x\n"), "+ x\n");
        assert_eq!(difference(old, old), "");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/config.toml");
        replace(&path, "", "a = 1\n").unwrap();
        assert!(replace(&path, "", "a = 2\n").unwrap_err().contains("changed meanwhile"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 1\n");
        replace(&path, "a = 1\n", "a = 2\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a = 2\n");
        assert_eq!(std::fs::read_dir(folder.path().join("below")).unwrap().count(), 1, "nothing is left behind");
    }
}
