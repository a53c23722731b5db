//! A made-up book for the tests of `app` and `screens`.

mod loyal;
mod why;

use std::str::FromStr;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use crate::app::event::{Effect, Event};
use crate::app::{State, update};
use crate::book::facts::*;
use crate::book::flags::{FlagStatus, Record};
use crate::book::ids::{AccountId, PersonId};
use crate::book::money::{Currency, Money};
use crate::book::standing::*;
use crate::book::view::*;
use crate::config::keys::{Chord, Key, Keymap};
use crate::text::clean_line;

/// A key by its name.
pub fn chord(name: &str) -> Chord {
    Chord::parse(name).unwrap()
}

/// A Monday.
pub fn today() -> Date {
    date(2026, 11, 23)
}

/// Ten past nine on that day.
pub fn now() -> Timestamp {
    Timestamp::from_str("2026-11-23T09:10:00Z").unwrap()
}

fn usd(units: i64) -> Money {
    Money { minor: units * 100, currency: Currency::USD }
}

fn in_days(days: i64) -> Date {
    today().checked_add(days.days()).unwrap()
}

fn flag(kind: &str, label: &str, severity: Severity, since: i64, because: &str) -> Flag {
    let key = String::new();
    Flag { kind: kind.into(), key, label: label.into(), severity, since: in_days(-since), because: because.into() }
}

fn offer(play: &str, title: &str, because: &str, worth: f64, minutes: u32) -> Offer {
    let factors = Factors { worth, near: 1.0, keep: 1.0, minutes, rank: worth };
    let key = format!("{play}:1");
    Offer {
        play: play.into(),
        title: title.into(),
        because: because.into(),
        key,
        worth,
        minutes,
        due: None,
        who: None,
        factors,
    }
}

/// A plain healthy row.
pub fn row(id: &str, name: &str) -> PortfolioRow {
    PortfolioRow {
        account: AccountId(format!("crm:{id}")),
        name: clean_line(name),
        domain: Some("example.com".into()),
        owner: Some("maya.chen@example.com".into()),
        segment: Some("mid".into()),
        day: today(),
        score: Some(84.0),
        band: Band::Healthy,
        confidence: 0.86,
        delta_7d: Some(0.0),
        trend: vec![Some(84.0); 13],
        arr: Some(usd(96_000)),
        arr_book: Some(usd(96_000)),
        renewal: Some(in_days(212)),
        stage: Stages { buyers: Some(Stage::Regular), users: Some(Stage::Champion), builders: None },
        trust: Some(64.0),
        return_: Some(1.8),
        keep: Some(Keep::Grow),
        flags: Vec::new(),
        next: None,
        last_touch: Some(in_days(-9)),
        meetings: Vec::new(),
        fresh: false,
    }
}

fn falling(from: f64, to: f64) -> Vec<Option<f64>> {
    (0..13).map(|i| Some(from + (to - from) * f64::from(i) / 12.0)).collect()
}

