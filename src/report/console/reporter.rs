//! Events in, text out.

use super::bar::Bar;
use super::{ConsoleSettings, Verbosity, differences, lines, summary};
use crate::events::{Attempt, CaseReport, Event};
use crate::model::{CaseId, Outcome};
use crate::report::ledger::Ledger;
use crate::report::order::InOrder;
use crate::report::{ReportError, Reporter, drawing};
use crate::text::{Palette, one_line, plural, seconds};
use std::io::{self, Write};

/// The reporter for people; see the module. `out` is written to while the run goes on.
pub fn console(settings: ConsoleSettings, out: Box<dyn Write + Send>) -> Box<dyn Reporter> {
    let ConsoleSettings { color, progress, width, durations, verbosity } = settings;
    Box::new(Console {
        sink: Sink { out, bar: progress.map(|target| Bar::new(target, width)), error: None },
        palette: Palette::new(color),
        durations,
        verbosity,
        ledger: Ledger::default(),
        lines: InOrder::default(),
        complaints: Vec::new(),
        flaky: Vec::new(),
    })
}

struct Console {
    sink: Sink,
    palette: Palette,
    durations: usize,
    verbosity: Verbosity,
    ledger: Ledger,
    lines: InOrder<String>,
    /// Place in the plan, and what is drawn at the end.
    complaints: Vec<(usize, String)>,
    flaky: Vec<(usize, CaseId, usize)>,
}

impl Reporter for Console {
    fn on_event(&mut self, event: &Event) {
        self.ledger.on_event(event);
        match event {
            Event::RunStarted(start) => {
                self.say(|palette, _| lines::header(start, palette));
                self.sink.with_bar(|bar| bar.expect(start.cases));
            }
            Event::Notice(notice) => self.say(|_, _| format!("note: {}\n", one_line(notice))),
            Event::StackReady(stack) => {
                self.turn_to(stack.stack);
                let name = self.ledger.start.as_ref().and_then(|start| start.stacks.get(stack.stack));
                let line = lines::stack_ready(stack, name.map(|stack| stack.name.as_str()), self.verbosity);
                self.say(|_, _| line);
                self.sink.with_bar(|bar| bar.note("ready"));
            }
            Event::StackFailed(error) => {
                self.sink.write(&format!("the stack failed: {}\n", one_line(&error.what)))
            }
            Event::CaseStarted(case) => self.sink.with_bar(|bar| bar.started(case)),
            Event::CaseFinished(case) => self.finished(case),
            Event::Interrupted => self.sink.write("interrupted: the cases in flight are being wound up\n"),
            Event::RunEnded(_) => {}
        }
    }

    fn finish(&mut self) -> Result<(), ReportError> {
        let rest = self.lines.rest().concat();
        self.sink.write(&rest);
        self.sink.with_bar(|bar| bar.clear());
        self.sink.bar = None;
        let end = self.end();
        self.sink.write(&end);
        let flushed = self.sink.out.flush();
        self.sink.error.take().map_or(flushed, Err).map_err(ReportError::of("console"))
    }
}

impl Console {
    /// Writes a line that the quiet do without.
    fn say(&mut self, line: impl FnOnce(Palette, Verbosity) -> String) {
        if self.verbosity > Verbosity::Quiet {
            let line = line(self.palette, self.verbosity);
            self.sink.write(&line);
        }
    }

    /// The cases of the stacks before this one have ended, or will not come any more.
    fn turn_to(&mut self, stack: usize) {
        let stacks = self.ledger.start.iter().flat_map(|start| &start.stacks);
        let before = stacks.take(stack).map(|stack| stack.cases).sum();
        let rest = self.lines.skip_to(before).concat();
        self.sink.write(&rest);
    }

    fn finished(&mut self, case: &CaseReport) {
        let line = match self.verbosity {
            Verbosity::Quiet => String::new(),
            verbosity => lines::case(case, self.ledger.stack_of(case.suite), verbosity, self.palette),
        };
        let ready = self.lines.add(case.index, line).concat();
        self.sink.with_bar(|bar| bar.finished(case));
        self.sink.write(&ready);
        if self.is_drawn(case) {
            let drawn = self.draw(case);
            self.complaints.push((case.index, drawn));
        }
        if case.is_flaky() {
            self.flaky.push((case.index, case.id.clone(), case.earlier.len() + 1));
        }
    }

