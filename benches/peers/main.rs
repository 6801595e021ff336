//! CPU a request of replaying gateways beside each other, each on what it recorded itself of the same provider, under the
//! same load: ours, mitmdump's server replay, aimock. `benches/peers/run` installs the others and starts this.
//!
//! Linux only: CPU time is read from /proc.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod client;
mod process;
mod provider;
mod tools;

use process::Process;
use provider::{Kind, Provider};
use std::sync::atomic::{AtomicUsize, Ordering};
use tools::Tool;

/// Clients that ask at the same time, each on a connection of its own.
const CLIENTS: usize = 16;

fn main() {
    let number = |name, usual| std::env::var(name).map_or(usual, |text| text.parse::<usize>().unwrap());
    let (questions, requests) = (number("PEERS_QUESTIONS", 500), number("PEERS_REQUESTS", 5_000));
    println!(
        "{requests} requests of each kind, {questions} recordings, {CLIENTS} connections; CPU of the server's process"
    );
    println!("{:<24}{:>26}{:>34}", "", "JSON", "SSE, 51 events");
    let columns = ["µs/request", "ratio", "wrong"];
    let head: String = columns.iter().chain(&columns).map(|column| format!("{column:>12}")).collect();
    println!("{:<18}{head}", "");
    let mut ours = None;
    for tool in tools::all() {
        let Some(version) = tool.version() else {
            println!("{:<18}  is missing", tool.name);
            continue;
        };
        let costs = measure(&tool, questions, requests);
        let floor = *ours.get_or_insert([costs[0].0, costs[1].0]);
        let cell = |(cost, wrong): (f64, usize), floor: f64| {
            format!("{cost:>12.1}{:>12.2}{wrong:>12}", cost / floor)
        };
        let name = format!("{} {version}", tool.name);
        println!("{name:<18}{}{}", cell(costs[0], floor[0]), cell(costs[1], floor[1]));
    }
}

/// Microseconds of CPU a request and wrong answers, for JSON and SSE.
fn measure(tool: &Tool, questions: usize, requests: usize) -> [(f64, usize); 2] {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::start();
    let place = |port| tools::Place { folder: folder.path(), provider: &provider.url, port };
    let recorder = Process::start(&|port| (tool.record)(tool, &place(port)));
    for kind in [Kind::Json, Kind::Stream] {
        let wrong = drive(tool, &recorder, kind, questions, questions);
        assert_eq!(wrong, 0, "{} passes on what the provider does not say", tool.name);
    }
    recorder.stop();
    let asked = provider.asked();
    let replayer = Process::start(&|port| (tool.replay)(tool, &place(port)));
    let costs = [Kind::Json, Kind::Stream].map(|kind| {
        drive(tool, &replayer, kind, questions, requests / 10);
        let before = replayer.cpu();
        let wrong = drive(tool, &replayer, kind, questions, requests);
        ((replayer.cpu() - before).as_secs_f64() * 1e6 / requests as f64, wrong)
    });
    assert_eq!(provider.asked(), asked, "{} asks the provider when it is to replay", tool.name);
    replayer.stop();
    costs
}

/// Asks `requests` times, each client its next question in turn; returns how many answers were not to the question.
fn drive(tool: &Tool, server: &Process, kind: Kind, questions: usize, requests: usize) -> usize {
    let (next, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = client::Client::new(server.port, tool.prefix);
                loop {
                    let request = next.fetch_add(1, Ordering::Relaxed);
                    if request >= requests {
                        break;
                    }
                    // A prime step, so that neighbours in time are no neighbours in the recordings.
                    let question = request * 7919 % questions;
                    if !client.ask(kind, question).contains(&provider::mark(question)) {
                        wrong.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    wrong.into_inner()
}
