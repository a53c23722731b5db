//! Renewing a sign-in: what comes is kept before it is used, once at a time, and an end is said to be one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rounds::connect::{ConnectError, Grant, Pull, PullEnd, PulledPage, Renewer, Source, TokenSet, Vault, load};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::flows::{config, flow};
use crate::stub::Answer;
use crate::vendor::{CONNECTOR, Vendor, bearer};

/// A keeping place in memory, of one machine: two processes have one each over the same `kept` and lock.
#[derive(Clone)]
struct Store {
    kept: Arc<Mutex<Option<TokenSet>>>,
    folder: Arc<tempfile::TempDir>,
    full: Arc<AtomicBool>,
}

impl Store {
    fn of(set: &TokenSet) -> Self {
        let kept = Arc::new(Mutex::new(Some(set.clone())));
        Self { kept, folder: Arc::new(tempfile::tempdir().unwrap()), full: Arc::default() }
    }

    fn refresh(&self) -> String {
        self.kept.lock().unwrap().as_ref().unwrap().refresh.as_ref().unwrap().expose_secret().to_owned()
    }
}

impl Vault for Store {
    fn load(&self) -> Result<TokenSet, String> {
        self.kept.lock().unwrap().clone().ok_or_else(|| "it is kept nowhere any more".to_owned())
    }

    fn save(&self, set: &TokenSet) -> Result<(), String> {
        if self.full.load(Ordering::Acquire) {
            return Err("the disk is full".to_owned());
        }
        *self.kept.lock().unwrap() = Some(set.clone());
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.folder.path().join("sign-in-crm.lock")
    }
}

/// The set that a sign-in at this vendor gave.
fn signed_in(vendor: &Vendor) -> TokenSet {
    set_of(&vendor.books.lock().unwrap().give(true))
}

fn set_of(given: &Json) -> TokenSet {
    TokenSet {
        way: "web".into(),
        grant: Grant::Pkce,
        access: given["access_token"].as_str().unwrap().into(),
        refresh: given["refresh_token"].as_str().map(Into::into),
        expires: None,
        kept: [].into(),
        client_secret: None,
        scope: None,
    }
}

/// A source as a process has it.
fn source(vendor: &Vendor, store: &Store, set: &TokenSet) -> Source {
    let source = Source::new(&config(vendor), load(CONNECTOR, "smallcrm.toml").unwrap(), set.sign_in()).unwrap();
    source.on_renewal(Renewer::new(flow(vendor, "web"), Arc::new(store.clone()), set.clone()).renewal());
    source
}

/// Pulls all accounts: how many came, and how it ended.
async fn accounts(source: &Source) -> (usize, Result<PullEnd, ConnectError>) {
    let (tx, mut pages) = tokio::sync::mpsc::channel::<PulledPage>(4);
    let count = async {
        let mut rows = 0;
        while let Some(page) = pages.recv().await {
            rows += page.rows.len();
        }
        rows
    };
    let pull = Pull::First { stream: "account".into(), resume: None };
    let (end, rows) = tokio::join!(source.pull(pull, tx), count);
    (rows, end)
}

fn paths(vendor: &Vendor) -> Vec<String> {
    vendor.stub.asked().iter().map(|asked| asked.path.clone()).collect()
}

