//! The reporters that can be asked for by name.

use super::{Reporter, RequestError, github, json, junit, markdown};
use crate::source::nearest;
use std::io::Write;
use std::path::PathBuf;

/// Every reporter for `--report`, in the order of the documentation. To add one: a file, and a line here.
pub const REPORTERS: &[ReporterSpec] =
    &[junit::SPEC, junit::STRICT_SPEC, json::SPEC, github::SPEC, markdown::SPEC];

/// A reporter that can be asked for by name.
#[derive(Debug, Clone, Copy)]
pub struct ReporterSpec {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) example: &'static str,
    pub(super) default_path: Option<&'static str>,
    pub(super) make: fn(ReporterSettings, Box<dyn Write + Send>) -> Box<dyn Reporter>,
}

/// What a reporter is told besides the events.
#[derive(Debug, Clone, Copy)]
pub struct ReporterSettings {
    /// How many of the slowest cases are listed, where a report has such a list.
    pub durations: usize,
}

impl Default for ReporterSettings {
    fn default() -> Self {
        Self { durations: 10 }
    }
}

impl ReporterSpec {
    /// The name before the `=` of `--report name=path`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is for, in one line.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// An argument of `--report` that asks for it.
    pub fn example(&self) -> &'static str {
        self.example
    }

    /// Where it is written if no path is given, below the working directory; `None` is standard output.
    pub fn default_path(&self) -> Option<&'static str> {
        self.default_path
    }

    /// A reporter that writes to `out`.
    pub fn make(&self, settings: ReporterSettings, out: Box<dyn Write + Send>) -> Box<dyn Reporter> {
        (self.make)(settings, out)
    }
}

/// `--report name[=path]`, understood.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// Which reporter.
    pub spec: &'static ReporterSpec,
    /// Where to write it; `None` is standard output.
    pub path: Option<PathBuf>,
}

impl ReportRequest {
    /// Reads `name`, `name=path`, or `name=-` for standard output.
    ///
    /// # Errors
    /// There is no such reporter, or the path is empty.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name, Some(path)),
            None => (text, None),
        };
        let names = || REPORTERS.iter().map(ReporterSpec::name);
        let Some(spec) = REPORTERS.iter().find(|spec| spec.name == name) else {
            let known = names().collect::<Vec<_>>().join(", ");
            return Err(RequestError::UnknownName {
                name: name.to_owned(),
                nearest: nearest(name, names()),
                known,
            });
        };
        match path {
            Some("") => Err(RequestError::EmptyPath { name: spec.name, example: spec.example }),
            Some("-") => Ok(Self { spec, path: None }),
            Some(path) => Ok(Self { spec, path: Some(PathBuf::from(path)) }),
            None => Ok(Self { spec, path: spec.default_path.map(PathBuf::from) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_a_reporter_and_perhaps_a_file() {
        let path = |text| ReportRequest::parse(text).map(|request| request.path);
        assert_eq!(path("junit"), Ok(Some(PathBuf::from("junit.xml"))));
        assert_eq!(path("junit=out/a=b.xml"), Ok(Some(PathBuf::from("out/a=b.xml"))));
        assert_eq!(path("json=-"), Ok(None));
        assert_eq!(path("github"), Ok(None));
        let error = path("jnuit").unwrap_err().to_string();
        assert!(error.contains("did you mean `junit`?") && error.contains("markdown"), "{error}");
        assert!(path("junit=").unwrap_err().to_string().contains("junit=junit.xml"));
    }

    #[test]
    fn examples_ask_for_the_reporter_they_stand_at() {
        for spec in REPORTERS {
            assert_eq!(ReportRequest::parse(spec.example).unwrap().spec.name, spec.name);
        }
    }
}
