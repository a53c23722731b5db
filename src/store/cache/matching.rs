//! What matching needs to look up, what it left over, and forgetting a source.
//!
//! Lists and indexes only; which account a record belongs to is decided in `sync` or by a person.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::super::codec::from_json;
use super::apply::{Body, domain};
use crate::book::ids::{AccountId, SourceName};
use crate::book::row::{Entity, Value};
use crate::book::view::Unmatched;

/// Accounts by what other sources know them by. A key that two accounts share finds neither.
#[derive(Clone, Debug, Default)]
pub struct MatchIndex {
    links: HashMap<(String, String), AccountId>,
    external: HashMap<String, Option<AccountId>>,
    domains: HashMap<String, Option<AccountId>>,
}

impl MatchIndex {
    pub(in crate::store) fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut index = Self::default();
        let mut accounts = conn.prepare("SELECT id, domain, external FROM account WHERE merged IS NULL")?;
        let mut rows = accounts.query([])?;
        while let Some(row) = rows.next()? {
            let id = AccountId(row.get(0)?);
            if let Some(domain) = row.get::<_, Option<String>>(1)?.filter(|domain| !domain.is_empty()) {
                index.domains.entry(domain).and_modify(|held| *held = None).or_insert(Some(id.clone()));
            }
            if let Some(external) = row.get::<_, Option<String>>(2)?.filter(|key| !key.is_empty()) {
                index.external.entry(external).and_modify(|held| *held = None).or_insert(Some(id));
            }
        }
        let mut links = conn.prepare("SELECT l.source, l.id, a.id FROM link l JOIN account a USING (account)")?;
        let mut rows = links.query([])?;
        while let Some(row) = rows.next()? {
            index.links.insert((row.get(0)?, row.get(1)?), AccountId(row.get(2)?));
        }
        Ok(index)
    }

    /// The account that a source's own id stands for: a stored link, a merge, or a word by hand.
    pub fn link(&self, source: &SourceName, id: &str) -> Option<&AccountId> {
        self.links.get(&(source.0.clone(), id.to_owned()))
    }

    /// The one account with that external id.
    pub fn external(&self, key: &str) -> Option<&AccountId> {
        self.external.get(key)?.as_ref()
    }

    /// Whether several accounts have that external id.
    pub fn external_shared(&self, key: &str) -> bool {
        self.external.get(key).is_some_and(Option::is_none)
    }

    /// Whether several accounts have that domain.
    pub fn domain_shared(&self, text: &str) -> bool {
        self.domains.get(&domain(text)).is_some_and(Option::is_none)
    }

    /// The one account with that domain. Whether it is a mail provider's is for the caller to know.
    pub fn domain(&self, text: &str) -> Option<&AccountId> {
        self.domains.get(&domain(text))?.as_ref()
    }
}

/// Gives a record to a link by hand.
pub(in crate::store) fn tie(
    conn: &Connection,
    source: &str,
    entity: Entity,
    id: &str,
    link: i64,
) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT OR IGNORE INTO belongs(link, rec) SELECT ?4, rec FROM record WHERE source = ?1 AND entity = ?2 AND id = ?3",
        params![source, entity.name(), id, link],
    )?;
    conn.execute(
        "UPDATE record SET loose = 0 WHERE source = ?1 AND entity = ?2 AND id = ?3",
        params![source, entity.name(), id],
    )?;
    Ok(())
}

/// Ids that found no account. A link that nothing living hangs on is nothing to mend.
const OPEN: &str = "FROM link l WHERE l.account IS NULL AND (
    EXISTS (SELECT 1 FROM belongs b JOIN record r USING (rec) WHERE b.link = l.link AND r.gone IS NULL)
    OR EXISTS (SELECT 1 FROM usage u WHERE u.link = l.link))";

/// Ids without an account, then records that name none.
pub(in crate::store) fn unmatched(conn: &Connection, limit: usize) -> rusqlite::Result<(Vec<Unmatched>, u64)> {
    let total: i64 = conn.query_row(
        &format!("SELECT (SELECT count(*) {OPEN}) + (SELECT count(*) FROM record WHERE loose = 1 AND gone IS NULL)"),
        [],
        |row| row.get(0),
    )?;
    let mut found = Vec::new();
    let mut open = conn.prepare(&format!("SELECT l.link, l.source, l.id {OPEN} ORDER BY l.link LIMIT ?1"))?;
    let mut rows = open.query([limit as i64])?;
    while let Some(row) = rows.next()? {
        let (entity, says) = says(conn, row.get(0)?)?;
        found.push(Unmatched { source: row.get(1)?, entity, id: row.get(2)?, says });
    }
    let mut loose = conn.prepare(
        "SELECT source, entity, id, body FROM record WHERE loose = 1 AND gone IS NULL ORDER BY rec LIMIT ?1",
    )?;
    let mut rows = loose.query([limit.saturating_sub(found.len()) as i64])?;
    while let Some(row) = rows.next()? {
        let body: Body = from_json(row.get_ref(3)?.as_str()?)?;
        found.push(Unmatched { source: row.get(0)?, entity: row.get(1)?, id: row.get(2)?, says: title(&body) });
    }
    Ok((found, total.max(0) as u64))
}

/// A record, or an id that records name their account by, that found no account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stray {
    /// `account`, `person` ...; `account` too for an id that others name.
    pub entity: String,
    pub id: String,
    /// The words that a person knows it by, or what hangs on it.
    pub says: String,
    /// It names no account at all: there was nothing to look for.
    pub nameless: bool,
    /// What its account record says of itself, where there is one.
    pub external: Option<String>,
    pub domain: Option<String>,
}