/// Twenty-six accounts, worst first, with a hostile name among them.
pub fn rows() -> Vec<PortfolioRow> {
    let mut rows = vec![
        PortfolioRow {
            score: Some(41.0),
            band: Band::AtRisk,
            delta_7d: Some(-18.0),
            trend: vec![71., 71., 70., 70., 64., 63., 62., 60., 60., 59., 59., 58., 41.]
                .into_iter()
                .map(Some)
                .collect(),
            arr: Some(usd(412_000)),
            arr_book: Some(usd(412_000)),
            renewal: Some(in_days(23)),
            stage: Stages { buyers: Some(Stage::Regular), users: Some(Stage::Regular), builders: None },
            trust: Some(71.0),
            return_: Some(0.6),
            keep: Some(Keep::Invest),
            flags: vec![
                flag("champion-left", "champion left", Severity::High, 2, "Jane Doe, our champion, left on 21 Nov"),
                flag("usage-drop", "usage −34%", Severity::High, 1, "weekly active users 182 → 121"),
            ],
            next: Some(offer("meet-successor", "Meet Sam Ortiz, new VP Operations", "our champion left", 96_000.0, 30)),
            meetings: vec![Meeting { kind: TouchKind::Meeting, title: "Weekly".into(), time: "14:00".into() }],
            fresh: true,
            ..row("1", "Northwind Traders")
        },
        PortfolioRow {
            score: Some(47.0),
            band: Band::AtRisk,
            delta_7d: Some(-6.0),
            trend: falling(62.0, 47.0),
            renewal: Some(in_days(61)),
            stage: Stages { buyers: Some(Stage::Beginner), users: Some(Stage::Regular), builders: None },
            trust: None,
            return_: None,
            keep: None,
            flags: vec![flag("promise", "onboarding late", Severity::High, 12, "go-live was due on 11 Nov")],
            next: Some(offer(
                "show-savings",
                "Show Ann Li the savings so far",
                "onboarding is 12 d late",
                31_000.0,
                15,
            )),
            ..row("2", "Initech")
        },
        PortfolioRow {
            score: Some(31.0),
            band: Band::AtRisk,
            confidence: 0.31,
            delta_7d: None,
            trend: (0..13).map(|i| (i > 6).then_some(31.0)).collect(),
            arr: None,
            arr_book: None,
            renewal: None,
            flags: vec![flag(
                "silent",
                "nobody called in 41 d",
                Severity::Medium,
                11,
                "last two-way contact on 13 Oct",
            )],
            next: Some(offer("check-in", "Call Kim, just to ask", "nobody called in 41 d", 12_000.0, 15)),
            ..row("3", "\u{1b}]0;owned\u{7}\u{202e}北京供应链 👩\u{200d}💻 Holdings")
        },
        PortfolioRow {
            score: Some(58.0),
            band: Band::Watch,
            trend: falling(60.0, 58.0),
            arr: Some(usd(210_000)),
            arr_book: Some(usd(210_000)),
            renewal: Some(in_days(118)),
            flags: vec![flag("single-threaded", "single-threaded", Severity::Medium, 30, "only Kim Park answers")],
            next: Some(offer("cfo-intro", "Ask Kim for an introduction to the CFO", "single-threaded", 22_000.0, 15)),
            ..row("4", "Umbrella Health")
        },
        PortfolioRow {
            score: Some(66.0),
            band: Band::Watch,
            delta_7d: Some(4.0),
            trend: falling(48.0, 66.0),
            arr: Some(usd(1_240_000)),
            arr_book: Some(usd(1_240_000)),
            renewal: Some(in_days(-6)),
            flags: vec![
                flag("invoice", "invoice overdue", Severity::Medium, 8, "invoice of 15 Oct is open"),
                flag("tickets", "tickets piling up", Severity::Low, 5, "7 open"),
                flag("seats", "31 seats unused", Severity::Low, 40, "119 of 150 used"),
            ],
            ..row("5", "Compagnie Générale de Maintenance Aéronautique et Ferroviaire")
        },
        PortfolioRow {
            score: None,
            band: Band::Unknown,
            confidence: 0.0,
            trend: vec![None; 13],
            delta_7d: None,
            ..row("6", "Quiet Harbour")
        },
    ];
    let names = [
        "Acme Freight",
        "Blue Fjord",
        "Cedar & Sons",
        "Delta Optics",
        "Elbe Logistik",
        "Fabrikam",
        "Granite Bank",
        "Hooli",
        "Iona Foods",
        "Jupiter Mills",
        "Kestrel Air",
        "Lumen Energy",
        "Mistral Media",
        "Nordlys",
        "Orchid Pharma",
        "Pelican Pay",
        "Quartz Retail",
        "Redwood Labs",
        "Solstice",
        "Tallinn Timber",
    ];
    for (n, name) in names.iter().enumerate() {
        let score = 78.0 + n as f64;
        rows.push(PortfolioRow {
            score: Some(score),
            trend: falling(score - 3.0, score),
            arr: Some(usd(24_000 + 9_000 * n as i64)),
            renewal: Some(in_days(100 + 17 * n as i64)),
            delta_7d: Some([0.0, 1.0, 0.0, -1.0][n % 4]),
            ..row(&format!("{}", n + 7), name)
        });
    }
    rows
}

