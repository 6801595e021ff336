//! What the suites ask for: the requests of the planned cases, as far as they are known before anything is sent.

use crate::check::{Scope, TextTemplate};
use crate::contract::{Call, HOLE};
use crate::model::CaseId;
use crate::plan::{Plan, PlannedStep, RequestStep};

/// Stands for the stack's URL, which no suite knows.
const STACK: &str = "stack:";

/// The requests to the stack of every case that is not skipped; `is_recorded` says whether a case has recordings.
pub(super) fn calls(plan: &Plan, is_recorded: &dyn Fn(&CaseId) -> bool) -> Vec<Call> {
    let mut calls = Vec::new();
    for (case, planned) in plan.cases.iter().enumerate().filter(|(_, planned)| planned.skip.is_none()) {
        let mut scope = Scope::new(planned.names.clone());
        scope.set("stack", serde_json::json!({ "url": STACK }));
        let mut gathered = Gathering { case, recorded: is_recorded(&planned.id), calls: Vec::new() };
        gathered.steps(&planned.steps, &mut scope);
        gathered.steps(&planned.finally, &mut scope);
        calls.append(&mut gathered.calls);
    }
    calls
}

struct Gathering {
    case: usize,
    recorded: bool,
    calls: Vec<Call>,
}

impl Gathering {
    fn steps(&mut self, steps: &[PlannedStep], scope: &mut Scope) {
        for step in steps {
            match step {
                PlannedStep::Request(step) => self.calls.extend(self.call(step, scope)),
                PlannedStep::Fragment { with, steps, finally, .. } => {
                    for (name, template) in with {
                        if let Ok(value) = template.render(scope) {
                            scope.set(name.clone(), value);
                        }
                    }
                    self.steps(steps, scope);
                    self.steps(finally, scope);
                }
            }
        }
    }

    /// The call of a step; `None` if it is to another server.
    fn call(&self, step: &RequestStep, scope: &Scope) -> Option<Call> {
        let known = below_stack(&step.path, scope)?;
        let mut nothing = Scope::default();
        nothing.set("stack", serde_json::json!({ "url": STACK }));
        let open = below_stack(&step.path, &nothing).unwrap_or_else(|| known.clone());
        Some(Call {
            method: step.method.name().to_owned(),
            paths: [known, open],
            case: self.case,
            recorded: self.recorded,
            wants_nothing: [404, 405].into_iter().any(|status| step.expect.want_status(status, scope)),
        })
    }
}

/// The path below the stack's URL.
fn below_stack(path: &TextTemplate, scope: &Scope) -> Option<String> {
    let path = path.outline(scope, HOLE);
    match path.strip_prefix(STACK) {
        Some(below) => Some(below.to_owned()),
        // Whole URLs are of other servers, and so is what a case learns only from a fixture or an answer.
        None if path.starts_with("http://") || path.starts_with("https://") || path.starts_with(HOLE) => None,
        None => Some(path),
    }
}
