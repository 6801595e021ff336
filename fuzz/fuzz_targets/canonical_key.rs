//! The key of a request does not depend on how its JSON is spelled, and on nothing less than its value.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stack_test::recording::Key;
use stack_test::wire::message::Request;

fn key(body: &[u8]) -> Key {
    Key::of(&Request {
        provider: "p".into(),
        method: "POST".into(),
        path: "/v1/x".into(),
        query: String::new(),
        content_type: None,
        body: Bytes::copy_from_slice(body),
    })
}

/// The same value with other white space, escapes, order of keys.
fn respelt(value: &Value) -> String {
    let text = |text: &str| {
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\"{escaped}\"")
    };
    match value {
        Value::Object(members) => {
            let members = members.iter().rev();
            let members: Vec<String> =
                members.map(|(key, value)| format!("{} :\t{}", text(key), respelt(value))).collect();
            format!("{{ {}\n}}", members.join(" , "))
        }
        Value::Array(elements) => {
            format!("[\r{} ]", elements.iter().map(respelt).collect::<Vec<_>>().join(",\n"))
        }
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}

/// Whether a number is one that a double cannot tell from its neighbours: such a body counts by its bytes.
fn is_vague(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().any(is_vague),
        Value::Array(elements) => elements.iter().any(is_vague),
        Value::Number(number) => {
            number.is_f64() && number.as_f64().is_none_or(|float| float.abs() >= 9_007_199_254_740_992.0)
        }
        _ => false,
    }
}

fuzz_target!(|body: &[u8]| {
    let own = key(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    if !matches!(value, Value::Object(_) | Value::Array(_)) || is_vague(&value) {
        return;
    }
    assert_eq!(key(respelt(&value).as_bytes()), own);
    assert_ne!(key(Value::Array(vec![value]).to_string().as_bytes()), own);
});
