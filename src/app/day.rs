//! Days as people type them when they put something off: `fri`, `tomorrow`, `+2w`, `dec 31`, `2026-12-31`.
//!
//! Decides which day is meant, always one to come. Knows no clock: today is an argument.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Takes a day off the front of a text: the day and the rest. `None`: it begins with no day.
pub fn leading(text: &str, today: Date) -> Option<(Date, &str)> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim_start();
    let word = first.to_ascii_lowercase();
    if let Some(day) = single(&word, today) {
        return Some((day, rest));
    }
    let (second, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (month, number) = match (month(&word), month(&second.to_ascii_lowercase())) {
        (Some(month), _) => (month, second),
        (None, Some(month)) => (month, first),
        (None, None) => return None,
    };
    let number: i8 = number.parse().ok()?;
    let this = Date::new(today.year(), month, number).ok()?;
    let day = if this < today { Date::new(today.year() + 1, month, number).ok()? } else { this };
    Some((day, after.trim_start()))
}

fn month(word: &str) -> Option<i8> {
    let index = MONTHS.iter().position(|month| word.len() >= 3 && word.starts_with(month))?;
    Some(index as i8 + 1)
}

fn single(word: &str, today: Date) -> Option<Date> {
    match word {
        "today" => return Some(today),
        "tomorrow" | "tom" => return today.checked_add(1.day()).ok(),
        _ => {}
    }
    if let Ok(day) = word.parse::<Date>() {
        return Some(day);
    }
    if let Some((_, weekday)) = WEEKDAYS.iter().find(|(name, _)| word.len() >= 3 && word.starts_with(name)) {
        return today.nth_weekday(1, *weekday).ok();
    }
    let span = word.strip_prefix('+')?;
    let digits = span.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let n: i64 = digits.parse().ok().filter(|n| (0..10_000).contains(n))?;
    let span = match &span[digits.len()..] {
        "" | "d" => n.days(),
        "w" => n.weeks(),
        "m" => n.months(),
        "y" => n.years(),
        _ => return None,
    };
    today.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_read_as_people_type_them() {
        let today = date(2026, 11, 23); // a Monday
        let day = |text| leading(text, today);
        assert_eq!(day("fri waiting for legal"), Some((date(2026, 11, 27), "waiting for legal")));
        assert_eq!(day("monday"), Some((date(2026, 11, 30), "")));
        assert_eq!(day("+2w"), Some((date(2026, 12, 7), "")));
        assert_eq!(day("dec 31 budget round"), Some((date(2026, 12, 31), "budget round")));
        assert_eq!(day("15 jan"), Some((date(2027, 1, 15), "")));
        assert_eq!(day("2027-03-01 x"), Some((date(2027, 3, 1), "x")));
        assert_eq!(day("tomorrow"), Some((date(2026, 11, 24), "")));
        assert_eq!(day("because they asked"), None);
        assert_eq!(day("+2q"), None);
        assert_eq!(day("feb 31"), None);
        assert_eq!(day(""), None);
    }
}
