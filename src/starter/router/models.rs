//! The models of all providers.

use super::id::Id;
use super::table::{ApiRouter, AppState};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::registry::{Load, no_such_model};
use crate::starter::shared::Shared;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The models.
pub(super) struct Models;

impl ApiRouter for Models {
    fn name(&self) -> &'static str {
        "models"
    }

    fn summary(&self) -> &'static str {
        "the models of all providers, as `provider/model`"
    }

    fn example(&self) -> &'static str {
        "GET /v1/models"
    }

    fn api(&self) -> &'static str {
        "models"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new().routes(routes!(list)).routes(routes!(retrieve))
    }
}

#[derive(Serialize, ToSchema)]
struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

/// A model, in OpenAI's shape. What Llama Stack knows besides is in `custom_metadata`, where Llama Stack has it too.
#[derive(Serialize, ToSchema)]
struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
    custom_metadata: ModelMetadata,
}

#[derive(Serialize, ToSchema)]
struct ModelMetadata {
    /// `llm` or `embedding`. Providers do not say; it is told by the name.
    model_type: &'static str,
    provider_id: String,
    provider_resource_id: String,
}

/// The models of all providers. Waits, for a while, for those that have not answered yet.
#[utoipa::path(get, path = "/v1/models", operation_id = "list_models", tag = "models", responses((status = 200, body = ModelList)))]
async fn list(State(shared): State<AppState>) -> Json<ModelList> {
    Json(ModelList { object: "list", data: models(&shared).await })
}

/// One model. Its id has slashes, which need not be escaped.
#[utoipa::path(
    get,
    path = "/v1/models/{*model_id}",
    operation_id = "retrieve_model",
    tag = "models",
    params(("model_id" = String, Path, description = "Its id: `ollama/llama3.2`")),
    responses((status = 200, body = Model), (status = 404, body = ErrorBody))
)]
async fn retrieve(State(shared): State<AppState>, Id(id): Id) -> Result<Json<Model>, ApiError> {
    let models = models(&shared).await;
    let mut bare = models.iter().filter(|model| model.custom_metadata.provider_resource_id == id);
    let only = bare.next().filter(|_| bare.next().is_none()).map(|model| model.id.clone());
    let wanted = if models.iter().any(|model| model.id == id) { Some(id.clone()) } else { only };
    let found = models.into_iter().find(|model| Some(&model.id) == wanted.as_ref());
    found.map(Json).ok_or_else(|| no_such_model(&id))
}

async fn models(shared: &Shared) -> Vec<Model> {
    let mut all = Vec::new();
    for (provider, load) in shared.registry.settled().await {
        let Load::Ready(models) = load else { continue };
        all.extend(models.iter().map(|model| Model {
            id: format!("{}/{}", provider.id, model.name),
            object: "model",
            created: model.created,
            owned_by: model.owned_by.clone(),
            custom_metadata: ModelMetadata {
                model_type: model_type(&provider.id, &model.name),
                provider_id: provider.id.clone(),
                provider_resource_id: model.name.clone(),
            },
        }));
    }
    all
}

fn model_type(provider: &str, name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let embeds = provider.ends_with("-embedding") || name.contains("embed") || name.contains("minilm");
    if embeds { "embedding" } else { "llm" }
}
