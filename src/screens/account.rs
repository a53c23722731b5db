//! The page of one account: its head, its tabs, and the overview that explains the score.

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::account::{Pane, Tab};
use crate::app::layout::{ACCOUNT_TOP, BOTTOM};
use crate::app::state::State;
use crate::book::flags::Record;
use crate::book::money::{Currency, Money};
use crate::book::standing::{Band, Flag, Keep, Meeting, QuietFlag, Stages};
use crate::book::undated::not_known;
use crate::book::view::{AccountView, PortfolioRow};
use crate::book::why::{MeasureWhy, Why};
use crate::command::Id;
use crate::screens::widgets::Canvas;
use crate::screens::widgets::figures::{self, battery, glyph, money, since, who};
use crate::screens::widgets::lines::{Row, heading, scrolled};
use crate::screens::{chrome, people, plan, round, said, timeline, value};
use crate::text::{self, pad, pad_left, width};
use crate::theme::{Role, Theme};

/// Draws the page.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let body = Rect { y: area.y + ACCOUNT_TOP, height: area.height.saturating_sub(ACCOUNT_TOP + BOTTOM), ..area };
    let Some(pane) = &state.account else { return };
    let view = state.view(&pane.account);
    head(state, pane, view, canvas, area);
    let Some(view) = view else {
        match (&pane.error, &pane.row) {
            (Some(error), _) => said(canvas, body, &[(Role::Error, error.clone())]),
            (None, Some(row)) if pane.tab == Tab::Overview => {
                let lines = of_row(state, row, theme, usize::from(area.width));
                scrolled(canvas, body, &lines, pane.top);
            }
            (None, _) => said(canvas, body, &[(Role::Muted, "Reading the account".to_owned())]),
        }
        return;
    };
    match pane.tab {
        Tab::Overview => {
            let lines = overview(state, view, theme, usize::from(area.width));
            scrolled(canvas, body, &lines, pane.top);
        }
        Tab::People => people::draw(state, pane, view, canvas, body),
        Tab::Value => scrolled(canvas, body, &value::lines(state, view, theme, usize::from(area.width)), pane.top),
        Tab::Plan => scrolled(canvas, body, &plan::lines(state, view, theme, usize::from(area.width)), pane.top),
        Tab::Timeline => timeline::draw(state, pane, canvas, body),
    }
}

/// Name and score; what it pays and when it renews; the tabs.
fn head(state: &State, pane: &Pane, view: Option<&AccountView>, canvas: &mut Canvas<'_>, area: Rect) {
    let theme = canvas.theme;
    let mut title = Row::new(theme).role(Role::Title, text::cut_name(&pane.name, usize::from(area.width) / 2));
    let head = match (view, &pane.row) {
        (Some(view), _) => Some(Head::of_view(view)),
        (None, row) => row.as_deref().map(Head::of_row),
    };
    if let Some(h) = &head {
        title = title
            .role(figures::band_role(h.band), format!("   {} ", glyph(h.band)))
            .style(figures::score_style(theme, h.band, h.confidence), figures::score(h.score))
            .role(figures::delta_role(h.delta_7d), format!(" {}", figures::delta(h.delta_7d)))
            .role(Role::Text, format!(" {}", h.band.name()));
        let sure = format!(" · confidence {:.0}%", h.confidence * 100.0);
        // What does not fit beside how fresh it is, is left out whole.
        if title.width() + width(&sure) + width(&chrome::freshness(state)) + 5 <= usize::from(area.width) {
            title = title.role(Role::Muted, sure);
        }
    }
    chrome::page_title(state, canvas, area, title.line());
    if let Some(head) = &head {
        let line = pays(state, head, theme, usize::from(area.width.saturating_sub(2)));
        canvas.line(area.x + 1, area.y + 1, usize::from(area.width.saturating_sub(2)), &line);
    }
    let mut x = area.x + 1;
    for tab in Tab::ALL {
        let style = if tab == pane.tab { theme.style(Role::Selection) } else { theme.style(Role::Muted) };
        x = canvas.put(x, area.y + 2, usize::from(area.width), &format!(" {} ", tab.name()), style) + 1;
    }
}

