//! Requests that are meant for a proxy.

use super::authority::Authority;
use super::hosts::{Destination, Hosts, Place};
use super::sightings::Sightings;
use super::{relay, tunnel, variables};
use crate::gateway::answer::{AnswerBody, own};
use crate::gateway::entrance::Entrance;
use crate::gateway::handle::{HEAD, converse};
use crate::gateway::server::Server;
use crate::gateway::{Error, GatewayConfig, ProxySettings};
use crate::model::Egress;
use http::{Method, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::io::Cursor;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a greeting may go on when the gateway ends, so that one that has just failed is told of.
const LAST_GREETING: Duration = Duration::from_millis(200);

/// The first byte of every TLS connection.
const TLS_RECORD: u8 = 0x16;

type Answer = http::Response<AnswerBody>;

/// What answers on the gateway's port: the server, and the proxy where there is one.
pub(in crate::gateway) struct Front {
    pub(in crate::gateway) server: Arc<Server>,
    pub(in crate::gateway) proxy: Option<Proxy>,
    /// What clients must bring along, if anything.
    pub(in crate::gateway) entrance: Option<Entrance>,
    pub(in crate::gateway) tasks: TaskTracker,
    pub(in crate::gateway) ending: CancellationToken,
}

/// The gateway as a proxy.
pub(in crate::gateway) struct Proxy {
    authority: Authority,
    hosts: Hosts,
    settings: ProxySettings,
    egress: Egress,
    /// Where the gateway itself listens: clients may come to it by way of itself.
    address: SocketAddr,
    sightings: Sightings,
}

impl Proxy {
    /// The proxy that `config` asks for, if it does.
    pub(in crate::gateway) fn new(
        config: &GatewayConfig,
        address: SocketAddr,
    ) -> Result<Option<Self>, Error> {
        let Some(settings) = &config.proxy else { return Ok(None) };
        Ok(Some(Self {
            authority: Authority::new(settings.now)?,
            hosts: Hosts::new(&config.providers)?,
            settings: settings.clone(),
            egress: config.egress,
            address,
            sightings: Sightings::default(),
        }))
    }

    /// The certificate of its CA.
    pub(in crate::gateway) fn pem(&self) -> &str {
        self.authority.pem()
    }

    /// What is to be told at the end.
    pub(in crate::gateway) fn told(&self) -> Vec<Error> {
        self.sightings.take()
    }

    /// See [`crate::gateway::Gateway::proxy_env`].
    pub(in crate::gateway) fn variables(
        &self,
        user: &str,
        files: (&Path, &Path),
        no_proxy: &str,
    ) -> Vec<(String, String)> {
        // Where nothing may go past, no exception counts.
        let exceptions = no_proxy.split(',').map(str::trim).filter(|entry| {
            !entry.is_empty() && self.egress != Egress::Deny && !self.hosts.are_passed_by(entry)
        });
        variables::variables((user, self.address), files, exceptions)
    }

    fn is_ours(&self, destination: &Destination) -> bool {
        destination.is_local() && destination.port == self.address.port()
    }
}

impl Front {
    pub(in crate::gateway) async fn answer(self: &Arc<Self>, request: http::Request<Incoming>) -> Answer {
        let request = match &self.entrance {
            None => request,
            Some(entrance) => match entrance.admit(request) {
                Ok(request) => request,
                Err(refusal) => return *refusal,
            },
        };
        // A request for a proxy names a host; all others begin with a slash.
        match (&self.proxy, request.uri().authority()) {
            (Some(proxy), Some(_)) => self.proxied(proxy, request).await,
            _ => self.server.answer(request, None).await,
        }
    }

    async fn proxied(self: &Arc<Self>, proxy: &Proxy, request: http::Request<Incoming>) -> Answer {
        let is_tunnel = request.method() == Method::CONNECT;
        let port = if is_tunnel { None } else { Some(80) };
        let destination = request.uri().authority().and_then(|authority| Destination::of(authority, port));
        let Some(destination) = destination else {
            return own(StatusCode::BAD_REQUEST, "request", "a proxy is asked for a host and a port");
        };
        if !is_tunnel && request.uri().scheme_str() != Some("http") {
            let what = "a proxy is asked for `http:` URLs, and for everything else by CONNECT";
            return own(StatusCode::BAD_REQUEST, "request", what);
        }
        if proxy.is_ours(&destination) {
            return if is_tunnel {
                self.open(request, Inside::Own)
            } else {
                self.server.answer(request, None).await
            };
        }
        match proxy.hosts.find(&destination) {
            Some(provider) if is_tunnel => self.intercept(proxy, request, provider, destination),
            Some(provider) => match destination.url("http") {
                Some(origin) => self.server.answer(request, Some(&Place { provider, origin })).await,
                None => nowhere(&destination),
            },
            None => self.outside(proxy, request, destination).await,
        }
    }

    /// A host that is no provider's.
    async fn outside(
        self: &Arc<Self>,
        proxy: &Proxy,
        request: http::Request<Incoming>,
        destination: Destination,
    ) -> Answer {
        if destination.is_local() && self.entrance.is_some() {
            // What listens on our loopback interface is not meant for a container.
            let what = format!("{destination} is this machine's own, and the stack has one of its own");
            return own(StatusCode::FORBIDDEN, "egress", &what);
        }
        let refused = proxy.egress == Egress::Deny && !destination.is_local();
        if !destination.is_local() {
            proxy.sightings.egress(&destination, refused);
        }
        if refused {
            let what = format!(
                "{destination} is no provider of this run, and nothing else may be connected to (--egress deny)"
            );
            return own(StatusCode::FORBIDDEN, "egress", &what);
        }
        let via = proxy.settings.via.as_ref().filter(|via| !via.spares(&destination.host));
        if request.method() != Method::CONNECT {
            return match relay::relay(request, &destination, via).await {
                Ok(answer) => answer,
                Err(problem) => unreachable(&destination, &problem.to_string()),
            };
        }
        match tunnel::connect(&destination, via).await {
            Ok(there) => {
                let (mut request, ending) = (request, self.ending.clone());
                self.tasks.spawn(tunnel::join(hyper::upgrade::on(&mut request), there, ending));
                opened()
            }
            Err(problem) => unreachable(&destination, &problem.to_string()),
        }
    }

    /// A host that is a provider's: the gateway is the other end.
    fn intercept(
        self: &Arc<Self>,
        proxy: &Proxy,
        request: http::Request<Incoming>,
        provider: usize,
        destination: Destination,
    ) -> Answer {
        let config = match proxy.authority.server_config(&destination.host) {
            Ok(config) => config,
            Err(error) => return own(StatusCode::BAD_GATEWAY, "request", &error.to_string()),
        };
        self.open(request, Inside::Provider { provider, destination, config })
    }

    fn open(self: &Arc<Self>, mut request: http::Request<Incoming>, inside: Inside) -> Answer {
        let (this, upgrade) = (Arc::clone(self), hyper::upgrade::on(&mut request));
        self.tasks.spawn(async move { this.serve_inside(upgrade, inside).await });
        opened()
    }

    async fn serve_inside(self: &Arc<Self>, upgrade: OnUpgrade, inside: Inside) {
        // Some clients ask for tunnels to speak plain HTTP in, so the first byte is looked at.
        let begun = async {
            let (mut reader, writer) = tokio::io::split(TokioIo::new(upgrade.await.ok()?));
            let mut first = [0];
            (timeout(HEAD, reader.read(&mut first)).await.ok()?.ok()? == 1).then_some(())?;
            Some((first, tokio::io::join(Cursor::new(first).chain(reader), writer)))
        };
        let Some(Some((first, stream))) = self.unless_ending(begun, Duration::ZERO).await else { return };
        match inside {
            Inside::Own => self.converse_inside(stream, None).await,
            Inside::Provider { provider, destination, config } if first == [TLS_RECORD] => {
                let Some(origin) = destination.url("https") else { return };
                let greeting = timeout(HEAD, TlsAcceptor::from(config).accept(stream));
                match self.unless_ending(greeting, LAST_GREETING).await {
                    Some(Ok(Ok(stream))) => {
                        self.converse_inside(stream, Some(Place { provider, origin })).await;
                    }
                    Some(Ok(Err(error))) => self.distrusted(&destination.host, &error.to_string()),
                    Some(Err(_)) => self.distrusted(&destination.host, "the client did not go on"),
                    None => {}
                }
            }
            Inside::Provider { provider, destination, .. } => {
                let Some(origin) = destination.url("http") else { return };
                self.converse_inside(stream, Some(Place { provider, origin })).await;
            }
        }
    }

    /// The outcome of `work`; `None` if the gateway ends first and `grace` has passed since.
    async fn unless_ending<T>(&self, work: impl Future<Output = T>, grace: Duration) -> Option<T> {
        let over = async {
            self.ending.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = over => None,
        }
    }

    fn distrusted(&self, host: &str, problem: &str) {
        if let Some(proxy) = &self.proxy {
            proxy.sightings.handshake(host, problem.to_owned());
        }
    }

    async fn converse_inside<S>(self: &Arc<Self>, stream: S, place: Option<Place>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (this, place) = (Arc::clone(self), place.map(Arc::new));
        let answer = move |request| {
            let (this, place) = (Arc::clone(&this), place.clone());
            async move { Ok::<_, Infallible>(this.server.answer(request, place.as_deref()).await) }
        };
        converse(stream, answer, self.ending.clone()).await;
    }
}

/// What a tunnel leads to.
enum Inside {
    /// The gateway's own routes.
    Own,
    /// A provider, in whose name the gateway speaks TLS.
    Provider { provider: usize, destination: Destination, config: Arc<ServerConfig> },
}

fn opened() -> Answer {
    http::Response::new(AnswerBody::Whole(None))
}

fn nowhere(destination: &Destination) -> Answer {
    own(StatusCode::BAD_REQUEST, "request", &format!("`{destination}` can be no host"))
}

fn unreachable(destination: &Destination, problem: &str) -> Answer {
    let what = format!("{destination}, which is no provider of this run, cannot be reached: {problem}");
    own(StatusCode::BAD_GATEWAY, "egress", &what)
}
