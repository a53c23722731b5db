//! Reads as much of a HogQL query as is needed to know which of the known shapes it has.
//! Decides what is understood and refuses the rest in words, like the vendor's `validation_error`.

use serde_json::{Map, Value};

use crate::practice::world::clock::{self, Day, MS_PER_DAY};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Account,
    Day,
    ActiveUsers,
    Events,
    SeatsUsed,
    Sessions,
    Features,
    Feature,
    Uses,
}

/// Alias, column, and what the expression must hold.
const ALIASES: [(&str, Column, &str); 13] = [
    ("account", Column::Account, ""),
    ("$group_0", Column::Account, ""),
    ("day", Column::Day, ""),
    ("d", Column::Day, ""),
    ("active_users", Column::ActiveUsers, "person_id"),
    ("u", Column::ActiveUsers, "person_id"),
    ("events", Column::Events, "count("),
    ("n", Column::Events, "count("),
    ("seats_used", Column::SeatsUsed, "person_id"),
    ("sessions", Column::Sessions, "session_id"),
    ("features", Column::Features, "event"),
    ("feature", Column::Feature, "event"),
    ("uses", Column::Uses, "count("),
];

impl Column {
    /// The type as the query engine names it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Column::Account | Column::Feature => "String",
            Column::Day => "Date",
            Column::Features => "Array(String)",
            _ => "UInt64",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub columns: Vec<(Column, String)>,
    pub from: Day,
    /// Exclusive.
    pub to: Day,
    pub limit: usize,
    /// Only groups whose key is greater.
    pub above: Option<String>,
    /// Ordered by day first.
    pub by_day: bool,
    /// Only these key events.
    pub features: Option<Vec<String>>,
}

const MOST_ROWS: usize = 50_000;
const ROWS_WITHOUT_LIMIT: usize = 100;

/// Reads the body of a query request; the error is a sentence.
pub(crate) fn parse(body: &Value) -> Result<Query, String> {
    let query = body.get("query").ok_or("query: this field is required.")?;
    if query.get("kind").and_then(Value::as_str) != Some("HogQLQuery") {
        return Err("query.kind must be HogQLQuery".into());
    }
    if body.get("refresh").and_then(Value::as_str).is_some_and(|r| r.contains("async")) {
        return Err("refresh: only blocking queries are answered here".into());
    }
    let sql = query.get("query").and_then(Value::as_str).ok_or("query.query: this field is required.")?;
    let none = Map::new();
    let values = query.get("values").and_then(Value::as_object).unwrap_or(&none);
    let flat = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = flat.to_lowercase();
    for name in placeholders(&flat)? {
        if !values.contains_key(name) {
            return Err(format!("Placeholder {{{name}}} has no value"));
        }
    }
    for needed in ["{from}", "{to}", "$group_0", "group by"] {
        if !lower.contains(needed) {
            return Err(format!("Unable to resolve the query: {needed} is missing"));
        }
    }
    if !lower.contains("from events") {
        return Err("Unknown table: only events can be queried here".into());
    }
    let columns = columns(&flat, &lower)?;
    let text = |name: &str| values.get(name).and_then(Value::as_str);
    let moment = |name: &str| {
        text(name)
            .and_then(clock::parse_moment)
            .ok_or_else(|| format!("values.{name} must be a date or a date with time"))
    };
    let (from, to) = (moment("from")?, moment("to")?);
    let features = match values.get("features").filter(|_| lower.contains("{features}")) {
        None => None,
        Some(Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).map(str::to_string).collect()),
        Some(_) => return Err("values.features must be a list of event names".into()),
    };
    Ok(Query {
        columns,
        from: clock::day_of_ms(from),
        to: clock::day_of_ms(to + MS_PER_DAY - 1),
        limit: limit(&lower)?,
        above: text("above").filter(|_| lower.contains("{above}")).map(str::to_string),
        by_day: ordered_by_day(&lower),
        features,
    })
}

fn placeholders(sql: &str) -> Result<Vec<&str>, String> {
    let mut out = Vec::new();
    let mut rest = sql;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or("Syntax error: a { is not closed")? + open;
        out.push(&rest[open + 1..close]);
        rest = &rest[close + 1..];
    }
    Ok(out)
}

/// The outer select list, by alias.
fn columns(sql: &str, lower: &str) -> Result<Vec<(Column, String)>, String> {
    if !lower.starts_with("select ") {
        return Err("Syntax error: the query must begin with select".into());
    }
    let mut items = vec![String::new()];
    let (mut depth, mut ended) = (0i32, false);
    for (at, c) in sql.char_indices().skip(7) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && sql.is_char_boundary(at) && lower.get(at..).is_some_and(|rest| rest.starts_with(" from ")) {
            ended = true;
            break;
        }
        match (c, depth, items.last_mut()) {
            (',', 0, _) => items.push(String::new()),
            (c, _, Some(item)) => item.push(c),
            _ => {}
        }
    }
    if !ended {
        return Err("Syntax error: from is missing".into());
    }
    let mut out: Vec<(Column, String)> = Vec::new();
    let nested = lower.contains("from (");
    for item in &items {
        let item = item.trim();
        let alias = item.rsplit(' ').next().unwrap_or(item).trim_start_matches("events.");
        let (_, column, holds) = ALIASES.iter().find(|(name, _, _)| *name == alias).ok_or_else(|| {
            format!("Unknown column \"{alias}\": known are account, day and the measures of this service")
        })?;
        if !item.to_lowercase().contains(holds) && !nested {
            return Err(format!("\"{alias}\" can't be worked out from \"{item}\""));
        }
        out.push((*column, alias.to_string()));
    }
    let has = |wanted| out.iter().any(|(column, _)| *column == wanted);
    if !has(Column::Account) || !has(Column::Day) || out.len() < 3 {
        return Err("A query needs account, day and at least one measure".into());
    }
    if has(Column::Uses) != has(Column::Feature) || (has(Column::Feature) && out.len() != 4) {
        return Err("feature and uses stand together, with account and day only".into());
    }
    Ok(out)
}

fn limit(lower: &str) -> Result<usize, String> {
    let outer = lower.rfind(')').map_or(lower, |at| &lower[at..]);
    let tail = if outer.contains(" limit ") { outer } else { lower };
    if tail.contains(" offset ") {
        return Err("Page by time window, not by offset".into());
    }
    let Some((_, after)) = tail.rsplit_once(" limit ") else {
        return Ok(ROWS_WITHOUT_LIMIT);
    };
    let number = after.split(' ').next().unwrap_or_default().trim_end_matches(';');
    match number.parse::<usize>() {
        Ok(n) if n <= MOST_ROWS => Ok(n),
        Ok(_) => Err(format!("LIMIT can be at most {MOST_ROWS}")),
        Err(_) => Err(format!("Syntax error: \"{number}\" is no limit")),
    }
}

fn ordered_by_day(lower: &str) -> bool {
    lower
        .rsplit_once("order by ")
        .is_some_and(|(_, keys)| ["day", "d,", "d ", "todate("].iter().any(|day| keys.starts_with(day)))
}
