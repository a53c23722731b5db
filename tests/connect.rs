//! Promise: a connector reads and writes an outside system by its documented answers, faults included, and says what
//! happened. The outside system here is a stub that plays those answers.

#![allow(clippy::unwrap_used)]

#[path = "stub/pulled.rs"]
mod pulled;
#[path = "stub/mod.rs"]
mod stub;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pulled::pull;
use rounds::book::row::{Entity, Row, Value};
use rounds::connect::{
    ConnectError, ErrorClass, FindMarked, Pull, PulledPage, SendOutcome, Source, SourceConfig, WriteStep, built_in,
    load,
};
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use stub::{Answer, Asked, Stub};

const TOKEN: &str = "pat-na1-very-secret";

fn config(url: &str, limits: &str) -> SourceConfig {
    let mut config = SourceConfig::new("crm", "hubspot");
    config.url = Some(url.to_owned());
    let limits = format!(
        "[all]\nrate = \"10000 / 1s\"\nretry_base = \"1ms\"\nretry_cap = \"2ms\"\n{limits}\n[search]\nrate = \"10000 / 1s\""
    );
    config.limits = limits.parse().unwrap();
    config
}

fn source_of(config: &SourceConfig) -> Result<Source, ConnectError> {
    let text = built_in(&config.connector).unwrap();
    Source::new(config, load(text, &format!("{}.toml", config.connector)).unwrap(), SecretString::from(TOKEN))
}

fn source(stub: &Stub) -> Source {
    source_of(&config(&stub.url, "")).unwrap()
}

fn first(stream: &str) -> Pull {
    Pull::First { stream: stream.into(), resume: None }
}

fn rows(pages: &[PulledPage]) -> Vec<&Row> {
    pages.iter().flat_map(|p| &p.rows).collect()
}

fn described(names: &[&str]) -> Json {
    json!({ "results": names.iter().map(|n| json!({ "name": n, "label": n.replace('_', " ") })).collect::<Vec<_>>() })
}

fn details() -> Json {
    json!({ "portalId": 4711, "timeZone": "Europe/Berlin", "uiDomain": "app.hubspot.com", "companyCurrency": "EUR" })
}

/// The calls that every pull makes first.
fn usual(asked: &Asked) -> Option<Answer> {
    if asked.path.contains("/account-info/") {
        return Some(Answer::Json(200, details()));
    }
    if asked.path.contains("/properties/") {
        return Some(Answer::Json(
            200,
            described(&[
                "name",
                "domain",
                "hubspot_owner_id",
                "hs_lastmodifieddate",
                "lifecyclestage",
                "acv",
                "renews_on",
            ]),
        ));
    }
    None
}

fn company(id: u64, properties: Json) -> Json {
    let mut all = json!({ "hs_lastmodifieddate": "2026-11-01T10:00:00.123Z" });
    all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    json!({ "id": id.to_string(), "properties": all, "archived": false })
}

fn page(rows: Vec<Json>, after: Option<&str>) -> Answer {
    let mut page = json!({ "results": rows });
    if let Some(after) = after {
        page["paging"] = json!({ "next": { "after": after, "link": "https://elsewhere.example/x" } });
    }
    Answer::Json(200, page)
}

