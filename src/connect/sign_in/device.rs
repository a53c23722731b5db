//! Signing in by a code that is typed on any machine (RFC 8628).
//!
//! Decides how often to ask whether that was done: as often as the vendor allows.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::{Doing, Refusal};
use super::browser;
use super::flow::{Flow, Person, Step};
use super::set::TokenSet;
use crate::connect::error::ConnectError;
use crate::connect::formula::plain_text;
use crate::connect::manifest::Grant;
use crate::connect::setup;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds, for good.
const SLOWER: Duration = Duration::from_secs(5);
/// How often in a row an endpoint may fail to answer.
const FAILURES: u32 = 5;

impl Flow {
    pub(super) async fn by_device(
        &self,
        secret: Option<SecretString>,
        person: &mut Person,
    ) -> Result<TokenSet, ConnectError> {
        let failed = |refusal| self.failed(refusal, Doing::SigningIn);
        let wrong = |why: &str| failed(Refusal::Wrong(why.to_owned()));
        let Some(device) = &self.device else { return Err(wrong("it has no address for codes")) };
        let mut fields = Vec::new();
        if !self.scopes.is_empty() {
            fields.push(("scope", self.scopes.as_str()));
        }
        let answer = self.post(device, &fields, secret.as_ref()).await.map_err(failed)?;
        let text = |key: &str| answer.get(key).map(plain_text).filter(|text| !text.is_empty());
        let seconds = |key: &str, default: u64| {
            let found = answer.get(key).and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
            Duration::from_secs(found.unwrap_or(default).clamp(1, 3600))
        };
        let (Some(code), Some(shown)) = (text("device_code").map(SecretString::from), text("user_code")) else {
            return Err(wrong("its answer holds no code"));
        };
        let page = |key: &str| text(key).and_then(|text| setup::address(&text).ok());
        let Some(plain) = page("verification_uri").or_else(|| page("verification_url")) else {
            return Err(wrong("its answer names no page for the code"));
        };
        let whole: Url = page("verification_uri_complete").unwrap_or_else(|| plain.clone());
        let opened = person.browser && browser::open(&whole);
        (person.says)(&Step::Code { page: plain, code: crate::text::clean_line(&shown), opened });

        let (mut every, lasts) = (seconds("interval", 5), seconds("expires_in", 900));
        let (mut waited, mut failures) = (Duration::ZERO, 0);
        loop {
            (person.pause)(every).await;
            waited += every;
            let fields = [("grant_type", GRANT), ("device_code", code.expose_secret())];
            match self.post(self.token_address(), &fields, secret.as_ref()).await {
                Ok(answer) => return self.set(Grant::Device, &answer, secret, None),
                Err(refusal) => match &refusal {
                    Refusal::Error { code, .. } if code == "authorization_pending" => failures = 0,
                    Refusal::Error { code, .. } if code == "slow_down" => {
                        failures = 0;
                        every += SLOWER;
                    }
                    // One of many questions may be lost: the next one is asked later, as the RFC says.
                    Refusal::Busy(_) | Refusal::Unreachable(_) if failures < FAILURES => {
                        failures += 1;
                        every = (every * 2).min(Duration::from_secs(60));
                    }
                    _ => return Err(failed(refusal)),
                },
            }
            if waited >= lasts {
                let (code, words) = ("expired_token".to_owned(), String::new());
                return Err(failed(Refusal::Error { code, words }));
            }
        }
    }
}