#[tokio::test]
async fn a_token_that_dies_midway_is_renewed_once_and_the_pull_goes_on() {
    let vendor = Vendor::hook(Box::new(|asked, books| {
        // It dies after the first page.
        if asked.path == "/accounts" && asked.query("after").is_none() {
            books.access.remove("canary-access-1-b7e1");
            return Some(Answer::Json(200, json!({ "list": [{ "id": "1", "name": "Acme" }], "after": "1" })));
        }
        None
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    let (rows, end) = accounts(&source(&vendor, &store, &set)).await;
    end.unwrap();
    assert_eq!(rows, 2);
    assert_eq!(
        paths(&vendor),
        ["/accounts", "/accounts", "/token", "/accounts"],
        "no page was asked for twice in vain"
    );
    assert_eq!(store.refresh(), "canary-refresh-2-c9d4");
}

#[tokio::test]
async fn the_new_refresh_token_is_kept_before_the_new_token_is_used() {
    let seen: Arc<Mutex<Option<Store>>> = Arc::default();
    let (at, used) = (Arc::clone(&seen), Arc::new(AtomicBool::new(false)));
    let hit = Arc::clone(&used);
    let vendor = Vendor::hook(Box::new(move |asked, books| {
        books.access.remove("canary-access-1-b7e1");
        if bearer(asked) == "canary-access-2-b7e1" {
            // The vendor looks into the keeping place: were the process killed now, what would be left?
            let store = at.lock().unwrap().clone().unwrap();
            assert_eq!(store.refresh(), "canary-refresh-2-c9d4");
            hit.store(true, Ordering::Release);
        }
        None
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    *seen.lock().unwrap() = Some(store.clone());
    accounts(&source(&vendor, &store, &set)).await.1.unwrap();
    assert!(used.load(Ordering::Acquire));
}

#[tokio::test]
async fn a_token_whose_refresh_token_can_t_be_kept_is_not_used() {
    let vendor = Vendor::hook(Box::new(|_, books| {
        books.access.remove("canary-access-1-b7e1");
        None
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    store.full.store(true, Ordering::Release);
    let renewer = Renewer::new(flow(&vendor, "web"), Arc::new(store.clone()), set.clone());
    let source = Source::new(&config(&vendor), load(CONNECTOR, "smallcrm.toml").unwrap(), set.sign_in()).unwrap();
    source.on_renewal(renewer.renewal());
    let error = accounts(&source).await.1.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Small CRM (crm): a new refresh token came and can't be kept (the disk is full). Mend that, then sign in again: rounds \
         login crm"
    );
    assert_eq!(paths(&vendor), ["/accounts", "/token"]);
    // Whoever asks next doesn't spend the old one again: what came waits for room.
    renewer.renew().await.unwrap_err();
    store.full.store(false, Ordering::Release);
    let next = renewer.renew().await.unwrap();
    assert_eq!(next.token.expose_secret(), "canary-access-2-b7e1");
    assert_eq!(store.refresh(), "canary-refresh-2-c9d4");
    assert_eq!(vendor.renewals(), 1);
}

#[tokio::test]
async fn a_sign_in_that_ended_says_to_sign_in_again() {
    let vendor = Vendor::start();
    let set = signed_in(&vendor);
    *vendor.books.lock().unwrap() = Default::default();
    let error = accounts(&source(&vendor, &Store::of(&set), &set)).await.1.unwrap_err();
    assert!(matches!(error, ConnectError::NotSignedIn { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "Small CRM (crm): the sign-in there has ended (invalid_grant: *** is spent). Sign in again: rounds login crm"
    );
    assert_eq!(vendor.renewals(), 1, "a dead refresh token is not tried over and over");
}

#[tokio::test]
async fn who_signed_out_meanwhile_stays_signed_out() {
    let vendor = Vendor::hook(Box::new(|_, books| {
        books.access.clear();
        None
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    *store.kept.lock().unwrap() = None;
    let error = accounts(&source(&vendor, &store, &set)).await.1.unwrap_err().to_string();
    assert!(error.contains("it is kept nowhere any more. Sign in: rounds login crm"), "{error}");
    assert!(store.kept.lock().unwrap().is_none());
    assert_eq!(vendor.renewals(), 0);

    // And who signed in by another way meanwhile keeps that one.
    let other = TokenSet { way: "app".into(), ..set.clone() };
    *store.kept.lock().unwrap() = Some(other);
    let error = accounts(&source(&vendor, &store, &set)).await.1.unwrap_err().to_string();
    assert!(error.contains("signed in to by app meanwhile, no longer by web"), "{error}");
    assert_eq!(store.kept.lock().unwrap().as_ref().unwrap().way, "app");
    assert_eq!(vendor.renewals(), 0);
}

#[tokio::test]
async fn several_at_once_in_two_processes_renew_once() {
    let vendor = Vendor::hook(Box::new(|_, books| {
        books.access.remove("canary-access-1-b7e1");
        None
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    let process = || Renewer::new(flow(&vendor, "web"), Arc::new(store.clone()), set.clone());
    let (one, two) = (process(), process());
    // Both know only the old token; the file's lock lets one of them ask, and the other takes what that one got.
    let (left, right) = tokio::join!(one.renew(), two.renew());
    assert_eq!(left.unwrap().token.expose_secret(), "canary-access-2-b7e1");
    assert_eq!(right.unwrap().token.expose_secret(), "canary-access-2-b7e1");
    assert_eq!(vendor.renewals(), 1);

    // Two processes with several streams each, whose token dies under all of them.
    vendor.books.lock().unwrap().access.clear();
    let kept = store.load().unwrap();
    let sources = [source(&vendor, &store, &kept), source(&vendor, &store, &kept)];
    let pulls = tokio::join!(
        accounts(&sources[0]),
        accounts(&sources[0]),
        accounts(&sources[0]),
        accounts(&sources[1]),
        accounts(&sources[1])
    );
    assert_eq!([pulls.0.0, pulls.1.0, pulls.2.0, pulls.3.0, pulls.4.0], [2; 5]);
    assert_eq!(vendor.renewals(), 2);
}

#[tokio::test]
async fn a_token_about_to_die_is_renewed_before_it_is_sent() {
    let vendor = Vendor::start();
    let set = TokenSet {
        expires: Timestamp::now().checked_add(std::time::Duration::from_secs(20)).ok(),
        ..signed_in(&vendor)
    };
    let store = Store::of(&set);
    accounts(&source(&vendor, &store, &set)).await.1.unwrap();
    assert_eq!(paths(&vendor), ["/token", "/accounts", "/accounts"]);
    assert!(vendor.stub.to("/accounts").iter().all(|asked| bearer(asked) == "canary-access-2-b7e1"));
}

#[tokio::test]
async fn a_busy_endpoint_is_no_end_of_the_sign_in() {
    let vendor = Vendor::hook(Box::new(|asked, books| {
        books.access.clear();
        (asked.path == "/token").then(|| Answer::Json(503, json!({ "error": "temporarily_unavailable" })))
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    let error = accounts(&source(&vendor, &store, &set)).await.1.unwrap_err();
    assert!(matches!(error, ConnectError::Transient { .. }), "{error:?}");
    assert_eq!(store.refresh(), "canary-refresh-1-c9d4");
}

#[tokio::test]
async fn a_vendor_that_refuses_every_new_token_is_not_asked_for_ever() {
    let vendor = Vendor::hook(Box::new(|asked, _| {
        (asked.path == "/accounts").then(|| Answer::Json(401, json!({ "message": "not you" })))
    }));
    let set = signed_in(&vendor);
    let store = Store::of(&set);
    let error = accounts(&source(&vendor, &store, &set)).await.1.unwrap_err();
    assert!(matches!(error, ConnectError::SignIn { .. }), "{error:?}");
    assert_eq!(vendor.renewals(), 1);
    let renewer = Renewer::new(flow(&vendor, "web"), Arc::new(store.clone()), store.load().unwrap());
    for _ in 0..3 {
        renewer.renew().await.unwrap();
    }
    let error = renewer.renew().await.unwrap_err().to_string();
    assert!(error.contains("3 new tokens within a minute were all refused"), "{error}");
    assert_eq!(vendor.renewals(), 4);
}
