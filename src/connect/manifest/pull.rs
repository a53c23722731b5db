//! Pulls: where rows stand in an answer, how the next page is asked for, how changes are asked for.
//!
//! Decides the closed lists of kinds; stop rules are named, never guessed.

use std::time::Duration;

use super::{Item, Request, Tab};
use crate::connect::path::Path;

/// A request that is read page by page.
#[derive(Debug)]
pub(crate) struct Paged {
    pub request: Request,
    pub rows: Rows,
    pub next: Next,
}

/// A pull of a stream.
#[derive(Debug)]
pub(crate) struct PullSpec {
    pub paged: Paged,
    pub since: Since,
}

/// Where rows stand.
#[derive(Debug)]
pub(crate) enum Rows {
    Path(Path),
    /// Names beside lists of values. Exactly `full_at` rows means that some were cut off.
    Columns {
        names: Path,
        from: Path,
        full_at: Option<usize>,
    },
}

/// How the next page is asked for.
#[derive(Debug)]
pub(crate) struct Next {
    pub kind: NextKind,
    /// So many rows and the window is full: start again above the last id.
    pub cap: Option<u64>,
    /// More pages than this is an error, not an end.
    pub pages: u64,
}

#[derive(Debug)]
pub(crate) enum NextKind {
    None,
    NextUrl { read: ReadPlace, stop: Stop },
    Cursor { read: ReadPlace, send: SendPlace, stop: Stop },
    Offset { send: SendPlace, size: u64, stop: Stop },
    Number { send: SendPlace, start: u64, size: u64, stop: Stop },
    LastId { send: SendPlace, stop: Stop },
}

/// When the last page is reached.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The answer names no next page.
    Absent,
    /// Fewer rows than a page holds.
    Short,
    /// No rows.
    Empty,
    /// As many rows as the answer says there are.
    Total(Path),
    /// A flag in the answer is set (or, with `!`, isn't).
    Flag { path: Path, ends_when: bool },
}

/// Where a value goes into a request.
#[derive(Clone, Debug)]
pub(crate) enum SendPlace {
    Query(String),
    Body(Path),
    Header(String),
}

/// Where a value is read from an answer.
#[derive(Clone, Debug)]
pub(crate) enum ReadPlace {
    Body(Path),
    Header(String),
    /// `rel="next"` of the Link header.
    LinkNext,
    /// A path into the last raw record.
    Last(Path),
}

/// How changes are asked for.
#[derive(Debug)]
pub(crate) enum Since {
    /// A full pass each time.
    None,
    /// Rows changed at or after a moment, less an overlap.
    Filter { overlap: Duration, send_as: As },
    /// Closed days; the last `again` ones once more; a window of `step` days to begin with.
    Days { again: u32, step: u32 },
}

/// How a moment is written in a request.
#[derive(Clone, Debug)]
pub(crate) enum As {
    Rfc3339,
    EpochS,
    EpochMs,
    EpochMsText,
    Pattern(String),
}

impl As {
    pub fn json(&self, at: jiff::Timestamp) -> serde_json::Value {
        match self {
            Self::Rfc3339 => at.to_string().into(),
            Self::EpochS => at.as_second().into(),
            Self::EpochMs => at.as_millisecond().into(),
            Self::EpochMsText => at.as_millisecond().to_string().into(),
            Self::Pattern(pattern) => at.strftime(pattern).to_string().into(),
        }
    }
}

impl Paged {
    pub(super) fn read(tab: &Tab<'_>) -> Option<Self> {
        let request = Request::read(tab);
        let rows = read_rows(tab);
        let next = match tab.table("next") {
            Some(next) => read_next(next),
            None => Some(Next { kind: NextKind::None, cap: None, pages: 1 }),
        };
        Some(Self { request: request?, rows: rows?, next: next? })
    }
}

impl PullSpec {
    pub(super) fn read(tab: Tab<'_>) -> Option<Self> {
        let paged = Paged::read(&tab);
        let since = tab.table("since").map_or(Some(Since::None), read_since);
        tab.done();
        Some(Self { paged: paged?, since: since? })
    }
}

