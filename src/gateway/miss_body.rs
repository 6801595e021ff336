//! What a stack is told about a miss.

use crate::model::{Change, Difference, Miss};
use serde_json::{Map, Value, json};

/// The members of the error, in OpenAI's shape and with everything a log may need.
pub(super) fn miss_body(miss: &Miss) -> Value {
    let param = miss.nearest.as_ref().and_then(|nearest| nearest.differences.first());
    let about = if miss.summary.is_empty() { String::new() } else { format!(" ({})", miss.summary) };
    let mends: Vec<&str> = miss.mends.iter().map(|mend| mend.text()).collect();
    let nearest = miss.nearest.as_ref().map(|nearest| {
        json!({
            "case": nearest.case.as_ref().map(ToString::to_string),
            "call": nearest.call,
            "differences": nearest.differences.iter().map(difference).collect::<Vec<_>>(),
            "left_out": nearest.left_out,
        })
    });
    json!({
        "message": format!("no recording answers {miss}{about}: {}", told(miss)),
        "type": "stack_test",
        "param": param.map(|difference| &difference.at),
        "code": "miss",
        "class": miss.class.name(),
        "case": miss.case.as_ref().map(ToString::to_string),
        "step": miss.step,
        "nearest": nearest,
        "mends": mends,
    })
}

/// The reason in one line, with the differences.
fn told(miss: &Miss) -> String {
    let differences = miss.nearest.iter().flat_map(|nearest| &nearest.differences).take(3);
    let differences: Vec<String> = differences.map(ToString::to_string).collect();
    match differences.is_empty() {
        true => miss.one_line(),
        false => format!("{} [{}]", miss.one_line(), differences.join("; ")),
    }
}

fn difference(difference: &Difference) -> Value {
    let mut all = Map::from_iter([("at".to_owned(), Value::from(difference.at.as_str()))]);
    let (recorded, now) = match &difference.change {
        Change::Added(now) => (None, Some(now)),
        Change::Removed(recorded) => (Some(recorded), None),
        Change::Changed { recorded, now, .. } => (Some(recorded), Some(now)),
    };
    for (name, value) in [("recorded", recorded), ("now", now)] {
        all.extend(value.map(|value| (name.to_owned(), Value::from(value.as_str()))));
    }
    all.extend(difference.volatile.map(|kind| ("volatile".to_owned(), Value::from(kind))));
    Value::Object(all)
}