    fn is_drawn(&self, case: &CaseReport) -> bool {
        let verbose = self.verbosity == Verbosity::Verbose;
        case.outcome.is_failure()
            || verbose && (case.is_flaky() || matches!(case.outcome, Outcome::XFailed { .. }))
    }

    fn draw(&self, case: &CaseReport) -> String {
        let (word, style) = lines::status(case);
        let id = case.id.to_string();
        let id = format!("{id}{}", self.ledger.on_stack(case.suite));
        let title = format!("{word} {} ({})", one_line(&id), one_line(&case.origin.to_string()));
        let mut text = self.palette.paint(style, title);
        text.push('\n');
        if self.verbosity == Verbosity::Verbose || case.is_flaky() {
            for (n, attempt) in case.earlier.iter().enumerate() {
                text.push_str(&self.draw_attempt(n + 1, attempt));
            }
            if !case.earlier.is_empty() && !case.is_flaky() {
                text.push_str(&format!("\nattempt {}, the last:\n", case.earlier.len() + 1));
            }
        } else if !case.earlier.is_empty() {
            text.push_str(&format!("failed {} times; this is the last:\n", case.earlier.len() + 1));
        }
        let complaints = drawing::complaints(case);
        if !complaints.is_empty() {
            text.push_str(&drawing::draw(&drawing::in_short(complaints), self.palette.color()));
            text.push('\n');
        }
        text
    }

    fn draw_attempt(&self, number: usize, attempt: &Attempt) -> String {
        let drawn = drawing::draw(&drawing::in_short(attempt.failures.clone()), self.palette.color());
        format!(
            "{}attempt {number}, {}:\n{drawn}\n",
            if number > 1 { "\n" } else { "" },
            seconds(attempt.duration)
        )
    }

    /// Everything below the lines of the cases.
    fn end(&mut self) -> String {
        let palette = self.palette;
        let differences = differences::table(&mut self.ledger.comparison, self.verbosity, palette);
        let ledger = &self.ledger;
        let mut text = String::new();
        self.complaints.sort_by_key(|(index, _)| *index);
        let count = self.complaints.len();
        for (n, (_, drawn)) in self.complaints.iter().enumerate() {
            text.push_str(&format!("\n[{}/{count}] {drawn}", n + 1));
        }
        text.push_str(&summary::errors(ledger, palette));
        if self.verbosity > Verbosity::Quiet && ledger.start.is_some() {
            text.push('\n');
            text.push_str(&summary::table(ledger, palette));
            text.push_str(&summary::slowest(ledger, self.durations, palette));
            text.push_str(&self.flaky_list());
            match summary::traffic(ledger, palette) {
                traffic if traffic.is_empty() => {}
                traffic => text.push_str(&format!("\n{traffic}")),
            }
        }
        text.push_str(&differences);
        if ledger.start.is_some() || !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&summary::verdict(ledger, palette));
        text
    }

    fn flaky_list(&self) -> String {
        if self.flaky.is_empty() {
            return String::new();
        }
        let mut flaky: Vec<_> = self.flaky.iter().collect();
        flaky.sort_by_key(|(index, ..)| *index);
        let mut text = summary::heading(&plural(flaky.len(), "flaky case"), self.palette);
        for (_, id, attempts) in flaky {
            text.push_str(&format!("  {} passed on attempt {attempts}\n", one_line(&id.to_string())));
        }
        text
    }
}

/// The writer, the bar that must make way for it, and the first thing that went wrong.
struct Sink {
    out: Box<dyn Write + Send>,
    bar: Option<Bar>,
    error: Option<io::Error>,
}

impl Sink {
    fn write(&mut self, text: &str) {
        if text.is_empty() || self.error.is_some() {
            return;
        }
        let out = &mut self.out;
        let mut write = || out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let result = match &self.bar {
            Some(bar) => bar.aside(write),
            None => write(),
        };
        self.error = result.err();
    }

    fn with_bar(&mut self, act: impl FnOnce(&mut Bar)) {
        if let Some(bar) = &mut self.bar {
            act(bar);
        }
    }
}
