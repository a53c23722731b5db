//! What is kept of a sign-in: one JSON text, in the place where a plain token would be.
//!
//! Decides the text's form. It is a secret as a whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::SignIn;
use crate::connect::manifest::Grant;

/// The tokens of a sign-in, and what renewing them takes.
#[derive(Clone, Debug)]
pub struct TokenSet {
    /// The connector's way that gave them.
    pub way: String,
    /// How the way was gone.
    pub grant: Grant,
    /// What is sent with each request.
    pub access: SecretString,
    /// What gives the next one.
    pub refresh: Option<SecretString>,
    /// When the access token dies, where that was said.
    pub expires: Option<Timestamp>,
    /// Values of the answer that the connector keeps.
    pub kept: BTreeMap<String, String>,
    /// The app's secret, where it has one.
    pub client_secret: Option<SecretString>,
    /// The rights that were given.
    pub scope: Option<String>,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    rounds_sign_in: u32,
    way: String,
    grant: String,
    #[serde(default)]
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default)]
    kept: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl TokenSet {
    /// The set that a kept text holds; `None`: the text is a plain token.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let text = text.expose_secret().trim_start();
        if !text.starts_with('{') {
            return None;
        }
        let written: Written = serde_json::from_str(text).ok()?;
        let grant = Grant::ALL.iter().find(|(name, _)| *name == written.grant).map(|(_, grant)| *grant)?;
        (written.rounds_sign_in == 1).then(|| Self {
            way: written.way,
            grant,
            access: written.access.into(),
            refresh: written.refresh.map(SecretString::from),
            expires: written.expires,
            kept: written.kept,
            client_secret: written.client_secret.map(SecretString::from),
            scope: written.scope,
        })
    }

    /// The text to keep.
    pub fn to_text(&self) -> SecretString {
        let open = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let written = Written {
            rounds_sign_in: 1,
            way: self.way.clone(),
            grant: Grant::ALL.iter().find(|(_, grant)| *grant == self.grant).map_or("", |(name, _)| name).to_owned(),
            access: self.access.expose_secret().to_owned(),
            refresh: open(&self.refresh),
            expires: self.expires,
            kept: self.kept.clone(),
            client_secret: open(&self.client_secret),
            scope: self.scope.clone(),
        };
        // A struct of texts and a map with text keys always has a JSON form.
        SecretString::from(serde_json::to_string(&written).unwrap_or_default())
    }

    /// What a source needs of it.
    pub fn sign_in(&self) -> SignIn {
        SignIn {
            token: self.access.clone(),
            kept: self.kept.clone(),
            way: Some(self.way.clone()),
            expires: self.expires,
            dry: false,
        }
    }

    /// Whether the token still lives at that moment, as far as anybody said.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        !self.access.expose_secret().is_empty() && self.expires.is_none_or(|expires| expires > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_back_and_a_plain_token_is_none() {
        let set = TokenSet {
            way: "oauth".into(),
            grant: Grant::Device,
            access: "canary-access".into(),
            refresh: Some("canary-refresh".into()),
            expires: Some("2026-11-28T10:00:00Z".parse().unwrap()),
            kept: BTreeMap::from([("instance_url".into(), "https://a.vendor.example".into())]),
            client_secret: Some("canary-secret".into()),
            scope: Some("api".into()),
        };
        let read = TokenSet::parse(&set.to_text()).unwrap();
        assert_eq!(read.to_text().expose_secret(), set.to_text().expose_secret());
        assert_eq!((read.grant, read.expires, read.kept), (set.grant, set.expires, set.kept.clone()));
        assert!(!format!("{set:?} {:?}", set.sign_in()).contains("canary"), "{set:?}");
        for plain in ["pat-na1-1", "{not json", "{\"a\":1}", ""] {
            assert!(TokenSet::parse(&SecretString::from(plain)).is_none(), "{plain}");
        }
        let server = "{\"rounds_sign_in\":1,\"way\":\"app\",\"grant\":\"client_credentials\",\"client_secret\":\"s\"}";
        let set = TokenSet::parse(&SecretString::from(server)).unwrap();
        assert!(!set.lives(Timestamp::UNIX_EPOCH), "a set without a token asks for one first");
    }
}
