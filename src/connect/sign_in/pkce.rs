//! Proof that whoever trades a code in is whoever asked for it (RFC 7636), and what a person may paste instead.
//!
//! Decides which answers belong to this sign-in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

/// One sign-in's own secrets.
pub(super) struct Pkce {
    /// Sent only with the code, to the token's endpoint.
    pub verifier: String,
    /// Comes back with the code: an answer without it belongs to somebody else's sign-in.
    pub state: String,
}

/// What an answer said, by the browser or pasted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Code(String),
    /// The vendor's error, and its words.
    Refused {
        code: String,
        words: String,
    },
    /// It belongs to another sign-in.
    WrongState,
    /// It says nothing.
    Nothing,
}

impl Pkce {
    pub fn new() -> Self {
        Self {
            verifier: URL_SAFE_NO_PAD.encode(crate::secrets::random()),
            state: URL_SAFE_NO_PAD.encode(crate::secrets::random()),
        }
    }

    /// `S256`.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    /// Reads the query of an answer.
    pub fn heard(&self, query: &str) -> Heard {
        let get = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let (code, error) = (get("code"), get("error"));
        if code.is_none() && error.is_none() {
            return Heard::Nothing;
        }
        if get("state").as_deref() != Some(self.state.as_str()) {
            return Heard::WrongState;
        }
        match (error, code) {
            (Some(error), _) => {
                let line = |text: String| crate::text::clean_line(&text).chars().take(300).collect();
                Heard::Refused { code: line(error), words: line(get("error_description").unwrap_or_default()) }
            }
            (None, Some(code)) if !code.is_empty() => Heard::Code(code),
            _ => Heard::Nothing,
        }
    }

    /// Reads what a person pasted: the address where the browser ended up, its query, or the bare code.
    pub fn pasted(&self, line: &str) -> Heard {
        let line = line.trim();
        if line.is_empty() {
            return Heard::Nothing;
        }
        if let Ok(url) = Url::parse(line)
            && url.has_host()
        {
            return self.heard(url.query().unwrap_or_default());
        }
        if let Some((_, query)) = line.split_once('?') {
            return self.heard(query);
        }
        if line.contains("code=") || line.contains("error=") {
            return self.heard(line);
        }
        if line.contains(char::is_whitespace) || line.len() > 4096 {
            return Heard::Nothing;
        }
        // A code that was cut out of an address is still percent-encoded; its + is one.
        let field = format!("code={}", line.replace('+', "%2B").replace('&', "%26"));
        let code = form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned());
        code.filter(|code| !code.is_empty()).map_or(Heard::Nothing, Heard::Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let pkce = Pkce { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(), state: String::new() };
        assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn each_sign_in_has_secrets_of_its_own() {
        let (one, two) = (Pkce::new(), Pkce::new());
        assert_eq!((one.verifier.len(), one.state.len()), (43, 43));
        assert!(one.verifier != two.verifier && one.state != two.state && one.verifier != one.state);
    }

    #[test]
    fn only_an_answer_to_this_sign_in_counts() {
        let pkce = Pkce { verifier: "v".into(), state: "s-1".into() };
        let code = |text: &str| Heard::Code(text.into());
        assert_eq!(pkce.pasted(" http://localhost:7171/callback?code=a%3D%3D&state=s-1\n"), code("a=="));
        assert_eq!(pkce.pasted("?code=abc&state=s-1"), code("abc"));
        assert_eq!(pkce.pasted("code=abc&state=s-1"), code("abc"));
        assert_eq!(pkce.pasted("aPrx%3D%3D"), code("aPrx=="));
        assert_eq!(pkce.pasted("4/0A+b"), code("4/0A+b"));
        for other in
            ["http://localhost:7171/callback?code=abc&state=s-2", "http://localhost/callback?code=abc", "code=x"]
        {
            assert_eq!(pkce.pasted(other), Heard::WrongState, "{other}");
        }
        for nothing in ["", "  ", "what is a code", "http://localhost:7171/callback"] {
            assert_eq!(pkce.pasted(nothing), Heard::Nothing, "{nothing}");
        }
        assert_eq!(
            pkce.heard("error=access_denied&error_description=end-user+denied&state=s-1"),
            Heard::Refused { code: "access_denied".into(), words: "end-user denied".into() }
        );
    }
}
