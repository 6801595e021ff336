//! Listing the tests of a runner.

use super::message::{Listed, Said, Unreadable};
use super::worker::{Lost, Phase, Worker};
use super::workshop::forget;
use super::{Error, How, Tool, Workshop};
use crate::process::{Child, Printed, printed};
use tokio::time::timeout;

/// So many lines of what a command complains about are shown.
const LINES: usize = 20;

/// The tests of a runner.
#[derive(Debug, Default)]
pub struct Collected {
    /// Those there are, in the runner's order.
    pub tests: Vec<Listed>,
    /// What it could not look into.
    pub errors: Vec<Unreadable>,
}

/// Lists the tests of `tool`. Nothing of them is run. If it is to stay, a process that can run them afterwards waits in the
/// workshop, which saves that another one imports the same once more.
///
/// # Errors
/// It cannot be started, does not come to its end, or makes no sense.
pub async fn collect(tool: &Tool, workshop: &Workshop, stay: bool) -> Result<Collected, Error> {
    match tool.adapter.how {
        How::Single => print(tool, workshop).await,
        How::Asks | How::Files => ask(tool, workshop, stay && tool.adapter.how == How::Asks).await,
    }
}

async fn ask(tool: &Tool, workshop: &Workshop, stay: bool) -> Result<Collected, Error> {
    let phase = if stay { Phase::CollectAndStay } else { Phase::Collect };
    let mut worker = Worker::spawn(tool, workshop, phase, &[]).await?;
    let mut collected = None;
    let limit = tool.start_timeout;
    let lost = match timeout(limit, listen(&mut worker, &mut collected)).await {
        Ok(None) => {
            workshop.keep(tool.clone(), worker);
            return Ok(collected.unwrap_or_default());
        }
        Ok(Some(lost)) => lost,
        Err(_) => return Err(Error::Slow { limit, log: worker.tail() }),
    };
    let how = match lost {
        Lost::Ended(how) => how,
        Lost::HungUp => worker.wait().await,
        Lost::Nonsense(what) => return Err(Error::Nonsense { what, log: worker.tail() }),
    };
    // jest lists a file at a time: one that broke off in between would lose tests without a word.
    let cut_short = |collected: &Collected| {
        let whole = how == Child::WELL || !collected.errors.is_empty();
        how.starts_with("signal") || tool.adapter.how == How::Files && !whole
    };
    match collected {
        Some(collected) if !cut_short(&collected) => {
            forget(worker.log());
            Ok(collected)
        }
        _ => Err(Error::Ended { how, log: worker.tail() }),
    }
}

/// Takes the tests as they come, until nothing more does; `None` if the process stays to run them.
async fn listen(worker: &mut Worker, collected: &mut Option<Collected>) -> Option<Lost> {
    loop {
        match worker.hear().await {
            Ok(Said::Collected { tests, errors, stays }) => {
                let all = collected.get_or_insert_default();
                all.tests.extend(tests);
                all.errors.extend(errors);
                if stays && all.errors.is_empty() {
                    return None;
                }
            }
            Ok(other) => return Some(Lost::Nonsense(format!("{other:?}, where it was to list its tests"))),
            Err(lost) => return Some(lost),
        }
    }
}

/// The lines that a command prints.
async fn print(tool: &Tool, workshop: &Workshop) -> Result<Collected, Error> {
    let limit = tool.start_timeout;
    let Printed { stdout, stderr, ended } = printed(&tool.launch(workshop)?, limit).await?;
    let log: Vec<String> = stderr.lines().map(str::to_owned).collect();
    let log = log[log.len().saturating_sub(LINES)..].to_vec();
    match ended {
        None => return Err(Error::Slow { limit, log }),
        Some(how) if how != Child::WELL => return Err(Error::Ended { how, log }),
        Some(_) => {}
    }
    let lines = stdout.lines().map(str::trim).filter(|line| !line.is_empty());
    let test = |line: &str| Listed { id: line.to_owned(), file: None, line: None, marks: Vec::new() };
    Ok(Collected { tests: lines.map(test).collect(), errors: Vec::new() })
}