/// What the head of the page says: from the whole account, or from what the list knew of it.
struct Head<'a> {
    band: Band,
    score: Option<f64>,
    confidence: f64,
    delta_7d: Option<f64>,
    arr: Option<Money>,
    renewal: Option<jiff::civil::Date>,
    stage: Stages,
    trust: Option<f64>,
    return_: Option<f64>,
    keep: Option<Keep>,
    meetings: &'a [Meeting],
    owner: Option<&'a str>,
    segment: Option<&'a str>,
    domain: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn of_view(view: &'a AccountView) -> Self {
        let (s, h) = (&view.standing, &view.standing.health);
        Self {
            band: h.band,
            score: h.score,
            confidence: h.confidence,
            delta_7d: h.delta_7d,
            arr: s.arr,
            renewal: s.renewal,
            stage: s.stage,
            trust: s.trust,
            return_: s.return_,
            keep: s.keep,
            meetings: &s.meetings,
            owner: s.owner.as_deref(),
            segment: s.segment.as_deref(),
            domain: s.domain.as_deref(),
        }
    }

    fn of_row(row: &'a PortfolioRow) -> Self {
        Self {
            band: row.band,
            score: row.score,
            confidence: row.confidence,
            delta_7d: row.delta_7d,
            arr: row.arr,
            renewal: row.renewal,
            stage: row.stage,
            trust: row.trust,
            return_: row.return_,
            keep: row.keep,
            meetings: &row.meetings,
            owner: row.owner.as_deref(),
            segment: row.segment.as_deref(),
            domain: row.domain.as_deref(),
        }
    }
}

/// Next step and flags, as far as the list knew them.
fn of_row(state: &State, row: &PortfolioRow, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2);
    let currency = state.header.as_ref().map_or(Currency::USD, |h| h.currency);
    let mut lines = Vec::new();
    if let Some(offer) = &row.next {
        lines.push(heading(theme, " NEXT"));
        lines.extend(round::play(offer, true, theme, room, currency));
        lines.push(Line::default());
    }
    lines.extend(flags(state, &row.flags, &[], theme, room));
    lines
}

/// Those that stand and were closed or put off, each with why: nothing is hidden without a trace.
fn quiet(state: &State, quiet: &[QuietFlag], theme: &Theme, room: usize) -> Vec<Line<'static>> {
    if quiet.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![heading(theme, " QUIET")];
    for one in quiet {
        let words = one.words(state.today);
        let row = Row::new(theme).role(Role::Muted, format!("   {}", text::cut(&one.flag.label, 24))).to(28);
        lines.push(row.role(Role::Muted, text::cut(&words, room.saturating_sub(28))).line());
    }
    lines.push(Line::default());
    lines
}

/// What stands against the account; beside a rule that was judged before, how often it was right.
fn flags(
    state: &State,
    flags: &[Flag],
    records: &[(String, Record)],
    theme: &Theme,
    room: usize,
) -> Vec<Line<'static>> {
    if flags.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![heading(theme, " FLAGS")];
    for flag in flags {
        let record = records.iter().find(|(kind, _)| *kind == flag.kind).and_then(|(_, record)| record.words());
        let record = record.map(|words| format!("{words} · ")).unwrap_or_default();
        let words = format!("{record}{} · {}", since(flag.since, state.today), flag.because);
        let row = Row::new(theme)
            .role(figures::severity_role(flag.severity), format!("   {}", text::cut(&flag.label, 24)))
            .to(28)
            .role(Role::Muted, text::cut(&words, room.saturating_sub(28)));
        lines.push(row.line());
    }
    lines.push(Line::default());
    lines
}

