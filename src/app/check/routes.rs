//! `check routes`: what is served, documented, tested and recorded, route by route.

use super::calls::calls;
use super::offered::{self, Offered};
use super::said;
use super::site::Site;
use super::up::{Down, Up};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::inputs::Inputs;
use crate::app::run::command::{Common, Made, list, make};
use crate::app::run::prepare::{only, prepare};
use crate::app::run::rig::Rig;
use crate::app::run::run_folder;
use crate::app::run::signals::Signals;
use crate::app::settings::settle::RunRequest;
use crate::cli::{self, CheckRoutesArgs, Format, Requirement, RunArgs};
use crate::contract::{Call, Coverage, Found, Row};
use crate::gateway::Store;
use crate::model::InferenceMode;
use crate::recording::Owner;
use crate::runner::Stop;
use crate::source::Diagnostic;
use crate::stack::Stack;
use crate::text::{Redactor, plural};
use serde_json::{Value, json};

/// What was found, and from where.
struct Outcome {
    stack: String,
    /// Who says what is served.
    served_by: String,
    /// Whether that is the server's list, and not merely a document.
    listed: bool,
    /// How many of the selected cases are tests of other runners, whose requests nobody sees beforehand.
    unseen: usize,
    /// Where the document is from.
    document: Option<String>,
    coverage: Coverage,
}

/// Joins and prints.
///
/// # Errors
/// Wrong arguments, settings or suites, a stack that does not start, or one that says nowhere what it serves.
pub(super) async fn routes(args: CheckRoutesArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let CheckRoutesArgs { selected, target, models, openapi, require, format } = args;
    let Made { prepared, interrupted, outputs, secrets, allow_secrets } =
        make(common, request(selected, target, models), prepare).await?;
    if interrupted {
        return Ok(ExitStatus::Interrupted);
    }
    let mut prepared = prepared.and_then(only).map_err(CommandError::usage)?;
    if prepared.settings.collect_only {
        return Ok(list(&prepared.plan));
    }
    let inputs = common.inputs;
    let named = match &openapi {
        Some(name) => {
            Some(offered::named(name, inputs).await.map_err(|error| CommandError::usage(vec![error]))?)
        }
        None => None,
    };
    let redactor = outputs.redactor;
    prepared.notices.drain(..).for_each(|notice| said::note(&notice, &redactor));
    // No case is run, so no model is waited for.
    let plan = std::mem::take(&mut prepared.plan);
    let run_id = run_folder::run_id(inputs);
    let rig = Rig::new(inputs, prepared, (secrets, allow_secrets), run_id);
    let store = Store::new(&rig.recordings(), rig.setup());
    let unseen = plan.cases.iter().filter(|case| case.external.is_some() && case.skip.is_none()).count();
    let calls = calls(&plan, &|case| store.path(&Owner::Case(case.clone())).is_file());
    let stop = Stop::default();
    let signals = Signals::listen(stop.clone(), || ());
    let up = match Up::start(&rig, &stop).await {
        Ok(up) => up,
        Err(Down::Interrupted) => return Ok(ExitStatus::Interrupted),
        Err(Down::Gateway(diagnostics)) => {
            return Err(CommandError { status: ExitStatus::Internal, diagnostics });
        }
        Err(Down::Stack(error)) => {
            return Err(CommandError { status: ExitStatus::Internal, diagnostics: error.diagnostics() });
        }
    };
    up.notices.iter().for_each(|notice| said::note(notice, &redactor));
    let joined = up.during(&rig, &signals, async |stack| {
        let outcome = join(stack, named, calls, inputs).await;
        outcome.map(|outcome| Outcome { unseen, ..outcome })
    });
    let joined = joined.await;
    let Some(outcome) = joined else { return Ok(ExitStatus::Interrupted) };
    let outcome = outcome.map_err(CommandError::internal)?;
    match format {
        Format::Text => said::say(&outcome.text(&redactor), &redactor),
        Format::Json => said::say_data(&outcome.json(), &redactor),
        Format::Markdown => said::say(&outcome.markdown(), &redactor),
    }
    let fails = require.iter().any(|requirement| outcome.lacks(*requirement));
    Ok(if fails { ExitStatus::Failed } else { ExitStatus::Passed })
}

/// As a run that replays, whatever the environment says: nothing is asked of a model.
fn request(selected: cli::Selected, target: cli::Target, models: cli::Models) -> RunRequest {
    RunRequest::from(RunArgs {
        common: cli::Common {
            selected,
            target,
            models,
            execution: cli::Execution::default(),
            output: cli::Output::default(),
        },
        inference_mode: Some(InferenceMode::Replay),
        replay_speed: None,
        strict: false,
    })
}

async fn join(
    stack: &Stack,
    named: Option<Offered>,
    calls: Vec<Call>,
    inputs: &Inputs,
) -> Result<Outcome, Diagnostic> {
    let site = Site::of_stack(stack.url(), inputs)?;
    let (own, listed) = tokio::join!(offered::own(&site), offered::routes(&site));
    let place = own.as_ref().map(|own| own.from.clone());
    let routes_of = |offered: &Offered| {
        let routes = offered.document.operations.iter();
        routes.map(|known| (known.method.clone(), known.path.clone())).collect::<Vec<_>>()
    };
    let listed_itself = listed.is_some();
    let (served, served_by) = match (listed, &own, &named) {
        (Some(routes), _, _) => (routes, "/v1/inspect/routes".to_owned()),
        (None, Some(own), _) => (routes_of(own), own.from.clone()),
        (None, None, Some(named)) => (routes_of(named), named.from.clone()),
        (None, None, None) => {
            return Err(Diagnostic::new("the stack says nowhere what it serves: it has neither /v1/inspect/routes nor an OpenAPI document")
                .hint("name a document with --openapi FILE or --openapi URL"));
        }
    };
    let offered = named.or(own);
    let document = offered.as_ref().map(|offered| &offered.document);
    let coverage = Coverage::of(Found { served, document, place, calls });
    Ok(Outcome {
        stack: stack.info().taken.clone(),
        served_by,
        listed: listed_itself,
        unseen: 0,
        document: offered.map(|offered| offered.from),
        coverage,
    })
}

