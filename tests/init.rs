//! Promise: `rounds init` connects a system by asking, shows every line that it would write, and writes nothing before it
//! is told to; what else stands in `config.toml` stays, and no token is ever in it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "stub/mod.rs"]
mod stub;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{Home, Practice, Terminal};
use serde_json::{Value, json};
use stub::{Answer, Stub};

/// What somebody has written by hand, with their comments.
const BY_HAND: &str = "# my book\ncurrency = \"USD\" # of the company\nrates = { EUR = 1.08, GBP = 1.27 }\n\n\
                       # prints badly\n[source.old]\nconnector = \"rest\" # to be removed\nurl = \"http://127.0.0.1:9\"\n";

fn config(home: &Home) -> String {
    std::fs::read_to_string(home.config().join("config.toml")).unwrap()
}

/// A workspace with that file, and the practice CRM's token where tokens are looked for first.
fn home(practice: &Practice, config: &str) -> Home {
    let token = practice.hello["token"].as_str().unwrap().to_owned();
    let home = Home::with(config);
    Home { env: [("ROUNDS_TOKEN_CRM".to_owned(), token)].into(), ..home }
}

/// Writes the answers that connect the practice CRM, with `more` behind them.
fn answers(home: &Home, practice: &Practice, more: &str) -> PathBuf {
    let path = home.folder.path().join("answers.toml");
    let url = practice.url();
    std::fs::write(&path, format!("connector = \"hubspot\"\nname = \"crm\"\nurl = {url:?}\n{more}\n")).unwrap();
    path
}

/// A source that may be asked as fast as it answers: replaced, it keeps that.
const PACE: &str = "\n[source.crm]\nconnector = \"hubspot\"\n\n[source.crm.limits.all]\nrate = \"1000 / 1s\"\n\n\
                    [source.crm.limits.search]\nrate = \"1000 / 1s\"\n";

const FIELDS: &str = "[fields]\narr = \"annual_recurring_revenue\"\nrenewal_date = \"auto\"\nsegment = \"Customer Segment\"\n\
                      champion = \"auto\"\n";

fn run(home: &Home, answers: &Path, more: &[&str]) -> Output {
    let path = answers.display().to_string();
    let arguments: Vec<&str> = ["init", "--answers", &path].into_iter().chain(more.iter().copied()).collect();
    home.run(&arguments)
}

fn said_by(output: &Output) -> Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{out}\n{err}"))
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn token(practice: &Practice) -> &str {
    practice.hello["token"].as_str().unwrap()
}

#[test]
fn answers_connect_a_system_and_leave_the_rest_of_the_file_alone() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = home(&practice, BY_HAND);
    let file = answers(&home, &practice, &format!("book = \"all\"\nconfirm = true\nsync = true\n{FIELDS}"));
    let output = run(&home, &file, &["--json"]);
    let said = said_by(&output);
    assert_eq!(output.status.code(), Some(0), "{said:#}\n{}", err(&output));
    assert_eq!((said["written"].as_bool(), said["connector"].as_str()), (Some(true), Some("hubspot")));

    let written = config(&home);
    let (before, added) = written.split_once("\n[source.crm]\n").expect("a new table behind what was there");
    let expected = BY_HAND.replace("GBP = 1.27 }\n", "GBP = 1.27 }\nbook = \"team\"\n");
    assert_eq!(before, expected, "every other line is as it was");
    for line in [
        "arr = \"properties.annual_recurring_revenue\" # Annual recurring revenue",
        "renewal_date = \"properties.contract_end\"",
        "segment = \"properties.customer_segment\"",
        "champion = \"properties.is_champion\"",
    ] {
        assert!(added.contains(line), "{line}: {added}");
    }
    let difference = said["difference"].as_str().unwrap();
    assert!(difference.contains("+ [source.crm]\n") && !difference.contains("\n- "), "{difference}");

    let field = |name: &str| {
        let fields = said["fields"].as_array().unwrap();
        fields.iter().find(|field| field["field"] == name).unwrap_or_else(|| panic!("no {name}: {said:#}")).clone()
    };
    let arr = field("arr");
    assert!(arr["filled"].as_u64() >= Some(20) && arr["filled"] == arr["rows"], "{arr}");
    let examples = arr["examples"].as_array().unwrap();
    assert!(examples.len() == 3 && examples.iter().all(|one| one.as_str().unwrap().parse::<f64>().is_ok()), "{arr}");
    assert_eq!(field("owner")["reads"], "properties.hubspot_owner_id", "what the connector reads by itself stays");

    // What it wrote works: the first sync was made of it.
    assert!(said["sync"][0]["pulled"].as_u64().unwrap() > 20, "{said:#}");
    assert_eq!(said["next"], json!(["rounds check crm", "rounds"]));
    let list = home.json(&["list", "--json"]);
    assert_eq!(list.as_array().unwrap().len(), 20);
    let known = |key: &str| list.as_array().unwrap().iter().filter(|one| !one[key].is_null()).count();
    assert!(known("arr") >= 19 && known("renewal_date") >= 15, "{list:#}");

    for text in [&written, &String::from_utf8_lossy(&output.stdout).into_owned(), &err(&output)] {
        assert!(!text.contains(token(&practice)), "the token stands in no output and no file");
    }
    assert!(practice.notes().is_empty(), "nothing is written there");
}

