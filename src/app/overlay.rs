//! What floats over a screen: help, palette, the `:` line, questions, the log.
//!
//! Decides what each holds and offers. The keymap decides which key does what in them.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::edit::Editor;
use crate::app::event::Effect;
use crate::app::flags::FlagTarget;
use crate::book::flags::FlagStatus;
use crate::book::ids::AccountId;
use crate::command::{Command, Id, TABLE};

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: Id,
    pub keys: String,
    /// Why it can't be done now.
    pub disabled: Option<String>,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// A play, by its id.
    Play(String),
    /// A flag, by its kind.
    Flag(String),
    /// The account as a whole.
    Account,
}

/// A question: of which command, and about what.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub command: Id,
    pub account: AccountId,
    pub name: String,
    pub about: About,
    pub title: String,
}

/// A line of a short list, with its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub key: char,
    pub words: String,
    pub then: Then,
}

/// What a choice leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// This flag is meant.
    Flag(Id, FlagTarget),
    /// It is closed with that word.
    Close(FlagTarget, FlagStatus),
}

/// Something over the screen.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        top: usize,
    },
    Messages {
        top: usize,
    },
    Palette {
        field: Editor,
        items: Vec<Item>,
        found: Vec<usize>,
        cursor: usize,
    },
    /// The `:` line.
    Line {
        field: Editor,
        error: Option<String>,
    },
    /// A question of one line.
    Question {
        ask: Ask,
        label: String,
        example: &'static str,
        field: Editor,
        error: Option<String>,
    },
    /// A short list, one key each.
    Choose {
        title: String,
        name: String,
        choices: Vec<Choice>,
    },
    /// Lines to be read: label, value, where it comes from.
    Card {
        title: String,
        name: String,
        lines: Vec<[String; 3]>,
    },
    /// Lines of words to be read, each with its label; they are broken to the room there is.
    Sheet {
        title: String,
        name: String,
        lines: Vec<(String, String)>,
        top: usize,
    },
    /// Yes or no, for what can't be undone.
    Confirm {
        text: String,
        then: Effect,
    },
}

/// The palette with all its commands.
pub fn palette(items: Vec<Item>) -> Overlay {
    let found = (0..items.len()).collect();
    Overlay::Palette { field: Editor::default(), items, found, cursor: 0 }
}

/// The commands that fit what was typed, best first: by name, short word and doc.
pub fn search(items: &[Item], typed: &str) -> Vec<usize> {
    if typed.trim().is_empty() {
        return (0..items.len()).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    // In a sentence scattered letters always fit somewhere: there only whole pieces count.
    let piece = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Substring);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buf = Vec::new();
    let mut scored: Vec<(u32, usize)> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| {
            let spec = item.id.spec();
            let mut score = |pattern: &Pattern, text: &str| pattern.score(Utf32Str::new(text, &mut buf), &mut matcher);
            // A hit in the name is worth more than one somewhere in the doc.
            let name = score(&pattern, spec.name).map(|n| n * 2);
            let best = name.max(score(&piece, spec.short).map(|n| n * 2)).max(score(&piece, spec.doc));
            best.map(|n| (n, index))
        })
        .collect();
    scored.sort_by_key(|(n, index)| (std::cmp::Reverse(*n), *index));
    scored.into_iter().map(|(_, index)| index).collect()
}

/// The commands that a half-typed line may become.
pub fn completions(line: &str) -> Vec<Id> {
    let word = line.trim_start();
    if word.contains(char::is_whitespace) {
        return Command::parse(line).map(|c| vec![c.id]).unwrap_or_default();
    }
    let mut found: Vec<Id> = TABLE.iter().filter(|s| s.name.starts_with(word)).map(|s| s.id).collect();
    if found.is_empty() {
        found = TABLE.iter().filter(|s| s.name.contains(word)).map(|s| s.id).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_finds_by_name_and_by_what_a_command_does() {
        let items: Vec<Item> =
            TABLE.iter().map(|spec| Item { id: spec.id, keys: String::new(), disabled: None }).collect();
        let best = |typed: &str| search(&items, typed).first().map(|&index| items[index].id);
        assert_eq!(best("note add"), Some(Id::NoteAdd));
        assert_eq!(best("snooze"), Some(Id::ActionSnooze));
        assert_eq!(best("background of the shell"), Some(Id::AppSuspend));
        assert_eq!(best("qqqq"), None);
        assert_eq!(search(&items, "").len(), TABLE.len());
        assert_eq!(completions("list.s"), [Id::ListSort]);
        assert_eq!(completions("list.sort arr"), [Id::ListSort]);
    }
}
