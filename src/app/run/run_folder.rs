//! Where a command leaves what is neither report nor recording: logs, stores, notes of what was started.

use crate::app::files::{ignore_in_git, remove_if_empty};
use crate::app::inputs::Inputs;
use std::path::PathBuf;

/// The folder of the folders of all runs, below the working directory.
const RUNS: &str = "target/stack-test";

/// A name for what is begun now, by this process.
pub(in crate::app) fn run_id(inputs: &Inputs) -> String {
    let since_epoch = inputs.now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", since_epoch.as_millis(), std::process::id())
}

/// The folder of the folders of all runs.
pub(in crate::app) fn of_all(inputs: &Inputs) -> PathBuf {
    inputs.cwd.join(RUNS)
}

/// The folder of the run of that name.
pub(in crate::app) fn of_run(inputs: &Inputs, run_id: &str) -> PathBuf {
    of_all(inputs).join(run_id)
}

/// The folder of the run that is begun now.
pub(in crate::app) fn of_this_run(inputs: &Inputs) -> PathBuf {
    of_run(inputs, &run_id(inputs))
}

/// Leaves nothing of a run that left nothing in its folder, and keeps the rest out of version control.
pub(in crate::app) fn tidy_run(inputs: &Inputs, run_id: &str) {
    remove_if_empty(&of_run(inputs, run_id));
    ignore_in_git(&of_all(inputs));
}

/// Leaves nothing of a command that left nothing in any folder.
pub(in crate::app) fn tidy_all(inputs: &Inputs) {
    let runs = of_all(inputs);
    remove_if_empty(&runs);
    runs.parent().into_iter().for_each(remove_if_empty);
}
