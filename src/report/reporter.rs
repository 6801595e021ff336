//! The port that all reporters share.

use super::ReportError;
use crate::events::Event;

/// Shows a run while it goes on, or writes it down at its end.
pub trait Reporter: Send {
    /// Takes note of an event. Events come in the order given at [`Event`]; cases come in the order in which they end. An
    /// error of the writer is kept for [`Reporter::finish`]: a report that cannot be written does not end the run.
    fn on_event(&mut self, event: &Event);

    /// Writes what is left to write and flushes. To be called once, after the last event, also when the run was cut short
    /// and there was no [`Event::RunEnded`].
    ///
    /// # Errors
    /// The first error of the writer.
    fn finish(&mut self) -> Result<(), ReportError>;
}
