//! When a line is printed, and what a terminal shows meanwhile.

use super::{Paper, canned};
use indicatif::{ProgressDrawTarget, TermLike};
use stack_test::events::{CaseReport, CaseStart, Event};
use stack_test::model::{CaseId, Outcome};
use stack_test::report::{ConsoleSettings, console};
use stack_test::source::{Origin, SourceFile, Span};
use std::io::{self, Write as _};

fn finished(index: usize) -> Event {
    let origin = Origin { file: SourceFile::new("suites/a.yaml", "x"), span: Span::default() };
    let report: CaseReport = canned::case(index, 0, &format!("a::case{index}"), origin, Outcome::Passed);
    Event::CaseFinished(Box::new(report))
}

fn started(index: usize, id: &str) -> Event {
    Event::CaseStarted(CaseStart { index, id: CaseId::parse(id).unwrap() })
}

#[test]
fn a_line_waits_for_those_before_it_and_no_longer() {
    let paper = Paper::default();
    let mut reporter = console(ConsoleSettings::default(), Box::new(paper.clone()));
    reporter.on_event(&canned::start("starter", &[("a", "")], 4));
    let printed = |paper: &Paper| {
        let text = paper.text();
        let ids = text.lines().filter_map(|line| line.strip_prefix("PASS").and(line.split("::case").nth(1)));
        ids.collect::<Vec<_>>().join("")
    };
    for (index, expected) in [(1, ""), (3, ""), (0, "01"), (2, "0123")] {
        reporter.on_event(&finished(index));
        assert_eq!(printed(&paper), expected);
    }
    reporter.finish().unwrap();
}

#[test]
fn what_is_left_at_the_end_is_printed_gaps_or_not() {
    let events = [canned::start("starter", &[("a", "")], 4), finished(3), finished(1), Event::Interrupted];
    let text = super::console_text(ConsoleSettings::default(), &events);
    let (one, three) = (text.find("a::case1").unwrap(), text.find("a::case3").unwrap());
    assert!(one < three);
    assert!(text.contains("INTERRUPTED: 2 cases") && text.contains("2 of 4 cases did not run"), "{text}");
}

/// A terminal that only remembers what was written to it.
#[derive(Debug, Clone)]
struct Terminal(std::sync::Arc<std::sync::Mutex<String>>);

impl Terminal {
    fn put(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.put("\n")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_bar_shows_what_is_running_and_leaves_the_text_as_it_is_without_one() {
    let terminal = Terminal(std::sync::Arc::default());
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let long = format!("a::{}", "long_name_".repeat(30));
    let events = [
        canned::start("starter", &[("a", "")], 3),
        started(0, &long),
        started(1, "a::\u{1b}[2Jevil"),
        started(2, "a::case2"),
        finished(2),
        finished(0),
        finished(1),
        canned::end(None, Vec::new()),
    ];
    let settings = ConsoleSettings { progress: Some(target), ..ConsoleSettings::default() };
    let text = super::console_text(settings, &events);
    assert_eq!(text, super::console_text(ConsoleSettings::default(), &events));
    let drawn = terminal.0.lock().unwrap().clone();
    assert!(drawn.contains("/3 ") && drawn.contains("long_name_") && drawn.contains('…'), "{drawn}");
    assert!(!drawn.contains("\u{1b}[2J"), "{drawn:?}");
    assert!(!drawn.contains(&long), "the bar is one line");
}

#[test]
fn a_writer_that_fails_is_told_at_the_end() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no space left"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(Full.flush().is_ok());
    let mut reporter = console(ConsoleSettings::default(), Box::new(Full));
    canned::events().iter().for_each(|event| reporter.on_event(event));
    let error = reporter.finish().unwrap_err().to_string();
    assert_eq!(error, "the console report could not be written: no space left");
}
