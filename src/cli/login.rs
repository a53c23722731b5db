//! `rounds login` and `logout`: a sign-in goes to the keyring, else to the encrypted file, never to a file in the clear.
//!
//! Decides what is asked, and how; with no terminal nothing prompts.

use std::io::{BufRead, IsTerminal};

use secrecy::SecretString;

use crate::cli::args::{Global, LoginArgs, SourceArg};
use crate::cli::typed::{Passphrase, Typed};
use crate::cli::{Exit, print, session};
use crate::ops::{Asks, OpsError, Person, SecretNeed};

pub fn login(args: &LoginArgs, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let plan = session.desk.login_plan(&args.source, args.way.as_deref())?;
    let terminal = std::io::stdin().is_terminal();
    let answer = match &plan.asks {
        Asks::Nothing => None,
        Asks::Token(ask) => Some(need(args, &format!("{ask} (not shown): "), "token")?),
        Asks::AppSecret(SecretNeed::Optional) if !args.token_stdin && !terminal => None,
        Asks::AppSecret(SecretNeed::Optional) => {
            secret(args, "Client secret of the app (not shown; empty if it has none): ")?
        }
        Asks::AppSecret(_) => Some(need(args, "Client secret of the app (not shown): ", "client secret")?),
    };
    if plan.needs_person && !terminal && !std::io::stderr().is_terminal() {
        return Err(OpsError::usage(format!(
            "signing in by {} needs somebody at a terminal; run rounds login {} in one",
            plan.way, args.source
        )));
    }
    let mut person = Person::new(|step| eprintln!("{step}"));
    person.browser = !args.no_browser;
    if plan.needs_person && terminal && !args.token_stdin {
        person.pasted = Some(Box::new(|| Typed::default().lines()));
    }
    let passphrase = Passphrase::default();
    let said = session.desk.login(plan, answer, person, &|| passphrase.ask())?;
    print(&format!("{said}\n"))?;
    Ok(0)
}

pub fn logout(args: &SourceArg, global: &Global) -> Result<Exit, OpsError> {
    let session = session::open(global)?;
    let passphrase = Passphrase::default();
    let said = session.desk.logout(&args.source, &|| passphrase.ask())?;
    print(&format!("{said}\n"))?;
    Ok(0)
}

/// A secret that must be given.
fn need(args: &LoginArgs, question: &str, what: &str) -> Result<SecretString, OpsError> {
    secret(args, question)?.ok_or_else(|| OpsError::usage(format!("no {what} was given: nothing was stored")))
}

/// A secret from standard input, or typed without being shown.
fn secret(args: &LoginArgs, question: &str) -> Result<Option<SecretString>, OpsError> {
    let wrong = |error: std::io::Error| OpsError::usage(format!("the secret cannot be read ({error})"));
    let line = if args.token_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(wrong)?;
        line
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password(question).map_err(wrong)?
    } else {
        return Err(OpsError::usage("without a terminal, say --token-stdin and pipe the token or client secret in"));
    };
    let line = line.trim();
    Ok((!line.is_empty()).then(|| SecretString::from(line.to_owned())))
}
