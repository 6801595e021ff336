//! A bare config: the embedded stack in this process.

use super::fake::{closed, refused, request, start};
use std::path::Path;

#[tokio::test]
async fn the_embedded_stack_is_private_and_ready() {
    let (first, _) = start(request("starter", Path::new("unused"))).await;
    let (second, _) = start(request("starter", Path::new("unused"))).await;
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first.url(), second.url());
    assert!(!first.reused() && first.info().log.is_none());
    assert!(first.info().taken.contains("embedded stack, in process"), "{}", first.info().taken);
    assert_eq!(first.capabilities().missing_api(&["inference".to_owned(), "files".to_owned()]), None);
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    first.stop().await;
    closed(port).await;
    second.stop().await;
}

#[tokio::test]
async fn a_provider_that_it_lacks_is_named() {
    let text = refused(request("inference=remote::bedrock", Path::new("unused"))).await;
    assert!(text.contains("no provider `remote::bedrock`"), "{text}");
    let text = refused(request("inference=ollama?verify=no", Path::new("unused"))).await;
    assert!(text.contains("has no option `verify`"), "{text}");
}
