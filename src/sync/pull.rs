//! Pulls all sources: first what founds the book (owners, accounts), then everything else side by side.
//!
//! One writer keeps the pages in the order in which they arrive, each with its cursor in one transaction. A stream that
//! fails keeps what it had and goes on there the next time; the others go on now.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::book::ids::SourceName;
use crate::book::progress::{Progress, SourceSummary};
use crate::book::row::Entity;
use crate::connect::{ConnectError, ErrorClass, Notice, PullEnd, PulledPage, Source};
use crate::store::{Batch, Cursor, MatchIndex, Store, StoreError};
use crate::sync::clock::Clock;
use crate::sync::cursor::{Cut, Phase, Progressed};
use crate::sync::matching::Matching;
use crate::sync::wave::{self, Origin, Word, Work};

/// A source to pull.
pub struct SourceRun {
    pub name: SourceName,
    pub source: Arc<Source>,
    /// Its accounts are the accounts of the book; other sources' records find theirs by matching.
    pub founds: bool,
}

/// What a pull is done with.
pub struct PullOptions {
    /// Everything again, whatever was pulled before.
    pub full: bool,
    /// What everything is dated with.
    pub clock: Clock,
    /// How many days of usage are pulled the first time.
    pub back: u32,
    /// Set to end at the next page; what was pulled is kept.
    pub cancel: Arc<AtomicBool>,
}

/// A stream while it is pulled.
struct Running {
    cursor: Progressed,
    pass: Option<u64>,
    /// What is gone is found out by a list of what is there.
    sweeps: bool,
    /// The number of the pass of such a list.
    list: Option<u64>,
    rows: u64,
    began: Instant,
}

/// The writer: everything that one sync keeps track of.
struct Writer<'a> {
    store: &'a mut Store,
    runs: &'a [SourceRun],
    options: &'a PullOptions,
    report: &'a dyn Fn(Progress),
    running: HashMap<(usize, String), Running>,
    summaries: Vec<SourceSummary>,
    /// The worst class of error by source: decides the exit code.
    failures: Vec<Option<ErrorClass>>,
}

/// How a sync ended, source by source.
pub struct PullOutcome {
    pub summaries: Vec<SourceSummary>,
    pub failures: Vec<Option<ErrorClass>>,
}

/// Pulls all sources to their end, or until cancelled.
///
/// # Errors
/// Only what concerns the store (a full disk, say): a failing source is in its summary.
pub fn pull(
    runtime: &Runtime,
    store: &mut Store,
    runs: &[SourceRun],
    options: &PullOptions,
    report: &dyn Fn(Progress),
) -> Result<PullOutcome, StoreError> {
    let began = Instant::now();
    let summary = |run: &SourceRun| SourceSummary { name: run.name.to_string(), ..SourceSummary::default() };
    let mut writer = Writer {
        store,
        runs,
        options,
        report,
        running: HashMap::new(),
        summaries: runs.iter().map(summary).collect(),
        failures: vec![None; runs.len()],
    };
    for run in runs {
        report(Progress::Started { source: run.name.clone() });
    }
    let before: Vec<_> = runs.iter().map(|run| run.source.stats()).collect();
    let founding =
        |index: usize, entity: Entity| runs[index].founds && matches!(entity, Entity::Owner | Entity::Account);
    let first = writer.works(founding)?;
    let result = writer.wave(runtime, first, &MatchIndex::default());
    let result = result.and_then(|()| {
        let index = writer.store.match_index()?;
        let second = writer.works(|index, entity| !founding(index, entity))?;
        writer.wave(runtime, second, &index)
    });
    for (index, run) in runs.iter().enumerate() {
        let stats = run.source.stats();
        let summary = &mut writer.summaries[index];
        summary.requests = stats.requests - before[index].requests;
        summary.bytes = stats.bytes - before[index].bytes;
        (summary.daily_left, summary.daily_of) = (stats.daily_left, stats.daily_of);
        summary.seconds = began.elapsed().as_secs_f64();
        report(Progress::Ended { source: run.name.clone(), summary: summary.clone() });
    }
    result?;
    Ok(PullOutcome { summaries: writer.summaries, failures: writer.failures })
}

