//! `recordings list`: what there is.

use super::chosen::{Kept, Recordings, size};
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::ListArgs;
use crate::recording::{Usage, model, usage};
use crate::text::{Align, Cell, Palette, Table, plural};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a set comes down to.
struct Line {
    setup: String,
    owner: String,
    path: String,
    calls: usize,
    providers: BTreeSet<String>,
    models: BTreeSet<String>,
    bytes: usize,
    usage: Usage,
}

impl Line {
    fn of(kept: &Kept, recordings: &Recordings<'_>) -> Self {
        let exchanges = &kept.set.exchanges;
        let mut sum = Usage::default();
        exchanges.iter().for_each(|exchange| sum.add(usage(exchange)));
        Self {
            setup: kept.setup.clone(),
            owner: kept.set.owner.to_string(),
            path: recordings.shown(&kept.path),
            calls: exchanges.len(),
            providers: exchanges.iter().map(|exchange| exchange.request.provider.clone()).collect(),
            models: exchanges.iter().filter_map(|exchange| model(&exchange.request)).collect(),
            bytes: kept.text.len(),
            usage: sum,
        }
    }

    fn json(&self) -> Value {
        json!({
            "setup": self.setup, "case": self.owner, "file": self.path, "calls": self.calls, "bytes": self.bytes,
            "providers": self.providers, "models": self.models,
            "tokens": {"input": self.usage.input, "output": self.usage.output},
        })
    }
}

/// Lists the sets.
///
/// # Errors
/// The recordings folder cannot be read.
pub(super) fn list(args: &ListArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    let mut lines = Vec::new();
    let errors = recordings.each(|kept| lines.push(Line::of(&kept, &recordings)))?;
    lines.sort_by(|one, other| (&one.setup, &one.owner).cmp(&(&other.setup, &other.owner)));
    if args.json {
        recordings.say_data(&lines.iter().map(Line::json).collect());
    } else {
        recordings.say(&drawn(&lines, &recordings));
    }
    recordings.complain(&errors);
    Ok(match (errors.is_empty(), lines.is_empty()) {
        (false, _) => ExitStatus::Failed,
        (true, true) => ExitStatus::NothingSelected,
        (true, false) => ExitStatus::Passed,
    })
}

fn drawn(lines: &[Line], recordings: &Recordings<'_>) -> String {
    if lines.is_empty() {
        return "no recordings\n".to_owned();
    }
    use Align::{Left, Right};
    let mut table = Table::new([Left, Left, Right, Left, Left, Right, Right]);
    table.row(["setup", "case", "calls", "providers", "models", "size", "tokens"].map(Cell::from));
    table.rule();
    let joined = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    for line in lines {
        let cells = [
            line.setup.clone(),
            line.owner.clone(),
            line.calls.to_string(),
            joined(&line.providers),
            joined(&line.models),
            size(line.bytes),
            line.usage.total().to_string(),
        ];
        // Masked before it is measured: a mask is shorter than what it hides.
        let cell = |cell: String| crate::text::one_line(&recordings.redactor.redact(&cell)).into_owned();
        table.row(cells.map(|text| Cell::from(cell(text))));
    }
    let sum = |of: fn(&Line) -> usize| lines.iter().map(of).sum::<usize>();
    let tokens: u64 = lines.iter().map(|line| line.usage.total()).sum();
    table.rule();
    table.row(
        [
            String::new(),
            plural(lines.len(), "set"),
            sum(|line| line.calls).to_string(),
            String::new(),
            String::new(),
            size(sum(|line| line.bytes)),
            tokens.to_string(),
        ]
        .map(Cell::from),
    );
    table.draw(Palette::new(false))
}
