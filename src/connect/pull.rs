//! Pulls a stream page by page: first, changed, deleted. Fetches one page ahead while children are looked up.
//!
//! Decides the way through pages and what `resume` and watermark hold. It keeps no rows, and saves neither.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::Sender;

use super::answer::{Answer, date};
use super::client::Trouble;
use super::convert::Reading;
use super::error::ConnectError;
use super::formula::{plain_text, to_mj};
use super::manifest::{Link, LinkTo, PullSpec, Since, Stream};
use super::mapper::{Mapper, Problems, history_name};
use super::page::{Seen, Walk, records};
use super::source::Source;
use super::types::{Pull, PullEnd, PulledPage};
use crate::book::row::{Entity, Row};

/// What `resume` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Resume {
    /// The print of the stream's definition: another one makes it worthless.
    print: String,
    kind: Kind,
    /// When the pull began, by the source's clock.
    start: Option<Timestamp>,
    since: Option<Timestamp>,
    walk: Walk,
    /// The last page was handed over: only the end is left.
    #[serde(default)]
    done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    First,
    Changed,
    Deleted,
}

/// One walk over one stream.
pub(super) struct Run<'a> {
    pub source: &'a Source,
    pub stream: &'a Stream,
    pub doing: String,
    pub mapper: Mapper<'a>,
    /// Described names to ask for, and those whose history is wanted.
    pub fields: Vec<String>,
    pub history: Vec<String>,
    pub absent: Vec<String>,
}

/// Raw rows on their way to becoming a page.
struct Batch {
    records: Vec<Json>,
    after: Walk,
    last: bool,
    of: Option<u64>,
}

impl Source {
    /// Pulls and hands over page after page; `pages` full means that it waits. A dropped receiver cancels.
    ///
    /// # Errors
    /// [`ConnectError::StaleCursor`] when a watermark no longer serves (pull `First` instead); else what failed, after the
    /// pages before it were handed over.
    pub async fn pull(&self, pull: Pull, pages: Sender<PulledPage>) -> Result<PullEnd, ConnectError> {
        match pull {
            Pull::First { stream, resume } => {
                let stream = self.known(&stream)?;
                self.walk(stream, &stream.first, Kind::First, None, resume, pages).await
            }
            Pull::Changed { stream, since, resume } => {
                let stream = self.known(&stream)?;
                let since = self.watermark(stream, &since)?;
                match &stream.changed {
                    Some(spec) => self.walk(stream, spec, Kind::Changed, Some(since), resume, pages).await,
                    None => self.walk(stream, &stream.first, Kind::First, None, resume, pages).await,
                }
            }
            Pull::Deleted { stream, resume } => {
                let stream = self.known(&stream)?;
                match &stream.deleted {
                    Some(spec) => self.walk(stream, spec, Kind::Deleted, None, resume, pages).await,
                    None => Ok(PullEnd::default()),
                }
            }
            Pull::Days { stream, from, to, resume } => {
                let stream = self.known(&stream)?;
                self.days(stream, from, to, resume, pages).await
            }
        }
    }

    fn known(&self, name: &str) -> Result<&Stream, ConnectError> {
        self.manifest.stream(name).ok_or_else(|| {
            let names: Vec<&str> = self.manifest.streams.iter().map(|s| s.name.as_str()).collect();
            self.invalid("pulling", format!("there is no stream {name:?}; there are {}", names.join(", ")))
        })
    }

    /// `<print>|<moment>`: only a watermark of the same definition serves.
    fn watermark(&self, stream: &Stream, text: &str) -> Result<Timestamp, ConnectError> {
        let stale = |because: &str| ConnectError::StaleCursor {
            at: self.client.at.clone(),
            stream: stream.entity.plural().to_owned(),
            because: because.to_owned(),
        };
        let (print, at) = text.split_once('|').ok_or_else(|| stale("the saved watermark can't be read"))?;
        if print != self.print(stream) {
            return Err(stale("what is mapped has changed"));
        }
        at.parse().map_err(|_| stale("the saved watermark can't be read"))
    }

