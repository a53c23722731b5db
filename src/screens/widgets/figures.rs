//! Figures in cells: trend, band, bar, battery; and the words of scores, days and money.
//!
//! Decides how a number is drawn. Every state has a shape or a word beside its colour.

use jiff::civil::Date;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use crate::book::money::{Currency, Money};
use crate::book::standing::{Band, Severity, Stages};
use crate::text;
use crate::theme::{Role, Theme};

const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Weekly scores on one scale, 0 to 100; a gap where nothing was known.
pub fn trend(scores: &[Option<f64>]) -> String {
    scores
        .iter()
        .map(|score| match score {
            Some(score) => STEPS[((score.clamp(0.0, 100.0) / 100.0 * 8.0) as usize).min(7)],
            None => ' ',
        })
        .collect()
}

/// The sign of a band.
pub fn glyph(band: Band) -> &'static str {
    match band {
        Band::Healthy => "●",
        Band::Watch => "◐",
        Band::AtRisk => "○",
        Band::Unknown => "◌",
    }
}

/// The role of a band's sign.
pub fn band_role(band: Band) -> Role {
    match band {
        Band::Healthy => Role::Good,
        Band::Watch => Role::Watch,
        Band::AtRisk => Role::Bad,
        Band::Unknown => Role::Muted,
    }
}

/// How a score is written: at risk stands out, healthy is plain, what is hardly known is faint.
pub fn score_style(theme: &Theme, band: Band, confidence: f64) -> Style {
    match band {
        _ if confidence < 0.4 => theme.style(Role::Stale),
        Band::AtRisk => theme.bold(Role::Bad),
        Band::Watch => theme.bold(Role::Text),
        Band::Healthy | Band::Unknown => theme.style(Role::Text),
    }
}

/// `41`, or `–` where nothing could speak.
pub fn score(score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |score| format!("{score:.0}"))
}

/// `−18`, `+4`, `·`; blank where it is not known.
pub fn delta(delta: Option<f64>) -> String {
    delta.map(|delta| text::signed(delta.round() as i64)).unwrap_or_default()
}

/// The role of a change.
pub fn delta_role(delta: Option<f64>) -> Role {
    match delta.map(f64::round) {
        Some(d) if d <= -5.0 => Role::Down,
        Some(d) if d >= 5.0 => Role::Up,
        Some(d) if d != 0.0 => Role::Text,
        _ => Role::Muted,
    }
}

/// `$412k`.
pub fn money(amount: Money) -> String {
    format!("{}{}", amount.currency.sign(), amount.short())
}

/// `~$96k` of the book's currency.
pub fn worth(units: f64, currency: Currency) -> String {
    format!("~{}{}", currency.sign(), crate::book::money::short(units))
}

/// `R/C`: buyers and users; `–` where one is not known, blank where both are not.
pub fn stage(stage: Stages) -> String {
    let letter = |s: Option<crate::book::standing::Stage>| s.map_or('–', |s| s.letter());
    match (stage.buyers, stage.users) {
        (None, None) => String::new(),
        _ => format!("{}/{}", letter(stage.buyers), letter(stage.users)),
    }
}

/// `23d`, `−6d`.
pub fn days(day: Date, today: Date) -> String {
    match (day - today).get_days() {
        n if n < 0 => format!("−{}d", -n),
        n => format!("{n}d"),
    }
}

/// The role of a flag.
pub fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::High => Role::Bad,
        Severity::Medium => Role::Text,
        Severity::Low => Role::Muted,
    }
}

/// A bar of eighth blocks with a track of dots.
pub fn bar(theme: &Theme, share: f64, columns: usize, style: Style) -> Vec<Span<'static>> {
    let eighths = (share.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    let mut filled = "█".repeat(full);
    if rest > 0 {
        filled.push(EIGHTHS[rest]);
    }
    let track = "·".repeat(columns.saturating_sub(full + usize::from(rest > 0)));
    vec![Span::styled(filled, style), Span::styled(track, theme.style(Role::Muted))]
}

/// The relationship battery: `▕████▎ ▏ 71`.
pub fn battery(theme: &Theme, charge: f64) -> Vec<Span<'static>> {
    let role = if charge < 30.0 { Role::Bad } else { Role::Text };
    let eighths = (charge.clamp(0.0, 100.0) / 100.0 * 48.0).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    let mut inside = "█".repeat(full);
    if rest > 0 {
        inside.push(EIGHTHS[rest]);
    }
    let inside = text::pad(&inside, 6);
    vec![
        Span::styled("▕", theme.style(Role::Muted)),
        Span::styled(inside, theme.style(role)),
        Span::styled("▏", theme.style(Role::Muted)),
        Span::styled(format!(" {charge:.0}"), theme.style(role).add_modifier(Modifier::BOLD)),
    ]
}

/// Since when, as people say it: `since Friday`, `since 3 Oct`.
pub fn since(day: Date, today: Date) -> String {
    match (today - day).get_days() {
        0 => "today".to_owned(),
        1 => "since yesterday".to_owned(),
        2..=6 => format!("since {}", day.strftime("%A")),
        _ => format!("since {}", text::short_date(day, today)),
    }
}

/// `maya.chen` of `maya.chen@example.com`.
pub fn who(owner: &str) -> &str {
    owner.split('@').next().unwrap_or(owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Depth, Look};

    #[test]
    fn figures_keep_their_width() {
        assert_eq!(trend(&[Some(0.0), None, Some(50.0), Some(100.0), Some(250.0)]), "▁ ▅██");
        let theme = Theme::new(Look { depth: Depth::Sixteen, ascii: false });
        for share in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 7.0] {
            let width: usize = bar(&theme, share, 8, Style::new()).iter().map(|s| text::width(&s.content)).sum();
            assert_eq!(width, 8, "{share}");
        }
        for charge in [0.0, 3.0, 71.0, 100.0] {
            let spans = battery(&theme, charge);
            assert_eq!(text::width(&spans[1].content), 6, "{charge}");
        }
        assert_eq!(score(None), "–");
        assert_eq!(delta(Some(-0.2)), "·");
        assert_eq!(since(jiff::civil::date(2026, 11, 20), jiff::civil::date(2026, 11, 23)), "since Friday");
    }
}
