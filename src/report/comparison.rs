//! In what the stacks of a run differ, over all cases.

use crate::events::Event;
use crate::model::{Aspect, CaseId, StackDifference};
use crate::text::{one_line, plural, shorten};
use std::collections::BTreeMap;

/// Differences kept for tables, the most important ones; they are counted beyond that.
const KEPT: usize = 100;
/// Columns of a value in a table. The JSON document has all that is known of it.
const VALUE_WIDTH: usize = 48;
/// Columns of a step in a table.
const STEP_WIDTH: usize = 40;

/// In what the stacks of a run differ, fed by its events.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// The names of the stacks; empty where there is one.
    names: Vec<String>,
    /// Which stack each suite of the run is about.
    stack_of: Vec<usize>,
    /// Cases that ended at another stack and at the first.
    compared: usize,
    differing: usize,
    by_aspect: BTreeMap<Aspect, usize>,
    found: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    index: usize,
    stack: usize,
    case: CaseId,
    difference: StackDifference,
    /// In so many cases more.
    more: usize,
}

/// A difference as a table shows it; texts are on one line.
pub(super) struct Row {
    pub(super) case: String,
    pub(super) step: String,
    /// `shape $.usage`.
    pub(super) what: String,
    pub(super) aspect: Aspect,
    pub(super) baseline: String,
    /// The stack that differs.
    pub(super) stack: String,
    pub(super) other: String,
}

impl Comparison {
    pub(super) fn on_event(&mut self, event: &Event) {
        match event {
            Event::RunStarted(start) => {
                self.names = start.stacks.iter().map(|stack| stack.name.clone()).collect();
                self.stack_of = start.suites.iter().map(|suite| suite.stack).collect();
            }
            Event::CaseFinished(case) => {
                let stack = self.stack_of.get(case.suite).copied().unwrap_or_default();
                let Some(differences) = &case.differences else { return };
                self.compared += 1;
                self.differing += usize::from(!differences.is_empty());
                for difference in differences {
                    *self.by_aspect.entry(difference.aspect).or_default() += 1;
                    self.add(Found {
                        index: case.index,
                        stack,
                        case: case.id.clone(),
                        difference: difference.clone(),
                        more: 0,
                    });
                }
                if self.found.len() > 2 * KEPT {
                    self.keep_the_most_important();
                }
            }
            _ => {}
        }
    }

    /// Keeps `found`. What a server does otherwise everywhere is one thing, told with the first case that shows it.
    fn add(&mut self, found: Found) {
        let everywhere = matches!(found.difference.aspect, Aspect::Shape | Aspect::Events);
        let same = |kept: &&mut Found| kept.stack == found.stack && kept.difference == found.difference;
        match self.found.iter_mut().find(same).filter(|_| everywhere) {
            None => self.found.push(found),
            Some(kept) => {
                let more = kept.more + 1;
                if found.index < kept.index {
                    *kept = found;
                }
                kept.more = more;
            }
        }
    }

    /// Whether several stacks were asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.names.len() > 1
    }

    /// The name of the stack that the others are compared with.
    pub(super) fn baseline(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// The names of the others.
    pub(super) fn others(&self) -> &[String] {
        self.names.get(1..).unwrap_or_default()
    }

    /// How many differences there are.
    pub(super) fn count(&self) -> usize {
        self.by_aspect.values().sum()
    }

    /// `2 of 5 cases differ: 1 in status, 3 in text`.
    pub(super) fn summary(&self) -> String {
        if self.compared == 0 {
            return "no case ended at both".to_owned();
        }
        let all = plural(self.compared, "case");
        if self.count() == 0 {
            return format!("none in {all}");
        }
        let aspects = self.by_aspect.iter().map(|(aspect, count)| format!("{count} in {}", aspect.name()));
        let differ = if self.differing == 1 { "differs" } else { "differ" };
        format!("{} of {all} {differ}: {}", self.differing, aspects.collect::<Vec<_>>().join(", "))
    }

    /// The most important differences, at most `most`, and how many more there are.
    pub(super) fn rows(&mut self, most: usize) -> (Vec<Row>, usize) {
        self.keep_the_most_important();
        let rows: Vec<Row> = self.found.iter().take(most).map(|found| self.row(found)).collect();
        let shown: usize = self.found.iter().take(most).map(|found| 1 + found.more).sum();
        let left_out = self.count() - shown;
        (rows, left_out)
    }

    fn row(&self, found: &Found) -> Row {
        let short = |text: &str, width| shorten(&one_line(text), width).into_owned();
        let StackDifference { aspect, step, at, baseline, other } = &found.difference;
        let at = at.as_ref().map(|at| format!(" {}", short(at, STEP_WIDTH))).unwrap_or_default();
        let more = if found.more > 0 { format!(" and {} more", found.more) } else { String::new() };
        Row {
            case: format!("{}{more}", one_line(&found.case.to_string())),
            step: step.as_ref().map_or_else(|| "-".to_owned(), |step| short(step, STEP_WIDTH)),
            what: format!("{}{at}", aspect.name()),
            aspect: *aspect,
            baseline: short(baseline, VALUE_WIDTH),
            stack: self.names.get(found.stack).cloned().unwrap_or_default(),
            other: short(other, VALUE_WIDTH),
        }
    }

    fn keep_the_most_important(&mut self) {
        self.found.sort_by_key(|found| (found.difference.aspect, found.index));
        self.found.truncate(KEPT);
    }
}

/// A difference in one line: `status of 2 GET /v1/models: 404; at the first stack 200`.
pub(super) fn line(difference: &StackDifference) -> String {
    let StackDifference { aspect, step, at, baseline, other } = difference;
    let of = step.as_ref().map(|step| format!(" of {step}")).unwrap_or_default();
    let at = at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    one_line(&format!("{}{of}{at}: {other}; at the first stack {baseline}", aspect.name())).into_owned()
}
