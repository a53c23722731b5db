//! Every fact that a note can hold, typed in several ways on the command line, is the documented fact in JSON.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Home, Practice};
use serde_json::{Value, json};

/// Whether everything that is expected stands in what came.
fn holds(expected: &Value, came: &Value) -> bool {
    match (expected, came) {
        (Value::Object(expected), Value::Object(came)) => {
            expected.iter().all(|(key, value)| came.get(key).is_some_and(|other| holds(value, other)))
        }
        (Value::Array(expected), Value::Array(came)) => {
            expected.len() == came.len() && expected.iter().zip(came).all(|(a, b)| holds(a, b))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (expected, came) => expected == came,
    }
}

/// A Monday: 2026-11-23. Northwind has Jane Doe (who has left), Sam Ortiz and Lena Brandt, the promises 7k2a (cut stock by
/// 8%) and 3b4c (reports in a day), and the request 5d6e.
fn rows() -> Vec<(Value, [&'static str; 3])> {
    let (jane, sam) = (json!({"name": "Jane Doe"}), json!({"name": "Sam Ortiz"}));
    vec![
        (
            json!({"kind": "call", "people": [jane], "on": "2026-11-23"}),
            ["/call @jane", "/called @Jane Doe", "/phone with @jane.doe today"],
        ),
        (
            json!({"kind": "meeting", "people": [jane, sam], "minutes": 45}),
            ["/met @jane @sam 45m", "/meeting with @jane and @sam 45min", "/meet @jane, @sam 45m"],
        ),
        (json!({"kind": "mail", "people": [jane]}), ["/mail @jane", "/email @jane", "/mailed @Jane Doe"]),
        (
            json!({"kind": "task", "subject": "send ROI deck", "due": "2026-11-27"}),
            ["/task send ROI deck fri", "/todo send ROI deck by 2026-11-27", "/task send ROI deck due +4d"],
        ),
        (
            json!({"kind": "promise", "text": "cut waste 8%", "due": "2026-12-31", "to": [jane],
                "worth": {"amount": 120_000, "currency": "USD", "yearly": true}}),
            [
                "/promise cut waste 8% by dec 31 worth 120k/yr @jane",
                "/promised @jane cut waste 8% worth $120,000 a year by eoy",
                "/promise to @jane: cut waste 8%, worth USD 10k/mo by q4",
            ],
        ),
        (
            json!({"kind": "proof", "of": "7k2a", "measured": "6%", "accepted": true, "by": jane,
                "worth": {"amount": 90_000, "yearly": false}}),
            [
                "/proof stock down 6% worth 90k accepted @jane",
                "/proven 7k2a down 6% worth $90,000 accepted by @jane",
                "/proved stock is down 6% worth 90k USD agreed by @jane",
            ],
        ),
        (
            json!({"kind": "told", "of": "7k2a", "people": [sam]}),
            ["/told @sam stock proof", "/tell @sam 7k2a", "/told 7k2a to @sam today"],
        ),
        (
            json!({"kind": "trust", "amount": 8, "because": "honest post-mortem"}),
            ["/trust +8 honest post-mortem", "/trust up 8 because honest post-mortem", "/trust 8 honest post-mortem"],
        ),
        (
            json!({"kind": "breach", "because": "data left"}),
            ["/breach data left", "/violation data left today", "/breach: data left"],
        ),
        (
            json!({"kind": "repair", "because": "audited"}),
            ["/repair audited", "/repaired audited today", "/repair: audited"],
        ),
        (
            json!({"kind": "pulse", "pulse": "red", "because": "sponsor went quiet"}),
            ["/pulse red sponsor went quiet", "/mood red: sponsor went quiet", "/pulse Red, sponsor went quiet"],
        ),
        (
            json!({"kind": "health", "score": 70, "until": "2026-11-27", "because": "new sponsor not in CRM yet"}),
            [
                "/health 70 until fri new sponsor not in CRM yet",
                "/override 70 until 2026-11-27 because new sponsor not in CRM yet",
                "/score 70 fri new sponsor not in CRM yet",
            ],
        ),
        (
            json!({"kind": "forecast", "call": "commit", "amount": {"amount": 400_000, "currency": "USD"}}),
            ["/forecast commit 400k", "/renewal committed at $400,000", "/forecast commit USD 0.4m"],
        ),
        (
            json!({"kind": "feels", "person": jane, "level": -1, "because": "support"}),
            [
                "/feels @jane -1 because support",
                "/feel -1 @jane support",
                "/sentiment @jane unhappy because of support",
            ],
        ),
        (
            json!({"kind": "role", "person": sam, "tier": "buyer"}),
            ["/role @sam buyer", "/tier buyer @sam", "/role @sam is a decision-maker"],
        ),
        (
            json!({"kind": "left", "person": jane, "on": "2026-11-20"}),
            ["/left @jane fri", "/gone @jane on 2026-11-20", "/left @jane 3 days ago"],
        ),
        (
            json!({"kind": "champion", "person": sam, "is": true}),
            ["/champion @sam", "/sponsor @sam", "/champion is @Sam Ortiz"],
        ),
        (
            json!({"kind": "values", "person": jane, "ranking": ["cost", "speed"]}),
            ["/values @jane cost > speed", "/value @jane Cost, speed", "/ranks cost > speed for @jane"],
        ),
        (
            json!({"kind": "wants", "person": jane, "what": "speaking"}),
            ["/wants @jane speaking", "/want speaking @jane", "/likes @jane: speaking"],
        ),
        (
            json!({"kind": "needs", "what": "faster close"}),
            ["/needs faster close", "/need: faster close", "/needs faster  close"],
        ),
        (
            json!({"kind": "goal", "c": "collaboration", "text": "joint roadmap session", "due": "2027-03-31"}),
            [
                "/goal collaboration joint roadmap session by q1",
                "/plan collab joint roadmap session by end of q1",
                "/goal collaborate: joint roadmap session by mar 31",
            ],
        ),
        (
            json!({"kind": "joint", "text": "roll-out to Lyon", "due": "2027-06-30"}),
            [
                "/joint roll-out to Lyon by q2",
                "/commitment roll-out to Lyon by jun 30",
                "/together roll-out to Lyon by 2027-06-30",
            ],
        ),
        (
            json!({"kind": "request", "text": "single sign-on", "person": sam}),
            ["/request single sign-on @sam", "/req single sign-on from @sam", "/wish @sam: single sign-on"],
        ),
        (
            json!({"kind": "request", "of": "5d6e", "state": "shipped"}),
            ["/request 5d6e shipped", "/request #5d6e is released", "/req 5d6e live today"],
        ),
        (
            json!({"kind": "workaround", "text": "re-keyed in Excel"}),
            ["/workaround re-keyed in Excel", "/gap re-keyed in Excel", "/workaround: re-keyed in Excel"],
        ),
        (
            json!({"kind": "advocacy", "advocacy": "reference", "state": "given", "person": jane}),
            ["/advocacy reference @jane", "/advocate ref given by @jane", "/advocacy @jane gave reference call"],
        ),
        (
            json!({"kind": "referral", "person": jane, "to": "Contoso", "worth": {"amount": 80_000}}),
            ["/referral @jane to Contoso worth 80k", "/referred by @jane Contoso $80k", "/referral Contoso 80k @jane"],
        ),
        (json!({"kind": "moment", "moment": "go-live"}), ["/moment go-live", "/event launch today", "/moment go live"]),
        (
            json!({"kind": "survey", "survey": "nps", "value": 9, "person": jane}),
            ["/survey nps 9 @jane", "/nps 9 @jane", "/survey NPS 9/10 by @jane"],
        ),
        (
            json!({"kind": "answer", "question": "value", "text": "fewer stock-outs", "person": jane}),
            [
                "/answer value 'fewer stock-outs' @jane",
                "/answered values @jane fewer stock-outs",
                "/answer value: \"fewer stock-outs\" by @jane",
            ],
        ),
        (
            json!({"kind": "renewed", "change": -0.1, "cause": "price"}),
            ["/renewed -10% cause price", "/renew down 10% because of pricing", "/renewed −10% due to cost"],
        ),
        (
            json!({"kind": "churned", "cause": "competitor", "lesson": "start earlier"}),
            [
                "/churned cause competitor lesson start earlier",
                "/lost because of competition, lesson: start earlier",
                "/churn cause competition lesson start earlier",
            ],
        ),
        (
            json!({"kind": "expanded", "amount": {"amount": 40_000}}),
            ["/expanded +40k", "/expand up 40k", "/upsold $40k"],
        ),
        (
            json!({"kind": "done", "play": "meet-successor", "because": "we met"}),
            ["/done meet-successor we met", "/finished meet-succ we met", "/done meet-successor because we met"],
        ),
        (
            json!({"kind": "snooze", "play": "meet-successor", "until": "2026-11-27", "because": "holiday"}),
            [
                "/snooze meet-successor until fri because holiday",
                "/later meet-successor fri holiday",
                "/snooze meet-succ until 2026-11-27 holiday",
            ],
        ),
        (
            json!({"kind": "dismiss", "play": "meet-successor", "because": "no need"}),
            ["/dismiss meet-successor because no need", "/skip meet-successor no need", "/dismiss meet-succ: no need"],
        ),
    ]
}

#[test]
fn every_fact_in_three_spellings() {
    let practice = Practice::start(&["--accounts", "3"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    for (expected, spellings) in rows() {
        for typed in spellings {
            let read = home.json(&["note", "northwind", typed, "--dry-run", "--json"]);
            assert_eq!(read["problems"], json!([]), "{typed}");
            assert!(read["id"].is_null(), "{typed}");
            let facts = read["facts"].as_array().expect("facts");
            assert_eq!(facts.len(), 1, "{typed}: {read:#}");
            assert!(holds(&expected, &facts[0]), "{typed}\n{:#}\n{expected:#}", facts[0]);
        }
    }
    // Nothing was saved by any of it.
    assert_eq!(home.json(&["outbox", "--json"]), json!([]));
}

#[test]
fn a_problem_stops_neither_the_note_nor_its_other_facts() {
    let practice = Practice::start(&["--accounts", "3"]);
    let home = Home::of(&practice);
    home.ok(&["sync", "crm"]);
    let text =
        "Talked it over /proof sales up worth 10k accepted @sam /pulse green /request shorter masks @\"Kai Holm\"";
    let saved = home.json(&["note", "northwind", text, "--json"]);
    let kinds: Vec<&str> =
        saved["facts"].as_array().expect("facts").iter().filter_map(|fact| fact["kind"].as_str()).collect();
    assert_eq!(kinds, ["pulse", "request"]);
    let problem = saved["problems"][0]["message"].as_str().expect("a problem");
    assert!(problem.contains("which promise?") && problem.contains("7k2a") && problem.contains("3b4c"), "{problem}");
    let show = home.json(&["show", "northwind", "--json"]);
    let note =
        show["notes"].as_array().expect("notes").iter().find(|note| note["note"] == saved["id"]).expect("the note");
    assert_eq!(note["text"], "Talked it over /proof sales up worth 10k accepted @sam");
    // Somebody whom nobody knew is somebody of the account from now on.
    assert!(show["people"].as_array().expect("people").iter().any(|person| person["name"] == "Kai Holm"), "{show:#}");
}

#[test]
fn the_practice_book_is_read_as_its_colleagues_wrote_it() {
    let practice = Practice::start(&["--accounts", "40"]);
    let home = Home::of(&practice);
    home.edit_config(|text| text.replace("book = \"owner\"", "book = \"team\""));
    home.ok(&["sync"]);
    let list = home.json(&["list", "--json"]);
    let mut seen = std::collections::BTreeSet::new();
    for account in list.as_array().expect("accounts") {
        let show = home.json(&["show", account["id"].as_str().expect("an id"), "--json"]);
        for note in show["notes"].as_array().expect("notes") {
            assert_eq!(note["problems"], json!([]), "{}: {note:#}", account["name"]);
        }
        let loyalty = &show["loyalty"];
        let has = |path: &str| {
            loyalty.pointer(path).is_some_and(|value| !value.is_null() && *value != json!([]) && *value != json!({}))
        };
        let ideas = [
            "/value",
            "/trust/ledger",
            "/trust/breach",
            "/pyramid",
            "/clocks",
            "/weakest",
            "/contagion",
            "/values_moved",
            "/plan/covered",
            "/plan/items",
            "/needs",
            "/jobs",
            "/workarounds",
            "/answers",
            "/questions_to_ask",
            "/nps",
            "/experience",
            "/repurchase",
            "/delights",
            "/advocacy",
            "/incentives",
            "/moments",
            "/win_loss/outcomes",
            "/handover",
            "/keep",
            "/months",
        ];
        seen.extend(ideas.into_iter().filter(|idea| has(idea)));
        assert!(ideas.len() >= seen.len());
    }
    // Each idea of the loyalty model is alive somewhere in the book.
    let all = [
        "/advocacy",
        "/answers",
        "/clocks",
        "/contagion",
        "/delights",
        "/experience",
        "/handover",
        "/incentives",
        "/jobs",
        "/keep",
        "/moments",
        "/months",
        "/needs",
        "/nps",
        "/plan/covered",
        "/plan/items",
        "/pyramid",
        "/questions_to_ask",
        "/repurchase",
        "/trust/breach",
        "/trust/ledger",
        "/value",
        "/values_moved",
        "/weakest",
        "/win_loss/outcomes",
        "/workarounds",
    ];
    let missing: Vec<_> = all.into_iter().filter(|idea| !seen.contains(idea)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let flags: std::collections::BTreeSet<&str> = list
        .as_array()
        .expect("accounts")
        .iter()
        .flat_map(|one| one["flags"].as_array().expect("flags"))
        .filter_map(|flag| flag["kind"].as_str())
        .collect();
    for kind in ["promise-overdue", "proof-old", "hollow", "value-moved", "contagion", "breach"] {
        assert!(flags.contains(kind), "{kind}: {flags:?}");
    }
}
