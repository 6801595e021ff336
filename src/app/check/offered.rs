//! What a stack says of itself: its OpenAPI document, its routes.

use super::site::Site;
use crate::app::files::read_text;
use crate::app::inputs::Inputs;
use crate::contract::Document;
use crate::source::{Diagnostic, SourceFile, yaml};
use serde_json::Value;
use std::path::Path;

/// Where servers have their document.
const PLACES: [&str; 4] = ["/openapi.json", "/v1/openapi.json", "/api/openapi.json", "/openapi.yaml"];

/// Llama Stack lists routes that are not stable, or no longer wanted, only if it is asked for them.
const LISTS: [&str; 4] = ["", "?api_filter=v1alpha", "?api_filter=v1beta", "?api_filter=deprecated"];

/// A document, and where it was found.
pub(super) struct Offered {
    pub(super) document: Document,
    /// `/openapi.json` of the stack, or the file or URL as it was typed.
    pub(super) from: String,
}

/// The document that `--openapi` names.
///
/// # Errors
/// It cannot be read, or is something else.
pub(super) async fn named(name: &str, inputs: &Inputs) -> Result<Offered, Diagnostic> {
    let from = name.to_owned();
    if !name.starts_with("http://") && !name.starts_with("https://") {
        let file = read_text(&inputs.cwd, Path::new(name))?;
        return Ok(Offered { document: parsed(file.name(), file.text())?, from });
    }
    let fetched = Site::new(name, None)?.get("").await;
    let fetched = fetched.map_err(|why| Diagnostic::new(format!("there is no document at {name}: {why}")))?;
    if fetched.status != 200 {
        let what = format!("there is no document at {name}: the server answers {}", fetched.status);
        return Err(Diagnostic::new(what));
    }
    let document = parsed(name, &String::from_utf8_lossy(&fetched.body))?;
    Ok(Offered { document, from })
}

/// The stack's own document; `None` where it has none.
pub(super) async fn own(site: &Site) -> Option<Offered> {
    for place in PLACES {
        let Ok(fetched) = site.get(place).await else { continue };
        if fetched.status != 200 {
            continue;
        }
        if let Ok(document) = parsed(place, &String::from_utf8_lossy(&fetched.body)) {
            return Some(Offered { document, from: place.to_owned() });
        }
    }
    None
}

/// What to say where there is no document.
pub(super) fn no_document() -> Diagnostic {
    let tried = PLACES.join(", ");
    Diagnostic::new(format!("the stack has no OpenAPI document at {tried}"))
        .hint("name one with --openapi FILE or --openapi URL")
}

/// Method and path of each route that `/v1/inspect/routes` lists; `None` where there is no such list.
pub(super) async fn routes(site: &Site) -> Option<Vec<(String, String)>> {
    let mut routes = Vec::new();
    let mut listed = false;
    for query in LISTS {
        let Some(list) = site.json(&format!("/v1/inspect/routes{query}")).await else { continue };
        let Some(data) = list.get("data").and_then(Value::as_array) else { continue };
        listed = true;
        let text = |route: &Value, key: &str| route.get(key).and_then(Value::as_str).map(str::to_owned);
        routes.extend(data.iter().filter_map(|route| Some((text(route, "method")?, text(route, "route")?))));
    }
    listed.then_some(routes)
}

fn parsed(name: &str, text: &str) -> Result<Document, Diagnostic> {
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) if text.trim_start().starts_with('{') => {
            return Err(Diagnostic::new(format!("`{name}` is no JSON: {error}")));
        }
        Err(_) => yaml::parse(&SourceFile::new(name, text))?.to_json(),
    };
    Document::new(value).map_err(|error| Diagnostic::new(format!("`{name}` cannot be used: {error}")))
}
