//! Which account a record of another source belongs to: stored link → configured key or external id → domain if exactly
//! one account has it and it is no mail provider → by hand. Never a guess between two; what does not match is listed.

use std::collections::HashSet;

use crate::book::ids::{AccountId, SourceName};
use crate::book::row::Row;
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

    /// The matches that a page brings: (id there, account).
    pub fn of(&mut self, rows: &[Row]) -> Vec<(String, AccountId)> {
        let mut found = Vec::new();
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
    index.link(source, id).or_else(|| index.external(id)).or_else(|| {
        let host = id.rsplit_once('@').map_or(id, |(_, host)| host).to_lowercase();
        let bare = host.strip_prefix("www.").unwrap_or(&host);
        if bare.contains('.') && !MAIL_PROVIDERS.contains(&bare) { index.domain(bare) } else { None }
    })
}
