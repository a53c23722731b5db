//! The note box: what is typed, what it is understood as, and what may be completed.
//!
//! Decides what a key does to the text and when a draft is to be kept. Saves nothing itself; a note counts as saved
//! only when the answer says that it is on disk.

use unicode_segmentation::UnicodeSegmentation;

use crate::app::edit::Editor;
use crate::book::facts::{Facts, Person};
use crate::book::ids::{AccountId, DraftKey, NoteId};
use crate::book::journal::{Candidate, Found, Item, VERBS, Verb, find};
use crate::book::view::NoteReceipt;

/// How many facts are offered at once.
const OFFERS: usize = 8;

/// Something that can be completed at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What replaces the word.
    pub insert: String,
    /// What is shown.
    pub label: String,
    pub about: String,
}

/// What is offered for the word at the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Popup {
    /// Where the word begins.
    pub from: usize,
    pub choices: Vec<Choice>,
    pub index: usize,
}

/// The box.
#[derive(Clone, Debug)]
pub struct NoteBox {
    pub account: AccountId,
    pub name: String,
    pub editor: Editor,
    /// A note of mine that is being changed; else it is a new one.
    pub editing: Option<NoteId>,
    /// That note as it was saved.
    pub saved: String,
    /// The draft of before was looked for: until then nothing is written over it.
    pub ready: bool,
    /// Enter came before that.
    pub save_when_ready: bool,
    pub preview: Option<NoteReceipt>,
    pub popup: Option<Popup>,
    /// Handle, name and title of each person.
    pub people: Vec<(String, String, String)>,
    /// Tag, kind and words of everything that can be meant by a tag.
    pub items: Vec<(String, &'static str, String)>,
    /// Sent off to be saved; keys wait until it is on disk.
    pub saving: bool,
    /// Why it could not be saved; the text is still here.
    pub error: Option<String>,
    /// It holds a draft of before.
    pub restored: bool,
    /// It is to stay on this machine.
    pub private: bool,
}

impl NoteBox {
    /// An empty box for an account.
    pub fn new(account: AccountId, name: String, text: &str) -> Self {
        Self {
            account,
            name,
            editor: Editor::new(text),
            editing: None,
            saved: String::new(),
            ready: false,
            save_when_ready: false,
            preview: None,
            popup: None,
            people: Vec::new(),
            items: Vec::new(),
            saving: false,
            error: None,
            restored: false,
            private: false,
        }
    }

    /// A box for changing a note of mine; `draft`: a change that was begun before.
    pub fn change(id: NoteId, account: AccountId, name: String, saved: &str, draft: Option<&str>) -> Self {
        let draft = draft.filter(|draft| !draft.trim().is_empty());
        Self {
            editing: Some(id),
            saved: saved.to_owned(),
            ready: true,
            restored: draft.is_some(),
            ..Self::new(account, name, draft.unwrap_or(saved))
        }
    }

    /// What its unfinished text is kept by.
    pub fn key(&self) -> DraftKey {
        match &self.editing {
            Some(note) => DraftKey::Change(note.clone()),
            None => DraftKey::Next(self.account.clone()),
        }
    }

    /// What is to be kept of it: nothing where it says what was saved already.
    pub fn draft(&self) -> String {
        let text = self.editor.text();
        if self.editing.is_some() && text == self.saved { String::new() } else { text.to_owned() }
    }

    /// Takes the names for `@` from an account.
    pub fn know(&mut self, facts: &Facts, today: jiff::civil::Date) {
        // Who has left is not offered, but a note may still mean them.
        let all: Vec<Candidate> = facts.people.iter().map(Candidate::from).collect();
        let here: Vec<&Person> = facts.people.iter().filter(|p| p.left.at(today) != Some(&true)).collect();
        self.people = here
            .iter()
            .map(|person| (handle(person, &all), person.name.clone(), person.title.clone().unwrap_or_default()))
            .collect();
        let items = facts.journal.iter().rev().filter_map(|one| Item::of(&one.fact));
        self.items = items.map(|item| (item.tag.to_string(), item.kind.name(), item.text)).collect();
    }

    /// The draft of before was read: it goes before what was typed meanwhile.
    pub fn restore(&mut self, draft: &str) {
        if draft.trim().is_empty() || self.restored || self.editing.is_some() {
            return;
        }
        self.restored = true;
        let typed = self.editor.text().to_owned();
        if draft == typed || typed.starts_with(draft) {
            return;
        }
        let gap = if typed.is_empty() || draft.ends_with('\n') { "" } else { "\n" };
        self.editor.prepend(&format!("{draft}{gap}"));
    }

