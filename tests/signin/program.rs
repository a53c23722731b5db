//! The program itself, in a terminal and without one.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use rounds::connect::TokenSet;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::common::{Home, PATIENCE, Terminal};
use crate::stub::Answer;
use crate::vendor::{PASSPHRASE, Page, Vendor, bearer};

/// Waits for the address that `rounds login` prints, and reads it as the vendor would.
pub fn printed(terminal: &Terminal, vendor: &Vendor) -> Page {
    terminal.wait_for("Paste the address");
    let output = terminal.output();
    let start = output.find(&format!("{}/authorize?", vendor.url())).unwrap_or_else(|| panic!("{output}"));
    let address: String = output[start..].chars().take_while(|c| !c.is_whitespace() && !c.is_control()).collect();
    Page::open(&Url::parse(&address).unwrap(), vendor)
}

/// Signs in over a browser: everything that the terminal was shown.
pub fn sign_in(home: &Home, vendor: &Vendor) -> String {
    let mut terminal = home.open_with(&["login", "crm", "--no-browser"], 120, 40);
    let page = printed(&terminal, vendor);
    let code = page.code(vendor, "canary-code-51d0");
    page.visit(&[("code", &code), ("state", page.state())]);
    let (code, shown) = ended(&mut terminal);
    assert_eq!(code, 0, "{shown}");
    shown
}

/// Waits until the terminal asks for the passphrase and shows nothing of what is typed any more, and types it.
fn type_passphrase(terminal: &mut Terminal, passphrase: &str) {
    terminal.wait_for("Passphrase of the encrypted file (not shown)");
    let tty = format!("/proc/{}/fd/0", terminal.pid());
    let begun = Instant::now();
    loop {
        let state = Command::new("stty").args(["-F", &tty, "-a"]).output().unwrap();
        if String::from_utf8_lossy(&state.stdout).split_whitespace().any(|flag| flag == "-echo") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "what is typed would be shown: {state:?}");
    }
    terminal.keys(&format!("{passphrase}\r"));
}

/// Waits for the end: its exit code and everything that was shown.
fn ended(terminal: &mut Terminal) -> (u32, String) {
    let code = terminal.end();
    // Its last words may still be on their way to the screen.
    assert!(terminal.restored());
    (code, terminal.output())
}

/// What is kept of the sign-in now.
pub fn kept(home: &Home) -> TokenSet {
    let file = home.data().join("tokens.enc");
    let found = rounds::secrets::find_asking("crm", None, &file, &|| Some(SecretString::from(PASSPHRASE))).unwrap();
    TokenSet::parse(&found.token).unwrap()
}

