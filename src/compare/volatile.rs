//! What differs between two answers that say the same.

use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Ids, times, tokens of a run and addresses. Of words only those with a digit are taken, see [`masked`].
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?:localhost|127\.0\.0\.1|\[::1\]):\d{2,5}
        | \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?
        | \b(?:[A-Za-z]{2,12}[-_])*[0-9a-f]{8,}(?:-[0-9a-f]+)*\b
        | \b(?:[A-Za-z]{2,12}[-_])+[0-9A-Za-z]{12,}\b
        ",
    )
    .expect("the pattern is tested")
});

/// Fields whose values are ids and times by their names.
const NAMES: [&str; 6] = ["id", "created", "timestamp", "nonce", "system_fingerprint", "service_tier"];
const ENDS: [&str; 5] = ["_id", "_at", "_time", "_ms", "_duration"];

/// `text` with one and the same sign in place of each value that differs from run to run.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    VALUES.replace_all(text, |found: &Captures<'_>| {
        let value = &found[0];
        if value.bytes().any(|byte| byte.is_ascii_digit()) { "#".to_owned() } else { value.to_owned() }
    })
}

/// `body` without the fields that differ from run to run, as JSON with its keys in order.
pub(super) fn settled(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let kept = fields
                .iter()
                .filter(|(name, value)| value.is_object() || value.is_array() || !is_named(name));
            let mut kept: Vec<_> = kept.map(|(name, value)| (name.clone(), settled(value))).collect();
            kept.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(kept.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(settled).collect(),
        other => other.clone(),
    }
}

fn is_named(name: &str) -> bool {
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_two_runs_never_share_is_masked_and_words_and_numbers_are_not() {
        for (text, expected) in [
            ("file-5f3a9c0d7e21 at http://127.0.0.1:4117/v1", "# at http://#/v1"),
            ("since 2026-11-12T13:14:15Z", "since #"),
            ("token 19aa3f5c2e1-1f3b-0 is new", "token # is new"),
            ("chatcmpl-AbCdEf0123456789", "#"),
            ("batch_req_85512e02e69dce0d of resp_0d8f3a2e-58c1-4b6e-9f27-3a1b5c7d9e10", "# of #"),
            ("Saturn has 146 moons, a facade, 2+2=4", "Saturn has 146 moons, a facade, 2+2=4"),
            ("a well-understood matter", "a well-understood matter"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn ids_and_times_are_left_out_and_what_holds_others_is_not() {
        let body = json!({"id": "x", "created_at": 1, "name": "n", "expires_at": null, "id_token": 3, "usage_id": {"a": 1}});
        assert_eq!(settled(&body), json!({"id_token": 3, "name": "n", "usage_id": {"a": 1}}));
    }
}
