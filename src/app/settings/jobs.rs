//! How much runs side by side.

use crate::stack::Runtime;

/// Cases in flight when nothing else is said. They wait for a server, not for a processor, so this does not follow the cores.
const CASES: usize = 64;
/// The same while recording: a real provider answers, and has limits.
const WHILE_RECORDING: usize = 8;
/// The same for each processor where an installed Llama Stack or OGX plays: it keeps one busy for each of them, and on a small
/// machine it would let most of so many wait until they time out.
const OF_A_PYTHON_STACK: usize = 4;

/// How much runs side by side.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Jobs {
    /// What was typed.
    pub(in crate::app) typed: Option<usize>,
    /// What the project says.
    pub(in crate::app) of_project: Option<usize>,
    /// Whether a real provider answers.
    pub(in crate::app) recording: bool,
    /// Whether the stack is one of Python, started on this machine.
    pub(in crate::app) is_python: bool,
}

impl Jobs {
    /// Takes note of who plays the stack.
    pub(in crate::app) fn suit(&mut self, runtime: &Runtime) {
        self.is_python = matches!(runtime, Runtime::Python(_));
    }

    fn said(&self) -> Option<usize> {
        self.typed.or(self.of_project)
    }

    fn usual(&self, most: usize) -> usize {
        if self.is_python { most.min(OF_A_PYTHON_STACK * processors()) } else { most }
    }

    /// Cases in flight.
    pub(in crate::app) fn cases(&self) -> usize {
        self.said().unwrap_or_else(|| self.usual(if self.recording { WHILE_RECORDING } else { CASES }))
    }

    /// Processes of other runners at a time.
    pub(in crate::app) fn processes(&self) -> usize {
        self.said().unwrap_or_else(processors)
    }

    /// Cases in flight while new recordings are proven. Not what was typed: `-j 1` spares a provider, and its recordings must
    /// hold in a usual run.
    pub(in crate::app) fn cases_of_proof(&self) -> usize {
        self.of_project.unwrap_or_else(|| self.usual(CASES))
    }

    /// Processes of other runners at a time while new recordings are proven: what a project says is for its cases, which cost
    /// less, and here nobody asked for more.
    pub(in crate::app) fn processes_of_proof(&self) -> usize {
        self.cases_of_proof().min(processors())
    }
}

/// Unlike our own cases, processes of other runners keep a processor busy each.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_of_python_gets_what_its_machine_can_do_unless_somebody_says_more() {
        let usual = Jobs::default();
        let python = Jobs { is_python: true, ..Jobs::default() };
        assert_eq!(usual.cases(), 64);
        assert_eq!(python.cases(), 64.min(4 * processors()));
        assert_eq!(python.cases_of_proof(), python.cases());
        assert_eq!(Jobs { typed: Some(50), ..python.clone() }.cases(), 50);
        assert_eq!(Jobs { of_project: Some(50), ..python.clone() }.cases_of_proof(), 50);
        assert!(Jobs { recording: true, ..python }.cases() <= 8);
    }

    #[test]
    fn a_proof_has_no_more_processes_than_there_are_processors() {
        let project = Jobs { of_project: Some(1000), ..Jobs::default() };
        assert_eq!((project.cases_of_proof(), project.processes_of_proof()), (1000, processors()));
        assert_eq!(Jobs { of_project: Some(1), ..Jobs::default() }.processes_of_proof(), 1);
    }
}
