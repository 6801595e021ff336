//! An answer held against the document.

use super::document::{Operation, essence};
use super::schema::Schemas;
use super::{Answer, Document, Error, Judged, Kind, Violation};
use crate::text::shorten;
use crate::wire::{NdjsonParser, SseParser};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;
use std::collections::BTreeSet;

/// Characters of a message.
const LONGEST: usize = 200;

/// Events of one stream that are looked at, and violations of one body that are told.
const MOST_EVENTS: usize = 10_000;
const MOST_ERRORS: usize = 100;

/// Alternatives within alternatives that are looked into.
const DEEPEST: usize = 8;

/// Holds answers against a document.
pub struct Judge {
    document: Document,
    schemas: Schemas,
}

impl Judge {
    /// # Errors
    /// The schemas of the document cannot be read.
    pub fn new(document: Document) -> Result<Self, Error> {
        let schemas = Schemas::new(&document.root)?;
        Ok(Self { document, schemas })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What is wrong with `answer`.
    pub fn judge(&self, answer: &Answer<'_>) -> Judged {
        let mut found = Finding { status: answer.status, violations: BTreeSet::new() };
        let Some(operation) = self.document.find(answer.method, answer.path) else {
            // Who asks for what is not there is told so.
            if !matches!(answer.status, 404 | 405) {
                found.add(Kind::UndocumentedRoute, "", "the document has no such route");
            }
            let route = answer.path.split('?').next().unwrap_or_default().to_owned();
            return Judged { route, documented: false, violations: found.violations.into_iter().collect() };
        };
        let operation = &self.document.operations[operation];
        self.against(operation, answer, &mut found);
        let violations = found.violations.into_iter().collect();
        Judged { route: operation.path.clone(), documented: true, violations }
    }

    fn against(&self, operation: &Operation, answer: &Answer<'_>, found: &mut Finding) {
        let Some(response) = operation.response(answer.status) else {
            let known: Vec<&str> = operation.responses.iter().map(|known| known.status.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let what = format!("status {} is not documented; documented are: {known}", answer.status);
            return found.add(Kind::UndocumentedStatus, "", &what);
        };
        let content = &operation.responses[response].content;
        if answer.body.is_empty() || answer.method == "HEAD" {
            return;
        }
        let Some(content_type) = answer.content_type else {
            return found.add(Kind::MissingType, "", "the answer has a body and no content type");
        };
        let asked = essence(content_type);
        // Nothing is said of the body.
        if content.is_empty() {
            return;
        }
        let Some((_, schema)) = documented(content, &asked) else {
            let known: Vec<&str> = content.iter().map(|(name, _)| name.as_str()).collect();
            let what =
                format!("content type {asked} is not documented; documented are: {}", known.join(", "));
            return found.add(Kind::UndocumentedType, "", &what);
        };
        let Some(schema) = schema.as_deref().filter(|_| answer.whole) else { return };
        match asked.as_str() {
            "text/event-stream" => self.events(schema, &server_sent(answer.body), found),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
                self.events(schema, &lines(answer.body), found);
            }
            json if json == "application/json" || json.ends_with("+json") => {
                self.whole(schema, answer.body, found)
            }
            _ => {}
        }
    }

    fn whole(&self, schema: &str, body: &[u8], found: &mut Finding) {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.value(schema, &value, "", found),
            Err(_) => found.add(Kind::Malformed, "", "the body is no JSON"),
        }
    }

    /// Holds each event against `schema`, unless that is of the stream as a text.
    fn events(&self, schema: &str, events: &[String], found: &mut Finding) {
        let is_text = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("string");
        let place = super::pointer::followed(&self.document.root, schema.to_owned());
        if place.and_then(|place| self.document.root.pointer(&place)).is_some_and(is_text) {
            return;
        }
        for event in events.iter().filter(|event| *event != "[DONE]").take(MOST_EVENTS) {
            match serde_json::from_str::<Value>(event) {
                Ok(value) => self.value(schema, &value, "event", found),
                Err(_) => found.add(Kind::Malformed, "event", "an event is no JSON"),
            }
        }
    }

