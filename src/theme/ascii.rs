//! What stands for a sign where only ASCII can be shown. Widths stay as they are, so that columns do.

/// Signs of ours and what is shown for them; each is one column wide.
const SIGNS: &[(&str, &str)] = &[
    ("●◆", "*"),
    ("◐", "o"),
    ("○", "!"),
    ("◌", "?"),
    ("▌▎┃", "|"),
    ("│┊╎", "|"),
    ("─━┄╌", "-"),
    ("╭╮╰╯├┤┬┴┼┌┐└┘", "+"),
    ("−–", "-"),
    ("·", "."),
    ("…", "~"),
    ("→▸›", ">"),
    ("▾", "v"),
    ("←‹", "<"),
    ("▲↑", "^"),
    ("▼↓", "v"),
    ("⏎", "E"),
    ("×", "x"),
    ("■", "#"),
    ("□", "."),
    ("▁", "_"),
    ("▂", "."),
    ("▃", ","),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "+"),
    ("▇", "*"),
    ("█", "#"),
    ("▏▕", "|"),
    ("▍▋▊▉", "#"),
    ("“”„", "\""),
    ("‘’", "'"),
    ("€", "E"),
    ("£", "L"),
    ("¥", "Y"),
];

/// What is shown for a grapheme `columns` wide.
pub fn ascii(symbol: &str, columns: usize) -> &'static str {
    match SIGNS.iter().find(|(signs, _)| signs.contains(symbol)) {
        Some((_, plain)) => plain,
        None if columns >= 2 => "??",
        None => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_keeps_its_width() {
        for (signs, plain) in SIGNS {
            assert_eq!(plain.len(), 1);
            for sign in signs.chars() {
                assert_eq!(crate::text::width(&sign.to_string()), 1, "{sign}");
            }
        }
        assert_eq!(ascii("◐", 1), "o");
        assert_eq!(ascii("北", 2), "??");
    }
}