#[tokio::test]
async fn pages_become_rows_with_types_cleaned_and_only_what_is_described_is_asked_for() {
    let stub = Stub::start(|asked, _| {
        usual(asked).unwrap_or_else(|| match asked.query("after") {
            None => page(
                vec![
                    company(5011, json!({ "name": "Acme\u{1b}]0;owned\u{7} \u{202e}GmbH", "domain": "https://www.Acme.com/x", "acv": "412000.50", "renews_on": "2027-01-31", "hubspot_owner_id": "77" })),
                    company(5012, json!({ "name": "", "domain": "beta.com", "acv": "12,5", "lifecyclestage": "former_customer" })),
                ],
                Some("5013"),
            ),
            Some("5013") => page(vec![company(5013, json!({ "name": "Gamma", "acv": "", "renews_on": "soon" }))], None),
            Some(other) => panic!("after={other}"),
        })
    });
    let mut config = config(&stub.url, "");
    config.map = BTreeMap::from([(
        Entity::Account,
        BTreeMap::from([
            ("arr".to_owned(), "properties.acv".into()),
            (
                "renewal_date".to_owned(),
                toml::Value::Array(vec!["properties.gone".into(), "properties.renews_on".into()]),
            ),
            ("seats".to_owned(), "properties.licensed_seats".into()),
            (
                "stage".to_owned(),
                toml::toml! { path = "properties.lifecyclestage"
                values = { former_customer = "former" } }
                .into(),
            ),
        ]),
    )]);
    let source = source_of(&config).unwrap();
    let (pages, end) = pull(&source, first("account")).await;
    let end = end.unwrap();
    let rows = rows(&pages);
    assert_eq!(rows.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["5011", "5012", "5013"]);
    let acme = rows[0];
    assert_eq!(acme.text("name"), Some("Acme GmbH"));
    assert_eq!(acme.text("domain"), Some("acme.com"));
    assert_eq!(acme.text("owner"), Some("77"));
    assert_eq!(acme.fields["arr"], Value::Money("412000.50".parse().unwrap()));
    assert_eq!(acme.fields["renewal_date"], Value::Day("2027-01-31".parse().unwrap()));
    assert_eq!(acme.changed, Some("2026-11-01T10:00:00.123Z".parse().unwrap()));
    assert_eq!(rows[1].text("name"), Some("beta.com"), "the first that isn't empty");
    assert_eq!(rows[1].text("stage"), Some("former"));
    assert!(!rows[1].fields.contains_key("arr"));
    assert_eq!(pages[0].problems, ["arr: \"12,5\" is not a number; 1 of 2 records; example id 5012"]);
    assert_eq!(pages[1].problems, ["renewal_date: \"soon\" is not a date; 1 of 1 records; example id 5013"]);
    assert!(end.absent.contains(&"seats (properties.licensed_seats)".to_owned()), "{:?}", end.absent);

    let asked = stub.to("/companies");
    let list: Vec<_> = asked.iter().filter(|a| a.path.contains("/objects/")).collect();
    assert_eq!(list.len(), 2);
    for page in &list {
        let fields = page.query("properties").unwrap();
        assert!(fields.contains("acv") && fields.contains("renews_on"), "{fields}");
        assert!(!fields.contains("gone") && !fields.contains("licensed_seats"), "{fields}");
        assert_eq!(page.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(page.query("limit"), Some("50"), "fewer a page with history");
    }
    let history = list[0].query("propertiesWithHistory").unwrap();
    assert_eq!(history, "acv,hubspot_owner_id,lifecyclestage", "only first paths that are described");
}

#[tokio::test]
async fn a_pull_goes_on_where_it_was_cut_off() {
    let dead = Arc::new(AtomicUsize::new(1));
    let until = dead.clone();
    let stub = Stub::start(move |asked, _| {
        usual(asked).unwrap_or_else(|| match asked.query("after") {
            None => page(vec![company(1, json!({}))], Some("2")),
            Some(_) if until.load(Ordering::Relaxed) == 1 => Answer::CutOff(200, "{\"results\": []}".into()),
            Some("2") => page(vec![company(2, json!({}))], None),
            other => panic!("{other:?}"),
        })
    });
    let source = source(&stub);
    let (pages, end) = pull(&source, first("account")).await;
    let error = end.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    assert_eq!(rows(&pages).len(), 1, "what came before is handed over");
    assert_eq!(stub.asked().iter().filter(|a| a.query("after").is_some()).count(), 5, "five tries for a read");
    dead.store(0, Ordering::Relaxed);
    let resume = pages.last().unwrap().resume.clone();
    let (pages, end) = pull(&source, Pull::First { stream: "account".into(), resume }).await;
    assert!(end.unwrap().watermark.is_some());
    assert_eq!(rows(&pages).iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["2"]);
    // Cut off between the last page and its watermark: nothing is pulled again.
    let before = source.stats().requests;
    let resume = pages.last().unwrap().resume.clone();
    let (pages, end) = pull(&source, Pull::First { stream: "account".into(), resume }).await;
    assert!(end.unwrap().watermark.is_some() && pages.is_empty());
    assert_eq!(source.stats().requests, before);
}

#[tokio::test]
async fn changes_overlap_and_a_full_window_goes_on_above_the_last_id() {
    let stub = Stub::start(|asked, _| {
        usual(asked).unwrap_or_else(|| {
            if asked.path.ends_with("/batch/read") {
                return Answer::Json(200, json!({ "results": [] }));
            }
            if !asked.path.ends_with("/search") {
                return Answer::With(
                    200,
                    vec![("date", "Sun, 22 Nov 2026 10:00:00 GMT".into())],
                    json!({ "results": [company(1, json!({}))] }).to_string(),
                );
            }
            // 10,400 rows, ids 1..=10400, 200 a page; past 10,000 a query is refused as documented.
            let above: u64 = asked.body["filterGroups"][0]["filters"][1]["value"].as_str().unwrap().parse().unwrap();
            let after: u64 = asked.body["after"].as_str().unwrap().parse().unwrap();
            if after >= 10_000 {
                return Answer::Json(
                    400,
                    json!({ "message": "window", "category": "VALIDATION_ERROR", "correlationId": "c-1" }),
                );
            }
            let from = above + after;
            let ids: Vec<u64> = (from + 1..=(from + 200).min(10_400)).collect();
            let more = ids.last().is_some_and(|id| *id < 10_400);
            let total = 10_400 - above;
            let mut page =
                json!({ "total": total, "results": ids.iter().map(|id| company(*id, json!({}))).collect::<Vec<_>>() });
            if more {
                page["paging"] = json!({ "next": { "after": (after + 200).to_string() } });
            }
            Answer::Json(200, page)
        })
    });
    let source = source(&stub);
    let (_, end) = pull(&source, first("account")).await;
    let since = end.unwrap().watermark.unwrap();
    let (pages, end) =
        pull(&source, Pull::Changed { stream: "account".into(), since: since.clone(), resume: None }).await;
    end.unwrap();
    let ids: std::collections::BTreeSet<&str> = rows(&pages).iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids.len(), 10_400, "every row once, none lost at the window");
    assert_eq!(rows(&pages).len(), 10_400);
    assert_eq!(pages[0].of, Some(10_400));
    let searches = stub.to("/search");
    assert_eq!(searches.len(), 52);
    // One hour before the first answer's date, as epoch milliseconds in text.
    assert_eq!(searches[0].body["filterGroups"][0]["filters"][0]["value"], "1795338000000");
    assert!(searches[0].body["properties"].is_array());
    assert_eq!(searches[50].body["after"], "0");
    assert_eq!(searches[50].body["filterGroups"][0]["filters"][1]["value"], "10000");
    for search in &searches {
        assert_eq!(search.body["filterGroups"][0]["filters"][0], searches[0].body["filterGroups"][0]["filters"][0]);
    }
    // Another map makes the watermark worthless.
    let mut other = config(&stub.url, "");
    other.map = BTreeMap::from([(Entity::Account, BTreeMap::from([("arr".to_owned(), "properties.acv".into())]))]);
    let (_, end) =
        pull(&source_of(&other).unwrap(), Pull::Changed { stream: "account".into(), since, resume: None }).await;
    assert_eq!(end.unwrap_err().class(), ErrorClass::StaleCursor);
}

