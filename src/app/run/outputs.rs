//! What is shown and written: the console and the reports, fed by one thread, in order.

use crate::app::files::AtomicFile;
use crate::app::inputs::Inputs;
use crate::cli;
use crate::events::Event;
use crate::report::{
    ConsoleSettings, ProgressDrawTarget, ReportRequest, Reporter, ReporterSettings, Tally, Verbosity, console,
};
use crate::source::Diagnostic;
use crate::text::{RedactingWriter, Redactor};
use std::io::{self, Write};
use std::thread::JoinHandle;
use tokio::sync::mpsc::UnboundedReceiver;

/// What the user wants shown and written.
#[derive(Debug)]
pub(in crate::app) struct OutputSettings {
    pub(in crate::app) color: bool,
    pub(in crate::app) verbosity: Verbosity,
    pub(in crate::app) durations: usize,
    pub(in crate::app) reports: Vec<ReportRequest>,
    /// Whether standard output is for something else than the run.
    pub(in crate::app) aside: bool,
    /// Hides secrets in everything that is shown or written.
    pub(in crate::app) redactor: Redactor,
}

/// Whether output to a stream is coloured.
pub(in crate::app) fn colored(choice: cli::Color, inputs: &Inputs, is_tty: bool) -> bool {
    match choice {
        cli::Color::Always => true,
        cli::Color::Never => false,
        cli::Color::Auto => {
            is_tty && inputs.env("NO_COLOR").is_none() && inputs.env("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// The console and the reports.
pub(in crate::app) struct Outputs {
    reporters: Vec<Box<dyn Reporter>>,
    files: Vec<AtomicFile>,
    tally: Tally,
}

impl Outputs {
    /// Opens them, so that a path that cannot be written to is known before anything runs.
    ///
    /// # Errors
    /// Each report that cannot be written.
    pub(in crate::app) fn open(settings: &OutputSettings, inputs: &Inputs) -> Result<Self, Vec<Diagnostic>> {
        let redacted = |out: Box<dyn Write + Send>| -> Box<dyn Write + Send> {
            Box::new(RedactingWriter::new(out, settings.redactor.clone()))
        };
        let progress =
            (inputs.stderr_tty && settings.verbosity != Verbosity::Quiet).then(ProgressDrawTarget::stderr);
        let console_settings = ConsoleSettings {
            color: settings.color,
            progress,
            width: inputs
                .env("COLUMNS")
                .and_then(|columns| columns.parse().ok())
                .unwrap_or_else(terminal_width),
            durations: settings.durations,
            verbosity: settings.verbosity,
        };
        // A document on standard output must be alone there.
        let is_taken = settings.aside
            || settings
                .reports
                .iter()
                .any(|report| report.path.is_none() && report.spec.default_path().is_some());
        let out: Box<dyn Write + Send> =
            if is_taken { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        let mut reporters = vec![console(console_settings, redacted(out))];
        let mut files = Vec::new();
        let mut errors = Vec::new();
        for request in &settings.reports {
            let out: Box<dyn Write + Send> = match &request.path {
                None => Box::new(io::stdout()),
                Some(path) => match AtomicFile::create(inputs.cwd.join(path)) {
                    Ok(file) => {
                        files.push(file.clone());
                        Box::new(file)
                    }
                    Err(error) => {
                        let what = format!("the report `{}` cannot be written: {error}", path.display());
                        errors.push(Diagnostic::new(what));
                        continue;
                    }
                },
            };
            let reporter_settings = ReporterSettings { durations: settings.durations };
            reporters.push(request.spec.make(reporter_settings, redacted(out)));
        }
        if errors.is_empty() { Ok(Self { reporters, files, tally: Tally::default() }) } else { Err(errors) }
    }

    /// Shows one event.
    fn on_event(&mut self, event: &Event) {
        self.tally.on_event(event);
        for reporter in &mut self.reporters {
            reporter.on_event(event);
        }
    }

    /// Closes everything; to be called however the run ended.
    fn finish(mut self) -> (Tally, Vec<Diagnostic>) {
        let mut errors = Vec::new();
        for reporter in &mut self.reporters {
            if let Err(error) = reporter.finish() {
                // Whoever reads our output may have read enough: `stack-test run | head`.
                if error.source.kind() == io::ErrorKind::BrokenPipe {
                    continue;
                }
                errors.push(Diagnostic::new(format!("a report could not be written: {error}")));
            }
        }
        // Writers may hold back a line until they are dropped.
        drop(self.reporters);
        for file in &self.files {
            if let Err(error) = file.publish() {
                let what = format!("the report `{}` could not be written: {error}", file.path().display());
                errors.push(Diagnostic::new(what));
            }
        }
        (self.tally, errors)
    }

    /// Shows a single event and closes.
    pub(in crate::app) fn only(mut self, event: &Event) -> Vec<Diagnostic> {
        self.on_event(event);
        self.finish().1
    }

    /// Shows events as they come, on a thread of its own, up to [`Event::RunEnded`] or the end of the channel.
    pub(in crate::app) fn follow(
        mut self,
        mut events: UnboundedReceiver<Event>,
    ) -> JoinHandle<(Tally, Vec<Diagnostic>)> {
        std::thread::spawn(move || {
            while let Some(event) = events.blocking_recv() {
                self.on_event(&event);
                if matches!(event, Event::RunEnded(_)) {
                    break;
                }
            }
            self.finish()
        })
    }
}

fn terminal_width() -> usize {
    console_width().unwrap_or(100)
}

/// The width of the terminal behind standard error, if there is one.
#[cfg(unix)]
fn console_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// The width of the terminal behind standard error, if there is one.
#[cfg(not(unix))]
fn console_width() -> Option<usize> {
    None
}
