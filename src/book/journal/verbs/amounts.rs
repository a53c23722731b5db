//! Amounts of money as people type them: `90k`, `$120k/yr`, `USD 120,000`, `1.2m EUR a year`.
//!
//! Decides what is an amount. Must not guess between a decimal point and a thousands sign: it says what to type.

use rust_decimal::Decimal;

use crate::book::money::{Currency, Money, Worth};

/// An amount that the words begin with and how many of them it takes; or why it can't be read.
pub type Amount = Option<Result<(Worth, usize), String>>;

/// As [`read`], only where a currency is named.
pub fn with_currency(tokens: &[String], usual: Currency) -> Amount {
    let (amount, named) = amount(tokens, usual)?;
    named.then_some(amount)
}

/// The amount that the words begin with; `usual`: its currency where none is named.
pub fn read(tokens: &[String], usual: Currency) -> Amount {
    Some(amount(tokens, usual)?.0)
}

const SIGNS: &[(char, &str)] = &[('$', "USD"), ('€', "EUR"), ('£', "GBP"), ('¥', "JPY")];

fn code(word: &str) -> Option<Currency> {
    const KNOWN: &[&str] = &[
        "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "INR",
        "CNY", "HKD", "SGD", "KRW", "BRL", "MXN", "ZAR", "ILS", "TRY", "AED", "SAR", "THB",
    ];
    let upper = word.to_uppercase();
    KNOWN.contains(&upper.as_str()).then(|| Currency::parse(&upper)).flatten()
}

/// The amount or why it can't be read, and whether its currency was named.
type Named = (Result<(Worth, usize), String>, bool);

fn amount(tokens: &[String], usual: Currency) -> Option<Named> {
    let mut used = 0;
    let mut currency = tokens.first().and_then(|word| code(word));
    used += usize::from(currency.is_some());
    let word = tokens.get(used)?.trim_end_matches([',', ';']).trim_end_matches('.');
    used += 1;
    let (minus, word) = word.strip_prefix(['-', '−']).map_or((false, word), |word| (true, word));
    let mut word = word.trim_start_matches('+');
    if let Some((sign, of_sign)) = SIGNS.iter().find(|(sign, _)| word.starts_with(*sign)) {
        currency = Currency::parse(of_sign);
        word = &word[sign.len_utf8()..];
    }
    let (word, glued) = match word.split_once('/') {
        Some((word, unit)) => (word, Some(per(unit)?)),
        None => (word, None),
    };
    let digits = word.find(|c: char| !c.is_ascii_digit() && !",.".contains(c)).unwrap_or(word.len());
    let (number, mut suffix) = word.split_at(digits);
    if let Some((sign, of_sign)) = SIGNS.iter().find(|(sign, _)| suffix.ends_with(*sign)) {
        currency = Currency::parse(of_sign);
        suffix = &suffix[..suffix.len() - sign.len_utf8()];
    }
    let lower = suffix.to_lowercase();
    let scale = match lower.as_str() {
        "" => 1,
        "k" => 1_000,
        "m" | "mn" | "mio" => 1_000_000,
        "b" | "bn" => 1_000_000_000,
        other => {
            currency = Some(code(other)?);
            1
        }
    };
    if number.is_empty() || !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(named) = tokens.get(used).and_then(|word| code(word.trim_end_matches([',', ';', '.']))) {
        currency = Some(named);
        used += 1;
    }
    let (yearly, times) = match glued {
        Some(per) => per,
        None => {
            let (yearly, times, more) = spelled(&tokens[used..]);
            used += more;
            (yearly, times)
        }
    };
    let named = currency.is_some();
    let units = match units(number, scale > 1) {
        Ok(units) => units * Decimal::from(scale) * Decimal::from(times),
        Err(message) => return Some((Err(message), named)),
    };
    let units = if minus { -units } else { units };
    let amount = Money::from_decimal(units, currency.unwrap_or(usual));
    let worth = amount.map(|amount| (Worth { amount, yearly }, used));
    Some((worth.ok_or_else(|| "that amount is too large".to_owned()), named))
}

