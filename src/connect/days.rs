//! Pulls usage by windows of days, small enough that no answer is cut off at the source's row limit.
//!
//! Decides the width of the windows. A window that came back full is asked for again in parts, never kept as it is.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::error::ConnectError;
use super::manifest::{Paged, Rows, Stream};
use super::mapper::Problems;
use super::page::{Columns, Seen, Walk, columns, named};
use super::pull::Run;
use super::source::Source;
use super::trouble::Trouble;
use super::types::{PullEnd, PulledPage};

/// Raw rows that are mapped and handed over at a time: a full answer is some hundred thousand rows of ours.
const PORTION: usize = 500;
/// The widest window, however little there is.
const WIDEST: i32 = 92;

#[derive(Debug, Serialize, Deserialize)]
struct Resume {
    print: String,
    from: Date,
    width: i32,
}

impl Source {
    pub(super) async fn days(
        &self,
        stream: &Stream,
        from: Date,
        to: Date,
        resume: Option<String>,
        pages: Sender<PulledPage>,
    ) -> Result<PullEnd, ConnectError> {
        let (Some((_, step)), Some(spec)) = (stream.by_days(), stream.first.first()) else {
            return Err(self.invalid("pulling", format!("{} is not pulled by days", stream.name)));
        };
        let print = self.print(stream);
        let run = self.run(stream, false).await?;
        let full_at = match &spec.paged.rows {
            Rows::Columns { full_at, .. } => *full_at,
            _ => None,
        };
        let mut state = resume
            .and_then(|text| serde_json::from_str::<Resume>(&text).ok())
            .filter(|r| r.print == print && r.from >= from && r.width > 0)
            .unwrap_or(Resume { print: print.clone(), from, width: step as i32 });
        while state.from < to {
            let end = add(state.from, state.width).min(to);
            let days = (end - state.from).get_days().max(1);
            let rows = match run.window(&spec.paged, state.from, end, "").await {
                Ok(rows) => rows,
                Err(Trouble::TooWide(_)) if days > 1 => {
                    state.width = (days / 2).max(1);
                    continue;
                }
                Err(trouble) => return Err(trouble.into()),
            };
            let count = rows.rows.len();
            let full = full_at.is_some_and(|full| count >= full);
            if full && days > 1 {
                state.width = (days / 2).max(1);
                continue;
            }
            let here = serde_json::to_string(&state).ok();
            if full {
                run.one_full_day(&spec.paged, (state.from, end), rows, full_at.unwrap_or(count), &here, &pages).await?;
            } else {
                run.hand_over(rows, &here, &pages).await?;
            }
            // Two thirds of a full answer leave room for a busy week.
            state.width = match full_at {
                Some(full) if count > 0 => {
                    let per_day = count as f64 / f64::from(days);
                    ((full as f64 * 0.66 / per_day) as i32).clamp(1, WIDEST).min(days.saturating_mul(8))
                }
                _ => days.saturating_mul(4).clamp(1, WIDEST),
            };
            state.from = end;
            // The rows of this window are all there: from here a pull may go on.
            let done = PulledPage { resume: serde_json::to_string(&state).ok(), ..PulledPage::default() };
            pages.send(done).await.map_err(|_| ConnectError::Cancelled)?;
        }
        Ok(PullEnd { watermark: Some(to.to_string()), absent: run.absent })
    }
}

fn add(day: Date, days: i32) -> Date {
    day.checked_add(days.days()).unwrap_or(Date::MAX)
}

impl Run<'_> {
    /// The rows of some days. Answers in columns stay columns: half the memory of records.
    async fn window(&self, spec: &Paged, from: Date, to: Date, above: &str) -> Result<Columns, Trouble> {
        let extra = json!({
            "window": { "from": from.to_string(), "to": to.to_string() },
            "above": above,
            "fields": self.fields,
            "page": 0,
        });
        let context = self.source.context(self.stream, extra).await?;
        let wrong = |why| Trouble::from(self.source.invalid(&self.doing, why));
        let mut walk = Walk::default();
        let mut all = Columns { names: Vec::new(), rows: Vec::new() };
        loop {
            let built = self.source.page(spec, &walk, &context, &self.doing)?;
            let mut answer = self.source.read(&built, &context, &self.doing).await?;
            if matches!(spec.rows, Rows::Columns { .. }) {
                return columns(&spec.rows, &mut answer).map_err(wrong);
            }
            let (rows, count) = spec.take(&mut answer).map_err(wrong)?;
            let seen = Seen::of(&answer, rows.last(), count);
            let on = walk.after(&spec.next, &seen).map_err(wrong)?;
            all.rows.extend(rows);
            match on {
                Some(on) => walk = on,
                None => return Ok(all),
            }
        }
    }

    /// One day alone is more than an answer holds: account after account, above the last whole one.
    async fn one_full_day(
        &self,
        spec: &Paged,
        (from, to): (Date, Date),
        mut table: Columns,
        full: usize,
        here: &Option<String>,
        pages: &Sender<PulledPage>,
    ) -> Result<(), ConnectError> {
        loop {
            let was_full = table.rows.len() >= full;
            if was_full {
                // The last account may be cut: it is asked for again.
                let last = self.account_at(&table, table.rows.len().saturating_sub(1));
                while !table.rows.is_empty() && self.account_at(&table, table.rows.len() - 1) == last {
                    table.rows.pop();
                }
            }
            let above = table.rows.len().checked_sub(1).and_then(|at| self.account_at(&table, at));
            self.hand_over(table, here, pages).await?;
            if !was_full {
                return Ok(());
            }
            let Some(above) = above else {
                let why = format!("{from} has more rows of one account than an answer holds");
                return Err(self.source.invalid(&self.doing, why));
            };
            table = self.window(spec, from, to, &above).await.map_err(ConnectError::from)?;
            if self.account_at(&table, 0).is_some_and(|first| first <= above) {
                let why =
                    format!("{from} has more rows than an answer holds, and the query can't go on above an account");
                return Err(self.source.invalid(&self.doing, why));
            }
        }
    }

    fn account_at(&self, table: &Columns, at: usize) -> Option<String> {
        let record = named(&table.names, table.rows.get(at)?.clone());
        let read = &self.stream.map.get("account")?.choices.first()?.read;
        let json = read.eval(&record, &|| super::formula::to_mj(&record)).ok()??;
        Some(super::formula::plain_text(&json))
    }

    /// Maps and hands over portion by portion; what was handed over is dropped.
    async fn hand_over(
        &self,
        table: Columns,
        here: &Option<String>,
        pages: &Sender<PulledPage>,
    ) -> Result<(), ConnectError> {
        let Columns { names, rows } = table;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let mut page = PulledPage { resume: here.clone(), ..PulledPage::default() };
            let mut problems = Problems::default();
            for row in rows.by_ref().take(PORTION) {
                self.mapper.rows(&named(&names, row), &mut problems, &mut page.rows);
            }
            page.problems = problems.lines();
            pages.send(page).await.map_err(|_| ConnectError::Cancelled)?;
        }
        Ok(())
    }
}
