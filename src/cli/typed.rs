//! What is typed at the terminal, line by line, by whoever asks at that moment.
//!
//! Decides who gets the next line. Somebody who pastes an address while a browser is waited for must not lose the line that
//! they type next.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The lines of standard input.
#[derive(Clone, Default)]
pub struct Typed(Arc<(Mutex<Lines>, Condvar)>);

#[derive(Default)]
struct Lines {
    /// A thread reads: from then on nobody else may.
    read: bool,
    ended: bool,
    waiting: VecDeque<String>,
    /// Who is waiting for a pasted address.
    other: Option<UnboundedSender<String>>,
}

impl Typed {
    /// Asks on standard error and waits for a line. `None`: there is no end of one any more.
    pub fn ask(&self, question: &str) -> Option<String> {
        eprint!("{question}");
        let _ = std::io::stderr().flush();
        self.line()
    }

    fn line(&self) -> Option<String> {
        let (lock, arrived) = &*self.0;
        let mut lines = held(lock);
        if !lines.read {
            drop(lines);
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
            return (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned());
        }
        lines.other = None;
        loop {
            if let Some(line) = lines.waiting.pop_front() {
                return Some(line);
            }
            if lines.ended {
                return None;
            }
            lines = arrived.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The lines from now on, until they are not wanted any more. A thread reads them until the process ends.
    pub fn lines(&self) -> UnboundedReceiver<String> {
        let (sender, receiver) = unbounded_channel();
        let mut lines = held(&self.0.0);
        lines.other = Some(sender);
        if !std::mem::replace(&mut lines.read, true) {
            let all = self.clone();
            std::thread::spawn(move || {
                for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                    all.arrives(line);
                }
                held(&all.0.0).ended = true;
                all.0.1.notify_all();
            });
        }
        receiver
    }

    fn arrives(&self, line: String) {
        let mut lines = held(&self.0.0);
        let line = match &lines.other {
            Some(other) => other.send(line).err().map(|unsent| unsent.0),
            None => Some(line),
        };
        if let Some(line) = line {
            lines.other = None;
            lines.waiting.push_back(line);
            self.0.1.notify_all();
        }
    }
}

fn held(lock: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The passphrase of the encrypted file, asked for once: later the terminal may be read by somebody else.
#[derive(Default)]
pub struct Passphrase(OnceCell<Option<SecretString>>);

impl Passphrase {
    /// With no terminal nothing ever prompts.
    pub fn ask(&self) -> Option<SecretString> {
        let typed = || {
            let typed = std::io::stdin()
                .is_terminal()
                .then(|| rpassword::prompt_password("Passphrase of the encrypted file (not shown): "));
            typed.and_then(Result::ok).filter(|typed| !typed.is_empty()).map(SecretString::from)
        };
        self.0.get_or_init(typed).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_nobody_waits_for_any_more_is_for_the_next_question() {
        let typed = Typed::default();
        held(&typed.0.0).read = true;
        let (sender, mut pasted) = unbounded_channel();
        held(&typed.0.0).other = Some(sender);
        typed.arrives("the address".to_owned());
        assert_eq!(pasted.try_recv().ok().as_deref(), Some("the address"));
        drop(pasted);
        typed.arrives("yes".to_owned());
        assert_eq!(typed.line().as_deref(), Some("yes"));
        held(&typed.0.0).ended = true;
        assert_eq!(typed.line(), None);
    }
}
