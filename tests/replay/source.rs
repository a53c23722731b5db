//! A source of a scenario: its connector, with the stub's address, fast limits and what the scenario sets.
//!
//! Decides nothing that a user could not write into `config.toml` himself.

use rounds::connect::{ConnectError, SignIn, Source, SourceConfig, load_with};
use secrecy::SecretString;
use toml::{Table, Value};

use super::CANARY;
use super::scenario::Scenario;

/// Why there is no source.
pub enum NoSource {
    /// The connector or its settings are wrong: a scenario may want that.
    Refused(ConnectError),
    /// It can't be played.
    Broken(String),
}

pub fn make(scenario: &Scenario, url: String, name: &str, text: &str) -> Result<Source, NoSource> {
    let broken = |why: String| NoSource::Broken(why);
    let config = config(scenario, url, name, text).map_err(broken)?;
    let edited = edited(name, text).map_err(broken)?;
    let manifest = load_with(&edited, &format!("{name}.toml"), "source.crm.with", &config.with).map_err(|errors| {
        let lines: Vec<String> = errors.iter().take(8).map(|e| format!("\n  {e}")).collect();
        broken(format!("this build can't load the connector ({} mistakes):{}", errors.len(), lines.concat()))
    })?;
    let mut sign_in = SignIn::from(SecretString::from(CANARY));
    sign_in.kept.extend(scenario.sign_in.clone().unwrap_or_default());
    sign_in.way.clone_from(&scenario.way);
    Source::new(&config, manifest, sign_in).map_err(NoSource::Refused)
}

/// The table `[source.crm]`.
fn config(scenario: &Scenario, url: String, name: &str, text: &str) -> Result<SourceConfig, String> {
    let connector: Table = text.parse().map_err(|e| format!("the connector is no TOML: {e}"))?;
    let mut source: Table = scenario.config.parse().map_err(|e| format!("config is no TOML: {e}"))?;
    source.insert("connector".to_owned(), name.into());
    source.insert("url".to_owned(), url.into());
    if let Some(way) = &scenario.way {
        source.insert("sign_in".to_owned(), way.as_str().into());
    }
    if !scenario.settings.is_empty() {
        let settings: Table = scenario.settings.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
        source.insert("settings".to_owned(), settings.into());
    }
    let mut limits = Table::new();
    for pool in connector.get("limits").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
        limits.insert(pool.clone(), Table::from_iter([("rate".to_owned(), "10000 / 1s".into())]).into());
    }
    let fast = [
        ("poll", "1ms".into()),
        ("rate", "10000 / 1s".into()),
        ("retry_base", "1ms".into()),
        ("retry_cap", "2ms".into()),
        ("tries", 3.into()),
    ];
    limits.insert("all".to_owned(), Table::from_iter(fast.map(|(k, v): (&str, Value)| (k.to_owned(), v))).into());
    if let Some(Value::Table(given)) = source.remove("limits") {
        lay_over(&mut limits, given);
    }
    source.insert("limits".to_owned(), limits.into());
    let mut config: SourceConfig = Value::Table(source)
        .try_into()
        .map_err(|e: toml::de::Error| format!("this build can't read the settings of the source: {}", e.message()))?;
    config.name = "crm".into();
    Ok(config)
}

/// A file that was edited since the build may not run programs, and no scenario needs one: such ways are left out of it.
fn edited(name: &str, text: &str) -> Result<String, String> {
    if rounds::connect::built_in(name) == Some(text) {
        return Ok(text.to_owned());
    }
    let connector: Table = text.parse().map_err(|e| format!("the connector is no TOML: {e}"))?;
    let runs = |way: &Value| way.get("kind").and_then(Value::as_str) == Some("command");
    let ways = connector.get("auth").and_then(Value::as_table).into_iter().flatten();
    let names: Vec<&String> = ways.filter(|(_, way)| runs(way)).map(|(name, _)| name).collect();
    // Line by line: the order of a file means something.
    let mut out = String::new();
    let mut within = false;
    for line in text.lines() {
        if line.starts_with('[') {
            within = names.iter().any(|name| line.trim() == format!("[auth.{name}]"));
        }
        if !within && !names.iter().any(|name| line.starts_with(&format!("auth.{name} "))) {
            out.push_str(line);
        }
        out.push('\n');
    }
    Ok(out)
}

fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

/// The names under which the vendor itself wants the token in the query.
pub fn query_names(text: &str) -> Vec<String> {
    let Ok(connector) = text.parse::<Table>() else { return Vec::new() };
    let ways = connector.get("auth").and_then(Value::as_table).into_iter().flat_map(Table::values);
    ways.filter(|way| way.get("kind").and_then(Value::as_str) == Some("query"))
        .filter_map(|way| way.get("name")?.as_str().map(str::to_owned))
        .collect()
}
