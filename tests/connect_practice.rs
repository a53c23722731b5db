//! Promise: the connector files read the whole of the practice CRM and its usage service, and a note that meets any fault
//! is in the CRM exactly once when its mark is looked for before a second try.

#![allow(clippy::unwrap_used)]

#[path = "stub/pulled.rs"]
mod pulled;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pulled::pull;
use rounds::book::row::{Entity, Row, Value};
use rounds::connect::{FindMarked, Pull, PullEnd, SendOutcome, Source, SourceConfig, WriteStep, built_in, load};
use rounds::practice::{FaultKind, Options, Server};
use secrecy::SecretString;

/// Laid over the limits of the practice configuration: tries come quickly, and a storm is outlasted.
const LIMITS: &str = "[all]\nretry_base = \"1ms\"\nretry_cap = \"2ms\"\ntries = 20";

async fn practice(accounts: u32) -> Server {
    let options = Options {
        accounts,
        today: Some("2026-11-22".parse().unwrap()),
        rate: 100_000.0,
        late: Duration::from_millis(300),
        slow: Duration::from_millis(50),
        ..Options::default()
    };
    Server::start(options).await.unwrap()
}

/// The source as the configuration that the practice CRM hands out has it.
fn source(server: &Server, name: &str) -> Source {
    let hello = server.hello();
    let config: toml::Table = hello.config.parse().unwrap();
    let mut config: SourceConfig = config["source"][name].clone().try_into().unwrap();
    config.name = name.into();
    for (pool, limits) in LIMITS.parse::<toml::Table>().unwrap() {
        let pool = config.limits.entry(pool).or_insert_with(|| toml::Table::new().into()).as_table_mut().unwrap();
        pool.extend(limits.as_table().unwrap().clone());
    }
    let token = hello.env[&format!("ROUNDS_TOKEN_{}", name.to_uppercase())].clone();
    let text = built_in(&config.connector).unwrap();
    Source::new(&config, load(text, &config.connector).unwrap(), SecretString::from(token)).unwrap()
}

async fn all(source: &Source, stream: &str) -> (Vec<Row>, PullEnd) {
    let (pages, end) = pull(source, Pull::First { stream: stream.into(), resume: None }).await;
    let end = end.unwrap_or_else(|error| panic!("{stream}: {error}"));
    for page in &pages {
        assert_eq!(page.problems, Vec::<String>::new(), "{stream}");
    }
    (pages.into_iter().flat_map(|p| p.rows).collect(), end)
}

fn share(rows: &[Row], field: &str) -> f64 {
    rows.iter().filter(|r| r.fields.contains_key(field)).count() as f64 / rows.len() as f64
}

