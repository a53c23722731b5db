//! The Value tab: what was promised, what of it is proven and accepted, over time, and what people value.
//!
//! Decides words and order: the figure that decides first, a line of words under it, then each promise as a bar.

use ratatui::text::Line;

use crate::app::State;
use crate::book::loyalty::sheet::{PromiseRow, Sheet};
use crate::book::loyalty::value::State as Kept;
use crate::book::money::{Currency, short};
use crate::book::view::AccountView;
use crate::screens::widgets::figures::{bar, trend};
use crate::screens::widgets::lines::{Row, heading};
use crate::text::{self, cut, pad, pad_left};
use crate::theme::{Role, Theme};

/// Columns of a promise's bar.
const BAR: usize = 14;

/// All lines of the tab.
pub fn lines(state: &State, view: &AccountView, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2);
    let currency = state.header.as_ref().map_or(Currency::USD, |header| header.currency);
    let sheet = &view.sheet;
    let mut out = Vec::new();
    match &sheet.value {
        None => {
            out.push(Row::new(theme).role(Role::Title, " Nothing promised is on record").line());
            let words = " What did they buy it for? n, then /promise cut stock 8% by dec 31 worth 120k/yr @who";
            out.push(Row::new(theme).role(Role::Muted, cut(words, room)).line());
            out.push(Line::default());
        }
        Some(_) => {
            out.extend(figures(sheet, theme, room, currency));
            out.extend(promises(state, sheet, theme, room, currency));
            out.extend(months(sheet, theme, room, currency));
        }
    }
    if let Some(due) = &sheet.reassurance {
        let words = format!(" Reassurance is due: day {} after the {}", due.step, due.after);
        out.push(Row::new(theme).role(Role::Watch, cut(&words, room)).line());
        out.push(Line::default());
    }
    out.extend(values(state, sheet, theme, room));
    out
}

fn amount(units: f64, currency: Currency) -> String {
    let sign = if units < 0.0 { "−" } else { "" };
    format!("{sign}{}{}", currency.sign(), short(units.abs()))
}

fn figures(sheet: &Sheet, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let Some(value) = &sheet.value else { return Vec::new() };
    let money = |units| amount(units, currency);
    let mut row = Row::new(theme)
        .bold(Role::Text, format!(" {}", money(value.accepted)))
        .role(Role::Text, format!(" accepted of {} promised", money(value.promised)));
    let gap_role = if value.gap > 0.0 { Role::Bad } else { Role::Good };
    let mut part = |role: Role, words: String| {
        if row.width() + 3 + text::width(&words) <= room {
            row = row.clone().role(Role::Muted, " · ").role(role, words);
        }
    };
    part(gap_role, if value.gap > 0.0 { format!("gap {}", money(value.gap)) } else { "no gap".to_owned() });
    if let Some(ratio) = value.returned {
        part(if ratio < 1.0 { Role::Watch } else { Role::Good }, format!("return ×{ratio:.1}"));
    }
    match value.proof_age_days {
        Some(days) => part(if days > 90 { Role::Watch } else { Role::Text }, format!("proof {days} d old")),
        None => part(Role::Watch, "nothing proven".to_owned()),
    }
    if value.streak > 0 {
        part(Role::Text, format!("{} quarters in a row", value.streak));
    }
    let mut out = vec![row.line()];
    let words = match (value.accrued, value.cost, value.from) {
        (Some(accrued), Some(cost), Some(from)) => format!(
            " return: {} accepted over {} paid, since {}; only what they accepted counts",
            money(accrued),
            money(cost),
            from.strftime("%-d %b %Y")
        ),
        _ => " the return is said from day 90 of the contract on, once its ARR is known".to_owned(),
    };
    out.push(Row::new(theme).role(Role::Muted, cut(&words, room)).line());
    out.push(Line::default());
    out
}

fn state_role(promise: &PromiseRow) -> Role {
    match promise.state {
        Kept::Kept => Role::Good,
        Kept::OnTrack => Role::Text,
        Kept::Late => Role::Watch,
        Kept::Broken => Role::Bad,
        Kept::Dropped => Role::Muted,
    }
}

fn promises(state: &State, sheet: &Sheet, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let mut out = vec![heading(theme, " PROMISES: how much of each is accepted")];
    // What is late comes first, what was given up last.
    let mut all: Vec<&PromiseRow> = sheet.promises.iter().collect();
    all.sort_by_key(|one| (one.state, std::cmp::Reverse(one.late_days), one.due));
    let name = (room / 3).saturating_sub(2).clamp(16, 40);
    for one in all {
        let share = match one.worth {
            Some(worth) if worth > 0.0 => one.accepted / worth,
            _ => f64::from(u8::from(one.state == Kept::Kept)),
        };
        let per = if one.yearly { "/yr" } else { "" };
        let figures = match one.worth {
            Some(worth) => format!("{} of {}{per}", amount(one.accepted, currency), amount(worth, currency)),
            None => "no amount".to_owned(),
        };
        let role = state_role(one);
        let stands = match (one.late_days, one.due) {
            (late, _) if late > 0 => format!("{}, {late} d", one.state.name()),
            (_, Some(due)) if one.state == Kept::OnTrack => format!("due {}", text::day(due, state.today)),
            _ => one.state.name().to_owned(),
        };
        let row = Row::new(theme)
            .role(Role::Muted, format!(" {} ", one.tag))
            .bold(Role::Text, pad(&one.text, name))
            .role(Role::Text, " ")
            .spans(bar(theme, share, BAR, theme.style(role)))
            .role(Role::Text, format!(" {}", pad_left(&figures, if room >= 100 { 22 } else { 18 })))
            .role(role, format!("  {stands}"));
        out.push(row.line());
        out.extend(under(state, one, theme, room, currency));
    }
    out.push(Line::default());
    out
}

