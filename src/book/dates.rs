//! Dates as people type them: `fri`, `+2w`, `dec 31`, `2026-12-31`, `tomorrow`, `q1`.
//!
//! Decides which day is meant, seen from a given day. Must not guess: what is no date is left as text.

use jiff::civil::{Date, Weekday};

use crate::book::day::plus;

/// Which way a date without a year (or a bare weekday) lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// The next one: tasks, promises.
    Future,
    /// The last one: touches.
    Past,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// What can be typed, for help and error messages.
pub const FORMS: &str = "fri, tomorrow, +2w, dec 31, q1, 2026-12-31";

/// The day that the whole text means.
pub fn parse(text: &str, today: Date, toward: Toward) -> Option<Date> {
    let words: Vec<&str> = text.split_whitespace().collect();
    of_words(&words, today, toward)
}

/// The date that a text begins with, and how many bytes it takes.
pub fn head(text: &str, today: Date, toward: Toward) -> Option<(Date, usize)> {
    let spans = spans(text);
    (1..=spans.len().min(3)).rev().find_map(|n| {
        let words: Vec<&str> = spans[..n].iter().map(|(from, to)| &text[*from..*to]).collect();
        of_words(&words, today, toward).map(|date| (date, spans[n - 1].1))
    })
}

/// The date that a text ends with, with a `by`, `on`, `due` or `until` before it: the text before, and the date.
pub fn tail(text: &str, today: Date, toward: Toward) -> Option<(&str, Date)> {
    let spans = spans(text);
    (1..=spans.len().min(3)).rev().find_map(|n| {
        let mut first = spans.len() - n;
        let words: Vec<&str> = spans[first..].iter().map(|(from, to)| &text[*from..*to]).collect();
        let date = of_words(&words, today, toward)?;
        let before = first.checked_sub(1).map(|at| &text[spans[at].0..spans[at].1]);
        if before.is_some_and(|word| ["by", "on", "due", "until"].contains(&word.to_lowercase().as_str())) {
            first -= 1;
        }
        Some((text[..spans[first].0].trim_end(), date))
    })
}

/// Where the words of a text stand.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut from = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_whitespace(), from) {
            (false, None) => from = Some(at),
            (true, Some(start)) => {
                out.push((start, at));
                from = None;
            }
            _ => {}
        }
    }
    out
}

fn of_words(words: &[&str], today: Date, toward: Toward) -> Option<Date> {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.trim_matches([',', '.', ':', ';']).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [one] => single(one, today, toward),
        ["next", "week"] => Some(next_weekday(today, Weekday::Monday)),
        ["next", "month"] => today.first_of_month().checked_add(jiff::Span::new().months(1)).ok(),
        ["end", "of", "month"] => Some(today.last_of_month()),
        ["end", "of", "year"] => Date::new(today.year(), 12, 31).ok(),
        ["end", "of", quarter] if quarter.starts_with('q') => single(quarter, today, toward),
        ["next", day] => weekday(day).map(|day| next_weekday(today, day)),
        ["last", day] => weekday(day).map(|day| last_weekday(today, day)),
        [number, unit, "ago"] => shift(today, &format!("-{number}{}", unit.get(..1)?)),
        ["in", number, unit] => shift(today, &format!("+{number}{}", unit.get(..1)?)),
        [quarter, year] if quarter.starts_with('q') => quarter_end(quarter, year.parse().ok()?),
        [a, b] => {
            let (month, day) = month_and_day(a, b)?;
            near(month, day, today, toward)
        }
        [a, b, year] => {
            let (month, day) = month_and_day(a, b)?;
            Date::new(year.parse().ok().filter(|year| (1900..=2200).contains(year))?, month, day).ok()
        }
        _ => None,
    }
}

fn single(word: &str, today: Date, toward: Toward) -> Option<Date> {
    match word {
        "today" => return Some(today),
        "tomorrow" | "tmrw" => return Some(plus(today, 1)),
        "yesterday" => return Some(plus(today, -1)),
        "eom" => return Some(today.last_of_month()),
        "eoy" => return Date::new(today.year(), 12, 31).ok(),
        "eoq" => return quarter_end(&format!("q{}", (today.month() + 2) / 3), today.year()),
        _ => {}
    }
    if let Some(day) = weekday(word) {
        return Some(match toward {
            Toward::Future => next_weekday(today, day),
            Toward::Past => last_weekday(today, day),
        });
    }
    if word.starts_with(['+', '-', '−']) {
        return shift(today, word);
    }
    if word.len() == 10 && word.as_bytes()[4] == b'-' {
        return word.parse().ok();
    }
    let end = quarter_end(word, today.year())?;
    Some(match toward {
        Toward::Future if end < today => quarter_end(word, today.year() + 1)?,
        Toward::Past if end > today => quarter_end(word, today.year() - 1)?,
        _ => end,
    })
}

