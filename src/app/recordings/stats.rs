//! `recordings stats`: what recording again would cost.

use super::chosen::Recordings;
use crate::app::ExitStatus;
use crate::app::error::CommandError;
use crate::app::run::command::Common;
use crate::cli::ListArgs;
use crate::recording::{Usage, model, usage};
use crate::text::{Align, Cell, Palette, Table, plural};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Calls to one model.
#[derive(Default)]
struct Count {
    calls: usize,
    /// Calls of which the provider does not say what they took.
    uncounted: usize,
    usage: Usage,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.uncounted += other.uncounted;
        self.usage.add(other.usage);
    }

    fn json(&self) -> Value {
        json!({
            "calls": self.calls, "calls_without_usage": self.uncounted,
            "input_tokens": self.usage.input, "output_tokens": self.usage.output,
        })
    }

    fn cells(&self) -> [String; 4] {
        [
            self.calls.to_string(),
            self.uncounted.to_string(),
            self.usage.input.to_string(),
            self.usage.output.to_string(),
        ]
    }
}

/// Counts.
///
/// # Errors
/// The recordings folder cannot be read.
pub(super) fn stats(args: &ListArgs, common: &Common<'_>) -> Result<ExitStatus, CommandError> {
    let recordings = Recordings::open(common, &args.chosen)?;
    let mut counts: BTreeMap<(String, String, String), Count> = BTreeMap::new();
    let errors = recordings.each(|kept| {
        for exchange in &kept.set.exchanges {
            let model = model(&exchange.request).unwrap_or_default();
            let usage = usage(exchange);
            let uncounted = usize::from(usage == Usage::default());
            let key = (kept.setup.clone(), exchange.request.provider.clone(), model);
            counts.entry(key).or_default().add(&Count { calls: 1, uncounted, usage });
        }
    })?;
    let mut total = Count::default();
    counts.values().for_each(|count| total.add(count));
    if args.json {
        let row = |((setup, provider, model), count): (&(String, String, String), &Count)| {
            let mut row = json!({"setup": setup, "provider": provider, "model": model});
            if let (Value::Object(row), Value::Object(count)) = (&mut row, count.json()) {
                row.extend(count);
            }
            row
        };
        let rows: Vec<Value> = counts.iter().map(row).collect();
        recordings.say_data(&json!({"models": rows, "total": total.json()}));
    } else {
        recordings.say(&drawn(&counts, &total));
    }
    recordings.complain(&errors);
    Ok(match (errors.is_empty(), counts.is_empty()) {
        (false, _) => ExitStatus::Failed,
        (true, true) => ExitStatus::NothingSelected,
        (true, false) => ExitStatus::Passed,
    })
}

fn drawn(counts: &BTreeMap<(String, String, String), Count>, total: &Count) -> String {
    use Align::{Left, Right};
    let mut table = Table::new([Left, Left, Left, Right, Right, Right, Right]);
    table.row(
        ["setup", "provider", "model", "calls", "without usage", "tokens in", "tokens out"].map(Cell::from),
    );
    table.rule();
    for ((setup, provider, model), count) in counts {
        let names = [setup, provider, model].map(|name| crate::text::one_line(name).into_owned());
        table.row(names.into_iter().chain(count.cells()).map(Cell::from));
    }
    table.rule();
    let names = ["total", "", ""].map(str::to_owned);
    table.row(names.into_iter().chain(total.cells()).map(Cell::from));
    let cost = format!(
        "\nrecording all of it again makes {} and takes about {} tokens ({} in, {} out)\n",
        plural(total.calls, "call"),
        total.usage.total(),
        total.usage.input,
        total.usage.output
    );
    table.draw(Palette::new(false)) + &cost
}
