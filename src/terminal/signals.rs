//! Signals become messages; a terminal that is gone is not waited for.

use std::sync::mpsc::Sender;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use super::{Ending, Message, guard};

/// How long an orderly end may take before it is cut short.
const PATIENCE: Duration = Duration::from_millis(600);

/// From here on they wait to be taken instead of ending the process with the terminal's modes set.
pub(super) fn hold() -> std::io::Result<Signals> {
    Signals::new([SIGHUP, SIGINT, SIGTERM, SIGTSTP])
}

/// Starts the thread that takes them.
pub(super) fn start(mut signals: Signals, sender: Sender<Message>) {
    std::thread::spawn(move || {
        for signal in &mut signals {
            let message = match signal {
                SIGTSTP => Message::Suspend,
                SIGHUP => Message::End(Ending::Hangup),
                _ => Message::End(Ending::Asked(signal)),
            };
            let ends = matches!(message, Message::End(_));
            if sender.send(message).is_err() {
                return;
            }
            if ends {
                // Whatever still runs (a write to a dead link, a request): the terminal is free within a second.
                std::thread::sleep(PATIENCE);
                guard::restore();
                std::process::exit(128 + signal);
            }
        }
    });
}
