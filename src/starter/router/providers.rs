//! The providers and how they are.

use super::id::Id;
use super::table::{ApiRouter, AppState, apis};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::registry::Load;
use crate::starter::shared::Shared;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The providers.
pub(super) struct Providers;

impl ApiRouter for Providers {
    fn name(&self) -> &'static str {
        "providers"
    }

    fn summary(&self) -> &'static str {
        "the providers behind the APIs and how they are"
    }

    fn example(&self) -> &'static str {
        "GET /v1/providers"
    }

    fn api(&self) -> &'static str {
        "providers"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(list)).routes(routes!(retrieve))
    }
}

#[derive(Serialize, ToSchema)]
struct ProviderList {
    data: Vec<ProviderInfo>,
}

#[derive(Serialize, ToSchema)]
struct ProviderInfo {
    api: &'static str,
    provider_id: String,
    provider_type: String,
    #[schema(value_type = Object)]
    config: Value,
    health: ProviderHealth,
}

#[derive(Serialize, ToSchema)]
struct ProviderHealth {
    /// `OK` or `Error`.
    status: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The providers of the APIs that are served. Waits, for a while, for those that have not answered yet.
#[utoipa::path(get, path = "/v1/providers", operation_id = "list_providers", tag = "providers", responses((status = 200, body = ProviderList)))]
async fn list(State(shared): State<AppState>) -> Json<ProviderList> {
    Json(ProviderList { data: providers(&shared).await })
}

/// One provider.
#[utoipa::path(
    get,
    path = "/v1/providers/{provider_id}",
    operation_id = "retrieve_provider",
    tag = "providers",
    params(("provider_id" = String, Path, description = "Its id: `ollama`")),
    responses((status = 200, body = ProviderInfo), (status = 404, body = ErrorBody))
)]
async fn retrieve(State(shared): State<AppState>, Id(id): Id) -> Result<Json<ProviderInfo>, ApiError> {
    let found = providers(&shared).await.into_iter().find(|provider| provider.provider_id == id);
    found.map(Json).ok_or_else(|| ApiError::not_found(format!("No such provider: {id}")).at("provider_id"))
}

async fn providers(shared: &Shared) -> Vec<ProviderInfo> {
    let mut all = Vec::new();
    for api in apis().into_iter().filter(|api| shared.config.serves(api.name)) {
        match api.inline_provider {
            Some(inline) => all.push(ProviderInfo {
                api: api.name,
                provider_id: inline.id.to_owned(),
                provider_type: inline.name.to_owned(),
                config: json!({}),
                health: ProviderHealth { status: "OK", message: None },
            }),
            None => {
                all.extend(shared.registry.settled().await.into_iter().map(|(provider, load)| ProviderInfo {
                    api: api.name,
                    provider_id: provider.id.clone(),
                    provider_type: provider.provider_type.clone(),
                    config: json!({"base_url": without_password(&provider.base_url)}),
                    health: health(load),
                }))
            }
        }
    }
    all
}

fn health(load: Load) -> ProviderHealth {
    match load {
        Load::Ready(_) => ProviderHealth { status: "OK", message: None },
        Load::Failed(why) => ProviderHealth { status: "Error", message: Some(why) },
        Load::Pending => {
            ProviderHealth { status: "Error", message: Some("it has not listed its models yet".to_owned()) }
        }
    }
}

fn without_password(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return String::new() };
    if url.username().is_empty() && url.password().is_none() {
        return url.into();
    }
    // Both fail only for URLs that have no host, and those have no password either.
    let _ = (url.set_username(""), url.set_password(None));
    url.into()
}
