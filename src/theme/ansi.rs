//! Styles as the bytes that a terminal takes, in as few of them as possible.
//!
//! Decides only the spelling (SGR); what differs between two frames is found in `terminal`.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What the terminal's pen is set to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pen {
    fg: Color,
    bg: Color,
    mods: Modifier,
}

const MODS: &[(Modifier, u8, u8)] = &[
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
];

impl Pen {
    /// The pen that draws a cell.
    pub fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, mods: cell.modifier }
    }

    /// Writes what turns `self` into `next`, and becomes it.
    pub fn turn(&mut self, next: Self, out: &mut Vec<u8>) {
        if *self == next {
            return;
        }
        let step = self.step(next);
        let fresh = Self::default().step(next);
        // From a reset: `CSI m` alone, or `CSI 0;…m`.
        let reset = if fresh.is_empty() { String::new() } else { format!("0;{fresh}") };
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(if reset.len() <= step.len() { reset.as_bytes() } else { step.as_bytes() });
        out.push(b'm');
        *self = next;
    }

    /// The codes from one pen to another, without a reset.
    fn step(self, next: Self) -> String {
        let mut codes: Vec<String> = Vec::new();
        let gone = self.mods.difference(next.mods);
        let mut kept = self.mods;
        for (modifier, _, off) in MODS {
            let code = off.to_string();
            if gone.contains(*modifier) && !codes.contains(&code) {
                codes.push(code);
                // 22 ends bold and dim alike.
                for (other, _, same) in MODS {
                    if same == off {
                        kept.remove(*other);
                    }
                }
            }
        }
        for (modifier, on, _) in MODS {
            if next.mods.contains(*modifier) && !kept.contains(*modifier) {
                codes.push(on.to_string());
            }
        }
        if self.fg != next.fg {
            codes.push(colour(next.fg, 30));
        }
        if self.bg != next.bg {
            codes.push(colour(next.bg, 40));
        }
        codes.join(";")
    }
}

/// Blanks of equal look are equal, whatever colour their text would have.
pub fn plain_blank(cell: &mut Cell) {
    let visible = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    if cell.symbol() == " " && !cell.modifier.intersects(visible) {
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
}

/// A colour's code; `base` is 30 for the text, 40 for the ground.
fn colour(colour: Color, base: u8) -> String {
    let index = match colour {
        Color::Reset => return (base + 9).to_string(),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(index) => return format!("{};5;{index}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    if index < 8 { (base + index).to_string() } else { (base + 60 + index - 8).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(from: Pen, to: Pen) -> String {
        let mut out = Vec::new();
        let mut pen = from;
        pen.turn(to, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_shorter_way_is_taken() {
        let plain = Pen::default();
        let bold = Pen { mods: Modifier::BOLD, ..plain };
        let red = Pen { fg: Color::Red, ..bold };
        assert_eq!(bytes(plain, bold), "\x1b[1m");
        assert_eq!(bytes(red, plain), "\x1b[m");
        assert_eq!(bytes(red, bold), "\x1b[39m");
        assert_eq!(bytes(bold, Pen { mods: Modifier::DIM, ..plain }), "\x1b[0;2m");
        assert_eq!(bytes(plain, plain), "");
        assert_eq!(bytes(plain, Pen { bg: Color::Rgb(1, 2, 3), ..plain }), "\x1b[48;2;1;2;3m");
    }
}
