//! Equality and order of JSON values, by value and not by how they are written.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Whether two values are equal: numbers by value (1 is 1.0), objects whatever the order of their members.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => order_of_numbers(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// The order of two numbers by value, or of two strings by code point; `None` for anything else.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => order_of_numbers(a, b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn order_of_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // One of them is no integer, or so large that floating point is all there is.
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// The number as an integer, if it is one by value.
pub(super) fn integer(number: &Number) -> Option<i128> {
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e30)?;
    // In range and without fraction, so nothing is lost.
    format!("{float:.0}").parse().ok()
}

/// Where two values first differ, as a path below them; `None` if they do not.
pub(super) fn first_difference(a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().find_map(|name| match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => first_difference(a, b).map(|rest| format!(".{name}{rest}")),
                _ => Some(format!(".{name}")),
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            let pairs = a.iter().zip(b).enumerate();
            let differing =
                pairs.into_iter().find_map(|(at, (a, b))| Some(format!("[{at}]{}", first_difference(a, b)?)));
            differing.or_else(|| (a.len() != b.len()).then(|| format!("[{}]", a.len().min(b.len()))))
        }
        _ => (!same(a, b)).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_by_value() {
        assert!(same(&json!(1), &json!(1.0)));
        assert!(same(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1.0})));
        assert!(!same(&json!(18446744073709551615_u64), &json!(18446744073709551614_u64)));
        assert!(!same(&json!(9007199254740993_i64), &json!(9007199254740992.0)));
        assert!(!same(&json!(1), &json!("1")));
        assert_eq!(order(&json!(-1), &json!(0.5)), Some(Ordering::Less));
        assert_eq!(order(&json!(u64::MAX), &json!(i64::MIN)), Some(Ordering::Greater));
        assert_eq!(order(&json!("b"), &json!("aa")), Some(Ordering::Greater));
        assert_eq!(order(&json!("1"), &json!(1)), None);
    }

    #[test]
    fn the_first_difference_has_a_place() {
        let a = json!({"x": [1, {"y": 2}], "z": 1});
        assert_eq!(first_difference(&a, &json!({"x": [1, {"y": 3}], "z": 1})).as_deref(), Some(".x[1].y"));
        assert_eq!(first_difference(&a, &json!({"x": [1], "z": 1})).as_deref(), Some(".x[1]"));
        assert_eq!(first_difference(&a, &json!({"x": [1, {"y": 2}], "z": 1, "q": 0})).as_deref(), Some(".q"));
        assert_eq!(first_difference(&a, &a), None);
    }
}
