//! Runs a connector: sign-in, limits, paging, mapping, writing back. What it can do is a closed list of kinds;
//! which of them an outside system needs stands in its connector file, and this code names no system.
//! It must not keep rows, choose when to pull, or decide whether a write is repeated.

mod answer;
mod body;
mod children;
mod client;
mod convert;
mod days;
mod detour;
mod discover;
mod error;
mod formula;
mod guess;
mod html;
mod http;
mod limiter;
mod local;
mod manifest;
mod mapper;
mod page;
mod path;
mod program;
mod pull;
mod reference;
mod sample;
mod send;
mod setup;
mod sign_in;
mod source;
mod trouble;
mod types;

pub(crate) use body::separator;
pub(crate) use convert::{Reading, convert};
pub use discover::near;
pub use error::{ConnectError, ErrorClass};
pub use guess::{Candidate, Wanted, candidates};
pub use manifest::{
    Grant, Head, Manifest, ManifestError, Route, RouteKind, SecretNeed, Setting, Status, load, load_with,
};
pub use reference::{FORMAT, Listed, Part, catalogue, page};
pub use sample::{Sample, in_formula};
pub use sign_in::{Chosen, Flow, Means, Pause, Person, Program, Renewer, SignIn, Step, TokenSet, Typed, Vault, choose};
pub use source::{Asked, Listener, Notice, Renewal, Source};
pub use types::{
    Described, DescribedField, FindMarked, Found, Mapped, Me, Pull, PullEnd, PulledPage, SendOutcome, SourceConfig,
    Stats, StreamInfo, TextLimit, WriteStep,
};

const BUILT_IN: &[(&str, &str)] = &[
    ("amplitude", include_str!("../connectors/amplitude.toml")),
    ("chargebee", include_str!("../connectors/chargebee.toml")),
    ("churnzero", include_str!("../connectors/churnzero.toml")),
    ("dynamics", include_str!("../connectors/dynamics.toml")),
    ("espocrm", include_str!("../connectors/espocrm.toml")),
    ("files", include_str!("../connectors/files.toml")),
    ("freshdesk", include_str!("../connectors/freshdesk.toml")),
    ("gainsight", include_str!("../connectors/gainsight.toml")),
    ("hubspot", include_str!("../connectors/hubspot.toml")),
    ("intercom", include_str!("../connectors/intercom.toml")),
    ("jira-service-management", include_str!("../connectors/jira-service-management.toml")),
    ("mixpanel", include_str!("../connectors/mixpanel.toml")),
    ("odata", include_str!("../connectors/odata.toml")),
    ("odoo", include_str!("../connectors/odoo.toml")),
    ("pendo", include_str!("../connectors/pendo.toml")),
    ("pipedrive", include_str!("../connectors/pipedrive.toml")),
    ("planhat", include_str!("../connectors/planhat.toml")),
    ("posthog", include_str!("../connectors/posthog.toml")),
    ("rest", include_str!("../connectors/rest.toml")),
    ("salesforce", include_str!("../connectors/salesforce.toml")),
    ("stripe", include_str!("../connectors/stripe.toml")),
    ("suitecrm", include_str!("../connectors/suitecrm.toml")),
    ("totango", include_str!("../connectors/totango.toml")),
    ("twenty", include_str!("../connectors/twenty.toml")),
    ("vitally", include_str!("../connectors/vitally.toml")),
    ("zendesk", include_str!("../connectors/zendesk.toml")),
    ("zoho", include_str!("../connectors/zoho.toml")),
];

/// The names of the connectors that come with Rounds.
pub fn built_ins() -> &'static [&'static str] {
    const NAMES: [&str; BUILT_IN.len()] = {
        let mut names = [""; BUILT_IN.len()];
        let mut i = 0;
        while i < BUILT_IN.len() {
            names[i] = BUILT_IN[i].0;
            i += 1;
        }
        names
    };
    &NAMES
}

/// Whether a text is, word for word, a connector file that comes with Rounds.
fn is_built_in(text: &str) -> bool {
    BUILT_IN.iter().any(|(_, known)| *known == text)
}

/// The text of a connector file that comes with Rounds.
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_connector_loads() {
        for name in built_ins() {
            let text = built_in(name).unwrap();
            if let Err(errors) = load(text, &format!("{name}.toml")) {
                panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
            }
        }
    }
}
