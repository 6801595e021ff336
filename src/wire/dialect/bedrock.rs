//! Amazon Bedrock.

use super::{Dialect, Kind, Volatile};

/// Converse, InvokeModel, and OpenAI's routes under `/openai/v1`. Request ids are in headers, which are not kept; an
/// invoked model answers in its own maker's shape.
pub(super) const DIALECT: Dialect = Dialect {
    name: "bedrock",
    summary: "Amazon Bedrock: Converse, InvokeModel, and OpenAI's routes",
    example: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=https://bedrock-runtime.us-east-1.amazonaws.com",
    volatile: &[
        Volatile::new("/converse", "metrics/latencyMs", Kind::Duration),
        Volatile::new("/converse", "output/message/content/*/toolUse/toolUseId", Kind::Id),
        Volatile::new("/converse-stream", "metrics/latencyMs", Kind::Duration),
        Volatile::new("/converse-stream", "start/toolUse/toolUseId", Kind::Id),
        Volatile::new("/converse-stream", "p", Kind::Text("")),
        Volatile::new("/invoke", "id", Kind::Id),
        Volatile::new("/invoke", "content/*/id", Kind::Id),
        Volatile::new("/chat/completions", "id", Kind::Id),
        Volatile::new("/chat/completions", "created", Kind::UnixTime),
        Volatile::new("/chat/completions", "choices/*/message/tool_calls/*/id", Kind::Id),
        Volatile::new("/chat/completions", "choices/*/delta/tool_calls/*/id", Kind::Id),
    ],
    polled: &["/models"],
    secret_headers: &["authorization", "x-amz-security-token"],
};
