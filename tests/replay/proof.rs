//! The harness itself: whatever isn't as a scenario says makes it fail, and the fault says what was wanted and what came.

use super::play;
use super::scenario::Scenario;
use super::vendor::Vendor;

const CONNECTOR: &str = r#"
connector = 1
name = "Plain"
settings = { token = { secret = true } }
base.url = "https://plain.example"
auth.token = { kind = "bearer", token = "{{ settings.token }}" }
words = { message = ["message"] }
me = { get = "/me", must = "id", keep = { user = "id" } }
[streams.account]
map = { id = "id", name = "name", arr = "arr", seats = "seats", renewal_date = "renews", changed = "at" }
first = { get = "/list", query = { limit = 2 }, rows = "rows", next = { kind = "next_url", read = "body:next", stop = "absent" } }
changed = { post = "/search", json = { since = "{{ since }}" }, rows = "rows", since = { kind = "filter", overlap = "0s", as = "rfc3339" }, next = { kind = "none" } }
[write.note]
create = { post = "/notes", id = "id", form = { account = "{{ account.id }}", text = "{{ fields.body }}" } }
safe = [{ kind = "find_marker", ids = { post = "/ids", chunk = 1, json = { of = "{{ ids }}" }, rows = "rows", from = "id", to = "to[]" }, read = { post = "/read", chunk = 10, json = { ids = "{{ ids }}" }, rows = "rows", id = "id", text = ["text"] } }]
"#;

const SCENARIO: &str = r#"
about = "a list of two pages, then what changed"
base = "/v1"

[[answer]]
on = "GET /v1/me"
json = '''{"id": 7}'''

[[answer]]
on = "GET /v1/list"
query = { limit = "2" }
without = ["page"]
header = { authorization = "Bearer *" }
times = 1
headers = { Date = "Sun, 22 Nov 2026 10:00:00 GMT" }
json = '''{"rows": [{"id": "1", "name": "One", "arr": "10.50", "at": "2026-11-01T00:00:00Z"}, {"id": "2", "arr": "much"}], "next": "/v1/list?page=2"}'''

[[answer]]
on = "GET /v1/list"
query = { page = "2" }
times = 1
status = 429
headers = { "Retry-After" = "0" }
text = "slow down"

[[answer]]
on = "GET /v1/list"
query = { page = "*" }
json = '''{"rows": [{"id": "3", "seats": 5, "renews": "2027-01-31"}]}'''

[[answer]]
on = "POST /v1/search"
body = '''{"since": "2026-11-22T10:00:00Z"}'''
json = '''{"rows": []}'''

[[answer]]
on = "POST /v1/notes"
body = '''{"account": "1", "text": "Hi there & so\n[rounds:*]"}'''
status = 500
text = "{}"
cut = true

[[answer]]
on = "POST /v1/ids"
json = '''{"rows": [{"id": "1", "to": ["8", "9"]}]}'''

[[answer]]
on = "POST /v1/read"
body = '''{"ids": ["8", "9"]}'''
json = '''{"rows": [{"id": "8", "text": "x"}, {"id": "9", "text": "Hi [rounds:1:01JABCDEFGHJKMNPQRSTVWXYZ0:acme:maya@example.com]"}]}'''

[[step]]
do = "me"
me = { user = "7" }

[[step]]
do = "first"
stream = "account"
rows = '''[{"id": "1", "changed": "2026-11-01T01:00:00+01:00", "fields": {"name": "One", "arr": "10.5"}}, {"id": "2", "gone": false, "fields": {"arr": null}}, {"id": "3", "fields": {"seats": 5, "renewal_date": "2027-01-31"}}]'''
count = 3
requests = 3
problems = ["arr: \"much\" is not a number"]
absent = []
waits = 1

[[step]]
do = "changed"
stream = "account"
count = 0

[[step]]
do = "create"
entity = "note"
account = "1"
fields = { body = "Hi there & so", at = 2026-11-22T10:00:00Z }
outcome = "unclear"
says = ["taking the note"]

[[step]]
do = "find"
entity = "note"
account = "1"
found = ["9"]
"#;

fn faults(scenario: &str) -> String {
    play(scenario, "plain", &|_| Ok(CONNECTOR.to_owned())).join("\n")
}

#[test]
fn a_scenario_that_is_met_has_no_faults() {
    assert_eq!(faults(SCENARIO), "");
}

