//! What was recorded of a command is kept when the command has been shown to pass on it.
//!
//! The command is run twice more on the new sets, with no way to a provider. A set of which a call found no answer, or
//! that was not asked for in full, keeps its old one in place; so do all if the command failed and no call tells why.

use super::round::{Behind, Round};
use super::said::say;
use crate::app::error::CommandError;
use crate::app::files::{display_name, remove_folder};
use crate::app::run::aside::{self, Aside, Placed, TIMES, named};
use crate::app::run::signals::Listener;
use crate::gateway::{GatewayConfig, Store};
use crate::model::{InferenceMode, Miss, Traffic};
use crate::recording::{Owner, Set};
use crate::text::plural;
use std::collections::BTreeMap;

/// How often the command is run again.
const PASSES: usize = TIMES.len();

/// Proves what `recorded` left aside, and puts what proves itself in place of the old sets. Whether all did; `None` if the
/// user asked twice for the end.
///
/// # Errors
/// As when it was recorded.
pub(super) async fn prove(
    behind: &Behind<'_>,
    config: &GatewayConfig,
    recorded: &Round,
    signals: &mut Listener,
) -> Result<Option<bool>, CommandError> {
    let folder = aside::folder(&behind.folder);
    let aside = Aside::new(&behind.folder, &config.setup);
    let (sets, broken) = aside.load(&recorded.finished.recorded);
    let mut wrong: BTreeMap<Owner, String> = broken.into_iter().collect();
    let tell = |line: String| say(&[line], &behind.redactor);
    // What failed, or was ended by the user, would not come to its end when run again.
    let runs_again = recorded.code == 0 && !recorded.asked_to_end;
    if runs_again && !sets.is_empty() {
        let count = plural(sets.len(), "new set");
        tell(format!("proving {count}: the command is run {PASSES} times more, on what was recorded"));
        for pass in 1..=PASSES {
            let mode = InferenceMode::Replay;
            let replay = GatewayConfig { mode, staged: sets.clone(), ..config.clone() };
            let Some(round) = behind.serve(replay, signals).await? else { return Ok(None) };
            if round.asked_to_end {
                tell(format!(
                    "error: the proof was broken off; what was recorded is in {}",
                    folder.display()
                ));
                return Ok(Some(false));
            }
            for (owner, what) in judge(&round, &sets) {
                wrong.entry(owner).or_insert_with(|| format!("{}: {what}", TIMES[pass - 1]));
            }
        }
    } else if !sets.is_empty() {
        tell(
            "note: what was recorded is kept without proof, as the command did not come to a good end".into(),
        );
    }
    let good = sets.into_iter().filter(|set| !wrong.contains_key(&set.owner));
    let Placed { written, unchanged, errors } = aside.put(good, &Store::new(&config.root, &config.setup));
    for error in &errors {
        tell(format!("error: {error}"));
    }
    for (owner, what) in &wrong {
        if !recorded.finished.recorded.contains(owner) {
            tell(format!("error: beside the new recordings, {} does not replay: {what}", named(owner)));
            continue;
        }
        let place = display_name(&behind.inputs.cwd, &aside.path(owner));
        tell(format!(
            "error: the new recording of {} does not replay, {what}\n  an old recording stays as it was; the new one is in \
             {place}. What differs from call to call can be declared under `match:` in stack-test.yaml",
            named(owner)
        ));
    }
    if runs_again && written + unchanged + wrong.len() > 0 {
        let written = plural(written, "set");
        tell(format!("proven: {written} written, {unchanged} unchanged, {} left aside", wrong.len()));
    }
    let is_left = wrong.keys().any(|owner| recorded.finished.recorded.contains(owner));
    if !is_left && errors.is_empty() {
        remove_folder(&folder);
    }
    Ok(Some(wrong.is_empty() && errors.is_empty()))
}

/// What one replay shows to be wrong with the new `sets`.
fn judge(round: &Round, sets: &[Set]) -> Vec<(Owner, String)> {
    let mut wrong = Vec::new();
    let is_new = |owner: &Owner| sets.iter().any(|set| set.owner == *owner);
    let session = Traffic { unused: 0, ..round.finished.session.clone() };
    let cases = round.cases.iter().map(|(case, traffic)| (Owner::Case(case.clone()), traffic));
    for (owner, traffic) in cases.chain([(Owner::Session, &session)]) {
        if let Some(miss) = traffic.misses.first() {
            wrong.push((owner, missed(miss)));
        } else if traffic.unused > 0 && is_new(&owner) {
            let calls = plural(traffic.unused, "recorded provider call");
            wrong.push((owner, format!("{calls} did not come again")));
        }
    }
    let asked = |owner: &Owner| match owner {
        Owner::Case(case) => round.cases.iter().any(|(known, _)| known == case),
        Owner::Session => true,
    };
    let unasked = sets.iter().filter(|set| !set.exchanges.is_empty() && !asked(&set.owner));
    wrong.extend(unasked.map(|set| (set.owner.clone(), "none of its calls came again".to_owned())));
    let broken = round.finished.errors.iter().find(|error| !error.is_notice()).map(ToString::to_string);
    let broken = broken.or_else(|| {
        let failed = round.code != 0 && wrong.is_empty();
        failed.then(|| format!("the command passed when it was recorded, and ended with {} now", round.code))
    });
    wrong.extend(broken.iter().flat_map(|what| sets.iter().map(|set| (set.owner.clone(), what.clone()))));
    wrong
}

fn missed(miss: &Miss) -> String {
    let mut text = format!("its call {miss} found no answer ({})", miss.class.name());
    for lines in miss.facts() {
        lines.lines().for_each(|line| text.push_str(&format!("\n  {line}")));
    }
    text
}