#[tokio::test]
async fn history_comes_with_the_list_or_by_batch() {
    let past = json!({ "acv": [
        { "value": "200", "timestamp": "2026-06-01T00:00:00Z" },
        { "value": "100", "timestamp": "2025-06-01T00:00:00Z" },
        { "value": "100", "timestamp": "2025-05-01T00:00:00Z" } ] });
    let stub = Stub::start(move |asked, _| {
        usual(asked).unwrap_or_else(|| {
            let mut row = company(1, json!({ "acv": "200" }));
            if asked.path.ends_with("/batch/read") {
                assert_eq!(asked.body["inputs"], json!([{ "id": "1" }]));
                assert!(asked.body["propertiesWithHistory"].as_array().unwrap().contains(&json!("acv")));
            }
            if !asked.path.ends_with("/search") {
                row["propertiesWithHistory"] = past.clone();
            }
            page(vec![row], None)
        })
    });
    let mut config = config(&stub.url, "");
    config.map = BTreeMap::from([(Entity::Account, BTreeMap::from([("arr".to_owned(), "properties.acv".into())]))]);
    let source = source_of(&config).unwrap();
    let (listed, end) = pull(&source, first("account")).await;
    let since = end.unwrap().watermark.unwrap();
    let (found, end) = pull(&source, Pull::Changed { stream: "account".into(), since, resume: None }).await;
    end.unwrap();
    for pages in [listed, found] {
        let history = &rows(&pages)[0].history;
        let seen: Vec<_> = history.iter().map(|p| (p.field.as_str(), p.at.to_string(), p.value.clone())).collect();
        let money = |n: &str| Some(Value::Money(n.parse().unwrap()));
        assert_eq!(
            seen,
            [
                ("arr", "2025-05-01T00:00:00Z".into(), money("100")),
                ("arr", "2026-06-01T00:00:00Z".into(), money("200"))
            ],
            "oldest first, the same value once"
        );
    }
}

#[tokio::test]
async fn links_by_batch_follow_their_own_pages_and_a_missing_record_has_none() {
    let stub = Stub::start(|asked, _| {
        if asked.path.contains("/pipelines/") {
            return Answer::Json(
                200,
                json!({ "results": [{ "id": "renewals", "label": "Renewals", "stages": [
                { "id": "s1", "label": "Signed", "metadata": { "isClosed": "true", "probability": "1.0" } } ] }] }),
            );
        }
        if asked.path.contains("/properties/") {
            return Answer::Json(200, described(&["dealname", "dealstage", "pipeline", "amount", "closedate"]));
        }
        if let Some(answer) = usual(asked) {
            return answer;
        }
        if asked.path.contains("/deals/companies/batch/read") {
            if asked.body["inputs"][0].get("after").is_some() {
                assert_eq!(asked.body["inputs"], json!([{ "id": "1", "after": "t" }]));
                return Answer::Json(
                    200,
                    json!({ "results": [{ "from": { "id": "1" }, "to": [{ "toObjectId": "513" }] }] }),
                );
            }
            return Answer::Json(
                207,
                json!({ "status": "COMPLETE", "results": [
                { "from": { "id": "1" }, "to": [{ "toObjectId": 512 }, { "toObjectId": 512 }], "paging": { "next": { "after": "t" } } } ],
                "numErrors": 1, "errors": [{ "context": { "fromObjectId": ["2"] } }] }),
            );
        }
        if asked.path.contains("/deals/contacts/batch/read") {
            return Answer::Json(200, json!({ "results": [{ "from": { "id": "2" }, "to": [{ "toObjectId": "9" }] }] }));
        }
        page(
            vec![
                json!({ "id": "1", "properties": { "dealname": "Renewal 2027", "pipeline": "renewals", "dealstage": "s1", "amount": "10", "closedate": "2026-12-31T23:30:00Z" } }),
                json!({ "id": "2", "properties": { "dealname": "More", "pipeline": null, "dealstage": "new" } }),
            ],
            None,
        )
    });
    let source = source(&stub);
    let (pages, end) = pull(&source, first("opportunity")).await;
    end.unwrap();
    let rows = rows(&pages);
    assert_eq!(rows[0].accounts, ["512", "513"]);
    assert!(rows[0].people.is_empty() && rows[1].accounts.is_empty());
    assert_eq!(rows[1].people, ["9"]);
    assert_eq!((rows[0].text("kind"), rows[0].text("stage")), (Some("renewal"), Some("Signed")));
    assert_eq!(rows[0].fields["won"], Value::Bool(true));
    assert_eq!(rows[0].fields["close_date"], Value::Day("2027-01-01".parse().unwrap()), "the day it is over there");
    assert_eq!((rows[1].text("kind"), rows[1].text("stage")), (Some("new"), Some("new")));
}

