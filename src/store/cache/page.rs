//! Windows of the portfolio, by index: no sort and no filter ever reads more rows than it has to pass.
//!
//! Decides the order of each sort (absent values always stand last) and how a window far down is reached: from the last
//! place that was read, or from the end, whichever is nearer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::super::filter::Filter;
use crate::book::view::Sort;

/// How a sort stands in the table.
struct Key {
    column: &'static str,
    index: &'static str,
    own_index: &'static str,
    /// Smallest first, unless reversed.
    ascending: bool,
    /// May be absent.
    nullable: bool,
}

fn key(sort: Sort) -> Key {
    let key = |column, index, own_index, ascending, nullable| Key { column, index, own_index, ascending, nullable };
    match sort {
        Sort::Urgency => key("exposure", "by_urgency", "own_urgency", false, false),
        Sort::Name => key("name", "by_name", "own_name", true, false),
        Sort::Health => key("score", "by_health", "own_health", true, true),
        Sort::Change => key("delta", "by_change", "own_change", true, true),
        Sort::Arr => key("arr", "by_arr", "own_arr", false, true),
        Sort::Renewal => key("renewal", "by_renewal", "own_renewal", true, true),
        Sort::Touch => key("touch", "by_touch", "own_touch", true, false),
    }
}

/// What a walk is over.
pub(in crate::store) struct Order<'a> {
    pub sort: Sort,
    pub reverse: bool,
    /// The owner, folded; `None`: everybody's.
    pub owner: Option<String>,
    pub filter: &'a Filter,
}

/// A run of the order inside which the index alone gives the sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    /// What holds in it of the key column.
    cond: &'static str,
    ascending: bool,
}

impl Order<'_> {
    /// Absent values stand last both ways. SQLite holds them for the smallest: so they are a run of their own.
    fn segments(&self) -> Vec<Segment> {
        let key = key(self.sort);
        let ascending = key.ascending != self.reverse;
        let conds: &[&'static str] = if key.nullable { &["IS NOT NULL", "IS NULL"] } else { &["IS NOT NULL"] };
        conds.iter().map(|cond| Segment { cond, ascending }).collect()
    }

    /// The statement of a segment, and its parameters. `after`: only what stands behind that key in its direction.
    fn sql(&self, segment: Segment, select: &str, after: Option<&(Value, i64)>, tail: &str) -> (String, Vec<Value>) {
        let key = key(self.sort);
        let index = if self.owner.is_some() { key.own_index } else { key.index };
        let mut conds = vec!["seen()".to_owned()];
        // A place in the run of present values says that they are present; said twice, the index would be entered by that
        // and walked from its beginning.
        if !matches!(after, Some((value, _)) if *value != Value::Null) {
            conds.push(format!("(p.{} {})", key.column, segment.cond));
        }
        let mut values = Vec::new();
        if let Some(owner) = &self.owner {
            conds.push("p.owner = ?".to_owned());
            values.push(Value::Text(owner.clone()));
        }
        let compare = if segment.ascending { ">" } else { "<" };
        match after {
            None => {}
            // In the run of absent values only the account decides.
            Some((Value::Null, account)) => {
                conds.push(format!("p.place {compare} ?"));
                values.push(Value::Integer(*account));
            }
            Some((value, account)) => {
                conds.push(format!("(p.{}, p.place) {compare} (?, ?)", key.column));
                values.extend([value.clone(), Value::Integer(*account)]);
            }
        }
        if !self.filter.is_all() {
            conds.push(format!("({})", self.filter.sql));
            values.extend(self.filter.params.iter().cloned());
        }
        let sql = format!("SELECT {select} FROM portfolio p INDEXED BY {index} WHERE {} {tail}", conds.join(" AND "));
        (sql, values)
    }

    /// What tells this order from another.
    fn name(&self) -> String {
        format!("{:?} {} {:?} {} {:?}", self.sort, self.reverse, self.owner, self.filter.sql, self.filter.params)
    }
}

