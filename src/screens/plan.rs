//! The Plan tab: where they stand on the pyramid, the 4 C's with their goals, requests, their own words, moments, advocacy,
//! how renewals ended, and the handover.
//!
//! Decides words and order. A part without anything in it says how it begins, or is left out.

use ratatui::text::Line;

use crate::app::State;
use crate::book::journal::words::FourC;
use crate::book::loyalty::plan::squares;
use crate::book::loyalty::sheet::{ItemRow, SaidRow, Sheet};
use crate::book::money::{Currency, short};
use crate::book::standing::Stage;
use crate::book::view::AccountView;
use crate::screens::widgets::figures::who;
use crate::screens::widgets::lines::{Row, heading};
use crate::text::{self, cut, pad};
use crate::theme::{Role, Theme};

/// Lines of one kind of words at most.
const SHOWN: usize = 4;

struct Page<'t> {
    theme: &'t Theme,
    room: usize,
    today: jiff::civil::Date,
    currency: Currency,
    out: Vec<Line<'static>>,
}

impl Page<'_> {
    fn head(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.out.push(Line::default());
        }
        self.out.push(heading(self.theme, text));
    }

    /// `   label   words   remark`
    fn row(&mut self, label: &str, role: Role, words: &str, remark: &str) {
        let row = Row::new(self.theme).role(Role::Muted, format!("   {} ", pad(label, 15)));
        let remark = cut(remark, self.room / 3);
        let gap = if remark.is_empty() { 0 } else { text::width(&remark) + 2 };
        let left = self.room.saturating_sub(row.width() + gap).min(76);
        let row = row
            .role(role, cut(words, left))
            .role(Role::Muted, if remark.is_empty() { String::new() } else { format!("  {remark}") });
        self.out.push(row.line());
    }

    fn quiet(&mut self, words: &str) {
        let words = cut(words, self.room.saturating_sub(3));
        self.out.push(Row::new(self.theme).role(Role::Muted, format!("   {words}")).line());
    }

    fn day(&self, on: jiff::civil::Date) -> String {
        text::day(on, self.today)
    }
}

/// All lines of the tab.
pub fn lines(state: &State, view: &AccountView, theme: &Theme, columns: usize) -> Vec<Line<'static>> {
    let currency = state.header.as_ref().map_or(Currency::USD, |header| header.currency);
    let mut page = Page { theme, room: columns.saturating_sub(2), today: state.today, currency, out: Vec::new() };
    let sheet = &view.sheet;
    climbs(&mut page, sheet);
    goals(&mut page, sheet);
    requests(&mut page, sheet);
    their_words(&mut page, sheet);
    advocacy(&mut page, sheet);
    moments(&mut page, sheet);
    renewals(&mut page, view);
    handover(&mut page, sheet);
    page.out
}

fn climbs(page: &mut Page<'_>, sheet: &Sheet) {
    page.head(" ON THE PYRAMID: evaluator, beginner, regular, champion");
    if sheet.climbs.is_empty() {
        page.quiet("nothing is known yet: neither a purchase nor any use");
    }
    for climb in &sheet.climbs {
        let step = match climb.stage {
            Stage::Evaluator => "evaluator",
            Stage::Beginner => "beginner",
            Stage::Regular => "regular",
            Stage::Champion => "champion",
        };
        let since = climb
            .entered
            .iter()
            .flatten()
            .max()
            .map_or_else(String::new, |on| format!(" since {}", text::short_date(*on, page.today)));
        let role = if climb.stage == Stage::Champion { Role::Good } else { Role::Text };
        let back = if climb.set_back { ", set back by a breach" } else { "" };
        page.row(climb.group.name(), role, &format!("{step}{since}{back}"), "");
        page.row("", Role::Muted, &format!("next: {}", climb.group.needs(climb.stage)), "");
    }
    for (clock, target) in sheet.clocks.iter().filter(|(clock, _)| clock.ended.is_none()) {
        let days = clock.days(page.today);
        let target = target.map_or_else(String::new, |target| format!("target {target:.0} d"));
        page.row("clock", Role::Text, &format!("{}: {days:.0} d and running", clock.says), &target);
    }
}