/// Rows under a heading, with what it means.
type Lists<'a> = [(&'static str, String, Vec<&'a Row>); 3];

const HEADS: [&str; 7] = ["api", "method", "route", "served", "documented", "tested", "recorded"];

impl Outcome {
    fn lacks(&self, requirement: Requirement) -> bool {
        match requirement {
            Requirement::Tested => self.coverage.untested().next().is_some(),
            Requirement::Documented => {
                !self.coverage.has_document || self.coverage.undocumented().next().is_some()
            }
            Requirement::Served => self.coverage.unserved().next().is_some(),
        }
    }

    fn lists(&self) -> Lists<'_> {
        [
            (
                "untested",
                format!("{}, and called by no case", if self.listed { "served" } else { "documented" }),
                self.coverage.untested().collect(),
            ),
            (
                "undocumented",
                "served, and not in the document".to_owned(),
                self.coverage.undocumented().collect(),
            ),
            (
                "unserved",
                format!("in the document or called by a case, and not in {}", self.served_by),
                self.coverage.unserved().collect(),
            ),
        ]
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let yes = |is: bool| if is { "yes" } else { "–" }.to_owned();
        let count = |count: usize| if count == 0 { "–".to_owned() } else { count.to_string() };
        let row = |row: &Row| {
            let documented = if self.coverage.has_document { yes(row.documented) } else { "?".to_owned() };
            vec![
                row.api.clone(),
                row.method.clone(),
                row.route.clone(),
                // What only a document says is a promise.
                if row.served && !self.listed { "?".to_owned() } else { yes(row.served) },
                documented,
                count(row.tested),
                count(row.recorded),
            ]
        };
        self.coverage.rows.iter().map(row).collect()
    }

    fn counts(&self) -> [(&'static str, usize); 4] {
        let count = |is: fn(&Row) -> bool| self.coverage.rows.iter().filter(|row| is(row)).count();
        [
            ("served", count(|row| row.served)),
            ("documented", count(|row| row.documented)),
            ("tested", count(|row| row.tested > 0)),
            ("recorded", count(|row| row.recorded > 0)),
        ]
    }

    fn summary(&self) -> String {
        let counts = self.counts().map(|(name, count)| format!("{count} {name}")).join(", ");
        let document =
            self.document.as_deref().unwrap_or("none found, so nothing is known to be undocumented");
        let served = if self.listed {
            format!("served as {} says", self.served_by)
        } else {
            format!("served as {} says, as the stack has no /v1/inspect/routes", self.served_by)
        };
        let unseen = match self.unseen {
            0 => String::new(),
            unseen => {
                format!("\nnot counted: what {} of other test runners ask for", plural(unseen, "test"))
            }
        };
        format!(
            "{}: {counts}\n{served}; document: {document}{unseen}",
            plural(self.coverage.rows.len(), "route")
        )
    }

    fn text(&self, redactor: &Redactor) -> String {
        let mut text = said::table(&HEADS, &self.rows(), redactor);
        for (name, meaning, rows) in self.lists() {
            let some = if rows.is_empty() { "none".to_owned() } else { rows.len().to_string() };
            text.push_str(&format!("\n{name} ({meaning}): {some}\n"));
            for row in rows {
                text.push_str(&format!("  {} {}\n", row.method, row.route));
            }
        }
        format!("{text}\n{}: {}\n", self.stack, self.summary())
    }

    fn markdown(&self) -> String {
        let mut text =
            format!("### Routes of {}\n\n{}\n\n", said::escaped(&self.stack), said::escaped(&self.summary()));
        text.push_str(&said::markdown(&HEADS, &self.rows()));
        for (name, meaning, rows) in self.lists() {
            text.push_str(&format!("\n**{name}** ({meaning}): {}\n", rows.len()));
            for row in rows {
                text.push_str(&format!("- `{} {}`\n", row.method, row.route.replace('`', "")));
            }
        }
        text
    }

    fn json(&self) -> Value {
        let named = |row: &&Row| json!({"method": row.method, "route": row.route});
        let row = |row: &Row| {
            json!({
                "api": row.api, "method": row.method, "route": row.route, "served": row.served,
                "documented": self.coverage.has_document.then_some(row.documented),
                "tested": row.tested, "recorded": row.recorded,
            })
        };
        let counts: serde_json::Map<String, Value> =
            self.counts().into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
        let mut all = json!({
            "stack": self.stack, "served_by": self.served_by, "listed": self.listed, "unseen_tests": self.unseen, "document": self.document, "counts": counts,
            "routes": self.coverage.rows.iter().map(row).collect::<Vec<_>>(),
        });
        for (name, _, rows) in self.lists() {
            all[name] = rows.iter().map(named).collect();
        }
        all
    }
}