/// Places of an order that were read: offset of the row after → (segment, key of the row before).
type Anchors = BTreeMap<u64, (usize, (Value, i64))>;

/// A book of so many rows is big enough to ask first how many a filter leaves. (The tests of this room have books of a
/// dozen, and are to walk both ways.)
const BIG: u64 = if cfg!(test) { 6 } else { 5_000 };
/// So many rows are few.
const FEW: i64 = 200;

/// What makes windows cheap between two changes of the data.
#[derive(Debug, Default)]
pub(in crate::store) struct Reader {
    counter: Arc<AtomicU64>,
    anchors: HashMap<String, Anchors>,
    /// Lengths of first segments, where they were learnt.
    lengths: HashMap<String, u64>,
    /// Filters that leave few rows: all of them in their order; `None`: they leave many.
    few: HashMap<String, Option<Vec<i64>>>,
    /// `PRAGMA data_version` and this connection's own changes.
    stamp: (i64, u64),
}

/// Keys of a window, and how many rows were stepped over to find them.
pub(in crate::store) struct Window {
    pub accounts: Vec<i64>,
    pub read: u64,
}

impl Reader {
    /// Gives SQLite the function by which the rows that a statement visits are counted.
    pub(in crate::store) fn install(&self, conn: &Connection) -> rusqlite::Result<()> {
        let counter = Arc::clone(&self.counter);
        conn.create_scalar_function("seen", 0, FunctionFlags::SQLITE_UTF8, move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(true)
        })?;
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        conn.create_scalar_function("fold", 1, flags, |context| {
            Ok(context.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
        })
    }

    fn settle(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let version = conn.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        let stamp = (version, conn.total_changes());
        if stamp != self.stamp || self.anchors.len() > 64 {
            self.anchors.clear();
            self.lengths.clear();
            self.few.clear();
            self.stamp = stamp;
        }
        Ok(())
    }

    /// The keys of rows `offset..offset + limit` of an order.
    pub(in crate::store) fn window(
        &mut self,
        conn: &Connection,
        order: &Order<'_>,
        offset: u64,
        limit: u64,
    ) -> rusqlite::Result<Window> {
        self.settle(conn)?;
        self.counter.store(0, Ordering::Relaxed);
        let name = order.name();
        if let Some(all) = self.few(conn, order, &name)? {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(all.len());
            let to = from.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(all.len());
            return Ok(Window { accounts: all[from..to].to_vec(), read: self.counter.load(Ordering::Relaxed) });
        }
        let near = self.anchors.get(&name).and_then(|all| all.range(..=offset).next_back());
        let (start, at) = near.map_or((0, None), |(start, at)| (*start, Some(at.clone())));
        let total = if order.filter.is_all() { Some(size(conn, order.owner.as_deref())?) } else { None };
        let accounts = match total {
            Some(total) if offset >= total => Vec::new(),
            Some(total) if total - offset < offset - start => {
                let limit = limit.min(total - offset);
                self.backward(conn, order, total - offset - limit, limit)?
            }
            _ => self.forward(conn, order, &name, at, offset - start, offset, limit)?,
        };
        Ok(Window { accounts, read: self.counter.load(Ordering::Relaxed) })
    }

