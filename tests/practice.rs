//! The practice CRM, from outside: over HTTP on loopback, as strict as the services it stands for.
#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rounds::practice::{FaultKind, Options, Server, generate};
use serde_json::{Value, json};

fn http() -> reqwest::Client {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap()
}

/// A server and a client that is signed in to it.
struct Desk {
    server: Server,
    url: String,
    usage: String,
    token: String,
    http: reqwest::Client,
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

async fn desk(change: impl FnOnce(&mut Options)) -> Desk {
    let mut options =
        Options { rate: 50.0, today: Some("2026-11-23".parse().unwrap()), accounts: 30, ..Options::default() };
    change(&mut options);
    let server = Server::start(options).await.unwrap();
    let hello = server.hello();
    let config: toml::Table = toml::from_str(&hello.config).unwrap();
    let usage = config["source"]["usage"]["url"].as_str().unwrap().to_string();
    Desk { url: hello.url, usage, token: hello.token, server, http: http() }
}

impl Desk {
    async fn send(&self, token: &str, method: Method, url: &str, body: Option<Value>) -> reqwest::Result<Got> {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Got { status, headers, body })
    }

    async fn get(&self, path: &str) -> Got {
        self.send(&self.token, Method::GET, &format!("{}{path}", self.url), None).await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Got {
        self.send(&self.token, Method::POST, &format!("{}{path}", self.url), Some(body)).await.unwrap()
    }

    async fn patch(&self, path: &str, body: Value) -> Got {
        self.send(&self.token, Method::PATCH, &format!("{}{path}", self.url), Some(body)).await.unwrap()
    }

    async fn state(&self) -> Value {
        self.send("none", Method::GET, &format!("{}/practice/state", self.url), None).await.unwrap().body
    }

    /// All pages of a list.
    async fn all(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{}limit=100{after}", if path.contains('?') { '&' } else { '?' })).await;
            assert_eq!(page.status, 200, "{}", page.body);
            rows.extend(page.body["results"].as_array().unwrap().iter().cloned());
            match page.body["paging"]["next"]["after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return rows,
            }
        }
    }

    async fn company(&self, name: &str) -> String {
        let rows = self.all(COMPANIES).await;
        let row = rows.iter().find(|row| row["properties"]["name"] == name).unwrap();
        row["id"].as_str().unwrap().to_string()
    }

    async fn notes_of(&self, company: &str) -> Vec<String> {
        let found = self
            .post("/crm/associations/2026-03/companies/notes/batch/read", json!({"inputs": [{"id": company}]}))
            .await;
        let rows = found.body["results"][0]["to"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| row["toObjectId"].as_str().unwrap().to_string()).collect()
    }
}

const COMPANIES: &str = "/crm/objects/2026-03/companies";
const NOTES: &str = "/crm/objects/2026-03/notes";

fn note(company: &str, body: &str) -> Value {
    json!({"properties": {"hs_timestamp": "2026-11-23T10:00:00Z", "hs_note_body": body}, "associations": [link(company, 190)]})
}

fn link(id: &str, number: u64) -> Value {
    json!({"to": {"id": id}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}]})
}

fn refused(got: &Got, status: u16, category: &str) {
    assert_eq!(got.status, status, "{}", got.body);
    assert_eq!(got.body["category"], category, "{}", got.body);
    assert!(got.body["correlationId"].as_str().is_some_and(|id| id.len() == 36), "{}", got.body);
    assert!(got.body["message"].is_string());
}

fn rows(body: &Value) -> &Vec<Value> {
    body["results"].as_array().unwrap()
}

#[tokio::test]
async fn hello_says_how_to_read_the_whole_book() {
    let desk = desk(|_| ()).await;
    let hello = serde_json::to_value(desk.server.hello()).unwrap();
    assert_eq!(hello["accounts"], 30);
    assert_eq!(hello["env"]["ROUNDS_TOKEN_CRM"], hello["token"]);
    assert_eq!(hello["env"]["ROUNDS_TODAY"], "2026-11-23");
    let rows = desk.all("/crm/objects/2026-03/companies?properties=lifecyclestage").await;
    let customers = rows.iter().filter(|row| row["properties"]["lifecyclestage"] == "customer").count();
    assert_eq!((customers, rows.len()), (30, 32));
    assert_eq!(desk.state().await["requests"]["total"], 1);
    desk.server.stop().await;
    assert!(desk.http.get(&desk.url).send().await.is_err());
}

#[tokio::test]
async fn the_same_seed_and_day_serve_the_same_book() {
    let path = "/crm/objects/2026-03/contacts?properties=email,jobtitle";
    let one = desk(|_| ()).await.all(path).await;
    let two = desk(|_| ()).await.all(path).await;
    let other = desk(|o| o.seed = 2).await.all(path).await;
    assert_eq!(one, two);
    assert_ne!(one, other);
    let day = "2026-11-23".parse().unwrap();
    assert_eq!(generate(200, 7, day), generate(200, 7, day));
    assert_ne!(generate(200, 7, day), generate(200, 8, day));
}