#[tokio::test]
async fn what_is_gone_comes_with_its_id_only_and_a_customer_with_what_it_paid() {
    let stub = Stub::start(|asked, _| {
        usual(asked).unwrap_or_else(|| {
            assert_eq!(asked.query("archived"), Some("true"));
            let mut gone = company(7, json!({ "name": "Gone", "acv": "0", "lastname": "Gone" }));
            gone["propertiesWithHistory"] = json!({ "acv": [
                { "value": "0", "timestamp": "2026-05-01T00:00:00Z" },
                { "value": "9000", "timestamp": "2024-05-01T00:00:00Z" },
            ] });
            page(vec![gone], None)
        })
    });
    let mut config = config(&stub.url, "");
    let arr = BTreeMap::from([("arr".to_owned(), "properties.acv".into())]);
    config.map = BTreeMap::from([(Entity::Account, arr)]);
    let source = source_of(&config).unwrap();
    let deleted = |stream: &str| Pull::Deleted { stream: stream.into(), resume: None };
    let (pages, end) = pull(&source, deleted("person")).await;
    assert_eq!(end.unwrap().watermark, None);
    assert!(rows(&pages)[0].gone && rows(&pages)[0].fields.is_empty());

    let (pages, end) = pull(&source, deleted("account")).await;
    end.unwrap();
    let asked = stub.to("/companies");
    let list = asked.iter().rfind(|asked| asked.path.contains("/objects/")).unwrap();
    assert_eq!(list.query("limit"), Some("50"), "fewer a page with history");
    let gone = rows(&pages)[0].clone();
    assert!(gone.gone && gone.text("name") == Some("Gone"));
    assert_eq!(gone.history.iter().filter(|past| past.field == "arr").count(), 2, "{:?}", gone.history);
}

#[tokio::test]
async fn records_that_are_not_wanted_come_as_gone() {
    let stub = Stub::start(|asked, _| {
        usual(asked).unwrap_or_else(|| {
            page(
                vec![
                    company(1, json!({ "lifecyclestage": "customer" })),
                    company(2, json!({ "lifecyclestage": "lead" })),
                    company(3, json!({})),
                ],
                None,
            )
        })
    });
    let mut config = config(&stub.url, "");
    config.only = BTreeMap::from([(Entity::Account, "= properties.lifecyclestage == 'customer'".into())]);
    let (pages, end) = pull(&source_of(&config).unwrap(), first("account")).await;
    end.unwrap();
    assert_eq!(rows(&pages).iter().map(|r| r.gone).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test]
async fn refusals_say_what_to_do_and_never_show_the_token() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        p if p.ends_with("/details") => Answer::Json(
            401,
            json!({ "message": "Authentication credentials not found", "category": "INVALID_AUTHENTICATION", "correlationId": "c-77" }),
        ),
        p if p.contains("/owners/") => Answer::Json(
            403,
            json!({ "message": "This app hasn't been granted all required scopes", "category": "MISSING_SCOPES", "correlationId": "c-78",
            "errors": [{ "context": { "requiredGranularScopes": ["crm.objects.owners.read"] } }] }),
        ),
        _ => Answer::Json(500, Json::Null),
    });
    let source = source(&stub);
    let error = source.me().await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::SignIn);
    let text = error.to_string();
    assert!(text.contains("HubSpot (crm)") && text.contains("c-77") && text.contains("rounds login crm"), "{text}");
    assert_eq!(stub.to("/details").len(), 1, "a refused token is not tried again");
    let mut plain = config(&stub.url, "");
    plain.connector = "plain".into();
    let owners = load(PLAIN, "plain.toml").unwrap();
    let source = Source::new(&plain, owners, SecretString::from(TOKEN)).unwrap();
    let (_, end) = pull(&source, first("owner")).await;
    let error = end.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Forbidden);
    assert!(error.to_string().contains("owners") && error.to_string().contains("crm.objects.owners.read"), "{error}");
    assert!(!format!("{error} {error:?} {source:?}").contains(TOKEN));
}

const PLAIN: &str = r#"
connector = 1
name = "Plain"
settings = { token = { secret = true } }
base.url = "https://plain.example"
auth.token = { kind = "bearer", token = "{{ settings.token }}" }
words = { message = ["message"], trace = ["correlationId"], rights = ["errors[].context.requiredGranularScopes"] }
errors = [{ when = { status = 429, body = { policyName = "DAILY" } }, is = "quota", until = "midnight in UTC" }]
limits.all = { rate = "8 / 1s" }
limits.search = { on = "*/search", rate = "8 / 1s" }
[streams.owner]
map = { id = "id", email = "email" }
first = { get = "/owners/all", query = { limit = 100 }, rows = "results", next = { kind = "cursor", read = "body:next", send = "query:after", stop = "absent" } }
"#;

fn plain(stub: &Stub, limits: &str) -> Source {
    let mut config = config(&stub.url, limits);
    config.connector = "plain".into();
    Source::new(&config, load(PLAIN, "plain.toml").unwrap(), SecretString::from(TOKEN)).unwrap()
}

