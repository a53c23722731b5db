//! What an endpoint of a sign-in answered, in plain words.
//!
//! Decides which answers are errors (some come with status 200) and what a person can do about each. A secret that the
//! vendor echoes is taken out of its words.

use serde_json::Value as Json;

use super::flow::Flow;
use crate::connect::answer::NoAnswer;
use crate::connect::error::ConnectError;
use crate::connect::formula::plain_text;

/// Why an endpoint gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The vendor's error (RFC 6749, 5.2) and its words.
    Error { code: String, words: String },
    /// It may work later.
    Busy(String),
    /// No answer.
    Unreachable(String),
    /// An answer that is none.
    Wrong(String),
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    SigningIn,
    Renewing,
}

/// Reads an answer; `secrets` are what was sent.
pub(super) fn read(status: u16, body: &[u8], secrets: &[&str]) -> Result<Json, Refusal> {
    if (300..400).contains(&status) {
        return Err(Refusal::Wrong("it points to another address, and nothing was sent there".to_owned()));
    }
    let json: Option<Json> = serde_json::from_slice(body).ok();
    let text = |key: &str| {
        let found = json.as_ref()?.get(key)?;
        let text = match found {
            Json::Object(inner) => plain_text(inner.get("message").or_else(|| inner.get("code"))?),
            other => plain_text(other),
        };
        Some(clean(&text, secrets)).filter(|text| !text.is_empty())
    };
    let error = text("error").or_else(|| text("errorCode"));
    let words = text("error_description").or_else(|| text("message")).unwrap_or_default();
    if status == 429 || status >= 500 {
        let words = if words.is_empty() { error.unwrap_or_default() } else { words };
        return Err(Refusal::Busy(format!("{status} {words}").trim().to_owned()));
    }
    match (json, error) {
        (Some(json), None) if (200..300).contains(&status) => Ok(json),
        (_, Some(code)) => Err(Refusal::Error { code, words }),
        _ if matches!(status, 404 | 405) => Err(Refusal::Wrong(format!("there is nothing at that address ({status})"))),
        (Some(_), None) => Err(Refusal::Error { code: status.to_string(), words }),
        (None, None) => Err(Refusal::Wrong(format!("its answer ({status}) can't be read"))),
    }
}

/// An outside text without the secrets that were sent, on one line, bounded.
fn clean(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(secret, "***");
    }
    crate::text::clean_line(&text).chars().take(300).collect()
}

impl From<NoAnswer> for Refusal {
    fn from(no: NoAnswer) -> Self {
        match no {
            NoAnswer::NotSent(why) => Self::Unreachable(why),
            NoAnswer::Cut(why) => Self::Busy(why),
            NoAnswer::TooLarge(_) => Self::Wrong("its answer is far too long".to_owned()),
            NoAnswer::OtherHost(host) => Self::Wrong(format!("it points to another host, {host}")),
            NoAnswer::Ours(why) => Self::Wrong(why),
        }
    }
}

impl Flow {
    /// A refusal in words that say what to do.
    pub(super) fn failed(&self, refusal: Refusal, doing: Doing) -> ConnectError {
        let again = format!("rounds login {}", self.source);
        let (code, words) = match refusal {
            Refusal::Error { code, words } => (code, words),
            Refusal::Busy(because) => {
                let doing = if doing == Doing::Renewing { "renewing the sign-in" } else { "signing in" };
                return ConnectError::Transient { at: self.at.clone(), doing: doing.to_owned(), because };
            }
            Refusal::Unreachable(because) => return ConnectError::Unreachable { at: self.at.clone(), because },
            Refusal::Wrong(because) => {
                let then = format!("If that address is right, try once more: {again}");
                return self
                    .not_signed_in(format!("signing in at {} did not work: {because}", self.token_host()), then);
            }
        };
        let said = if words.is_empty() || words == code { code.clone() } else { format!("{code}: {words}") };
        let (because, then) = match code.as_str() {
            "invalid_client" | "unauthorized_client" | "invalid_client_id" => (
                format!("the app is not known there, or its secret is wrong ({said})"),
                format!("Check client_id under [source.{}.settings] in config.toml, then: {again}", self.source),
            ),
            "access_denied" | "authorization_declined" => {
                (format!("it was declined ({said})"), format!("To be asked again: {again}"))
            }
            "expired_token" => ("the code was not typed in in time".to_owned(), format!("For a new one: {again}")),
            "invalid_scope" => (
                format!("the app there may not have the rights that Rounds asks for ({said})"),
                format!("Grant it {}, then: {again}", self.scopes),
            ),
            "redirect_uri_mismatch" => (
                format!("the app there does not list our address ({said})"),
                format!("Add {} to its redirect addresses, then: {again}", self.redirect_shown()),
            ),
            "unsupported_grant_type" | "unsupported_response_type" => (
                format!("the app there does not allow this way to sign in ({said})"),
                format!("Allow it there, or take another way: {again} --way NAME"),
            ),
            _ if doing == Doing::Renewing => {
                (format!("the sign-in there has ended ({said})"), format!("Sign in again: {again}"))
            }
            "invalid_grant" => (
                format!("the code was refused ({said}): it is too old, or was used before"),
                format!("Try once more: {again}"),
            ),
            _ => (format!("signing in did not work ({said})"), format!("Try once more: {again}")),
        };
        self.not_signed_in(because, then)
    }

    pub(super) fn not_signed_in(&self, because: String, then: String) -> ConnectError {
        ConnectError::NotSignedIn { at: self.at.clone(), because, then }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, words: &str) -> Refusal {
        Refusal::Error { code: code.into(), words: words.into() }
    }

    #[test]
    fn errors_are_found_whatever_their_status_and_shape() {
        let read = |status, body: &str| read(status, body.as_bytes(), &["canary"]);
        assert!(read(200, "{\"access_token\":\"x\"}").is_ok());
        assert_eq!(read(200, "{\"error\":\"invalid_code\"}"), Err(error("invalid_code", "")));
        assert_eq!(
            read(400, "{\"error\":\"invalid_grant\",\"error_description\":\"token canary is\\u0007 old\"}"),
            Err(error("invalid_grant", "token *** is old"))
        );
        assert_eq!(
            read(400, "{\"status\":\"BAD\",\"message\":\"missing or unknown code\"}"),
            Err(error("400", "missing or unknown code"))
        );
        assert_eq!(read(401, "{\"error\":{\"code\":7,\"message\":\"no\"}}"), Err(error("no", "")));
        assert_eq!(
            read(503, "{\"error\":\"temporarily_unavailable\"}"),
            Err(Refusal::Busy("503 temporarily_unavailable".into()))
        );
        for nothing in ["<html>", "{\"message\":\"Not Found\"}"] {
            let why = "there is nothing at that address (404)".to_owned();
            assert_eq!(read(404, nothing), Err(Refusal::Wrong(why)));
        }
        assert_eq!(read(404, "{\"error\":\"no_such_tenant\"}"), Err(error("no_such_tenant", "")));
        assert_eq!(read(429, ""), Err(Refusal::Busy("429".into())));
        assert!(matches!(read(200, "<html>"), Err(Refusal::Wrong(_))));
        assert!(matches!(read(302, ""), Err(Refusal::Wrong(why)) if why.contains("another address")));
    }
}
