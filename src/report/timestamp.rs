//! Points in time, as files carry them.

use std::time::SystemTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2026-01-31T12:00:00.123Z`; `None` for a time that the format cannot express.
pub(super) fn rfc3339(at: SystemTime) -> Option<String> {
    let at = OffsetDateTime::from(at);
    let whole_millis = at.replace_nanosecond(at.nanosecond() / 1_000_000 * 1_000_000).ok()?;
    whole_millis.format(&Rfc3339).ok()
}