fn owners() -> Answer {
    Answer::Json(200, json!({ "results": [{ "id": "1", "email": "a@b.example" }] }))
}

#[tokio::test]
async fn a_storm_is_waited_out_and_said() {
    let stub = Stub::start(|_, n| match n {
        0 => Answer::With(429, vec![("retry-after", "0".into())], "{\"message\": \"slow down\"}".into()),
        1 => Answer::Json(429, json!({ "message": "slow down", "policyName": "TEN_SECONDLY_ROLLING" })),
        2 => Answer::With(502, vec![], "<html><body>Bad gateway</body></html>".into()),
        3 => Answer::Reset,
        _ => owners(),
    });
    let source = plain(&stub, "");
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    source.on_notice(Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let (pages, end) = pull(&source, first("owner")).await;
    end.unwrap();
    assert_eq!(rows(&pages).len(), 1);
    assert_eq!(source.stats().requests, 5);
    assert!(heard.load(Ordering::Relaxed) >= 4);
}

#[tokio::test]
async fn a_daily_quota_stops_at_once_and_says_until_when() {
    let stub = Stub::start(|_, _| {
        Answer::With(
            429,
            vec![("date", "Sun, 22 Nov 2026 10:00:00 GMT".into())],
            json!({ "message": "You have reached your daily limit.", "policyName": "DAILY", "correlationId": "c-9" })
                .to_string(),
        )
    });
    let source = plain(&stub, "");
    let (_, end) = pull(&source, first("owner")).await;
    let error = end.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Quota);
    assert!(error.to_string().contains("2026-11-23 00:00"), "{error}");
    assert_eq!(source.stats().requests, 1, "a quota is no back-off case");
}

#[tokio::test]
async fn faults_that_last_are_said_as_what_they_are() {
    type Case = (&'static str, fn() -> Answer, ErrorClass, &'static str, u64);
    let cases: [Case; 6] = [
        (
            "500",
            || Answer::Json(500, json!({ "message": "boom", "correlationId": "c-5" })),
            ErrorClass::Transient,
            "c-5",
            5,
        ),
        ("cut", || Answer::CutOff(200, "{\"results\": [{\"id\": \"1\"}]}".into()), ErrorClass::Transient, "kept", 5),
        ("half json", || Answer::With(200, vec![], "{\"results\": [".into()), ErrorClass::Transient, "cut off", 5),
        ("slow", || Answer::Silent, ErrorClass::Transient, "in time", 5),
        ("400", || Answer::Json(400, json!({ "message": "no such thing" })), ErrorClass::Invalid, "no such thing", 1),
        (
            "rows",
            || Answer::Json(200, json!({ "items": [], "count": 0 })),
            ErrorClass::Invalid,
            "it holds count, items",
            1,
        ),
    ];
    for (name, answer, class, words, requests) in cases {
        let stub = Stub::start(move |_, _| answer());
        let source = plain(&stub, "idle = \"60ms\"");
        let (_, end) = pull(&source, first("owner")).await;
        let error = end.unwrap_err();
        assert_eq!(error.class(), class, "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert_eq!(source.stats().requests, requests, "{name}");
    }
}

#[tokio::test]
async fn a_dead_host_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut config = config(&format!("http://127.0.0.1:{port}"), "");
    config.connector = "plain".into();
    let source = Source::new(&config, load(PLAIN, "plain.toml").unwrap(), SecretString::from(TOKEN)).unwrap();
    let (_, end) = pull(&source, first("owner")).await;
    assert_eq!(end.unwrap_err().class(), ErrorClass::Unreachable);
}

#[tokio::test]
async fn the_token_never_goes_to_another_host() {
    let other = Stub::start(|_, _| owners());
    let to = format!("{}/owners/all", other.url);
    let stub = Stub::start(move |asked, _| match asked.query("hop") {
        None => Answer::With(302, vec![("location", to.clone())], String::new()),
        Some(_) => owners(),
    });
    let (_, end) = pull(&plain(&stub, ""), first("owner")).await;
    let error = end.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Invalid);
    assert!(error.to_string().contains("another host"), "{error}");
    assert!(other.asked().is_empty(), "nothing was sent there");

    let near = Stub::start(|asked, _| match asked.query("hop") {
        None => Answer::With(307, vec![("location", "/owners/all?hop=1".into())], String::new()),
        Some(_) => owners(),
    });
    let (pages, end) = pull(&plain(&near, ""), first("owner")).await;
    end.unwrap();
    assert_eq!(rows(&pages).len(), 1, "a redirect within the host is followed");

    let text = PLAIN.replace(
        "kind = \"cursor\", read = \"body:next\", send = \"query:after\"",
        "kind = \"next_url\", read = \"body:next\"",
    );
    let stub = Stub::start({
        let to = format!("{}/owners/more", other.url);
        move |_, _| Answer::Json(200, json!({ "results": [{ "id": "1" }], "next": to }))
    });
    let mut config = config(&stub.url, "");
    config.connector = "plain".into();
    let source = Source::new(&config, load(&text, "plain.toml").unwrap(), SecretString::from(TOKEN)).unwrap();
    let (_, end) = pull(&source, first("owner")).await;
    assert!(end.unwrap_err().to_string().contains("another host"));
    assert!(other.asked().is_empty(), "nor by a next link");
}

