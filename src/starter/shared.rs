//! What all requests share.

use super::batches::BatchStore;
use super::config::StarterConfig;
use super::error::ServeError;
use super::files::FileStore;
use super::registry::Registry;
use super::upstream;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What is served.
    pub(crate) config: StarterConfig,
    /// The document the routes were registered with.
    pub(crate) document: Document,
    /// The client for provider calls.
    pub(crate) client: reqwest::Client,
    /// The models.
    pub(crate) registry: Registry,
    /// The uploaded and written files.
    pub(crate) files: FileStore,
    /// The batches.
    pub(crate) batches: BatchStore,
    background: TaskTracker,
    shutdown: CancellationToken,
}

/// The OpenAPI document. It says nothing in logs.
pub(crate) struct Document(pub(crate) OpenApi);

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Document")
    }
}

impl Shared {
    /// Ready to serve; the providers are being asked for their models.
    ///
    /// # Errors
    /// A client for provider calls that cannot be made.
    pub(crate) fn start(
        config: StarterConfig,
        document: OpenApi,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, ServeError> {
        let client = upstream::client(&config.providers)?;
        let registry = Registry::new(config.providers.clone());
        let shared = Arc::new(Self {
            config,
            document: Document(document),
            client,
            registry,
            files: FileStore::default(),
            batches: BatchStore::default(),
            background: TaskTracker::new(),
            shutdown,
        });
        shared.registry.loaders(&shared.client).into_iter().for_each(|loader| shared.in_background(loader));
        Ok(shared)
    }

    /// Runs `work` until it ends or the server stops.
    pub(crate) fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.background.spawn(async move {
            tokio::select! {
                () = work => {}
                () = shutdown.cancelled() => {}
            }
        });
    }

    /// Ends once the background work has; to be called when the server stops.
    pub(crate) async fn background_ended(&self) {
        self.background.close();
        self.background.wait().await;
    }
}
