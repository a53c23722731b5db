//! Reads keys on a thread of its own and passes them on, as many at once as are waiting.
//!
//! Decides only how a key press of the terminal library is called here.

use std::sync::mpsc::Sender;
use std::time::Duration;

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{Ending, Message};
use crate::app::Event;
use crate::config::keys::{Chord, Key};

/// Keys handed over in one go at most, so that a huge paste does not hold up the first frame.
const BATCH: usize = 4096;

/// Starts the thread. It ends with the terminal. `drawn`: the size that the first frame was drawn for.
pub(super) fn start(sender: Sender<Message>, drawn: (u16, u16)) {
    std::thread::spawn(move || {
        // From this look on a change of size is told; one that came before it nobody has heard of.
        let _ = event::poll(Duration::ZERO);
        let (width, height) = super::size();
        if (width, height) != drawn && sender.send(Message::Input(vec![Event::Resized { width, height }])).is_err() {
            return;
        }
        loop {
            let Ok(first) = event::read() else {
                let _ = sender.send(Message::End(Ending::Hangup));
                return;
            };
            let mut batch: Vec<Event> = translate(first).into_iter().collect();
            while batch.len() < BATCH && event::poll(Duration::ZERO).unwrap_or(false) {
                match event::read() {
                    Ok(more) => batch.extend(translate(more)),
                    Err(_) => break,
                }
            }
            if !batch.is_empty() && sender.send(Message::Input(batch)).is_err() {
                return;
            }
        }
    });
}

fn translate(event: event::Event) -> Option<Event> {
    match event {
        event::Event::Key(key) => chord(key).map(Event::Key),
        event::Event::Paste(text) => Some(Event::Paste(text)),
        event::Event::Resize(width, height) => Some(Event::Resized { width, height }),
        event::Event::FocusGained => Some(Event::Focused(true)),
        event::Event::FocusLost => Some(Event::Focused(false)),
        event::Event::Mouse(_) => None,
    }
}

fn chord(event: KeyEvent) -> Option<Chord> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let key = match event.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => return Some(Chord { key: Key::Tab, ctrl: false, alt: false, shift: true }),
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    };
    let has = |modifier| event.modifiers.contains(modifier);
    Some(Chord::new(key, has(KeyModifiers::CONTROL), has(KeyModifiers::ALT), has(KeyModifiers::SHIFT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_presses_have_one_form() {
        let press = |code, modifiers| chord(KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('G'), KeyModifiers::SHIFT), Chord::parse("G"));
        assert_eq!(press(KeyCode::Char('g'), KeyModifiers::SHIFT), Chord::parse("G"));
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT), Chord::parse("shift-tab"));
        assert_eq!(press(KeyCode::Char('p'), KeyModifiers::CONTROL), Chord::parse("ctrl-p"));
        assert_eq!(press(KeyCode::Enter, KeyModifiers::ALT), Chord::parse("alt-enter"));
        let release = KeyEvent::new_with_kind(KeyCode::Char('g'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(chord(release), None);
    }
}