/// What is known beneath a promise: its last proof, what is claimed, who has not heard.
fn under(state: &State, one: &PromiseRow, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let mut parts = Vec::new();
    if let Some((from, to)) = one.baseline.as_ref().zip(one.target.as_ref()) {
        parts.push(format!("{from} → {to}"));
    }
    if let Some(proof) = one.proofs.last() {
        let by = match (&proof.by, proof.accepted) {
            (Some(by), true) => format!("accepted by {by}"),
            (None, true) => "accepted".to_owned(),
            (_, false) => "not accepted yet".to_owned(),
        };
        let what = proof.measured.clone().unwrap_or_else(|| proof.text.clone());
        let what = if what.is_empty() { String::new() } else { format!("{what}, ") };
        parts.push(format!("{what}{by} {}", text::day(proof.on, state.today)));
    }
    if one.claimed > 0.0 {
        parts.push(format!("{} claimed, not accepted", amount(one.claimed, currency)));
    }
    if !one.untold.is_empty() {
        parts.push(format!("{} not told yet", one.untold.join(", ")));
    }
    if one.proofs.is_empty() && one.state != Kept::Dropped {
        let to = if one.to.is_empty() { "nobody named".to_owned() } else { format!("to {}", one.to.join(", ")) };
        parts.push(format!("{to}; no proof yet"));
    }
    if parts.is_empty() {
        return Vec::new();
    }
    vec![Row::new(theme).role(Role::Muted, format!("      {}", cut(&parts.join(" · "), room.saturating_sub(6)))).line()]
}

fn months(sheet: &Sheet, theme: &Theme, room: usize, currency: Currency) -> Vec<Line<'static>> {
    let most = sheet.months.iter().map(|month| month.1.max(month.2)).fold(0.0, f64::max);
    if most <= 0.0 {
        return Vec::new();
    }
    // One scale for both, so that the distance between them is the gap.
    let wide = if room >= 100 { 3 } else { 2 };
    let line = |pick: &dyn Fn(&(jiff::civil::Date, f64, f64)) -> f64| {
        let scores: Vec<Option<f64>> =
            sheet.months.iter().flat_map(|month| vec![Some(pick(month) / most * 100.0); wide]).collect();
        trend(&scores)
    };
    let last = sheet.months.last().copied().unwrap_or_default();
    let row = |label: &str, trend: String, value: f64, role: Role| {
        Row::new(theme)
            .role(Role::Muted, format!("   {}", pad(label, 9)))
            .role(role, trend)
            .bold(Role::Text, format!("  {}", amount(value, currency)))
            .line()
    };
    vec![
        heading(theme, " PROMISED AGAINST PROVEN, twelve months, one scale"),
        row("promised", line(&|month| month.1), last.1, Role::Muted),
        row("proven", line(&|month| month.2), last.2, Role::Good),
        Line::default(),
    ]
}

fn values(state: &State, sheet: &Sheet, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let known: Vec<_> =
        sheet.people.iter().filter(|person| !person.values.is_empty() && person.left.is_none()).collect();
    if known.is_empty() {
        return vec![
            heading(theme, " WHAT THEY VALUE"),
            Row::new(theme)
                .role(Role::Muted, cut("   nobody was asked: /values @who cost > speed > support", room))
                .line(),
        ];
    }
    let mut out = vec![heading(theme, " WHAT THEY VALUE, the most first")];
    for person in known {
        let tier = person.tier.map_or("", |tier| tier.name());
        let mut row = Row::new(theme)
            .bold(Role::Text, format!("   {}", pad(&person.name, 20)))
            .role(Role::Muted, pad(tier, 11))
            .role(Role::Text, person.values.join(" > "));
        if let Some(moved) = sheet.moved.iter().find(|moved| moved.who == person.name) {
            let rose = if moved.rose.is_empty() { String::new() } else { format!("{} rose", moved.rose.join(", ")) };
            let fell = if moved.fell.is_empty() { String::new() } else { format!("{} fell", moved.fell.join(", ")) };
            let words: Vec<String> = [rose, fell].into_iter().filter(|words| !words.is_empty()).collect();
            let words = format!(
                "   {} since {}, {:.1} per 90 d",
                words.join(", "),
                text::short_date(moved.since, state.today),
                moved.speed
            );
            let left = room.saturating_sub(row.width());
            row = row.role(Role::Watch, cut(&words, left));
        }
        out.push(row.line());
    }
    if let Some((buyer, user)) = &sheet.apart {
        let words = format!("   buyers value {buyer} most, users {user}: what pleases one leaves the other cold");
        out.push(Row::new(theme).role(Role::Watch, cut(&words, room)).line());
    }
    out
}
