//! Answers of the practice CRM in the vendor's shape, good ones and refusals.
//! Decides status, category and body. It must not know routes.

use serde_json::{Value, json};

use crate::practice::dice::stir;

/// A finished answer: status and JSON body (`Null` for an empty one).
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: Value,
}

/// Either way an answer; the error side ends the work on a request early.
pub(crate) type Answer = Result<Reply, Reply>;

pub(crate) fn ok(body: Value) -> Reply {
    Reply { status: 200, body }
}

pub(crate) fn created(body: Value) -> Reply {
    Reply { status: 201, body }
}

pub(crate) fn nothing() -> Reply {
    Reply { status: 204, body: Value::Null }
}

/// A made-up id of the form the vendor uses, new on each call.
pub(crate) fn trace_id() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let (a, b) = (stir(n), stir(n ^ 0xabcd_ef01_2345));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

pub(crate) fn fail(status: u16, category: &str, message: impl Into<String>) -> Reply {
    Reply {
        status,
        body: json!({"status": "error", "message": message.into(), "correlationId": trace_id(), "category": category, "links": {}}),
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Reply {
    fail(400, "VALIDATION_ERROR", message)
}

pub(crate) fn not_found(message: impl Into<String>) -> Reply {
    fail(404, "OBJECT_NOT_FOUND", message)
}

pub(crate) fn unauthorized(category: &str) -> Reply {
    fail(401, category, "Authentication credentials not found or not valid for this account.")
}

pub(crate) fn missing_scope(scope: &str) -> Reply {
    let mut reply = fail(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.");
    reply.body["errors"] = json!([{
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": [scope], "missingScopes": [scope]}
    }]);
    reply
}

/// A refusal for being too fast. The policy names which budget is used up.
pub(crate) fn too_fast(policy: &str) -> Reply {
    Reply {
        status: 429,
        body: json!({
            "status": "error",
            "message": format!("You have reached your {} limit.", policy.to_lowercase()),
            "errorType": "RATE_LIMIT",
            "category": "RATE_LIMITS",
            "correlationId": trace_id(),
            "policyName": policy,
            "requestId": trace_id()
        }),
    }
}

/// One property value that was refused: name, code, sentence.
#[derive(Debug, Clone)]
pub(crate) struct BadValue {
    pub name: String,
    pub code: &'static str,
    pub message: String,
}

pub(crate) fn bad_values(bad: &[BadValue]) -> Reply {
    let inner: Vec<Value> =
        bad.iter().map(|b| json!({"isValid": false, "message": b.message, "error": b.code, "name": b.name})).collect();
    let mut reply = invalid(format!("Property values were not valid: {}", Value::Array(inner)));
    reply.body["errors"] = bad
        .iter()
        .map(|b| json!({"message": b.message, "code": b.code, "context": {"propertyName": [b.name]}}))
        .collect();
    reply
}
