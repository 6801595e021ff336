//! What is told before anything runs.

use super::rig::Rig;
use super::session::Session;
use crate::events::{RunStart, StackStart, SuiteInfo};
use crate::model::InferenceMode;
use crate::plan::PlannedSuite;
use std::path::PathBuf;

impl Session<'_> {
    /// The run, with the suites and cases of each of its stacks.
    pub(in crate::app) fn start(&self) -> RunStart {
        let first = &self.rigs[0].prepared;
        let stacks: Vec<StackStart> =
            if self.rigs.len() > 1 { self.rigs.iter().map(stack).collect() } else { Vec::new() };
        let names: Vec<&str> = stacks.iter().map(|stack| stack.name.as_str()).collect();
        // One that is ours says what its gateway does; live it is only if all are.
        let ours = self.rigs.iter().map(Rig::mode).find(|mode| *mode != InferenceMode::Live);
        RunStart {
            stack_config: if names.is_empty() {
                first.settings.stack_config.shown()
            } else {
                names.join(", ")
            },
            mode: ours.unwrap_or(InferenceMode::Live),
            on_difference: first.settings.on_difference,
            setup: self.rigs.iter().find_map(|rig| rig.prepared.setup.clone()),
            suites: self.rigs.iter().enumerate().flat_map(|(n, rig)| suites(n, rig)).collect(),
            cases: self.rigs.iter().map(|rig| rig.prepared.plan.cases.len()).sum(),
            deselected: first.plan.deselected,
            started: self.rigs[0].inputs.now,
            stacks,
        }
    }

    /// What the user should know; of several stacks, whose it is.
    pub(in crate::app) fn notices(&self) -> Vec<String> {
        let several = self.rigs.len() > 1;
        let of_one = |rig: &Rig<'_>| {
            let name = several.then(|| rig.prepared.settings.stack_name.clone());
            let notices = rig.prepared.notices.clone().into_iter();
            notices.map(move |notice| {
                name.as_ref().map_or_else(|| notice.clone(), |name| format!("{name}: {notice}"))
            })
        };
        self.rigs.iter().flat_map(of_one).collect()
    }
}

fn stack(rig: &Rig<'_>) -> StackStart {
    StackStart {
        name: rig.prepared.settings.stack_name.clone(),
        stack_config: rig.prepared.settings.stack_config.shown(),
        mode: rig.mode(),
        cases: rig.prepared.plan.cases.len(),
    }
}

fn suites(stack: usize, rig: &Rig<'_>) -> Vec<SuiteInfo> {
    let info = |suite: &PlannedSuite| SuiteInfo {
        stack,
        path: suite.path.clone(),
        file: PathBuf::from(suite.file.name()),
        about: suite.about.clone(),
    };
    rig.prepared.plan.suites.iter().map(info).collect()
}
