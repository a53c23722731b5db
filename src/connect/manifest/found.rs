//! Questions asked once before rows are read: which version is there, which fields, which rights.
//!
//! Decides what may be asked and what stands in where the answer is refused. Asking is the source's.

use serde_json::Value as Json;

use super::{Errors, ReadValue, Request, Tab};
use crate::connect::formula::{Formula, plain_text};
use crate::connect::path::Path;

/// One question; its answer is `found.NAME` in every template.
#[derive(Debug)]
pub(crate) struct Found {
    pub name: String,
    /// Asked only when this holds; else `otherwise` stands in.
    pub when: Option<Formula>,
    pub request: Request,
    pub read: FoundRead,
    /// What stands in where the question is refused or its answer says nothing.
    pub otherwise: Option<Json>,
}

/// What is taken of the answer.
#[derive(Debug)]
pub(crate) enum FoundRead {
    Value(ReadValue),
    /// The highest version of a list that is not above the one that was tested.
    Highest {
        versions: Path,
        tested: String,
    },
}

/// Reads `found`.
pub(super) fn read(tab: &Tab<'_>) -> Vec<Found> {
    let Some(list) = tab.table("found") else { return Vec::new() };
    list.all().iter().filter_map(|(name, node)| one(name, Tab::of(node, list.at(name), list.errors)?)).collect()
}

fn one(name: &str, tab: Tab<'_>) -> Option<Found> {
    let when = super::formula(&tab, "when");
    let request = Request::read(&tab);
    let read = match (tab.get("read").is_some(), tab.get("highest").is_some()) {
        (true, false) => super::map::read_value_of(&tab, "read").map(FoundRead::Value),
        (false, true) => match (super::path(&tab, "highest"), tab.need("tested")) {
            (Some(versions), Some(tested)) => Some(FoundRead::Highest { versions, tested }),
            _ => None,
        },
        _ => {
            missing(tab.errors, &tab);
            None
        }
    };
    let otherwise = tab.get("else").and_then(super::map::scalar);
    tab.done();
    Some(Found { name: name.to_owned(), when, request: request?, read: read?, otherwise })
}

fn missing(errors: &Errors, tab: &Tab<'_>) {
    errors.add(
        tab.line,
        tab.at("read"),
        "is missing: one of read = \"path\", highest = \"path to versions\" is needed",
    );
}

/// The highest of `versions` that is not above `tested`; compared part by part as numbers.
pub(crate) fn highest(versions: &[&Json], tested: &str) -> Option<String> {
    let parts = |text: &str| -> Vec<u64> { text.split('.').map(|p| p.trim().parse().unwrap_or(0)).collect() };
    let limit = parts(tested);
    versions.iter().map(|v| plain_text(v)).filter(|v| parts(v) <= limit).max_by_key(|v| parts(v))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_tested_version_is_taken() {
        let list = [json!("9.0"), json!("66.0"), json!("67.0"), json!("68.0")];
        let list: Vec<&Json> = list.iter().collect();
        assert_eq!(highest(&list, "67.0").as_deref(), Some("67.0"));
        assert_eq!(highest(&list, "65.0").as_deref(), Some("9.0"));
        assert_eq!(highest(&list, "8.0"), None);
    }
}
