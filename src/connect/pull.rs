//! Pulls a stream page by page: first, changed, deleted. Fetches one page ahead while children are looked up.
//!
//! Decides the way through pages and what `resume` and watermark hold. It keeps no rows, and saves neither.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::Sender;

use super::answer::{Answer, date};
use super::convert::Reading;
use super::error::{ConnectError, ErrorClass};
use super::formula::{plain_text, to_mj};
use super::manifest::{Paged, PullSpec, Since, Stream, Then, TokenSend};
use super::mapper::{Mapper, Problems, history_name};
use super::page::{Seen, Walk, holds, put, read_place};
use super::source::Source;
use super::trouble::Trouble;
use super::types::{Pull, PullEnd, PulledPage};
use crate::book::row::{Entity, Row};

/// What `resume` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Resume {
    /// The print of the stream's definition: another one makes it worthless.
    print: String,
    kind: Kind,
    /// Which of the stream's ways it went.
    #[serde(default)]
    way: usize,
    /// When the pull began, by the source's clock.
    start: Option<Timestamp>,
    pub since: Option<Timestamp>,
    /// The saved place that it began at.
    #[serde(default)]
    pub token: Option<String>,
    /// The job that the source works off for it.
    #[serde(default)]
    pub job: Option<String>,
    /// Where the source says that the next pull begins.
    #[serde(default)]
    next: Option<String>,
    pub walk: Walk,
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

/// Where a pull of changes begins.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    At(Timestamp),
    Token(String),
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

