//! Totals: one value made of the entries of a list in a record, such as the yearly worth of all items of a subscription.
//!
//! Decides how amounts are scaled, annualised and summed, in exact decimals. A list without entries has no total.

use std::str::FromStr;

use minijinja::value::merge_maps;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Tab;
use crate::connect::formula::{Formula, plain_text, to_mj};
use crate::connect::path::Path;

/// What is made of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Sum,
    Max,
    Min,
    Count,
    First,
}

/// A compiled total.
#[derive(Debug)]
pub(crate) struct Total {
    of: Of,
    each: Path,
    /// `each` in two, where it goes through a list of records.
    nested: Option<(Path, Path)>,
    value: Option<Path>,
    times: Option<Path>,
    /// The entry's interval (`day`, `week`, `month`, `quarter`, `year`): the value is made a yearly one.
    per: Option<Path>,
    per_count: Option<Path>,
    /// The currency, in the entry or in the record: the value is in its minor units.
    minor: Option<Path>,
    only: Option<Formula>,
}

impl Total {
    pub(super) fn read(tab: &Tab<'_>) -> Option<Self> {
        let of = tab.one_of(
            "total",
            &[("sum", Of::Sum), ("max", Of::Max), ("min", Of::Min), ("count", Of::Count), ("first", Of::First)],
        );
        let each = super::need_path(tab, "each");
        let value = super::path(tab, "value");
        if value.is_none() && of.is_some_and(|of| of != Of::Count) {
            tab.errors.add(tab.line, tab.at("value"), "is missing: where the value stands in an entry");
            return None;
        }
        Some(Self {
            of: of?,
            nested: each.as_ref().and_then(Path::in_two),
            each: each?,
            value,
            times: super::path(tab, "times"),
            per: super::path(tab, "per"),
            per_count: super::path(tab, "per_count"),
            minor: super::path(tab, "minor"),
            only: super::formula(tab, "where"),
        })
    }

    pub fn each(&self) -> &Path {
        &self.each
    }

    pub fn text(&self) -> String {
        let value = self.value.as_ref().map_or("", Path::text);
        format!("{:?} of {} in {}", self.of, value, self.each.text()).to_lowercase()
    }

    /// The total of a record; `None` where no entry has a value.
    pub fn eval(&self, record: &Json) -> Result<Option<Json>, String> {
        let mut values = Vec::new();
        let mut count = 0_u64;
        for (entry, parent) in self.entries(record) {
            if !self.counts(entry, parent) {
                continue;
            }
            count += 1;
            let Some(raw) = self.value.as_ref().and_then(|path| path.find(entry)).filter(|v| !v.is_null()) else {
                continue;
            };
            match decimal(raw) {
                Some(value) => values.push(self.scaled(value, entry, record)?),
                // Dates and times are compared as they stand.
                None if matches!(self.of, Of::Max | Of::Min | Of::First) => {
                    return Ok(self.of_texts(record));
                }
                None => return Err(format!("{:?} is not a number", short(raw))),
            }
        }
        let number = |value: Decimal| Some(Json::String(value.normalize().to_string()));
        Ok(match self.of {
            Of::Count => Some(Json::from(count)),
            Of::Sum if values.is_empty() => None,
            Of::Sum => values
                .iter()
                .try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value))
                .ok_or("the sum is too large")
                .map(number)?,
            Of::Max => values.into_iter().max().and_then(number),
            Of::Min => values.into_iter().min().and_then(number),
            Of::First => values.into_iter().next().and_then(number),
        })
    }

    /// The list's entries, whether the path ends at the list or at each of its entries; with the record that each list
    /// stands in, where the path goes through a list of those.
    fn entries<'a>(&self, record: &'a Json) -> Vec<(&'a Json, Option<&'a Json>)> {
        let flat = |found: Vec<&'a Json>, parent: Option<&'a Json>| {
            found.into_iter().flat_map(move |found| match found {
                Json::Array(list) => list.iter().map(|entry| (entry, parent)).collect(),
                Json::Null => Vec::new(),
                one => vec![(one, parent)],
            })
        };
        match &self.nested {
            Some((outer, inner)) => {
                outer.all(record).into_iter().flat_map(|parent| flat(inner.all(parent), Some(parent))).collect()
            }
            None => flat(self.each.all(record), None).collect(),
        }
    }

    /// Whether `where` lets an entry in; it sees the entry, and its record as `parent`.
    fn counts(&self, entry: &Json, parent: Option<&Json>) -> bool {
        let Some(only) = &self.only else { return true };
        let seen = match parent {
            Some(parent) => merge_maps([to_mj(entry), minijinja::context! { parent => to_mj(parent) }]),
            None => to_mj(entry),
        };
        only.eval(&seen).is_ok_and(|json| json == Json::Bool(true))
    }

    fn of_texts(&self, record: &Json) -> Option<Json> {
        let mut texts = self
            .entries(record)
            .into_iter()
            .filter(|(entry, parent)| self.counts(entry, *parent))
            .filter_map(|(entry, _)| self.value.as_ref()?.find(entry).map(plain_text))
            .filter(|text| !text.is_empty());
        match self.of {
            Of::Max => texts.max(),
            Of::Min => texts.min(),
            _ => texts.next(),
        }
        .map(Json::String)
    }

    fn scaled(&self, value: Decimal, entry: &Json, record: &Json) -> Result<Decimal, String> {
        let large = || "an amount is too large".to_owned();
        let mut value = value;
        if let Some(times) = self.times.as_ref().and_then(|path| path.find(entry)).filter(|v| !v.is_null()) {
            let times = decimal(times).ok_or_else(|| format!("the quantity {:?} is not a number", short(times)))?;
            value = value.checked_mul(times).ok_or_else(large)?;
        }
        if let Some(per) = self.per.as_ref().and_then(|path| path.find(entry)).map(plain_text).filter(|p| !p.is_empty())
        {
            let a_year = per_year(&per).ok_or_else(|| format!("{per:?} is no interval of ours"))?;
            let count = self.per_count.as_ref().and_then(|path| path.find(entry)).and_then(decimal);
            let count = count.filter(|count| *count > Decimal::ZERO).unwrap_or(Decimal::ONE);
            value = value.checked_mul(a_year).and_then(|v| v.checked_div(count)).ok_or_else(large)?;
        }
        if let Some(minor) = &self.minor {
            let currency = minor.find(entry).or_else(|| minor.find(record)).map(plain_text).unwrap_or_default();
            let digits = crate::book::money::Currency::parse(&currency.to_uppercase()).map_or(2, |c| c.digits());
            value = value.checked_mul(Decimal::new(1, digits)).ok_or_else(large)?;
        }
        Ok(value)
    }
}