fn item(page: &mut Page<'_>, one: &ItemRow, label: &str) {
    let when = match (one.late_days, one.due) {
        (late, _) if late > 0 => format!("{late} d late"),
        (_, Some(due)) => format!("by {}", text::short_date(due, page.today)),
        _ => String::new(),
    };
    let role = if one.late_days > 0 {
        Role::Watch
    } else if one.open {
        Role::Text
    } else {
        Role::Muted
    };
    let state = if one.open && one.state == "open" { String::new() } else { one.state.to_owned() };
    let who = one.who.as_deref().map(who).unwrap_or_default().to_owned();
    let remark: Vec<String> = [state, when, who].into_iter().filter(|part| !part.is_empty()).collect();
    page.row(label, role, &format!("{} {}", one.tag, one.text), &remark.join(" · "));
}

fn goals(page: &mut Page<'_>, sheet: &Sheet) {
    let squares = sheet.covered.map(squares).unwrap_or_else(|| "□□□□".to_owned());
    page.head(&format!(" THE FOUR C'S  {squares}  a full square has a goal, or was cared for lately"));
    let covered = sheet.covered.unwrap_or_default();
    for (c, full) in FourC::ALL.iter().zip(covered) {
        let own: Vec<&ItemRow> = sheet.items.iter().filter(|one| one.c == Some(c.name())).collect();
        if own.is_empty() {
            let words = if full { "cared for lately, without a goal" } else { "no goal" };
            page.row(c.name(), Role::Muted, words, "");
        }
        for (at, one) in own.into_iter().enumerate() {
            item(page, one, if at == 0 { c.name() } else { "" });
        }
    }
    let joint: Vec<&ItemRow> = sheet.items.iter().filter(|one| one.kind == "joint").collect();
    for (at, one) in joint.into_iter().enumerate() {
        item(page, one, if at == 0 { "joint" } else { "" });
    }
    if sheet.covered.is_none() {
        page.quiet("a first goal: /goal collaboration joint roadmap session by q1");
    }
}

fn requests(page: &mut Page<'_>, sheet: &Sheet) {
    let own: Vec<&ItemRow> = sheet.items.iter().filter(|one| one.kind == "request").collect();
    if own.is_empty() {
        return;
    }
    page.head(" THEIR REQUESTS: asked, planned, shipped, told");
    for one in own {
        item(page, one, "");
    }
}

fn words(page: &mut Page<'_>, label: &str, all: &[SaidRow]) {
    for (at, one) in all.iter().rev().take(SHOWN).enumerate() {
        let by = one.who.as_deref().map_or_else(String::new, |who| format!("{who}, "));
        let remark = format!("{by}{}", page.day(one.on));
        page.row(if at == 0 { label } else { "" }, Role::Text, &one.text, &remark);
    }
}

fn their_words(page: &mut Page<'_>, sheet: &Sheet) {
    page.head(" IN THEIR WORDS");
    let nothing = [&sheet.needs, &sheet.jobs, &sheet.workarounds, &sheet.answers, &sheet.delights]
        .iter()
        .all(|all| all.is_empty());
    if nothing && sheet.nps.is_none() {
        page.quiet("nothing yet: /needs, /job, /workaround, /answer value 'fewer stock-outs', /nps 9 @who");
        return;
    }
    words(page, "needs", &sheet.needs);
    words(page, "jobs", &sheet.jobs);
    words(page, "works around", &sheet.workarounds);
    for (one, late) in &sheet.owed {
        let when = if *late >= 0 { format!("reply {late} d late") } else { format!("reply in {} d", -late) };
        page.row("reply owed", if *late >= 0 { Role::Bad } else { Role::Watch }, &one.text, &when);
    }
    let answers: Vec<SaidRow> =
        sheet.answers.iter().map(|one| SaidRow { text: format!("{} {}", one.what, one.text), ..one.clone() }).collect();
    words(page, "answers", &answers);
    words(
        page,
        "delighted by",
        &sheet
            .delights
            .iter()
            .map(|one| SaidRow { text: format!("{} {}", one.what, one.text), ..one.clone() })
            .collect::<Vec<_>>(),
    );
    if let Some(nps) = sheet.nps {
        let (n, anonymous) = sheet.nps_answers;
        let mut text = format!("NPS {nps:.0} from {n}, {anonymous} of them anonymous").replace("-", "−");
        if let Some(value) = sheet.experience {
            text.push_str(&format!("; experience {value:.0} of 100"));
        }
        if let Some(value) = sheet.repurchase {
            text.push_str(&format!("; would buy again {value:.1} of 10"));
        }
        page.row("surveys", Role::Text, &text, "two quarters");
    }
    if !sheet.to_ask.is_empty() {
        let more = sheet.to_ask.len() - 1;
        let more = if more > 0 { format!("and {more} more") } else { String::new() };
        page.row("ask again", Role::Watch, sheet.to_ask.first().copied().unwrap_or_default(), &more);
    }
}

