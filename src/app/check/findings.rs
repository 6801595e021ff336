//! What was found of a run's answers, by route and by violation.

use super::said;
use crate::contract::{Judged, Violation};
use crate::text::{Redactor, plural};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What was found of the answers of a run.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// By path and method.
    routes: BTreeMap<(String, String), Route>,
    /// Cases whose answers do not count: they had a provider call that no recording answered.
    pub(super) left_out: BTreeSet<String>,
}

/// What was found of a route.
#[derive(Debug, Default)]
struct Route {
    answers: usize,
    documented: bool,
    violations: BTreeMap<Violation, Shown>,
}

/// Where a violation shows.
#[derive(Debug)]
struct Shown {
    answers: usize,
    /// The first case of the plan that showed it: cases run side by side, so that the first in time is another one each time.
    first: (usize, String),
}

impl Findings {
    /// Adds what was found of an answer to the case with the number `order`.
    pub(super) fn add(&mut self, method: &str, judged: Judged, (order, case): (usize, &str)) {
        // The paths of what is not there are as many as cases make up.
        if !judged.documented && judged.violations.is_empty() {
            return;
        }
        let route = self.routes.entry((judged.route, method.to_owned())).or_default();
        route.answers += 1;
        route.documented = judged.documented;
        for violation in judged.violations {
            let first = (order, case.to_owned());
            let shown =
                route.violations.entry(violation).or_insert(Shown { answers: 0, first: first.clone() });
            shown.answers += 1;
            shown.first = first.min(std::mem::take(&mut shown.first));
        }
    }

    /// Answers that were looked at.
    pub(super) fn answers(&self) -> usize {
        self.routes.values().map(|route| route.answers).sum()
    }

    /// Different violations, each route's for itself.
    pub(super) fn violations(&self) -> usize {
        self.routes.values().map(|route| route.violations.len()).sum()
    }

    fn broken(&self) -> impl Iterator<Item = (&(String, String), &Route)> {
        self.routes.iter().filter(|(_, route)| !route.violations.is_empty())
    }

    fn summary(&self, document: &str) -> String {
        let answers = plural(self.answers(), "answer");
        let routes = plural(self.routes.len(), "route");
        let found = match self.violations() {
            0 => "none breaks the document".to_owned(),
            count => format!("{} on {}", plural(count, "violation"), plural(self.broken().count(), "route")),
        };
        let left_out = match self.left_out.len() {
            0 => String::new(),
            count => format!("; {} left out for want of recordings", plural(count, "case")),
        };
        format!("{answers} on {routes} checked against {document}: {found}{left_out}")
    }

    pub(super) fn text(&self, document: &str) -> String {
        let mut text = String::new();
        for ((path, method), route) in self.broken() {
            text.push_str(&format!("{method} {path}  ({})\n", plural(route.answers, "answer")));
            for (violation, shown) in &route.violations {
                text.push_str(&format!(
                    "  {}: {}\n",
                    heading(violation),
                    crate::text::one_line(&violation.what)
                ));
                text.push_str(&format!(
                    "    {}, first in {}\n",
                    plural(shown.answers, "answer"),
                    shown.first.1
                ));
            }
            text.push('\n');
        }
        format!("{text}{}\n", self.summary(document))
    }

    pub(super) fn markdown(&self, document: &str, redactor: &Redactor) -> String {
        let row = |((path, method), route): (&(String, String), &Route)| {
            let lines = route.violations.iter().map(|(violation, shown)| {
                let what = redactor.redact(&violation.what).into_owned();
                let cells = [format!("{method} {path}"), heading(violation), what];
                let counted = [shown.answers.to_string(), shown.first.1.clone()];
                cells.into_iter().chain(counted).collect::<Vec<_>>()
            });
            lines.collect::<Vec<_>>()
        };
        let rows: Vec<Vec<String>> = self.broken().flat_map(row).collect();
        let table = said::markdown(&["route", "violation", "what", "answers", "first in"], &rows);
        let table = if rows.is_empty() { String::new() } else { format!("\n{table}") };
        format!(
            "### Answers against the OpenAPI document\n\n{}\n{table}",
            said::escaped(&self.summary(document))
        )
    }

    pub(super) fn json(&self, document: &str) -> Value {
        let violation = |(violation, shown): (&Violation, &Shown)| {
            json!({
                "kind": violation.kind.word(), "status": violation.status, "place": violation.place,
                "what": violation.what, "answers": shown.answers, "first": shown.first.1,
            })
        };
        let route = |((path, method), route): (&(String, String), &Route)| {
            json!({
                "method": method, "route": path, "documented": route.documented, "answers": route.answers,
                "violations": route.violations.iter().map(violation).collect::<Vec<_>>(),
            })
        };
        json!({
            "document": document, "answers": self.answers(), "violations": self.violations(),
            "left_out": self.left_out, "routes": self.routes.iter().map(route).collect::<Vec<_>>(),
        })
    }
}

/// `200 schema at /data/*/id`.
fn heading(violation: &Violation) -> String {
    let place = if violation.place.is_empty() { String::new() } else { format!(" at {}", violation.place) };
    format!("{} {}{place}", violation.status, violation.kind.word())
}
