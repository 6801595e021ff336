//! The calls that are passed on to a provider. The routes and the batches share them.

use super::api_error::ApiError;
use super::fields::{Field, Kind, check, missing, optional, required, wrong_type};
use serde_json::{Map, Value};

use Kind::{Bool, Integer, List, Number, Object, Text};

/// A call that is passed on.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its path here, which is what a batch calls its endpoint.
    pub(crate) endpoint: &'static str,
    /// Its path below a provider's base URL.
    pub(crate) path: &'static str,
    /// The member without which it means nothing, besides `model`.
    pub(crate) subject: Field,
    options: &'static [Field],
    subject_items: fn(&Value) -> Result<(), ApiError>,
}

const SAMPLING: &[Field] = &[
    optional("stream", &[Bool]),
    optional("stream_options", &[Object]),
    optional("temperature", &[Number]),
    optional("top_p", &[Number]),
    optional("max_tokens", &[Integer]),
    optional("max_completion_tokens", &[Integer]),
    optional("n", &[Integer]),
    optional("seed", &[Integer]),
    optional("stop", &[Text, List]),
    optional("presence_penalty", &[Number]),
    optional("frequency_penalty", &[Number]),
    optional("logprobs", &[Bool, Integer]),
    optional("top_logprobs", &[Integer]),
    optional("response_format", &[Object]),
    optional("tools", &[List]),
    optional("tool_choice", &[Text, Object]),
    optional("user", &[Text]),
];

/// `/v1/chat/completions`
pub(crate) static CHAT: Operation = Operation {
    endpoint: "/v1/chat/completions",
    path: "/chat/completions",
    subject: required("messages", &[List]),
    options: SAMPLING,
    subject_items: check_messages,
};

/// `/v1/completions`
pub(crate) static COMPLETIONS: Operation = Operation {
    endpoint: "/v1/completions",
    path: "/completions",
    subject: required("prompt", &[Text, List]),
    options: SAMPLING,
    subject_items: |_| Ok(()),
};

/// `/v1/embeddings`
pub(crate) static EMBEDDINGS: Operation = Operation {
    endpoint: "/v1/embeddings",
    path: "/embeddings",
    subject: required("input", &[Text, List]),
    options: &[
        optional("encoding_format", &[Text]),
        optional("dimensions", &[Integer]),
        optional("user", &[Text]),
    ],
    subject_items: |_| Ok(()),
};

/// All of them: the endpoints a batch may have.
pub(crate) static OPERATIONS: [&Operation; 3] = [&CHAT, &COMPLETIONS, &EMBEDDINGS];

impl Operation {
    /// Checks the members of a request.
    ///
    /// # Errors
    /// 400 with the member that is wrong.
    pub(crate) fn check(&self, members: &Map<String, Value>) -> Result<(), ApiError> {
        check(members, &[required("model", &[Text]), self.subject])?;
        members.get(self.subject.name).map_or(Ok(()), self.subject_items)?;
        check(members, self.options)
    }
}

fn check_messages(messages: &Value) -> Result<(), ApiError> {
    for (index, message) in messages.as_array().into_iter().flatten().enumerate() {
        let name = format!("messages[{index}]");
        let Value::Object(members) = message else { return Err(wrong_type(&name, "an object", message)) };
        match members.get("role") {
            Some(Value::String(_)) => {}
            Some(other) => return Err(wrong_type(&format!("{name}.role"), "a string", other)),
            None => return Err(missing(&format!("{name}.role"))),
        }
    }
    Ok(())
}