/// The top line of that book.
pub fn header() -> Header {
    Header {
        who: "maya.chen".into(),
        accounts: 84,
        arr: Some(usd(6_200_000)),
        currency: Currency::USD,
        due_at_risk: Some(usd(840_000)),
        grr: Some(0.921),
        nrr: Some(1.084),
        healthy: 54,
        watch: 20,
        at_risk: 9,
        unknown: 1,
        no_arr: 3,
        no_renewal: 2,
        meetings_today: 2,
        synced: Some(Timestamp::from_second(now().as_second() - 130).unwrap()),
        standings_of: None,
        waiting: 0,
        refused: 0,
        practice: true,
        past: None,
    }
}

fn person(id: &str, name: &str, title: &str) -> Person {
    Person {
        id: PersonId(format!("crm:{id}")),
        name: clean_line(name),
        title: Some(title.into()),
        email: Some(format!("{}@northwind.example", name.split(' ').next().unwrap().to_lowercase())),
        phone: Some("+1 206 555 0143".into()),
        roles: Vec::new(),
        created: Some(date(2025, 3, 2)),
        champion: Series::default(),
        left: Series::default(),
        tier: Series::default(),
    }
}

fn touch(id: &str, kind: TouchKind, title: &str, days: i64, people: &[&str]) -> Touch {
    let on = in_days(days);
    Touch {
        id: id.into(),
        kind,
        title: title.into(),
        at: Timestamp::from_second(now().as_second() + days * 86_400).unwrap(),
        on,
        known: on,
        people: people.iter().map(|p| PersonId(format!("crm:{p}"))).collect(),
        two_way: true,
        owner: None,
        note: None,
        source: "crm".into(),
    }
}

#[allow(clippy::too_many_arguments)]
fn measure(
    id: &str,
    label: &str,
    group: &str,
    weight: f64,
    score: Option<f64>,
    points: f64,
    evidence: &str,
    days: i64,
) -> MeasureResult {
    MeasureResult {
        id: id.into(),
        label: label.into(),
        group: group.into(),
        weight,
        effective_weight: if score.is_some() { weight / 100.0 } else { 0.0 },
        score,
        points,
        evidence: evidence.into(),
        as_of: score.map(|_| in_days(-days)),
        freshness: if days > 60 { 0.4 } else { 1.0 },
        source: score.map(|_| if id.starts_with("usage") || id == "seats" { "usage".into() } else { "crm".into() }),
    }
}

