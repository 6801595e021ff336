//! Server-sent events, as the HTML standard defines them.

use super::lines::{LineCutter, TooLong};

/// Largest event kept, in bytes of its lines.
pub const MAX_EVENT: usize = 16 * 1024 * 1024;

/// An event that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// Its `event:`, if it names one.
    pub event: Option<String>,
    /// Its own `id:`, if it gives one. (A browser would go on with the last one given.)
    pub id: Option<String>,
    /// Its `data:` lines, joined by line feeds; bytes that are no UTF-8 are replaced.
    pub data: String,
    /// Offset in the body of the byte after the one that ended it: the first byte of the end of its blank line. It is the
    /// same however the body was split, so that the arrival of the piece that holds it is the arrival of the event.
    pub end: usize,
}

/// Reads events from pieces of any size: lines end with LF, CRLF or CR, comments are skipped, a byte order mark at the
/// start is ignored, characters may be split between pieces.
#[derive(Debug)]
pub struct SseParser {
    cutter: LineCutter,
    event: Pending,
    at_start: bool,
    limit: usize,
}

#[derive(Debug, Default)]
struct Pending {
    event: Option<String>,
    id: Option<String>,
    data: Option<String>,
    size: usize,
}

impl Default for SseParser {
    fn default() -> Self {
        Self::new(MAX_EVENT)
    }
}

impl SseParser {
    /// A parser that keeps events of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { cutter: LineCutter::new(true, limit), event: Pending::default(), at_start: true, limit }
    }

    /// The events that `bytes` completes.
    ///
    /// # Errors
    /// An event is larger than the limit; the parser is of no further use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        let Self { cutter, event, at_start, limit } = self;
        let mut events = Vec::new();
        cutter.push(bytes, |line, end| {
            let line = match line.strip_prefix(b"\xef\xbb\xbf") {
                Some(rest) if *at_start => rest,
                _ => line,
            };
            *at_start = false;
            if line.is_empty() {
                events.extend(std::mem::take(event).complete(end));
                return Ok(());
            }
            if line[0] == b':' {
                return Ok(()); // a comment, often sent to keep the connection alive
            }
            event.size += line.len();
            if event.size > *limit {
                return Err(TooLong { limit: *limit, at: end });
            }
            event.line(line);
            Ok(())
        })?;
        Ok(events)
    }

    /// Whether the body ended in the middle of an event, which the standard says is to be dropped.
    pub fn is_inside_event(&self) -> bool {
        self.event.size > 0 || self.cutter.rest().first().is_some_and(|byte| *byte != b':')
    }
}

impl Pending {
    fn line(&mut self, line: &[u8]) {
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match name {
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(&value);
                }
                None => self.data = Some(value.into_owned()),
            },
            b"event" => self.event = Some(value.into_owned()),
            b"id" if !value.contains('\0') => self.id = Some(value.into_owned()),
            _ => {} // `retry` concerns whoever reconnects; unknown fields are ignored by the standard
        }
    }

    fn complete(self, end: usize) -> Option<SseEvent> {
        self.data.map(|data| SseEvent { event: self.event, id: self.id, data, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(pieces: &[&[u8]]) -> Vec<SseEvent> {
        let mut parser = SseParser::default();
        pieces.iter().flat_map(|piece| parser.push(piece).unwrap()).collect()
    }

    fn event(event: Option<&str>, id: Option<&str>, data: &str, end: usize) -> SseEvent {
        SseEvent { event: event.map(Into::into), id: id.map(Into::into), data: data.into(), end }
    }

    #[test]
    fn the_standard_is_kept() {
        let cases: &[(&str, Vec<SseEvent>)] = &[
            ("data: a\n\n", vec![event(None, None, "a", 9)]),
            ("data:a\r\n\r\ndata: b\r\n\r\n", vec![event(None, None, "a", 9), event(None, None, "b", 20)]),
            ("data: a\r\rdata: b\r\r", vec![event(None, None, "a", 9), event(None, None, "b", 18)]),
            ("\u{feff}data: a\n\n", vec![event(None, None, "a", 12)]),
            (": hello\n\ndata: a\n: more\n\n", vec![event(None, None, "a", 25)]),
            ("event: x\nid: 7\ndata: a\ndata:  b\n\n", vec![event(Some("x"), Some("7"), "a\n b", 33)]),
            ("data\n\n", vec![event(None, None, "", 6)]),
            ("event: x\n\ndata: a\n\n", vec![event(None, None, "a", 19)]),
            ("id: a\0b\nretry: 5\nwhat: x\ndata: a\n\n", vec![event(None, None, "a", 34)]),
            ("data: a\n", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(&parse(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn the_end_of_a_body_inside_an_event_is_known() {
        for (text, inside) in
            [("data: a\n\n", false), ("data: a\n", true), ("data", true), (": ping\n: p", false)]
        {
            let mut parser = SseParser::default();
            parser.push(text.as_bytes()).unwrap();
            assert_eq!(parser.is_inside_event(), inside, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_end_is_refused_at_the_limit() {
        let mut parser = SseParser::new(100);
        assert!((0..20).any(|_| parser.push(b"data: 0123456789\n").is_err()));
        let mut parser = SseParser::new(100);
        assert!((0..20).any(|_| parser.push(b"0123456789").is_err()));
    }

    fn written() -> impl Strategy<Value = (String, Vec<(Option<String>, String)>)> {
        let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
        let one = (prop::option::of("[a-zß]{1,5}"), prop::collection::vec("[^\r\n\0]{0,12}", 1..4));
        (end, prop::collection::vec(one, 0..6), any::<bool>()).prop_map(|(end, list, mark)| {
            let mut text = if mark { String::from("\u{feff}") } else { String::new() };
            let mut events = Vec::new();
            for (name, data) in list {
                text.push_str(&format!(": comment{end}"));
                if let Some(name) = &name {
                    text.push_str(&format!("event: {name}{end}"));
                }
                for line in &data {
                    text.push_str(&format!("data: {line}{end}"));
                }
                text.push_str(end);
                events.push((name, data.join("\n")));
            }
            (text, events)
        })
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events((text, events) in written(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let parsed = parse(&pieces);
            prop_assert_eq!(&parsed, &parse(&[bytes]));
            let seen: Vec<_> = parsed.into_iter().map(|event| (event.event, event.data)).collect();
            prop_assert_eq!(seen, events);
        }
    }
}
