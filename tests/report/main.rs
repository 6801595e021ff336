//! All reporters on the same canned runs: they must agree with one model of what happened, and with the golden files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod canned;
mod golden;
mod hostile;
mod order;
mod scale;
mod unhappy;

use stack_test::events::Event;
use stack_test::report::{ConsoleSettings, REPORTERS, Reporter, ReporterSettings, console};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A writer whose text can be read while a reporter owns it.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn run(mut reporter: Box<dyn Reporter>, events: &[Event]) {
    events.iter().for_each(|event| reporter.on_event(event));
    reporter.finish().unwrap();
}

/// What the reporter of this name writes of a run.
fn report(name: &str, events: &[Event]) -> String {
    let spec = REPORTERS.iter().find(|spec| spec.name() == name).unwrap();
    let paper = Paper::default();
    run(spec.make(ReporterSettings { durations: 3 }, Box::new(paper.clone())), events);
    paper.text()
}

/// What the console prints of a run.
fn console_text(settings: ConsoleSettings, events: &[Event]) -> String {
    let paper = Paper::default();
    run(console(settings, Box::new(paper.clone())), events);
    paper.text()
}
