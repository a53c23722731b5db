//! The door: opens the workspace, runs a one-shot command, or the demo; exit codes as in the README.

use std::process::ExitCode;

use rounds::cli::{self, Cli, Command};
use rounds::config::keys::Keymap;
use rounds::ops::{Desk, OpsError};
use rounds::terminal;
use rounds::theme::{Look, Theme};

mod demo;
mod log;

fn main() -> ExitCode {
    let args = Cli::from_arguments();
    // The only crypto library is ring; without a provider the HTTP client cannot even be built.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let result = match &args.command {
        None => workspace(&args),
        Some(Command::Demo(demo)) => demo::run(demo, &args.global),
        Some(command) => {
            log::start(&args.global);
            cli::run(command, &args.global)
        }
    };
    match result {
        Ok(exit) => ExitCode::from(exit),
        Err(OpsError { message, exit }) => {
            eprintln!("{message}");
            ExitCode::from(exit)
        }
    }
}

/// Opens the workspace on what is known, and syncs behind it.
fn workspace(args: &Cli) -> Result<u8, OpsError> {
    log::start(&args.global);
    let (session, problems) = cli::open_workspace(&args.global)?;
    // A past day's own file goes when the screen is left, though threads may still read it.
    let _back = session.back;
    show(session.desk, problems)
}

/// Shows the workspace until it is left. Mistakes in the user's files are said on screen, and the rest works.
fn show(desk: Desk, mut notices: Vec<String>) -> Result<u8, OpsError> {
    let folder = desk.settings().folders.config.clone();
    let own_keys = std::fs::read_to_string(folder.join("keys.toml")).ok();
    let (keymap, problems) = Keymap::load(own_keys.as_deref().map(|text| (text, "keys.toml")));
    notices.extend(problems.iter().map(ToString::to_string));
    let mut look = Look::from_env(|name| std::env::var(name).ok());
    look.ascii |= desk.settings().ascii;
    let name = desk.settings().theme.clone().unwrap_or_else(|| "default".to_owned());
    let own_theme = |name: &str| std::fs::read_to_string(folder.join("themes").join(format!("{name}.toml"))).ok();
    let (theme, problems) = Theme::load(&name, look, own_theme);
    notices.extend(problems);
    let settings = terminal::Settings { keymap, theme, notices, sync: true };
    match terminal::run(desk, settings) {
        Ok(ending) => Ok(ending.exit()),
        Err(error) => Err(OpsError::failed(error.to_string())),
    }
}