    fn value(&self, schema: &str, value: &Value, place: &str, found: &mut Finding) {
        match self.schemas.at(schema).as_ref() {
            Err(why) => {
                found.add(Kind::UnusableSchema, "", &format!("the document's schema cannot be used: {why}"))
            }
            Ok(schema) if schema.is_valid(value) => {}
            Ok(schema) => {
                schema
                    .iter_errors(value)
                    .take(MOST_ERRORS)
                    .for_each(|error| found.error(place, &error, DEEPEST));
            }
        }
    }
}

/// What is found of one answer.
struct Finding {
    status: u16,
    violations: BTreeSet<Violation>,
}

impl Finding {
    fn add(&mut self, kind: Kind, place: &str, what: &str) {
        let what = shorten(&crate::text::one_line(what), LONGEST).into_owned();
        self.violations.insert(Violation { kind, status: self.status, place: place.to_owned(), what });
    }

    fn error(&mut self, place: &str, error: &ValidationError<'_>, deeper: usize) {
        if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } =
            error.kind()
            && deeper > 0
            && let Some(nearest) = nearest(context, error.instance_path().as_str())
        {
            return nearest.iter().for_each(|error| self.error(place, error, deeper - 1));
        }
        let at = format!("{place}{}", without_indices(error.instance_path().as_str()));
        let kind = match error.kind() {
            // The message names the values that are allowed, and not the one that is there.
            ValidationErrorKind::Type { .. } => {
                format!("{}, and is {}", error.masked_with("it"), type_of(error.instance()))
            }
            _ => error.masked_with("it").to_string(),
        };
        self.add(Kind::Schema, &at, &kind);
    }
}

/// Of several alternatives of which none holds, the errors of the one that was most likely meant: what is wrong lies in its
/// members, and not in what it is. `None` where that is said of none or of several.
fn nearest<'a>(
    alternatives: &'a [Vec<ValidationError<'static>>],
    place: &str,
) -> Option<&'a [ValidationError<'static>]> {
    let is_other = |error: &ValidationError<'_>| {
        let decides =
            matches!(error.kind(), ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. });
        error.instance_path().as_str() == place && matches!(error.kind(), ValidationErrorKind::Type { .. })
            || decides
    };
    let mut meant = alternatives.iter().filter(|errors| !errors.iter().any(is_other));
    let first = meant.next().filter(|_| meant.next().is_none())?;
    (!first.is_empty()).then_some(first.as_slice())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// `/data/0/id` and `/data/1/id` are one place.
fn without_indices(pointer: &str) -> String {
    let is_index = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let segments = pointer.split('/').map(|segment| if is_index(segment) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// What is documented of a content type: by itself, by its kind, or by `*/*`.
fn documented<'a>(
    content: &'a [(String, Option<String>)],
    asked: &str,
) -> Option<&'a (String, Option<String>)> {
    let kind = asked.split('/').next().unwrap_or_default();
    let wanted = [asked.to_owned(), format!("{kind}/*"), "*/*".to_owned()];
    wanted.iter().find_map(|wanted| content.iter().find(|(name, _)| name == wanted))
}

fn server_sent(body: &[u8]) -> Vec<String> {
    let mut parser = SseParser::default();
    let events = parser.push(body).unwrap_or_default();
    events.into_iter().map(|event| event.data).filter(|data| !data.is_empty()).collect()
}

