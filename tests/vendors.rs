//! Promise: every connector that comes with Rounds works against its vendor's documented answers, faults included.
//! The answers are data (`tests/data/vendors/<connector>/<scenario>.toml`), read from disk when the test runs.
//!
//! `VENDORS=hubspot`, or a file or folder, plays only those. `VENDORS_ROOT` plays those of another checkout.

#![allow(clippy::unwrap_used)]

#[path = "stub/pulled.rs"]
mod pulled;
#[path = "replay/mod.rs"]
mod replay;
#[path = "stub/mod.rs"]
mod stub;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// How many scenarios are played at once: each is a source, a server and a little waiting.
const AT_ONCE: usize = 4;

/// Built-in connectors that may have no scenarios.
const WITHOUT: &[&str] = &["files"]; // It answers from this machine: tests/local_source.rs

fn root() -> PathBuf {
    std::env::var_os("VENDORS_ROOT").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

fn folder() -> PathBuf {
    root().join("tests/data/vendors")
}

fn connector(name: &str) -> Result<String, String> {
    let file = format!("src/connectors/{name}.toml");
    std::fs::read_to_string(root().join(&file)).map_err(|e| format!("the connector {file} can't be read: {e}"))
}

/// What `VENDORS` names: as it stands, or below the folder of scenarios.
fn chosen() -> Option<PathBuf> {
    let name = std::env::var("VENDORS").ok().filter(|name| !name.is_empty())?;
    let below = [folder().join(&name), folder().join(format!("{name}.toml"))];
    let at = below.into_iter().find(|path| path.exists()).unwrap_or_else(|| PathBuf::from(&name));
    assert!(at.exists(), "VENDORS={name} is no file or folder, nor one in {}", folder().display());
    Some(at)
}

/// The scenario files under a path, in order.
fn scenarios(at: &Path) -> Vec<PathBuf> {
    if at.is_file() {
        return vec![at.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(at) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => scenarios(&path),
            false => Vec::from_iter(path.extension().is_some_and(|e| e == "toml").then_some(path)),
        })
        .collect();
    files.sort();
    files
}

fn play(file: &Path) -> replay::Faults {
    let folder = file.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match std::fs::read_to_string(file) {
        Ok(text) => replay::play(&text, &folder.unwrap_or_default(), &connector),
        Err(error) => vec![format!("the scenario can't be read: {error}")],
    }
}

#[test]
fn every_scenario_comes_out_as_its_vendor_documents_it() {
    let files = scenarios(&chosen().unwrap_or_else(folder));
    assert!(!files.is_empty(), "there are no scenarios in {}", folder().display());
    let next = Mutex::new(files.iter());
    let failed: Mutex<Vec<(&PathBuf, replay::Faults)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(files.len()) {
            scope.spawn(|| {
                loop {
                    let Some(file) = next.lock().unwrap().next() else { return };
                    let faults = play(file);
                    if !faults.is_empty() {
                        failed.lock().unwrap().push((file, faults));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    for (file, faults) in &failed {
        println!("\n{}", file.strip_prefix(folder()).unwrap_or(file).display());
        for fault in faults {
            println!("- {}", fault.replace('\n', "\n  "));
        }
    }
    println!("\n{} of {} scenarios failed", failed.len(), files.len());
    assert!(failed.is_empty(), "{} of {} scenarios failed", failed.len(), files.len());
}

#[test]
fn every_built_in_connector_has_scenarios() {
    let names: BTreeSet<String> = std::fs::read_dir(root().join("src/connectors"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    assert!(names.contains("hubspot"), "these are not the connectors: {names:?}");
    let bare: Vec<&String> = names
        .iter()
        .filter(|name| !WITHOUT.contains(&name.as_str()) && scenarios(&folder().join(name)).is_empty())
        .collect();
    assert!(bare.is_empty(), "no scenarios for {bare:?} in {}", folder().display());
}
