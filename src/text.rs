//! Text as a terminal shows it: width, cutting and padding by grapheme, cleaning of outside text, relative dates.
//!
//! Decides how wide a text is and what of it may be shown. Draws nothing and knows no account.
//! Everything from outside passes [`clean_line`] or [`clean_text`] where it enters, so that no control byte reaches a cell.

use jiff::Timestamp;
use jiff::civil::Date;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

/// A grapheme takes at most two columns: terminals draw a joined emoji in one double cell, or at least ratatui does.
fn grapheme_width(grapheme: &str) -> usize {
    UnicodeWidthStr::width(grapheme).min(2)
}

/// At most `columns` wide, with `…` where something is missing; at a word, where that costs little: half a number says
/// something else.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = head(text, columns);
    let inside = text[kept.len()..].chars().next().is_some_and(|next| !next.is_whitespace());
    let blank = kept.rfind(' ').filter(|&blank| inside && width(&kept[..blank]) * 3 >= columns * 2);
    shortened(&kept[..blank.unwrap_or(kept.len())], columns)
}

/// The same for a name: every letter helps to tell it from another.
pub fn cut_name(text: &str, columns: usize) -> String {
    if width(text) <= columns { text.to_owned() } else { shortened(head(text, columns), columns) }
}

/// What fits with one column to spare.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += grapheme_width(grapheme);
        used + 1 > columns
    });
    end.map_or(text, |(at, _)| &text[..at])
}

fn shortened(kept: &str, columns: usize) -> String {
    if columns == 0 { String::new() } else { format!("{}…", kept.trim_end()) }
}

/// Exactly `columns` wide, text at the left.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// Exactly `columns` wide, text at the right.
pub fn pad_left(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let mut out = " ".repeat(columns.saturating_sub(width(&cut)));
    out.push_str(&cut);
    out
}

/// Breaks into lines of at most `columns`, at blanks where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in words_and_blanks(paragraph) {
            let w = width(word);
            if used + w > columns && used > 0 && !word.trim().is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
                used = 0;
            }
            if w > columns {
                // One word wider than the line (an URL): broken by grapheme.
                for grapheme in word.graphemes(true) {
                    let g = grapheme_width(grapheme);
                    if used + g > columns {
                        lines.push(std::mem::take(&mut line));
                        used = 0;
                    }
                    line.push_str(grapheme);
                    used += g;
                }
            } else if !(used == 0 && word.trim().is_empty()) {
                line.push_str(word);
                used += w;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Cut where blanks begin and end, so that a full stop stays with its word.
fn words_and_blanks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let blank = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// One line of clean text: what [`clean_text`] leaves, with line breaks and tabs as single blanks, trimmed.
pub fn clean_line(text: &str) -> String {
    let cleaned = clean_text(text);
    if !cleaned.contains(['\n', '\t']) && !cleaned.contains("  ") && cleaned.trim().len() == cleaned.len() {
        return cleaned;
    }
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text without control bytes: escape sequences as a whole, C0 (but `\n` and `\t`), C1, bidi overrides, and zero-width
/// characters outside emoji are gone.
pub fn clean_text(text: &str) -> String {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b) || b == b'\n') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\u{1b}' => skip_escape(&mut chars),
            // A joiner or a variation selector belongs to the emoji before it; anywhere else it hides text.
            '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' if is_pictograph(last) => out.push(c),
            c if c.is_control() || is_hidden(c) => continue,
            c => out.push(c),
        }
        if !matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}') {
            last = c;
        }
    }
    out
}

/// Skips the rest of an escape sequence, so that its payload (`]0;owned`) does not stay behind as text.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            while let Some(&c) = chars.peek() {
                if !(' '..='~').contains(&c) {
                    return;
                }
                chars.next();
                if ('@'..='~').contains(&c) {
                    return;
                }
            }
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            // A string sequence ends at BEL or ST. Without an end only its introducer goes: never the rest of the text.
            let rest: String = chars.clone().collect();
            let end = rest.find(['\u{7}', '\u{1b}', '\u{9c}', '\n']);
            chars.next();
            if let Some(end) = end.filter(|&end| rest.as_bytes().get(end) != Some(&b'\n')) {
                let ended = rest[..end].chars().count();
                for _ in 1..ended {
                    chars.next();
                }
                if chars.next() == Some('\u{1b}') && chars.peek() == Some(&'\\') {
                    chars.next();
                }
            }
        }
        Some(c) if (' '..='~').contains(c) => {
            chars.next();
        }
        _ => {}
    }
}

