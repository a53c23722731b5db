//! `import`: files of rows, as if a source of their own had sent them: matched, kept and assessed as a sync does.
//!
//! Decides that a file is kept whole or not at all, and under which source. What a column means is decided in `columns`,
//! what a row becomes in `rows`.

mod columns;
mod read;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::book::ids::SourceName;
use crate::book::row::{Entity, Row};
use crate::ops::{Desk, OpsError};
use crate::store::{Applied, Batch, IMPORTED, MatchIndex, SourceMark};
use crate::sync::{Lease, Matching};

use columns::Columns;
use rows::Maker;

/// Rows of usage that are kept at once: a file of years is never in memory as a whole.
const PORTION: usize = 20_000;
/// Mistakes that are listed by file; the rest is counted.
const LISTED: usize = 1000;
/// Ids without an account that are listed by file.
const UNMATCHED: usize = 20;

/// What to import.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// Each with what its rows are.
    pub files: Vec<(PathBuf, Entity)>,
    /// (our field, their column).
    pub map: Vec<(String, String)>,
    /// The source that the rows are said to come from.
    pub source: String,
    /// Only look for mistakes.
    pub dry_run: bool,
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: String,
    /// `None`: the file as a whole.
    pub line: Option<u64>,
    /// Their name of the column.
    pub column: Option<String>,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.column {
            Some(column) => write!(f, ": {column}: {}", self.message),
            None => write!(f, ": {}", self.message),
        }
    }
}

/// How a file fared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileReport {
    pub file: String,
    /// What its rows are.
    pub entity: &'static str,
    /// Rows that were read, without the head.
    pub rows: u64,
    /// Records, or days of usage, that they make: several rows of one id are one record with a past.
    pub records: u64,
    /// `imported`, `checked` (a dry run) or `refused`.
    pub state: &'static str,
    pub added: u64,
    pub changed: u64,
    /// Which column fills which field.
    pub mapped: BTreeMap<String, String>,
    /// Columns that were not taken.
    pub ignored: Vec<String>,
    /// Ids of accounts that are none of the book's, the first of them, and how many there are.
    pub unmatched: Vec<String>,
    pub unmatched_total: u64,
    pub problems: Vec<Problem>,
    pub problems_total: u64,
}

impl FileReport {
    fn problem(&mut self, line: Option<u64>, column: Option<&str>, message: impl Into<String>) {
        self.problems_total += 1;
        if self.problems.len() < LISTED {
            self.problems.push(Problem {
                file: self.file.clone(),
                line,
                column: column.map(str::to_owned),
                message: message.into(),
            });
        }
    }
}

/// How an import ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    pub source: String,
    pub dry_run: bool,
    pub files: Vec<FileReport>,
    /// The exit code, as in the README.
    #[serde(skip)]
    pub exit: u8,
}

impl Desk {
    /// Imports files, each whole or not at all. A mistake in one does not keep the others back.
    pub fn import(&self, request: &ImportRequest, report: &dyn Fn(&str, u64)) -> Result<ImportReport, OpsError> {
        let source = self.import_source(&request.source)?;
        if self.settings().read_only && !request.dry_run {
            return Err(OpsError::usage("--read-only: nothing is imported; --dry-run only looks for mistakes"));
        }
        for (_, entity) in &request.files {
            columns::known(*entity, &request.map).map_err(OpsError::usage)?;
        }
        let _lease = if request.dry_run { None } else { Some(Lease::take(&self.settings().folders.data)?) };
        let mut files = Vec::new();
        for (path, entity) in &request.files {
            let report = |rows| report(&path.display().to_string(), rows);
            files.push(self.import_file(request, &source, path, *entity, &report)?);
        }
        let kept = files.iter().filter(|file| file.state == "imported").count();
        let refused = files.iter().filter(|file| file.state == "refused").count();
        if kept > 0 {
            let now = self.now();
            self.store_mut().put_source_state(&SourceMark {
                name: source.clone(),
                connector: IMPORTED.to_owned(),
                started: now,
                ended: Some(now),
                error: None,
                left: None,
            })?;
            self.settle_in()?;
        }
        let exit = match (refused, kept) {
            (0, _) => 0,
            (_, 0) => 1,
            _ => 6,
        };
        Ok(ImportReport { source: source.to_string(), dry_run: request.dry_run, files, exit })
    }