#[test]
fn nothing_is_written_before_it_is_confirmed() {
    let practice = Practice::start(&["--accounts", "10"]);
    let home = home(&practice, BY_HAND);
    let file = answers(&home, &practice, &format!("book = \"all\"\nconfirm = true\n{FIELDS}"));
    let output = run(&home, &file, &["--dry-run"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(said.contains("+ [source.crm]") && said.contains("+ book = \"team\""), "{said}");
    assert_eq!(config(&home), BY_HAND);

    let file = answers(&home, &practice, &format!("book = \"all\"\n{FIELDS}"));
    let output = run(&home, &file, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("nothing was written: the answers don't say confirm = true"), "{}", err(&output));
    assert_eq!(config(&home), BY_HAND);

    let file = answers(&home, &practice, &format!("book = \"all\"\nconfirm = true\n{FIELDS}"));
    let output = run(&home, &file, &["--read-only"]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert_eq!(config(&home), BY_HAND);

    // Without a terminal and without answers there is nobody to ask.
    let output = home.run(&["init"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--answers FILE"), "{}", err(&output));
}

#[test]
fn a_wrong_answer_ends_it_with_its_key_and_what_would_be_right() {
    let practice = Practice::start(&["--accounts", "10"]);
    let there = format!("{BY_HAND}{PACE}");
    let home = home(&practice, &there);
    let wrong = |more: &str, exit: i32, says: &[&str]| {
        let file = answers(&home, &practice, &format!("replace = true\n{more}"));
        let output = run(&home, &file, &[]);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(exit), "{more}: {said}");
        for part in says {
            assert!(said.contains(part), "{more}: {said}");
        }
        assert_eq!(config(&home), there, "{more}");
    };
    let all = "book = \"all\"\nconfirm = true\n";
    wrong(
        &format!("{all}[fields]\nrenewal_date = \"contrat_end\""),
        2,
        &["fields.renewal_date: accounts have no field \"contrat_end\"", "names like it: ", "contract_end"],
    );
    wrong(
        &format!("{all}[fields]\narr = \"customer_segment\""),
        2,
        &["fields.arr: customer_segment can't be what the customer pays a year", "is not a number"],
    );
    wrong(&format!("{all}[fields]\nar = \"auto\""), 2, &["fields.ar is not asked for here", "fields.arr"]);
    wrong(&format!("{all}settings = {{ regoin = \"eu\" }}"), 2, &["settings.regoin is not asked for here"]);
    wrong("book = \"everything\"\nconfirm = true", 2, &["\"everything\" is no book: all, mine"]);
    wrong("confirm = true", 2, &["book is missing"]);
    wrong(&format!("{all}wya = \"token\""), 2, &["answers.toml:7: unknown field `wya`"]);
    wrong(&format!("{all}way = \"magic\""), 2, &["\"magic\" is no way to sign in; there are token, oauth"]);
    wrong(
        "book = { me = \"nobody@example.com\" }\nconfirm = true",
        2,
        &["book.me: none of the ", "nobody@example.com"],
    );
    wrong("book = { team = \"Nowhere\" }\nconfirm = true", 2, &["nobody is in a team \"Nowhere\": "]);
    wrong(
        "book = { field = \"customer_segment\", value = \"Huge\" }\nconfirm = true",
        2,
        &["none of the first 10 accounts has customer_segment Huge; values there: "],
    );
    // A token that is refused is no half of a success.
    let bad =
        Home { env: [("ROUNDS_TOKEN_CRM".to_owned(), "s3cret-but-wr0ng".to_owned())].into(), ..Home::with(BY_HAND) };
    let file = answers(&bad, &practice, all);
    let output = run(&bad, &file, &[]);
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    assert!(!err(&output).contains("wr0ng"), "{}", err(&output));
    assert_eq!(config(&bad), BY_HAND);
}

#[test]
fn a_source_is_replaced_only_when_that_is_said_and_keeps_what_was_not_asked_for() {
    let practice = Practice::start(&["--accounts", "10"]);
    let there = format!(
        "{BY_HAND}\n[source.crm]\nconnector = \"hubspot\"\nurl = \"http://127.0.0.1:9\"\n\n[source.crm.limits.all]\nrate = \"5 / 1s\"\n\n\
         [source.crm.map.account]\ncost = \"properties.cost_to_serve\"\nsegment = \"properties.industry\"\n\n# below\n[source.usage]\nconnector = \"posthog\"\nsettings = {{ project = \"1\" }}\n"
    );
    let home = home(&practice, &there);
    let more = format!("book = \"all\"\nconfirm = true\n{FIELDS}");
    let output = run(&home, &answers(&home, &practice, &more), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("has a source crm already (hubspot)"), "{}", err(&output));
    assert_eq!(config(&home), there);

    let output = run(&home, &answers(&home, &practice, &format!("replace = true\n{more}")), &["--json"]);
    let said = said_by(&output);
    assert_eq!((output.status.code(), said["replaced"].as_bool()), (Some(0), Some(true)), "{}", err(&output));
    let written = config(&home);
    let url = practice.url();
    for line in [
        &format!("url = {url:?}"),
        "rate = \"5 / 1s\"",
        "cost = \"properties.cost_to_serve\"",
        "segment = \"properties.customer_segment\" # Customer segment",
        "\n# below\n[source.usage]\nconnector = \"posthog\"\nsettings = { project = \"1\" }\n",
    ] {
        assert!(written.contains(line), "{line}: {written}");
    }
    assert!(!written.contains("properties.industry") && written.matches("[source.crm]").count() == 1, "{written}");
    assert!(said["difference"].as_str().unwrap().contains("- segment = \"properties.industry\""), "{said:#}");
    home.ok(&["check", "crm", "account"]);
}

#[test]
fn a_book_is_mine_a_teams_or_that_of_a_value() {
    let practice = Practice::start(&["--accounts", "40"]);
    let accounts = |more: &str| -> (String, Value) {
        let home = home(&practice, &format!("rates = {{ EUR = 1.08, GBP = 1.27 }}\n{PACE}"));
        let more = format!("{more}\nconfirm = true\nreplace = true\nsync = true\n{FIELDS}");
        let file = answers(&home, &practice, &more);
        let output = run(&home, &file, &["--json"]);
        assert_eq!(output.status.code(), Some(0), "{more}: {}", err(&output));
        (config(&home), home.json(&["list", "--json"]))
    };
    let (_, all) = accounts("book = \"all\"");
    let all = all.as_array().unwrap();
    let of = |key: &str, wanted: &dyn Fn(&str) -> bool| {
        let mut names: Vec<&str> = all
            .iter()
            .filter(|one| one[key].as_str().is_some_and(wanted))
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        names
    };
    let names = |list: &Value| {
        let mut names: Vec<String> =
            list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    };

    // The token is Maya's: nobody has to say so.
    let (written, mine) = accounts("book = \"mine\"");
    assert!(written.contains("me = \"maya.chen@example.com\"\nbook = \"owner\"\n"), "{written}");
    assert_eq!(names(&mine), of("owner", &|owner| owner == "maya.chen@example.com"));

    let segment = all[0]["segment"].as_str().unwrap();
    let (written, some) = accounts(&format!("book = {{ field = \"customer_segment\", value = {segment:?} }}"));
    assert!(
        written.contains(&format!("account = \"= (properties.customer_segment | string) in ['{segment}']\"")),
        "{written}"
    );
    assert_eq!(names(&some), of("segment", &|one| one == segment));
    assert!(names(&some).len() < all.len());

    let owners = practice.api("GET", "/crm/owners/2026-03?limit=100", &Value::Null);
    let owners = owners["results"].as_array().unwrap();
    let maya = owners.iter().find(|one| one["email"] == "maya.chen@example.com").unwrap();
    let team = maya["teams"][0]["name"].as_str().unwrap();
    let members: Vec<&str> = owners
        .iter()
        .filter(|one| one["teams"].as_array().unwrap().iter().any(|one| one["name"] == team))
        .map(|one| one["email"].as_str().unwrap())
        .collect();
    let (_, ours) = accounts(&format!("book = {{ team = {team:?} }}"));
    assert_eq!(names(&ours), of("owner", &|owner| members.contains(&owner)));
    assert!(!names(&ours).is_empty());
}

#[test]
fn a_token_from_standard_input_goes_to_the_encrypted_file_once_it_is_proved() {
    let practice = Practice::start(&["--accounts", "10"]);
    let home = Home { env: [("ROUNDS_PASSPHRASE".to_owned(), "open sesame".to_owned())].into(), ..Home::with(BY_HAND) };
    let path = answers(&home, &practice, &format!("book = \"all\"\nconfirm = true\n{FIELDS}")).display().to_string();
    let pipe = |token: &str| {
        let mut command = home.command(&["init", "--answers", &path, "--token-stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let kept = home.data().join("tokens.enc");
    let output = pipe("wrong");
    assert_eq!(output.status.code(), Some(4), "{}", err(&output));
    assert!(!kept.exists() && config(&home) == BY_HAND, "nothing is kept of a sign-in that failed");
    let output = pipe(token(&practice));
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(kept.exists());
    home.ok(&["whoami", "crm"]);
    assert!(!config(&home).contains(token(&practice)));
}

#[test]
fn without_accounts_only_what_is_needed_is_asked() {
    let practice = Practice::start(&["--accounts", "10"]);
    let config_of = practice.hello["config"].as_str().unwrap();
    let usage = config_of.split("[source.usage]").nth(1).unwrap();
    let url = usage.lines().find_map(|line| line.strip_prefix("url = ")).unwrap();
    let env = practice.hello["env"]["ROUNDS_TOKEN_USAGE"].as_str().unwrap();
    let home = Home { env: [("ROUNDS_TOKEN_USAGE".to_owned(), env.to_owned())].into(), ..Home::with(BY_HAND) };
    let path = home.folder.path().join("answers.json");
    let answer = |region: &str| {
        let text = format!(
            "{{\"connector\":\"posthog\",\"name\":\"usage\",\"url\":{url},\"confirm\":true,\
             \"settings\":{{\"project\":\"1\",\"region\":\"{region}\"}},\"match\":\"external_id:posthog_group\"}}"
        );
        std::fs::write(&path, text).unwrap();
        run(&home, &path, &[])
    };
    let output = answer("mars");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("settings.region: \"mars\" is not one of the answers: us, eu"), "{}", err(&output));
    let output = answer("us");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let written = config(&home);
    let block = format!(
        "\n[source.usage]\nconnector = \"posthog\"\nurl = {url}\nmatch = \"external_id:posthog_group\"\n\n[source.usage.settings]\nproject = \"1\"\n"
    );
    assert_eq!(written, format!("{BY_HAND}{block}"), "a default is not written, and the book is not asked for");
}

/// At a terminal, as somebody who answers.
fn at_a_terminal(home: &Home, practice: &Practice, more: &[&str]) -> Terminal {
    let arguments: Vec<&str> = ["init", "--url", practice.url()].into_iter().chain(more.iter().copied()).collect();
    home.open_with(&arguments, 110, 60)
}

#[test]
fn somebody_is_asked_again_with_a_reason_and_confirms_what_they_see() {
    let practice = Practice::start(&["--accounts", "20"]);
    let home = Home { env: [("ROUNDS_PASSPHRASE".to_owned(), "open sesame".to_owned())].into(), ..Home::with(BY_HAND) };
    let mut terminal = at_a_terminal(&home, &practice, &[]);
    terminal.wait_for("Which system?");
    terminal.wait_for("Companies, contacts, deals");
    terminal.wait_for("Number or name: ");
    terminal.keys("hubsport\r");
    terminal.wait_for("! \"hubsport\" is no connector; there are ");
    terminal.keys("hubspot\r");
    terminal.wait_for("What it is called in config.toml [crm]: ");
    terminal.keys("\r");
    terminal.wait_for("How do you sign in?");
    terminal.wait_for("Number or name [token]: ");
    terminal.keys("1\r");
    terminal.wait_for("Service key or private app token (not shown): ");
    terminal.wait_hidden();
    terminal.keys("s3cret-wr0ng\r");
    terminal.wait_for("! HubSpot (crm)");
    // A refusal may be one of the way: it is asked for once more.
    terminal.wait("the way again", |screen| screen.contents().matches("Number or name [token]: ").count() == 2);
    terminal.keys("\r");
    terminal.wait("the token again", |screen| screen.contents().matches("(not shown): ").count() == 2);
    terminal.wait_hidden();
    terminal.keys(&format!("{}\r", token(&practice)));
    terminal.wait_for("signed in to HubSpot (crm) as maya.chen@example.com");

    terminal.wait_for("Which field is what the customer pays a year (ARR)?");
    terminal.wait_for("100 % of 2");
    terminal.wait_for("or none [1]: ");
    terminal.keys("anual_recurring\r");
    terminal.wait_for("! accounts have no field \"anual_recurring\"");
    terminal.keys("\r");
    terminal.wait_for("Which field is the day the contract ends or renews?");
    terminal.keys("\r");
    terminal.wait_for("Which field is the customer's segment?");
    terminal.keys("none\r");
    terminal.wait_for("Which field is the customer success manager?");
    terminal.wait_for("now: properties.hubspot_owner_id");
    terminal.wait_for("or none [now]: ");
    terminal.keys("\r");
    terminal.wait_for("Which field is a person's role");
    terminal.keys("\r");
    terminal.wait_for("Which field is whether a person is your champion?");
    terminal.keys("\r");
    terminal.wait_for("Whose accounts are in the book?");
    terminal.keys("2\r");
    terminal.wait_for("Your mail address there [maya.chen@example.com]: ");
    terminal.keys("maya\r");
    terminal.wait_for("! \"maya\" is no mail address");
    terminal.keys("mine\r");
    terminal.wait("the address again", |screen| screen.contents().matches("Your mail address there").count() == 2);
    terminal.keys("\r");
    terminal.wait_for("+ arr = \"properties.annual_recurring_revenue\"");
    terminal.wait_for("Write this to ");
    assert_eq!(config(&home), BY_HAND, "nothing is written yet");
    assert!(!home.data().join("tokens.enc").exists(), "nor is the token kept");
    terminal.keys("yes\r");
    terminal.wait_for("Pull everything now [Y/n]: ");
    terminal.keys("n\r");
    terminal.wait_for("Next: rounds check crm · rounds sync · rounds");
    assert_eq!(terminal.end(), 0);

    let written = config(&home);
    assert!(written.contains("me = \"maya.chen@example.com\"\nbook = \"owner\"\n"), "{written}");
    assert!(written.contains("[source.old]\nconnector = \"rest\" # to be removed\n"), "{written}");
    assert!(written.contains("renewal_date = ") && !written.contains("segment = "), "{written}");
    for text in [&terminal.output(), &written] {
        assert!(!text.contains(token(&practice)) && !text.contains("wr0ng"), "no token is shown or written");
    }
    home.ok(&["whoami", "crm"]);
}

#[test]
fn ctrl_c_and_the_end_of_input_write_nothing() {
    let practice = Practice::start(&["--accounts", "10"]);
    let home = home(&practice, BY_HAND);
    for ending in ["\x03", "\x04", "n\r"] {
        let mut terminal = at_a_terminal(&home, &practice, &["hubspot", "--name", "crm"]);
        terminal.wait_for("Number or name [token]: ");
        terminal.keys("\r");
        terminal.wait_for("A token is there already, in ROUNDS_TOKEN_CRM. Use it [Y/n]: ");
        terminal.keys("\r");
        for question in ["ARR", "contract ends", "segment?", "success manager", "role in", "champion"] {
            terminal.wait_for(question);
            terminal.wait("the question's end", |screen| screen.contents().trim_end().ends_with("]:"));
            terminal.keys("\r");
        }
        terminal.wait_for("Whose accounts are in the book?");
        terminal.keys("all\r");
        terminal.wait_for("Write this to ");
        terminal.wait_for("[y/N]: ");
        terminal.keys(ending);
        let code = terminal.end();
        assert_eq!(code == 0, ending == "n\r", "{ending:?}: {code}");
        assert_eq!(config(&home), BY_HAND, "{ending:?}");
        assert!(!home.data().join("tokens.enc").exists());
    }
}

/// A system of one's own, signed in to in the browser.
const SMALL: &str = r#"connector = 1
name = "Small"
settings = { client_id = { ask = "Client id", optional = true }, token = { ask = "Token", secret = true, optional = true } }
base.url = "https://small.example"

[auth.oauth]
kind = "oauth"
grants = ["pkce"]
authorize = "URL/authorize"
token = "URL/token"
scopes = ["read"]

[me]
get = "/me"
must = "email"
keep = { email = "email" }
"#;

/// What is typed after the browser's address was pasted is still heard by the questions that follow.
#[test]
fn a_browsers_sign_in_is_pasted_and_the_questions_go_on() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        "/token" => Answer::Json(200, json!({ "access_token": "s3cret-access", "token_type": "Bearer" })),
        _ => Answer::Json(200, json!({ "email": "maya@small.example" })),
    });
    let home = Home { env: [("ROUNDS_PASSPHRASE".to_owned(), "open sesame".to_owned())].into(), ..Home::with(BY_HAND) };
    std::fs::create_dir_all(home.config().join("connectors")).unwrap();
    std::fs::write(home.config().join("connectors/small.toml"), SMALL.replace("URL", &stub.url)).unwrap();
    let arguments = ["init", "small", "--name", "small", "--url", &stub.url, "--no-browser"];
    let mut terminal = home.open_with(&arguments, 110, 60);
    terminal.wait_for("Client id: ");
    terminal.keys("\r");
    terminal.wait_for("! there must be an answer");
    terminal.keys("rounds\r");
    terminal.wait_for("Client secret of the app (empty if it has none) (not shown): ");
    terminal.wait_hidden();
    terminal.keys("\r");
    terminal.wait_for("/authorize?");
    terminal.wait_for("and press Enter");
    terminal.keys("the-code\r");
    terminal.wait_for("signed in to Small (small) as maya@small.example");
    terminal.wait_for("Write this to ");
    terminal.keys("yes\r");
    terminal.wait_for("Pull everything now [Y/n]: ");
    terminal.keys("n\r");
    terminal.wait_for("Next: rounds check small");
    assert_eq!(terminal.end(), 0);
    let url = &stub.url;
    let block = format!(
        "\n[source.small]\nconnector = \"small\"\nurl = {url:?}\n\n[source.small.settings]\nclient_id = \"rounds\"\n"
    );
    assert_eq!(config(&home), format!("{BY_HAND}{block}"));
    assert!(!terminal.output().contains("s3cret-access"));
    home.ok(&["whoami", "small"]);
}