/// Northwind Traders, whole.
pub fn account() -> AccountView {
    let head = rows().remove(0);
    let mut facts = Facts::new(head.account.clone(), head.name.clone());
    facts.domain = Some("northwind.example".into());
    facts.link = Some("https://crm.example/accounts/1".into());
    facts.owner.push(date(2025, 3, 1), date(2025, 3, 1), Some("maya.chen@example.com".into()));
    let mut jane = person("11", "Jane Doe", "VP Operations");
    jane.champion.push(date(2025, 9, 1), date(2025, 9, 1), Some(true));
    jane.left.push(in_days(-2), in_days(-2), Some(true));
    let mut lea = person("14", "Léa Martín-Østergård", "Operations lead");
    lea.champion.push(date(2026, 2, 1), date(2026, 2, 1), Some(true));
    facts.people = vec![
        jane,
        person("12", "Sam Ortiz", "VP Operations"),
        person("13", "Ann Li", "Controller"),
        lea,
        person("15", "Tom Berg", "Planner"),
        person("16", "大野 健", "Planner"),
    ];
    facts.touches = vec![
        touch("t1", TouchKind::Call, "Renewal call", -9, &["11", "13"]),
        touch("t2", TouchKind::Meeting, "Quarterly review", -41, &["11", "12"]),
        touch("t3", TouchKind::Mail, "Re: dashboards", -17, &["14"]),
        touch("t4", TouchKind::Meeting, "Weekly", 0, &["14"]),
    ];
    facts.tickets = vec![Ticket {
        id: "4412".into(),
        subject: "Exports time out".into(),
        priority: Some("high".into()),
        opened: in_days(-12),
        closed: Some(in_days(-2)),
        escalated: true,
        escalated_on: None,
        source: "crm".into(),
    }];
    facts.opportunities = vec![Opportunity {
        id: "d1".into(),
        name: "Renewal 2026".into(),
        kind: Some("renewal".into()),
        amount: Some(usd(412_000)),
        close: Some(in_days(23)),
        created: Some(in_days(-60)),
        stage: Some("quote sent".into()),
        closed: false,
        won: false,
    }];
    facts.tasks = vec![Task {
        id: "k1".into(),
        subject: "Send return deck".into(),
        due: Some(in_days(-1)),
        done: false,
        owner: None,
        note: None,
    }];
    facts.notes = vec![
        Note {
            id: "n1".into(),
            note: Some("01J0000000000000000000000A".into()),
            text: "Jane is leaving on the 21st. Sam takes over operations.\nHe wants to see savings per site before he signs anything; Ann keeps the budget.".into(),
            at: now(),
            on: in_days(-4),
            author: Some("maya.chen".into()),
            mine: true,
            state: Some("sent".into()),
            copies: Vec::new(),
            problems: Vec::new(),
            edited_by: None,
            private: false,
        },
        Note {
            id: "n2".into(),
            note: None,
            text: "Billing address changed".into(),
            at: now(),
            on: in_days(-30),
            author: Some("Lou Kerr".into()),
            mine: false,
            state: None,
            copies: Vec::new(),
            problems: Vec::new(),
            edited_by: None,
            private: false,
        },
    ];
    let measures = vec![
        measure("usage_trend", "Usage trend", "Outcomes", 16.0, Some(31.0), 6.2, "weekly active users 182 → 121", 1),
        measure("seats", "Seats in use", "Outcomes", 14.0, Some(79.0), 13.8, "119 of 150 seats", 1),
        measure("breadth", "Key features", "Outcomes", 10.0, Some(60.0), 7.5, "3 of 5 in use", 1),
        measure("cadence", "Contact", "Relationship", 16.0, Some(40.0), 8.0, "users 9 d ago, no buyer for 41 d", 9),
        measure("engaged", "Engaged people", "Relationship", 14.0, Some(35.0), 6.1, "2 of 5 in 60 d", 9),
        measure(
            "tickets",
            "Support tickets",
            "Experience",
            12.0,
            Some(70.0),
            10.5,
            "ticket 4412 solved, was escalated",
            2,
        ),
        measure("csat", "Satisfaction", "Experience", 8.0, None, 0.0, "no survey in 12 months", 0),
        measure("invoice", "Invoices", "Commercial", 5.0, Some(100.0), 3.2, "paid", 80),
    ];
    let tree = why::why(&measures);
    let standing = Standing {
        account: head.account.clone(),
        name: head.name.clone(),
        domain: facts.domain.clone(),
        owner: head.owner.clone(),
        segment: head.segment.clone(),
        day: today(),
        valid_until: in_days(3),
        health: Health {
            score: Some(41.0),
            band: Band::AtRisk,
            confidence: 0.86,
            measures,
            gates: vec![Gate { id: "weak".into(), label: "Cap: no buyer is engaged".into(), cap: 41.0, points: -14.3 }],
            over: None,
            delta_7d: Some(-18.0),
            trend: head.trend.clone(),
        },
        flags: head.flags.clone(),
        quiet: vec![QuietFlag {
            flag: flag("tickets-piling", "tickets piling up", Severity::Medium, 6, "7 in 30 days, 3 in the 30 before"),
            status: FlagStatus::Snoozed,
            on: in_days(-2),
            until: Some(in_days(11)),
            why: Some("the release of 2 Dec mends most".into()),
        }],
        stage: head.stage,
        trust: Some(71.0),
        return_: None,
        proof_age_days: None,
        gap: None,
        figures: Default::default(),
        timed: Vec::new(),
        last_touch: Some(in_days(-9)),
        keep: Some(Keep::Invest),
        arr: head.arr,
        arr_book: head.arr_book,
        renewal: head.renewal,
        p_loss: 0.4,
        near: 1.8,
        exposure: 300_000.0,
        exposure_estimated: false,
        offers: vec![
            offer(
                "meet-successor",
                "Meet Sam Ortiz, new VP Operations, before the renewal call",
                "our champion left",
                96_000.0,
                30,
            ),
            offer(
                "value-review",
                "Send the value review: $310k proven of $500k promised",
                "the renewal is in 23 d",
                41_000.0,
                15,
            ),
            offer("training", "Offer a refresher to the planners", "usage fell by 34%", 18_000.0, 45),
        ],
        meetings: head.meetings.clone(),
        former: false,
    };
    let change = |label: &str, points: f64, evidence: &str, source: &str, days: i64| Change {
        measure: label.into(),
        label: label.into(),
        points,
        evidence: evidence.into(),
        as_of: Some(in_days(-days)),
        source: Some(source.into()),
    };
    AccountView {
        sheet: loyal::sheet(),
        brief: loyal::brief(),
        tiers: vec![
            ("crm:11".into(), Some(Tier::Buyer)),
            ("crm:12".into(), Some(Tier::Buyer)),
            ("crm:13".into(), Some(Tier::Influencer)),
            ("crm:14".into(), Some(Tier::User)),
            ("crm:15".into(), Some(Tier::User)),
            ("crm:16".into(), Some(Tier::User)),
        ],
        facts,
        standing,
        changes: Changes {
            day: in_days(-3),
            score: Some(59.0),
            changes: vec![
                change("Engaged people", -9.0, "Jane Doe (buyer, our champion) left", "crm", 2),
                change("Usage trend", -7.0, "weekly active users 182 → 121", "usage", 1),
                change("Contact", -4.0, "no buyer for 41 d", "crm", 1),
                change("Support tickets", 2.0, "ticket 4412 solved, was escalated", "crm", 2),
            ],
        },
        since: in_days(-3),
        draft: None,
        why: tree,
        typical: Some(why::typical()),
        put_off: None,
        records: vec![("champion-left".into(), Record { real: 7, false_alarm: 2, too_early: 1 })],
        in_hand: vec![InHand {
            play: "usage-why".into(),
            title: "Ask Ann Li what changed: weekly users went from 182 to 121".into(),
            state: "doing".into(),
            on: in_days(-1),
            until: Some(in_days(6)),
            because: None,
            assignee: None,
            steps: vec![
                ("See which feature and which team went quiet".into(), in_days(-1)),
                ("Call somebody who uses it daily".into(), today()),
            ],
        }],
        factors: Vec::new(),
    }
}