fn lines(body: &[u8]) -> Vec<String> {
    let mut parser = NdjsonParser::default();
    let mut lines = parser.push(body).unwrap_or_default();
    lines.extend(parser.finish());
    lines.into_iter().map(|line| line.text).filter(|text| !text.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A judge of one route, `GET /v1/things/{id}`, with these responses.
    fn judge(responses: Value) -> Judge {
        let paths = json!({"/v1/things/{id}": {"get": {"responses": responses}}});
        let components = json!({"schemas": {
            "Thing": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "size": {"type": "integer", "nullable": true},
                "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}}
            }},
            "Part": {"anyOf": [
                {"type": "object", "required": ["kind", "text"], "properties": {"kind": {"const": "text"}, "text": {"type": "string"}}},
                {"type": "object", "required": ["kind", "url"], "properties": {"kind": {"const": "image"}, "url": {"type": "string"}}}
            ]}
        }});
        Judge::new(
            Document::new(json!({"openapi": "3.0.3", "paths": paths, "components": components})).unwrap(),
        )
        .unwrap()
    }

    fn things() -> Judge {
        let content = |name: &str, schema: &str| json!({name: {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
        judge(json!({
            "200": {"content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                "text/event-stream": {"schema": {"$ref": "#/components/schemas/Thing"}}
            }},
            "202": {"content": content("application/json", "Nowhere")},
            "203": {"content": {"text/*": {"schema": {"type": "string"}}, "text/event-stream": {"schema": {"type": "string"}}}},
            "4XX": {"description": "any"},
        }))
    }

    fn found(
        judge: &Judge,
        status: u16,
        content_type: Option<&str>,
        body: &str,
    ) -> Vec<(Kind, String, String)> {
        let (method, path, body) = ("GET", "/v1/things/1?x=y", body.as_bytes());
        let judged = judge.judge(&Answer { method, path, status, content_type, body, whole: true });
        assert_eq!((judged.route.as_str(), judged.documented), ("/v1/things/{id}", true));
        judged.violations.into_iter().map(|found| (found.kind, found.place, found.what)).collect()
    }

    const JSON: Option<&str> = Some("application/json; charset=utf-8");

    #[test]
    fn an_answer_as_documented_breaks_nothing() {
        let judge = things();
        let events = "data: {\"id\":\"a\"}\n\ndata: [DONE]\n\n";
        for (status, content_type, body) in [
            (200, JSON, r#"{"id":"a","size":null,"parts":[{"kind":"text","text":"x"}]}"#),
            (200, Some("text/event-stream"), events),
            (203, Some("text/plain"), "hello"),
            (203, Some("text/event-stream"), "data: hello\n\n"),
            (404, JSON, "{}"),
            (404, Some("text/html"), "<p>"),
            (200, None, ""),
        ] {
            assert_eq!(found(&judge, status, content_type, body), [], "{status} {body}");
        }
    }

    #[test]
    fn each_kind_of_violation_is_told_by_its_place_and_without_values() {
        let judge = things();
        let one = |status, content_type, body| {
            let [one] = found(&judge, status, content_type, body).try_into().unwrap();
            one
        };
        let told = one(500, JSON, "{}");
        assert_eq!(
            (told.0, told.2.as_str()),
            (Kind::UndocumentedStatus, "status 500 is not documented; documented are: 200, 202, 203, 4XX")
        );
        assert_eq!(one(200, None, "{}").0, Kind::MissingType);
        assert_eq!(one(200, Some("text/html"), "<p>").0, Kind::UndocumentedType);
        assert_eq!(one(200, JSON, "<p>").0, Kind::Malformed);
        assert_eq!(one(202, JSON, "{}").0, Kind::UnusableSchema);
        assert_eq!(one(200, JSON, "{}").0, Kind::Schema);
        let (kind, place, what) = one(200, JSON, r#"{"id":"a","size":"sk-verysecret"}"#);
        assert_eq!((kind, place.as_str()), (Kind::Schema, "/size"));
        assert!(what.ends_with("and is a string") && !what.contains("sk-"), "{what}");
        let (kind, place, _) =
            one(200, Some("text/event-stream"), "data: {\"id\":1}\n\ndata: {\"id\":2}\n\n");
        assert_eq!((kind, place.as_str()), (Kind::Schema, "event/id"));
        assert_eq!(one(200, Some("text/event-stream"), "data: {\n\n").0, Kind::Malformed);
    }

    #[test]
    fn of_alternatives_the_one_that_was_meant_is_told() {
        let parts =
            r#"{"id":"a","parts":[{"kind":"text","text":"x"},{"kind":"text","text":1},{"kind":"text"}]}"#;
        let told: Vec<_> =
            found(&things(), 200, JSON, parts).into_iter().map(|(_, place, _)| place).collect();
        assert_eq!(told, ["/parts/*", "/parts/*/text"]);
    }

    #[test]
    fn half_a_body_and_what_is_not_there_are_no_violations() {
        let judge = things();
        let cut = Answer {
            method: "GET",
            path: "/v1/things/1",
            status: 200,
            content_type: JSON,
            body: b"{",
            whole: false,
        };
        assert_eq!(judge.judge(&cut).violations, []);
        let absent = Answer { path: "/v1/nothing", status: 404, ..cut };
        assert_eq!(judge.judge(&absent).violations, []);
        let hidden = judge.judge(&Answer { status: 200, ..absent });
        assert_eq!(
            (hidden.route.as_str(), hidden.violations[0].kind),
            ("/v1/nothing", Kind::UndocumentedRoute)
        );
    }
}
