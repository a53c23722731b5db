//! What a connector says of itself to people: what it is, what it needs, what it does not bring, how it was proven.
//!
//! Decides nothing about requests: these words are shown by `check` and on the page of connectors.

use super::Tab;

/// How far what the file says has been shown to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// In all its parts, faults included, against the vendor's documented answers, and against something that Rounds did
    /// not make where there is one. Its proof says against what.
    Proven,
    /// Written by the vendor's documentation; only its main answers were played.
    #[default]
    Untested,
}

/// The words at the head of a connector file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// One line.
    pub about: Option<String>,
    /// Whether it was proven.
    pub status: Status,
    /// Rights to grant, one a line.
    pub needs: Vec<String>,
    /// What it does not bring, and other limits.
    pub gaps: Vec<String>,
    /// How it was proven.
    pub proof: Option<String>,
}

impl Head {
    pub(super) fn read(tab: &Tab<'_>) -> Self {
        let status = tab
            .get("status")
            .and_then(|_| tab.one_of("status", &[("proven", Status::Proven), ("untested", Status::Untested)]));
        Self {
            about: tab.text("about"),
            status: status.unwrap_or_default(),
            needs: tab.texts("needs"),
            gaps: tab.texts("gaps"),
            proof: tab.text("proof"),
        }
    }
}
