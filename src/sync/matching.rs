//! Which account a record of another source belongs to: stored link → configured key or external id → domain if exactly
//! one account has it and it is no mail provider → by hand. Never a guess between two; what does not match is listed.

use std::collections::HashSet;

use crate::book::ids::{AccountId, SourceName};
use crate::book::row::{Entity, Row};
use crate::store::MatchIndex;

/// Domains that belong to everybody: never a reason to match.
const MAIL_PROVIDERS: &[&str] = &[
    "163.com",
    "126.com",
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
];

/// Matches ids of one source while its pages arrive; each id is looked at once.
pub struct Matching<'a> {
    index: &'a MatchIndex,
    source: SourceName,
    seen: HashSet<String>,
}

impl<'a> Matching<'a> {
    /// For a source whose records name accounts of others.
    pub fn new(index: &'a MatchIndex, source: SourceName) -> Self {
        Self { index, source, seen: HashSet::new() }
    }

    /// The matches that a page brings: (id there, account). A record that is an account itself is matched by what it says
    /// of itself, any other by the id by which it names its account.
    pub fn of(&mut self, rows: &[Row]) -> Vec<(String, AccountId)> {
        let mut found = Vec::new();
        for row in rows.iter().filter(|row| row.entity == Entity::Account) {
            if !self.seen.contains(&row.id) {
                self.seen.insert(row.id.clone());
                let by_key = || row.text("external_id").and_then(|key| self.index.external(key));
                let by_domain = || row.text("domain").and_then(|domain| by_domain(self.index, domain));
                let known = account(self.index, &self.source, &row.id).or_else(by_key).or_else(by_domain);
                found.extend(known.map(|known| (row.id.clone(), known.clone())));
            }
        }
        for id in rows.iter().flat_map(|row| &row.accounts) {
            if !self.seen.contains(id) {
                self.seen.insert(id.clone());
                if let Some(account) = account(self.index, &self.source, id) {
                    found.push((id.clone(), account.clone()));
                }
            }
        }
        found
    }
}

/// The account that an id of a source stands for.
fn account<'a>(index: &'a MatchIndex, source: &SourceName, id: &str) -> Option<&'a AccountId> {
    index.link(source, id).or_else(|| index.external(id)).or_else(|| by_domain(index, id))
}

/// A key by which an account was looked for, and why it gave none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// `stored link`, `external id` or `domain`.
    pub key: &'static str,
    pub value: String,
    pub because: &'static str,
}

/// What was looked for on behalf of an id that found no account, in the order of looking. `external` and `domain` are what
/// an account record says of itself.
pub fn tried(index: &MatchIndex, id: &str, external: Option<&str>, domain: Option<&str>) -> Vec<Tried> {
    let by_external = |key: &str| Tried {
        key: "external id",
        value: key.to_owned(),
        because: if index.external_shared(key) { "several accounts have it" } else { "no account has it" },
    };
    let by_domain = |text: &str| {
        let bare = bare(text)?;
        let because = if MAIL_PROVIDERS.contains(&bare.as_str()) {
            "it is a mail provider's"
        } else if index.domain_shared(&bare) {
            "several accounts have it"
        } else {
            "no account has it"
        };
        Some(Tried { key: "domain", value: bare, because })
    };
    let link = Tried { key: "stored link", value: id.to_owned(), because: "there is none" };
    let mut tried = vec![link, by_external(id)];
    tried.extend(by_domain(id));
    tried.extend(external.filter(|key| *key != id).map(by_external));
    tried.extend(domain.filter(|text| *text != id).and_then(by_domain));
    tried
}

/// The domain of a text, which may be an address.
fn bare(text: &str) -> Option<String> {
    let host = text.rsplit_once('@').map_or(text, |(_, host)| host).to_lowercase();
    let bare = host.strip_prefix("www.").unwrap_or(&host);
    bare.contains('.').then(|| bare.to_owned())
}

/// The one account with the domain of a text, which may be an address; never by a mail provider's.
fn by_domain<'a>(index: &'a MatchIndex, text: &str) -> Option<&'a AccountId> {
    let bare = bare(text).filter(|bare| !MAIL_PROVIDERS.contains(&bare.as_str()))?;
    index.domain(&bare)
}
