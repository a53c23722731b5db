//! The exchanges by which somebody, or an app, signs in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rounds::connect::{ConnectError, Flow, Grant, Means, Person, SourceConfig, Step, TokenSet, choose, load};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::mpsc;

use crate::common::PATIENCE;
use crate::stub::{Answer, Stub};
use crate::vendor::{CLIENT, CONNECTOR, Hook, Page, SECRET, Vendor, form, refuse};

pub fn config(vendor: &Vendor) -> SourceConfig {
    let mut config = SourceConfig::new("crm", "smallcrm");
    let url = vendor.url();
    let settings = [("api", url), ("login", url), ("client_id", CLIENT)];
    config.settings = settings.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    config
}

pub fn flow_of(config: &SourceConfig, way: &str) -> Flow {
    match choose(config, &load(CONNECTOR, "smallcrm.toml").unwrap(), Some(way), None).unwrap().means {
        Means::OAuth(flow) => *flow,
        other => panic!("{other:?}"),
    }
}

pub fn flow(vendor: &Vendor, way: &str) -> Flow {
    flow_of(&config(vendor), way)
}

/// Whoever signs in, and what they are told.
fn person() -> (Person, mpsc::UnboundedReceiver<Step>) {
    let (tx, steps) = mpsc::unbounded_channel();
    (Person::new(move |step| tx.send(step.clone()).unwrap()), steps)
}

/// The next thing that is said; what never comes fails.
async fn said(steps: &mut mpsc::UnboundedReceiver<Step>) -> Step {
    tokio::time::timeout(PATIENCE, steps.recv()).await.unwrap().unwrap()
}

async fn page(steps: &mut mpsc::UnboundedReceiver<Step>, vendor: &Vendor) -> Page {
    match said(steps).await {
        Step::Open { address, redirect, opened, .. } => {
            assert!(!opened, "nobody allowed a browser");
            let page = Page::open(&address, vendor);
            assert_eq!(page.query["redirect_uri"], redirect);
            page
        }
        other => panic!("{other:?}"),
    }
}

async fn remark(steps: &mut mpsc::UnboundedReceiver<Step>) -> String {
    match said(steps).await {
        Step::Remark(text) => text,
        other => panic!("{other:?}"),
    }
}

/// Signs in by a browser that `browse` plays.
async fn by_browser(
    vendor: &Arc<Vendor>,
    browse: impl FnOnce(Page, Arc<Vendor>) + Send + 'static,
) -> Result<TokenSet, ConnectError> {
    let (mut person, mut steps) = person();
    let flow = flow(vendor, "web");
    let signing = flow.run(Grant::Pkce, None, &mut person);
    let browser = async {
        let page = page(&mut steps, vendor).await;
        let vendor = Arc::clone(vendor);
        tokio::task::spawn_blocking(move || browse(page, vendor)).await.unwrap();
    };
    tokio::join!(signing, browser).0
}

#[tokio::test]
async fn a_browser_brings_the_code_and_the_proof_goes_with_it() {
    let vendor = Arc::new(Vendor::start());
    vendor.books.lock().unwrap().expires_in = Some(3600);
    let set = by_browser(&vendor, |page, vendor| {
        let code = page.code(&vendor, "canary-code+/=");
        let shown = page.visit(&[("code", &code), ("state", page.state())]);
        assert!(shown.contains("You can close this window") && !shown.contains("canary"), "{shown}");
    })
    .await
    .unwrap();
    assert_eq!((set.way.as_str(), set.grant), ("web", Grant::Pkce));
    assert_eq!(set.access.expose_secret(), "canary-access-1-b7e1");
    assert_eq!(set.refresh.unwrap().expose_secret(), "canary-refresh-1-c9d4");
    let left = set.expires.unwrap().duration_since(jiff::Timestamp::now()).as_secs();
    assert!((3500..=3600).contains(&left), "{left}");
    // The stub checked verifier and redirect; the code went nowhere but there, and no secret of an app was sent.
    let asked = vendor.stub.asked();
    assert_eq!(asked.len(), 1);
    assert!(!form(&asked[0]).contains_key("client_secret") && asked[0].query.is_empty());
}

#[tokio::test]
async fn two_sign_ins_have_ports_states_and_proofs_of_their_own() {
    let vendor = Arc::new(Vendor::start());
    let ports: Arc<Mutex<Vec<Page>>> = Arc::default();
    for _ in 0..2 {
        let seen = Arc::clone(&ports);
        by_browser(&vendor, move |page, vendor| {
            let code = page.code(&vendor, "one-code");
            page.visit(&[("code", &code), ("state", page.state())]);
            seen.lock().unwrap().push(page);
        })
        .await
        .unwrap();
    }
    let pages = ports.lock().unwrap();
    assert_ne!(pages[0].query["state"], pages[1].query["state"]);
    assert_ne!(pages[0].query["code_challenge"], pages[1].query["code_challenge"]);
}

