//! What belongs to records and comes by calls of its own: earlier values, accounts, people.
//!
//! Decides how such calls are batched and when a list of them is a circle. It sends what the stream's file says.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::try_join_all;
use serde_json::{Value as Json, json};

use super::error::ConnectError;
use super::formula::plain_text;
use super::manifest::{Link, LinkTo};
use super::pull::Run;
use super::source::Source;
use crate::book::row::Row;

impl Run<'_> {
    /// Reads the history of records whose answer carried none.
    pub(super) async fn add_history(&self, records: &mut [Json]) -> Result<(), ConnectError> {
        let Some(spec) = &self.stream.history else { return Ok(()) };
        let Some(read) = spec.read.as_ref().filter(|_| !self.history.is_empty()) else { return Ok(()) };
        let missing: Vec<String> =
            records.iter().filter(|r| spec.from.find(r).is_none()).filter_map(|r| self.id(r)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let doing = format!("reading the history of {}", self.stream.entity.plural());
        let calls = missing.chunks(read.chunk).map(|ids| {
            let doing = doing.as_str();
            async move {
                let extra = json!({ "fields": self.fields, "history": self.history, "ids": ids });
                let context = self.source.context(self.stream, extra).await?;
                let answer = self.source.read_with(&read.request, &context, doing).await?;
                Ok::<_, ConnectError>(
                    read.rows
                        .find(&answer.json)
                        .and_then(Json::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(|row| Some((plain_text(read.id.find(row)?), spec.from.find(row)?.clone())))
                        .collect::<Vec<_>>(),
                )
            }
        });
        let mut found: HashMap<String, Json> = try_join_all(calls).await?.into_iter().flatten().collect();
        for record in records {
            if let Some(lists) = self.id(record).and_then(|id| found.remove(&id)) {
                spec.from.set(record, lists);
            }
        }
        Ok(())
    }

    /// Asks which accounts and people the rows belong to.
    pub(super) async fn add_links(&self, rows: &mut [Row]) -> Result<(), ConnectError> {
        if self.stream.links.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = rows.iter().filter(|r| !r.gone).map(|r| r.id.clone()).collect();
        let calls = self.stream.links.iter().flat_map(|link| {
            ids.chunks(link.chunk).map(move |ids| async move {
                let doing = format!("reading whom {} belong to", self.stream.entity.plural());
                let context = self.source.context(self.stream, json!({})).await?;
                Ok::<_, ConnectError>((link.to_what, self.source.linked(link, ids, &context, &doing).await?))
            })
        });
        let found = try_join_all(calls).await?;
        let mut at: HashMap<String, usize> = HashMap::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            at.insert(row.id.clone(), i);
        }
        for (what, links) in found {
            for (from, to) in links {
                let Some(row) = at.get(&from).and_then(|i| rows.get_mut(*i)) else { continue };
                let list = match what {
                    LinkTo::Account => &mut row.accounts,
                    LinkTo::People => &mut row.people,
                };
                for id in to {
                    if !list.contains(&id) {
                        list.push(id);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Source {
    /// One batch call, and more for records whose list goes on. A record that isn't in the answer has no links.
    pub(super) async fn linked(
        &self,
        link: &Link,
        ids: &[String],
        context: &Json,
        doing: &str,
    ) -> Result<Vec<(String, Vec<String>)>, ConnectError> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut asked: Vec<Json> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut rounds = 0;
        while !asked.is_empty() {
            rounds += 1;
            if rounds > 1000 {
                return Err(self.invalid(doing, "the list of links of a record has no end".to_owned()));
            }
            let mut context = context.clone();
            context["ids"] = asked.iter().filter_map(|a| a.get("id").cloned()).collect();
            context["records"] = Json::Array(asked.clone());
            let answer = self.read_with(&link.request, &context, doing).await?;
            let mut next = Vec::new();
            for row in link.rows.all(&answer.json).into_iter().flat_map(|r| r.as_array().map_or(&[][..], Vec::as_slice))
            {
                let Some(from) = link.from.find(row).map(plain_text) else { continue };
                let list = found.entry(from.clone()).or_default();
                list.extend(link.to.all(row).into_iter().map(plain_text));
                if let Some((read, send)) = &link.more
                    && let Some(token) = read.find(row).filter(|t| !t.is_null())
                {
                    let again = json!({ "id": from, send: token });
                    if asked.contains(&again) {
                        return Err(self.invalid(doing, "it repeats a page of links".to_owned()));
                    }
                    next.push(again);
                }
            }
            asked = next;
        }
        Ok(found.into_iter().collect())
    }
}