/// `+2w`, `-3d`, `+1m`, `+1y`.
fn shift(today: Date, word: &str) -> Option<Date> {
    let (sign, rest) = match word.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, word.strip_prefix(['-', '−'])?),
    };
    let unit = rest.chars().last()?;
    let n: i64 = rest[..rest.len() - unit.len_utf8()].parse().ok().filter(|n| (0..=9_999).contains(n))?;
    let n = sign * n;
    let span = match unit {
        'd' => return Some(plus(today, n)),
        'w' => return Some(plus(today, 7 * n)),
        'm' => jiff::Span::new().try_months(n),
        'y' => jiff::Span::new().try_years(n),
        _ => return None,
    };
    today.checked_add(span.ok()?).ok()
}

/// The last day of `q1` to `q4` of a year.
fn quarter_end(word: &str, year: i16) -> Option<Date> {
    let quarter: i8 = word.strip_prefix('q')?.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
    let year = if (0..100).contains(&year) { year + 2000 } else { year };
    Date::new(year, quarter * 3, 1).ok().map(Date::last_of_month)
}

/// A word of at least three letters that a name begins with.
fn begins(name: &str, word: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| begins(name, word)).map(|(_, day)| *day)
}

fn next_weekday(today: Date, day: Weekday) -> Date {
    plus(
        today,
        i64::from((day.to_monday_zero_offset() - today.weekday().to_monday_zero_offset() + 6).rem_euclid(7)) + 1,
    )
}

fn last_weekday(today: Date, day: Weekday) -> Date {
    plus(
        today,
        -i64::from((today.weekday().to_monday_zero_offset() - day.to_monday_zero_offset() + 6).rem_euclid(7)) - 1,
    )
}

fn month_and_day(a: &str, b: &str) -> Option<(i8, i8)> {
    let month = |word: &str| MONTHS.iter().position(|name| begins(name, word)).map(|at| at as i8 + 1);
    let day = |word: &str| {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        digits.parse::<i8>().ok().filter(|day| (1..=31).contains(day))
    };
    month(a).zip(day(b)).or_else(|| month(b).zip(day(a)))
}

/// That day of the year nearest in the given direction.
fn near(month: i8, day: i8, today: Date, toward: Toward) -> Option<Date> {
    let this = Date::new(today.year(), month, day).ok();
    match toward {
        Toward::Future => this.filter(|date| *date >= today).or_else(|| Date::new(today.year() + 1, month, day).ok()),
        Toward::Past => this.filter(|date| *date <= today).or_else(|| Date::new(today.year() - 1, month, day).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    // A Sunday.
    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn what_people_type_lies_ahead() {
        for (text, expected) in [
            ("today", date(2026, 11, 22)),
            ("tomorrow", date(2026, 11, 23)),
            ("fri", date(2026, 11, 27)),
            ("Friday", date(2026, 11, 27)),
            ("sun", date(2026, 11, 29)),
            ("+2w", date(2026, 12, 6)),
            ("+3d", date(2026, 11, 25)),
            ("+3m", date(2027, 2, 22)),
            ("-1y", date(2025, 11, 22)),
            ("in 3 days", date(2026, 11, 25)),
            ("dec 31", date(2026, 12, 31)),
            ("31 december", date(2026, 12, 31)),
            ("Jan 5th", date(2027, 1, 5)),
            ("dec 31 2028", date(2028, 12, 31)),
            ("2026-12-31", date(2026, 12, 31)),
            ("q1", date(2027, 3, 31)),
            ("q4", date(2026, 12, 31)),
            ("q2 2028", date(2028, 6, 30)),
            ("end of q1", date(2027, 3, 31)),
            ("eom", date(2026, 11, 30)),
            ("next week", date(2026, 11, 23)),
            ("next month", date(2026, 12, 1)),
        ] {
            assert_eq!(parse(text, TODAY, Toward::Future), Some(expected), "{text}");
        }
    }

    #[test]
    fn touches_lie_behind() {
        for (text, expected) in [
            ("fri", date(2026, 11, 20)),
            ("sun", date(2026, 11, 15)),
            ("yesterday", date(2026, 11, 21)),
            ("dec 31", date(2025, 12, 31)),
            ("3 days ago", date(2026, 11, 19)),
            ("last tue", date(2026, 11, 17)),
            ("q4", date(2025, 12, 31)),
        ] {
            assert_eq!(parse(text, TODAY, Toward::Past), Some(expected), "{text}");
        }
    }

    #[test]
    fn text_is_no_date() {
        for text in
            ["", "may", "deck", "31", "q5", "2026-13-01", "feb 30", "+w", "+99999d", "mar", "on", "we", "é", "+é"]
        {
            assert_eq!(parse(text, TODAY, Toward::Future), None, "{text}");
        }
    }

    #[test]
    fn a_date_at_the_end_or_the_beginning_is_cut_off() {
        let future = Toward::Future;
        assert_eq!(tail("send ROI deck by dec 31", TODAY, future), Some(("send ROI deck", date(2026, 12, 31))));
        assert_eq!(tail("send ROI deck fri", TODAY, future), Some(("send ROI deck", date(2026, 11, 27))));
        assert_eq!(tail("fri", TODAY, future), Some(("", date(2026, 11, 27))));
        assert_eq!(tail("send ROI deck", TODAY, future), None);
        assert_eq!(head("3 days ago about it", TODAY, Toward::Past), Some((date(2026, 11, 19), 10)));
        assert_eq!(head(" fri 45m", TODAY, Toward::Past), Some((date(2026, 11, 20), 4)));
    }
}
