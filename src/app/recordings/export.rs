//! `recordings export`: our recordings for another tool.

use super::chosen::Recordings;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::files::AtomicFile;
use crate::app::run::command::Common;
use crate::cli::ExportArgs;
use crate::recording::{EXPORTERS, Exporter, ImportedSet};
use crate::source::{Diagnostic, nearest};
use crate::text::{one_line, plural};
use std::io::Write;
use std::path::Path;

/// Exports and says what came of it on standard error: standard output may be the archive.
///
/// # Errors
/// An unknown tool, recordings that cannot be read, files that cannot be written.
pub(super) fn export(args: &ExportArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let exporter = find(&args.to).map_err(|error| CommandError::usage(vec![error]))?;
    if !exporter.one_file && args.out.is_none() {
        let error = Diagnostic::new(format!("an export to {} is a folder, and none is named", exporter.name));
        return Err(CommandError::usage(vec![error.hint("name it with --out DIR")]));
    }
    let recordings = Recordings::open(common, &args.chosen)?;
    let mut sets = Vec::new();
    let errors = recordings.each(|kept| sets.push(ImportedSet { setup: kept.setup, set: kept.set }))?;
    let count = sets.len();
    let exported = (exporter.export)(&sets);
    for file in &exported.files {
        let text = String::from_utf8_lossy(&file.bytes);
        let text = recordings.redactor.redact(&text);
        match &args.out {
            None => drop(std::io::stdout().write_all(text.as_bytes())),
            Some(out) => {
                let path = recordings.inputs.cwd.join(out);
                let path = if exporter.one_file { path } else { path.join(&file.name) };
                write(&path, text.as_bytes()).map_err(|error| {
                    let what = format!("`{}` cannot be written: {error}", recordings.shown(&path));
                    CommandError::internal(Diagnostic::new(what))
                })?;
            }
        }
    }
    recordings.complain(&errors);
    let mut err = std::io::stderr().lock();
    for warning in &exported.warnings {
        let _ = writeln!(err, "warning: {}", one_line(&recordings.redactor.redact(warning)));
    }
    let left = match count - exported.sets.min(count) {
        0 => String::new(),
        left => format!(", {} left out", plural(left, "set")),
    };
    let (sets, files) = (plural(exported.sets, "set"), plural(exported.files.len(), "file"));
    let _ = writeln!(err, "{sets} exported to {files}{left}");
    Ok(match (errors.is_empty(), exported.sets) {
        (false, _) => ExitStatus::Failed,
        (true, 0) => ExitStatus::NothingSelected,
        (true, _) => ExitStatus::Passed,
    })
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = AtomicFile::create(path.to_owned())?;
    file.write_all(bytes)?;
    file.publish()
}

fn find(name: &str) -> Result<&'static Exporter, Diagnostic> {
    if let Some(exporter) = EXPORTERS.iter().find(|exporter| exporter.name == name) {
        return Ok(exporter);
    }
    let names: Vec<&str> = EXPORTERS.iter().map(|exporter| exporter.name).collect();
    let error = Diagnostic::new(format!("recordings cannot be exported to `{name}`"));
    Err(match nearest(name, names.iter().copied()) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("they can be to {}", names.join(", "))),
    })
}
