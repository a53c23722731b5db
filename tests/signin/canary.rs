//! No secret shows anywhere: not in a file, the log, an output, nor in what the machine tells others about a process.

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::common::Home;
use crate::places::piped;
use crate::program::{kept, sign_in};
use crate::vendor::{PASSPHRASE, PLAIN, SECRET, Vendor};

/// Every form of a secret that somebody could read back with bare eyes or one tool.
fn forms(secret: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    vec![secret.to_owned(), hex(secret.as_bytes()), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)]
}

fn holds(bytes: &[u8], secrets: &[String]) -> Option<String> {
    let found = |form: &String| bytes.windows(form.len()).any(|part| part == form.as_bytes());
    secrets.iter().find(|secret| forms(secret).iter().any(found)).cloned()
}

fn files(folder: &Path, seen: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, seen);
        } else {
            seen.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
}

/// The command lines of all processes of this machine that hold one of them.
fn shown_to_others(secrets: &[String]) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| holds(line, secrets).is_some())
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect()
}

#[test]
fn what_looks_for_secrets_finds_them() {
    let secrets = ["canary-access".to_owned()];
    for form in forms("canary-access") {
        assert!(holds(format!("a {form} b").as_bytes(), &secrets).is_some(), "{form}");
    }
    assert!(holds(b"nothing", &secrets).is_none());
    if cfg!(target_os = "linux") {
        let name = std::env::args().next().unwrap();
        assert!(!shown_to_others(&[name]).is_empty(), "this very process is seen");
    }
}

#[test]
fn no_secret_shows_anywhere() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = Arc::clone(&seen);
    let vendor = Vendor::hook(Box::new(move |_, books| {
        // Whenever somebody is asked, the asking process lives.
        let secrets: Vec<String> =
            books.secrets.iter().cloned().chain([SECRET, PLAIN, PASSPHRASE].map(str::to_owned)).collect();
        lines.lock().unwrap().extend(shown_to_others(&secrets));
        None
    }));
    let home = vendor.home();
    let mut shown = vec![("login in a terminal".to_owned(), sign_in(&home, &vendor).into_bytes())];
    let mut note = |what: &str, output: std::process::Output| {
        shown.push((format!("{what}: stdout"), output.stdout));
        shown.push((format!("{what}: stderr"), output.stderr));
    };
    let run = |home: &Home, arguments: &[&str]| home.run(&[&["--log-level", "trace"], arguments].concat());

    // All goes well; then a token is renewed; then the sign-in ends, and the vendor repeats what it was sent.
    note("sync", run(&home, &["sync", "--json"]));
    vendor.books.lock().unwrap().access.clear();
    let done = run(&home, &["sync", "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    note("sync that renews", done);
    for arguments in
        [&["whoami", "--json"][..], &["list", "--json"], &["check", "--json"], &["check"], &["why", "Acme"]]
    {
        note(&arguments.join(" "), run(&home, arguments));
    }
    let last = kept(&home);
    {
        let mut books = vendor.books.lock().unwrap();
        books.access.clear();
        books.refresh.clear();
    }
    let done = run(&home, &["sync", "--json"]);
    assert_eq!(done.status.code(), Some(4));
    note("sync after the end", done);
    note("whoami after the end", run(&home, &["whoami"]));
    drop(last);

    // The other ways: an app, and a key that is refused once and then good.
    home.edit_config(|text| text.replace("[source.crm]\n", "[source.crm]\nsign_in = \"app\"\n"));
    note("login app", piped(&home, &["--log-level", "trace", "login", "crm", "--token-stdin"], SECRET));
    note("sync app", run(&home, &["sync"]));
    home.edit_config(|text| text.replace("sign_in = \"app\"", "sign_in = \"key\""));
    note(
        "login wrong key",
        piped(&home, &["--log-level", "trace", "login", "crm", "--token-stdin"], "canary-wrong-key"),
    );
    note("login key", piped(&home, &["--log-level", "trace", "login", "crm", "--token-stdin"], PLAIN));
    note("sync key", run(&home, &["sync", "--json"]));

    let given = vendor.books.lock().unwrap().secrets.clone();
    assert!(given.len() >= 7, "access and refresh tokens, a code and its proof: {given:?}");
    let secrets: Vec<String> =
        given.into_iter().chain([SECRET, PLAIN, PASSPHRASE, "canary-wrong-key"].map(str::to_owned)).collect();
    for (what, bytes) in &shown {
        let found = holds(bytes, &secrets);
        assert!(found.is_none(), "{what} shows {found:?}:\n{}", String::from_utf8_lossy(bytes));
    }
    let mut all = Vec::new();
    files(home.folder.path(), &mut all);
    for name in ["tokens.enc", "rounds.log", "config.toml"] {
        assert!(all.iter().any(|(path, bytes)| path.ends_with(name) && !bytes.is_empty()), "{name} is among the files");
    }
    for (path, bytes) in &all {
        let found = holds(bytes, &secrets);
        assert!(found.is_none(), "{} holds {found:?}", path.display());
    }
    let lines = seen.lock().unwrap();
    assert!(lines.is_empty(), "{lines:?}");
}