#[tokio::test]
async fn an_answer_of_another_sign_in_is_not_taken_and_the_right_one_still_is() {
    let vendor = Arc::new(Vendor::start());
    let set = by_browser(&vendor, |page, vendor| {
        let code = page.code(&vendor, "right-code");
        for answer in [
            vec![("code", "planted"), ("state", "someone-elses")],
            vec![("code", "planted")],
            vec![("error", "access_denied"), ("state", "someone-elses")],
        ] {
            let shown = page.visit(&answer);
            assert!(shown.contains("belongs to another sign-in"), "{shown}");
        }
        assert!(page.visit(&[("state", page.state())]).contains("holds no code"));
        page.visit(&[("code", &code), ("state", page.state())]);
    })
    .await
    .unwrap();
    assert_eq!(set.access.expose_secret(), "canary-access-1-b7e1");
    let codes: Vec<_> = vendor.tokens_asked().iter().map(|fields| fields["code"].clone()).collect();
    assert_eq!(codes, ["right-code"], "the planted one was sent nowhere");
}

#[tokio::test]
async fn the_vendors_error_is_said_in_words() {
    let vendor = Arc::new(Vendor::start());
    let error = by_browser(&vendor, |page, _| {
        let words = "The end-user denied\u{1b}[31m the request";
        let shown = page.visit(&[("error", "access_denied"), ("error_description", words), ("state", page.state())]);
        assert!(shown.contains("the terminal says why") && !shown.contains("denied"), "{shown}");
    })
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Small CRM (crm): it was declined (access_denied: The end-user denied the request). To be asked again: rounds login crm"
    );
    assert!(vendor.stub.asked().is_empty());

    let error = by_browser(&vendor, |page, _| {
        page.visit(&[("code", "never given"), ("state", page.state())]);
    })
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Small CRM (crm): the code was refused (invalid_grant: unknown code): it is too old, or was used before. Try once more: \
         rounds login crm"
    );
}

#[tokio::test]
async fn what_a_browser_elsewhere_ends_on_may_be_pasted() {
    let vendor = Arc::new(Vendor::start());
    for whole in [true, false] {
        let (mut person, mut steps) = person();
        let (typed, lines) = mpsc::unbounded_channel();
        person.pasted = Some(Box::new(move || lines));
        let flow = flow(&vendor, "web");
        let signing = flow.run(Grant::Pkce, None, &mut person);
        let pasting = async {
            let page = page(&mut steps, &vendor).await;
            let code = page.code(&vendor, "canary/code==");
            typed.send("what do I paste?".to_owned()).unwrap();
            assert!(remark(&mut steps).await.starts_with("There is no code in that"));
            typed.send(page.redirect(&[("code", "planted"), ("state", "another")]).to_string()).unwrap();
            assert!(remark(&mut steps).await.starts_with("That answer belongs to another sign-in"));
            let address = page.redirect(&[("code", &code), ("state", page.state())]);
            typed.send(if whole { address.to_string() } else { "canary%2Fcode%3D%3D".to_owned() }).unwrap();
        };
        let (set, ()) = tokio::join!(signing, pasting);
        assert!(set.unwrap().refresh.is_some());
    }
    assert!(vendor.tokens_asked().iter().all(|fields| fields["code"] == "canary/code=="));
}

#[tokio::test]
async fn an_app_signs_in_with_its_secret_in_the_header_alone() {
    let vendor = Vendor::start();
    let flow = flow(&vendor, "app");
    let run = async |secret: &str| {
        flow.run(Grant::ClientCredentials, Some(SecretString::from(secret)), &mut person().0).await
    };
    let set = run(SECRET).await.unwrap();
    assert_eq!((set.access.expose_secret(), set.refresh.is_none()), ("canary-access-1-b7e1", true));
    let asked = &vendor.stub.asked()[0];
    assert_eq!(form(asked).into_iter().collect::<Vec<_>>().len(), 2, "{}", asked.text);
    assert_eq!(form(asked)["scope"], "crm.read");
    let error = run("not-the-secret").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "Small CRM (crm): the app is not known there, or its secret is wrong (invalid_client: unknown client or wrong secret). \
         Check client_id under [source.crm.settings] in config.toml, then: rounds login crm"
    );
}