    /// A print of what a stream asks for and how it is read: when it changes, everything must be pulled again.
    pub(super) fn print(&self, stream: &Stream) -> String {
        let mut text = format!("{}|{}|{}", self.manifest.file, stream.name, self.settings);
        for (field, map) in &stream.map {
            text.push_str(&format!("|{field}={}", map.text()));
            for choice in &map.choices {
                text.push_str(&format!(
                    "{:?}{:?}{:?}{:?}",
                    choice.converters, choice.table, choice.values, choice.otherwise
                ));
            }
        }
        if let Some(only) = self.only.get(&stream.entity) {
            text.push_str(&format!("|only {}", only.text()));
        }
        // FNV-1a: the same on every machine and in every version.
        let hash =
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }

    pub(super) async fn run<'a>(&'a self, stream: &'a Stream, gone: bool) -> Result<Run<'a>, ConnectError> {
        let doing = format!("pulling {}", stream.entity.plural());
        let (fields, absent) = self.select(stream).await?;
        let me = self.me_if_needed().await?;
        let zone = self
            .manifest
            .values
            .zone
            .as_ref()
            .and_then(|t| t.text(&to_mj(&json!({ "settings": self.settings, "me": me.kept }))).ok())
            .and_then(|name| TimeZone::get(&name).ok())
            .unwrap_or(TimeZone::UTC);
        let whole = !gone || stream.entity == Entity::Account;
        let mut tables = BTreeMap::new();
        if whole {
            for (name, _) in stream.map.values().flat_map(|map| &map.choices).filter_map(|choice| choice.table.as_ref())
            {
                if !tables.contains_key(name) {
                    tables.insert(name.clone(), self.table(name).await?);
                }
            }
        }
        let history = match &stream.history {
            Some(spec) if whole => spec
                .fields
                .iter()
                .filter_map(|field| history_name(stream, field).map(|(_, name)| name))
                .filter(|name| fields.contains(name))
                .collect(),
            _ => Vec::new(),
        };
        let reading =
            Reading { empty: &self.manifest.values.empty, zone, split: self.manifest.values.split.as_deref() };
        let mapper = Mapper { stream, reading, tables, only: self.only.get(&stream.entity), gone };
        Ok(Run { source: self, stream, doing, mapper, fields, history, absent })
    }

    async fn walk(
        &self,
        stream: &Stream,
        spec: &PullSpec,
        kind: Kind,
        since: Option<Timestamp>,
        resume: Option<String>,
        pages: Sender<PulledPage>,
    ) -> Result<PullEnd, ConnectError> {
        if matches!(spec.since, Since::Days { .. }) {
            return Err(self.invalid("pulling", format!("{} is pulled by days", stream.name)));
        }
        let print = self.print(stream);
        let mut run = self.run(stream, kind == Kind::Deleted).await?;
        let mut state = resume
            .and_then(|text| serde_json::from_str::<Resume>(&text).ok())
            .filter(|r| r.print == print && r.kind == kind)
            .unwrap_or(Resume { print: print.clone(), kind, start: None, since, walk: Walk::default(), done: false });
        let end = |start: Option<Timestamp>| {
            let start = start.unwrap_or_else(Timestamp::now);
            (kind != Kind::Deleted).then(|| format!("{print}|{start}"))
        };
        if state.done {
            return Ok(PullEnd { watermark: end(state.start), absent: run.absent });
        }
        let mut redescribed = false;
        let mut fetched = run.fetch(spec, &state).await;
        // Children are looked up for as many records at once as their call takes.
        let group = if kind == Kind::Deleted { 1 } else { stream.links.iter().map(|l| l.chunk).max().unwrap_or(1) };
        let mut waiting: Option<Batch> = None;
        loop {
            let mut answer = match fetched {
                Ok(answer) => answer,
                Err(Trouble::FieldGone(_)) if !redescribed => {
                    redescribed = true;
                    self.forget_described(stream);
                    run = self.run(stream, kind == Kind::Deleted).await?;
                    fetched = run.fetch(spec, &state).await;
                    continue;
                }
                Err(trouble) => {
                    // What came before the failure is handed over first.
                    if let Some(batch) = waiting.take() {
                        run.deliver(batch, &state, &pages).await?;
                    }
                    return Err(trouble.into());
                }
            };
            if state.start.is_none() {
                state.start = Some(date(&answer.headers).unwrap_or_else(Timestamp::now));
            }
            let of = total(&answer);
            let (rows, on) = run.take(spec, &state.walk, &mut answer)?;
            drop(answer);
            let after = on.clone().unwrap_or_default();
            let batch = match waiting.take() {
                Some(mut batch) => {
                    batch.records.extend(rows);
                    (batch.after, batch.last) = (after, on.is_none());
                    batch.of = batch.of.or(of);
                    batch
                }
                None => Batch { records: rows, after, last: on.is_none(), of },
            };
            let Some(on) = on else {
                run.deliver(batch, &state, &pages).await?;
                return Ok(PullEnd { watermark: end(state.start), absent: run.absent });
            };
            state.walk = on;
            if batch.records.len() < group {
                waiting = Some(batch);
                fetched = run.fetch(spec, &state).await;
                continue;
            }
            // One page ahead while this one's children are looked up.
            let (delivered, ahead) = tokio::join!(run.deliver(batch, &state, &pages), run.fetch(spec, &state));
            delivered?;
            fetched = ahead;
        }
    }
}