impl PullSpec {
    /// Whether the source no longer knows what changed since then.
    fn forgets(&self, since: Timestamp) -> bool {
        match &self.since {
            Since::Filter { keeps: Some(keeps), .. } => {
                let keeps = jiff::SignedDuration::try_from(*keeps).unwrap_or(jiff::SignedDuration::MAX);
                Timestamp::now().duration_since(since) > keeps
            }
            _ => false,
        }
    }
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
                match stream.changed.is_empty() {
                    false => self.walk(stream, &stream.changed, Kind::Changed, Some(since), resume, pages).await,
                    // What comes newest first is read down to the last time, whatever it is for.
                    true if stream.first.iter().any(PullSpec::newest_first) => {
                        self.walk(stream, &stream.first, Kind::Changed, Some(since), resume, pages).await
                    }
                    true => self.walk(stream, &stream.first, Kind::First, None, resume, pages).await,
                }
            }
            Pull::Deleted { stream, resume } => {
                let stream = self.known(&stream)?;
                match stream.deleted.is_empty() {
                    false => self.walk(stream, &stream.deleted, Kind::Deleted, None, resume, pages).await,
                    true => Ok(PullEnd::default()),
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

    fn stale(&self, stream: &Stream, because: &str) -> ConnectError {
        ConnectError::StaleCursor {
            at: self.client.at.clone(),
            stream: stream.entity.plural().to_owned(),
            because: because.to_owned(),
        }
    }

    /// `<print>|<moment>` or `<print>|token:<place>`: only a watermark of the same definition serves.
    fn watermark(&self, stream: &Stream, text: &str) -> Result<Mark, ConnectError> {
        let unread = || self.stale(stream, "the saved watermark can't be read");
        let (print, at) = text.split_once('|').ok_or_else(unread)?;
        if print != self.print(stream) {
            return Err(self.stale(stream, "what is mapped has changed"));
        }
        match at.strip_prefix("token:") {
            Some(token) => Ok(Mark::Token(token.to_owned())),
            None => at.parse().map(Mark::At).map_err(|_| unread()),
        }
    }

    /// A print of what a stream asks for and how it is read: when it changes, everything must be pulled again.
    pub(super) fn print(&self, stream: &Stream) -> String {
        let mut text = format!("{}|{}|{}|{}", self.manifest.file, stream.name, self.settings, stream.print);
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
        let ground = to_mj(&json!({ "settings": self.settings, "me": me.kept }));
        let zone = self
            .manifest
            .values
            .zone
            .as_ref()
            .and_then(|t| t.text(&ground).ok())
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
        let mapper = Mapper { stream, reading, tables, only: self.only.get(&stream.entity), ground, gone };
        Ok(Run { source: self, stream, doing, mapper, fields, history, absent })
    }

    fn forgotten(&self, stream: &Stream) -> ConnectError {
        self.stale(stream, "it tells of changes for a shorter time than has passed")
    }

    /// The ways that can begin where it is to begin, in their order, with their places in the list.
    pub(super) async fn ways<'a>(
        &self,
        stream: &Stream,
        specs: &'a [PullSpec],
        since: Option<&Mark>,
    ) -> Result<Vec<(usize, &'a PullSpec)>, ConnectError> {
        let context = if specs.iter().any(|spec| spec.when.is_some()) {
            to_mj(&self.context(stream, json!({})).await?)
        } else {
            to_mj(&Json::Null)
        };
        let fits = |spec: &PullSpec| match since {
            Some(Mark::Token(_)) => spec.takes_token(),
            Some(Mark::At(_)) => !spec.takes_token(),
            None => true,
        };
        let ways: Vec<_> =
            specs.iter().enumerate().filter(|(_, spec)| fits(spec) && holds(spec.when.as_ref(), &context)).collect();
        if !ways.is_empty() {
            return Ok(ways);
        }
        match since {
            Some(_) => Err(self.stale(stream, "it is read in another way now")),
            None => {
                let doing = format!("pulling {}", stream.entity.plural());
                Err(self.invalid(&doing, "none of the ways that the connector knows fits".to_owned()))
            }
        }
    }

    async fn walk(
        &self,
        stream: &Stream,
        specs: &[PullSpec],
        kind: Kind,
        since: Option<Mark>,
        resume: Option<String>,
        pages: Sender<PulledPage>,
    ) -> Result<PullEnd, ConnectError> {
        if stream.by_days().is_some() {
            return Err(self.invalid("pulling", format!("{} is pulled by days", stream.name)));
        }
        // Nothing needs to be asked to know that.
        if let Some(Mark::At(at)) = since
            && !specs.is_empty()
            && specs.iter().all(|spec| spec.forgets(at))
        {
            return Err(self.forgotten(stream));
        }
        let print = self.print(stream);
        let mut run = self.run(stream, kind == Kind::Deleted).await?;
        let mut ways = self.ways(stream, specs, since.as_ref()).await?.into_iter().peekable();
        let cut = resume
            .and_then(|text| serde_json::from_str::<Resume>(&text).ok())
            .filter(|r| r.print == print && r.kind == kind && ways.clone().any(|(at, _)| at == r.way));
        if let Some(cut) = &cut {
            while ways.peek().is_some_and(|(at, _)| *at != cut.way) {
                ways.next();
            }
        }
        let (at, token) = match since {
            Some(Mark::At(at)) => (Some(at), None),
            Some(Mark::Token(token)) => (None, Some(token)),
            None => (None, None),
        };
        let fresh = |way: usize| Resume {
            print: print.clone(),
            kind,
            way,
            start: None,
            since: at,
            token: token.clone(),
            job: None,
            next: None,
            walk: Walk::default(),
            done: false,
        };
        let mut cut = cut;
        while let Some((way, spec)) = ways.next() {
            if at.is_some_and(|at| spec.forgets(at)) {
                return Err(self.forgotten(stream));
            }
            let state = cut.take().unwrap_or_else(|| fresh(way));
            let mut handed = false;
            match self.one_way(&mut run, spec, state, &pages, &mut handed).await {
                // Refused on the first page: another way may be open.
                Err(error)
                    if !handed
                        && ways.peek().is_some()
                        && matches!(error.class(), ErrorClass::Forbidden | ErrorClass::Invalid) =>
                {
                    tracing::info!(stream = stream.name, "another way is tried: {error}");
                }
                end => return end,
            }
        }
        Err(self.stale(stream, "it is read in another way now"))
    }

    /// Walks one way to its end. `handed` tells whether a page was handed over.
    async fn one_way<'a>(
        &'a self,
        run: &mut Run<'a>,
        spec: &PullSpec,
        mut state: Resume,
        pages: &Sender<PulledPage>,
        handed: &mut bool,
    ) -> Result<PullEnd, ConnectError> {
        let stream = run.stream;
        let (kind, print) = (state.kind, state.print.clone());
        let end = |state: &Resume, absent: &[String]| PullEnd {
            watermark: (kind != Kind::Deleted).then(|| match &state.next {
                Some(token) => format!("{print}|token:{token}"),
                None => format!("{print}|{}", state.start.unwrap_or_else(Timestamp::now)),
            }),
            absent: absent.to_vec(),
        };
        if state.done {
            return Ok(end(&state, &run.absent));
        }
        if let Some(job) = &spec.job
            && state.job.is_none()
            && state.walk.pages == 0
        {
            state.job = self.start_job(run, job, &mut state.start).await?;
        }
        let paged = match (&spec.job, &state.job) {
            (Some(job), Some(_)) => &*job.results,
            _ => &spec.paged,
        };
        let mut redescribed = false;
        let mut fetched = run.fetch(spec, paged, &state).await;
        // Children are looked up for as many records at once as their call takes.
        let group = if kind == Kind::Deleted { 1 } else { stream.links.iter().map(|l| l.chunk).max().unwrap_or(1) };
        let mut waiting: Option<Batch> = None;
        loop {
            let mut answer = match fetched {
                Ok(answer) => answer,
                Err(Trouble::FieldGone(_)) if !redescribed => {
                    redescribed = true;
                    self.forget_described(stream);
                    *run = self.run(stream, kind == Kind::Deleted).await?;
                    fetched = run.fetch(spec, paged, &state).await;
                    continue;
                }
                Err(trouble) => {
                    // What came before the failure is handed over first.
                    if let Some(batch) = waiting.take() {
                        *handed = true;
                        run.deliver(spec, batch, &state, pages).await?;
                    }
                    return Err(trouble.into());
                }
            };
            if state.start.is_none() {
                state.start = Some(date(&answer.headers).unwrap_or_else(Timestamp::now));
            }
            let of = total(&answer);
            let (rows, on) = run.take(spec, paged, &mut state, &mut answer)?;
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
            *handed = true;
            let Some(on) = on else {
                run.deliver(spec, batch, &state, pages).await?;
                return Ok(end(&state, &run.absent));
            };
            state.walk = on;
            if batch.records.len() < group {
                waiting = Some(batch);
                fetched = run.fetch(spec, paged, &state).await;
                continue;
            }
            // One page ahead while this one's children are looked up.
            let (delivered, ahead) =
                tokio::join!(run.deliver(spec, batch, &state, pages), run.fetch(spec, paged, &state));
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
    /// What a pull's requests see besides what every request of the stream does.
    pub(super) fn extra(&self, spec: Option<&PullSpec>, state: &Resume) -> Json {
        let above = if state.walk.above.is_empty() { "0" } else { &state.walk.above };
        let mut extra = json!({
            "fields": self.fields,
            "history": self.history,
            "above_id": above,
            "page": state.walk.pages,
        });
        if let Some(job) = &state.job {
            extra["job"] = json!(job);
        }
        if let Some(Since::Filter { overlap, send_as, .. }) = spec.map(|spec| &spec.since) {
            let less = |since: Timestamp| {
                jiff::SignedDuration::try_from(*overlap)
                    .ok()
                    .and_then(|overlap| since.checked_sub(overlap).ok())
                    .unwrap_or(Timestamp::UNIX_EPOCH)
                    .max(Timestamp::UNIX_EPOCH)
            };
            // A window moved by time begins where the last row stood; its overlap lies behind it already.
            if let Some(from) = state.walk.at.or_else(|| state.since.map(less)) {
                extra["since"] = send_as.json(from);
            }
        }
        extra
    }

    async fn fetch(&self, spec: &PullSpec, paged: &Paged, state: &Resume) -> Result<Answer, Trouble> {
        let context = self.source.context(self.stream, self.extra(Some(spec), state)).await?;
        let mut built = self.source.built(&paged.request, &context, &self.doing)?;
        built.decode = paged.decode();
        let wrong = |why| self.source.invalid(&self.doing, why);
        if let (Some(token), Since::Token { send: Some(send), .. }) = (&state.token, &spec.since)
            && state.walk.pages == 0
        {
            match send {
                TokenSend::Url => {
                    built.url = url::Url::parse(token).map_err(|e| wrong(format!("the saved address is none: {e}")))?;
                }
                TokenSend::Place(place) => put(place, &Json::from(token.as_str()), &mut built).map_err(wrong)?,
            }
        }
        state.walk.place(&paged.next, &mut built).map_err(wrong)?;
        self.source.read(&built, &context, &self.doing).await
    }

    /// The raw rows of an answer, and the walk after them.
    fn take(
        &self,
        spec: &PullSpec,
        paged: &Paged,
        state: &mut Resume,
        answer: &mut Answer,
    ) -> Result<(Vec<Json>, Option<Walk>), ConnectError> {
        let wrong = |why| self.source.invalid(&self.doing, why);
        let (rows, count) = paged.take(answer).map_err(wrong)?;
        let times = matches!(paged.next.cap, Some((_, Then::AtTime)));
        let seen = Seen {
            first_id: rows.first().and_then(|row| self.id(row)),
            last_id: rows.last().and_then(|row| self.id(row)),
            last_changed: times.then(|| rows.last().and_then(|row| self.mapper.changed(row))).flatten(),
            ..Seen::of(answer, rows.last(), count)
        };
        let mut on = state.walk.after(&paged.next, &seen).map_err(wrong)?;
        if let Since::Token { read, .. } = &spec.since
            && let Some(token) = read_place(read, &seen)
        {
            // An address may be given in part: it is kept whole.
            let text = plain_text(&token);
            let whole = matches!(&spec.since, Since::Token { send: Some(TokenSend::Url), .. });
            state.next = Some(match seen.url.join(&text) {
                Ok(url) if whole || text.contains("://") || text.starts_with('/') => url.to_string(),
                _ => text,
            });
        }
        if let (Since::NewestFirst { overlap }, Some(since)) = (&spec.since, state.since)
            && let Some(oldest) = rows.last().and_then(|row| self.mapper.changed(row))
            && since.duration_since(oldest) > jiff::SignedDuration::try_from(*overlap).unwrap_or_default()
        {
            on = None;
        }
        Ok((rows, on))
    }

    pub(super) fn id(&self, record: &Json) -> Option<String> {
        let map = self.stream.map.get("id")?;
        let json = map.choices.first()?.read.eval(record, &|| to_mj(record)).ok()??;
        Some(plain_text(&json)).filter(|id| !id.is_empty())
    }

    /// Looks children up, maps, hands over.
    async fn deliver(
        &self,
        spec: &PullSpec,
        mut batch: Batch,
        state: &Resume,
        pages: &Sender<PulledPage>,
    ) -> Result<(), ConnectError> {
        let mut missing = Vec::new();
        if let Some(refetch) = &spec.refetch {
            (batch.records, missing) = self.refetch(refetch, &batch.records, state).await?;
        }
        if !self.mapper.gone {
            self.add_history(&mut batch.records).await?;
        }
        let mut rows = Vec::with_capacity(batch.records.len());
        let mut problems = Problems::default();
        for record in batch.records {
            self.mapper.rows(&record, &mut problems, &mut rows);
        }
        rows.extend(missing.into_iter().map(|id| {
            let mut row = Row::new(self.stream.entity, id);
            row.gone = true;
            row
        }));
        if spec.sweep.is_some() {
            // They are there: that is all that is asked of them.
            rows.iter_mut().for_each(|row| row.gone = false);
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
}
