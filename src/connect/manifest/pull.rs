//! Pulls: where rows stand in an answer, how the next page is asked for, how changes are asked for.
//!
//! Decides the closed lists of kinds; stop rules are named, never guessed.

use std::time::Duration;

use super::{Item, Node, ReadValue, Request, Tab};
use crate::connect::formula::Formula;
use crate::connect::path::Path;

/// A request that is read page by page.
#[derive(Debug)]
pub(crate) struct Paged {
    pub request: Request,
    pub rows: Rows,
    /// Each entry of that list in each row is a row of its own, and sees the outer one as `parent`.
    pub nested: Option<Path>,
    pub next: Next,
}

/// One way to pull a stream. A stream may know several: the first whose `when` holds is used, and one that is refused on
/// its first page gives way to the next.
#[derive(Debug)]
pub(crate) struct PullSpec {
    pub when: Option<Formula>,
    pub paged: Paged,
    pub since: Since,
    pub refetch: Option<Refetch>,
    pub job: Option<Job>,
    /// Pulls of what is gone: the answer lists what is there, so often; what it does not list is gone.
    pub sweep: Option<Duration>,
}

/// Rows that only point at records: each is read by its id.
#[derive(Debug)]
pub(crate) struct Refetch {
    pub request: Request,
    pub id: ReadValue,
}

/// Rows by a job that the source works off: handed in, asked after, fetched.
#[derive(Debug)]
pub(crate) struct Job {
    pub submit: Request,
    /// Where the answer names the job; `{{ job }}` in what follows.
    pub id: Path,
    pub poll: Request,
    pub state: Path,
    pub done: Vec<String>,
    pub failed: Vec<String>,
    pub message: Option<Path>,
    pub every: Duration,
    pub results: Box<Paged>,
    /// Used only above so many rows: the question, where its answer stands, the bound.
    pub over: Option<(Request, Path, u64)>,
}

/// What the body of an answer is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decode {
    #[default]
    Json,
    /// Names in the first line; a name with dots is a table in a table.
    Csv,
    /// A record a line.
    JsonLines,
}

/// Where rows stand.
#[derive(Debug)]
pub(crate) enum Rows {
    Path(Path),
    /// The whole body, record after record.
    Body(Decode),
    /// A table of values by name: each becomes a row with the name and the value as fields.
    Map {
        at: Path,
        key: String,
        value: String,
    },
    /// Bare ids: each becomes a row with `id`.
    Ids(Path),
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
    /// So many rows and the window is full: start again behind it.
    pub cap: Option<(u64, Then)>,
    /// More pages than this is an error, not an end.
    pub pages: u64,
}

/// How a walk goes on behind a full window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Above the last id; rows come sorted by id.
    AboveId,
    /// From the moment on at which the last row changed; rows come sorted by that.
    AtTime,
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
    /// Rows changed at or after a moment, less an overlap. The source may know changes of so long only.
    Filter { overlap: Duration, send_as: As, keeps: Option<Duration> },
    /// The last page names where the next pull begins; `send` says how it is told so.
    Token { read: ReadPlace, send: Option<TokenSend> },
    /// Rows come newest first: the walk ends at the first that is older.
    NewestFirst { overlap: Duration },
    /// Closed days; the last `again` ones once more; a window of `step` days to begin with.
    Days { again: u32, step: u32 },
}

/// How a saved place goes into a request.
#[derive(Debug)]
pub(crate) enum TokenSend {
    /// It is the whole address.
    Url,
    Place(SendPlace),
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
    /// What its answers are written in.
    pub fn decode(&self) -> Decode {
        match &self.rows {
            Rows::Body(decode) => *decode,
            _ => Decode::Json,
        }
    }

    pub(super) fn read(tab: &Tab<'_>) -> Option<Self> {
        let request = Request::read(tab);
        let rows = read_rows(tab);
        let nested = super::path(tab, "nested");
        let next = match tab.table("next") {
            Some(next) => read_next(next),
            None => Some(Next { kind: NextKind::None, cap: None, pages: 1 }),
        };
        Some(Self { request: request?, rows: rows?, nested, next: next? })
    }
}

impl PullSpec {
    /// A pull, or the ways of `try`.
    pub(super) fn ways(node: &Node, at: &str, tab: &Tab<'_>) -> Option<Vec<Self>> {
        match node.get("try").map(|n| &n.item) {
            Some(Item::List(list)) => {
                let ways: Vec<Self> =
                    list.iter().filter_map(|n| Self::read(Tab::of(n, format!("{at}.try"), tab.errors)?)).collect();
                (ways.len() == list.len() && !ways.is_empty()).then_some(ways)
            }
            Some(_) => {
                tab.errors.add(node.line, format!("{at}.try"), "a list of ways is expected here");
                None
            }
            None => Some(vec![Self::read(Tab::of(node, at, tab.errors)?)?]),
        }
    }

    fn read(tab: Tab<'_>) -> Option<Self> {
        let when = super::formula(&tab, "when");
        let paged = Paged::read(&tab);
        let since = tab.table("since").map_or(Some(Since::None), read_since);
        let refetch = tab.table("refetch").and_then(|one| {
            let request = Request::read(&one);
            let id = super::map::read_value_of(&one, "id");
            one.done();
            Some(Refetch { request: request?, id: id? })
        });
        let job = tab.table("job").and_then(read_job);
        let sweep = tab.span("sweep");
        tab.done();
        Some(Self { when, paged: paged?, since: since?, refetch, job, sweep })
    }

