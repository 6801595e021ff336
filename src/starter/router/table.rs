//! The table of the APIs.

use super::{
    batches, body_limit, chat, completions, embeddings, fallback, files, inspect, models, openapi, providers,
};
use crate::starter::request_body::BODY_LIMIT;
use crate::starter::shared::Shared;
use crate::starter::{StarterConfig, TableEntry};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use std::sync::Arc;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

/// The state of every route.
pub(super) type AppState = Arc<Shared>;

/// A group of routes.
pub(super) trait ApiRouter: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// What it offers, in a line.
    fn summary(&self) -> &'static str;
    /// A request.
    fn example(&self) -> &'static str;
    /// The API it belongs to, as stack-config strings name it; the tag of its operations.
    fn api(&self) -> &'static str;
    /// Its routes.
    fn routes(&self) -> OpenApiRouter<AppState>;
}

/// Every group of routes.
const ROUTERS: &[&dyn ApiRouter] = &[
    &inspect::Inspect,
    &openapi::Document,
    &providers::Providers,
    &models::Models,
    &chat::Chat,
    &completions::Completions,
    &embeddings::Embeddings,
    &files::Files,
    &batches::Batches,
];

/// The APIs that are served whatever a configuration asks for: without them nobody could tell what is served.
pub(crate) const ALWAYS_SERVED: &[&str] = &["inspect", "providers", "models"];

/// An API that a configuration can name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api {
    /// `files`
    pub(crate) name: &'static str,
    /// Its provider where that is part of this server; `None` for those that are asked over the network.
    pub(crate) inline_provider: Option<InlineProvider>,
}

/// A provider that is part of this server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InlineProvider {
    /// `localfs`
    pub(crate) id: &'static str,
    /// `inline::localfs`
    pub(crate) name: &'static str,
}

/// The APIs that a configuration can name. The inline providers have the names that Llama Stack's have, because those
/// stand in people's configurations; that files are kept in memory here shows nowhere else.
pub(crate) fn apis() -> [Api; 3] {
    let inline = |id, name| Some(InlineProvider { id, name });
    [
        Api { name: "inference", inline_provider: None },
        Api { name: "files", inline_provider: inline("localfs", "inline::localfs") },
        Api { name: "batches", inline_provider: inline("reference", "inline::reference") },
    ]
}

/// The routes that `config` serves, and their description.
pub(crate) fn routes(config: &StarterConfig) -> (Router<AppState>, OpenApi) {
    let info = InfoBuilder::new()
        .title("stack-test starter")
        .description(Some("The OpenAI-compatible stack that is built into stack-test."))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let empty = OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build());
    let served = ROUTERS.iter().filter(|entry| config.serves(entry.api()));
    let (router, mut document) = served.fold(empty, |all, entry| all.merge(entry.routes())).split_for_parts();
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (as_documented(&path), item)).collect();
    let router = router
        .fallback(fallback::no_such_route)
        .method_not_allowed_fallback(fallback::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(body_limit::refuse_too_large));
    (router, document)
}

/// What the entries of [`ROUTERS`] say of themselves.
pub(crate) fn table_entries() -> Vec<TableEntry> {
    let entry = |it: &&dyn ApiRouter| TableEntry {
        name: it.name(),
        summary: it.summary(),
        example: it.example().to_owned(),
    };
    ROUTERS.iter().map(entry).collect()
}

/// A path as OpenAPI writes it, which has no word for axum's "and whatever follows": `{*model_id}` becomes `{model_id}`.
fn as_documented(path: &str) -> String {
    path.replace("{*", "{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_router_is_described_and_tagged_with_its_api() {
        let page = include_str!("../../../docs/embedded-stack.md");
        let mut names = BTreeSet::new();
        for entry in ROUTERS {
            assert!(names.insert(entry.name()), "{} is there twice", entry.name());
            assert!(!entry.summary().is_empty());
            let document = entry.routes().into_openapi();
            let (method, path) = entry.example().split_once(' ').unwrap();
            let known = ["GET", "POST"].contains(&method) && document.paths.paths.contains_key(path);
            assert!(known, "the example `{}` is no route of {}", entry.example(), entry.name());
            for (path, item) in &document.paths.paths {
                let shown = as_documented(path);
                assert!(page.contains(&shown), "docs/embedded-stack.md does not name {shown}");
                let operations =
                    [&item.get, &item.post, &item.delete].into_iter().flatten().collect::<Vec<_>>();
                assert!(!operations.is_empty(), "{path} has no operation");
                for operation in operations {
                    assert_eq!(operation.tags.as_deref(), Some(&[entry.api().to_owned()][..]), "{path}");
                }
            }
        }
    }

    #[test]
    fn what_can_be_configured_is_served_by_a_router() {
        for api in apis() {
            assert!(ROUTERS.iter().any(|entry| entry.api() == api.name), "{}", api.name);
        }
    }
}