    /// All that a filter leaves, where that is little of a big book: reading the table from end to end is cheaper then
    /// than walking an index in leaps for rows that hardly ever come.
    fn few(&mut self, conn: &Connection, order: &Order<'_>, name: &str) -> rusqlite::Result<Option<&Vec<i64>>> {
        if order.filter.is_all() || order.owner.is_some() || size(conn, None)? < BIG {
            return Ok(None);
        }
        if !self.few.contains_key(name) {
            let any = Segment { cond: "IS NULL OR 1", ascending: true };
            let (sql, mut values) = order.sql(any, "1", None, "LIMIT ?");
            values.push(Value::Integer(FEW + 1));
            let sql = format!("SELECT count(*) FROM ({})", unindexed(order, &sql));
            let hits: i64 = conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
            let mut all = None;
            if hits <= FEW {
                let mut found = Vec::new();
                for segment in order.segments() {
                    let way = if segment.ascending { "ASC" } else { "DESC" };
                    let tail = format!("ORDER BY p.{} {way}, p.place {way}", key(order.sort).column);
                    let (sql, values) = order.sql(segment, "p.account", None, &tail);
                    let mut statement = conn.prepare_cached(&unindexed(order, &sql))?;
                    for account in statement.query_map(params_from_iter(values), |row| row.get(0))? {
                        found.push(account?);
                    }
                }
                all = Some(found);
            }
            self.few.insert(name.to_owned(), all);
        }
        Ok(self.few.get(name).and_then(Option::as_ref))
    }

    #[allow(clippy::too_many_arguments)] // one walk, described once
    fn forward(
        &mut self,
        conn: &Connection,
        order: &Order<'_>,
        name: &str,
        from: Option<(usize, (Value, i64))>,
        mut skip: u64,
        offset: u64,
        limit: u64,
    ) -> rusqlite::Result<Vec<i64>> {
        let mut found: Vec<(usize, Value, i64)> = Vec::new();
        let first = from.as_ref().map_or(0, |(segment, _)| *segment);
        for (n, segment) in order.segments().into_iter().enumerate().skip(first) {
            let want = limit - found.len() as u64;
            if want == 0 {
                break;
            }
            let after = from.as_ref().filter(|(segment, _)| *segment == n).map(|(_, key)| key);
            let rows = run(conn, order, segment, after, skip, want)?;
            if rows.is_empty() && skip > 0 {
                // The window may begin behind this run: how long what is left of it is must be known.
                let passed = self.length(conn, order, name, segment, after)?;
                skip = skip.saturating_sub(passed);
            } else {
                skip = 0;
            }
            found.extend(rows.into_iter().map(|(value, account)| (n, value, account)));
        }
        if let Some((segment, value, account)) = found.last() {
            let place = (*segment, (value.clone(), *account));
            self.anchors.entry(name.to_owned()).or_default().insert(offset + found.len() as u64, place);
        }
        Ok(found.into_iter().map(|(_, _, account)| account).collect())
    }

    /// Lengths are asked for at the seam of two runs only, and kept until the data changes.
    fn length(
        &mut self,
        conn: &Connection,
        order: &Order<'_>,
        name: &str,
        segment: Segment,
        after: Option<&(Value, i64)>,
    ) -> rusqlite::Result<u64> {
        let known = format!("{segment:?} {after:?} {name}");
        if let Some(length) = self.lengths.get(&known) {
            return Ok(*length);
        }
        let length = length(conn, order, segment, after)?;
        self.lengths.insert(known, length);
        Ok(length)
    }

    fn backward(&self, conn: &Connection, order: &Order<'_>, mut skip: u64, limit: u64) -> rusqlite::Result<Vec<i64>> {
        let mut found = Vec::new();
        for segment in order.segments().into_iter().rev() {
            let want = limit - found.len() as u64;
            if want == 0 {
                break;
            }
            let turned = Segment { ascending: !segment.ascending, ..segment };
            let rows = run(conn, order, turned, None, skip, want)?;
            if rows.is_empty() && skip > 0 {
                skip = skip.saturating_sub(length(conn, order, turned, None)?);
            } else {
                skip = 0;
            }
            found.extend(rows.into_iter().map(|(_, account)| account));
        }
        found.reverse();
        Ok(found)
    }
}

fn tail(order: &Order<'_>, segment: Segment) -> String {
    let way = if segment.ascending { "ASC" } else { "DESC" };
    format!("ORDER BY p.{} {way}, p.place {way} LIMIT ? OFFSET ?", key(order.sort).column)
}