/// As many figures as fit, the first ones first.
fn pays(state: &State, s: &Head<'_>, theme: &Theme, room: usize) -> Line<'static> {
    let mut row = Row::new(theme);
    let mut parts: Vec<Vec<ratatui::text::Span<'static>>> = Vec::new();
    let part = |role: Role, text: String| Row::new(theme).role(role, text).line().spans;
    parts.push(match s.arr {
        Some(arr) => Row::new(theme).bold(Role::Text, money(arr)).line().spans,
        None => part(Role::Muted, "no ARR in the CRM".into()),
    });
    parts.push(match s.renewal {
        Some(day) => part(Role::Text, format!("renews {}", text::day(day, state.today))),
        None => part(Role::Muted, "no renewal date".into()),
    });
    let stage = figures::stage(s.stage);
    if !stage.is_empty() {
        parts.push(part(Role::Text, format!("stage {stage}")));
    }
    if let Some(trust) = s.trust {
        parts.push(battery(theme, trust));
    }
    if let Some(ratio) = s.return_ {
        parts.push(part(Role::Text, format!("return ×{ratio:.1}")));
    }
    if let Some(keep) = s.keep {
        let role = if keep == Keep::Rethink { Role::Watch } else { Role::Text };
        parts.push(part(role, keep.name().to_owned()));
    }
    for meeting in s.meetings {
        parts.push(part(Role::Accent, format!("{} at {}", meeting.kind.name(), meeting.time)));
    }
    if let Some(owner) = s.owner {
        parts.push(part(Role::Muted, who(owner).to_owned()));
    }
    for words in [s.segment, s.domain].into_iter().flatten() {
        parts.push(part(Role::Muted, words.to_owned()));
    }
    for (index, spans) in parts.into_iter().enumerate() {
        let columns: usize = spans.iter().map(|span| width(&span.content)).sum();
        let gap = if index > 0 { 3 } else { 0 };
        if row.width() + gap + columns > room {
            continue;
        }
        if index > 0 {
            row = row.role(Role::Muted, " · ");
        }
        row = row.spans(spans);
    }
    row.line()
}

/// Next steps, flags, what changed, and why the score is what it is.
fn overview(state: &State, view: &AccountView, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2);
    let s = &view.standing;
    let mut lines = Vec::new();
    let currency = state.header.as_ref().map_or(Currency::USD, |h| h.currency);
    if !s.offers.is_empty() {
        lines.push(heading(theme, " NEXT"));
        for (index, offer) in s.offers.iter().enumerate() {
            let mut play = round::play(offer, index == 0, theme, room, currency);
            if index > 0 {
                play.truncate(1);
            }
            lines.extend(play);
        }
        lines.push(Line::default());
    }
    if let Some((until, because)) = &view.put_off {
        let because = because.as_deref().map(|because| format!(": {because}")).unwrap_or_default();
        let words = format!(" Put off until {}{because}", text::short_date(*until, state.today));
        lines.insert(0, Row::new(theme).role(Role::Watch, text::cut(&words, room)).line());
        lines.insert(1, Line::default());
    }
    let held = round::in_hand(state, view, None, theme, room);
    if !held.is_empty() {
        lines.extend(held.into_iter().skip(usize::from(!s.offers.is_empty() || view.put_off.is_some())));
        lines.push(Line::default());
    }
    lines.extend(flags(state, &s.flags, &view.records, theme, room));
    lines.extend(quiet(state, &s.quiet, theme, room));
    if !view.changes.changes.is_empty() {
        let then = view.changes.score.map(|score| format!(", then {score:.0}")).unwrap_or_default();
        let title = format!(" WHAT CHANGED {}{}", since(view.since, state.today).to_uppercase(), then.to_uppercase());
        lines.push(heading(theme, &title));
        lines.extend(view.changes.changes.iter().map(|change| round::changed(state, change, theme, room)));
        lines.push(Line::default());
    }
    lines.extend(why(state, &view.why, theme, room));
    lines
}

