//! The header in which Llama Stack and OGX take what a request says to providers, and the name of the test it is for.

use serde_json::{Map, Value};

/// The header, by the names that it has.
pub const PROVIDER_DATA: [&str; 2] = ["x-llamastack-provider-data", "x-ogx-provider-data"];

/// The member that names the test.
const TEST_ID: &str = "__test_id";

/// The value of the header that names `test`, beside what is in `given`, which a test may have set itself. `None` if that is no
/// JSON object.
pub fn with_test_id(given: Option<&str>, test: &str) -> Option<String> {
    let mut data: Map<String, Value> = match given {
        Some(text) => serde_json::from_str(text).ok()?,
        None => Map::new(),
    };
    data.insert(TEST_ID.to_owned(), test.into());
    // A header holds no more than ASCII.
    let json = Value::Object(data).to_string();
    let escaped = |c: char| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    Some(json.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_sets_stays() {
        assert_eq!(with_test_id(None, "größe").unwrap(), r#"{"__test_id":"gr\u00f6\u00dfe"}"#);
        let both = with_test_id(Some(r#"{"openai_api_key":"made-up"}"#), "t").unwrap();
        let both: Value = serde_json::from_str(&both).unwrap();
        assert_eq!(both, serde_json::json!({"openai_api_key": "made-up", "__test_id": "t"}));
        assert!(with_test_id(Some("no json"), "t").is_none());
    }
}
