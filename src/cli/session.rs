//! What every one-shot command starts with: settings, days, the opened workspace.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::book::dates::{self, Toward};
use crate::cli::args::Global;
use crate::cli::sources::ProgressLine;
use crate::config::{Settings, folders};
use crate::ops::{Desk, LookingBack, OpsError};

/// An opened workspace and the moment that commands are dated with.
pub struct Session {
    /// The workspace.
    pub desk: Desk,
    /// Now; on the day of `--today` where that is given.
    pub now: Timestamp,
    /// Held for as long as the whole book of a past day is looked at.
    pub back: Option<LookingBack>,
}

/// The settings by the flags. Mistakes in the files are told on standard error; the rest is in force.
pub fn settings(global: &Global) -> Result<Settings, OpsError> {
    let folders = folders(global.config.as_deref(), global.data.as_deref(), global.profile.as_deref())
        .ok_or_else(|| OpsError::failed("this machine names no home folder: say --config DIR and --data DIR"))?;
    let (mut settings, problems) = Settings::load(folders);
    settings.read_only = global.read_only;
    if let Some(first) = problems.first() {
        for problem in &problems[1..] {
            eprintln!("{problem}");
        }
        return Err(OpsError { message: first.to_string(), exit: 3 });
    }
    Ok(settings)
}

/// The settings, with the mistakes listed instead of refused: for the workspace, which opens all the same.
pub fn settings_lenient(global: &Global) -> Result<(Settings, Vec<String>), OpsError> {
    let folders = folders(global.config.as_deref(), global.data.as_deref(), global.profile.as_deref())
        .ok_or_else(|| OpsError::failed("this machine names no home folder: say --config DIR and --data DIR"))?;
    let (mut settings, problems) = Settings::load(folders);
    settings.read_only = global.read_only;
    Ok((settings, problems.iter().map(ToString::to_string).collect()))
}

/// A date as people write it (`fri`, `2026-11-22`), or an error that says which flag it was for.
pub fn date(text: &str, today: Date, toward: Toward, what: &str) -> Result<Date, OpsError> {
    dates::parse(text, today, toward).ok_or_else(|| {
        OpsError::usage(format!("{what}: {text:?} is not a day; write it as 2026-11-22, fri, +2w or dec 31"))
    })
}

/// The day of `--today`, if it is given; it must be a plain date, since nothing else says what it would count from.
pub fn fixed_today(global: &Global) -> Result<Option<Date>, OpsError> {
    global
        .today
        .as_deref()
        .map(|text| {
            text.parse::<Date>()
                .map_err(|_| OpsError::usage(format!("--today: {text:?} is not a day; write it as 2026-11-22")))
        })
        .transpose()
}

/// Opens the workspace for one command; single accounts are looked at as of the day of `--as-of`.
pub fn open(global: &Global) -> Result<Session, OpsError> {
    let (mut session, notices) = opened(settings(global)?, global)?;
    for notice in notices {
        eprintln!("{notice}");
    }
    let as_of = as_of(global, &session.desk)?;
    session.desk.look_at(as_of)?;
    Ok(session)
}

/// As [`open`], for a command that looks at the whole book: with `--as-of` all of it is assessed for that day.
pub fn open_book(global: &Global) -> Result<Session, OpsError> {
    let mut session = open(global)?;
    if session.desk.is_past() {
        let progress = ProgressLine::default();
        let back = session.desk.look_back_whole(session.desk.day(), &|step| progress.show(&step));
        progress.end();
        session.back = Some(back?);
        if let Some(nobody) = session.desk.nobody_yet()? {
            eprintln!("{nobody}");
        }
    }
    Ok(session)
}

/// Opens the workspace for the terminal: mistakes in the settings are shown there, and the rest works.
pub fn open_workspace(global: &Global) -> Result<(Session, Vec<String>), OpsError> {
    let (settings, mut problems) = settings_lenient(global)?;
    let (mut session, notices) = opened(settings, global)?;
    problems.extend(notices);
    if let Some(day) = as_of(global, &session.desk)?.filter(|day| *day != session.desk.today()) {
        session.back = Some(session.desk.look_back(day)?);
    }
    Ok((session, problems))
}

/// The day of `--as-of`, if it is given.
fn as_of(global: &Global, desk: &Desk) -> Result<Option<Date>, OpsError> {
    global.as_of.as_deref().map(|text| date(text, desk.today(), Toward::Past, "--as-of")).transpose()
}

fn opened(settings: Settings, global: &Global) -> Result<(Session, Vec<String>), OpsError> {
    let (desk, notices) = Desk::open(settings, fixed_today(global)?)?;
    let now = desk.now();
    Ok((Session { desk, now, back: None }, notices))
}
