//! Whether it lives, what it is, what it serves.

use super::table::{ApiRouter, AppState, apis};
use crate::starter::{NAME, StarterConfig};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Health, version, routes.
pub(super) struct Inspect;

impl ApiRouter for Inspect {
    fn name(&self) -> &'static str {
        "inspect"
    }

    fn summary(&self) -> &'static str {
        "health, version and the routes that are served"
    }

    fn example(&self) -> &'static str {
        "GET /v1/health"
    }

    fn api(&self) -> &'static str {
        "inspect"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(health)).routes(routes!(version)).routes(routes!(list_routes))
    }
}

#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
struct Version {
    version: &'static str,
    /// What tells it from others that serve the same routes.
    server: &'static str,
}

#[derive(Serialize, ToSchema)]
struct RouteList {
    data: Vec<RouteInfo>,
}

#[derive(Serialize, ToSchema)]
struct RouteInfo {
    route: String,
    method: &'static str,
    provider_types: Vec<String>,
}

/// Whether the server lives. It says nothing about the providers: see `/v1/providers`.
#[utoipa::path(get, path = "/v1/health", tag = "inspect", responses((status = 200, body = Health)))]
async fn health() -> Json<Health> {
    Json(Health { status: "OK" })
}

/// The version of the server.
#[utoipa::path(get, path = "/v1/version", tag = "inspect", responses((status = 200, body = Version)))]
async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION"), server: NAME })
}

/// The routes that are served.
#[utoipa::path(get, path = "/v1/inspect/routes", tag = "inspect", responses((status = 200, body = RouteList)))]
async fn list_routes(State(shared): State<AppState>) -> Json<RouteList> {
    let mut data = Vec::new();
    for (path, item) in &shared.document.0.paths.paths {
        for (method, operation) in operations(item) {
            let provider_types = provider_types(&shared.config, operation);
            data.push(RouteInfo { route: path.clone(), method, provider_types });
        }
    }
    Json(RouteList { data })
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn provider_types(config: &StarterConfig, operation: &Operation) -> Vec<String> {
    let tag = operation.tags.iter().flatten().next();
    match apis().into_iter().find(|api| Some(api.name) == tag.map(String::as_str)) {
        None => Vec::new(),
        Some(api) => match api.inline_provider {
            Some(inline) => vec![inline.name.to_owned()],
            None => {
                let mut types: Vec<_> = config.providers.iter().map(|it| it.provider_type.clone()).collect();
                types.sort();
                types.dedup();
                types
            }
        },
    }
}