fn short(json: &Json) -> String {
    plain_text(json).chars().take(40).collect()
}

fn decimal(json: &Json) -> Option<Decimal> {
    let text = plain_text(json);
    let text = text.trim();
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// How many of an interval make a year.
fn per_year(interval: &str) -> Option<Decimal> {
    Some(Decimal::from(match interval.to_ascii_lowercase().as_str() {
        "day" | "daily" => 365,
        "week" | "weekly" => 52,
        "month" | "monthly" => 12,
        "quarter" | "quarterly" => 4,
        "year" | "yearly" | "annual" | "annually" => 1,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Errors, FieldMap, Node};
    use super::*;

    fn total(text: &str, record: &Json) -> Result<Option<Json>, String> {
        let node = Node::parse(&format!("x = {text}"), "x.toml").unwrap();
        let errors = Errors::new("x.toml");
        let map = FieldMap::read(node.get("x").unwrap(), "x", &errors).unwrap();
        map.choices[0].read.eval(record, &|| to_mj(record))
    }

    #[test]
    fn recurring_amounts_become_a_year_in_exact_decimals() {
        let arr = r#"{ total = "sum", each = "subs[].items[]", value = "price.amount", times = "n", per = "price.per", per_count = "price.count", minor = "currency", where = "= not ended | default(false)" }"#;
        let record = json!({ "currency": "usd", "subs": [
            { "items": [{ "n": 3, "price": { "amount": "1999.5", "per": "month", "count": 1 } }] },
            { "items": [{ "n": 1, "price": { "amount": 30000, "per": "month", "count": 3 } },
                        { "n": 9, "ended": true, "price": { "amount": 1, "per": "day", "count": 1 } }] } ] });
        // 3 x 19.995 x 12 + 300.00 x 12 / 3
        assert_eq!(total(arr, &record), Ok(Some(json!("1919.82"))));
        let yen = json!({ "currency": "jpy", "subs": [{ "items": [{ "n": 2, "price": { "amount": 5000, "per": "year" } }] }] });
        assert_eq!(total(arr, &yen), Ok(Some(json!("10000"))));
        assert_eq!(total(arr, &json!({ "currency": "usd", "subs": [] })), Ok(None));
        let odd =
            json!({ "currency": "usd", "subs": [{ "items": [{ "price": { "amount": "a lot", "per": "month" } }] }] });
        assert!(total(arr, &odd).unwrap_err().contains("not a number"));
        let fortnight =
            json!({ "currency": "usd", "subs": [{ "items": [{ "price": { "amount": 1, "per": "fortnight" } }] }] });
        assert!(total(arr, &fortnight).unwrap_err().contains("fortnight"));
    }

    #[test]
    fn an_entry_sees_the_record_that_its_list_stands_in() {
        let live = r#"{ total = "sum", each = "subs[].items[]", value = "n", where = "= parent.status in ['active', 'late'] and n > 0" }"#;
        let record = json!({ "status": "active", "subs": [
            { "status": "trial", "items": [{ "n": 100 }] },
            { "status": "active", "items": [{ "n": 2 }, { "n": 3 }] },
            { "status": "late", "items": [{ "n": 4 }, { "n": -9 }] } ] });
        assert_eq!(total(live, &record), Ok(Some(json!("9"))));
        let first =
            r#"{ total = "first", each = "subs[].items[]", value = "d", where = "= parent.status == 'active'" }"#;
        let record = json!({ "subs": [
            { "status": "trial", "items": [{ "d": "2020-01-01" }] },
            { "status": "active", "items": [{ "d": "2027-01-01" }] } ] });
        assert_eq!(total(first, &record), Ok(Some(json!("2027-01-01"))));
    }

    #[test]
    fn the_latest_of_moments_or_dates() {
        let record = json!({ "items": [{ "end": 1_793_527_200 }, { "end": 1_800_000_000 }, {}] });
        assert_eq!(
            total(r#"{ total = "max", each = "items", value = "end" }"#, &record),
            Ok(Some(json!("1800000000")))
        );
        let record = json!({ "items": [{ "end": "2027-01-01" }, { "end": "2026-12-31" }] });
        assert_eq!(
            total(r#"{ total = "max", each = "items", value = "end" }"#, &record),
            Ok(Some(json!("2027-01-01")))
        );
        assert_eq!(total(r#"{ total = "count", each = "items" }"#, &record), Ok(Some(json!(2))));
    }
}