/// Signs in by a code, without waiting: what came of it, how long each pause was, and what was shown.
async fn by_code(answers: Vec<Answer>) -> (Result<TokenSet, ConnectError>, Vec<u64>, String) {
    let asked = AtomicUsize::new(0);
    let answers = Mutex::new(answers.into_iter().map(Some).collect::<Vec<_>>());
    let hook: Hook = Box::new(move |request, _| {
        if request.path != "/token" {
            return None;
        }
        let turn = asked.fetch_add(1, Ordering::AcqRel);
        answers.lock().unwrap().get_mut(turn).and_then(Option::take)
    });
    let vendor = Vendor::hook(hook);
    let (mut person, mut steps) = person();
    let pauses: Arc<Mutex<Vec<u64>>> = Arc::default();
    let seen = Arc::clone(&pauses);
    person.pause = Box::new(move |length: Duration| {
        seen.lock().unwrap().push(length.as_secs());
        Box::pin(std::future::ready(()))
    });
    let set = flow(&vendor, "web").run(Grant::Device, None, &mut person).await;
    let shown = steps.try_recv().unwrap();
    assert!(matches!(&shown, Step::Code { opened: false, .. }), "{shown:?}");
    for fields in vendor.tokens_asked() {
        assert_eq!(fields["device_code"], "canary-device-code");
        assert_eq!(fields["client_id"], CLIENT);
    }
    let pauses = pauses.lock().unwrap().clone();
    (set, pauses, shown.to_string())
}

#[tokio::test]
async fn a_code_is_asked_after_as_often_as_the_vendor_allows() {
    let pending = || refuse(400, "authorization_pending", "");
    let (set, pauses, shown) = by_code(vec![pending(), refuse(400, "slow_down", ""), Answer::Reset, pending()]).await;
    assert_eq!(set.unwrap().grant, Grant::Device);
    assert_eq!(pauses, [1, 1, 6, 12, 12], "slow_down adds five seconds for good, a lost answer doubles");
    assert_eq!(shown, "Open on any machine:\n\nhttps://small.example/device\n\nand type the code: WDJB-MJHT\n");
    assert!(!shown.contains("canary"));
}

#[tokio::test]
async fn a_code_that_is_too_old_or_declined_says_so() {
    let said = async |code: &str| by_code(vec![refuse(400, code, "")]).await.0.unwrap_err().to_string();
    assert_eq!(
        said("expired_token").await,
        "Small CRM (crm): the code was not typed in in time. For a new one: rounds login crm"
    );
    assert_eq!(
        said("access_denied").await,
        "Small CRM (crm): it was declined (access_denied). To be asked again: rounds login crm"
    );
    // A vendor that never says so: the time that it named itself is the end.
    let pending = (0..1000).map(|_| refuse(400, "authorization_pending", "")).collect();
    let (set, pauses, _) = by_code(pending).await;
    assert!(set.unwrap_err().to_string().contains("not typed in in time"));
    assert_eq!(pauses.len(), 900);
}

#[tokio::test]
async fn a_secret_is_not_sent_to_where_an_endpoint_points() {
    let elsewhere = Stub::start(|_, _| Answer::Json(200, json!({ "access_token": "stolen" })));
    for status in [302, 307, 308] {
        let to = format!("{}/token", elsewhere.url);
        let vendor = Vendor::hook(Box::new(move |asked, _| {
            (asked.path == "/token").then(|| Answer::With(status, vec![("location", to.clone())], String::new()))
        }));
        let secret = Some(SecretString::from(SECRET));
        let error = flow(&vendor, "app").run(Grant::ClientCredentials, secret, &mut person().0).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Small CRM (crm): signing in at 127.0.0.1 did not work: it points to another address, and nothing was sent there. If \
             that address is right, try once more: rounds login crm"
        );
        assert_eq!(vendor.stub.asked().len(), 1);
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_address_in_an_answer_must_be_of_the_same_vendor() {
    let vendor = Vendor::hook(Box::new(|asked, books| {
        (asked.path == "/token").then(|| {
            let mut answer = books.give(false);
            answer["site"] = json!("https://small.example.evil.test");
            Answer::Json(200, answer)
        })
    }));
    let (mut person, _steps) = person();
    person.pause = Box::new(|_| Box::pin(std::future::ready(())));
    let error = flow(&vendor, "web").run(Grant::Device, None, &mut person).await.unwrap_err().to_string();
    assert!(error.contains("it names another host, small.example.evil.test; the token was sent nowhere"), "{error}");
}

#[test]
fn an_address_in_the_clear_is_refused_before_anything_is_sent() {
    let mut config = SourceConfig::new("crm", "smallcrm");
    config.settings =
        [("api", "https://small.example"), ("login", "http://login.small.example"), ("client_id", CLIENT)]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
    let manifest = load(CONNECTOR, "smallcrm.toml").unwrap();
    let error = choose(&config, &manifest, Some("web"), None).unwrap_err().to_string();
    assert!(error.contains("would send the token in the clear"), "{error}");
}

#[tokio::test]
async fn an_echo_of_what_was_sent_is_taken_out_of_the_vendors_words() {
    let vendor = Vendor::hook(Box::new(|asked, _| {
        (asked.path == "/token").then(|| refuse(400, "invalid_request", &format!("can't read {}", form(asked)["code"])))
    }));
    let error = by_browser(&Arc::new(vendor), |page, _| {
        page.visit(&[("code", "canary-code"), ("state", page.state())]);
    })
    .await
    .unwrap_err()
    .to_string();
    assert!(error.contains("can't read ***") && !error.contains("canary"), "{error}");
}
