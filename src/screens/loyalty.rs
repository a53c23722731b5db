//! The Loyalty screen: pyramids with counts and ARR, what clocks usually take, who is longest on a step, whom to keep.
//!
//! Decides words and order. One line of words stands under each figure; the rows below lead to their accounts.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::State;
use crate::app::layout::{BOTTOM, PAGE_TOP};
use crate::book::loyalty::pyramid::{Group, Pace};
use crate::book::loyalty::whole::{OnStep, Pyramid, Whole};
use crate::book::money::{Currency, short};
use crate::screens::widgets::Canvas;
use crate::screens::widgets::lines::{Row, follow, heading};
use crate::screens::{chrome, said};
use crate::text::{self, cut, pad, pad_left};
use crate::theme::{Role, Theme};

const STEPS: [&str; 4] = ["champion", "regular", "beginner", "evaluator"];

/// Draws the screen.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let body = Rect { y: area.y + PAGE_TOP, height: area.height.saturating_sub(PAGE_TOP + BOTTOM), ..area };
    let mut title = Row::new(theme).role(Role::Title, "Loyalty");
    let currency = state.header.as_ref().map_or(Currency::USD, |header| header.currency);
    if let Some(whole) = &state.loyalty.whole {
        title = title.role(Role::Text, format!("   {} accounts", text::grouped(whole.accounts)));
        if whole.gap.1 > 0 {
            let words = format!(" · {}{} missing of what was promised", currency.sign(), short(whole.gap.0));
            title = title.role(Role::Bad, words);
        }
    }
    chrome::page_title(state, canvas, area, title.line());
    let Some(whole) = &state.loyalty.whole else {
        said(canvas, body, &[(Role::Muted, "Adding up the book".to_owned())]);
        return;
    };
    if whole.accounts == 0 {
        let words = [
            (Role::Title, "No account is assessed yet".to_owned()),
            (Role::Muted, "It fills as the book is read".to_owned()),
        ];
        said(canvas, body, &words);
        return;
    }
    let room = usize::from(area.width.saturating_sub(2));
    let mut head = pyramids(whole, theme, room, currency);
    head.push(Line::default());
    head.extend(facts(whole, theme, room, currency));
    // The rows that lead on keep at least a third of the screen.
    let height = usize::from(body.height);
    head.truncate(height.saturating_sub((height / 3).max(3)));
    for (at, line) in head.iter().enumerate() {
        canvas.line(body.x, body.y + at as u16, usize::from(body.width), line);
    }
    let list = Rect { y: body.y + head.len() as u16, height: body.height.saturating_sub(head.len() as u16), ..body };
    rows(state, whole, canvas, list);
}

/// The pyramids side by side: a bar's width is the share of accounts on that step.
fn pyramids(whole: &Whole, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let known: Vec<&Pyramid> =
        whole.pyramids.iter().filter(|one| one.steps.iter().any(|step| step.accounts > 0)).collect();
    let label = 11;
    let width = (room.saturating_sub(label) / known.len().max(1)).min(52);
    let mut head = Row::new(theme).role(Role::Muted, pad("", label));
    for one in &known {
        let unknown = match one.unknown.accounts {
            0 => String::new(),
            n => format!("  {n} not known"),
        };
        head = head.bold(Role::Text, pad(&format!("{}{unknown}", one.group.name()), width));
    }
    let mut out = vec![head.line()];
    for (at, step) in STEPS.iter().enumerate() {
        let mut row = Row::new(theme).role(Role::Muted, pad(&format!(" {step}"), label));
        for one in &known {
            let part = one.steps[3 - at];
            let all: u64 = one.steps.iter().map(|step| step.accounts).sum();
            let bar = width.saturating_sub(16).clamp(4, 30);
            let filled = match all {
                0 => 0,
                all => (part.accounts as f64 / all as f64 * bar as f64).round() as usize,
            };
            let filled = if part.accounts > 0 { filled.max(1) } else { 0 };
            let left = (bar - filled.min(bar)) / 2;
            let picture = format!("{}{}", " ".repeat(left), "█".repeat(filled));
            let figures = format!(
                "{} {}",
                pad_left(&text::grouped(part.accounts), 4),
                pad(&format!("{}{}", currency.sign(), short(part.arr)), 7)
            );
            row = row
                .role(role_of(one.group), pad(&picture, bar))
                .role(Role::Text, pad(&format!(" {figures}"), width.saturating_sub(bar)));
        }
        out.push(row.line());
    }
    out
}

