//! The tests of other runners, listed before the plan is made.

use super::run_folder;
use crate::app::files::read_text;
use crate::app::inputs::Inputs;
use crate::app::project::load::Project;
use crate::external::{self, Collected, Tool, Unreadable, Workshop};
use crate::plan::{ListedTest, Resolved, Unlisted};
use crate::runner;
use crate::source::{Diagnostic, Origin, SourceFile};
use crate::text::Redactor;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Where other runners have their files; their commands run in the project's folder.
pub(in crate::app) fn workshop(project: &Project, inputs: &Inputs, redactor: Redactor) -> Workshop {
    let folder = run_folder::of_this_run(inputs);
    let cwd = project.folder(&inputs.cwd);
    Workshop::new(folder, cwd, inputs.env.clone(), redactor)
}

/// Leaves nothing behind of a run that ends once the tests are listed.
pub(in crate::app) fn tidy(workshop: &Workshop, inputs: &Inputs) {
    workshop.tidy();
    run_folder::tidy_run(inputs, &run_folder::run_id(inputs));
}

/// Lists the tests of all `unlisted` suites, side by side. The processes of the first `stay` of them may stay in the workshop to
/// run what they listed: as many as may run at a time, since each has its memory while it waits.
///
/// # Errors
/// Everything that their runners complained about.
pub(in crate::app) async fn list(
    resolved: &mut Resolved,
    unlisted: Vec<Unlisted>,
    workshop: &Workshop,
    (inputs, stay): (&Inputs, usize),
) -> Result<(), Vec<Diagnostic>> {
    let each = unlisted.iter().enumerate();
    let listed = join_all(each.map(|(n, suite)| of_suite(suite, workshop, (inputs, n < stay)))).await;
    let mut errors = Vec::new();
    for (suite, listed) in unlisted.iter().zip(listed) {
        match listed {
            Ok(tests) => resolved.list(suite, tests),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    tidy(workshop, inputs);
    Err(errors)
}

async fn of_suite(
    suite: &Unlisted,
    workshop: &Workshop,
    (inputs, stay): (&Inputs, bool),
) -> Result<Vec<ListedTest>, Vec<Diagnostic>> {
    let run_id = run_folder::run_id(inputs);
    let planned = &suite.tool;
    let is_whole = planned.adapter == "command" && !planned.has_list();
    if is_whole {
        // What it runs is not known; it is one test, all in all.
        let test = ListedTest { id: "command".to_owned(), file: None, origin: None, tags: Vec::new() };
        return Ok(vec![test]);
    }
    let rendered = match planned.has_list() {
        true => planned.list(Tool::NO_STACK, &run_id),
        false => planned.command(Tool::NO_STACK, &run_id, &[]),
    };
    let tool = rendered.and_then(|command| runner::tool(planned, &suite.path, Tool::NO_STACK, command));
    let tool = tool.map_err(|error| vec![error])?;
    let at = |what: String| Diagnostic::at(planned.origin.clone(), what);
    let folder = workshop.cwd().join(&tool.cwd);
    if !folder.is_dir() {
        let what =
            format!("there is no folder `{}` to run the tests of `{}` in", tool.cwd.display(), suite.path);
        return Err(vec![at(what).hint("`cwd:` is seen from the folder of stack-test.yaml")]);
    }
    let collected = external::collect(&tool, workshop, stay && !planned.differs_by_stack(&run_id))
        .await
        .map_err(|error| {
            let what = format!("the {} tests of `{}` cannot be listed: {error}", planned.adapter, suite.path);
            let log = error.log().join("\n");
            vec![if log.is_empty() { at(what) } else { at(what).note(format!("its log ends:\n{log}")) }]
        })?;
    let Collected { tests, errors } = collected;
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|error| unreadable(suite, error, &at)).collect());
    }
    if tests.is_empty() {
        let what = format!("{} lists no tests of `{}`", planned.adapter, suite.path);
        return Err(vec![at(what).hint("its `command:` may deselect them all, or look in another folder")]);
    }
    let mut files = Files { folder: &folder, cwd: &inputs.cwd, read: HashMap::new() };
    let listed = |test: external::Listed| {
        let origin = test.file.as_ref().and_then(|file| files.origin(file, test.line));
        ListedTest { id: test.id, file: test.file, origin, tags: test.marks }
    };
    Ok(tests.into_iter().map(listed).collect())
}

fn unreadable(suite: &Unlisted, error: Unreadable, at: &dyn Fn(String) -> Diagnostic) -> Diagnostic {
    let adapter = &suite.tool.adapter;
    let what = match error.file {
        Some(file) => format!("{adapter} cannot list the tests in `{file}`"),
        None => format!("{adapter} cannot list the tests of `{}`", suite.path),
    };
    at(what).note(error.message.trim_end().to_owned())
}

/// The files of tests, each read once: reports show the line of a test.
struct Files<'a> {
    folder: &'a Path,
    cwd: &'a Path,
    read: HashMap<String, Option<Arc<SourceFile>>>,
}

impl Files<'_> {
    fn origin(&mut self, file: &str, line: Option<usize>) -> Option<Origin> {
        let (folder, cwd) = (self.folder, self.cwd);
        let read = self.read.entry(file.to_owned()).or_insert_with(|| {
            let path = folder.join(file);
            // A file that cannot be read has no lines to be shown, and that is all.
            path.is_file().then(|| read_text(cwd, &path).ok()).flatten()
        });
        Some(Origin::of_line(read.as_ref()?, line.unwrap_or(1)))
    }
}