impl Writer<'_> {
    /// The streams of a wave, with where each goes on. A source that has failed for good has no more of them.
    fn works(&mut self, wanted: impl Fn(usize, Entity) -> bool) -> Result<Vec<Work>, StoreError> {
        let mut works = Vec::new();
        for (index, run) in self.runs.iter().enumerate() {
            if self.failures[index].is_some_and(ends_source) {
                continue;
            }
            for info in run.source.streams() {
                if !wanted(index, info.entity) {
                    continue;
                }
                let stored = self.store.cursor(&run.name, &info.name)?;
                let cursor = if self.options.full {
                    Progressed::default()
                } else {
                    Progressed::read(stored.as_ref().map(|cursor| cursor.0.as_str()))
                };
                works.push(Work {
                    source: index,
                    connection: Arc::clone(&run.source),
                    info,
                    cursor,
                    today: self.options.clock.today(),
                    now: self.options.clock.now(),
                    back: self.options.back,
                });
            }
        }
        Ok(works)
    }

    /// Pulls the streams of a wave to their end.
    fn wave(&mut self, runtime: &Runtime, works: Vec<Work>, index: &MatchIndex) -> Result<(), StoreError> {
        for work in &works {
            // A full pass that was cut off goes on under its number, so that what it saw before survives the sweep.
            let first = work.cursor.rows(&work.info.name, work.info.changes).0 == Phase::First;
            let pass = match (&work.cursor.cut, first && work.info.days_again.is_none()) {
                (Some(Cut { pass: Some(pass), .. }), true) => Some(*pass),
                (_, true) => Some(self.store.begin_pass(&self.runs[work.source].name, &work.info.name)?),
                _ => None,
            };
            let list = match &work.cursor.cut {
                Some(Cut { phase: Phase::Deleted, pass, .. }) => *pass,
                _ => None,
            };
            let running = Running {
                cursor: work.cursor.clone(),
                pass,
                sweeps: work.info.sweep_every.is_some(),
                list,
                rows: 0,
                began: Instant::now(),
            };
            self.running.insert((work.source, work.info.name.clone()), running);
        }
        let mut matchings: HashMap<usize, Matching<'_>> = self
            .runs
            .iter()
            .enumerate()
            .filter(|(_, run)| !run.founds)
            .map(|(at, run)| (at, Matching::new(index, run.name.clone())))
            .collect();
        let mut heard = self.listen();
        runtime.block_on(async {
            let wave::Running { mut tasks, handles, mut words } = wave::start(works);
            let mut result = Ok(());
            loop {
                let (origin, word) = tokio::select! {
                    Some(waiting) = heard.recv() => {
                        (self.report)(waiting);
                        continue;
                    }
                    word = words.recv() => match word {
                        Some(word) => word,
                        None => break,
                    },
                };
                if self.options.cancel.load(Ordering::Relaxed) {
                    break;
                }
                let kept = match word {
                    Word::Page(page) => self.page(&origin, page, matchings.get_mut(&origin.source)),
                    Word::End(end) => self.end(&origin, end),
                    Word::Stale(because) => self.stale(&origin, because),
                    Word::Failed(error) => {
                        if self.failed(&origin, &error) {
                            for (_, handle) in handles.iter().filter(|(source, _)| *source == origin.source) {
                                handle.abort();
                            }
                        }
                        Ok(())
                    }
                };
                if let Err(error) = kept {
                    result = Err(error);
                    break;
                }
            }
            tasks.abort_all();
            while tasks.join_next().await.is_some() {}
            result
        })
    }

    /// What the sources say while they wait: a limit, a pause that was asked for, a try after a failure.
    fn listen(&self) -> UnboundedReceiver<Progress> {
        let (sender, heard) = unbounded_channel();
        for run in self.runs {
            let (sender, source) = (sender.clone(), run.name.clone());
            run.source.on_notice(Arc::new(move |notice| {
                let Notice::Waiting { seconds, because } = notice else { return };
                // Nobody listens after the pull: what is said then concerns nobody.
                let _ = sender.send(Progress::Waiting { source: source.clone(), seconds, because });
            }));
        }
        heard
    }

    fn page(
        &mut self,
        origin: &Origin,
        page: PulledPage,
        matching: Option<&mut Matching<'_>>,
    ) -> Result<(), StoreError> {
        let run = &self.runs[origin.source];
        let key = (origin.source, origin.stream.clone());
        let Some(running) = self.running.get_mut(&key) else { return Ok(()) };
        let lists = running.sweeps && origin.phase == Phase::Deleted;
        if lists && running.list.is_none() {
            running.list = Some(self.store.begin_pass(&run.name, &origin.stream)?);
        }
        let pass = if lists { running.list } else { running.pass.filter(|_| origin.phase == Phase::First) };
        running.cursor.cut = page.resume.map(|resume| Cut {
            phase: origin.phase,
            resume,
            from: origin.window.map(|(from, _)| from),
            to: origin.window.map(|(_, to)| to),
            pass,
        });
        running.rows += page.rows.len() as u64;
        let mut batch = Batch::new(run.name.clone(), origin.stream.clone(), page.rows, self.options.clock.now());
        // A list of what is there tells nothing that could be matched.
        let matching = matching.filter(|_| !lists);
        batch.matches = matching.map(|matching| matching.of(&batch.rows)).unwrap_or_default();
        batch.founds = run.founds;
        batch.pass = pass;
        batch.seen_only = lists;
        batch.cursor = Some(Cursor(running.cursor.write()));
        let applied = self.store.apply(&batch)?;
        let summary = &mut self.summaries[origin.source];
        summary.pulled += applied.rows;
        summary.changed += applied.added + applied.changed;
        summary.deleted += applied.gone;
        for problem in &page.problems {
            tracing::warn!(source = %run.name, stream = origin.stream, "{problem}");
        }
        (self.report)(Progress::Pulled {
            source: run.name.clone(),
            entity: origin.entity,
            rows: running.rows,
            of: page.of,
            per_second: running.rows as f64 / running.began.elapsed().as_secs_f64().max(0.001),
            left: run.source.stats().left,
        });
        Ok(())
    }

    /// A phase is over: its watermark counts from now on, and what a full pass did not see is gone.
    fn end(&mut self, origin: &Origin, end: PullEnd) -> Result<(), StoreError> {
        let run = &self.runs[origin.source];
        let Some(running) = self.running.get_mut(&(origin.source, origin.stream.clone())) else { return Ok(()) };
        running.cursor.cut = None;
        match origin.phase {
            Phase::First | Phase::Changed => running.cursor.watermark = end.watermark,
            Phase::Days => {
                running.cursor.until = origin.window.and_then(|(_, to)| to.yesterday().ok()).or(running.cursor.until);
            }
            Phase::Deleted => {}
        }
        let lists = running.sweeps && origin.phase == Phase::Deleted;
        if lists || origin.phase == Phase::First {
            running.cursor.swept = Some(self.options.clock.now());
        }
        for absent in &end.absent {
            tracing::warn!(source = %run.name, stream = origin.stream, "not visible to this token: {absent}");
        }
        let mut batch = Batch::new(run.name.clone(), origin.stream.clone(), Vec::new(), self.options.clock.now());
        batch.founds = run.founds;
        batch.cursor = Some(Cursor(running.cursor.write()));
        self.store.apply(&batch)?;
        let pass =
            if lists { running.list.take() } else { running.pass.take().filter(|_| origin.phase == Phase::First) };
        if let Some(pass) = pass {
            let now = self.options.clock.now();
            self.summaries[origin.source].deleted += self.store.sweep_stream(&run.name, &origin.stream, pass, now)?;
        }
        Ok(())
    }

    /// The watermark was too old: everything of the stream comes again.
    fn stale(&mut self, origin: &Origin, because: String) -> Result<(), StoreError> {
        tracing::info!(stream = origin.stream, "{because}");
        let pass = self.store.begin_pass(&self.runs[origin.source].name, &origin.stream)?;
        if let Some(running) = self.running.get_mut(&(origin.source, origin.stream.clone())) {
            running.cursor = Progressed::default();
            running.pass = Some(pass);
        }
        Ok(())
    }

    /// Notes a failure; whether the whole source is to stop.
    fn failed(&mut self, origin: &Origin, error: &ConnectError) -> bool {
        let class = error.class();
        let stops = ends_source(class);
        let slot = &mut self.failures[origin.source];
        let already = slot.is_some_and(ends_source);
        if already {
            return true;
        }
        if slot.is_none() || stops {
            *slot = Some(class);
            self.summaries[origin.source].error = Some(error.to_string());
        }
        tracing::warn!(stream = origin.stream, "{error}");
        (self.report)(Progress::Failed {
            source: self.runs[origin.source].name.clone(),
            entity: (!stops).then_some(origin.entity),
            because: error.to_string(),
        });
        stops
    }
}

/// Whether an error of this class is the same for every stream of its source.
fn ends_source(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::SignIn | ErrorClass::Quota | ErrorClass::Unreachable | ErrorClass::Config)
}
