//! W3C trace context: how a case's name travels with its requests.

use crate::model::CaseId;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The header that carries [`baggage`].
pub const BAGGAGE: &str = "baggage";
/// The header that carries the trace and span ids.
pub const TRACEPARENT: &str = "traceparent";
/// The baggage member that names the case.
pub const CASE_MEMBER: &str = "stack-test.case";
/// The baggage member that says which step of the case is under way, counted from 1.
pub const STEP_MEMBER: &str = "stack-test.step";

/// The baggage member of calls that are of no case: what several tests of another runner share makes them.
pub const SESSION_MEMBER: &str = "stack-test.session";

/// Characters of a step's name; what is longer was not sent by us.
const LONGEST_STEP: usize = 200;

/// What the W3C baggage grammar does not allow in a value, plus the percent sign itself, and the plus sign, which is a space
/// to OpenTelemetry for Python.
const NOT_BAGGAGE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\').add(b'%').add(b'+');

/// The value of the baggage header for requests of `case`.
pub fn baggage(case: &CaseId) -> String {
    format!("{CASE_MEMBER}={}", utf8_percent_encode(&case.to_string(), NOT_BAGGAGE))
}

/// The value of the baggage header for requests of step number `step` of `case`.
pub fn baggage_of_step(case: &CaseId, step: usize) -> String {
    format!("{},{STEP_MEMBER}={step}", baggage(case))
}

/// The case named in a baggage header, which may have other members.
pub fn case_in_baggage(header: &str) -> Option<CaseId> {
    // A Python stack under OpenTelemetry spells a space that it was sent as `%20` in another way when it passes it on.
    let spelled = member(header, CASE_MEMBER)?.replace('+', " ");
    CaseId::parse(&percent_decode_str(&spelled).decode_utf8().ok()?)
}

/// Whether a baggage header says that the call is of no case.
pub fn is_of_session(header: &str) -> bool {
    member(header, SESSION_MEMBER) == Some("1")
}

/// The step of the case that a baggage header says is under way.
pub fn step_in_baggage(header: &str) -> Option<String> {
    let step = percent_decode_str(member(header, STEP_MEMBER)?).decode_utf8().ok()?;
    (!step.is_empty() && step.chars().count() <= LONGEST_STEP).then(|| step.into_owned())
}

/// The value of a member, as it is spelled.
fn member<'a>(header: &'a str, wanted: &str) -> Option<&'a str> {
    header.split(',').find_map(|member| {
        let (name, value) = member.split(';').next()?.split_once('=')?;
        (name.trim() == wanted).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_name_survives_the_header() {
        for name in ["plain", "a b,c;d=e\\\"", "größe-中文", "100%", "x[txt=a/b:c-d]"] {
            let case = CaseId::new("inference/chat", name);
            let header = format!("other=1;p=2, {};meta=1", baggage(&case));
            assert!(header.is_ascii());
            assert_eq!(case_in_baggage(&header), Some(case));
        }
    }

    #[test]
    fn a_case_survives_a_stack_that_spells_spaces_with_a_plus() {
        let case = CaseId::new("python", "test_a.py::test_b[1+1 is two]");
        let header = baggage(&case);
        assert_eq!(header, "stack-test.case=python::test_a.py::test_b[1%2B1%20is%20two]");
        assert_eq!(case_in_baggage(&header.replace("%20", "+")), Some(case));
    }

    #[test]
    fn the_step_travels_beside_the_case() {
        let case = CaseId::new("a", "b");
        let header = baggage_of_step(&case, 3);
        assert_eq!(
            (case_in_baggage(&header), step_in_baggage(&header)),
            (Some(case.clone()), Some("3".into()))
        );
        assert_eq!(step_in_baggage(&baggage(&case)), None);
    }

    #[test]
    fn baggage_of_others_names_no_case() {
        let theirs = "userId=alice, serverNode=DF%2028";
        assert_eq!(case_in_baggage(theirs), None);
        assert!(!is_of_session(theirs) && is_of_session(&format!("{theirs},stack-test.session=1")));
    }
}