#[tokio::test]
async fn a_page_that_repeats_is_an_error_not_an_end() {
    let stub = Stub::start(|_, n| Answer::Json(200, json!({ "results": [{ "id": n.to_string() }], "next": "same" })));
    let (_, end) = pull(&plain(&stub, ""), first("owner")).await;
    assert!(end.unwrap_err().to_string().contains("repeats a page"));
    let stub = Stub::start(|_, n| Answer::Json(200, json!({ "results": [{ "id": "1" }], "next": n.to_string() })));
    let (_, end) = pull(&plain(&stub, ""), first("owner")).await;
    assert!(end.unwrap_err().to_string().contains("repeats a page"));
}

#[tokio::test]
async fn a_token_that_dies_midway_is_asked_for_once_more() {
    let stub = Stub::start(|asked, _| match (asked.header("authorization"), asked.query("after")) {
        (Some("Bearer pat-na1-very-secret"), None) => {
            Answer::Json(200, json!({ "results": [{ "id": "1" }], "next": "2" }))
        }
        (Some("Bearer new"), Some("2")) => Answer::Json(200, json!({ "results": [{ "id": "2" }] })),
        _ => Answer::Json(401, json!({ "message": "expired", "category": "EXPIRED_AUTHENTICATION" })),
    });
    let source = plain(&stub, "");
    source.on_renewal(Arc::new(|| Box::pin(async { Ok(Some(SecretString::from("new").into())) })));
    let (pages, end) = pull(&source, first("owner")).await;
    end.unwrap();
    assert_eq!(rows(&pages).len(), 2);
    assert_eq!(source.stats().requests, 3);
}

fn note(mark: &str) -> WriteStep {
    WriteStep::Create {
        entity: Entity::Note,
        kind: None,
        account: "512".into(),
        people: vec!["9".into(), "10".into()],
        fields: BTreeMap::from([
            ("body".to_owned(), Value::Text("Called <Kim> & Jo\nRenewal on track".into())),
            ("at".to_owned(), Value::Instant("2026-11-22T10:00:00Z".parse().unwrap())),
            ("owner".to_owned(), Value::Text("77".into())),
        ]),
        mark: mark.into(),
    }
}

const MARK: &str = "[rounds:1:01JABC:crm:512:77]";

#[tokio::test]
async fn a_note_is_escaped_marked_and_linked() {
    let stub = Stub::start(|_, _| Answer::Json(201, json!({ "id": "9001" })));
    let source = source(&stub);
    assert_eq!(source.send(&note(MARK)).await, SendOutcome::Done { id: Some("9001".into()) });
    let asked = &stub.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/crm/objects/2026-03/notes"));
    let kind = |id: u64| json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": id }]);
    assert_eq!(
        asked.body,
        json!({
            "properties": {
                "hs_timestamp": "2026-11-22T10:00:00Z",
                "hs_note_body": format!("Called &lt;Kim&gt; &amp; Jo<br>Renewal on track<br>{MARK}"),
                "hubspot_owner_id": "77",
            },
            "associations": [
                { "to": { "id": "512" }, "types": kind(190) },
                { "to": { "id": "9" }, "types": kind(202) },
                { "to": { "id": "10" }, "types": kind(202) },
            ],
        })
    );
}

