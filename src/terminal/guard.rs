//! The terminal's modes: set once, given back always.
//!
//! Decides what is switched on, and that every way out switches it off: the end, an error, a panic, a signal.
//! [`restore`] may be called by anybody, any number of times.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the modes are set: the panic hook must know without asking anyone.
static SET: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Alternate screen, no cursor, pasted text marked as such, focus reported.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// The reverse, and the end of a frame that may have been cut off.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[r\x1b[m\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// Gives the terminal back when dropped.
pub(super) struct Guard;

impl Guard {
    /// Sets the modes.
    pub fn enter() -> std::io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                let ours = SET.load(Ordering::SeqCst);
                restore();
                before(info);
                if ours {
                    // Whichever thread it was: half a Rounds is worse than none, and every draft is on disk.
                    std::process::exit(101);
                }
            }));
        });
        // Before the first change, so that a failure in the middle is undone too.
        let guard = Self;
        set()?;
        Ok(guard)
    }

    /// Gives the terminal to the shell until it calls us back.
    pub fn suspend(&mut self) -> std::io::Result<()> {
        restore();
        #[cfg(unix)]
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        set()
    }

    /// Gives the terminal back now.
    pub fn leave(&mut self) {
        restore();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn set() -> std::io::Result<()> {
    SET.store(true, Ordering::SeqCst);
    crossterm::terminal::enable_raw_mode()?;
    let mut out = std::io::stdout();
    out.write_all(ENTER)?;
    out.flush()
}

/// Gives the terminal back, if it was taken.
pub(super) fn restore() {
    if SET.swap(false, Ordering::SeqCst) {
        let mut out = std::io::stdout();
        let _ = out.write_all(LEAVE);
        let _ = out.flush();
        let _ = crossterm::terminal::disable_raw_mode();
    }
}
