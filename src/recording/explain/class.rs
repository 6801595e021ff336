//! What kind of miss it is.

use super::difference::{Area, Entry};
use super::nearest::{FAR, Nearest};
use crate::model::{Change, MissClass};

/// The class of a call that comes so near to what is recorded.
pub(super) fn classify(nearest: &Nearest<'_>) -> MissClass {
    let found = &nearest.found;
    let firm: Vec<&Entry> = found.entries.iter().filter(|entry| entry.rules.is_empty()).collect();
    let any = |area: Area| firm.iter().any(|entry| entry.area == area);
    if firm.is_empty() && found.more == 0 {
        return if found.entries.is_empty() { MissClass::NewCall } else { MissClass::Volatile };
    }
    // Whoever changes the model changes parameters with it, and whoever changes a prompt changes more of it than one place.
    if any(Area::Model) {
        return MissClass::OtherModel;
    }
    if any(Area::Prompt) {
        // The call that was recorded so has had its answer; this is one more.
        if nearest.given || nearest.likeness < FAR {
            return MissClass::NewCall;
        }
        return MissClass::PromptChanged;
    }
    let all = |is: fn(&Change) -> bool| firm.iter().all(|entry| is(&entry.difference.change));
    if all(|change| matches!(change, Change::Added(_))) {
        MissClass::ParameterAdded
    } else if all(|change| matches!(change, Change::Removed(_))) {
        MissClass::ParameterRemoved
    } else {
        MissClass::ParameterChanged
    }
}
