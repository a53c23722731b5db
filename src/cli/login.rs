//! `rounds login` and `logout`: a token goes to the keyring, else to the encrypted file, never to a file in the clear.

use std::io::{BufRead, IsTerminal};

use secrecy::SecretString;

use crate::cli::args::{Global, LoginArgs, SourceArg};
use crate::cli::{Exit, print, session};
use crate::ops::OpsError;

pub fn login(args: &LoginArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    session.desk.source_settings(&args.source)?;
    let line = if args.token_stdin {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| OpsError::usage(format!("the token cannot be read ({error})")))?;
        line
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Token of {} (not shown): ", args.source))
            .map_err(|error| OpsError::usage(format!("the token cannot be read ({error})")))?
    } else {
        return Err(OpsError::usage("without a terminal, say --token-stdin and pipe the token in"));
    };
    let token = line.trim();
    if token.is_empty() {
        return Err(OpsError::usage("no token was given: nothing was stored"));
    }
    let said = session.desk.login(&args.source, &SecretString::from(token.to_owned()), &passphrase)?;
    print(&format!("{said}\n"))?;
    Ok(0)
}

pub fn logout(args: &SourceArg, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let said = session.desk.logout(&args.source, &passphrase)?;
    print(&format!("{said}\n"))?;
    Ok(0)
}

/// Asks for the passphrase of the encrypted file; with no terminal nothing ever prompts.
fn passphrase() -> Option<SecretString> {
    let typed = std::io::stdin()
        .is_terminal()
        .then(|| rpassword::prompt_password("Passphrase of the encrypted file (not shown): "));
    typed.and_then(Result::ok).filter(|typed| !typed.is_empty()).map(SecretString::from)
}