fn run(
    conn: &Connection,
    order: &Order<'_>,
    segment: Segment,
    after: Option<&(Value, i64)>,
    skip: u64,
    limit: u64,
) -> rusqlite::Result<Vec<(Value, i64)>> {
    let columns = format!("p.{}, p.account", key(order.sort).column);
    let (sql, mut values) = order.sql(segment, &columns, after, &tail(order, segment));
    values.extend([Value::Integer(limit as i64), Value::Integer(skip as i64)]);
    let mut statement = conn.prepare_cached(&sql)?;
    statement.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn length(
    conn: &Connection,
    order: &Order<'_>,
    segment: Segment,
    after: Option<&(Value, i64)>,
) -> rusqlite::Result<u64> {
    let (sql, values) = order.sql(segment, "count(*)", after, "");
    let length: i64 = conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(length as u64)
}

/// How many rows the portfolio has, without counting them.
pub(in crate::store) fn size(conn: &Connection, owner: Option<&str>) -> rusqlite::Result<u64> {
    let name = owner.map_or_else(|| "*".to_owned(), |owner| format!("={owner}"));
    let rows: Option<i64> = conn
        .prepare_cached("SELECT rows FROM sized WHERE owner = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(rows.unwrap_or(0).max(0) as u64)
}

/// How many rows an order has.
pub(in crate::store) fn count(conn: &Connection, order: &Order<'_>) -> rusqlite::Result<u64> {
    if order.filter.is_all() {
        return size(conn, order.owner.as_deref());
    }
    // The table itself is read from one end to the other: in the order of an index it would be read in leaps.
    let (sql, values) = order.sql(Segment { cond: "IS NULL OR 1", ascending: true }, "count(*)", None, "");
    let sql = if order.owner.is_none() { unindexed(order, &sql) } else { sql };
    let count: i64 = conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(count as u64)
}

/// How many rows of an order stand before an account; `None`: it is not in it.
pub(in crate::store) fn position(conn: &Connection, order: &Order<'_>, account: i64) -> rusqlite::Result<Option<u64>> {
    let column = key(order.sort).column;
    let any = Segment { cond: "IS NULL OR 1", ascending: true };
    let (sql, mut values) = order.sql(any, &format!("p.{column}"), None, "AND p.account = ?");
    values.push(Value::Integer(account));
    // The one row is found by its key: the index of the sort would be walked for it.
    let own: Option<Value> = conn
        .prepare_cached(&unindexed(order, &sql))?
        .query_row(params_from_iter(values), |row| row.get(0))
        .optional()?;
    let Some(value) = own else { return Ok(None) };
    let mut before = 0;
    for segment in order.segments() {
        if (segment.cond == "IS NULL") == (value == Value::Null) {
            let turned = Segment { ascending: !segment.ascending, ..segment };
            return Ok(Some(before + length(conn, order, turned, Some(&(value, account)))?));
        }
        before += length(conn, order, segment, None)?;
    }
    Ok(Some(before))
}

fn unindexed(order: &Order<'_>, sql: &str) -> String {
    let key = key(order.sort);
    let index = if order.owner.is_some() { key.own_index } else { key.index };
    sql.replacen(&format!("INDEXED BY {index}"), "NOT INDEXED", 1)
}

/// The statements of an unfiltered first page, for the test of their plans.
#[cfg(test)]
pub(in crate::store) fn plans(order: &Order<'_>) -> Vec<(String, Vec<Value>)> {
    let columns = format!("p.{}, p.account", key(order.sort).column);
    let mut all = Vec::new();
    for segment in order.segments() {
        for ascending in [segment.ascending, !segment.ascending] {
            let turned = Segment { ascending, ..segment };
            for after in [None, Some((Value::Integer(1), 1))] {
                if after.is_some() && segment.cond == "IS NULL" {
                    continue;
                }
                let (sql, mut values) = order.sql(turned, &columns, after.as_ref(), &tail(order, turned));
                values.extend([Value::Integer(40), Value::Integer(0)]);
                all.push((sql, values));
            }
        }
    }
    all
}
