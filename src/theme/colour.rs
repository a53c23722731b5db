//! Colours as a theme file writes them, and what becomes of them where a terminal shows fewer.

use ratatui::style::{Color, Modifier, Style};

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Modifiers only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// By `NO_COLOR`, `COLORTERM` and `TERM`.
    pub fn from_env(var: &impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        if var("NO_COLOR").is_some() || term == "dumb" {
            return Self::None;
        }
        match var("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Self::True,
            _ if term.contains("256") => Self::Indexed,
            _ => Self::Sixteen,
        }
    }
}

const NAMES: &[(&str, Color)] = &[
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// The sixteen as most terminals show them, for finding the nearest.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 49, 49),
    (13, 188, 121),
    (229, 229, 16),
    (36, 114, 200),
    (188, 63, 188),
    (17, 168, 205),
    (229, 229, 229),
    (102, 102, 102),
    (241, 76, 76),
    (35, 209, 139),
    (245, 245, 67),
    (59, 142, 234),
    (214, 112, 214),
    (41, 184, 219),
    (255, 255, 255),
];

fn colour(text: &str) -> Result<Color, String> {
    if let Some((_, colour)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Ok(*colour);
    }
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match (hex, text.parse::<u8>()) {
        (Some(rgb), _) => Ok(Color::Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)),
        (None, Ok(index)) => Ok(Color::Indexed(index)),
        (None, Err(_)) => Err(text.to_owned()),
    }
}

/// A style as a theme file writes it; the word that is wrong otherwise.
pub(super) fn style(fg: Option<&str>, bg: Option<&str>, mods: &[String]) -> Result<Style, String> {
    let mut style = Style::new();
    if let Some(fg) = fg {
        style = style.fg(colour(fg)?);
    }
    if let Some(bg) = bg {
        style = style.bg(colour(bg)?);
    }
    for word in mods {
        style = style.add_modifier(match word.as_str() {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            other => return Err(other.to_owned()),
        });
    }
    Ok(style)
}

/// The same style in the colours that there are.
pub(super) fn fit(mut style: Style, depth: Depth) -> Style {
    style.fg = style.fg.and_then(|colour| nearest(colour, depth));
    style.bg = style.bg.and_then(|colour| nearest(colour, depth));
    style
}

fn nearest(colour: Color, depth: Depth) -> Option<Color> {
    let rgb = match (colour, depth) {
        (_, Depth::None) => return None,
        (Color::Rgb(r, g, b), Depth::Indexed | Depth::Sixteen) => (r, g, b),
        (Color::Indexed(index), Depth::Sixteen) => indexed(index),
        _ => return Some(colour),
    };
    let range = if depth == Depth::Indexed { 16..=255 } else { 0..=15 };
    let best = range.min_by_key(|index| distance(indexed(*index), rgb)).unwrap_or(7);
    Some(match NAMES.get(usize::from(best)) {
        Some((_, named)) => *named,
        None => Color::Indexed(best),
    })
}

fn indexed(index: u8) -> (u8, u8, u8) {
    match index {
        0..=15 => SIXTEEN[usize::from(index)],
        16..=231 => {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = index - 16;
            (step(n / 36), step(n / 6 % 6), step(n % 6))
        }
        _ => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let d = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * d(a.0, b.0) + 4 * d(a.1, b.1) + 3 * d(a.2, b.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_colours_take_the_nearest() {
        assert_eq!(nearest(Color::Rgb(255, 0, 0), Depth::Indexed), Some(Color::Indexed(196)));
        assert_eq!(nearest(Color::Rgb(200, 50, 50), Depth::Sixteen), Some(Color::Red));
        assert_eq!(nearest(Color::Rgb(1, 2, 3), Depth::True), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(nearest(Color::Red, Depth::None), None);
        assert_eq!(style(Some("#12345"), None, &[]), Err("#12345".into()));
        assert_eq!(style(None, None, &["blink".into()]), Err("blink".into()));
    }
}
