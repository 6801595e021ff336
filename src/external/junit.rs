//! A JUnit report of somebody else, read. Everybody writes it a little differently, so that only what all have in common
//! counts: test cases, and what is in them.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// Larger reports are not read, in bytes.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;

/// What a report says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) tests: usize,
    pub(super) failed: Vec<Unwell>,
    pub(super) skipped: Vec<Unwell>,
}

/// A test that did not pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unwell {
    /// Class and name.
    pub(super) name: String,
    /// In one line.
    pub(super) message: String,
    /// At length.
    pub(super) text: String,
}

/// Reads a report.
///
/// # Errors
/// What keeps it from being read, in words.
pub(super) fn read(xml: &str) -> Result<Report, String> {
    let mut reader = Reader::from_str(xml);
    let mut report = Report::default();
    let mut reading = Reading::default();
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|error| format!("byte {at}: {error}"))? {
            Event::Start(element) => {
                reading.depth += 1;
                reading.begin(&element, &mut report);
            }
            Event::Empty(element) => {
                reading.begin(&element, &mut report);
                reading.end(element.name().as_ref(), &mut report);
            }
            Event::End(element) => {
                reading.depth = reading.depth.saturating_sub(1);
                reading.end(element.name().as_ref(), &mut report);
            }
            Event::Text(text) => reading.say(&String::from_utf8_lossy(&text)),
            Event::CData(text) => reading.say(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(name) => reading.say(&plain(format!("&{};", String::from_utf8_lossy(&name)))),
            Event::Eof if reading.depth > 0 || !reading.seen => {
                return Err("it is not whole".to_owned());
            }
            Event::Eof => return Ok(report),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Where the reader is.
#[derive(Default)]
struct Reading {
    depth: usize,
    /// Whether there was any element.
    seen: bool,
    case: String,
    /// What is being told of the case.
    inner: Option<(bool, Unwell)>,
}

impl Reading {
    fn begin(&mut self, element: &BytesStart<'_>, report: &mut Report) {
        self.seen = true;
        match element.name().as_ref() {
            b"testcase" => {
                report.tests += 1;
                let class = attribute(element, b"classname").filter(|class| !class.is_empty());
                let name = attribute(element, b"name").unwrap_or_default();
                self.case = class.map_or_else(|| name.clone(), |class| format!("{class} {name}"));
            }
            kind @ (b"failure" | b"error" | b"skipped") => {
                let message = attribute(element, b"message").unwrap_or_default();
                let told = Unwell { name: self.case.clone(), message, text: String::new() };
                self.inner = Some((kind == b"skipped", told));
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8], report: &mut Report) {
        if !matches!(name, b"failure" | b"error" | b"skipped") {
            return;
        }
        let Some((skipped, mut told)) = self.inner.take() else { return };
        told.text = told.text.trim().to_owned();
        if told.message.is_empty() {
            told.message = told.text.lines().next().unwrap_or_default().to_owned();
        }
        if skipped { report.skipped.push(told) } else { report.failed.push(told) }
    }

    fn say(&mut self, text: &str) {
        if let Some((_, told)) = &mut self.inner {
            told.text.push_str(text);
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(plain(String::from_utf8_lossy(&found.value).into_owned()))
}

/// Without character references; with them, if one of them stands for nothing.
fn plain(text: String) -> String {
    unescape(&text).map(std::borrow::Cow::into_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_report_is_read() {
        let xml = r#"<?xml version="1.0"?><testsuite tests="9"><properties><property name="a" value="b"/></properties>
<testcase classname="a.B" name="one &lt;1&gt;"/><testcase name="two"><failure message="no &amp; no">at <![CDATA[<x>]]> &lt;y&gt;</failure></testcase>
<testcase name="three"><error>it broke
here</error></testcase><testcase name="four"><skipped message="not now"/></testcase></testsuite>"#;
        let report = read(xml).unwrap();
        let names = |all: &[Unwell]| -> Vec<(String, String)> {
            all.iter().map(|one| (one.name.clone(), one.message.clone())).collect()
        };
        assert_eq!(report.tests, 4);
        assert_eq!(
            names(&report.failed),
            [("two".into(), "no & no".into()), ("three".into(), "it broke".into())]
        );
        assert_eq!(report.failed[0].text, "at <x> <y>");
        assert_eq!(names(&report.skipped), [("four".into(), "not now".into())]);
    }

    #[test]
    fn half_a_report_is_none() {
        for xml in ["", "<testsuite>", "<testsuite><testcase name=\"a\"", "nothing", "<a></b>"] {
            assert!(read(xml).is_err(), "{xml}");
        }
    }
}
