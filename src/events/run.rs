//! What is told about the run as a whole.

use super::{CaseReport, CaseStart};
use crate::model::{InferenceMode, OnDifference, Traffic};
use crate::source::Diagnostic;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Something happened in a run. The order is: `RunStarted`, then the stack, then cases, then `RunEnded`; a `Notice` may
/// come at any time after the first.
#[derive(Debug, Clone)]
pub enum Event {
    /// The plan is made; nothing runs yet.
    RunStarted(RunStart),
    /// Something the user should know that is no failure of a case.
    Notice(String),
    /// The stack answers and is ready.
    StackReady(StackInfo),
    /// The stack could not be started, or died: the cases that have no report yet get none.
    StackFailed(Diagnostic),
    /// A case begins.
    CaseStarted(CaseStart),
    /// A case has ended.
    CaseFinished(Box<CaseReport>),
    /// The user asked the run to stop; cases in flight are being wound up.
    Interrupted,
    /// Nothing follows.
    RunEnded(RunEnd),
}

/// What is known before anything runs.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// The stack-config string as it was given; of several stacks their names.
    pub stack_config: String,
    /// What the gateway does; with several stacks, before those that are nobody's to record or replay.
    pub mode: InferenceMode,
    /// The stacks, in their order, where the cases run against several; empty where there is one. Suites and cases come
    /// once for each, all of the first stack before those of the second.
    pub stacks: Vec<StackStart>,
    /// What becomes of the run if its stacks differ.
    pub on_difference: OnDifference,
    /// The setup's name, if one is used.
    pub setup: Option<String>,
    /// The suites, in the order of the files.
    pub suites: Vec<SuiteInfo>,
    /// How many cases were selected.
    pub cases: usize,
    /// How many cases the selection left out.
    pub deselected: usize,
    /// When the run began.
    pub started: SystemTime,
}

/// One of several stacks, before it is started.
#[derive(Debug, Clone)]
pub struct StackStart {
    /// Its name in this run: short, and unlike those of the others.
    pub name: String,
    /// The stack-config string as it was given.
    pub stack_config: String,
    /// What its gateway does.
    pub mode: InferenceMode,
    /// How many cases run against it.
    pub cases: usize,
}

/// A suite file that takes part in the run.
#[derive(Debug, Clone)]
pub struct SuiteInfo {
    /// Index into [`RunStart::stacks`]; 0 where there is one stack.
    pub stack: usize,
    /// Its path below the suites folder, without extension: `inference/chat`.
    pub path: String,
    /// The file, relative to the working directory.
    pub file: PathBuf,
    /// Its `about` line.
    pub about: Option<String>,
}

/// The stack that was taken.
#[derive(Debug, Clone)]
pub struct StackInfo {
    /// Index into [`RunStart::stacks`]; 0 where there is one stack.
    pub stack: usize,
    /// How many copies of it run side by side. URL and log are those of the first.
    pub copies: usize,
    /// Which one was taken and why, in words: `embedded stack, in process`.
    pub taken: String,
    /// Whether it was running already. Its provider calls do not pass our gateway then, whatever the mode.
    pub reused: bool,
    /// Its base URL.
    pub url: String,
    /// Its version, as it says it.
    pub version: Option<String>,
    /// Where its log is, if it has one of its own.
    pub log: Option<PathBuf>,
    /// How long it took to become ready.
    pub ready_after: Duration,
}

/// How the run ended.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// From `RunStarted` to here.
    pub duration: Duration,
    /// Provider calls outside any case (model lists, health).
    pub session: Traffic,
    /// Whether the user interrupted it or a limit (`--maxfail`, `--run-timeout`) ended it early; the reason in words.
    pub stopped_early: Option<String>,
    /// New recordings that did not replay, and so replaced nothing; each fails the run.
    pub unproven: Vec<Diagnostic>,
    /// Problems that belong to no case (a recording that could not be written, a stack that died).
    pub errors: Vec<Diagnostic>,
}
