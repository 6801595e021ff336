//! An OpenAPI 3 document, as far as routes and answers go.

use super::pointer::{below, followed};
use super::route::{Shape, api_of};
use super::{Error, schema};
use serde_json::Value;
use std::sync::Arc;

/// The members of a path that are operations.
const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// An OpenAPI 3 document.
#[derive(Debug)]
pub struct Document {
    /// Its schemas as JSON Schema of 2020-12.
    pub(super) root: Arc<Value>,
    /// Its operations, in its order.
    pub operations: Vec<Operation>,
}

/// What a document says of a method of a path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// With the path of the document's server before it.
    pub path: String,
    /// The path as it is matched.
    pub shape: Shape,
    /// Its first tag, or else the first word of its path.
    pub api: String,
    pub(super) responses: Vec<Response>,
}

/// What a document says of a status.
#[derive(Debug, Clone)]
pub(super) struct Response {
    /// `200`, `4XX`, `default`.
    pub(super) status: String,
    /// Content types in lower case, each with the place of its schema, if it has one. Nothing is said of the body where
    /// there are none.
    pub(super) content: Vec<(String, Option<String>)>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// It is something else.
    pub fn new(mut root: Value) -> Result<Self, Error> {
        if let Some(version) = root.get("swagger") {
            return Err(Error::Swagger(version.as_str().unwrap_or_default().to_owned()));
        }
        if !root.get("paths").is_some_and(Value::is_object) {
            return Err(Error::NoPaths);
        }
        schema::translate(&mut root);
        let mut operations = Vec::new();
        let base = server_path(&root);
        for path in root["paths"].as_object().into_iter().flat_map(|paths| paths.keys()) {
            let Some(item) = followed(&root, below("/paths", path)) else { continue };
            for method in METHODS {
                let pointer = below(&item, method);
                if let Some(operation) = root.pointer(&pointer).filter(|operation| operation.is_object()) {
                    let path = format!("{base}{path}");
                    operations.push(Operation {
                        method: method.to_ascii_uppercase(),
                        shape: Shape::new(&path),
                        api: tag(operation).unwrap_or_else(|| api_of(&path)),
                        path,
                        responses: responses(&root, &pointer),
                    });
                }
            }
        }
        Ok(Self { root: Arc::new(root), operations })
    }

    /// The operation that a request is for, if the document has it.
    pub fn find(&self, method: &str, path: &str) -> Option<usize> {
        let asked = Shape::new(path);
        let fits = self.operations.iter().enumerate().filter(|(_, known)| known.method == method);
        let fits = fits.filter_map(|(index, known)| Some((known.shape.fit(&asked)?, index)));
        fits.max_by_key(|(fit, index)| (*fit, std::cmp::Reverse(*index))).map(|(_, index)| index)
    }
}

impl Operation {
    /// What is said of `status`: by itself, by its hundred, or by default.
    pub(super) fn response(&self, status: u16) -> Option<usize> {
        let at = |wanted: &str| self.responses.iter().position(|known| known.status == wanted);
        at(&status.to_string()).or_else(|| at(&format!("{}XX", status / 100))).or_else(|| at("DEFAULT"))
    }
}

fn responses(root: &Value, operation: &str) -> Vec<Response> {
    let pointer = below(operation, "responses");
    let Some(all) = root.pointer(&pointer).and_then(Value::as_object) else { return Vec::new() };
    let statuses = all.keys().filter_map(|status| {
        let place = below(&followed(root, below(&pointer, status))?, "content");
        let types = root.pointer(&place).and_then(Value::as_object);
        let content = types.into_iter().flatten().map(|(name, media)| {
            // An OpenAPI 3.2 document says of each event what others say of the stream.
            let key = if media.get("itemSchema").is_some() { "itemSchema" } else { "schema" };
            let schema = media.get(key).map(|_| below(&below(&place, name), key));
            (essence(name), schema)
        });
        Some(Response { status: status.to_ascii_uppercase(), content: content.collect() })
    });
    statuses.collect()
}

/// A content type without its parameters, in lower case.
pub(super) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn tag(operation: &Value) -> Option<String> {
    let tag = operation.get("tags")?.get(0)?.as_str()?.to_lowercase();
    (!tag.is_empty()).then_some(tag)
}

/// The path that the document's first server puts before all others: of `https://api.example.com/v1`, `/v1`.
fn server_path(root: &Value) -> String {
    let url = root.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
        None => url,
    };
    // A server of variables may be anything.
    if path.contains('{') { String::new() } else { path.trim_end_matches('/').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_found_through_references_and_servers() {
        let document = Document::new(json!({
            "servers": [{"url": "https://api.example.com/v1/"}],
            "paths": {
                "/files/{id}": {"$ref": "#/components/pathItems/file"},
                "/loop": {"$ref": "#/paths/~1loop"},
                "/far": {"$ref": "https://example.com/other.json"}
            },
            "components": {
                "pathItems": {"file": {"get": {"tags": ["Files"], "responses": {
                    "200": {"$ref": "#/components/responses/ok"}, "4xx": {"description": "no"}
                }}}},
                "responses": {"ok": {"content": {"application/json; charset=utf-8": {"schema": {"type": "object"}}}}}
            }
        }))
        .unwrap();
        let [operation] = document.operations.as_slice() else { panic!("{document:?}") };
        assert_eq!((operation.path.as_str(), operation.api.as_str()), ("/v1/files/{id}", "files"));
        assert_eq!(document.find("GET", "/v1/files/a"), Some(0));
        assert_eq!(document.find("DELETE", "/v1/files/a"), None);
        let place = "/components/responses/ok/content/application~1json; charset=utf-8/schema";
        assert_eq!(operation.responses[0].content, [("application/json".to_owned(), Some(place.to_owned()))]);
        assert_eq!(
            (operation.response(200), operation.response(404), operation.response(500)),
            (Some(0), Some(1), None)
        );
    }

    #[test]
    fn what_is_no_document_says_so() {
        assert_eq!(Document::new(json!({"detail": "Not Found"})).unwrap_err(), Error::NoPaths);
        assert_eq!(Document::new(json!([])).unwrap_err(), Error::NoPaths);
        assert_eq!(Document::new(json!({"swagger": "2.0"})).unwrap_err(), Error::Swagger("2.0".into()));
    }
}