#[tokio::test]
async fn the_whole_book_is_read_with_types_links_and_history() {
    let server = practice(84).await;
    let crm = source(&server, "crm");
    let me = crm.me().await.unwrap();
    assert!(me.zone().is_some() && me.kept.contains_key("portal"), "{me:?}");
    let (owners, _) = all(&crm, "owner").await;
    let mine = owners.iter().find(|o| o.text("user") == me.user()).unwrap();
    assert_eq!(mine.text("email"), Some(server.hello().me.as_str()), "whose token it is");
    let mut streams = BTreeMap::new();
    for stream in crm.streams() {
        let (rows, end) = all(&crm, &stream.name).await;
        assert!(!rows.is_empty() || stream.name == "former_owner", "{} is empty", stream.name);
        assert!(end.watermark.is_some());
        assert_eq!(end.absent, Vec::<String>::new(), "{}", stream.name);
        assert!(rows.iter().all(|r| r.entity == stream.entity && !r.id.is_empty()));
        let ids: BTreeSet<&str> = rows.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids.len(), rows.len(), "{} delivers a record twice", stream.name);
        streams.insert(stream.name, rows);
    }
    let accounts = &streams["account"];
    let customers = accounts.iter().filter(|r| r.text("stage") == Some("customer")).count();
    assert_eq!(customers, server.hello().accounts as usize);
    assert!(accounts.iter().any(|r| r.text("stage") == Some("former") && r.fields.contains_key("churned_on")));
    for field in ["name", "domain", "owner", "arr", "currency", "renewal_date", "segment", "seats", "invoice_state"] {
        assert!(share(accounts, field) > 0.9, "{field}: {}", share(accounts, field));
    }
    assert!(
        matches!(accounts[0].fields["arr"], Value::Money(_))
            && matches!(accounts[0].fields["renewal_date"], Value::Day(_))
    );
    assert!(accounts.iter().any(|r| r.history.iter().filter(|p| p.field == "arr").count() > 1));
    assert!(accounts.iter().any(|r| !r.merged.is_empty()), "merged-away ids");
    let known: BTreeSet<&str> = accounts.iter().map(|r| r.id.as_str()).collect();
    for (stream, least) in [
        ("person", 0.95),
        ("opportunity", 0.95),
        ("ticket", 0.95),
        ("meeting", 0.95),
        ("call", 0.95),
        ("mail", 0.95),
        ("note", 0.95),
        ("task", 0.9),
    ] {
        let rows = &streams[stream];
        let linked = rows.iter().filter(|r| r.accounts.iter().any(|a| known.contains(a.as_str()))).count();
        assert!(linked as f64 / rows.len() as f64 >= least, "{stream}: {linked} of {}", rows.len());
    }
    let people = &streams["person"];
    assert!(share(people, "title") > 0.9 && share(people, "champion") > 0.5);
    assert!(
        people.iter().any(|r| r.fields.get("left") == Some(&Value::Bool(true)) && r.fields.contains_key("left_on"))
    );
    assert!(streams["meeting"].iter().any(|r| !r.people.is_empty()));
    let deals = &streams["opportunity"];
    let kinds: BTreeSet<&str> = deals.iter().filter_map(|r| r.text("kind")).collect();
    assert!(kinds.contains("renewal") && kinds.len() > 1, "{kinds:?}");
    assert!(deals.iter().any(|r| r.fields.get("won") == Some(&Value::Bool(true))));
    assert!(deals.iter().any(|r| r.fields.get("closed") == Some(&Value::Bool(false))));
    assert!(
        streams["ticket"].iter().any(|r| r.fields.contains_key("closed")) && share(&streams["ticket"], "status") > 0.99
    );
    assert!(streams["note"].iter().all(|r| r.text("body").is_some_and(|b| !b.contains("<br>") && !b.contains("<p>"))));
    let owners: BTreeSet<&str> =
        ["owner", "former_owner"].iter().flat_map(|s| &streams[*s]).map(|r| r.id.as_str()).collect();
    assert!(accounts.iter().filter_map(|r| r.text("owner")).all(|o| owners.contains(o)), "every owner has a name");
    assert!(crm.link(Entity::Account, "1").is_some());

    // What is gone, and nothing new since.
    let (pages, end) = pull(&crm, Pull::Deleted { stream: "account".into(), resume: None }).await;
    end.unwrap();
    let gone: Vec<&Row> = pages.iter().flat_map(|p| &p.rows).collect();
    assert!(!gone.is_empty() && gone.iter().all(|r| r.gone && !known.contains(r.id.as_str())));
    server.stop().await;
}

#[tokio::test]
async fn usage_is_read_by_windows_and_lands_on_keys_of_the_book() {
    let server = practice(40).await;
    let (accounts, _) = all(&source(&server, "crm"), "account").await;
    let usage = source(&server, "usage");
    let me = usage.me().await.unwrap();
    assert_eq!(me.email(), Some(server.hello().me.as_str()));
    let keys: BTreeSet<&str> = accounts.iter().filter_map(|r| r.text("external_id").or(r.text("domain"))).collect();
    let (from, to) = ("2026-08-01".parse().unwrap(), "2026-11-22".parse().unwrap());
    let mut metrics: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for stream in usage.streams() {
        let (pages, end) = pull(&usage, Pull::Days { stream: stream.name.clone(), from, to, resume: None }).await;
        assert_eq!(end.unwrap().watermark.as_deref(), Some("2026-11-22"));
        for row in pages.iter().flat_map(|p| &p.rows) {
            *metrics.entry(row.text("metric").unwrap().split(':').next().unwrap().to_owned()).or_default() += 1;
            let Some(Value::Day(day)) = row.fields.get("day") else { panic!("{row:?}") };
            assert!(*day >= from && *day < to, "{day}");
            seen.insert(row.accounts[0].clone());
        }
        assert!(pages.iter().all(|p| p.problems.is_empty()));
    }
    assert_eq!(
        metrics.keys().map(String::as_str).collect::<Vec<_>>(),
        ["active_users", "events", "feature", "seats_used"]
    );
    let matched = seen.iter().filter(|k| keys.contains(k.as_str())).count();
    assert!(matched as f64 / seen.len() as f64 > 0.9, "{matched} of {}", seen.len());
    server.stop().await;
}

