//! What a killed run left: found by what it wrote down, and ended if it is what was written down.

use super::container::Client;
use super::started::{self, Entry, Note, Started};
use super::{Error, STOP_GRACE};
use crate::process::{Group, Identity};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// The pause between two looks whether a process is gone.
const LOOK: Duration = Duration::from_millis(20);

/// Ends what runs that are dead left running, of those whose folders are in `runs`, and tells what was found. Containers are
/// asked for by those of `clients` that are called as the one that started them: what is written in a folder names nothing
/// that is run.
pub async fn clear_leftovers(runs: &Path, clients: &[Client]) -> Vec<String> {
    let mut told = Vec::new();
    let realm = Identity::realm();
    for (path, entry) in started::read_all(runs) {
        // Numbers of processes mean nothing on another machine, or in another container.
        if entry.realm != realm || entry.owner.lives() {
            continue;
        }
        let (gone, line) = match &entry.started {
            Started::Process { identity, leads, what } => end_process(*identity, *leads, what).await,
            Started::Container { name, run, client } => {
                let client = clients.iter().find(|known| known.name() == *client);
                match client {
                    Some(client) => remove_container(client, name, run).await,
                    None => (
                        false,
                        Some(format!(
                            "the container `{name}`, which cannot be asked for: its client is not here"
                        )),
                    ),
                }
            }
        };
        told.extend(line.map(|line| format!("a run that was killed left {line}")));
        if gone {
            started::remove(&path);
        }
    }
    told
}

/// Whether it is gone now, and what there is to tell. One that had ended by itself is not worth a word.
async fn end_process(identity: Identity, leads: bool, what: &str) -> (bool, Option<String>) {
    if identity.started.is_none() || !identity.lives() {
        return (true, None);
    }
    let gone = end(identity, leads).await;
    let how = if gone { "it was ended" } else { "it does not end, not even when killed" };
    (gone, Some(format!("its {what} running (process {}): {how}", identity.pid)))
}

/// Asks the process, with its group if it `leads` one, to end, and kills it if it does not.
async fn end(identity: Identity, leads: bool) -> bool {
    let group = Group::led_by(identity.pid);
    let leads = leads && group.has(identity.pid);
    for kill in [false, true] {
        let began = Instant::now();
        // Looked at once more right before: the number could be another's by now.
        if identity.lives() {
            match (leads, kill) {
                (true, false) => {
                    group.terminate();
                    // One that was halted would not hear it.
                    group.go_on();
                }
                (true, true) => group.kill(),
                (false, kill) => identity.end(kill),
            }
        }
        while identity.lives() && began.elapsed() < STOP_GRACE {
            tokio::time::sleep(LOOK).await;
        }
        if !identity.lives() {
            if leads {
                // What it had started goes with it. A group keeps its number while somebody is in it.
                group.kill();
            }
            return true;
        }
    }
    false
}

async fn remove_container(client: &Client, name: &str, run: &str) -> (bool, Option<String>) {
    let words = client.shown();
    match client.labelled(name, run).await {
        Ok(None) => (true, None),
        Ok(Some(id)) => match client.remove(&id).await {
            Ok(()) => (true, Some(format!("its container `{name}`: it was removed"))),
            Err(why) => (
                false,
                Some(format!(
                    "its container `{name}`, which cannot be removed: {why}; `{words} rm -f {name}` would"
                )),
            ),
        },
        Err(why) => (false, Some(format!("its container `{name}`, which cannot be asked for: {why}"))),
    }
}

/// Ends the server with the process `pid`, if it is one that is known from the folders in `runs` to be ours and that no run
/// uses: one of a `serve`, or of a run that is dead.
pub(super) async fn end_server(runs: &Path, pid: u32) -> Option<String> {
    let realm = Identity::realm();
    for (path, Entry { owner, realm: noted, started }) in started::read_all(runs) {
        let Started::Process { identity, leads, what } = started else { continue };
        let is_free = owner == identity || !owner.lives();
        let is_it = identity.pid == pid && identity.started.is_some() && identity.lives();
        if noted == realm && is_it && is_free && end(identity, leads).await {
            started::remove(&path);
            return Some(format!(
                "the {what} that was running (process {pid}) was ended, as a restart was forced"
            ));
        }
    }
    None
}

/// Tells later runs that the server of this very process is ours; until it is dropped.
#[derive(Debug)]
pub struct Announced {
    _note: Note,
}

impl Announced {
    /// Writes it down in `folder`, that of a run; `what` it is, for people.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn server(folder: &Path, what: &str) -> Result<Self, Error> {
        let started = Started::Process { identity: Identity::own(), leads: false, what: what.to_owned() };
        Ok(Self { _note: Note::write(folder, started)? })
    }
}