    /// It reads newest rows first, so that it serves both for everything and for what changed.
    pub fn newest_first(&self) -> bool {
        matches!(self.since, Since::NewestFirst { .. })
    }

    /// Whether a watermark of this kind serves it: a saved place, or a moment.
    pub fn takes_token(&self) -> bool {
        matches!(self.since, Since::Token { .. })
    }
}

fn read_job(tab: Tab<'_>) -> Option<Job> {
    let sub = |key: &'static str| {
        let found = tab.table(key);
        if found.is_none() {
            tab.errors.add(tab.line, tab.at(key), "is missing: a request is needed");
        }
        found
    };
    let id = super::need_path(&tab, "id");
    let submit = sub("submit").and_then(|one| {
        let request = Request::read(&one);
        one.done();
        request
    });
    let poll = sub("poll").and_then(|one| {
        let found = (
            Request::read(&one),
            super::need_path(&one, "state"),
            one.texts("done"),
            one.texts("failed"),
            super::path(&one, "message"),
        );
        one.done();
        Some((found.0?, found.1?, found.2, found.3, found.4))
    });
    let results = sub("results").and_then(|one| {
        let paged = Paged::read(&one);
        one.done();
        paged
    });
    let over = tab.table("over").and_then(|one| {
        let found = (Request::read(&one), super::need_path(&one, "read"), one.number("more_than").unwrap_or(0));
        one.done();
        Some((found.0?, found.1?, found.2))
    });
    let every = tab.span("every").unwrap_or(Duration::from_secs(5));
    tab.done();
    let (poll, state, done, failed, message) = poll?;
    Some(Job { submit: submit?, id: id?, poll, state, done, failed, message, every, results: Box::new(results?), over })
}

fn read_rows(tab: &Tab<'_>) -> Option<Rows> {
    match tab.get("rows").map(|n| &n.item) {
        Some(Item::Table(_)) => {
            #[derive(Clone, Copy)]
            enum K {
                Columns,
                Csv,
                JsonLines,
                Map,
                Ids,
            }
            let rows = tab.table("rows")?;
            if rows.get("kind").is_none() {
                rows.errors.add(rows.line, rows.at("kind"), "is missing; allowed: columns, csv, jsonl, map, ids");
            }
            let kind = rows.one_of(
                "kind",
                &[("columns", K::Columns), ("csv", K::Csv), ("jsonl", K::JsonLines), ("map", K::Map), ("ids", K::Ids)],
            )?;
            let read = match kind {
                K::Columns => Rows::Columns {
                    names: super::need_path(&rows, "names")?,
                    from: super::need_path(&rows, "from")?,
                    full_at: rows.number("full_at").map(|n| n as usize),
                },
                K::Csv => Rows::Body(Decode::Csv),
                K::JsonLines => Rows::Body(Decode::JsonLines),
                K::Map => Rows::Map {
                    at: super::need_path(&rows, "at")?,
                    key: rows.text("key").unwrap_or_else(|| "key".to_owned()),
                    value: rows.text("value").unwrap_or_else(|| "value".to_owned()),
                },
                K::Ids => Rows::Ids(super::need_path(&rows, "at")?),
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
    let cap = tab.number("cap").filter(|n| *n > 0);
    let then = tab.one_of("then", &[("restart_above_id", Then::AboveId), ("restart_at_time", Then::AtTime)]);
    if cap.is_some() != then.is_some() {
        tab.errors.add(
            tab.line,
            tab.at("cap"),
            "cap and then stand together: cap = 10000, then = \"restart_above_id\"",
        );
    }
    let pages = tab.number("pages").unwrap_or(20_000);
    tab.done();
    Some(Next { kind, cap: cap.zip(then), pages })
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
        Token,
        NewestFirst,
        Days,
        None,
    }
    let kinds = [
        ("filter", K::Filter),
        ("token", K::Token),
        ("newest_first", K::NewestFirst),
        ("days", K::Days),
        ("none", K::None),
    ];
    let overlap = || tab.span("overlap").unwrap_or(Duration::from_secs(600));
    let since = match tab.one_of("kind", &kinds) {
        Some(K::None) => Since::None,
        Some(K::NewestFirst) => Since::NewestFirst { overlap: overlap() },
        Some(K::Token) => {
            let send = match tab.get("send").map(|n| &n.item) {
                Some(Item::Text(text)) if text == "url" => Some(TokenSend::Url),
                Some(_) => Some(TokenSend::Place(send_place(&tab, "send")?)),
                None => None,
            };
            Since::Token { read: read_place(&tab, "read")?, send }
        }
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
            Since::Filter { overlap: overlap(), send_as, keeps: tab.span("keeps") }
        }
        None => {
            if tab.get("kind").is_none() {
                tab.errors.add(
                    tab.line,
                    tab.at("kind"),
                    "is missing; allowed: filter, token, newest_first, days, none",
                );
            }
            return None;
        }
    };
    tab.done();
    Some(since)
}