/// Those of one source, and how many there are.
pub(in crate::store) fn strays(
    conn: &Connection,
    source: &SourceName,
    limit: usize,
) -> rusqlite::Result<(Vec<Stray>, u64)> {
    let source = source.as_str();
    let total: i64 = conn.query_row(
        &format!(
            "SELECT (SELECT count(*) {OPEN} AND l.source = ?1)
             + (SELECT count(*) FROM record WHERE loose = 1 AND gone IS NULL AND source = ?1)"
        ),
        [source],
        |row| row.get(0),
    )?;
    let mut found = Vec::new();
    let mut open = conn.prepare(&format!("SELECT l.link, l.id {OPEN} AND l.source = ?1 ORDER BY l.link LIMIT ?2"))?;
    let mut own = conn.prepare(
        "SELECT r.body FROM belongs b JOIN record r USING (rec)
         WHERE b.link = ?1 AND r.entity = 'account' AND r.gone IS NULL LIMIT 1",
    )?;
    let mut rows = open.query(params![source, limit as i64])?;
    while let Some(row) = rows.next()? {
        let link: i64 = row.get(0)?;
        let (entity, says) = says(conn, link)?;
        let body: Option<String> = own.query_row([link], |row| row.get(0)).optional()?;
        let body = body.map(|body| from_json::<Body>(&body)).transpose()?.unwrap_or_default();
        let text = |name: &str| match body.fields.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let (external, domain) = (text("external_id"), text("domain"));
        found.push(Stray { entity, id: row.get(1)?, says, nameless: false, external, domain });
    }
    let mut loose = conn.prepare(
        "SELECT entity, id, body FROM record WHERE loose = 1 AND gone IS NULL AND source = ?1 ORDER BY rec LIMIT ?2",
    )?;
    let mut rows = loose.query(params![source, limit.saturating_sub(found.len()) as i64])?;
    while let Some(row) = rows.next()? {
        let body: Body = from_json(row.get_ref(2)?.as_str()?)?;
        let (entity, id) = (row.get(0)?, row.get(1)?);
        found.push(Stray { entity, id, says: title(&body), nameless: true, external: None, domain: None });
    }
    Ok((found, total.max(0) as u64))
}

/// What an open link is: the name of its account record, or what hangs on it.
fn says(conn: &Connection, link: i64) -> rusqlite::Result<(String, String)> {
    let mut records = conn.prepare_cached(
        "SELECT r.entity, count(*), max(r.body) FROM belongs b JOIN record r USING (rec)
         WHERE b.link = ?1 AND r.gone IS NULL GROUP BY r.entity ORDER BY r.entity",
    )?;
    let mut parts = Vec::new();
    let mut rows = records.query([link])?;
    while let Some(row) = rows.next()? {
        let entity: String = row.get(0)?;
        if entity == Entity::Account.name() {
            return Ok((entity, title(&from_json(row.get_ref(2)?.as_str()?)?)));
        }
        let count: i64 = row.get(1)?;
        let word = Entity::parse(&entity).map_or("records", |e| if count == 1 { e.name() } else { e.plural() });
        parts.push(format!("{count} {word}"));
    }
    let metrics: i64 =
        conn.query_row("SELECT count(DISTINCT metric) FROM usage WHERE link = ?1", [link], |row| row.get(0))?;
    let entity = if parts.is_empty() { Entity::Usage } else { Entity::Account };
    if metrics > 0 {
        parts.push(format!("usage by {metrics} {}", if metrics == 1 { "metric" } else { "metrics" }));
    }
    Ok((entity.name().to_owned(), parts.join(", ")))
}

/// The words of a record that a person knows it by.
fn title(body: &Body) -> String {
    let text = |name: &str| match body.fields.get(name) {
        Some(Value::Text(text)) => Some(text.lines().next().unwrap_or_default().to_owned()),
        _ => None,
    };
    ["name", "subject", "title", "email", "body", "domain"].into_iter().find_map(text).unwrap_or_default()
}

/// Deletes everything of a source, and the accounts that it founded.
pub(in crate::store) fn forget(conn: &Connection, source: &str) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM history WHERE rec IN (SELECT rec FROM record WHERE source = ?1)",
        "DELETE FROM belongs WHERE rec IN (SELECT rec FROM record WHERE source = ?1)",
        "DELETE FROM usage WHERE link IN (SELECT link FROM link WHERE source = ?1)",
        "UPDATE account SET dirty = 1, version = version + 1 WHERE account IN (SELECT account FROM link WHERE source = ?1)",
        "DELETE FROM link WHERE source = ?1",
        "DELETE FROM record WHERE source = ?1",
        "DELETE FROM alias WHERE source = ?1",
        "DELETE FROM cursor WHERE source = ?1",
        "DELETE FROM counted WHERE source = ?1",
        "DELETE FROM source WHERE name = ?1",
        "DELETE FROM meta WHERE substr(key, 1, length(?1) + 6) = 'pass/' || ?1 || '/'",
        "UPDATE link SET account = NULL, hand = 0 WHERE account IN (SELECT account FROM account WHERE substr(id, 1, length(?1) + 1) = ?1 || ':')",
    ] {
        conn.execute(sql, [source])?;
    }
    for table in ["standing", "portfolio", "line", "account"] {
        conn.execute(
            &format!(
                "DELETE FROM {table} WHERE account IN (SELECT account FROM account WHERE substr(id, 1, length(?1) + 1) = ?1 || ':')"
            ),
            [source],
        )?;
    }
    conn.execute("DELETE FROM summary", [])?;
    Ok(())
}
