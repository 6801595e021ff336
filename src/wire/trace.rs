//! W3C trace context: how a case's name travels with its requests.

use crate::model::CaseId;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The header that carries [`baggage`].
pub const BAGGAGE: &str = "baggage";
/// The header that carries the trace and span ids.
pub const TRACEPARENT: &str = "traceparent";
/// The baggage member that names the case.
pub const CASE_MEMBER: &str = "stack-test.case";

/// What the W3C baggage grammar does not allow in a value, plus the percent sign itself.
const NOT_BAGGAGE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\').add(b'%');

/// The value of the baggage header for requests of `case`.
pub fn baggage(case: &CaseId) -> String {
    format!("{CASE_MEMBER}={}", utf8_percent_encode(&case.to_string(), NOT_BAGGAGE))
}

/// The case named in a baggage header, which may have other members.
pub fn case_in_baggage(header: &str) -> Option<CaseId> {
    let value = header.split(',').find_map(|member| {
        let (name, value) = member.split(';').next()?.split_once('=')?;
        (name.trim() == CASE_MEMBER).then_some(value.trim())
    })?;
    CaseId::parse(&percent_decode_str(value).decode_utf8().ok()?)
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
    fn baggage_of_others_names_no_case() {
        assert_eq!(case_in_baggage("userId=alice, serverNode=DF%2028"), None);
    }
}