#[test]
fn whatever_is_not_as_the_scenario_says_is_a_fault() {
    let cases = [
        // What came of a step.
        ("user = \"7\"", "user = \"8\"", "step 1 (me): me.user: wanted \"8\", came Some(\"7\")"),
        (
            "\"name\": \"One\", \"arr\": \"10.5\"",
            "\"name\": \"Two\"",
            "step 2 (first account): row 1: name: wanted \"Two\", came \"One\"",
        ),
        ("\"arr\": \"10.5\"}", "\"arr\": \"10.51\"}", "row 1: arr: wanted \"10.51\", came \"10.50\""),
        ("T01:00:00+01:00", "T02:00:00+01:00", "row 1: changed: wanted"),
        ("\"fields\": {\"arr\": null}", "\"fields\": {\"arr\": \"1\"}", "row 2: arr: wanted \"1\", came null"),
        ("{\"seats\": 5,", "{\"seats\": null,", "row 3: seats: wanted null, came 5"),
        ("\"gone\": false", "\"gone\": true", "row 2: gone: wanted true, came false"),
        ("\"gone\": false", "\"gnoe\": true", "row 2: gnoe is nothing a row has"),
        ("{\"id\": \"2\", \"gone\"", "{\"id\": \"4\", \"gone\"", "row 4 did not come; there came 3 rows: 1, 2, 3"),
        ("count = 3", "count = 2", "count: wanted 2, came 3"),
        ("requests = 3", "requests = 2", "requests: wanted 2, came 3:\n  GET /v1/list?limit=2\n"),
        ("is not a number", "is no number", "problems: wanted"),
        ("problems = [\"arr: \\\"much\\\" is not a number\"]", "problems = []", "problems: wanted none, came"),
        ("absent = []", "absent = [\"arr\"]", "absent: wanted \"arr\", came []"),
        ("waits = 1", "waits = 50", "waits: wanted 50, came"),
        ("waits = 1", "waits = 1\nerror = \"transient\"", "error: wanted transient, came none"),
        ("\"unclear\"", "\"refused\"", "step 4 (create note): outcome: wanted refused, came Unclear"),
        ("taking the note", "eating the note", "says: wanted \"eating the note\", came"),
        ("found = [\"9\"]", "found = []", "step 5 (find note): found: wanted [], came [\"9\"]"),
        // What was asked.
        ("limit = \"2\"", "limit = \"3\"", "not answer 2 (GET /v1/list): query limit: wanted [\"3\"], came [\"2\"]"),
        ("without = [\"page\"]", "without = [\"limit\"]", "query limit was sent"),
        ("\"Bearer *\"", "\"Basic *\"", "header authorization: wanted \"Basic *\", came Bearer <token>"),
        ("{\"since\": \"2026-11-22T10:00:00Z\"}", "{\"since\": \"2026-11-22T10:00:01Z\"}", "body.since: wanted"),
        ("{\"since\":", "{\"seit\":", "body.seit is missing"),
        ("\"account\": \"1\", \"text\"", "\"account\": \"2\", \"text\"", "body.account: wanted \"2\", came \"1\""),
        ("{\"ids\": [\"8\", \"9\"]}", "{\"ids\": [\"8\"]}", "body.ids: wanted [\"8\"], came [\"8\",\"9\"]"),
        ("query = { page = \"*\" }", "times = 0", "(GET /v1/list): it was served often enough"),
        ("on = \"GET /v1/me\"", "on = \"GET /v1/you\"", "no answer for GET /v1/me\n"),
        (
            "[[step]]\ndo = \"find\"",
            "[[answer]]\non = \"GET /v1/more\"\n[[step]]\ndo = \"find\"",
            "answer 9 (GET /v1/more) was never asked for",
        ),
        // What must never be.
        (
            "\"next\": \"/v1",
            "\"next\": \"/canary-4f1d-do-not-show/v1",
            "the token stands in an address: GET /<token>/v1/list",
        ),
        ("much", "canary-4f1d-do-not-show", "the token shows: "),
        // What can't be read or played.
        (
            "about = \"a list of two pages, then what changed\"",
            "about = \"\"",
            "the scenario can't be read: about says nothing",
        ),
        ("count = 3", "counts = 3", "unknown field `counts`"),
        ("{\"id\": 7}", "{\"id\": 7", "is no JSON"),
        ("do = \"find\"", "do = \"seek\"", "step 5: do = \"seek\" is none of"),
        ("found = [\"9\"]", "", "step 5: found or error is missing"),
        ("found = [\"9\"]", "found = [\"9\"]\nrows = '[]'", "rows says nothing where do = \"find\""),
        ("waits = 1", "waits = 1\nerror = \"broken\"", "error = \"broken\" is none of"),
        ("fields = { body", "fields = { bdy", "\"bdy\" is no field of note"),
        (
            "do = \"changed\"\nstream = \"account\"",
            "do = \"changed\"\nstream = \"ticket\"",
            "no step before gave a watermark",
        ),
        (
            "base = \"/v1\"",
            "base = \"/v1\"\nway = \"token\"\nconfig = 'speed = 1'",
            "this build can't read the settings of the source",
        ),
        ("base = \"/v1\"", "base = \"/v1\"\nsettings = { site = \"acme\" }", "wanted no error, came config: "),
    ];
    for (old, new, wanted) in cases {
        assert!(SCENARIO.contains(old), "{old} is nowhere in the scenario");
        let said = faults(&SCENARIO.replacen(old, new, 1));
        assert!(said.contains(wanted), "{old} -> {new}\nwanted: {wanted}\ncame: {said}");
    }
}

#[test]
fn a_token_that_the_vendor_repeats_is_not_shown() {
    let echo = SCENARIO.replacen("text = \"slow down\"", "text = \"slow, canary-4f1d-do-not-show\"", 1);
    assert_ne!(echo, SCENARIO);
    assert_eq!(faults(&echo), "");
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let said = faults(&SCENARIO.replacen("\"next\": \"/v1", "\"next\": \"{{ other }}/v1", 1));
    assert!(said.contains("wanted no error, came invalid") && said.contains("another host"), "{said}");
    assert!(!said.contains("another host was asked"), "{said}");
}

#[test]
fn another_host_that_is_asked_is_a_fault() {
    let vendor = Vendor::start(|url, other| Scenario::read(SCENARIO, url, other)).unwrap();
    assert_eq!(vendor.faults(false, &[]), Vec::<String>::new());
    vendor.ask_other("/x?key=1");
    assert_eq!(vendor.faults(false, &[]), ["another host was asked: GET /x?key=1"]);
}
