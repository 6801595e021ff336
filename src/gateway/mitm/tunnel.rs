//! Connections that are passed on unseen.

use super::hosts::Destination;
use crate::gateway::Via;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(30);
/// Bytes that the user's proxy may answer with before the tunnel begins.
const LONGEST_HEAD: usize = 16 * 1024;

/// A connection to `destination`.
pub(super) async fn connect(destination: &Destination, via: Option<&Via>) -> io::Result<TcpStream> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer within 30 seconds");
    match via {
        Some(via) => timeout(CONNECT, through(destination, via)).await.map_err(late)?,
        None => timeout(CONNECT, reach(&destination.host, destination.port)).await.map_err(late)?,
    }
}

/// A connection to `host`, be it the user's proxy or the destination.
pub(super) async fn reach(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    let _slower_without = stream.set_nodelay(true);
    Ok(stream)
}

async fn through(destination: &Destination, via: &Via) -> io::Result<TcpStream> {
    let mut stream = reach(&via.host, via.port).await?;
    let authorization = via
        .authorization
        .as_ref()
        .map_or_else(String::new, |value| format!("Proxy-Authorization: {}\r\n", value.expose()));
    let asked = format!("CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\n{authorization}\r\n");
    stream.write_all(asked.as_bytes()).await?;
    // Byte by byte: what comes behind the head is the tunnel's already.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Err(io::Error::other("the proxy's answer to CONNECT does not end"));
        }
        head.push(stream.read_u8().await?);
    }
    let first = String::from_utf8_lossy(&head);
    let status = first.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') && status.len() == 3 {
        Ok(stream)
    } else {
        let line: String = first.lines().next().unwrap_or_default().chars().take(80).collect();
        Err(io::Error::other(format!("the proxy of this machine said `{line}`")))
    }
}

/// Passes bytes both ways until both ends are silent or the gateway ends.
pub(super) async fn join(client: OnUpgrade, mut there: TcpStream, ending: CancellationToken) {
    let passed = async {
        if let Ok(client) = client.await {
            let _broke_off = copy_bidirectional(&mut TokioIo::new(client), &mut there).await;
        }
    };
    tokio::select! {
        () = passed => {}
        () = ending.cancelled() => {}
    }
}