#[tokio::test]
async fn what_became_of_a_write_is_never_guessed() {
    type Case = (&'static str, fn() -> Answer, &'static str);
    let cases: [Case; 11] = [
        ("400", || Answer::Json(400, json!({ "message": "bad", "correlationId": "c-1" })), "refused"),
        ("403", || Answer::Json(403, json!({ "message": "no", "category": "MISSING_SCOPES" })), "refused"),
        ("401", || Answer::Json(401, json!({ "message": "who" })), "sign in"),
        ("429", || Answer::With(429, vec![("retry-after", "3".into())], "{}".into()), "later"),
        ("500", || Answer::Json(500, json!({})), "unclear"),
        ("504", || Answer::With(504, vec![], "<html>".into()), "unclear"),
        ("cut", || Answer::CutOff(201, "{\"id\": \"9001\"}".into()), "unclear"),
        ("silent", || Answer::Silent, "unclear"),
        ("reset", || Answer::Reset, "unclear"),
        ("no id", || Answer::Json(201, json!({})), "unclear"),
        (
            "elsewhere",
            || Answer::With(307, vec![("location", "https://elsewhere.example/".into())], String::new()),
            "refused",
        ),
    ];
    for (name, answer, wanted) in cases {
        let stub = Stub::start(move |_, _| answer());
        let source = source_of(&config(&stub.url, "idle = \"60ms\"")).unwrap();
        let outcome = source.send(&note(MARK)).await;
        let word = match &outcome {
            SendOutcome::Done { .. } => "done",
            SendOutcome::Refused { .. } => "refused",
            SendOutcome::Unclear { .. } => "unclear",
            SendOutcome::Later { .. } => "later",
            SendOutcome::SignIn { .. } => "sign in",
        };
        assert_eq!(word, wanted, "{name}: {outcome:?}");
        assert_eq!(stub.asked().len(), 1, "{name}: a write goes out once");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let source = source_of(&config(&format!("http://127.0.0.1:{port}"), "")).unwrap();
    assert!(matches!(source.send(&note(MARK)).await, SendOutcome::Later { .. }), "it was not sent at all");
}

#[tokio::test]
async fn a_note_too_long_is_refused_before_it_is_sent() {
    let stub = Stub::start(|_, _| Answer::Json(201, json!({ "id": "1" })));
    let WriteStep::Create { entity, kind, account, people, mut fields, mark } = note(MARK) else { unreachable!() };
    fields.insert("body".into(), Value::Text("<".repeat(20_000)));
    let outcome = source(&stub).send(&WriteStep::Create { entity, kind, account, people, fields, mark }).await;
    assert!(matches!(&outcome, SendOutcome::Refused { because } if because.contains("65536")), "{outcome:?}");
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn our_mark_is_found_by_listing() {
    let stub = Stub::start(|asked, _| {
        if asked.path == "/crm/associations/2026-03/companies/notes/batch/read" {
            let more = asked.body["inputs"][0].get("after").is_none();
            let to = |ids: std::ops::Range<u64>| ids.map(|id| json!({ "toObjectId": id })).collect::<Vec<_>>();
            let mut row = json!({ "from": { "id": "512" }, "to": if more { to(0..120) } else { to(120..130) } });
            if more {
                row["paging"] = json!({ "next": { "after": "x" } });
            }
            return Answer::Json(200, json!({ "results": [row] }));
        }
        assert_eq!(asked.path, "/crm/objects/2026-03/notes/batch/read");
        assert_eq!(asked.body["properties"], json!(["hs_note_body"]));
        let results: Vec<Json> = asked.body["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|input| {
                let body = if input["id"] == "125" {
                    format!("<p>Hello</p><p>{MARK}</p>")
                } else {
                    "other [rounds:1:01JABD:crm:512:77]".into()
                };
                json!({ "id": input["id"], "properties": { "hs_note_body": body } })
            })
            .collect();
        Answer::Json(207, json!({ "status": "COMPLETE", "results": results, "errors": [] }))
    });
    let what = FindMarked { entity: Entity::Note, kind: None, account: "512".into(), mark: MARK.into() };
    let found = source(&stub).find_marked(&what).await.unwrap();
    assert_eq!(found.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["125"]);
    assert_eq!(found[0].text, format!("Hello\n{MARK}"));
    assert!(stub.to("/search").is_empty(), "never by the search index");
    // An account without notes is not an error.
    let none = Stub::start(|_, _| {
        Answer::Json(207, json!({ "status": "COMPLETE", "results": [], "numErrors": 1, "errors": [{}] }))
    });
    assert_eq!(source(&none).find_marked(&what).await.unwrap(), []);
}

#[tokio::test]
async fn edits_send_only_what_is_given_and_deleting_twice_is_done() {
    let stub = Stub::start(|asked, _| match asked.method.as_str() {
        "PATCH" => Answer::Json(200, json!({ "id": "9001" })),
        _ => Answer::Json(404, json!({ "message": "not found" })),
    });
    let source = source(&stub);
    let fields = BTreeMap::from([("done".to_owned(), Value::Bool(true))]);
    let step = WriteStep::Update { entity: Entity::Task, kind: None, id: "9001".into(), fields };
    assert_eq!(source.send(&step).await, SendOutcome::Done { id: Some("9001".into()) });
    assert_eq!(stub.asked()[0].body, json!({ "properties": { "hs_task_status": "COMPLETED" } }));
    let step = WriteStep::Delete { entity: Entity::Note, kind: None, id: "9001".into() };
    assert!(matches!(source.send(&step).await, SendOutcome::Done { .. }));
}

#[tokio::test]
async fn usage_comes_by_windows_that_never_fill_up() {
    // 900 rows a day would be cut at 2,000 a query.
    let stub = Stub::start(|asked, _| {
        if asked.path.ends_with("/@me/") {
            return Answer::Json(200, json!({ "id": 5, "email": "kim@example.com", "team": { "timezone": "UTC" } }));
        }
        let values = &asked.body["query"]["values"];
        let (from, to): (jiff::civil::Date, jiff::civil::Date) =
            (values["from"].as_str().unwrap().parse().unwrap(), values["to"].as_str().unwrap().parse().unwrap());
        let mut results = Vec::new();
        let mut day = from;
        while day < to {
            for account in 0..900 {
                results.push(json!([format!("a{account}.com"), day.to_string(), 3, 12, ["export", "report"]]));
            }
            day = day.tomorrow().unwrap();
        }
        results.truncate(2000);
        Answer::Json(
            200,
            json!({ "columns": ["account", "day", "active_users", "events", "features"], "results": results, "hasMore": false }),
        )
    });
    let text = built_in("posthog").unwrap().replace("full_at = 50000", "full_at = 2000");
    let mut config = SourceConfig::new("usage", "posthog");
    config.url = Some(stub.url.clone());
    config.settings = BTreeMap::from([("project".to_owned(), "1".to_owned())]);
    config.limits = "[all]\nrate = \"10000 / 1s\"".parse().unwrap();
    let source = Source::new(&config, load(&text, "posthog.toml").unwrap(), SecretString::from(TOKEN)).unwrap();
    let me = source.me().await.unwrap();
    assert_eq!((me.email(), me.zone()), (Some("kim@example.com"), Some("UTC")));
    assert_eq!(source.streams()[0].days_again, Some(2));
    let (from, to) = ("2026-11-01".parse().unwrap(), "2026-11-08".parse().unwrap());
    let (pages, end) = pull(&source, Pull::Days { stream: "usage".into(), from, to, resume: None }).await;
    end.unwrap();
    let rows = rows(&pages);
    assert_eq!(rows.len(), 900 * 7 * 4, "four metrics for every account and day");
    let one: BTreeMap<&str, &Row> =
        rows.iter().filter(|r| r.accounts == ["a5.com"]).map(|r| (r.id.as_str(), *r)).collect();
    assert_eq!(one["a5.com/active_users/2026-11-03"].fields["value"], Value::Number(3.0));
    assert_eq!(one["a5.com/feature:report/2026-11-03"].fields["metric"], Value::Text("feature:report".into()));
    assert_eq!(one.len(), 7 * 4);
    // Resume after the page that ended a window goes on behind it.
    let ended = pages.iter().position(|p| p.rows.is_empty()).unwrap();
    let again = pages[ended].resume.clone();
    let before = stub.asked().len();
    let (rest, end) = pull(&source, Pull::Days { stream: "usage".into(), from, to, resume: again }).await;
    end.unwrap();
    assert!(rest.iter().map(|p| p.rows.len()).sum::<usize>() < rows.len());
    assert_ne!(stub.asked()[before].body["query"]["values"]["from"], "2026-11-01");
}

#[tokio::test]
async fn a_single_day_too_full_goes_on_account_by_account() {
    let stub = Stub::start(|asked, _| {
        let above = asked.body["query"]["values"]["above"].as_str().unwrap().to_owned();
        let results: Vec<Json> = (0..2500)
            .map(|n| format!("a{n:05}.com"))
            .filter(|a| *a > above)
            .take(1000)
            .map(|a| json!([a, "2026-11-01", 5]))
            .collect();
        Answer::Json(200, json!({ "columns": ["account", "day", "seats_used"], "results": results }))
    });
    let text = built_in("posthog").unwrap().replace("full_at = 50000", "full_at = 1000");
    let mut config = SourceConfig::new("usage", "posthog");
    config.url = Some(stub.url.clone());
    config.settings = BTreeMap::from([("project".to_owned(), "1".to_owned())]);
    let source = Source::new(&config, load(&text, "posthog.toml").unwrap(), SecretString::from(TOKEN)).unwrap();
    let (from, to) = ("2026-11-01".parse().unwrap(), "2026-11-02".parse().unwrap());
    let (pages, end) = pull(&source, Pull::Days { stream: "seats".into(), from, to, resume: None }).await;
    end.unwrap();
    let ids: std::collections::BTreeSet<&str> = rows(&pages).iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids.len(), 2500);
    assert_eq!(rows(&pages).len(), 2500);
}

