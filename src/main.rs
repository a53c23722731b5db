//! The door: opens the workspace, runs a one-shot command, or the demo; exit codes by `cli.md`.

use std::process::ExitCode;

use rounds::cli::{self, Cli, Command};
use rounds::ops::OpsError;

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
    {
        let _ = (session, problems);
        Ok(0)
    }
}