/// A round of three.
pub fn round() -> Round {
    let stop = |row: &PortfolioRow, reasons: &[Reason]| Stop {
        account: row.account.clone(),
        name: row.name.clone(),
        reasons: reasons.to_vec(),
    };
    let rows = rows();
    Round {
        stops: vec![
            stop(&rows[0], &[Reason::AtRisk, Reason::FlagChanged, Reason::Meeting]),
            stop(&rows[1], &[Reason::AtRisk]),
            stop(&rows[2], &[Reason::AtRisk, Reason::ActionDue]),
        ],
        arr: Some(usd(508_000)),
        last: Some(in_days(-3)),
        ..Round::default()
    }
}

/// What changed.
pub fn changes() -> Digest {
    let row = |at: usize, kind: &str, from: &str, to: &str, points: Option<f64>, because: &str, days: i64| {
        let head = &rows()[at];
        let word = |word: &str| if word.is_empty() { serde_json::Value::Null } else { word.into() };
        DigestRow {
            account: head.account.clone(),
            name: head.name.clone(),
            kind: kind.into(),
            from: word(from),
            to: word(to),
            points,
            because: because.into(),
            day: in_days(-days),
            arr: head.arr.map(Money::units),
        }
    };
    Digest {
        heading: "Since your last rounds, Friday 20 November".into(),
        since: in_days(-3),
        rows: vec![
            row(0, "band", "watch", "at risk", Some(-18.0), "Jane Doe (buyer, our champion) left", 2),
            row(0, "flag", "", "champion-left", None, "Jane Doe, our champion, left on 21 Nov", 2),
            row(4, "band", "at risk", "watch", Some(4.0), "ticket 4412 solved", 1),
            row(3, "flag-cleared", "usage-drop", "", None, "was: usage −21%", 0),
            row(6, "new", "", "", None, "new in the book", 0),
            row(2, "flag", "", "silent-account", None, "last two-way contact on 13 Oct", 1),
        ],
    }
}

