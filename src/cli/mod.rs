//! The command line: arguments → ops → output and exit code. Names, JSON keys and exit codes are a contract:
//! add freely, change never.
//!
//! Decides how results are printed, not what they are. Progress and errors go to standard error; with no terminal
//! nothing ever prompts.

pub mod args;
mod backtest;
mod books;
mod check;
mod flags;
mod forget;
mod help;
mod human;
mod import;
mod init;
mod login;
mod practice;
mod report;
mod session;
mod sources;
mod table;
mod typed;
mod why;

pub use args::{Cli, Command, DemoArgs, Global};
pub use session::{Session, fixed_today, open_workspace};

use std::io::{IsTerminal, Write};

use crate::ops::OpsError;

/// What a command ends with: the exit code, as in the README.
pub type Exit = u8;

/// Runs a one-shot command. `demo`, `practice` and the bare program are the caller's: they own more than one command.
pub fn run(command: &Command, global: &Global) -> Result<Exit, OpsError> {
    if global.as_of.is_some() && !looks_back(command) {
        return Err(OpsError::usage(
            "--as-of looks at the book as it was: it goes with the workspace, list, show, explain, brief, review, changes, actions and flags, \
             and note and task, which are dated now; leave it out here",
        ));
    }
    match command {
        Command::Demo(_) => Err(OpsError::usage("demo opens the workspace: it is not a one-shot command")),
        Command::Practice(args) => practice::serve(args, global),
        Command::Init(args) => init::init(args, global),
        Command::Sync(args) => sources::sync(args, global),
        Command::Check(args) => check::check(args, global),
        Command::List(args) => books::list(args, global),
        Command::Show(args) => books::show(args, global),
        Command::Explain(args) => books::explain(args, global),
        Command::Brief(args) => report::brief(args, global),
        Command::Review(args) => report::review(args, global),
        Command::Loyalty(args) => report::loyalty(args, global),
        Command::Changes(args) => books::changes(args, global),
        Command::Note(args) => books::note(args, global),
        Command::Task(args) => books::task(args, global),
        Command::Actions(args) => books::actions(args, global),
        Command::Act(args) => books::act(args, global),
        Command::Flag(args) => flags::flag(args, global),
        Command::Flags(args) => flags::flags(args, global),
        Command::Snooze(args) => flags::snooze(args, global),
        Command::Backtest(args) => backtest::backtest(args, global),
        Command::Outbox(args) => books::outbox(args, global),
        Command::Login(args) => login::login(args, global),
        Command::Logout(args) => login::logout(args, global),
        Command::Whoami(args) => sources::whoami(args, global),
        Command::Keys(args) => books::keys(args, global),
        Command::Commands(args) => books::commands(args, global),
        Command::Import(args) => import::import(args, global),
        Command::Export(args) => books::export(args, global),
        Command::Forget(args) => forget::forget(args, global),
        Command::Help(args) => help::help(args),
    }
}

/// Whether a command has a meaning for a past day.
fn looks_back(command: &Command) -> bool {
    match command {
        Command::List(_)
        | Command::Show(_)
        | Command::Explain(_)
        | Command::Brief(_)
        | Command::Review(_)
        | Command::Changes(_)
        | Command::Actions(_)
        | Command::Flags(_)
        | Command::Note(_)
        | Command::Task(_) => true,
        Command::Demo(_)
        | Command::Practice(_)
        | Command::Init(_)
        | Command::Sync(_)
        | Command::Check(_)
        | Command::Act(_)
        | Command::Outbox(_)
        | Command::Login(_)
        | Command::Logout(_)
        | Command::Whoami(_)
        | Command::Keys(_)
        | Command::Commands(_)
        | Command::Flag(_)
        | Command::Snooze(_)
        | Command::Help(_)
        | Command::Backtest(_)
        | Command::Import(_)
        | Command::Forget(_)
        | Command::Loyalty(_)
        | Command::Export(_) => false,
    }
}

/// Writes a result to standard output. A reader that has gone (`| head`) is no error.
fn print(text: &str) -> Result<(), OpsError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(OpsError::failed(format!("cannot write the output ({error})")))
        }
        _ => Ok(()),
    }
}

/// How wide a table may be: the terminal's width, or no bound when piped.
fn columns() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.or_else(|| terminal_size::terminal_size().map(|(columns, _)| columns.0.into()))
}
