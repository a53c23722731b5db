//! Free words with clauses after them: `cut stock 8% by 2026-12-31 worth USD 120,000/yr to Jane Doe <jane@x.example>`.
//!
//! Decides how such a line is printed and read so that both are inverses. Where words could be taken for a clause, all of
//! them stand in quotes.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::super::fact::{Delta, PersonRef};
use crate::book::money::{Currency, Money, Worth};

/// A clause that may follow the words: its keyword, and whether a text can be its value.
pub struct Slot {
    pub key: &'static str,
    pub fits: fn(&str) -> bool,
}

/// Words and one value for each slot.
pub type Body = (String, Vec<Option<String>>);

/// Words and clauses as one line.
pub fn print(slots: &[Slot], words: &str, values: &[Option<String>]) -> String {
    let mut plain = words.to_owned();
    let given = || slots.iter().zip(values).filter_map(|(slot, value)| Some((slot.key, value.as_ref()?)));
    for (key, value) in given() {
        plain.push_str(&format!(" {key} {value}"));
    }
    let plain = plain.trim().to_owned();
    if read(slots, &plain).is_some_and(|(w, v)| w == words && v == values) {
        return plain;
    }
    let mut quoted = quote(words);
    for (key, value) in given() {
        quoted.push_str(&format!(" {key} {}", quote(value)));
    }
    quoted
}

/// The same read back.
pub fn read(slots: &[Slot], line: &str) -> Option<Body> {
    if line.starts_with('"') {
        return read_quoted(slots, line);
    }
    // A blank before it, so that a line may begin with a clause.
    let mut rest = format!(" {line}");
    let mut values = vec![None; slots.len()];
    for (at, slot) in slots.iter().enumerate().rev() {
        let key = format!(" {} ", slot.key);
        if let Some(start) = rest.rfind(&key) {
            let value = rest[start + key.len()..].trim().to_owned();
            if !value.is_empty() && (slot.fits)(&value) {
                values[at] = Some(value);
                rest.truncate(start);
            }
        }
    }
    Some((rest.trim().to_owned(), values))
}

fn read_quoted(slots: &[Slot], line: &str) -> Option<Body> {
    let (words, mut rest) = unquote(line)?;
    let mut values = vec![None; slots.len()];
    let mut next = 0;
    while !rest.trim().is_empty() {
        let found = slots.iter().enumerate().skip(next).find_map(|(at, slot)| {
            let after = rest.strip_prefix(&format!(" {} ", slot.key))?;
            let (value, after) = unquote(after)?;
            (slot.fits)(&value).then_some((at, value, after))
        });
        let (at, value, after) = found?;
        values[at] = Some(value);
        rest = after;
        next = at + 1;
    }
    Some((words, values))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What stands in quotes at the beginning, and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let (mut out, mut escaped) = (String::new(), false);
    for (at, c) in inside.char_indices() {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, '"') => return Some((out, &inside[at + 1..])),
            _ => {
                escaped = false;
                out.push(c);
            }
        }
    }
    None
}

/// `Jane Doe <jane@x.example>`, or the name alone.
pub fn person(person: &PersonRef) -> String {
    match &person.email {
        Some(email) => format!("{} <{email}>", person.name),
        None => person.name.clone(),
    }
}

/// Several, with commas between.
pub fn people(people: &[PersonRef]) -> String {
    people.iter().map(person).collect::<Vec<_>>().join(", ")
}

/// The person of a text.
pub fn read_person(text: &str) -> Option<PersonRef> {
    let text = text.trim();
    match text.split_once('<') {
        Some((name, email)) => Some(PersonRef::new(name, Some(email.strip_suffix('>')?))),
        None => (!text.is_empty()).then(|| PersonRef::new(text, None)),
    }
}

/// The people of a text; nobody where it is empty.
pub fn read_people(text: &str) -> Option<Vec<PersonRef>> {
    if text.trim().is_empty() { Some(Vec::new()) } else { text.split(", ").map(read_person).collect() }
}

/// An ISO date.
pub fn read_date(text: &str) -> Option<Date> {
    let text = text.trim();
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// `USD 120,000`, with cents where there are any.
pub fn money(money: Money) -> String {
    let units = Decimal::new(money.minor, money.currency.digits()).normalize().to_string();
    let (sign, digits) = units.strip_prefix('-').map_or(("", units.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let cents = if cents.is_empty() { String::new() } else { format!(".{cents}") };
    format!("{} {sign}{grouped}{cents}", money.currency.code())
}

/// The same read back.
pub fn read_money(text: &str) -> Option<Money> {
    let (code, amount) = text.trim().split_once(' ')?;
    let amount = amount.replace(',', "").parse::<Decimal>().ok()?;
    Money::from_decimal(amount, Currency::parse(code).filter(|_| code.len() == 3)?)
}

/// Money, once or a year: `USD 120,000/yr`.
pub fn worth(worth: Worth) -> String {
    format!("{}{}", money(worth.amount), if worth.yearly { "/yr" } else { "" })
}

/// The same read back.
pub fn read_worth(text: &str) -> Option<Worth> {
    let (amount, yearly) = match text.strip_suffix("/yr") {
        Some(amount) => (amount, true),
        None => (text, false),
    };
    Some(Worth { amount: read_money(amount)?, yearly })
}

/// `-10%`, `+12.5%`, `USD -40,000`.
pub fn delta(delta: Delta) -> String {
    match delta {
        Delta::Share(points) => format!("{:+}%", Decimal::new(i64::from(points), 2).normalize()),
        Delta::Money(amount) => money(amount),
    }
}

/// The same read back.
pub fn read_delta(text: &str) -> Option<Delta> {
    match text.strip_suffix('%') {
        Some(share) => {
            let points = share.trim_start_matches('+').parse::<Decimal>().ok()? * Decimal::from(100);
            i32::try_from(points).ok().map(Delta::Share)
        }
        None => read_money(text).map(Delta::Money),
    }
}
