//! The image: there, pulled, or built.

use super::content;
use super::{Client, ImageSource};
use crate::process::{Child, LogRequest};
use crate::stack::log_end::LogEnd;
use crate::stack::{Error, StackRequest};
use std::path::Path;

/// The name of the image, which is there when this returns. What takes long is told to `notices`.
///
/// # Errors
/// It cannot be pulled or built.
pub(super) async fn ensure(
    client: &Client,
    source: &ImageSource,
    request: &StackRequest,
    notices: &(dyn Fn(String) + Send + Sync),
) -> Result<String, Error> {
    match source {
        ImageSource::Named(image) => {
            if is_there(client, image).await {
                return Ok(image.clone());
            }
            let image = if client.is_podman() { with_registry(image) } else { image.clone() };
            if !is_there(client, &image).await {
                notices(format!("the image `{image}` is not here: {} pulls it", client.name()));
                run(client, request, ("pull", &image), &["pull", &image]).await?;
            }
            Ok(image)
        }
        ImageSource::Built { name, containerfile, context } => {
            let tagged = tagged(name, containerfile, context).await?;
            if !is_there(client, &tagged).await {
                notices(format!("the image of `{}` is built: {tagged}", containerfile.display()));
                let (file, folder) = (containerfile.display().to_string(), context.display().to_string());
                let words = ["build", "--tag", &tagged, "--file", &file, &folder];
                run(client, request, ("build", name), &words).await?;
            }
            Ok(tagged)
        }
    }
}

/// The name with the registry that docker would take it from: podman knows none, unless it is told some.
fn with_registry(image: &str) -> String {
    let first = image.split_once('/').map(|(first, _)| first);
    let is_host = |first: &str| first.contains(['.', ':']) || first == "localhost";
    if first.is_some_and(is_host) { image.to_owned() } else { format!("docker.io/{image}") }
}

async fn is_there(client: &Client, image: &str) -> bool {
    client.ask(&["image", "inspect", "--format", "{{.Id}}", image]).await.is_ok()
}

async fn tagged(name: &str, containerfile: &Path, context: &Path) -> Result<String, Error> {
    let (file, folder) = (containerfile.to_owned(), context.to_owned());
    let tag = tokio::task::spawn_blocking(move || content::tag(&file, &folder)).await;
    let tag = tag.unwrap_or_else(|error| Err((context.to_owned(), error.into())));
    let tag = tag.map_err(|(path, source)| Error::ImageSource { name: name.to_owned(), path, source })?;
    Ok(format!("localhost/stack-test/{}:{tag}", name.to_lowercase()))
}

/// Runs what makes an image, with a log of its own.
async fn run(
    client: &Client,
    request: &StackRequest,
    (what, image): (&'static str, &str),
    words: &[&str],
) -> Result<(), Error> {
    let log = LogRequest { path: request.log_dir.join("image.log"), redactor: request.redactor.clone() };
    let child = Child::spawn(&client.launch(words.iter().copied()), log, request.stop_grace)?;
    child.wait_well().await.map_err(|status| Error::Image {
        what,
        image: image.to_owned(),
        client: client.shown(),
        status,
        end: LogEnd::of(child.log()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_registry_gets_that_of_docker() {
        for (name, with) in [
            ("llamastack/distribution-starter", "docker.io/llamastack/distribution-starter"),
            ("alpine:3", "docker.io/alpine:3"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
            ("localhost/a", "localhost/a"),
            ("host:5000/a", "host:5000/a"),
        ] {
            assert_eq!(with_registry(name), with);
        }
    }
}