/// Open tasks and plays.
pub fn actions() -> Vec<ActionRow> {
    let row = |id: &str, account: usize, play: &str, title: &str, because: &str, due: Option<i64>, state: &str| {
        let head = &rows()[account];
        ActionRow {
            id: id.into(),
            account: head.account.clone(),
            name: head.name.clone(),
            play: play.into(),
            title: title.into(),
            because: because.into(),
            due: due.map(in_days),
            state: state.into(),
            worth: 96_000.0,
            factors: None,
        }
    };
    vec![
        row("1", 0, "meet-successor", "Meet Sam Ortiz, new VP Operations", "our champion left", None, "open"),
        row("k1", 0, "task", "Send return deck", "", Some(-1), "open"),
        row("2", 1, "show-savings", "Show Ann Li the savings so far", "onboarding is 12 d late", Some(2), "doing"),
        row("3", 2, "check-in", "Call Kim, just to ask", "nobody called in 41 d", Some(120), "snoozed"),
    ]
}

/// The Sync screen.
pub fn sync_view() -> SyncView {
    let ago = |s: i64| Timestamp::from_second(now().as_second() - s).unwrap();
    let out = |id: &str, kind: &str, state: &str, because: Option<&str>, text: &str| OutboxRow {
        id: id.into(),
        account: "crm:1".into(),
        name: "Northwind Traders".into(),
        kind: kind.into(),
        state: state.into(),
        attempts: 2,
        because: because.map(str::to_owned),
        since: ago(3_700),
        text: text.into(),
    };
    SyncView {
        sources: vec![
            SourceState {
                name: "crm".into(),
                connector: "hubspot".into(),
                synced: Some(ago(130)),
                rows: 4_120,
                error: None,
                left: Some("61 of 190 requests left".into()),
                entities: vec![
                    ("accounts".into(), 84),
                    ("people".into(), 671),
                    ("tickets".into(), 312),
                    ("touches".into(), 2_904),
                ],
            },
            SourceState {
                name: "usage".into(),
                connector: "posthog".into(),
                synced: Some(ago(7_300)),
                rows: 15_120,
                error: Some(
                    "usage did not answer (dead host 10.0.0.9). What was pulled is kept. R tries again.".into(),
                ),
                left: None,
                entities: vec![("usage".into(), 15_120)],
            },
        ],
        unmatched: vec![Unmatched {
            source: "usage".into(),
            entity: "usage".into(),
            id: "old-group".into(),
            says: "no account has the domain old.example".into(),
        }],
        unmatched_total: 7,
        outbox: vec![
            out("o1", "note", "queued", None, "Jane is leaving on the 21st"),
            out("o2", "task", "refused", Some("403: missing scope crm.objects.tasks.write"), "Send return deck"),
        ],
        problems: vec![("crm:4".into(), "* promise 7k2a: cut stock by some".into())],
        copies: vec![("01J0000000000000000000000A".into(), "crm:1".into(), vec!["991".into()])],
    }
}

/// A state at a size, before anything was read.
pub fn empty(width: u16, height: u16) -> State {
    State::new(now(), today(), (width, height), Keymap::defaults())
}