fn role_of(group: Group) -> Role {
    match group {
        Group::Buyers => Role::Buyers,
        Group::Users => Role::Users,
        Group::Builders => Role::Builders,
    }
}

fn facts(whole: &Whole, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    if !whole.clocks.is_empty() {
        out.push(heading(theme, " HOW LONG A STEP TAKES: the median of those that were made"));
    }
    for one in &whole.clocks {
        let words = match one.usual {
            Some(usual) => format!("{:.0} d (n {}; {} still running longer)", usual.median, usual.n, usual.longer),
            None => format!("none was made yet, {} under way", one.running),
        };
        let target = one.target.map_or_else(String::new, |target| format!("   target {target:.0} d"));
        let row = Row::new(theme)
            .role(Role::Text, format!("   {}", pad(one.says, 26)))
            .role(Role::Text, words)
            .role(Role::Muted, target);
        out.push(row.line());
    }
    let keep: Vec<String> = whole
        .keep
        .iter()
        .filter(|(_, part)| part.accounts > 0)
        .map(|(class, part)| {
            let class = class.map_or("not known", |class| class.name());
            format!("{class} {} ({}{})", text::grouped(part.accounts), currency.sign(), short(part.arr))
        })
        .collect();
    if whole.keep.iter().any(|(class, part)| class.is_some() && part.accounts > 0) {
        out.push(
            Row::new(theme)
                .role(Role::Muted, " KEEP ")
                .role(Role::Text, cut(&keep.join(" · "), room.saturating_sub(6)))
                .line(),
        );
    }
    if let (Some(share), Some((_, name, alone))) = (whole.top_five, &whole.largest) {
        let words = format!(
            "the five largest bring {:.0}% of the ARR; if {name} leaves, {:.0}% of it goes",
            share * 100.0,
            alone * 100.0
        );
        let role = if share >= 0.5 { Role::Watch } else { Role::Text };
        out.push(Row::new(theme).role(Role::Muted, " WEIGHT ").role(role, cut(&words, room.saturating_sub(8))).line());
    }
    out
}

fn rows(state: &State, whole: &Whole, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    if area.height < 2 {
        return;
    }
    let head = heading(theme, " LONGEST ON THEIR STEP, over target first: what the next one needs");
    canvas.line(area.x, area.y, usize::from(area.width), &head);
    let height = usize::from(area.height) - 1;
    if whole.on_steps.is_empty() {
        let line = Row::new(theme).role(Role::Muted, "   nobody waits for a step whose beginning is known").line();
        canvas.line(area.x, area.y + 1, usize::from(area.width), &line);
        return;
    }
    let top = follow(state.loyalty.cursor, whole.on_steps.len(), height);
    for (at, (index, one)) in whole.on_steps.iter().enumerate().skip(top).take(height).enumerate() {
        let line = row(one, index == state.loyalty.cursor, theme, usize::from(area.width));
        canvas.line(area.x, area.y + 1 + at as u16, usize::from(area.width), &line);
    }
}

fn row(one: &OnStep, here: bool, theme: &Theme, columns: usize) -> Line<'static> {
    let name_width = (columns / 4).clamp(14, 30);
    let name = if here { theme.style(Role::Selection) } else { theme.style(Role::Text) };
    let (pace, role) = match one.pace {
        Some(Pace::OnPace) => ("on pace", Role::Good),
        Some(Pace::Behind) => ("behind", Role::Watch),
        Some(Pace::Stuck) => ("stuck", Role::Bad),
        None => ("", Role::Muted),
    };
    let row = Row::new(theme)
        .role(Role::Accent, if here { " ▌ " } else { "   " })
        .style(name, pad(&text::cut_name(&one.name, name_width), name_width))
        .role(Role::Muted, format!(" {}", pad(one.group.name(), 9)))
        .role(Role::Text, pad_left(&format!("{:.0} d", one.days), 7))
        .role(role, format!(" {}", pad(pace, 8)));
    let left = columns.saturating_sub(row.width() + 1);
    row.role(Role::Muted, cut(one.needs, left)).line()
}
