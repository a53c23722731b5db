//! The first line of `rounds practice`: where the services are, and a configuration that reads them.
//! Decides the made-up tokens and the text of the configuration.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Options;
use super::dice::roll;
use super::serve::Tokens;
use super::world::roster::Owner;

/// How to reach a running practice CRM. Serialised, it is the first line of `rounds practice`.
#[derive(Debug, Clone, Serialize)]
pub struct Hello {
    /// Base address of the CRM, without a slash at the end.
    pub url: String,
    /// Token of the CRM.
    pub token: String,
    /// Paying customers: companies in `lifecyclestage` customer that are neither archived nor merged away.
    pub accounts: u32,
    /// A `config.toml` that reads the whole book.
    pub config: String,
    /// Variables to set, tokens among them.
    pub env: BTreeMap<String, String>,
    /// Mail address of the owner whose tokens these are: `me` of a configuration for one's own book.
    pub me: String,
}

pub(crate) fn tokens(seed: u64) -> Tokens {
    let part = |salt| format!("{:016x}", roll(seed, 0x7013, salt));
    Tokens {
        crm: format!("pat-na1-{}", part(1)),
        crm_read_only: format!("pat-na1-{}", part(2)),
        usage: format!("phx_{}", part(3)),
        usage_no_scope: format!("phx_{}", part(4)),
    }
}

pub(crate) fn hello(options: &Options, me: &Owner, tokens: &Tokens, crm: &str, usage: &str) -> Hello {
    let mut env = BTreeMap::from([
        ("ROUNDS_TOKEN_CRM".to_string(), tokens.crm.clone()),
        ("ROUNDS_TOKEN_USAGE".to_string(), tokens.usage.clone()),
    ]);
    if let Some(today) = options.today {
        env.insert("ROUNDS_TODAY".to_string(), today.to_string());
    }
    Hello {
        url: crm.to_string(),
        token: tokens.crm.clone(),
        accounts: options.accounts,
        config: config(options.rate, crm, usage),
        env,
        me: me.email.clone(),
    }
}

/// A rate for the configuration: whole requests, over a longer span when there is less than one a second.
fn pace(per_second: f64) -> String {
    if per_second >= 1.0 {
        format!("{} / 1s", per_second.floor())
    } else {
        format!("1 / {}s", (1.0 / per_second).ceil())
    }
}

fn config(rate: f64, crm: &str, usage: &str) -> String {
    let (all, search) = (pace(8.0 * rate), pace(4.0 * rate));
    let usage_pace = format!("{} / 1m", (200.0 * rate).floor().max(1.0));
    format!(
        r#"book = "team"
currency = "USD"
rates = {{ EUR = 1.08, GBP = 1.27 }}

[source.crm]
connector = "hubspot"
url = "{crm}"

[source.crm.limits.all]
rate = "{all}"

[source.crm.limits.search]
rate = "{search}"

{MAPPING}
[source.usage]
connector = "posthog"
url = "{usage}"
settings = {{ project = "1" }}
match = "external_id:posthog_group"

[source.usage.limits.all]
rate = "{usage_pace}"
"#
    )
}

/// The practice company's own properties, and what they mean.
const MAPPING: &str = r#"[source.crm.map.account]
arr = "properties.annual_recurring_revenue"
currency = "properties.contract_currency"
renewal_date = "properties.contract_end"
customer_since = "properties.contract_start"
segment = "properties.customer_segment"
stage = { path = "properties.lifecyclestage", values = { former_customer = "former" } }
seats = "properties.licensed_seats"
features_bought = "properties.key_features_bought"
invoice_state = "properties.invoice_state"
invoice_due = "properties.invoice_due"
csat = "properties.csat_score"
csat_on = "properties.csat_on"
onboarding_started = "properties.onboarding_started"
go_live = "properties.go_live_date"
churned_on = "properties.churned_on"
cost = "properties.cost_to_serve"
potential = "properties.white_space"
strategic = "properties.strategic_value"
external_id = "properties.posthog_group"

[source.crm.map.person]
champion = "properties.is_champion"
left = "properties.has_left"
left_on = "properties.left_on"

[source.crm.map.ticket]
escalated = "properties.is_escalated"
escalated_on = "properties.escalated_on"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_toml_and_its_pace_follows_the_rate() {
        for (rate, all) in [(1.0, "8 / 1s"), (100.0, "800 / 1s"), (0.05, "1 / 3s")] {
            let text = config(rate, "http://127.0.0.1:1", "http://127.0.0.1:2");
            let parsed: toml::Table = toml::from_str(&text).unwrap();
            assert_eq!(parsed["source"]["crm"]["limits"]["all"]["rate"].as_str(), Some(all));
            assert_eq!(parsed["source"]["usage"]["url"].as_str(), Some("http://127.0.0.1:2"));
        }
    }

    #[test]
    fn every_mapped_property_exists() {
        use crate::practice::crm::schema::field;
        use crate::practice::kinds::Kind;
        let parsed: toml::Table = toml::from_str(MAPPING).unwrap();
        for (entity, kind) in [("account", Kind::Company), ("person", Kind::Contact), ("ticket", Kind::Ticket)] {
            for (_, target) in parsed["source"]["crm"]["map"][entity].as_table().unwrap() {
                let path = target.get("path").unwrap_or(target).as_str().unwrap();
                let name = path.strip_prefix("properties.").unwrap();
                assert!(field(kind, name, false).is_some(), "{name}");
            }
        }
    }
}
