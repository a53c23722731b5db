//! The only place that owns the terminal: first frame, event loop, drawing, endings.
//!
//! Decides when a frame is drawn and on which thread an effect runs. What a key means is `app`'s matter, what a screen
//! shows `screens`'. No tick: the loop sleeps until something happens, or until a minute on screen turns.

mod answers;
mod clipboard;
mod guard;
mod input;
mod paint;
#[cfg(unix)]
mod signals;
mod worker;

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::app::{Effect, Event, State, Tone, update};
use crate::config::keys::Keymap;
use crate::ops::{Background, Desk, Report};
use crate::theme::Theme;
use guard::Guard;
use paint::Surface;

/// What the terminal is opened with.
pub struct Settings {
    pub keymap: Keymap,
    pub theme: Theme,
    /// What went wrong before there was a screen: said on it, kept in `:messages`.
    pub notices: Vec<String>,
    /// Sync in the background; without it only what is known is shown.
    pub sync: bool,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By a key or a command.
    Quit,
    /// A signal asked for it (SIGTERM, SIGINT): its number.
    Asked(i32),
    /// The terminal is gone.
    Hangup,
}

impl Ending {
    /// The exit code, as shells know it.
    pub fn exit(self) -> u8 {
        match self {
            Self::Quit => 0,
            Self::Asked(signal) => u8::try_from(128 + signal).unwrap_or(1),
            Self::Hangup => 129,
        }
    }
}

/// Why it could not begin, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// There is no terminal, or it stopped taking output.
    #[error("the terminal can't be used ({0}); `rounds list` prints the book without one")]
    Io(#[from] std::io::Error),
    /// The databases could not be opened a second time.
    #[error("{0}")]
    Workspace(String),
}

/// What reaches the thread that owns the state.
enum Message {
    /// Keys, pastes and the like, as many as were waiting.
    Input(Vec<Event>),
    /// The worker answered.
    Answer(Event),
    /// The background half reported.
    Report(Report),
    /// The shell wants the terminal back.
    Suspend,
    End(Ending),
}

/// Progress alone draws at most this often.
const CALM: Duration = Duration::from_millis(250);
/// How long the last drafts may take to reach the disk.
const FAREWELL: Duration = Duration::from_millis(500);

/// Opens the screens on a workspace, until they are left. The first frame is drawn before any thread is started.
pub fn run(desk: Desk, settings: Settings) -> Result<Ending, TerminalError> {
    let (now, today) = (desk.now(), desk.today());
    #[cfg(unix)]
    let signals = signals::hold()?;
    let mut guard = Guard::enter()?;
    let (width, height) = size();
    let mut state = State::new(now, today, (width, height), settings.keymap);
    if desk.is_past() {
        state.look_at(desk.day());
    }
    for notice in settings.notices {
        state.say(Tone::Wrong, notice);
    }
    let mut surface = Surface::new(width, height);
    // One header and one page, on this thread: nothing is faster than not handing it over.
    let waiting = first_read(&desk, &mut state, now);
    surface.draw(&state, &settings.theme, &mut std::io::stdout())?;

    let (sender, receiver) = channel();
    input::start(sender.clone(), (width, height));
    #[cfg(unix)]
    signals::start(signals, sender.clone());
    let background = if settings.sync { start_background(&desk, &sender, &mut state) } else { None };
    let worker = match desk.open_again() {
        Ok(again) => worker::Worker::start(again, sender),
        Err(error) => {
            guard.leave();
            return Err(TerminalError::Workspace(error.message));
        }
    };
    let mut running = Running { desk, worker, background };
    running.perform(waiting, &mut state, &mut surface, &mut guard)?;
    let ending = running.serve(&receiver, &mut state, &mut surface, &mut guard, &settings.theme)?;
    // Letters typed last reach the disk before the terminal is given back; a lost one is not waited for.
    if ending != Ending::Hangup {
        running.worker.finish(FAREWELL);
    }
    guard.leave();
    Ok(ending)
}

fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((80, 24))
}

/// Header and first page; what else the list wanted is left to the worker.
fn first_read(desk: &Desk, state: &mut State, now: Timestamp) -> Vec<Effect> {
    let rows = state.list_rows();
    let mut waiting = Vec::new();
    let mut wanted = vec![Effect::LoadHeader];
    wanted.extend(state.list.restart(rows));
    for effect in wanted {
        match effect {
            Effect::LoadHeader | Effect::LoadPage { .. } => {
                for event in answers::answer(desk, &effect, now) {
                    waiting.extend(update(state, event));
                }
            }
            later => waiting.push(later),
        }
    }
    waiting
}

fn start_background(desk: &Desk, sender: &Sender<Message>, state: &mut State) -> Option<Background> {
    // The callback may come from any thread; a sender behind a lock serves them all.
    let reports = std::sync::Mutex::new(sender.clone());
    let report = move |report: Report| {
        if let Ok(sender) = reports.lock() {
            let _ = sender.send(Message::Report(report));
        }
    };
    match Background::start(desk, report) {
        Ok(background) => Some(background),
        Err(error) => {
            state.say(Tone::Wrong, error.message);
            None
        }
    }
}