fn advocacy(page: &mut Page<'_>, sheet: &Sheet) {
    let wants: Vec<_> = sheet.people.iter().filter(|one| one.left.is_none() && !one.wants.is_empty()).collect();
    if sheet.advocacy.is_empty() && sheet.incentives.is_empty() && wants.is_empty() {
        return;
    }
    page.head(" GIVEN AND TAKEN: nobody is asked twice in 90 days");
    for person in wants {
        let ask = person.protected.map_or_else(|| "can be asked".to_owned(), |days| format!("protected for {days} d"));
        page.row("would like", Role::Text, &format!("{}: {}", person.name, person.wants.join(", ")), &ask);
    }
    let did: Vec<SaidRow> = sheet
        .advocacy
        .iter()
        .map(|one| SaidRow { text: format!("{} {}", one.what, one.text).trim().to_owned(), ..one.clone() })
        .collect();
    words(page, "did for us", &did);
    words(page, "was given", &sheet.incentives);
}

fn moments(page: &mut Page<'_>, sheet: &Sheet) {
    if sheet.moments.is_empty() {
        return;
    }
    page.head(" MOMENTS OF TRUTH");
    for one in sheet.moments.iter().rev().take(SHOWN) {
        let when = page.day(one.on);
        page.row(&one.what, Role::Text, &one.text, &when);
    }
}

fn renewals(page: &mut Page<'_>, view: &AccountView) {
    let sheet = &view.sheet;
    let money = |units: f64, currency: Currency| format!("{}{}", currency.sign(), short(units));
    if let Some(call) = &sheet.called {
        page.head(" YOUR CALL OF THE RENEWAL");
        let amount =
            call.amount.map_or_else(String::new, |amount| format!(" {}{}", amount.currency.sign(), amount.short()));
        let when = page.day(call.on);
        page.row(
            call.call.name(),
            Role::Text,
            &format!(
                "{}{}",
                amount.trim(),
                if call.because.is_empty() { String::new() } else { format!(" {}", call.because) }
            ),
            &when,
        );
    }
    if let Some(over) = &view.standing.health.over {
        let until = text::short_date(over.until, page.today);
        page.head(" YOUR OWN SCORE");
        page.row(&format!("{:.0}", over.score), Role::Watch, &over.because, &format!("until {until}"));
    }
    if sheet.ended.is_empty() {
        return;
    }
    page.head(" HOW RENEWALS ENDED: against what was expected 90 days before");
    for one in sheet.ended.iter().rev() {
        let currency = page.currency;
        let figures = match (one.actual, one.expected) {
            (Some(actual), Some(expected)) => {
                let from = if one.called { "called" } else { "by the model" };
                format!("{}, expected {} ({from})", money(actual, currency), money(expected, currency))
            }
            (Some(actual), None) => money(actual, currency),
            _ => String::new(),
        };
        let cause = one.cause.map_or_else(String::new, |cause| format!("; because of {cause}"));
        let when = page.day(one.on);
        page.row(one.kind, Role::Text, &format!("{figures}{cause}"), &when);
        if !one.lesson.is_empty() {
            page.row("", Role::Text, &format!("to change: {}", one.lesson), "");
        }
    }
    for (question, answer) in &sheet.win_loss {
        match answer {
            Some(answer) => page.row("", Role::Text, &format!("{question} {}", answer.text), ""),
            None => page.row("", Role::Muted, &format!("{question} not asked yet"), ""),
        }
    }
}

fn handover(page: &mut Page<'_>, sheet: &Sheet) {
    let Some(list) = &sheet.handover else { return };
    let from = list.from.as_deref().map(who).unwrap_or("somebody").to_owned();
    let when = page.day(list.on);
    page.head(&format!(" HANDOVER from {from}, {when}"));
    let mut last = "";
    for (what, text) in &list.lines {
        page.row(if *what == last { "" } else { what }, Role::Text, text, "");
        last = what;
    }
}
