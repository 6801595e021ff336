//! Looking after recordings.

mod carried;
mod changed;
mod named;
mod pruned;
mod rekeyed;
mod shown;
mod verified;

use crate::support::Project;

/// A recording of two calls by case `case` of suite `a`, in the folder of `setup`.
pub(crate) fn recording(project: &Project, setup: &str, case: &str, answer: &str) -> String {
    let path = format!("recordings/{setup}/a/{case}.json");
    project.file(&path, two_calls(case, answer));
    path
}

/// A stream and a whole answer, both counted by the provider.
pub(crate) fn two_calls(case: &str, answer: &str) -> String {
    format!(
        r#"{{
  "stack-test-recording": 1,
  "case": "a::{case}",
  "exchanges": [
    {{
      "request": {{"provider": "openai", "method": "POST", "path": "/v1/chat/completions", "body": {{"json": {{"model": "m", "messages": [{{"role": "user", "content": "Which planet?"}}], "stream": true}}}}}},
      "response": {{"status": 200, "headers": [["content-type", "text/event-stream"]], "stream": [
        {{"at": 3, "data": {{"choices": [{{"index": 0, "delta": {{"content": "Sat"}}}}]}}}},
        {{"at": 9, "data": {{"choices": [{{"index": 0, "delta": {{"content": "urn"}}, "finish_reason": "stop"}}], "usage": {{"prompt_tokens": 5, "completion_tokens": 2}}}}}},
        {{"text": "data: [DONE]\n\n"}}
      ]}}
    }},
    {{
      "request": {{"provider": "ollama", "method": "POST", "path": "/api/chat", "body": {{"json": {{"model": "n", "messages": []}}}}}},
      "response": {{"status": 200, "headers": [["content-type", "application/json"]], "body": {{"json": {{"message": {{"content": "{answer}"}}, "done": true, "prompt_eval_count": 10, "eval_count": 20}}}}}}
    }}
  ]
}}
"#
    )
}
