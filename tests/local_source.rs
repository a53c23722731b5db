//! Promise: a file, an address or a program that gives a table is a source like any other, and what can't be read is
//! said with its name. Run over the program itself: an own folder, `config.toml`, `rounds sync`, `rounds list`.

#![allow(clippy::unwrap_used)]

#[path = "stub/mod.rs"]
mod stub;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;
use stub::{Answer, Stub};

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    /// A home whose `config.toml` has this in it, `DIR` being the folder of the files.
    fn new(config: &str) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["config", "data", "files"] {
            std::fs::create_dir(home.dir.path().join(folder)).unwrap();
        }
        let config = config.replace("DIR", &home.files().display().to_string());
        std::fs::write(home.dir.path().join("config/config.toml"), config).unwrap();
        home
    }

    fn files(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.files().join(name), bytes).unwrap();
    }

    fn rounds(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rounds"))
            .args(words)
            .env("ROUNDS_CONFIG", self.dir.path().join("config"))
            .env("ROUNDS_DATA", self.dir.path().join("data"))
            .env_remove("ROUNDS_TODAY")
            .env("HOME", self.dir.path())
            .output()
            .unwrap()
    }

    /// Syncs; what it said, and whether all went well.
    fn sync(&self) -> (String, bool) {
        let out = self.rounds(&["sync"]);
        let text = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (text, out.status.success())
    }

    /// `name arr renewal` of every account.
    fn accounts(&self) -> Vec<String> {
        let out = self.rounds(&["list", "--json"]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let json: Json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let list = json.as_array().or_else(|| json["accounts"].as_array()).unwrap_or_else(|| panic!("{text}"));
        let mut rows: Vec<String> = list
            .iter()
            .map(|row| format!("{} {} {}", row["name"], row["arr"], row["renewal_date"]).replace('"', ""))
            .collect();
        rows.sort();
        rows
    }
}

const SHEET: &str = r#"
[source.sheet]
connector = "files"
settings.folder = "DIR"
[source.sheet.with.streams.account]
use = "csv"
its = { file = "accounts.csv" }
map = { id = '"Customer no"', name = "Name", domain = "Website | host", arr = "= ARR | replace('.', '') | replace(',', '.')", renewal_date = "Renewal" }
"#;

#[test]
fn a_spreadsheet_export_is_read_and_what_is_missing_next_time_is_gone() {
    let home = Home::new(SHEET);
    home.write(
        "accounts.csv",
        b"Customer no;Name;Website;ARR;Renewal\r\n7;M\xfcller AG;https://www.mueller.example/x;12.000,50;2027-01-31\r\n8;\"Acme; Inc.\";acme.example;;\r\n",
    );
    let (said, well) = home.sync();
    assert!(well, "{said}");
    assert_eq!(home.accounts(), ["Acme; Inc. null null", "Müller AG 12000.5 2027-01-31"]);
    home.write("accounts.csv", "Customer no;Name;Website;ARR;Renewal\n8;Acme Inc.;acme.example;5;2027-02-28\n");
    let (said, well) = home.sync();
    assert!(well, "{said}");
    assert_eq!(home.accounts(), ["Acme Inc. 5.0 2027-02-28"]);
}

#[test]
fn a_file_that_is_not_there_or_cut_off_is_named_and_nothing_is_lost() {
    let home = Home::new(SHEET);
    home.write("accounts.csv", "Customer no;Name;Website;ARR;Renewal\n8;Acme Inc.;acme.example;5;2027-02-28\n");
    assert!(home.sync().1);
    for (text, words) in [
        (Some("Customer no;Name;Website;ARR;Renewal\n8;Acme Inc.;acme.ex"), "cut off"),
        (None, "accounts.csv is not there"),
    ] {
        match text {
            Some(text) => home.write("accounts.csv", text),
            None => std::fs::remove_file(home.files().join("accounts.csv")).unwrap(),
        }
        let (said, well) = home.sync();
        assert!(!well && said.contains(words), "{said}");
        assert_eq!(home.accounts(), ["Acme Inc. 5.0 2027-02-28"]);
    }
}

#[test]
fn a_program_is_run_without_a_shell_and_its_last_words_are_said() {
    let home = Home::new(
        r#"
[source.house]
connector = "files"
[source.house.with.streams.account]
use = "program_jsonl"
first.run = ["cat", "DIR/accounts; touch no.jsonl"]
map = { id = "id", name = "name", arr = "arr" }
"#,
    );
    home.write(
        "accounts; touch no.jsonl",
        "{\"id\": 1, \"name\": \"Acme\", \"arr\": 10.5}\n{\"id\": 2, \"name\": \"Globex\", \"arr\": null}\n",
    );
    let (said, well) = home.sync();
    assert!(well, "{said}");
    assert_eq!(home.accounts(), ["Acme 10.5 null", "Globex null null"]);
    std::fs::remove_file(home.files().join("accounts; touch no.jsonl")).unwrap();
    let (said, well) = home.sync();
    assert!(!well && said.contains("cat says: cat: "), "{said}");
    assert_eq!(home.accounts().len(), 2);
}

#[test]
fn a_connector_that_was_dropped_in_may_not_run_a_program() {
    let home = Home::new("[source.house]\nconnector = \"house\"\n");
    let folder = home.dir.path().join("config/connectors");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("house.toml"),
        r#"connector = 1
name = "House"
base.url = "https://house.example"
auth.open = { kind = "none" }
[streams.account]
map = { id = "id", name = "name" }
first = { run = ["touch", "ran"], rows = { kind = "csv" }, next = { kind = "none" } }
"#,
    )
    .unwrap();
    let out = home.rounds(&["check", "--dry-run"]);
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    assert!(said.contains("connectors/house.toml:7 ") && said.contains("can't run a program"), "{said}");
    assert!(!Path::new("ran").exists());
}

#[test]
fn an_address_gives_a_table_too_and_its_token_goes_with_it() {
    let stub = Stub::start(|asked, _| match asked.path.as_str() {
        "/exports/accounts.csv" => {
            Answer::With(200, vec![("content-type", "text/csv".into())], "id,name,arr\n1,Acme,10\n".into())
        }
        _ => Answer::Json(404, serde_json::json!({ "message": "no such file" })),
    });
    let home = Home::new(&format!(
        r#"
[source.web]
connector = "files"
sign_in = "token"
settings.url = "{}/exports"
token_command = "echo secret-of-the-address"
[source.web.with.streams.account]
use = "url_csv"
its = {{ file = "accounts.csv" }}
map = {{ id = "id", name = "name", arr = "arr" }}
"#,
        stub.url
    ));
    let (said, well) = home.sync();
    assert!(well, "{said}");
    assert_eq!(home.accounts(), ["Acme 10.0 null"]);
    let asked = stub.asked();
    assert!(
        asked.iter().all(|asked| asked
            .headers
            .iter()
            .any(|(name, value)| { name == "authorization" && value == "Bearer secret-of-the-address" })),
        "{asked:?}"
    );
}