fn read_rows(tab: &Tab<'_>) -> Option<Rows> {
    match tab.get("rows").map(|n| &n.item) {
        Some(Item::Table(_)) => {
            let rows = tab.table("rows")?;
            rows.one_of("kind", &[("columns", ())]);
            let read = Rows::Columns {
                names: super::need_path(&rows, "names")?,
                from: super::need_path(&rows, "from")?,
                full_at: rows.number("full_at").map(|n| n as usize),
            };
            rows.done();
            Some(read)
        }
        Some(_) => super::path(tab, "rows").map(Rows::Path),
        None => {
            tab.errors.add(
                tab.line,
                tab.at("rows"),
                "is missing: where the rows stand in the answer (\"\" is the root)",
            );
            None
        }
    }
}

fn read_next(tab: Tab<'_>) -> Option<Next> {
    #[derive(Clone, Copy)]
    enum K {
        None,
        NextUrl,
        Cursor,
        Offset,
        Number,
        LastId,
    }
    if tab.get("kind").is_none() {
        tab.errors.add(
            tab.line,
            tab.at("kind"),
            "is missing; allowed: none, next_url, cursor, offset, number, last_id",
        );
    }
    let kind = tab.one_of(
        "kind",
        &[
            ("none", K::None),
            ("next_url", K::NextUrl),
            ("cursor", K::Cursor),
            ("offset", K::Offset),
            ("number", K::Number),
            ("last_id", K::LastId),
        ],
    )?;
    let size = || {
        if tab.get("size").is_none() {
            tab.errors.add(tab.line, tab.at("size"), "is missing: how many rows a full page holds");
        }
        tab.number("size").filter(|n| *n > 0)
    };
    let kind = match kind {
        K::None => NextKind::None,
        K::NextUrl => NextKind::NextUrl { read: read_place(&tab, "read")?, stop: stop(&tab)? },
        K::Cursor => {
            NextKind::Cursor { read: read_place(&tab, "read")?, send: send_place(&tab, "send")?, stop: stop(&tab)? }
        }
        K::Offset => NextKind::Offset { send: send_place(&tab, "send")?, size: size()?, stop: stop(&tab)? },
        K::Number => NextKind::Number {
            send: send_place(&tab, "send")?,
            start: tab.number("start").unwrap_or(1),
            size: size()?,
            stop: stop(&tab)?,
        },
        K::LastId => NextKind::LastId { send: send_place(&tab, "send")?, stop: stop(&tab)? },
    };
    let cap = tab.number("cap");
    let then = tab.one_of("then", &[("restart_above_id", ())]);
    if cap.is_some() != then.is_some() {
        tab.errors.add(
            tab.line,
            tab.at("cap"),
            "cap and then stand together: cap = 10000, then = \"restart_above_id\"",
        );
    }
    let pages = tab.number("pages").unwrap_or(20_000);
    tab.done();
    Some(Next { kind, cap, pages })
}

fn stop(tab: &Tab<'_>) -> Option<Stop> {
    match tab.get("stop").map(|n| &n.item) {
        Some(Item::Table(_)) => {
            let table = tab.table("stop")?;
            let line = table.line;
            let parse = |text: &str| Path::parse(text).map_err(|why| tab.errors.add(line, tab.at("stop"), why)).ok();
            let found = match (table.text("flag"), table.text("total")) {
                (Some(flag), None) => {
                    let (text, ends_when) = flag.strip_prefix('!').map_or((flag.as_str(), true), |rest| (rest, false));
                    Some(Stop::Flag { path: parse(text)?, ends_when })
                }
                (None, Some(total)) => Some(Stop::Total(parse(&total)?)),
                _ => {
                    tab.errors.add(line, tab.at("stop"), "holds flag = \"path\" or total = \"path\"");
                    None
                }
            };
            table.done();
            found
        }
        Some(_) => {
            #[derive(Clone, Copy)]
            enum K {
                Absent,
                Short,
                Empty,
            }
            Some(match tab.one_of("stop", &[("absent", K::Absent), ("short", K::Short), ("empty", K::Empty)])? {
                K::Absent => Stop::Absent,
                K::Short => Stop::Short,
                K::Empty => Stop::Empty,
            })
        }
        None => {
            tab.errors.add(
                tab.line,
                tab.at("stop"),
                "is missing: when the last page is reached; allowed: absent, short, empty, { flag = .. }, { total = .. }",
            );
            None
        }
    }
}