#[test]
fn a_browser_on_this_machine_signs_in() {
    let vendor = Vendor::start();
    let home = vendor.home();
    let said = sign_in(&home, &vendor);
    assert!(said.contains("Open in a browser:"), "{said}");
    let file = home.data().join("tokens.enc");
    let last = format!(
        "signed in to Small CRM (crm) as maya.chen@example.com; the sign-in is in the encrypted file {}",
        file.display()
    );
    assert!(said.replace("\r\n", "\n").ends_with(&format!("{last}\n")), "{said}");
    assert!(!said.contains("canary"), "{said}");
    assert_eq!(kept(&home).refresh.unwrap().expose_secret(), "canary-refresh-1-c9d4");
    let who = &home.json(&["whoami", "crm", "--json"])[0];
    assert_eq!((who["who"].as_str(), who["error"].as_str()), (Some("maya.chen@example.com"), None));
    home.ok(&["sync"]);
    assert_eq!(home.json(&["list", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn over_ssh_the_address_or_the_code_is_pasted() {
    for whole in [true, false] {
        let vendor = Vendor::start();
        let home = vendor.home();
        let mut terminal = home.open_with(&["login", "crm", "--no-browser"], 120, 40);
        let page = printed(&terminal, &vendor);
        let code = page.code(&vendor, "canary-code-51d0");
        let wrong = page.redirect(&[("code", "planted"), ("state", "of-another")]);
        terminal.keys(&format!("{wrong}\r"));
        terminal.wait_for("belongs to another sign-in");
        let right = page.redirect(&[("code", &code), ("state", page.state())]);
        terminal.keys(&if whole { format!("{right}\r") } else { format!("{code}\r") });
        terminal.wait_for("signed in to Small CRM (crm) as maya.chen@example.com");
        assert_eq!(terminal.end(), 0);
        assert_eq!(vendor.tokens_asked().len(), 1);
    }
}

#[test]
fn a_code_is_typed_on_another_machine() {
    let vendor = Vendor::start();
    let home = vendor.home();
    let mut terminal = home.open_with(&["login", "crm", "--way", "device", "--no-browser"], 120, 40);
    terminal.wait_for("and type the code: WDJB-MJHT");
    terminal.wait_for("signed in to Small CRM (crm)");
    let (code, shown) = ended(&mut terminal);
    assert!(code == 0 && !shown.contains("canary"), "{shown}");
    // The next time it goes the way of last time.
    let mut terminal = home.open_with(&["login", "crm", "--no-browser"], 120, 40);
    terminal.wait_for("and type the code: WDJB-MJHT");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn where_nothing_can_be_kept_nobody_has_to_sign_in_first() {
    let vendor = Vendor::start();
    let mut home = vendor.home();
    home.env.insert("ROUNDS_PASSPHRASE".into(), String::new());
    let mut terminal = home.open_with(&["login", "crm", "--no-browser"], 120, 40);
    type_passphrase(&mut terminal, "");
    let (code, shown) = ended(&mut terminal);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("set ROUNDS_PASSPHRASE or ROUNDS_TOKEN_CRM"), "{shown}");
    assert!(vendor.stub.asked().is_empty());
    // Typed in, it serves as well as the variable does; it is never shown.
    let mut terminal = home.open_with(&["login", "crm", "--no-browser"], 120, 40);
    type_passphrase(&mut terminal, PASSPHRASE);
    let page = printed(&terminal, &vendor);
    let code = page.code(&vendor, "canary-code-51d0");
    page.visit(&[("code", &code), ("state", page.state())]);
    let (code, shown) = ended(&mut terminal);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(PASSPHRASE) && !shown.contains("canary"), "{shown}");
    assert_eq!(kept(&home).refresh.unwrap().expose_secret(), "canary-refresh-1-c9d4");
}

#[test]
fn without_anybody_there_a_sign_in_by_hand_is_refused_with_what_to_do() {
    let vendor = Vendor::start();
    let home = vendor.home();
    let output = home.run(&["login", "crm"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "signing in by web needs somebody at a terminal; run rounds login crm in one\n"
    );
    assert!(vendor.stub.asked().is_empty());
}

#[test]
fn two_processes_renew_once_and_a_kill_afterwards_loses_nothing() {
    // The old token is refused only when both have come with it: so both want a new one.
    let waiting: Arc<(Mutex<BTreeSet<String>>, Condvar)> = Arc::default();
    let gate = Arc::clone(&waiting);
    let vendor = Vendor::start();
    let home = vendor.home();
    sign_in(&home, &vendor);
    let both = crate::stub::Stub::start({
        let (url, books) = (vendor.url().to_owned(), Arc::clone(&vendor.books));
        move |asked, before| {
            if bearer(asked) != "canary-access-1-b7e1" {
                // From here on as the vendor itself answers.
                assert!(books.lock().unwrap().access.contains(bearer(asked)), "{url}: {asked:?}");
                return Answer::Json(200, serde_json::json!({ "id": 7, "email": "maya.chen@example.com" }));
            }
            let (lock, changed) = &*gate;
            let mut here = lock.lock().unwrap();
            here.insert(before.to_string());
            changed.notify_all();
            let (here, late) = changed.wait_timeout_while(here, PATIENCE, |here| here.len() < 2).unwrap();
            assert!(!late.timed_out() && here.len() == 2);
            Answer::Json(401, serde_json::json!({ "message": "expired" }))
        }
    });
    home.edit_config(|text| text.replace(&format!("api = \"{}\"", vendor.url()), &format!("api = \"{}\"", both.url)));
    let start = || {
        let mut command = home.command(&["whoami", "crm", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for mut child in [start(), start()] {
        let (mut out, mut err) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(child.wait().unwrap().success(), "{out}{err}");
        assert!(out.contains("maya.chen@example.com"), "{out}");
    }
    assert_eq!(vendor.renewals(), 1);
    let used: Vec<String> = both.asked().iter().skip(2).map(|asked| bearer(asked).to_owned()).collect();
    assert_eq!(used, ["canary-access-2-b7e1", "canary-access-2-b7e1"]);
    assert_eq!(kept(&home).refresh.unwrap().expose_secret(), "canary-refresh-2-c9d4");
}

#[test]
fn a_process_killed_at_its_first_use_of_a_new_token_has_kept_it() {
    let vendor = Vendor::start();
    let home = vendor.home();
    sign_in(&home, &vendor);
    vendor.books.lock().unwrap().access.clear();
    // It answers the new token by nothing at all: there the process is killed.
    let (tx, reached) = std::sync::mpsc::channel();
    let tx = Mutex::new(tx);
    let api = crate::stub::Stub::start(move |asked, _| {
        if bearer(asked) == "canary-access-1-b7e1" {
            return Answer::Json(401, serde_json::json!({ "message": "expired" }));
        }
        tx.lock().unwrap().send(bearer(asked).to_owned()).unwrap();
        Answer::Silent
    });
    home.edit_config(|text| text.replace(&format!("api = \"{}\"", vendor.url()), &format!("api = \"{}\"", api.url)));
    let mut child = home.command(&["whoami", "crm"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(reached.recv_timeout(PATIENCE).unwrap(), "canary-access-2-b7e1");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(kept(&home).refresh.unwrap().expose_secret(), "canary-refresh-2-c9d4");
    // And the next start goes on from there, without anybody.
    home.edit_config(|text| text.replace(&format!("api = \"{}\"", api.url), &format!("api = \"{}\"", vendor.url())));
    vendor.books.lock().unwrap().access.clear();
    assert!(home.ok(&["whoami"]).contains("maya.chen@example.com"));
    assert_eq!(vendor.renewals(), 2);
}