#[tokio::test]
async fn only_a_good_token_and_the_one_version_are_answered() {
    let desk = desk(|_| ()).await;
    let url = format!("{}{COMPANIES}", desk.url);
    refused(&desk.send("pat-na1-wrong", Method::GET, &url, None).await.unwrap(), 401, "INVALID_AUTHENTICATION");
    assert_eq!(desk.http.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(desk.send("not a token", Method::GET, &url, None).await.unwrap().status, 530);
    for path in ["/crm/v3/objects/companies", "/crm/objects/2026-09/companies", "/crm/objects/v3/companies", "/"] {
        refused(&desk.get(path).await, 404, "OBJECT_NOT_FOUND");
    }
    refused(&desk.get("/crm/objects/2026-03/company").await, 400, "VALIDATION_ERROR");
    assert_eq!(desk.send(&desk.token, Method::PUT, &url, None).await.unwrap().status, 405);
    let long = desk.get(&format!("{COMPANIES}?properties={}", "abcdefgh,".repeat(2000))).await;
    assert_eq!((long.status, long.body.as_str().unwrap().starts_with("<html>")), (414, true));
}

#[tokio::test]
async fn a_token_without_the_scope_reads_and_does_not_write() {
    let desk = desk(|_| ()).await;
    let token = desk.state().await["tokens"]["crm_read_only"].as_str().unwrap().to_string();
    let url = |path: &str| format!("{}{path}", desk.url);
    assert_eq!(desk.send(&token, Method::GET, &url(COMPANIES), None).await.unwrap().status, 200);
    let company = desk.company("Northwind Traders").await;
    let got = desk.send(&token, Method::POST, &url(NOTES), Some(note(&company, "x"))).await.unwrap();
    refused(&got, 403, "MISSING_SCOPES");
    assert_eq!(got.body["errors"][0]["context"]["requiredGranularScopes"][0], "crm.objects.contacts.write");
    assert_eq!(desk.state().await["notes"], json!([]));
}

#[tokio::test]
async fn a_list_gives_texts_and_only_what_was_asked_for() {
    let desk = desk(|_| ()).await;
    let page = desk.get(&format!("{COMPANIES}?limit=3&properties=name,licensed_seats,no_such,phone")).await;
    let three = rows(&page.body);
    assert_eq!(three.len(), 3);
    let properties = three[0]["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["createdate", "hs_lastmodifieddate", "hs_object_id", "licensed_seats", "name", "phone"]);
    assert_eq!((&properties["licensed_seats"], &properties["phone"]), (&json!("240"), &Value::Null));
    assert!(three[0]["id"].is_string() && three[0]["archived"] == false);
    let last: u64 = three[2]["id"].as_str().unwrap().parse().unwrap();
    let next = &page.body["paging"]["next"];
    assert!(next["after"].as_str().unwrap().parse::<u64>().unwrap() > last);
    assert!(next["link"].as_str().unwrap().starts_with(&desk.url));
    let usual = desk.get(COMPANIES).await;
    assert_eq!(rows(&usual.body).len(), 10);
    assert!(usual.body["results"][0]["properties"]["domain"].is_string());
    let wrong = [
        "limit=101",
        "limit=0",
        "limit=ten",
        "propertiesWithHistory=lifecyclestage&limit=51",
        "archived=maybe",
        "after=x",
        "associations=pets",
    ];
    for query in wrong {
        refused(&desk.get(&format!("{COMPANIES}?{query}")).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn histories_and_inline_links_come_when_asked_for() {
    let desk = desk(|_| ()).await;
    let wish = "limit=1&associations=contacts,deals&propertiesWithHistory=annual_recurring_revenue,hubspot_owner_id";
    let page = desk.get(&format!("{COMPANIES}?{wish}")).await;
    let row = &page.body["results"][0];
    let history = row["propertiesWithHistory"]["annual_recurring_revenue"].as_array().unwrap();
    assert!(history.len() >= 3 && history[0]["value"] == "412000");
    let times: Vec<&str> = history.iter().map(|v| v["timestamp"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|w| w[0] > w[1]), "{times:?}");
    assert_eq!(row["associations"]["contacts"]["results"][0]["type"], "company_to_contact");
    assert!(!rows(&row["associations"]["deals"]).is_empty());
}

#[tokio::test]
async fn archived_records_have_a_list_of_their_own() {
    let desk = desk(|o| o.accounts = 100).await;
    let gone = desk.all("/crm/objects/2026-03/companies?archived=true").await;
    assert_eq!(gone.len(), 2);
    assert!(gone.iter().all(|row| row["archived"] == true && row["archivedAt"].is_string()));
    let id = gone[0]["id"].as_str().unwrap();
    refused(&desk.get(&format!("{COMPANIES}/{id}")).await, 404, "OBJECT_NOT_FOUND");
    assert_eq!(desk.get(&format!("{COMPANIES}/{id}?archived=true")).await.status, 200);
    assert!(desk.all(COMPANIES).await.iter().all(|row| row["id"] != id));
    assert!(desk.all("/crm/objects/2026-03/contacts?archived=true").await.len() > 10);
}

#[tokio::test]
async fn a_merged_company_answers_under_both_ids() {
    let desk = desk(|_| ()).await;
    let rows = desk.all("/crm/objects/2026-03/companies?properties=hs_merged_object_ids").await;
    let winner = rows.iter().find(|row| row["properties"]["hs_merged_object_ids"].is_string()).unwrap();
    let loser = winner["properties"]["hs_merged_object_ids"].as_str().unwrap();
    assert!(rows.iter().all(|row| row["id"] != loser));
    let got = desk.get(&format!("{COMPANIES}/{loser}")).await;
    assert_eq!((got.status, &got.body["id"]), (200, &winner["id"]));
}

#[tokio::test]
async fn search_filters_sorts_and_counts() {
    let desk = desk(|_| ()).await;
    let path = "/crm/objects/2026-03/companies/search";
    let ask = |name: &str, operator: &str, value: Value, sort: &str| {
        let mut filter = json!({"propertyName": name, "operator": operator});
        let list = value.is_array();
        filter[if list { "values" } else { "value" }] = value;
        json!({"filterGroups": [{"filters": [filter]}], "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
               "properties": ["name", "annual_recurring_revenue"], "limit": 200, "after": "0"})
    };
    let arr = "annual_recurring_revenue";
    let big = desk.post(path, ask(arr, "GTE", json!("200000"), arr)).await;
    let sums: Vec<u64> =
        rows(&big.body).iter().map(|r| r["properties"][arr].as_str().unwrap().parse().unwrap()).collect();
    assert!(sums.len() > 2 && sums.windows(2).all(|w| w[0] <= w[1]) && sums[0] >= 200_000, "{sums:?}");
    assert_eq!(big.body["total"], sums.len());
    assert!(big.headers.keys().all(|name| !name.as_str().starts_with("x-hubspot-ratelimit")));
    assert!(big.body["results"][0]["associations"].is_null());

    let total = async |name, op, value| {
        desk.post(path, ask(name, op, value, "hs_object_id")).await.body["total"].as_u64().unwrap()
    };
    assert_eq!(total("hs_object_id", "GT", json!("0")).await, 32);
    assert!(total("customer_segment", "IN", json!(["smb"])).await > 3);
    assert_eq!(total("customer_segment", "IN", json!(["SMB"])).await, 0);
    assert_eq!(total("churned_on", "HAS_PROPERTY", json!("")).await, 2);
    assert_eq!(total("name", "CONTAINS_TOKEN", json!("northw*")).await, 1);

    let company = desk.company("Northwind Traders").await;
    let linked = ask("associations.company", "EQ", json!(company), "hs_object_id");
    let people = desk.post("/crm/objects/2026-03/contacts/search", linked).await;
    let direct = desk
        .post("/crm/associations/2026-03/companies/contacts/batch/read", json!({"inputs": [{"id": company}]}))
        .await;
    assert_eq!(rows(&people.body).len(), direct.body["results"][0]["to"].as_array().unwrap().len());
}

#[tokio::test]
async fn search_refuses_what_the_vendor_refuses() {
    let desk = desk(|_| ()).await;
    let filter = json!({"propertyName": "name", "operator": "EQ", "value": "x"});
    let group = |n: usize| json!({"filters": vec![filter.clone(); n]});
    let one = |filter: Value| json!({"filterGroups": [{"filters": [filter]}]});
    let bodies = [
        json!({"filterGroups": [], "limit": 201}),
        json!({"filterGroups": [], "after": "10000"}),
        json!({"filterGroups": vec![group(1); 6]}),
        json!({"filterGroups": [group(11)]}),
        one(json!({"propertyName": "no_such", "operator": "EQ", "value": "1"})),
        one(json!({"propertyName": "name", "operator": "LIKE", "value": "1"})),
        one(json!({"propertyName": "name", "operator": "IN", "value": "1"})),
        one(json!({"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "soon"})),
        json!({"sorts": [{"propertyName": "name", "direction": "UP"}]}),
        json!({"query": "x".repeat(3_001)}),
    ];
    for body in bodies {
        refused(&desk.post("/crm/objects/2026-03/companies/search", body).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_query_reaches_ten_thousand_results_and_goes_on_above_an_id() {
    let desk = desk(|o| (o.accounts, o.rate) = (1_600, 1_000.0)).await;
    let path = "/crm/objects/2026-03/contacts/search";
    let body = |after: &str, above: &str| {
        json!({"filterGroups": [{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"},
                                             {"propertyName": "hs_object_id", "operator": "GT", "value": above}]}],
               "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
               "properties": ["email"], "limit": 200, "after": after})
    };
    let last = desk.post(path, body("9800", "0")).await;
    let total = last.body["total"].as_u64().unwrap();
    assert!(total > 10_000, "{total}");
    assert_eq!(rows(&last.body).len(), 200);
    let next = last.body["paging"]["next"]["after"].as_str().unwrap();
    assert_eq!(next, "10000");
    refused(&desk.post(path, body(next, "0")).await, 400, "VALIDATION_ERROR");
    let id = last.body["results"][199]["id"].as_str().unwrap();
    let rest = desk.post(path, body("0", id)).await;
    assert_eq!(rest.body["total"].as_u64(), Some(total - 10_000));
}

#[tokio::test]
async fn what_changed_since_is_found_and_no_more() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Kestrel Freight").await;
    let now = desk.state().await["now"].as_str().unwrap().to_string();
    let change = json!({"properties": {"licensed_seats": 150, "invoice_state": "open"}});
    let got = desk.patch(&format!("{COMPANIES}/{company}"), change).await;
    assert_eq!((got.status, &got.body["properties"]["licensed_seats"]), (200, &json!("150")));
    let filter = json!({"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": now});
    let body = json!({"filterGroups": [{"filters": [filter]}], "sorts": [], "properties": ["name"], "limit": 100, "after": "0"});
    let found = desk.post("/crm/objects/2026-03/companies/search", body).await;
    assert_eq!((&found.body["total"], &found.body["results"][0]["id"]), (&json!(1), &json!(company)));
    let history = desk.get(&format!("{COMPANIES}/{company}?propertiesWithHistory=licensed_seats")).await;
    let seats = &history.body["propertiesWithHistory"]["licensed_seats"];
    assert_eq!(
        (&seats[0]["value"], &seats[0]["sourceType"], &seats[1]["value"]),
        (&json!("150"), &json!("API"), &json!("140"))
    );
}

#[tokio::test]
async fn batch_read_tells_found_from_missing() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Vireo Payments").await;
    let path = "/crm/objects/2026-03/companies/batch/read";
    let whole = desk.post(path, json!({"properties": ["csat_score"], "inputs": [{"id": company}]})).await;
    assert_eq!((whole.status, &whole.body["results"][0]["properties"]["csat_score"]), (200, &json!("4.4")));
    let part = desk.post(path, json!({"properties": [], "inputs": [{"id": company}, {"id": "5"}, {"id": "x"}]})).await;
    assert_eq!((part.status, rows(&part.body).len()), (207, 1));
    assert_eq!(part.body["errors"][0]["context"]["ids"], json!(["5", "x"]));
    let many: Vec<Value> = (0..101).map(|n| json!({"id": n.to_string()})).collect();
    refused(&desk.post(path, json!({"inputs": many})).await, 400, "VALIDATION_ERROR");
    let by_domain = json!({"idProperty": "domain", "inputs": [{"id": "vireopay.example"}]});
    refused(&desk.post(path, by_domain).await, 400, "VALIDATION_ERROR");
    let by_mail =
        json!({"idProperty": "email", "properties": ["lastname"], "inputs": [{"id": "sam.ortiz@northwind.example"}]});
    let sam = desk.post("/crm/objects/2026-03/contacts/batch/read", by_mail).await;
    assert_eq!(sam.body["results"][0]["properties"]["lastname"], "Ortiz");
}

#[tokio::test]
async fn associations_come_in_batches_with_their_types() {
    let desk = desk(|_| ()).await;
    let path = "/crm/associations/2026-03/companies/contacts/batch/read";
    let companies = desk.all(COMPANIES).await;
    let inputs: Vec<Value> = companies.iter().map(|row| json!({"id": row["id"]})).collect();
    let got = desk.post(path, json!({"inputs": inputs})).await;
    assert_eq!((got.status, rows(&got.body).len()), (200, companies.len()));
    let first = &got.body["results"][0]["to"][0];
    assert!(first["toObjectId"].is_string());
    assert_eq!(first["associationTypes"][0], json!({"category": "HUBSPOT_DEFINED", "typeId": 2, "label": "Primary"}));
    assert_eq!(first["associationTypes"][1]["typeId"], 280);
    let part = desk.post(path, json!({"inputs": [{"id": companies[0]["id"]}, {"id": "9"}]})).await;
    assert_eq!((part.status, part.body["errors"][0]["context"]["fromObjectId"][0].as_str()), (207, Some("9")));
    let many: Vec<Value> = (0..1_001).map(|n| json!({"id": n.to_string()})).collect();
    refused(&desk.post(path, json!({"inputs": many})).await, 400, "VALIDATION_ERROR");
    let unknown = "/crm/associations/2026-03/notes/tasks/batch/read";
    refused(&desk.post(unknown, json!({"inputs": [{"id": "1"}]})).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn associations_of_one_record_are_paged() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Atlas Meridian Group").await;
    for n in 0..101 {
        assert_eq!(desk.post(NOTES, note(&company, &format!("note {n}"))).await.status, 201);
    }
    let path = "/crm/associations/2026-03/companies/notes/batch/read";
    let first = desk.post(path, json!({"inputs": [{"id": company}]})).await;
    let row = &first.body["results"][0];
    assert_eq!(row["to"].as_array().unwrap().len(), 100);
    let after = row["paging"]["next"]["after"].clone();
    let second = desk.post(path, json!({"inputs": [{"id": company, "after": after}]})).await;
    let rest = &second.body["results"][0];
    assert!(!rest["to"].as_array().unwrap().is_empty() && rest["paging"].is_null());
    let single = desk.get(&format!("{COMPANIES}/{company}/associations/notes?limit=5")).await;
    assert_eq!((rows(&single.body).len(), single.body["paging"]["next"]["after"].is_string()), (5, true));
}

#[tokio::test]
async fn a_note_is_written_with_its_links_and_its_author() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Northwind Traders").await;
    let people = desk
        .post("/crm/associations/2026-03/companies/contacts/batch/read", json!({"inputs": [{"id": company}]}))
        .await;
    let person = people.body["results"][0]["to"][1]["toObjectId"].as_str().unwrap();
    let owner = desk.get("/crm/owners/2026-03?email=maya.chen@example.com").await;
    let maya = &owner.body["results"][0];
    let mut body = note(&company, "Met Sam.<!-- hidden --><script>x</script><br>[rounds:1:01J:9:m]");
    body["properties"]["hubspot_owner_id"] = maya["id"].clone();
    body["associations"].as_array_mut().unwrap().push(link(person, 202));
    let got = desk.post(NOTES, body).await;
    assert_eq!(got.status, 201, "{}", got.body);
    assert_eq!(got.body["properties"]["hs_note_body"], "Met Sam.<br>[rounds:1:01J:9:m]");
    assert_eq!(got.body["properties"]["hs_created_by_user_id"].as_str().unwrap(), maya["userId"].to_string());
    let id = got.body["id"].as_str().unwrap();
    assert!(desk.notes_of(&company).await.contains(&id.to_string()));
    let state = desk.state().await;
    assert_eq!(state["notes"].as_array().unwrap().len(), 1);
    assert_eq!(state["notes"][0]["companies"], json!([company]));
    assert_eq!(state["notes"][0]["contacts"], json!([person]));
    assert_eq!(state["notes"][0]["owner"], maya["id"]);

    let one = format!("{NOTES}/{id}");
    let edited = desk.patch(&one, json!({"properties": {"hs_note_body": "Met Sam twice."}})).await;
    assert_eq!(edited.body["properties"]["hs_note_body"], "Met Sam twice.");
    let gone = desk.send(&desk.token, Method::DELETE, &format!("{}{one}", desk.url), None).await.unwrap();
    assert_eq!((gone.status, gone.body), (204, json!("")));
    assert!(!desk.notes_of(&company).await.contains(&id.to_string()));
    refused(&desk.patch(&one, json!({"properties": {"hs_note_body": "x"}})).await, 404, "OBJECT_NOT_FOUND");
    assert_eq!(desk.state().await["notes"][0]["archived"], true);
}

#[tokio::test]
async fn a_wrong_write_is_refused_and_leaves_nothing() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Northwind Traders").await;
    let with = |name: &str, value: Value| {
        let mut body = note(&company, "x");
        body["properties"][name] = value;
        body
    };
    let linked = |id: &str, number: u64| json!({"properties": {"hs_timestamp": "1763900000000", "hs_note_body": "x"}, "associations": [link(id, number)]});
    let bodies = [
        (json!({"properties": {"hs_note_body": "x"}}), Some("REQUIRED_FIELD")),
        (with("hs_timestamp", json!("soon")), Some("INVALID_LONG")),
        (with("hs_note_body", json!("x".repeat(65_537))), Some("INVALID_LENGTH")),
        (with("mood", json!("x")), Some("PROPERTY_DOESNT_EXIST")),
        (with("hubspot_owner_id", json!("12")), Some("INVALID_OWNER_ID")),
        (with("hs_created_by_user_id", json!("12")), Some("READ_ONLY_VALUE")),
        (linked(&company, 191), None),
        (linked(&company, 202), None),
        (linked("77", 190), None),
        (json!({"associations": []}), None),
        (json!([1]), None),
    ];
    for (body, code) in bodies {
        let got = desk.post(NOTES, body).await;
        refused(&got, 400, "VALIDATION_ERROR");
        if let Some(code) = code {
            assert_eq!(got.body["errors"][0]["code"], code);
            assert!(got.body["message"].as_str().unwrap().starts_with("Property values were not valid: [{"));
        }
    }
    let text = desk.http.post(format!("{}{NOTES}", desk.url)).bearer_auth(&desk.token).body("{}").send().await.unwrap();
    assert_eq!(text.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(desk.state().await["notes"], json!([]));
}

#[tokio::test]
async fn a_task_takes_its_known_states_only() {
    let desk = desk(|_| ()).await;
    let path = "/crm/objects/2026-03/tasks";
    let company = desk.company("Sunda Maritime").await;
    let task = |status: &str| {
        json!({"properties": {"hs_timestamp": "2026-11-27T09:00:00Z", "hs_task_subject": "Send ROI deck", "hs_task_status": status},
               "associations": [link(&company, 192)]})
    };
    let bad = desk.post(path, task("DONE")).await;
    refused(&bad, 400, "VALIDATION_ERROR");
    assert_eq!(bad.body["errors"][0]["context"]["propertyName"], json!(["hs_task_status"]));
    let good = desk.post(path, task("NOT_STARTED")).await;
    assert_eq!((good.status, &good.body["properties"]["hs_task_type"]), (201, &json!("TODO")));
    let id = good.body["id"].as_str().unwrap();
    let done = desk.patch(&format!("{path}/{id}"), json!({"properties": {"hs_task_status": "COMPLETED"}})).await;
    assert!(done.body["properties"]["hs_task_completion_date"].is_string());
    assert_eq!(desk.state().await["tasks"][0]["companies"], json!([company]));
}

#[tokio::test]
async fn batch_writes_pair_errors_with_inputs() {
    let desk = desk(|_| ()).await;
    let good = json!({"properties": {"hs_timestamp": "2026-11-23T10:00:00Z", "hs_note_body": "a"}, "objectWriteTraceId": "one"});
    let bad = json!({"properties": {"hs_note_body": "b"}, "objectWriteTraceId": "two"});
    let whole = desk.post(&format!("{NOTES}/batch/create"), json!({"inputs": [good]})).await;
    assert_eq!((whole.status, &whole.body["results"][0]["objectWriteTraceId"]), (201, &json!("one")));
    let part = desk.post(&format!("{NOTES}/batch/create"), json!({"inputs": [good, bad]})).await;
    assert_eq!((part.status, &part.body["numErrors"]), (207, &json!(1)));
    assert_eq!(part.body["errors"][0]["context"]["objectWriteTraceId"], json!(["two"]));
    let id = part.body["results"][0]["id"].clone();
    let update = json!({"inputs": [{"id": id, "properties": {"hs_note_body": "c"}}, {"id": "4", "properties": {}}]});
    let changed = desk.post(&format!("{NOTES}/batch/update"), update).await;
    assert_eq!((changed.status, &changed.body["results"][0]["properties"]["hs_note_body"]), (207, &json!("c")));
    assert_eq!(desk.post(&format!("{NOTES}/batch/archive"), json!({"inputs": [{"id": id}]})).await.status, 204);
    assert_eq!(desk.get(&format!("{NOTES}/{}", id.as_str().unwrap())).await.status, 404);
}

#[tokio::test]
async fn upsert_needs_a_property_with_unique_values() {
    let key = json!({"inputs": [{"idProperty": "rounds_key", "id": "01J", "objectWriteTraceId": "01J",
                                 "properties": {"hs_timestamp": "2026-11-23T10:00:00Z", "hs_note_body": "a"}}]});
    let path = format!("{NOTES}/batch/upsert");
    let plain = desk(|_| ()).await;
    refused(&plain.post(&path, key.clone()).await, 400, "VALIDATION_ERROR");

    let keyed = desk(|o| o.note_key = true).await;
    let described = keyed.get("/crm/properties/2026-03/notes/rounds_key").await;
    assert_eq!(described.body["hasUniqueValue"], true);
    let first = keyed.post(&path, key.clone()).await;
    let second = keyed.post(&path, key).await;
    let (one, two) = (&first.body["results"][0], &second.body["results"][0]);
    assert_eq!((first.status, &one["new"], &two["new"], &one["id"]), (200, &json!(true), &json!(false), &two["id"]));
    let company = keyed.company("Northwind Traders").await;
    let id = one["id"].as_str().unwrap();
    let link = format!("{}{NOTES}/{id}/associations/default/companies/{company}", keyed.url);
    for _ in 0..2 {
        assert_eq!(keyed.send(&keyed.token, Method::PUT, &link, None).await.unwrap().status, 200);
    }
    assert_eq!(keyed.notes_of(&company).await.iter().filter(|n| *n == id).count(), 1);
    assert_eq!(keyed.state().await["notes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_contact_with_the_same_address_is_a_conflict() {
    let desk = desk(|_| ()).await;
    let got = desk
        .post("/crm/objects/2026-03/contacts", json!({"properties": {"email": "sam.ortiz@northwind.example"}}))
        .await;
    refused(&got, 409, "CONFLICT");
    assert!(got.body["message"].as_str().unwrap().contains("Existing ID: "));
}

#[tokio::test]
async fn the_account_describes_itself() {
    let desk = desk(|_| ()).await;
    let details = desk.get("/account-info/2026-03/details").await;
    assert_eq!((&details.body["timeZone"], &details.body["companyCurrency"]), (&json!("UTC"), &json!("USD")));
    assert!(details.body["portalId"].is_u64() && details.body["uiDomain"].is_string());
    let fields = desk.get("/crm/properties/2026-03/companies").await;
    let field = |name: &str| rows(&fields.body).iter().find(|f| f["name"] == name).unwrap().clone();
    let state = field("invoice_state");
    assert_eq!((&state["hubspotDefined"], &state["type"]), (&json!(false), &json!("enumeration")));
    assert_eq!(state["options"][2]["label"], "Overdue");
    assert_eq!(field("hs_lastmodifieddate")["modificationMetadata"]["readOnlyValue"], true);
    let deals = desk.get("/crm/pipelines/2026-03/deals").await;
    let renewals = rows(&deals.body).iter().find(|p| p["id"] == "renewals").unwrap();
    assert_eq!(renewals["stages"][3]["metadata"], json!({"isClosed": "true", "probability": "1.0"}));
    let tickets = desk.get("/crm/pipelines/2026-03/tickets").await;
    let stages = tickets.body["results"][0]["stages"].as_array().unwrap();
    assert!(stages.iter().any(|s| s["metadata"]["ticketState"] == "CLOSED"));
    let owners = desk.all("/crm/owners/2026-03").await;
    let left = desk.all("/crm/owners/2026-03?archived=true").await;
    assert!(owners.iter().any(|o| o["email"] == "maya.chen@example.com" && o["teams"][0]["name"].is_string()));
    assert!(owners.iter().any(|o| o["type"] == "QUEUE" && o["email"].is_null()));
    assert!(!left.is_empty() && left.iter().all(|o| o["archived"] == true));
    let whose = desk.post("/oauth/v2/private-apps/get/access-token-info", json!({"tokenKey": desk.token})).await;
    assert!(owners.iter().any(|o| o["userId"] == whose.body["userId"] && o["firstName"] == "Maya"));
    assert_eq!(whose.body["hubId"], details.body["portalId"]);
    let id = owners[0]["id"].as_str().unwrap();
    assert_eq!(desk.get(&format!("/crm/owners/2026-03/{id}")).await.body["id"], owners[0]["id"]);
    refused(&desk.get("/crm/owners/2026-03/1").await, 404, "OBJECT_NOT_FOUND");
}

#[tokio::test]
async fn limits_are_kept_and_said() {
    let desk = desk(|o| o.rate = 0.02).await; // three requests in ten seconds
    let first = desk.get(COMPANIES).await;
    assert_eq!(first.headers["x-hubspot-ratelimit-max"], "3");
    assert_eq!(first.headers["x-hubspot-ratelimit-remaining"], "2");
    assert_eq!(first.headers["x-hubspot-ratelimit-interval-milliseconds"], "10000");
    assert_eq!(first.headers["x-hubspot-ratelimit-daily-remaining"], "12999");
    desk.get(COMPANIES).await;
    desk.get(COMPANIES).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        let got = desk.get(COMPANIES).await;
        assert_eq!(got.status, 429);
        assert_eq!(
            (&got.body["policyName"], &got.body["errorType"]),
            (&json!("TEN_SECONDLY_ROLLING"), &json!("RATE_LIMIT"))
        );
        waits.push(got.headers.contains_key("retry-after"));
    }
    assert_eq!(waits, [true, false, true, false]);
}

#[tokio::test]
async fn a_used_up_day_is_no_matter_of_seconds() {
    let desk = desk(|o| o.rate = 0.000_001).await; // not one request a day
    let got = desk.get(COMPANIES).await;
    assert_eq!((got.status, &got.body["policyName"]), (429, &json!("DAILY")));
    assert!(!got.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn search_has_a_budget_of_its_own() {
    let desk = desk(|o| o.rate = 0.2).await; // one search a second, 38 requests in ten
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let got = desk.post("/crm/objects/2026-03/companies/search", json!({"limit": 1})).await;
        if got.status == 429 {
            assert_eq!(got.body["policyName"], "SECONDLY");
        }
        statuses.push(got.status);
    }
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn faults_come_at_their_rate_and_can_be_changed() {
    let desk = desk(|o| o.faults = vec![(FaultKind::Broken, 1.0)]).await;
    let got = desk.get(COMPANIES).await;
    assert_eq!((got.status, got.body.as_str().unwrap().starts_with("<html>")), (500, true));
    let faults = format!("{}/practice/faults", desk.url);
    for (kind, status) in [("429", 429), ("401", 401), ("500", 500)] {
        let set = desk.send("", Method::POST, &faults, Some(json!({kind: 1.0}))).await.unwrap();
        assert_eq!(set.status, 200, "{}", set.body);
        assert_eq!(desk.get(COMPANIES).await.status, status);
    }
    let wrong = desk.send("", Method::POST, &faults, Some(json!({"flood": 1.0}))).await.unwrap();
    assert_eq!(wrong.status, 400);
    for kind in [FaultKind::Reset, FaultKind::Truncate] {
        desk.server.set_faults(vec![(kind, 1.0)]);
        // A write: clients do not repeat it by themselves.
        let got = desk.send(&desk.token, Method::POST, &format!("{}{NOTES}", desk.url), Some(json!({}))).await;
        assert!(got.is_err(), "{kind}");
    }
    desk.server.set_faults(vec![]);
    assert_eq!(desk.get(COMPANIES).await.status, 200);
    let counts = desk.state().await["requests"].clone();
    assert_eq!(counts["by_status"]["reset"], 1);
    assert_eq!(counts["by_path"]["GET /crm/objects/2026-03/companies"], 5);
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let desk = desk(|o| (o.faults, o.slow) = (vec![(FaultKind::Slow, 1.0)], Duration::from_millis(40))).await;
    let got = desk.get(COMPANIES).await;
    assert_eq!(rows(&got.body).len(), 10);
}

#[tokio::test]
async fn a_lost_reply_has_been_written() {
    let desk = desk(|_| ()).await;
    let company = desk.company("Northwind Traders").await;
    let before = desk.notes_of(&company).await.len();
    desk.server.set_faults(vec![(FaultKind::LostReply, 1.0)]);
    let sent = desk.send(&desk.token, Method::POST, &format!("{}{NOTES}", desk.url), Some(note(&company, "x"))).await;
    assert!(sent.is_err());
    assert_eq!(desk.notes_of(&company).await.len(), before + 1);
}

#[tokio::test]
async fn a_late_commit_is_written_after_the_error() {
    let desk = desk(|o| o.late = Duration::from_millis(300)).await;
    let company = desk.company("Northwind Traders").await;
    desk.server.set_faults(vec![(FaultKind::LateCommit, 1.0)]);
    let sent = desk.post(NOTES, note(&company, "x")).await;
    assert_eq!(sent.status, 504);
    let written = async {
        while desk.state().await["notes"].as_array().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), written).await.unwrap();
    assert_eq!(desk.state().await["notes"][0]["companies"], json!([company]));
}

#[tokio::test]
async fn a_lagging_row_is_read_by_id_and_by_link_before_it_is_listed() {
    let desk = desk(|o| (o.late, o.faults) = (Duration::from_secs(600), vec![(FaultKind::Lag, 1.0)])).await;
    let company = desk.company("Northwind Traders").await;
    let id = desk.post(NOTES, note(&company, "x")).await.body["id"].as_str().unwrap().to_string();
    assert!(desk.notes_of(&company).await.contains(&id));
    assert_eq!(desk.get(&format!("{NOTES}/{id}")).await.status, 200);
    assert_eq!(desk.post(&format!("{NOTES}/batch/read"), json!({"inputs": [{"id": id}]})).await.status, 200);
    assert!(desk.all(NOTES).await.iter().all(|row| row["id"] != id));
    let body =
        json!({"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": id}]}]});
    assert_eq!(desk.post(&format!("{NOTES}/search"), body).await.body["total"], 0);
    assert_eq!(
        desk.patch(&format!("{COMPANIES}/{company}"), json!({"properties": {"city": "Oslo"}})).await.status,
        200
    );
    assert!(desk.all(COMPANIES).await.iter().all(|row| row["id"] != company));
}

const USAGE: &str = "select $group_0 account, toDate(timestamp) day, uniq(person_id) active_users, count() events from events \
    where timestamp >= {from} and timestamp < {to} and $group_0 != '' group by account, day order by account, day limit 50000";

#[tokio::test]
async fn usage_has_its_own_door_and_its_own_key() {
    let desk = desk(|_| ()).await;
    let key = desk.server.hello().env["ROUNDS_TOKEN_USAGE"].clone();
    let values = json!({"from": "2026-11-16", "to": "2026-11-23"});
    let body = json!({"query": {"kind": "HogQLQuery", "query": USAGE, "values": values}, "name": "test"});
    let url = format!("{}/api/projects/1/query/", desk.usage);
    let ask = async |token: &str| desk.send(token, Method::POST, &url, Some(body.clone())).await.unwrap();
    assert_eq!(ask(&desk.token).await.status, 401);
    let no_scope = desk.state().await["tokens"]["usage_no_scope"].as_str().unwrap().to_string();
    let refused = ask(&no_scope).await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("permission_denied")));
    assert!(refused.body["detail"].as_str().unwrap().contains("query:read"));
    let got = ask(&key).await;
    assert_eq!(got.body["columns"], json!(["account", "day", "active_users", "events"]));
    let row = &got.body["results"][0];
    assert!(row[0].is_string() && row[1].as_str().unwrap().starts_with("2026-11-") && row[2].is_u64());
    let bad = json!({"query": {"kind": "HogQLQuery", "query": "select 1"}});
    let wrong = desk.send(&key, Method::POST, &url, Some(bad)).await.unwrap();
    assert_eq!((wrong.status, &wrong.body["type"]), (400, &json!("validation_error")));
    let me = desk.send(&key, Method::GET, &format!("{}/api/users/@me/", desk.usage), None).await.unwrap();
    assert_eq!((&me.body["team"]["id"], &me.body["email"]), (&json!(1), &json!("maya.chen@example.com")));
    let other = desk.send(&key, Method::GET, &format!("{}/api/projects/2/query/", desk.usage), None).await.unwrap();
    assert_eq!(other.status, 404);
    // The CRM does not know the key of the usage tool.
    assert_eq!(desk.send(&key, Method::GET, &format!("{}{COMPANIES}", desk.url), None).await.unwrap().status, 401);
}

#[tokio::test]
async fn usage_is_throttled_in_words() {
    let desk = desk(|o| o.rate = 0.01).await; // two requests a minute
    let key = desk.server.hello().env["ROUNDS_TOKEN_USAGE"].clone();
    let url = format!("{}/api/users/@me/", desk.usage);
    let me = async || desk.send(&key, Method::GET, &url, None).await.unwrap();
    assert_eq!((me().await.status, me().await.status), (200, 200));
    let got = me().await;
    assert_eq!((got.status, &got.body["code"]), (429, &json!("throttled")));
    let wait: u64 = got.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait) && got.body["detail"].as_str().unwrap().contains(&format!("{wait} seconds")));
}

#[tokio::test]
async fn options_that_make_no_sense_are_named() {
    let error = async |options: Options| Server::start(options).await.err().unwrap().to_string();
    assert!(error(Options { accounts: 0, ..Options::default() }).await.contains("1 to 100000"));
    assert!(error(Options { rate: 0.0, ..Options::default() }).await.contains("greater than 0"));
    assert!(error(Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() }).await.contains("loopback"));
    assert!(error(Options { me: 9_999, ..Options::default() }).await.contains("9999"));
    let taken = Server::start(Options::default()).await.unwrap();
    let listen = taken.hello().url.strip_prefix("http://").unwrap().parse().unwrap();
    assert!(error(Options { listen, ..Options::default() }).await.contains("could not listen"));
}

#[tokio::test]
async fn a_hundred_thousand_accounts_are_served_at_once() {
    let desk = desk(|o| o.accounts = 100_000).await;
    let page = desk.get(&format!("{COMPANIES}?limit=100&after=18400500000")).await;
    assert_eq!(rows(&page.body).len(), 100);
    let owners = desk.all("/crm/owners/2026-03").await;
    assert!((5..=201).contains(&owners.len()));
}
