//! The usage tool: a query endpoint shaped like PostHog's, with its own token and address.
//! Decides routes, refusals and rows. Project `1`, times in UTC, at most 50,000 rows a query, 100 without `LIMIT`.
//!
//! Three shapes of query are known by the aliases of their outer `select`, in any order:
//! 1. `account, day, active_users, events`: distinct people and events of the day;
//! 2. `account, day, seats_used`: distinct people of the 28 days that end with the day;
//! 3. `account, day, feature, uses`: key events by name.
//!
//! `sessions` and `features` (an array of the key events of the day) may stand beside account and day as well, and
//! the columns without `feature` may be mixed in one query. `values` must hold `from` and `to` (exclusive);
//! `{features}` limits the key events, `{above}` starts after a group key.

pub(crate) mod hogql;
pub(crate) mod series;

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::crm::reply::Reply;
use super::serve::House;
use super::world::World;
use hogql::{Column, Query};
use series::{Group, groups};

/// Group keys in order, with what their series are worked out from.
#[derive(Default)]
pub(crate) struct Usage {
    groups: OnceLock<Vec<Group>>,
}

/// The id of the key's user, as text.
const ME: &str = "0191c0de-0000-7000-8000-00000000000a";

fn refuse(status: u16, kind: &str, code: &str, detail: impl Into<String>) -> Reply {
    Reply { status, body: json!({"type": kind, "code": code, "detail": detail.into(), "attr": null}) }
}

pub(crate) fn unauthorized() -> Reply {
    refuse(401, "authentication_error", "authentication_failed", "Incorrect authentication credentials.")
}

pub(crate) fn throttled(seconds: u64) -> Reply {
    refuse(
        429,
        "throttled_error",
        "throttled",
        format!("Request was throttled. Expected available in {seconds} seconds."),
    )
}

fn invalid(detail: impl Into<String>) -> Reply {
    refuse(400, "validation_error", "invalid_input", detail)
}

/// Answers one request that is signed in; `scoped` tells whether its key may query.
pub(crate) fn answer(house: &House, method: &str, path: &str, body: &[u8], scoped: bool) -> Reply {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["api", "users", "@me"]) => {
            let me = house.live.world.roster.owners.iter().find(|o| o.user_id == house.live.user);
            let (first, email) = me.map_or(("", ""), |o| (o.first.as_str(), o.email.as_str()));
            let team = json!({"id": 1, "name": "Product", "timezone": "UTC"});
            Reply {
                status: 200,
                body: json!({"id": 1, "uuid": ME, "first_name": first, "email": email, "team": team,
                             "organization": {"id": "0191", "name": "Practice", "teams": [team]}}),
            }
        }
        ("GET", ["api", "projects" | "environments", "1"]) => {
            Reply { status: 200, body: json!({"id": 1, "name": "Product", "timezone": "UTC"}) }
        }
        ("GET", ["api", "projects" | "environments", "1", "groups_types"]) => {
            Reply { status: 200, body: json!([{"group_type": "company", "group_type_index": 0}]) }
        }
        ("POST", ["api", "projects" | "environments", "1", "query"]) if !scoped => {
            refuse(403, "authentication_error", "permission_denied", "API key missing required scope 'query:read'")
        }
        ("POST", ["api", "projects" | "environments", "1", "query"]) => {
            run(&house.usage, &house.live.world, body).unwrap_or_else(invalid)
        }
        (_, ["api", "projects" | "environments", "1", "query"]) => {
            refuse(405, "invalid_request", "method_not_allowed", format!("Method \"{method}\" not allowed."))
        }
        _ => refuse(404, "invalid_request", "not_found", "Endpoint not found."),
    }
}

/// Runs a query; the error is a sentence for the one who wrote it.
fn run(usage: &Usage, world: &World, body: &[u8]) -> Result<Reply, String> {
    let body: Value = serde_json::from_slice(body).map_err(|e| format!("JSON parse error: {e}"))?;
    let query = hogql::parse(&body)?;
    let groups = usage.groups.get_or_init(|| groups(world));
    let (rows, more) = rows(groups, &query);
    let columns: Vec<&str> = query.columns.iter().map(|(_, alias)| alias.as_str()).collect();
    let types: Vec<&str> = query.columns.iter().map(|(column, _)| column.kind()).collect();
    let answer = json!({
        "results": rows, "columns": columns, "types": types, "hasMore": more, "limit": query.limit, "offset": 0,
        "is_cached": false, "timings": [], "error": null, "hogql": null
    });
    Ok(Reply { status: 200, body: answer })
}

/// The rows in order, and whether the limit cut some off.
fn rows(groups: &[Group], query: &Query) -> (Vec<Value>, bool) {
    let from = query.above.as_deref().map_or(0, |above| groups.partition_point(|g| g.key.as_str() <= above));
    let groups = &groups[from..];
    let mut out = Vec::new();
    if query.by_day {
        for day in query.from..query.to {
            for group in groups {
                if !push(&mut out, group, day, query) {
                    return (out, true);
                }
            }
        }
    } else {
        for group in groups {
            for day in query.from..query.to {
                if !push(&mut out, group, day, query) {
                    return (out, true);
                }
            }
        }
    }
    (out, false)
}

/// Adds the rows of one group and day; false when the limit is reached and more would follow.
fn push(out: &mut Vec<Value>, group: &Group, day: i32, query: &Query) -> bool {
    let has = |wanted| query.columns.iter().any(|(column, _)| *column == wanted);
    let level = group.level(day);
    let users = group.users(day);
    // Of a day without events there is no row, except where the window reaches back.
    if users == 0 && !(has(Column::SeatsUsed) && level > 0) {
        return true;
    }
    let names: Vec<&str> = if has(Column::Feature) || has(Column::Features) {
        group
            .features_on(day)
            .into_iter()
            .filter(|n| query.features.as_ref().is_none_or(|f| f.iter().any(|x| x == n)))
            .collect()
    } else {
        Vec::new()
    };
    let cell = |column: Column, feature: Option<&str>| match column {
        Column::Account => json!(group.key),
        Column::Day => json!(super::world::clock::day_text(day)),
        Column::ActiveUsers => json!(users),
        Column::Events => json!(group.events(day)),
        Column::SeatsUsed => json!(level),
        Column::Sessions => json!(users + users / 2),
        Column::Features => json!(names),
        Column::Feature => json!(feature),
        Column::Uses => json!(feature.map_or(0, |name| group.uses(day, name))),
    };
    let mut row = |feature: Option<&str>| {
        if out.len() == query.limit {
            return false;
        }
        out.push(query.columns.iter().map(|(column, _)| cell(*column, feature)).collect());
        true
    };
    if has(Column::Feature) { names.iter().all(|name| row(Some(name))) } else { row(None) }
}

#[cfg(test)]
mod tests;
