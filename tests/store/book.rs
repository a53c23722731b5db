//! Made-up rows, notes and standings.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use rounds::book::facts::Facts;
use rounds::book::ids::{AccountId, NoteId, SourceName};
use rounds::book::money::{Currency, Money};
use rounds::book::row::{Entity, Row, Value};
use rounds::book::standing::{Band, Flag, Health, Severity, Stages, Standing};
use rounds::store::{Access, Assessed, Batch, NewNote, NewOutbox, OutboxKind, Store, WriteAction};

pub const TODAY: Date = date(2026, 11, 23);

/// Noon of a day, UTC.
pub fn noon(day: Date) -> Timestamp {
    day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

pub fn now() -> Timestamp {
    noon(TODAY)
}

pub fn crm() -> SourceName {
    SourceName::from("crm")
}

pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    pub fn open(&self) -> Store {
        let opened = Store::open(&self.path(), Access::ReadWrite).unwrap();
        assert_eq!(opened.notices, Vec::<String>::new());
        opened.store
    }
}

pub fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub fn row(entity: Entity, id: &str, fields: &[(&str, Value)]) -> Row {
    let mut row = Row::new(entity, id);
    row.fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    row
}

/// A record of the account `512`.
pub fn on_512(entity: Entity, id: &str, fields: &[(&str, Value)]) -> Row {
    let mut row = row(entity, id, fields);
    row.accounts.push("512".into());
    row
}

pub fn account(id: &str, name: &str) -> Row {
    row(Entity::Account, id, &[("name", text(name)), ("domain", text(&format!("{}.example", name.to_lowercase())))])
}

pub fn usage(id: &str, metric: &str, day: Date, value: f64) -> Row {
    let fields = [("metric", text(metric)), ("day", Value::Day(day)), ("value", Value::Number(value))];
    let mut row = row(Entity::Usage, &format!("{id}/{metric}/{day}"), &fields);
    row.accounts.push(id.into());
    row
}

pub fn batch(stream: &str, rows: Vec<Row>) -> Batch {
    Batch::new(crm(), stream, rows, now())
}

pub fn at(day: Date, stream: &str, rows: Vec<Row>) -> Batch {
    Batch::new(crm(), stream, rows, noon(day))
}

pub fn facts(store: &Store, id: &str) -> Facts {
    store.facts(&AccountId::from(id), &TimeZone::UTC, Currency::USD).unwrap().unwrap()
}

/// The colleagues: Maya is active, Omar has left.
pub fn owners() -> Vec<Row> {
    let owner = |id: &str, name: &str, active: bool| {
        let email = format!("{}@us.example", name.to_lowercase());
        row(
            Entity::Owner,
            id,
            &[
                ("name", text(name)),
                ("email", text(&email)),
                ("active", Value::Bool(active)),
                ("user", text(&format!("u{id}"))),
            ],
        )
    };
    vec![owner("1", "Maya", true), owner("2", "Omar", false)]
}

pub fn out(id: &str, part: &str, payload: &str) -> NewOutbox {
    NewOutbox {
        id: id.into(),
        source: crm(),
        part: part.into(),
        kind: OutboxKind::Note,
        entity: Entity::Note,
        action: WriteAction::Create,
        payload: payload.into(),
        text: "first words".into(),
        remote: None,
    }
}

/// A note on account 512 with its row of the outbox, which bears the note's id.
pub fn note(id: &str, body: &str) -> NewNote {
    NewNote {
        id: NoteId::from(id),
        account: AccountId::from("crm:512"),
        text: body.into(),
        body: format!("{body}\n[rounds:1:{id}:512:maya@us.example]"),
        kept: String::new(),
        private: false,
        author: Some("maya@us.example".into()),
        at: now(),
        out: vec![out(id, "note", &format!("\"{body}\""))],
    }
}

pub fn standing(id: &str, name: &str, score: Option<f64>) -> Standing {
    Standing {
        account: AccountId::from(id),
        name: name.into(),
        domain: None,
        owner: Some("maya@us.example".into()),
        segment: Some("Mid".into()),
        day: TODAY,
        valid_until: date(2026, 11, 30),
        health: Health {
            score,
            band: score.map_or(Band::Unknown, |score| if score < 50.0 { Band::AtRisk } else { Band::Healthy }),
            confidence: 0.8,
            measures: Vec::new(),
            gates: Vec::new(),
            delta_7d: None,
            trend: vec![score; 13],
            over: None,
        },
        flags: Vec::new(),
        quiet: Vec::new(),
        stage: Stages::default(),
        trust: None,
        return_: None,
        proof_age_days: None,
        gap: None,
        figures: Default::default(),
        timed: Vec::new(),
        last_touch: None,
        keep: None,
        arr: None,
        arr_book: None,
        renewal: None,
        p_loss: 0.1,
        near: 0.5,
        exposure: score.map_or(0.0, |score| 100.0 - score),
        exposure_estimated: false,
        offers: Vec::new(),
        meetings: Vec::new(),
        former: false,
    }
}

pub fn flag(kind: &str, severity: Severity) -> Flag {
    let key = String::new();
    Flag { kind: kind.into(), key, label: kind.into(), severity, since: TODAY, because: "because".into() }
}

pub fn usd(units: i64) -> Money {
    Money { minor: units * 100, currency: Currency::USD }
}

pub fn put(store: &mut Store, standings: Vec<Standing>) {
    let items = standings
        .into_iter()
        .map(|standing| Assessed {
            version: store.version(&standing.account).unwrap(),
            standing,
            arr_start: None,
            arr_end: None,
        })
        .collect::<Vec<_>>();
    store.put_standings(&items, "m1", now()).unwrap();
}
