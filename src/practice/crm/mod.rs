//! The CRM API: which path and method does what, for version 2026-03 and no other.
//! Decides routing and what a token may do. Limits, faults and sockets are `serve`'s business;
//! what is true of a record is `live`'s.

pub(crate) mod account;
pub(crate) mod batch;
pub(crate) mod html;
pub(crate) mod input;
pub(crate) mod links;
pub(crate) mod objects;
pub(crate) mod reply;
pub(crate) mod schema;
pub(crate) mod search;

use crate::practice::kinds::Kind;
use crate::practice::live::Live;
use reply::{Answer, Reply, fail, missing_scope, not_found};

/// The one version in the paths that this CRM knows.
pub(crate) const VERSION: &str = "2026-03";

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub body: &'a [u8],
    /// The token may write.
    pub may_write: bool,
    /// How long lists and search do not see what this request writes, in ms.
    pub lag: i64,
    /// `http://host:port` of this server, for links to next pages.
    pub base: &'a str,
    /// Requests counted against today's budget, and the budget.
    pub daily: (u64, u64),
}

impl Call<'_> {
    /// The last value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that holds names, joined by commas or given several times.
    pub(crate) fn names(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|n| !n.is_empty()).collect()
    }

    /// Refuses when the token lacks the scope that this work needs.
    pub(crate) fn need(&self, kind: Kind, write: bool) -> Result<(), Reply> {
        if write && !self.may_write { Err(missing_scope(&kind.scope(true))) } else { Ok(()) }
    }
}

/// Answers one request.
pub(crate) fn answer(live: &Live, call: &Call<'_>) -> Reply {
    route(live, call).unwrap_or_else(|refusal| refusal)
}

fn route(live: &Live, call: &Call<'_>) -> Answer {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let get = call.method == "GET";
    match parts.as_slice() {
        ["crm", "objects", VERSION, kind, rest @ ..] => objects_route(live, call, known(kind)?, rest),
        ["crm", "associations", VERSION, from, to, "batch", "read"] => {
            only(call, "POST")?;
            links::batch_read(live, call, known(from)?, known(to)?)
        }
        ["crm", "associations", VERSION, from, to, "labels"] if get => links::labels(known(from)?, known(to)?),
        ["crm", "owners", VERSION] if get => account::owners(live, call),
        ["crm", "owners", VERSION, id] if get => account::owner(live, call, id),
        ["crm", "properties", VERSION, kind] if get => account::properties(live, call, known(kind)?),
        ["crm", "properties", VERSION, kind, name] if get => account::property(live, known(kind)?, name),
        ["crm", "pipelines", VERSION, kind] if get => account::pipelines(known(kind)?),
        ["oauth", "v2", "private-apps", "get", "access-token-info"] => {
            only(call, "POST")?;
            account::token_info(live, call)
        }
        ["account-info", VERSION, "details"] if get => account::details(),
        ["account-info", VERSION, "api-usage", "daily", "private-apps"] if get => account::usage(live, call),
        ["crm", "owners" | "properties" | "pipelines", VERSION, ..] => Err(wrong_method()),
        _ => Err(not_found(format!("There is nothing at {}.", call.path))),
    }
}

fn objects_route(live: &Live, call: &Call<'_>, kind: Kind, rest: &[&str]) -> Answer {
    match (call.method, rest) {
        ("GET", []) => objects::list(live, call, kind),
        ("POST", []) => objects::create(live, call, kind),
        ("POST", ["search"]) => search::search(live, call, kind),
        ("POST", ["merge"]) => objects::merge(live, call, kind),
        ("POST", ["batch", what @ ("read" | "create" | "update" | "upsert" | "archive")]) => {
            batch::batch(live, call, kind, what)
        }
        ("GET", [id]) => objects::read(live, call, kind, id),
        ("PATCH", [id]) => objects::update(live, call, kind, id),
        ("DELETE", [id]) => objects::archive(live, call, kind, id),
        ("GET", [id, "associations", to]) => links::of_one(live, call, kind, id, known(to)?),
        ("PUT", [id, "associations", "default", to, other]) => {
            links::put_default(live, call, (kind, id), (known(to)?, other))
        }
        (_, [] | [_] | ["batch", _]) => Err(wrong_method()),
        _ => Err(not_found(format!("There is nothing at {}.", call.path))),
    }
}

fn known(kind: &str) -> Result<Kind, Reply> {
    Kind::from_path(kind)
        .ok_or_else(|| fail(400, "VALIDATION_ERROR", format!("Unable to infer object type from: {kind}")))
}

fn only(call: &Call<'_>, method: &str) -> Result<(), Reply> {
    if call.method == method { Ok(()) } else { Err(wrong_method()) }
}

fn wrong_method() -> Reply {
    fail(405, "METHOD_NOT_ALLOWED", "The method is not allowed here.")
}