/// Answers what the book would.
pub fn answer(effect: &Effect) -> Option<Event> {
    Some(match effect {
        Effect::LoadHeader => Event::Header(Ok(header())),
        Effect::LoadPage { generation, query, anchor } => {
            let mut all = rows();
            all.retain(|row| row.name.to_lowercase().contains(&query.filter.to_lowercase()));
            if query.reverse {
                all.reverse();
            }
            let anchor = anchor.clone().map(|id| {
                let at = all.iter().position(|row| row.account == id).map(|at| at as u64);
                (id, at)
            });
            let total = Some(all.len() as u64);
            let from = (query.offset as usize).min(all.len());
            let to = (from + query.limit as usize).min(all.len());
            let page = Page { offset: query.offset, rows: all[from..to].to_vec(), total, rows_read: 0 };
            Event::Page { generation: *generation, anchor, result: Ok(page) }
        }
        Effect::LoadAccount(id) => {
            let mut view = account();
            let head = rows().into_iter().find(|row| row.account == *id)?;
            if head.name != view.facts.name {
                view.facts.name.clone_from(&head.name);
                view.standing.name.clone_from(&head.name);
                view.standing.account = id.clone();
                view.standing.quiet.clear();
                view.in_hand.clear();
                view.facts.id = id.clone();
                view.standing.health.score = head.score;
                view.standing.health.band = head.band;
                view.standing.flags = head.flags.clone();
                view.standing.offers = head.next.into_iter().collect();
            }
            Event::Account { account: id.clone(), result: Ok(Box::new(view)) }
        }
        Effect::Exclude { generation, .. } => {
            Event::Excluded { generation: *generation, term: "zz".into(), without: 1 }
        }
        Effect::Compare { account, against } => {
            Event::Compared { account: account.clone(), against: *against, result: Ok(Box::new(why::then())) }
        }
        Effect::LoadRound => Event::Round(Ok(round())),
        Effect::LoadChanges => Event::Changes(Ok(changes())),
        Effect::LoadActions => Event::Actions(Ok(actions())),
        Effect::LoadLoyalty => Event::Loyalty(Ok(Box::new(loyal::whole_book()))),
        Effect::LoadSync => Event::SyncView(Ok(sync_view())),
        Effect::LoadNoteText(note) => {
            let result = Ok(Some("Jane is leaving on the 21st.".into()));
            Event::NoteText { note: note.clone(), result, draft: None }
        }
        Effect::LoadDraft(account) => Event::Draft { account: account.clone(), text: None },
        Effect::SaveNote { .. } | Effect::SaveEdit { .. } => {
            Event::Saved(Ok(NoteReceipt { id: None, state: "queued".into(), facts: Vec::new(), problems: Vec::new() }))
        }
        Effect::PreviewNote { generation, text, .. } => {
            let facts = text
                .contains("/task")
                .then(|| serde_json::json!({"kind": "task", "says": "task send deck, due in 4 d"}));
            Event::Previewed {
                generation: *generation,
                result: Ok(NoteReceipt {
                    id: None,
                    state: "draft".into(),
                    facts: facts.into_iter().collect(),
                    problems: Vec::new(),
                }),
            }
        }
        Effect::TaskDone { task, .. } => Event::Done { result: Ok(format!("done: {task}")), undo: true },
        Effect::Flag { say, .. } | Effect::PutOff { say, .. } => Event::Done { result: Ok(say.clone()), undo: true },
        Effect::Act { say, .. } => Event::Done { result: Ok(say.clone()), undo: true },
        _ => return None,
    })
}

/// Feeds an event and everything that is answered to its effects; all effects, in order.
pub fn feed(state: &mut State, event: Event) -> Vec<Effect> {
    let mut all = Vec::new();
    let mut queue = update(state, event);
    while !queue.is_empty() {
        let mut next = Vec::new();
        for effect in queue {
            if let Some(event) = answer(&effect) {
                next.extend(update(state, event));
            }
            all.push(effect);
        }
        queue = next;
    }
    all
}

/// A state at a size with the book read.
pub fn opened(width: u16, height: u16) -> State {
    let mut state = empty(width, height);
    feed(&mut state, Event::Header(Ok(header())));
    let rows = state.list_rows();
    for effect in state.list.restart(rows) {
        if let Some(event) = answer(&effect) {
            feed(&mut state, event);
        }
    }
    state
}

/// Types a script, `j j n hello <enter>`: words are typed letter by letter, `<name>` is a key, `_` a blank.
pub fn type_keys(state: &mut State, script: &str) -> Vec<Effect> {
    let mut all = Vec::new();
    for word in script.split_whitespace() {
        let named = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')).filter(|name| !name.is_empty());
        let chords: Vec<Chord> = match named {
            Some(name) => vec![Chord::parse(name).unwrap()],
            None => word.chars().map(|c| Chord::plain(Key::Char(if c == '_' { ' ' } else { c }))).collect(),
        };
        for chord in chords {
            all.extend(feed(state, Event::Key(chord)));
        }
    }
    all
}