/// Characters that show nothing or turn the text around.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a joiner may follow: pictographs, their modifiers and the signs that become emoji by a selector.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{a9}' | '\u{ae}' | '#' | '*' | '0'..='9')
}

/// A day relative to today, as a phrase: `today`, `in 23 d`, `6 d ago`; beyond a quarter `15 Mar 27`.
pub fn day(day: Date, today: Date) -> String {
    match (day - today).get_days() {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        n if (2..=92).contains(&n) => format!("in {n} d"),
        n if (-92..=-2).contains(&n) => format!("{} d ago", -n),
        _ => short_date(day, today),
    }
}

/// A day in the fewest cells: `21 Nov`, with the year where it is not this one: `15 Mar 27`.
pub fn short_date(day: Date, today: Date) -> String {
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        [day.month().clamp(1, 12) as usize - 1];
    if day.year() == today.year() {
        format!("{} {month}", day.day())
    } else {
        format!("{} {month} {:02}", day.day(), day.year().rem_euclid(100))
    }
}

/// Days until a day in a column: `23d`, `−6d`; beyond a quarter `15 Mar 27`.
pub fn days_column(day: Date, today: Date) -> String {
    match (day - today).get_days() {
        n @ 0..=999 => format!("{n}d"),
        n if (-99..0).contains(&n) => format!("−{}d", -n),
        _ => short_date(day, today),
    }
}

/// How long ago: `just now`, `2 min ago`, `3 h ago`, `yesterday`, `6 d ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        s if s < 60 => "just now".into(),
        s if s < 3_600 => format!("{} min ago", s / 60),
        s if s < 86_400 => format!("{} h ago", s / 3_600),
        s if s < 172_800 => "yesterday".into(),
        s => format!("{} d ago", s / 86_400),
    }
}

/// A number with a sign of its own: `+9`, `−18`, `·` for none.
pub fn signed(n: i64) -> String {
    match n {
        0 => "·".into(),
        n if n > 0 => format!("+{n}"),
        n => format!("−{}", -n),
    }
}

/// Thousands apart: `4,120`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn width_and_cut_count_columns() {
        assert_eq!(width("Zürich"), 6);
        assert_eq!(width("北京公司"), 8);
        assert_eq!(cut("Northwind Traders", 10), "Northwind…");
        assert_eq!(cut("北京公司", 5), "北京…");
        assert_eq!(width(&pad("北京公司", 6)), 6);
        assert_eq!(pad_left("41", 4), "  41");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(clean_line("\x1b]0;owned\x07Acme"), "Acme");
        assert_eq!(clean_line("\x1b]0;never ends"), "0;never ends");
        assert_eq!(clean_line("a\x1b[31mred\x1b[0m"), "ared");
        assert_eq!(clean_line("\u{202e}evil\u{200b}\u{9b}31m"), "evil31m");
        assert_eq!(clean_line("a\x1b]8;;http://x.example\x1b\\b"), "ab");
        assert_eq!(clean_text("a\r\nb\x00\x07"), "a\nb");
        assert_eq!(clean_line("👩\u{200d}💻 ok"), "👩\u{200d}💻 ok");
        assert_eq!(clean_line("pay\u{200d}pal"), "paypal");
        assert_eq!(clean_line("two\n lines\t"), "two lines");
    }

    #[test]
    fn wrapping_keeps_words_and_breaks_what_is_too_long() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn days_read_as_people_say_them() {
        let today = date(2026, 11, 22);
        assert_eq!(day(date(2026, 12, 15), today), "in 23 d");
        assert_eq!(day(date(2026, 11, 16), today), "6 d ago");
        assert_eq!(day(date(2027, 3, 15), today), "15 Mar 27");
        assert_eq!(days_column(date(2026, 12, 15), today), "23d");
        assert_eq!(days_column(date(2026, 11, 16), today), "−6d");
        assert_eq!(signed(-18), "−18");
        assert_eq!(grouped(4_120), "4,120");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
