//! From a planned request to one that can be sent.

use super::client::Client;
use crate::check::Scope;
use crate::plan::{Body, Method, Part, PartContent, RequestStep};
use crate::source::Diagnostic;
use reqwest::{RequestBuilder, multipart};
use serde_json::Value;

/// Who is told the texts of the parts of a form.
type Said<'a> = &'a dyn Fn(&[u8]);

/// Fills in the templates of `step`. `said` is told the parts of a form, which cannot be seen in the finished request.
///
/// # Errors
/// A name without a value, a list where lines are wanted, a content type that is none: with its place in the suite.
pub(super) fn request(
    client: &Client,
    step: &RequestStep,
    scope: &Scope,
    said: Said<'_>,
) -> Result<RequestBuilder, Diagnostic> {
    let path = step.path.render(scope)?;
    let mut request = client.request(method(step.method), &path);
    let mut query = Vec::new();
    for (name, template) in &step.query {
        match template.render(scope)? {
            Value::Null => {}
            value => query.push((name.as_str(), plain(value))),
        }
    }
    if !query.is_empty() {
        let path = with_query(&path, &query);
        request = client.request(method(step.method), &path);
    }
    for (name, template) in &step.headers {
        request = request.header(name.as_str(), template.render(scope)?);
    }
    Ok(match &step.body {
        Body::None => request,
        Body::Json(template) => request.json(&template.render(scope)?),
        Body::Text(template) => request.body(template.render(scope)?),
        Body::Multipart(parts) => request.multipart(form(step, parts, scope, said)?),
    })
}

fn with_query(path: &str, query: &[(&str, String)]) -> String {
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{encoded}")
}

fn form(
    step: &RequestStep,
    parts: &[Part],
    scope: &Scope,
    said: Said<'_>,
) -> Result<multipart::Form, Diagnostic> {
    let mut form = multipart::Form::new();
    for part in parts {
        form = form.part(part.name.clone(), form_part(step, part, scope, said)?);
    }
    Ok(form)
}

fn form_part(
    step: &RequestStep,
    part: &Part,
    scope: &Scope,
    said: Said<'_>,
) -> Result<multipart::Part, Diagnostic> {
    let mut built = match &part.content {
        PartContent::Value(template) => {
            let text = plain(template.render(scope)?);
            said(text.as_bytes());
            multipart::Part::text(text)
        }
        PartContent::Lines(template) => {
            let lines = lines(step, part, template.render(scope)?)?;
            said(&lines);
            multipart::Part::bytes(lines)
        }
        PartContent::Bytes(bytes) => {
            said(bytes);
            multipart::Part::bytes(bytes.to_vec())
        }
    };
    if let Some(name) = &part.file_name {
        built = built.file_name(name.render(scope)?);
    }
    if let Some(content_type) = &part.content_type {
        built = built.mime_str(content_type).map_err(|_| {
            Diagnostic::at(step.origin.clone(), format!("`{content_type}` is no content type"))
                .hint("write it like `application/jsonl`")
        })?;
    }
    Ok(built)
}

fn lines(step: &RequestStep, part: &Part, value: Value) -> Result<Vec<u8>, Diagnostic> {
    match value {
        Value::Array(items) => {
            let mut text = items.into_iter().map(plain).collect::<Vec<_>>().join("\n");
            if !text.is_empty() {
                text.push('\n');
            }
            Ok(text.into_bytes())
        }
        Value::String(text) => Ok(text.into_bytes()),
        _ => Err(Diagnostic::at(step.origin.clone(), format!("`{}` needs a list, a line each", part.name))),
    }
}

/// A string as it stands, anything else as JSON.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Head => reqwest::Method::HEAD,
        Method::Options => reqwest::Method::OPTIONS,
    }
}