/// The tree, shorter: groups, their measures, the caps, what could not speak; the points add up to the score.
fn why(state: &State, why: &Why, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let title = format!(" WHY {}", figures::score(why.score));
    let wide = room >= 100;
    let more = chrome::key_of(state, Id::AccountExplain);
    let head = Row::new(theme).role(Role::Muted, title).to(27).role(Role::Muted, "score  weight  points");
    let head = match more.is_empty() {
        true => head,
        false => head.role(Role::Muted, format!("   {more} opens every row")),
    };
    lines.push(head.line());
    if let Some(words) = not_known(&why.undated, why.day) {
        lines.push(Row::new(theme).role(Role::Muted, text::cut(&format!("   {words}"), room)).line());
    }
    if let Some(silent) = &why.silent {
        lines.push(Row::new(theme).role(Role::Muted, format!("   {silent}")).line());
    }
    for group in &why.groups {
        let row = Row::new(theme)
            .bold(Role::Text, format!(" {}", text::cut(&group.label, 24)))
            .to(28)
            .role(Role::Muted, pad_left(&format!("{:.0}", group.mean), 4))
            .role(Role::Muted, pad_left(&format!("{:.0}%", group.share * 100.0), 6))
            .bold(Role::Text, pad_left(&group.whole.to_string(), 8));
        let left = room.saturating_sub(row.width() + 3);
        lines.push(row.role(Role::Muted, format!("   {}", text::cut(&group.moved, left))).line());
        lines.extend(group.measures.iter().map(|measure| one(state, measure, theme, room, wide)));
    }
    for gate in &why.gates {
        let row = Row::new(theme)
            .role(Role::Bad, format!(" {}", text::cut(&gate.label, 32)))
            .to(38)
            .role(Role::Bad, pad_left(&text::signed(gate.whole), 8))
            .role(Role::Muted, format!("   at most {:.0}", gate.cap));
        lines.push(row.line());
    }
    if let Some(score) = why.score {
        let row = Row::new(theme)
            .bold(Role::Text, " Score")
            .to(38)
            .bold(Role::Text, pad_left(&format!("{:.0}", score.round()), 8));
        let sure = format!("   {:.0}% of the model could speak", why.confidence * 100.0);
        lines.push(row.role(Role::Muted, sure).line());
    }
    if !why.absent.is_empty() {
        lines.push(Line::default());
        lines.push(heading(theme, " COULD NOT SPEAK"));
        for measure in &why.absent {
            let row = Row::new(theme).role(Role::Muted, format!("   {}", pad(&measure.label, 22))).to(28);
            let left = room.saturating_sub(row.width());
            let words = format!("{}; {}", measure.missing, measure.went);
            lines.push(row.role(Role::Muted, text::cut(&words, left)).line());
        }
    }
    lines
}

fn one(state: &State, m: &MeasureWhy, theme: &Theme, room: usize, wide: bool) -> Line<'static> {
    let old = m.freshness < 0.6;
    let role = if old { Role::Stale } else { Role::Text };
    let score_role = match m.score {
        s if old || s >= 78.0 => role,
        s if s >= 50.0 => Role::Watch,
        _ => Role::Bad,
    };
    let row = Row::new(theme)
        .role(role, format!("   {}", pad(&m.label, 22)))
        .to(28)
        .role(score_role, pad_left(&format!("{:.0}", m.score), 4))
        .role(Role::Muted, pad_left(&format!("{:.0}%", m.share * 100.0), 6))
        .role(role, pad_left(&m.whole.to_string(), 8))
        .role(Role::Text, "   ");
    let aged = if old { " · fading" } else { "" };
    let mut source = round::source(state, m.source.as_deref(), m.as_of);
    source.push_str(aged);
    if wide {
        let mut row = row;
        let edge = (room + 1).saturating_sub(width(&source)).min(row.width() + 90);
        let left = edge.saturating_sub(row.width() + 2);
        row = row.role(role, text::cut(&m.evidence, left)).to(edge);
        return row.role(Role::Muted, source).line();
    }
    let left = room.saturating_sub(row.width());
    row.role(role, text::cut(&m.evidence, left)).line()
}