/// `yr`, `year`, `mo`: yearly, and how many of it make a year.
fn per(unit: &str) -> Option<(bool, i64)> {
    match unit.to_lowercase().trim_end_matches('.') {
        "yr" | "year" | "y" | "a" | "annum" | "p.a" => Some((true, 1)),
        "mo" | "month" | "m" => Some((true, 12)),
        "quarter" | "q" => Some((true, 4)),
        _ => None,
    }
}

/// `per year`, `a month`, `yearly`: yearly, how many of it make a year, and how many words that took.
fn spelled(tokens: &[String]) -> (bool, i64, usize) {
    let word =
        |at: usize| tokens.get(at).map(|word| word.trim_matches([',', '.', ';']).to_lowercase()).unwrap_or_default();
    match (word(0).as_str(), word(1).as_str()) {
        ("per" | "a" | "each" | "every" | "/", unit) => {
            per(unit).filter(|_| unit.len() > 1).map_or((false, 1, 0), |(yearly, times)| (yearly, times, 2))
        }
        ("yearly" | "annually" | "p.a" | "pa" | "/yr" | "/year", _) => (true, 1, 1),
        ("monthly" | "/mo" | "/month", _) => (true, 12, 1),
        ("once" | "one-off", _) => (false, 1, 1),
        _ => (false, 1, 0),
    }
}

fn units(number: &str, scaled: bool) -> Result<Decimal, String> {
    let unclear = || format!("{number} can be read two ways: type {} or 12.5k", number.replace([',', '.'], ""));
    let groups = |sign: char| {
        let mut parts = number.split(sign);
        parts.next().is_some_and(|first| (1..=3).contains(&first.len())) && parts.all(|part| part.len() == 3)
    };
    let plain = match (number.contains(','), number.contains('.')) {
        (false, false) => number.to_owned(),
        (true, false) if groups(',') && !scaled => number.replace(',', ""),
        // A point before one or two digits is a decimal one; before three it may be a thousands sign.
        (false, true) if number.matches('.').count() == 1 => {
            let after = number.rsplit('.').next().map_or(0, str::len);
            if after == 3 && !scaled {
                return Err(unclear());
            }
            number.to_owned()
        }
        (true, true) => {
            let (whole, cents) = number.rsplit_once('.').unwrap_or((number, ""));
            if cents.contains(',') {
                return Err(unclear());
            }
            format!("{}.{cents}", whole.replace(',', ""))
        }
        _ => return Err(unclear()),
    };
    plain.parse().map_err(|_| unclear())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Option<Result<(String, bool, usize), String>> {
        let tokens: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let amount = read(&tokens, Currency::USD)?;
        Some(amount.map(|(worth, used)| {
            let amount = worth.amount;
            (format!("{} {}", amount.currency, amount.units()), worth.yearly, used)
        }))
    }

    #[test]
    fn what_people_type() {
        for (text, amount, yearly, used) in [
            ("120k/yr", "USD 120000", true, 1),
            ("$120k", "USD 120000", false, 1),
            ("€90k a year", "EUR 90000", true, 3),
            ("90k EUR per year more", "EUR 90000", true, 4),
            ("USD 120,000/yr @jane", "USD 120000", true, 2),
            ("1.2m", "USD 1200000", false, 1),
            ("12.50", "USD 12.5", false, 1),
            ("1,234.50", "USD 1234.5", false, 1),
            ("-40k", "USD -40000", false, 1),
            ("10k/mo", "USD 120000", true, 1),
            ("500k yearly", "USD 500000", true, 2),
            ("90k€", "EUR 90000", false, 1),
            ("400k, because", "USD 400000", false, 1),
            ("5 a day", "USD 5", false, 1),
        ] {
            assert_eq!(read_one(text), Some(Ok((amount.into(), yearly, used))), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_two_ways_is_asked_for() {
        for text in ["12,5k", "120.000", "1.200.000", "12,50"] {
            assert!(matches!(read_one(text), Some(Err(_))), "{text}");
        }
        for text in ["6%", "deck", "fri", "/yr", "", "k", "3d"] {
            assert_eq!(read_one(text), None, "{text}");
        }
    }

    #[test]
    fn an_amount_in_the_middle_of_words_names_its_currency() {
        let tokens = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(with_currency(&tokens("20k units"), Currency::USD).is_none());
        assert!(with_currency(&tokens("€20k units"), Currency::USD).is_some());
    }
}
