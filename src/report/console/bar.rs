//! The bar at the bottom of a terminal.

use crate::events::{CaseReport, CaseStart};
use crate::text::{one_line, plural, shorten};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;

/// One line: how far the run is, how many failed, what is running.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    width: usize,
    failed: usize,
    /// By place in the plan, so that the ones that have run longest come first, more or less.
    running: BTreeMap<usize, String>,
}

impl Bar {
    pub(super) fn new(target: ProgressDrawTarget, width: usize) -> Self {
        // `wide_msg` cuts to what the terminal really has left: it may have been resized since `width` was read.
        let style = ProgressStyle::with_template("{elapsed_precise} {bar:20.green/8} {pos}/{len} {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(1), target).with_style(style);
        Self { bar, width, failed: 0, running: BTreeMap::new() }
    }

    /// The run begins; nothing is drawn before.
    pub(super) fn expect(&mut self, cases: usize) {
        self.bar.set_length(cases as u64);
        self.bar.set_message("starting the stack");
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    pub(super) fn started(&mut self, case: &CaseStart) {
        self.running.insert(case.index, one_line(&case.id.to_string()).into_owned());
        self.bar.set_message(self.message());
    }

    pub(super) fn finished(&mut self, case: &CaseReport) {
        self.running.remove(&case.index);
        self.failed += usize::from(case.outcome.is_failure());
        self.bar.inc(1);
        self.bar.set_message(self.message());
    }

    pub(super) fn note(&mut self, text: &str) {
        self.bar.set_message(shorten(&one_line(text), self.room()).into_owned());
    }

    /// Takes the bar away, lets `write` write to the same terminal, and puts it back.
    pub(super) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self) -> String {
        let failed = if self.failed > 0 { format!("{} failed, ", self.failed) } else { String::new() };
        let text = match (self.running.values().next(), self.running.len()) {
            (None, _) => format!("{failed}nothing running"),
            (Some(first), 1) => format!("{failed}running {first}"),
            (Some(first), all) => format!("{failed}running {first} and {}", plural(all - 1, "other")),
        };
        shorten(&text, self.room()).into_owned()
    }

    /// Columns left for the message.
    fn room(&self) -> usize {
        let digits = 2 * self.bar.length().unwrap_or(0).to_string().len();
        self.width.saturating_sub("00:00:00 ".len() + 20 + " / ".len() + digits + 2)
    }
}
