//! Keeping files.

use super::FileObject;
use crate::starter::api_error::ApiError;
use crate::starter::clock::unix_seconds;
use crate::starter::ids::random_id;
use axum::body::Bytes;
use axum::http::StatusCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most that all files may hold together, in bytes.
const TOTAL_LIMIT: usize = 512 * 1024 * 1024;

/// The files, oldest first.
#[derive(Debug, Default)]
pub(crate) struct FileStore {
    files: Mutex<Vec<StoredFile>>,
}

/// A file and its content.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// What the API shows.
    pub(crate) object: FileObject,
    /// What is in it.
    pub(crate) content: Bytes,
}

/// A file to be kept.
#[derive(Debug)]
pub(crate) struct NewFile {
    /// Its name, which is only ever shown.
    pub(crate) filename: String,
    /// What it is for.
    pub(crate) purpose: String,
    /// What is in it.
    pub(crate) content: Bytes,
    /// After how many seconds it goes.
    pub(crate) expires_after: Option<u64>,
}

impl FileStore {
    /// Keeps `file`.
    ///
    /// # Errors
    /// 413 where there is no room.
    pub(crate) fn add(&self, file: NewFile) -> Result<FileObject, ApiError> {
        let created_at = unix_seconds();
        let object = FileObject {
            id: random_id("file-"),
            object: "file",
            bytes: file.content.len(),
            created_at,
            expires_at: file.expires_after.map(|seconds| created_at.saturating_add(seconds)),
            filename: file.filename,
            purpose: file.purpose,
        };
        let mut files = self.unexpired();
        let used: usize = files.iter().map(|file| file.object.bytes).sum();
        if used + object.bytes > TOTAL_LIMIT {
            let message =
                format!("All files together may hold {} MiB; delete some.", TOTAL_LIMIT / (1024 * 1024));
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).coded("storage_full"));
        }
        files.push(StoredFile { object: object.clone(), content: file.content });
        Ok(object)
    }

    /// The file with the id `id`.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn get(&self, id: &str) -> Result<StoredFile, ApiError> {
        self.unexpired().iter().find(|file| file.object.id == id).cloned().ok_or_else(|| no_such_file(id))
    }

    /// Removes the file with the id `id`.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn remove(&self, id: &str) -> Result<(), ApiError> {
        let mut files = self.unexpired();
        let at = files.iter().position(|file| file.object.id == id).ok_or_else(|| no_such_file(id))?;
        files.remove(at);
        Ok(())
    }

    /// All files, oldest first.
    pub(crate) fn all(&self) -> Vec<FileObject> {
        self.unexpired().iter().map(|file| file.object.clone()).collect()
    }

    fn unexpired(&self) -> MutexGuard<'_, Vec<StoredFile>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let now = unix_seconds();
        files.retain(|file| file.object.expires_at.is_none_or(|at| at > now));
        files
    }
}

fn no_such_file(id: &str) -> ApiError {
    ApiError::not_found(format!("No such File object: {id}")).at("id")
}
