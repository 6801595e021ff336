//! What calls cost: the tokens that providers count themselves.

use crate::wire::dialect::Framing;
use crate::wire::eventstream::FrameParser;
use crate::wire::message::{Body, Exchange, Request, Response};
use crate::wire::{NdjsonParser, SseParser};
use serde_json::Value;

/// Tokens of one call, or of several, summed. Nothing is counted here: providers say how many there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, those from a cache included.
    pub input: u64,
    /// Tokens that were generated.
    pub output: u64,
}

impl Usage {
    /// Adds the tokens of `other`.
    pub fn add(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
    }

    /// All tokens.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Of two counts of the same call, what the fuller one says: streams repeat them as they grow.
    fn or_more(self, other: Self) -> Self {
        Self { input: self.input.max(other.input), output: self.output.max(other.output) }
    }
}

/// The tokens that the provider says the call took; none where it says nothing (lists of models, errors, many servers'
/// embeddings).
pub fn usage(exchange: &Exchange) -> Usage {
    usage_of(&exchange.response)
}

/// The same for an answer.
pub fn usage_of(response: &Response) -> Usage {
    let mut sum = Usage::default();
    for event in answer_json(response) {
        sum = sum.or_more(usage_in(&event));
    }
    sum
}

/// The model that is asked for: in the body, or (Azure, Gemini, Bedrock) as a step of the path.
pub fn model(request: &Request) -> Option<String> {
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    if let Some(model) = body.as_ref().and_then(|body| body.get("model")).and_then(Value::as_str) {
        return Some(model.to_owned());
    }
    let mut steps = request.path.split('/');
    steps.find(|step| matches!(*step, "deployments" | "models" | "model"))?;
    let step = steps.next()?;
    let name = step.split(':').next().unwrap_or(step);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The JSON documents of an answer, in order: one for a body of one piece, one for each event of a stream or element of a
/// list. What is no JSON is left out.
pub fn answer_json(response: &Response) -> Vec<Value> {
    let bytes = response.body.bytes();
    let texts = match (&response.body, Framing::of(response.header("content-type").unwrap_or_default())) {
        (Body::Stream(_), Some(Framing::Sse)) => {
            let mut parser = SseParser::default();
            // Two line ends close an event that was the last thing before the connection broke.
            let events = parser.push(&bytes).and_then(|mut events| {
                events.extend(parser.push(b"\n\n")?);
                Ok(events)
            });
            events.unwrap_or_default().into_iter().map(|event| event.data).collect()
        }
        (Body::Stream(_), Some(Framing::Ndjson)) => {
            let mut parser = NdjsonParser::default();
            let mut lines = parser.push(&bytes).unwrap_or_default();
            lines.extend(parser.finish());
            lines.into_iter().map(|line| line.text).collect()
        }
        (Body::Stream(_), Some(Framing::EventStream)) => {
            let frames = FrameParser::new(bytes.len()).push(&bytes).unwrap_or_default();
            frames.iter().map(|frame| String::from_utf8_lossy(&frame.payload).into_owned()).collect()
        }
        _ => vec![String::from_utf8_lossy(&bytes).into_owned()],
    };
    let documents = texts.iter().filter_map(|text| serde_json::from_str(text).ok());
    // Gemini streams one list, an element at a time.
    documents
        .flat_map(|document| if let Value::Array(elements) = document { elements } else { vec![document] })
        .collect()
}

/// The counts of one document, in whichever of the known shapes it has them.
fn usage_in(document: &Value) -> Usage {
    let blocks = [
        document.get("usage"),
        // OpenAI's responses and Anthropic's first event carry the object that the usage belongs to.
        document.pointer("/response/usage"),
        document.pointer("/message/usage"),
        document.get("usageMetadata"),
        document.get("metadata").and_then(|metadata| metadata.get("usage")),
        Some(document).filter(|document| {
            document.get("eval_count").is_some() || document.get("prompt_eval_count").is_some()
        }),
    ];
    let mut found = Usage::default();
    for block in blocks.into_iter().flatten() {
        let first = |names: &[&str]| names.iter().find_map(|name| block.get(*name)?.as_u64()).unwrap_or(0);
        let cached =
            first(&["cache_read_input_tokens"]).saturating_add(first(&["cache_creation_input_tokens"]));
        let input =
            first(&["prompt_tokens", "input_tokens", "inputTokens", "promptTokenCount", "prompt_eval_count"]);
        let output = first(&[
            "completion_tokens",
            "output_tokens",
            "outputTokens",
            "candidatesTokenCount",
            "eval_count",
        ]);
        found = found.or_more(Usage { input: input.saturating_add(cached), output });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::{End, Head, Piece};

    fn exchange(kind: &str, streamed: bool, text: &str) -> Exchange {
        let body = text.as_bytes().to_vec();
        let body = match streamed {
            true => Body::Stream(vec![Piece { at: 0, bytes: body.into() }]),
            false => Body::Whole(body.into()),
        };
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Exchange {
            request: Request {
                provider: "p".into(),
                method: "POST".into(),
                path: "/v1/x".into(),
                query: String::new(),
                content_type: None,
                body: r#"{"model": "m"}"#.into(),
            },
            response: Response { head: Some(Head::new(200, headers)), body, end: End::Complete },
        }
    }

    #[test]
    fn every_provider_counts_in_its_own_words() {
        let usage = |input, output| Usage { input, output };
        for (streamed, kind, text, expected) in [
            (
                false,
                "application/json",
                r#"{"usage": {"prompt_tokens": 3, "completion_tokens": 4}}"#,
                usage(3, 4),
            ),
            (false, "application/json", r#"{"usage": {"prompt_tokens": 5, "total_tokens": 5}}"#, usage(5, 0)),
            (false, "application/json", r#"{"usage": {"input_tokens": 3, "output_tokens": 4}}"#, usage(3, 4)),
            (
                false,
                "application/json",
                r#"{"done": true, "prompt_eval_count": 7, "eval_count": 2}"#,
                usage(7, 2),
            ),
            (false, "application/json", r#"{"data": []}"#, usage(0, 0)),
            (
                true,
                "application/json",
                r#"[{"usageMetadata": {"promptTokenCount": 3}}, {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}}]"#,
                usage(3, 4),
            ),
            (false, "text/plain", "usage", usage(0, 0)),
            (
                true,
                "text/event-stream",
                "data: {\"choices\": [], \"usage\": null}\n\ndata: {\"usage\": {\"prompt_tokens\": 3, \"completion_tokens\": 4}}\n\ndata: [DONE]\n\n",
                usage(3, 4),
            ),
            (
                true,
                "text/event-stream",
                "data: {\"type\": \"message_start\", \"message\": {\"usage\": {\"input_tokens\": 9, \"cache_read_input_tokens\": 1, \"output_tokens\": 1}}}\n\n\
                 data: {\"type\": \"message_delta\", \"usage\": {\"output_tokens\": 12}}\n",
                usage(10, 12),
            ),
            (
                true,
                "text/event-stream",
                "event: response.completed\ndata: {\"response\": {\"usage\": {\"input_tokens\": 1, \"output_tokens\": 2}}}\n\n",
                usage(1, 2),
            ),
            (
                true,
                "application/x-ndjson",
                "{\"done\": false}\n{\"done\": true, \"prompt_eval_count\": 5, \"eval_count\": 6}",
                usage(5, 6),
            ),
        ] {
            assert_eq!(super::usage(&exchange(kind, streamed, text)), expected, "{text}");
        }
    }

    #[test]
    fn a_model_is_in_the_body_or_in_the_path() {
        let mut request = exchange("", false, "").request;
        assert_eq!(model(&request).as_deref(), Some("m"));
        request.body = "{}".into();
        assert_eq!(model(&request), None);
        request.path = "/openai/deployments/gpt-x/chat/completions".into();
        assert_eq!(model(&request).as_deref(), Some("gpt-x"));
        request.path = "/v1beta/models/gemini-x:streamGenerateContent".into();
        assert_eq!(model(&request).as_deref(), Some("gemini-x"));
    }
}