    /// Puts pasted text in. What could be read for facts goes on lines of its own that begin with `>`: those never are.
    pub fn paste(&mut self, pasted: &str) {
        let clean = crate::text::clean_text(pasted);
        let clean = clean.trim_end_matches('\n');
        let harmless = !clean.split_whitespace().any(|word| word.starts_with('/'));
        if harmless {
            self.editor.insert(clean);
            return;
        }
        let fresh_line = self.editor.before().is_empty() || self.editor.before().ends_with('\n');
        let quoted: Vec<String> = clean.lines().map(|line| format!("> {line}")).collect();
        let start = if fresh_line { "" } else { "\n" };
        self.editor.insert(&format!("{start}{}\n", quoted.join("\n")));
    }

    /// Looks again at what can be completed at the cursor.
    pub fn offer(&mut self) {
        let kept = self.popup.take().map_or(0, |popup| popup.index);
        let before = self.editor.before();
        let from = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].graphemes(true).next().map_or(1, str::len));
        let word = &before[from..];
        let line = before.rsplit('\n').next().unwrap_or_default();
        let choices = match word.split_at_checked(1) {
            Some(("@", start)) => self.people_like(start),
            Some(("/", start)) if !line.starts_with('>') => facts_like(start),
            Some(("#", start)) if !line.starts_with('>') => self.items_like(start),
            _ => Vec::new(),
        };
        // What is already whole needs no offer.
        let whole = choices.len() == 1 && choices[0].insert.trim_end() == word;
        if !choices.is_empty() && !whole {
            let index = kept.min(choices.len() - 1);
            self.popup = Some(Popup { from, choices, index });
        }
    }

    /// What was promised, planned or asked for, by its tag or its words.
    fn items_like(&self, start: &str) -> Vec<Choice> {
        let start = start.to_lowercase();
        let fits = |text: &str| text.to_lowercase().split_whitespace().any(|word| word.starts_with(&start));
        self.items
            .iter()
            .filter(|(tag, _, text)| tag.starts_with(&start) || fits(text))
            .take(OFFERS)
            .map(|(tag, kind, text)| Choice {
                insert: format!("{tag} "),
                label: format!("{tag} {text}"),
                about: (*kind).to_owned(),
            })
            .collect()
    }

    fn people_like(&self, start: &str) -> Vec<Choice> {
        let start = start.to_lowercase();
        let fits = |name: &str| name.to_lowercase().split([' ', '-', '.']).any(|part| part.starts_with(&start));
        let known: Vec<Choice> = self
            .people
            .iter()
            .filter(|(handle, name, _)| start.is_empty() || handle.starts_with(&start) || fits(name))
            .take(6)
            .map(|(handle, name, title)| Choice {
                insert: format!("@{handle} "),
                label: name.clone(),
                about: title.clone(),
            })
            .collect();
        // Nobody of that name: it may be somebody new.
        let letters = start.trim_start_matches('"');
        if !known.is_empty() || letters.chars().count() < 2 || start.contains('@') || start.ends_with('"') {
            return known;
        }
        let mut name = letters.chars();
        let name: String = name.next().map_or_else(String::new, |first| first.to_uppercase().chain(name).collect());
        vec![Choice {
            insert: format!("@\"{name} "),
            label: format!("@\"{name} …\""),
            about: "somebody new: close the quotes".into(),
        }]
    }

    /// Takes the offer under the popup's cursor; whether there was one.
    pub fn accept(&mut self) -> bool {
        let Some(popup) = self.popup.take() else { return false };
        if let Some(choice) = popup.choices.get(popup.index) {
            self.editor.replace(popup.from..self.editor.cursor(), &choice.insert);
        }
        true
    }
}

fn facts_like(start: &str) -> Vec<Choice> {
    let fits = |verb: &&Verb| {
        verb.word.starts_with(start) || (start.len() > 1 && verb.also.iter().any(|also| also.starts_with(start)))
    };
    VERBS
        .iter()
        .filter(fits)
        .take(OFFERS)
        .map(|verb| Choice {
            insert: format!("/{} ", verb.word),
            label: format!("/{} {}", verb.word, verb.shape),
            about: verb.says.to_owned(),
        })
        .collect()
}

/// What a person is called after `@`: the shortest that the journal takes for them alone.
fn handle(person: &Person, all: &[Candidate]) -> String {
    let name = person.name.to_lowercase();
    let words: Vec<&str> = name.split_whitespace().collect();
    let local = person.email.as_deref().and_then(|email| email.split('@').next()).map(str::to_lowercase);
    let first = words.first().map(|word| (*word).to_owned());
    let choices = [first, Some(words.join(".")), local, person.email.clone()];
    let only = |choice: &String| matches!(find(choice, all), Found::One(one, _) if one.id == person.id);
    choices.into_iter().flatten().find(only).unwrap_or_else(|| words.join("."))
}