    /// Forgets everything that was imported under a name. Answers with whether there was anything.
    pub fn import_forget(&self, source: &str) -> Result<bool, OpsError> {
        let source = self.import_source(source)?;
        if self.settings().read_only {
            return Err(OpsError::usage("--read-only: nothing is forgotten"));
        }
        let _lease = Lease::take(&self.settings().folders.data)?;
        let known = self.store().sources()?.iter().any(|one| one.name == source.as_str());
        if known {
            self.store_mut().forget_source(&source)?;
            self.settle_in()?;
        }
        Ok(known)
    }

    /// What a sync ends with: every standing as of now, and the figures over them.
    fn settle_in(&self) -> Result<(), OpsError> {
        self.assess_all(&|_| {})?;
        if self.store_mut().follow_medians()? > 0 {
            self.assess_all(&|_| {})?;
        }
        Ok(())
    }

    /// The name of a source that may be imported into.
    fn import_source(&self, name: &str) -> Result<SourceName, OpsError> {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(OpsError::usage("--source: a source's name is letters, digits, - and _"));
        }
        if self.settings().source(name).is_some() {
            return Err(OpsError::usage(format!(
                "--source {name} is a connected source, whose next sync would take for deleted what is imported into it: \
                 choose another name"
            )));
        }
        Ok(SourceName::from(name))
    }

    fn import_file(
        &self,
        request: &ImportRequest,
        source: &SourceName,
        path: &Path,
        entity: Entity,
        report: &dyn Fn(u64),
    ) -> Result<FileReport, OpsError> {
        let (name, state) = (path.display().to_string(), "refused");
        let mut file = FileReport { file: name, entity: entity.name(), state, ..FileReport::default() };
        // First all of it is read for mistakes; nothing is kept of a file that has one.
        let checked = self.check_file(request, source, (path, entity), &mut file, report);
        let Some(rows) = checked else { return Ok(file) };
        if file.problems_total > 0 {
            return Ok(file);
        }
        let index = self.store().match_index()?;
        let mut matching = Matching::new(&index, source.clone());
        self.unmatched(&index, source, &rows, &mut file);
        file.state = "checked";
        if request.dry_run {
            return Ok(file);
        }
        let applied = if entity == Entity::Usage {
            self.keep_usage(request, source, path, &mut file, &index)
        } else {
            let mut batches = Some(self.batch(source, entity, rows, &mut matching)).into_iter();
            self.store_mut().apply_all(&mut || Ok(batches.next()))
        };
        match applied {
            Ok(applied) => {
                file.state = "imported";
                file.added = applied.added;
                file.changed = applied.changed;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(file)
    }

    /// Reads a file for mistakes. Answers with its rows, except those of usage, which are read again when they are kept.
    fn check_file(
        &self,
        request: &ImportRequest,
        source: &SourceName,
        (path, entity): (&Path, Entity),
        file: &mut FileReport,
        report: &dyn Fn(u64),
    ) -> Option<Vec<Row>> {
        let mut records = match read::open(path) {
            Ok(records) => records,
            Err(message) => {
                file.problem(None, None, message);
                return None;
            }
        };
        let columns = match Columns::of(entity, &request.map, records.heads()) {
            Ok(columns) => columns,
            Err(messages) => {
                messages.into_iter().for_each(|message| file.problem(Some(records.head_line()), None, message));
                return None;
            }
        };
        file.mapped = columns.mapped().into_iter().collect();
        file.ignored = columns.ignored().to_vec();
        let mut maker = Maker::new(entity, &columns, self.zone(), self.today());
        let mut accounts = BTreeSet::new();
        while let Some(record) = records.next() {
            match record {
                Ok(record) => {
                    file.rows += 1;
                    if file.rows.is_multiple_of(10_000) {
                        report(file.rows);
                    }
                    if entity == Entity::Usage {
                        match maker.usage(&record) {
                            Ok(row) => accounts.extend(row.accounts),
                            Err(problems) => problems.report(file),
                        }
                    } else if let Err(problems) = maker.take(&record) {
                        problems.report(file);
                    }
                }
                Err((line, message)) => file.problem(line, None, message),
            }
        }
        if file.rows == 0 && file.problems_total == 0 {
            file.problem(None, None, "has no rows: nothing to import");
        }
        if entity == Entity::Usage {
            file.records = file.rows;
            // Only to look up the accounts that are named.
            return Some(accounts.into_iter().map(|id| usage_of(&id)).collect());
        }
        let stated = |id: &str| self.store().stated(source, entity, id).ok().flatten();
        let rows = maker.finish(&stated);
        file.records = rows.len() as u64;
        Some(rows)
    }

    /// Keeps a file of usage, portion by portion in one transaction.
    fn keep_usage(
        &self,
        request: &ImportRequest,
        source: &SourceName,
        path: &Path,
        file: &mut FileReport,
        index: &MatchIndex,
    ) -> Result<Applied, crate::store::StoreError> {
        let changed = || format!("{} changed while it was read: nothing of it was imported", file.file);
        let columns = read::open(path)
            .ok()
            .and_then(|records| Some((Columns::of(Entity::Usage, &request.map, records.heads()).ok()?, records)));
        let Some((columns, mut records)) = columns else {
            return Err(crate::store::StoreError::Refused(changed()));
        };
        let mut maker = Maker::new(Entity::Usage, &columns, self.zone(), self.today());
        let mut matching = Matching::new(index, source.clone());
        let mut next = || {
            let mut rows = Vec::new();
            while rows.len() < PORTION {
                match records.next() {
                    None => break,
                    Some(Ok(record)) => rows.push(maker.usage(&record).map_err(|_| changed())?),
                    Some(Err(_)) => return Err(changed()),
                }
            }
            Ok((!rows.is_empty()).then(|| self.batch(source, Entity::Usage, rows, &mut matching)))
        };
        self.store_mut().apply_all(&mut next)
    }

    /// Whether accounts that are imported are accounts of the book: as long as no connected source brings them.
    fn import_founds(&self) -> bool {
        !self.settings().sources.iter().any(|config| self.has_accounts(config))
    }

    /// Lists which ids are no account of the book.
    fn unmatched(&self, index: &MatchIndex, source: &SourceName, rows: &[Row], file: &mut FileReport) {
        let founds = self.import_founds();
        let mut seen = BTreeSet::new();
        for row in rows {
            let (ids, row) = match row.entity {
                Entity::Account if founds => continue,
                Entity::Account => (vec![&row.id], Some(row)),
                _ => (row.accounts.iter().collect(), None),
            };
            for id in ids {
                let as_named = || Matching::new(index, source.clone()).of(&[usage_of(id)]);
                let found =
                    row.map_or_else(as_named, |row| Matching::new(index, source.clone()).of(std::slice::from_ref(row)));
                if found.is_empty() && seen.insert(id) {
                    file.unmatched_total += 1;
                    if file.unmatched.len() < UNMATCHED {
                        file.unmatched.push(id.clone());
                    }
                }
            }
        }
    }

    /// One page of an import. Its accounts are accounts of the book unless a connected source founds it.
    fn batch(&self, source: &SourceName, entity: Entity, rows: Vec<Row>, matching: &mut Matching<'_>) -> Batch {
        let stream = format!("{IMPORTED}/{}", entity.name());
        let mut batch = Batch::new(source.clone(), stream, rows, self.now());
        batch.founds = self.import_founds();
        batch.matches = matching.of(&batch.rows);
        batch
    }
}

/// A row that says nothing but whose it is.
fn usage_of(account: &str) -> Row {
    let mut row = Row::new(Entity::Usage, account);
    row.accounts = vec![account.to_owned()];
    row
}

/// The moment by which a day is written down: its noon, so that another time zone does not make another day of it.
fn noon(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    day.at(12, 0, 0, 0).to_zoned(zone.clone()).ok().map(|at| at.timestamp())
}
