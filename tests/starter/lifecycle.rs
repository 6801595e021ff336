//! Starting and stopping.

use crate::stack::{CHAT, Stack, chat, line, soon};
use reqwest::Method;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn stopping_frees_the_port_and_breaks_off_what_does_not_end() {
    let stack = Stack::start().await;
    stack.batch(CHAT, &[line("a", "wait")]).await;
    let provider = stack.fake.next_stream();
    let mut body = chat("hi");
    body["stream"] = true.into();
    let sent = stack.request(Method::POST, CHAT).body(body.to_string()).send();
    let answer = sent.await.unwrap();
    let addr = stack.running.addr();
    soon(stack.running.stop()).await;
    assert!(answer.bytes().await.is_err(), "an answer that was broken off must not look whole");
    soon(provider.closed()).await;
    TcpListener::bind(addr).await.expect("the port is still taken");
}

#[tokio::test]
async fn dropping_stops_too() {
    let stack = Stack::start().await;
    let addr = stack.running.addr();
    assert_eq!(stack.get("/v1/health").await.0, 200);
    drop(stack.running);
    let gone = async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await
        }
    };
    soon(gone).await;
}