/// How many there will be, where the answer says so at its root.
fn total(answer: &Answer) -> Option<u64> {
    answer.json.get("total").and_then(Json::as_u64)
}

impl Run<'_> {
    async fn fetch(&self, spec: &PullSpec, state: &Resume) -> Result<Answer, Trouble> {
        let above = if state.walk.above.is_empty() { "0" } else { &state.walk.above };
        let mut extra = json!({ "fields": self.fields, "history": self.history, "above_id": above });
        if let (Since::Filter { overlap, send_as }, Some(since)) = (&spec.since, state.since) {
            let from = jiff::SignedDuration::try_from(*overlap)
                .ok()
                .and_then(|overlap| since.checked_sub(overlap).ok())
                .unwrap_or(Timestamp::UNIX_EPOCH)
                .max(Timestamp::UNIX_EPOCH);
            extra["since"] = send_as.json(from);
        }
        let context = self.source.context(self.stream, extra).await?;
        let mut built = self.source.built(&spec.paged.request, &context, &self.doing)?;
        state.walk.place(&spec.paged.next, &mut built).map_err(|why| self.source.invalid(&self.doing, why))?;
        self.source.read(&built, &context, &self.doing).await
    }

    /// The raw rows of an answer, and the walk after them.
    fn take(
        &self,
        spec: &PullSpec,
        walk: &Walk,
        answer: &mut Answer,
    ) -> Result<(Vec<Json>, Option<Walk>), ConnectError> {
        let wrong = |why| self.source.invalid(&self.doing, why);
        let rows = records(&spec.paged.rows, answer).map_err(wrong)?;
        let seen = Seen {
            answer: &answer.json,
            headers: &answer.headers,
            url: &answer.url,
            last: rows.last(),
            count: rows.len(),
            first_id: rows.first().and_then(|row| self.id(row)),
            last_id: rows.last().and_then(|row| self.id(row)),
        };
        let on = walk.after(&spec.paged.next, &seen).map_err(wrong)?;
        Ok((rows, on))
    }

    fn id(&self, record: &Json) -> Option<String> {
        let map = self.stream.map.get("id")?;
        let json = map.choices.first()?.read.eval(record, &|| to_mj(record)).ok()??;
        Some(plain_text(&json)).filter(|id| !id.is_empty())
    }

    /// Looks children up, maps, hands over.
    async fn deliver(&self, mut batch: Batch, state: &Resume, pages: &Sender<PulledPage>) -> Result<(), ConnectError> {
        if !self.mapper.gone {
            self.add_history(&mut batch.records).await?;
        }
        let mut rows = Vec::with_capacity(batch.records.len());
        let mut problems = Problems::default();
        for record in batch.records {
            self.mapper.rows(&record, &mut problems, &mut rows);
        }
        if rows.is_empty() && problems.records > 0 && self.stream.melt.is_none() {
            let why = problems.lines().join("; ");
            return Err(self.source.invalid(&self.doing, format!("none of its records can be read: {why}")));
        }
        if !self.mapper.gone {
            self.add_links(&mut rows).await?;
        }
        let mut after = Resume { walk: batch.after, done: batch.last, ..state.clone() };
        if !after.walk.above.is_empty() {
            // An offset into a window that has moved since would skip rows: go on above the last id instead.
            if let Some(last) = rows.last() {
                after.walk.above = last.id.clone();
            }
            (after.walk.token, after.walk.seen, after.walk.first_id) = (None, 0, None);
        }
        let page =
            PulledPage { rows, resume: serde_json::to_string(&after).ok(), of: batch.of, problems: problems.lines() };
        pages.send(page).await.map_err(|_| ConnectError::Cancelled)
    }

    /// Reads the history of records whose answer carried none.
    async fn add_history(&self, records: &mut [Json]) -> Result<(), ConnectError> {
        let Some(spec) = &self.stream.history else { return Ok(()) };
        let Some(read) = spec.read.as_ref().filter(|_| !self.history.is_empty()) else { return Ok(()) };
        let missing: Vec<String> =
            records.iter().filter(|r| spec.from.find(r).is_none()).filter_map(|r| self.id(r)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let doing = format!("reading the history of {}", self.stream.entity.plural());
        let calls = missing.chunks(read.chunk).map(|ids| {
            let doing = doing.as_str();
            async move {
                let extra = json!({ "fields": self.fields, "history": self.history, "ids": ids });
                let context = self.source.context(self.stream, extra).await?;
                let answer = self.source.read_with(&read.request, &context, doing).await?;
                Ok::<_, ConnectError>(
                    read.rows
                        .find(&answer.json)
                        .and_then(Json::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(|row| Some((plain_text(read.id.find(row)?), spec.from.find(row)?.clone())))
                        .collect::<Vec<_>>(),
                )
            }
        });
        let mut found: HashMap<String, Json> = try_join_all(calls).await?.into_iter().flatten().collect();
        for record in records {
            if let Some(lists) = self.id(record).and_then(|id| found.remove(&id)) {
                spec.from.set(record, lists);
            }
        }
        Ok(())
    }

    /// Asks which accounts and people the rows belong to.
    async fn add_links(&self, rows: &mut [Row]) -> Result<(), ConnectError> {
        if self.stream.links.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = rows.iter().filter(|r| !r.gone).map(|r| r.id.clone()).collect();
        let calls = self.stream.links.iter().flat_map(|link| {
            ids.chunks(link.chunk).map(move |ids| async move {
                let doing = format!("reading whom {} belong to", self.stream.entity.plural());
                let context = self.source.context(self.stream, json!({})).await?;
                Ok::<_, ConnectError>((link.to_what, self.source.linked(link, ids, &context, &doing).await?))
            })
        });
        let found = try_join_all(calls).await?;
        let mut at: HashMap<String, usize> = HashMap::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            at.insert(row.id.clone(), i);
        }
        for (what, links) in found {
            for (from, to) in links {
                let Some(row) = at.get(&from).and_then(|i| rows.get_mut(*i)) else { continue };
                let list = match what {
                    LinkTo::Account => &mut row.accounts,
                    LinkTo::People => &mut row.people,
                };
                for id in to {
                    if !list.contains(&id) {
                        list.push(id);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Source {
    /// One batch call, and more for records whose list goes on. A record that isn't in the answer has no links.
    pub(super) async fn linked(
        &self,
        link: &Link,
        ids: &[String],
        context: &Json,
        doing: &str,
    ) -> Result<Vec<(String, Vec<String>)>, ConnectError> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut asked: Vec<Json> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut rounds = 0;
        while !asked.is_empty() {
            rounds += 1;
            if rounds > 1000 {
                return Err(self.invalid(doing, "the list of links of a record has no end".to_owned()));
            }
            let mut context = context.clone();
            context["ids"] = asked.iter().filter_map(|a| a.get("id").cloned()).collect();
            context["records"] = Json::Array(asked.clone());
            let answer = self.read_with(&link.request, &context, doing).await?;
            let mut next = Vec::new();
            for row in link.rows.all(&answer.json).into_iter().flat_map(|r| r.as_array().map_or(&[][..], Vec::as_slice))
            {
                let Some(from) = link.from.find(row).map(plain_text) else { continue };
                let list = found.entry(from.clone()).or_default();
                list.extend(link.to.all(row).into_iter().map(plain_text));
                if let Some((read, send)) = &link.more
                    && let Some(token) = read.find(row).filter(|t| !t.is_null())
                {
                    let again = json!({ "id": from, send: token });
                    if asked.contains(&again) {
                        return Err(self.invalid(doing, "it repeats a page of links".to_owned()));
                    }
                    next.push(again);
                }
            }
            asked = next;
        }
        Ok(found.into_iter().collect())
    }
}