#[tokio::test]
async fn mistakes_in_overrides_are_listed_with_what_is_allowed() {
    let mut config = SourceConfig::new("crm", "hubspot");
    config.url = Some("http://crm.example.com".into());
    config.settings = BTreeMap::from([("versio".to_owned(), "x".to_owned())]);
    config.map = BTreeMap::from([
        (
            Entity::Account,
            BTreeMap::from([("arrr".to_owned(), "properties.x".into()), ("arr".to_owned(), "properties..x".into())]),
        ),
        (Entity::Usage, BTreeMap::from([("value".to_owned(), "x".into())])),
        (Entity::Touch, BTreeMap::from([("title".to_owned(), "a b".into())])),
    ]);
    config.limits = "[all]\nrate = \"fast\"\nspeed = 1".parse().unwrap();
    let error = source_of(&config).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Config);
    let text = error.to_string();
    for words in [
        "config.toml source.crm.url: \"http://crm.example.com\" would send the token in the clear",
        "source.crm.settings.versio: is no setting of HubSpot; allowed: client_id, version",
        "source.crm.map.account.arrr: \"arrr\" is no field of account; allowed: name, domain",
        "source.crm.map.account.arr: \"properties..x\" is no path",
        "source.crm.map.usage: HubSpot has no stream of usage",
        "source.crm.limits.all.rate: \"fast\" is no rate",
        "source.crm.limits.all.speed: this key is unknown here; allowed:",
    ] {
        assert!(text.contains(words), "{words}\nin\n{text}");
    }
    assert_eq!(text.matches("source.crm.map.touch.title").count(), 1, "said once, not once a stream:\n{text}");
}

#[tokio::test]
async fn describing_names_what_is_absent_and_what_looks_like_it() {
    let stub = Stub::start(|asked, _| usual(asked).unwrap());
    let mut config = config(&stub.url, "");
    config.map = BTreeMap::from([(
        Entity::Account,
        BTreeMap::from([("renewal_date".to_owned(), "properties.renews_at".into())]),
    )]);
    let source = source_of(&config).unwrap();
    let described = source.describe(Entity::Account).await.unwrap();
    let renewal = described.mapped.iter().find(|m| m.field == "renewal_date").unwrap();
    assert_eq!(renewal.absent, ["renews_at"]);
    assert_eq!(renewal.like, ["renews_on"]);
    source.me().await.unwrap();
    assert_eq!(
        source.link(Entity::Account, "512").as_deref(),
        Some("https://app.hubspot.com/contacts/4711/record/0-2/512")
    );
}
