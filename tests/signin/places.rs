//! Where a token is kept and looked for, and what the commands say of it.

use std::io::Write;
use std::process::{Output, Stdio};

use crate::common::Home;
use crate::vendor::{PLAIN, SECRET, Vendor, bearer};

/// Runs a command with that on its standard input.
pub fn piped(home: &Home, arguments: &[&str], line: &str) -> Output {
    let mut command = home.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn from(home: &Home) -> String {
    home.json(&["whoami", "crm", "--json"])[0]["token_from"].as_str().unwrap().to_owned()
}

#[test]
fn a_container_without_a_keyring_keeps_tokens_under_a_passphrase() {
    let vendor = Vendor::start();
    let mut home = vendor.home();
    let done = piped(&home, &["login", "crm", "--way", "key", "--token-stdin"], PLAIN);
    assert!(done.status.success(), "{}", err(&done));
    let file = home.data().join("tokens.enc");
    assert_eq!(
        out(&done),
        format!(
            "signed in to Small CRM (crm) as maya.chen@example.com; the token is in the encrypted file {}\ncrm goes by web so far: \
             for this way add the line sign_in = \"key\" under [source.crm] in config.toml\n",
            file.display()
        )
    );
    home.edit_config(|text| text.replace("[source.crm]\n", "[source.crm]\nsign_in = \"key\"\n"));
    assert_eq!(from(&home), format!("the encrypted file {}", file.display()));

    home.env.insert("ROUNDS_PASSPHRASE".into(), "another".into());
    for command in [&["whoami", "crm"][..], &["sync"], &["logout", "crm"], &["login", "crm", "--token-stdin"]] {
        let done = piped(&home, command, PLAIN);
        assert!(!done.status.success(), "{command:?}");
        let said = format!("{}{}", out(&done), err(&done));
        assert!(said.contains("the passphrase is wrong, or the file is damaged"), "{command:?}: {said}");
    }
    home.env.remove("ROUNDS_PASSPHRASE");
    let done = home.run(&["whoami", "crm"]);
    assert_eq!(done.status.code(), Some(4));
    let said = err(&done);
    assert!(said.contains("locked, and ROUNDS_PASSPHRASE is not set") && said.contains("rounds login crm"), "{said}");

    home.env.insert("ROUNDS_PASSPHRASE".into(), crate::vendor::PASSPHRASE.into());
    let said = home.ok(&["logout", "crm"]);
    assert_eq!(
        said,
        format!(
            "the token of crm is gone from the encrypted file {}; revoke it there too if it may have leaked\n",
            file.display()
        )
    );
    assert_eq!(home.ok(&["logout", "crm"]), "no token of crm is kept here\n");
    let done = home.run(&["whoami", "crm"]);
    assert_eq!(done.status.code(), Some(4));
    assert!(err(&done).contains("there is no token for crm. Looked at ROUNDS_TOKEN_CRM (not set)"), "{}", err(&done));
}

#[test]
fn a_command_or_a_variable_gives_the_token_and_comes_first() {
    let vendor = Vendor::start();
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("token.txt");
    let command = format!("sign_in = \"key\"\ntoken_command = \"cat '{}'\"", keep.display());
    let mut home = vendor.home_with(&command);
    let done = home.run(&["whoami", "crm"]);
    assert_eq!(done.status.code(), Some(4));
    assert!(err(&done).contains("token_command of crm gave no token: it failed"), "{}", err(&done));
    std::fs::write(&keep, format!("{PLAIN}\n")).unwrap();
    assert_eq!(from(&home), "token_command");
    home.env.insert("ROUNDS_TOKEN_CRM".into(), PLAIN.into());
    assert_eq!(from(&home), "ROUNDS_TOKEN_CRM");
    let done = piped(&home, &["login", "crm", "--token-stdin"], PLAIN);
    assert!(
        out(&done).ends_with("\nROUNDS_TOKEN_CRM comes first, though: without it, this sign-in is used\n"),
        "{}",
        out(&done)
    );
}

#[test]
fn a_command_whose_token_was_renewed_is_asked_again_midway() {
    let folder = tempfile::tempdir().unwrap();
    let keep = folder.path().join("token.txt");
    std::fs::write(&keep, "canary-first-key").unwrap();
    let renewed = keep.clone();
    let vendor = Vendor::hook(Box::new(move |asked, books| {
        // It dies with the second page; by then the command has another.
        if asked.query("after").is_some() && books.access.remove("canary-first-key") {
            std::fs::write(&renewed, PLAIN).unwrap();
        }
        None
    }));
    vendor.books.lock().unwrap().access.insert("canary-first-key".to_owned());
    let home = vendor.home_with(&format!("sign_in = \"key\"\ntoken_command = \"cat '{}'\"", keep.display()));
    home.ok(&["sync"]);
    let used: Vec<String> = vendor.stub.to("/accounts").iter().map(|asked| bearer(asked).to_owned()).collect();
    assert_eq!(used, ["canary-first-key", "canary-first-key", PLAIN]);
    assert_eq!(home.json(&["list", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn an_app_signs_in_without_anybody_and_again_by_itself() {
    let vendor = Vendor::start();
    let home = vendor.home_with("sign_in = \"app\"");
    let done = home.run(&["login", "crm"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("say --token-stdin and pipe the token or client secret in"), "{}", err(&done));
    let done = piped(&home, &["login", "crm", "--token-stdin"], "");
    assert_eq!(done.status.code(), Some(2));
    assert!(err(&done).contains("no client secret was given: nothing was stored"), "{}", err(&done));
    let done = piped(&home, &["login", "crm", "--token-stdin"], "not the secret");
    assert_eq!(done.status.code(), Some(4), "{}", err(&done));
    assert!(err(&done).contains("its secret is wrong"), "{}", err(&done));
    assert!(!home.data().join("tokens.enc").exists(), "what was refused is not kept");
    let done = piped(&home, &["login", "crm", "--token-stdin"], SECRET);
    assert!(done.status.success(), "{}", err(&done));
    // Its token dies; nobody is there.
    vendor.books.lock().unwrap().access.clear();
    home.ok(&["sync"]);
    let asked = vendor.tokens_asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|fields| fields["grant_type"] == "client_credentials" && fields.len() == 2));
}

#[test]
fn ways_are_named_where_they_are_not_known_or_not_ready() {
    let vendor = Vendor::start();
    let home = vendor.home();
    let done = home.run(&["login", "crm", "--way", "magic"]);
    assert_eq!(done.status.code(), Some(3));
    assert!(
        err(&done).contains("\"magic\" is no way to sign in to Small CRM; allowed: web, app, key"),
        "{}",
        err(&done)
    );
    home.edit_config(|text| text.replace("client_id = ", "# client_id = "));
    let done = home.run(&["login", "crm", "--way", "pkce"]);
    assert_eq!(done.status.code(), Some(3));
    let said = err(&done);
    assert!(said.contains("signing in by web needs it (Client id of the app)"), "{said}");
    assert!(
        said.contains("add the line client_id = \"rounds-app\" under [source.crm.settings] in config.toml"),
        "{said}"
    );
    let done = home.run(&["login", "usage"]);
    assert!(!done.status.success() && err(&done).contains("usage"), "{}", err(&done));
}

#[test]
fn a_token_that_is_refused_is_said_so_and_stays_out_of_the_words() {
    let vendor = Vendor::start();
    let home = vendor.home_with("sign_in = \"key\"");
    let done = piped(&home, &["login", "crm", "--token-stdin"], "canary-key-that-is-wrong");
    assert_eq!(done.status.code(), Some(4));
    let said = err(&done);
    assert!(said.contains("but it is not proved: Small CRM (crm) refused the token") && said.contains("***"), "{said}");
    assert!(!said.contains("canary-key"), "{said}");
}
