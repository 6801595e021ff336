//! Files.

use super::id::Id;
use super::table::{ApiRouter, AppState};
use crate::starter::api_error::{ApiError, ErrorBody};
use crate::starter::files::{DeletedFile, FileObject, NewFile, PURPOSES};
use crate::starter::page::{Page, Query as PageQuery, limit};
use crate::starter::request_body::too_large;
use axum::Json;
use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most files in a list, and how many there are in one that does not say.
const MOST_LISTED: usize = 10_000;
/// How long after its making a file may go by itself, in seconds, as with OpenAI: an hour to thirty days.
const EXPIRY: std::ops::RangeInclusive<u64> = 3600..=2_592_000;

/// Files.
pub(super) struct Files;

impl ApiRouter for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn summary(&self) -> &'static str {
        "files: upload, list, retrieve, content, delete"
    }

    fn example(&self) -> &'static str {
        "GET /v1/files"
    }

    fn api(&self) -> &'static str {
        "files"
    }

    fn routes(&self) -> OpenApiRouter<AppState> {
        OpenApiRouter::new()
            .routes(routes!(list, upload))
            .routes(routes!(retrieve, delete))
            .routes(routes!(content))
    }
}

/// A file to be uploaded.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described, but read field by field")]
struct UploadForm {
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    purpose: String,
    /// `created_at`
    #[schema(rename = "expires_after[anchor]")]
    expires_after_anchor: Option<String>,
    #[schema(rename = "expires_after[seconds]")]
    expires_after_seconds: Option<u64>,
}

/// Keeps a file. What is in it does not matter until something uses it.
#[utoipa::path(
    post,
    path = "/v1/files",
    operation_id = "upload_file",
    tag = "files",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 200, body = FileObject), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody))
)]
async fn upload(
    State(shared): State<AppState>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<FileObject>, ApiError> {
    let form = form.map_err(|rejection| malformed(rejection.body_text()))?;
    shared.files.add(Form::read(form).await?.into_file()?).map(Json)
}

/// The files, newest first unless `order` is `asc`.
#[utoipa::path(
    get,
    path = "/v1/files",
    operation_id = "list_files",
    tag = "files",
    params(
        ("purpose" = Option<String>, Query, description = "Only files for this purpose"),
        ("limit" = Option<usize>, Query, description = "At most so many"),
        ("order" = Option<String>, Query, description = "`asc` or `desc`"),
        ("after" = Option<String>, Query, description = "Those after the one with this id")
    ),
    responses((status = 200, body = Page<FileObject>), (status = 400, body = ErrorBody))
)]
async fn list(
    State(shared): State<AppState>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FileObject>>, ApiError> {
    let limit = limit(&query, MOST_LISTED, MOST_LISTED)?;
    let mut files = shared.files.all();
    match query.get("order").map(String::as_str) {
        None | Some("desc") => files.reverse(),
        Some("asc") => {}
        Some(other) => return Err(invalid_value("order", other, "'asc', 'desc'")),
    }
    if let Some(purpose) = query.get("purpose") {
        files.retain(|file| file.purpose == *purpose);
    }
    Page::cut(files, query.get("after").map(String::as_str), limit, |file| &file.id).map(Json)
}

/// One file, without its content.
#[utoipa::path(
    get,
    path = "/v1/files/{file_id}",
    operation_id = "retrieve_file",
    tag = "files",
    params(("file_id" = String, Path)),
    responses((status = 200, body = FileObject), (status = 404, body = ErrorBody))
)]
async fn retrieve(State(shared): State<AppState>, Id(id): Id) -> Result<Json<FileObject>, ApiError> {
    shared.files.get(&id).map(|file| Json(file.object))
}

/// Removes a file.
#[utoipa::path(
    delete,
    path = "/v1/files/{file_id}",
    operation_id = "delete_file",
    tag = "files",
    params(("file_id" = String, Path)),
    responses((status = 200, body = DeletedFile), (status = 404, body = ErrorBody))
)]
async fn delete(State(shared): State<AppState>, Id(id): Id) -> Result<Json<DeletedFile>, ApiError> {
    shared.files.remove(&id)?;
    Ok(Json(DeletedFile { id, object: "file", deleted: true }))
}

/// The content of a file, byte for byte.
#[utoipa::path(
    get,
    path = "/v1/files/{file_id}/content",
    operation_id = "retrieve_file_content",
    tag = "files",
    params(("file_id" = String, Path)),
    responses(
        (status = 200, body = String, content_type = "application/octet-stream"),
        (status = 404, body = ErrorBody)
    )
)]
async fn content(State(shared): State<AppState>, Id(id): Id) -> Result<Response, ApiError> {
    let file = shared.files.get(&id)?;
    let name = utf8_percent_encode(&file.object.filename, NON_ALPHANUMERIC);
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        // A file is whatever somebody sent; a browser is not to guess that it is a page.
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file.content).into_response())
}

/// The fields of an upload.
#[derive(Default)]
struct Form {
    file: Option<(String, Bytes)>,
    purpose: Option<String>,
    anchor: Option<String>,
    seconds: Option<String>,
}

impl Form {
    async fn read(mut form: Multipart) -> Result<Self, ApiError> {
        let mut read = Self::default();
        while let Some(field) = form.next_field().await.map_err(broken)? {
            match field.name().unwrap_or_default() {
                "file" => {
                    let name = field.file_name().unwrap_or("upload").to_owned();
                    read.file = Some((name, field.bytes().await.map_err(broken)?));
                }
                "purpose" => read.purpose = Some(text(field).await?),
                "expires_after[anchor]" => read.anchor = Some(text(field).await?),
                "expires_after[seconds]" => read.seconds = Some(text(field).await?),
                // As everywhere, what is not known is let be.
                _ => {}
            }
        }
        Ok(read)
    }

    fn into_file(self) -> Result<NewFile, ApiError> {
        let (filename, content) = self.file.ok_or_else(|| crate::starter::fields::missing("file"))?;
        let purpose = self.purpose.ok_or_else(|| crate::starter::fields::missing("purpose"))?;
        if !PURPOSES.contains(&purpose.as_str()) {
            let known = PURPOSES.map(|it| format!("'{it}'")).join(", ");
            return Err(invalid_value("purpose", &purpose, &known));
        }
        if let Some(anchor) = self.anchor.filter(|anchor| anchor != "created_at") {
            return Err(invalid_value("expires_after[anchor]", &anchor, "'created_at'"));
        }
        let expires_after = self.seconds.map(|text| seconds(&text)).transpose()?;
        Ok(NewFile { filename, purpose, content, expires_after })
    }
}

fn seconds(text: &str) -> Result<u64, ApiError> {
    let supported = || format!("{} to {}", EXPIRY.start(), EXPIRY.end());
    let seconds = text.parse().ok().filter(|seconds| EXPIRY.contains(seconds));
    seconds.ok_or_else(|| invalid_value("expires_after[seconds]", text, &supported()))
}

async fn text(field: Field<'_>) -> Result<String, ApiError> {
    field.text().await.map_err(broken)
}

fn broken(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => malformed(error.body_text()),
    }
}

fn malformed(why: String) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        format!("We could not read the upload: {why}. It must be multipart/form-data."),
    )
}

fn invalid_value(param: &str, value: &str, supported: &str) -> ApiError {
    let message = format!("Invalid value: '{value}'. Supported values are: {supported}.");
    ApiError::invalid(param, "invalid_value", message)
}
