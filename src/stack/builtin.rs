//! A bare config: the embedded stack in this very process, on a port of its own.

use super::capabilities::HealthRoute;
use super::http::Http;
use super::ready::{self, GaveUp, Wanted};
use super::running::Started;
use super::{Error, StackRequest, embedded};
use crate::stack_config::Config;
use crate::starter;
use std::time::Duration;
use tokio::net::TcpListener;

pub(super) async fn start(request: &StackRequest, config: &Config) -> Result<Started, Error> {
    let served = embedded::redirected(config, request);
    let starter_config = embedded::embedded_config(&served, &|name| request.lookup(name))?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Listen)?;
    let running = starter::serve(listener, starter_config).await?;
    let url = format!("http://{}", running.addr());
    let http = Http::new(&url)?;
    // It is ready when it listens, and its models do not come later: the first look decides.
    let wanted = Wanted {
        models: &request.wanted_models,
        health: HealthRoute::Stack,
        settle: Duration::ZERO,
        timeout: request.ready_timeout,
    };
    match ready::wait(&http, &wanted, true).await {
        Ok(ready) => {
            let taken = format!("embedded stack, in process, serving {}", embedded::shown(config));
            Ok(Started::builtin(taken, url, ready, running))
        }
        Err(GaveUp::Refused(why)) => Err(Error::Unreachable { url, why }),
        Err(GaveUp::NotReady(not_ready)) => {
            running.stop().await;
            Err(not_ready.error(&url, None))
        }
    }
}