fn place<'t>(tab: &Tab<'_>, key: &'static str, text: &'t str) -> Option<(&'t str, &'t str)> {
    let found = text.split_once(':');
    if found.is_none() {
        tab.errors.add(tab.line, tab.at(key), format!("{text:?} is no place; write it as query:name or body:path"));
    }
    found
}

pub(super) fn send_place(tab: &Tab<'_>, key: &'static str) -> Option<SendPlace> {
    let text = tab.need(key)?;
    let (kind, name) = place(tab, key, &text)?;
    match kind {
        "query" => Some(SendPlace::Query(name.to_owned())),
        "header" => Some(SendPlace::Header(name.to_owned())),
        "body" => Path::parse(name).map_err(|why| tab.errors.add(tab.line, tab.at(key), why)).ok().map(SendPlace::Body),
        other => {
            tab.errors.add(
                tab.line,
                tab.at(key),
                format!("{other:?} is no place to send; allowed: query, body, header"),
            );
            None
        }
    }
}

fn read_place(tab: &Tab<'_>, key: &'static str) -> Option<ReadPlace> {
    let text = tab.need(key)?;
    let (kind, name) = place(tab, key, &text)?;
    let path = || Path::parse(name).map_err(|why| tab.errors.add(tab.line, tab.at(key), why)).ok();
    match (kind, name) {
        ("body", _) => path().map(ReadPlace::Body),
        ("last", _) => path().map(ReadPlace::Last),
        ("header", _) => Some(ReadPlace::Header(name.to_owned())),
        ("link", "next") => Some(ReadPlace::LinkNext),
        (other, _) => {
            tab.errors.add(
                tab.line,
                tab.at(key),
                format!("{other:?} is no place to read; allowed: body:path, header:Name, link:next, last:path"),
            );
            None
        }
    }
}

fn read_since(tab: Tab<'_>) -> Option<Since> {
    #[derive(Clone, Copy)]
    enum K {
        Filter,
        Days,
        None,
    }
    let since = match tab.one_of("kind", &[("filter", K::Filter), ("days", K::Days), ("none", K::None)]) {
        Some(K::None) => Since::None,
        Some(K::Days) => Since::Days {
            again: tab.number("again").unwrap_or(2).min(60) as u32,
            step: tab.number("step").unwrap_or(1).clamp(1, 366) as u32,
        },
        Some(K::Filter) => {
            let send_as = match tab.text("as").as_deref() {
                None | Some("rfc3339") => As::Rfc3339,
                Some("epoch_s") => As::EpochS,
                Some("epoch_ms") => As::EpochMs,
                Some("epoch_ms_text") => As::EpochMsText,
                Some(pattern) if pattern.contains('%') => As::Pattern(pattern.to_owned()),
                Some(other) => {
                    tab.errors.add(
                        tab.line,
                        tab.at("as"),
                        format!(
                            "{other:?} is no way to write a moment; allowed: rfc3339, epoch_s, epoch_ms, epoch_ms_text, or a pattern with %"
                        ),
                    );
                    return None;
                }
            };
            Since::Filter { overlap: tab.span("overlap").unwrap_or(Duration::from_secs(600)), send_as }
        }
        None => {
            if tab.get("kind").is_none() {
                tab.errors.add(tab.line, tab.at("kind"), "is missing; allowed: filter, days, none");
            }
            return None;
        }
    };
    tab.done();
    Some(since)
}