/// The threads that do what the state asks for.
struct Running {
    /// For what time it is.
    desk: Desk,
    worker: worker::Worker,
    background: Option<Background>,
}

impl Running {
    /// Waits, takes everything that waits, draws at most one frame; until the end.
    fn serve(
        &mut self,
        receiver: &Receiver<Message>,
        state: &mut State,
        surface: &mut Surface,
        guard: &mut Guard,
        theme: &Theme,
    ) -> Result<Ending, TerminalError> {
        let mut drawn = Instant::now();
        surface.draw(state, theme, &mut std::io::stdout())?;
        // A frame that may wait a little, because only progress wants it.
        let mut owed = false;
        loop {
            let first = match self.patience(state, owed, drawn) {
                Some(patience) => match receiver.recv_timeout(patience) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(Ending::Hangup),
                },
                None => match receiver.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return Ok(Ending::Hangup),
                },
            };
            self.desk.turn();
            let now = self.desk.now();
            let mut effects = update(state, Event::Clock { now, today: self.desk.today() });
            let mut urgent = first.is_none();
            let mut next = first;
            while let Some(message) = next {
                urgent |= !matches!(message, Message::Report(Report::Progress(_)));
                match message {
                    Message::Input(events) => {
                        for event in events {
                            effects.extend(update(state, event));
                        }
                    }
                    Message::Answer(event) => {
                        let kept = matches!(&event, Event::Saved(Ok(_)) | Event::Done { result: Ok(_), .. });
                        if let (true, Some(background)) = (kept, &self.background) {
                            background.push_now();
                        }
                        effects.extend(update(state, event));
                    }
                    Message::Report(Report::Progress(progress)) => {
                        effects.extend(update(state, Event::Progressed(progress)));
                    }
                    Message::Report(Report::DataChanged) => effects.extend(update(state, Event::DataChanged)),
                    Message::Report(Report::Notice(text)) => effects.extend(update(state, Event::Notice(text))),
                    Message::Suspend => effects.push(Effect::Suspend),
                    Message::End(ending) => {
                        self.keep_draft(state, now);
                        return Ok(ending);
                    }
                }
                next = receiver.try_recv().ok();
            }
            if let Some(ending) = self.perform(effects, state, surface, guard)? {
                return Ok(ending);
            }
            owed |= !urgent;
            if urgent || drawn.elapsed() >= CALM {
                surface.draw(state, theme, &mut std::io::stdout())?;
                drawn = Instant::now();
                owed = false;
            }
        }
    }

    /// How long to sleep: until a frame that is owed, or until time alone changes the screen; `None`: for good.
    fn patience(&self, state: &State, owed: bool, drawn: Instant) -> Option<Duration> {
        if owed {
            return Some(CALM.saturating_sub(drawn.elapsed()));
        }
        let next = state.next_change()?;
        let now = self.desk.now();
        let millis = (next.as_millisecond() - now.as_millisecond()).max(1);
        Some(Duration::from_millis(millis.unsigned_abs()))
    }

    /// Runs effects: on this thread what is the terminal's, on the others what is not.
    fn perform(
        &mut self,
        effects: Vec<Effect>,
        state: &mut State,
        surface: &mut Surface,
        guard: &mut Guard,
    ) -> Result<Option<Ending>, TerminalError> {
        let now = self.desk.now();
        let mut ending = None;
        for effect in effects {
            match effect {
                Effect::Quit => ending = Some(Ending::Quit),
                Effect::Redraw => surface.forget(),
                Effect::Suspend => {
                    guard.suspend()?;
                    surface.forget();
                    let (width, height) = size();
                    let more = update(state, Event::Resized { width, height });
                    for effect in more {
                        self.worker.ask(effect, now);
                    }
                }
                Effect::Copy(text) => {
                    let mut out = std::io::stdout();
                    out.write_all(&clipboard::sequence(&text, std::env::var_os("TMUX").is_some()))?;
                    out.flush()?;
                }
                Effect::SyncNow => match &self.background {
                    Some(background) => {
                        // Who asks may have granted what was missing: what was refused is tried again.
                        self.worker.ask(Effect::OutboxRetry(None), now);
                        background.sync_now();
                    }
                    None => state.say(Tone::Calm, "this Rounds does not sync"),
                },
                Effect::SyncCancel => {
                    if let Some(background) = &self.background {
                        background.cancel();
                    }
                }
                Effect::Visible(accounts) => {
                    if let Some(background) = &self.background {
                        background.visible(accounts);
                    }
                }
                other => self.worker.ask(other, now),
            }
        }
        Ok(ending)
    }

    /// A note that is open when the end comes from outside stays as a draft.
    fn keep_draft(&mut self, state: &State, now: Timestamp) {
        if let Some(note) = state.note.as_ref().filter(|note| !note.saving) {
            let effect = Effect::KeepDraft { key: note.key(), text: note.draft(), behind: !note.ready };
            self.worker.ask(effect, now);
        }
    }
}