fn note(account: &str, mark: &str) -> WriteStep {
    WriteStep::Create {
        entity: Entity::Note,
        kind: None,
        account: account.into(),
        people: vec![],
        fields: BTreeMap::from([
            ("body".to_owned(), Value::Text("Renewal <on> track & calm\nsecond line".into())),
            ("at".to_owned(), Value::Instant("2026-11-22T10:00:00Z".parse().unwrap())),
        ]),
        mark: mark.into(),
    }
}

#[tokio::test]
async fn everything_that_can_be_written_is_found_edited_and_removed() {
    let server = practice(5).await;
    let crm = source(&server, "crm");
    let (accounts, _) = all(&crm, "account").await;
    let (people, _) = all(&crm, "person").await;
    let person = people.iter().find(|p| !p.accounts.is_empty()).unwrap();
    let account = person.accounts[0].clone();
    assert!(accounts.iter().any(|a| a.id == account));
    let kinds = [
        (Entity::Note, None),
        (Entity::Task, None),
        (Entity::Touch, Some("call")),
        (Entity::Touch, Some("meeting")),
        (Entity::Touch, Some("mail")),
    ];
    for (i, (entity, kind)) in kinds.into_iter().enumerate() {
        let kind = kind.map(str::to_owned);
        let mark = format!("[rounds:1:01JAAAAAAAAAAAAAAAAAAAAAA{i}:crm:{account}:1]");
        let mut fields = BTreeMap::from([("body".to_owned(), Value::Text("Spoke about <seats> & rollout".into()))]);
        let at = Value::Instant("2026-11-22T10:00:00Z".parse().unwrap());
        for name in ["at", "due", "ends"] {
            fields.insert(name.into(), at.clone());
        }
        for name in ["subject", "title"] {
            fields.insert(name.into(), Value::Text("Rollout".into()));
        }
        let step = WriteStep::Create {
            entity,
            kind: kind.clone(),
            account: account.clone(),
            people: vec![person.id.clone()],
            fields,
            mark: mark.clone(),
        };
        let outcome = crm.send(&step).await;
        let SendOutcome::Done { id: Some(id) } = outcome else { panic!("{entity:?} {kind:?}: {outcome:?}") };
        let what = FindMarked { entity, kind: kind.clone(), account: account.clone(), mark: mark.clone() };
        let found = crm.find_marked(&what).await.unwrap();
        assert_eq!(found.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), [id.as_str()], "{entity:?} {kind:?}");
        assert_eq!(found[0].text, format!("Spoke about <seats> & rollout\n{mark}"));
        // It comes back as it went out.
        let stream = kind.as_deref().unwrap_or(entity.name());
        let (rows, _) = all(&crm, stream).await;
        let row = rows.iter().find(|r| r.id == id).unwrap();
        assert_eq!(row.text("body"), Some(format!("Spoke about <seats> & rollout\n{mark}").as_str()));
        assert_eq!(
            (row.accounts.as_slice(), row.people.as_slice()),
            ([account.clone()].as_slice(), [person.id.clone()].as_slice())
        );
        let fields = BTreeMap::from([("body".to_owned(), Value::Text(format!("Changed\n{mark}")))]);
        let update = WriteStep::Update { entity, kind: kind.clone(), id: id.clone(), fields };
        assert_eq!(crm.send(&update).await, SendOutcome::Done { id: Some(id.clone()) });
        assert!(crm.find_marked(&what).await.unwrap()[0].text.starts_with("Changed"));
        let delete = WriteStep::Delete { entity, kind: kind.clone(), id: id.clone() };
        assert!(matches!(crm.send(&delete).await, SendOutcome::Done { .. }));
        assert!(matches!(crm.send(&delete).await, SendOutcome::Done { .. }), "twice is as good as once");
        assert_eq!(crm.find_marked(&what).await.unwrap(), []);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_note_under_each_fault_is_there_once_when_its_mark_is_looked_for() {
    let server = practice(5).await;
    let crm = source(&server, "crm");
    let (accounts, _) = all(&crm, "account").await;
    let account = accounts[0].id.clone();
    // What must come out of the first try, and how many copies are there then (late ones: in the end).
    let cases = [
        (FaultKind::TooMany, "later", 0),
        (FaultKind::Broken, "unclear", 0),
        (FaultKind::Reset, "unclear", 0),
        (FaultKind::Truncate, "unclear", 1),
        (FaultKind::Slow, "done", 1),
        (FaultKind::LostReply, "unclear", 1),
        (FaultKind::LateCommit, "unclear", 1),
        (FaultKind::Lag, "done", 1),
        (FaultKind::Unauthorized, "sign in", 0),
    ];
    for (i, (fault, wanted, copies)) in cases.into_iter().enumerate() {
        let mark = format!("[rounds:1:01JBBBBBBBBBBBBBBBBBBBBBB{i}:crm:{account}:1]");
        server.set_faults(vec![(fault, 1.0)]);
        let outcome = crm.send(&note(&account, &mark)).await;
        server.set_faults(Vec::new());
        let word = match &outcome {
            SendOutcome::Done { .. } => "done",
            SendOutcome::Refused { .. } => "refused",
            SendOutcome::Unclear { .. } => "unclear",
            SendOutcome::Later { .. } => "later",
            SendOutcome::SignIn { .. } => "sign in",
        };
        assert_eq!(word, wanted, "{fault}: {outcome:?}");
        let what = FindMarked { entity: Entity::Note, kind: None, account: account.clone(), mark: mark.clone() };
        let mut found = crm.find_marked(&what).await.unwrap();
        while found.len() < copies {
            found = crm.find_marked(&what).await.unwrap();
        }
        assert_eq!(found.len(), copies, "{fault}");
        if copies == 0 {
            while let SendOutcome::Later { .. } = crm.send(&note(&account, &mark)).await {}
            assert_eq!(crm.find_marked(&what).await.unwrap().len(), 1, "{fault}: sent again");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn reads_get_through_storms() {
    let server = practice(20).await;
    let crm = source(&server, "crm");
    let (calm, _) = all(&crm, "person").await;
    for fault in [FaultKind::TooMany, FaultKind::Broken, FaultKind::Reset, FaultKind::Truncate] {
        server.set_faults(vec![(fault, 0.3)]);
        let (stormy, end) = pull(&source(&server, "crm"), Pull::First { stream: "person".into(), resume: None }).await;
        end.unwrap_or_else(|error| panic!("{fault}: {error}"));
        let stormy: Vec<Row> = stormy.into_iter().flat_map(|p| p.rows).collect();
        assert_eq!(stormy, calm, "{fault}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_pull() {
    let server = practice(10).await;
    let crm = source(&server, "crm");
    let (_, end) = all(&crm, "note").await;
    let since = end.watermark.unwrap();
    let (accounts, _) = all(&crm, "account").await;
    let mark = "[rounds:1:01JCCCCCCCCCCCCCCCCCCCCCCC:crm:1:1]";
    assert!(matches!(crm.send(&note(&accounts[0].id, mark)).await, SendOutcome::Done { .. }));
    // Search is an index: it may show the note a little later.
    loop {
        let (pages, end) =
            pull(&crm, Pull::Changed { stream: "note".into(), since: since.clone(), resume: None }).await;
        end.unwrap();
        let rows: Vec<Row> = pages.into_iter().flat_map(|p| p.rows).collect();
        if let Some(row) = rows.iter().find(|r| r.text("body").is_some_and(|b| b.contains(mark))) {
            assert_eq!(row.accounts, [accounts[0].id.clone()]);
            break;
        }
    }
    server.stop().await;
}
