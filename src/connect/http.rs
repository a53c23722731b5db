//! The HTTP client as a source needs it, and why an exchange failed, in words.
//!
//! Decides what is never done: redirects are not followed, and no proxy stands before a loopback address.

use std::sync::Once;

use super::answer::NoAnswer;
use super::manifest::{HttpLimits, Method};

pub(super) fn method_name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

pub(super) fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// A client that follows no redirect. `plain`: for a loopback address without TLS.
pub(super) fn http_client(limits: &HttpLimits, plain: bool, ca: Option<&[u8]>) -> Result<reqwest::Client, NoAnswer> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another part of the program may have installed one: that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .read_timeout(limits.idle)
        .user_agent(concat!("rounds/", env!("CARGO_PKG_VERSION")));
    if plain {
        // Only a loopback address may be plain: it needs no certificates, and no proxy may stand in between.
        builder = builder.no_proxy().tls_certs_only(std::iter::empty());
    }
    if let Some(pem) = ca {
        let certs = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|e| NoAnswer::Ours(format!("ca_file holds no certificates in PEM form: {e}")))?;
        builder = builder.tls_certs_merge(certs);
    }
    builder
        .build()
        .map_err(|e| NoAnswer::Ours(format!("{}; install ca-certificates or name a file of them as ca_file", why(&e))))
}

pub(super) fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_builder() {
        NoAnswer::Ours(why(error))
    } else if error.is_connect() {
        NoAnswer::NotSent(why(error))
    } else {
        NoAnswer::Cut(why(error))
    }
}

/// The innermost reason, without the address: it may hold what was asked for.
pub(super) fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "no connection in time".to_owned() } else { "no answer in time".to_owned() };
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    crate::text::clean_line(&inner.to_string())
}
