//! Paths of routes: as documents and servers write them (`/v1/files/{file_id}`), and as they are asked for.

/// Stands in an asked path for what is known only when it is asked: `/v1/files/{{ id }}`.
pub const HOLE: char = '\u{1}';

/// A path cut into segments, its query and the names of its variables left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    segments: Vec<Segment>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Segment {
    Literal(String),
    /// Something between a beginning and an end, either of which may be empty.
    Open(String, String),
}

/// How well an asked path fits a route: of two routes that fit, the greater one is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// Whether each variable holds one segment. Ids with slashes make others, where nothing else fits.
    exact: bool,
    /// Segments that are written the same in both.
    same: usize,
}

impl Fit {
    pub(super) fn is_exact(self) -> bool {
        self.exact
    }
}

impl Shape {
    /// Reads a path: `{name}`, `{name:path}` and [`HOLE`] are open.
    pub fn new(path: &str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = if path.contains("://") { after_host(path) } else { path };
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(Segment::new);
        Self { segments: segments.collect() }
    }

    /// How well the asked path `asked` fits this route, if it does.
    pub(super) fn fit(&self, asked: &Self) -> Option<Fit> {
        if self.segments.len() == asked.segments.len() {
            let pairs = || self.segments.iter().zip(&asked.segments);
            if pairs().all(|(ours, theirs)| ours.may_be(theirs)) {
                let same = pairs().filter(|(ours, theirs)| ours == theirs && ours.is_literal()).count();
                return Some(Fit { exact: true, same });
            }
        }
        let same = self.stretched(asked)?;
        Some(Fit { exact: false, same })
    }

    /// The same, where a variable that is a whole segment may hold several: segments in common, at most.
    fn stretched(&self, asked: &Self) -> Option<usize> {
        let (rows, columns) = (self.segments.len(), asked.segments.len());
        if columns < rows {
            return None;
        }
        // best[j]: the segments in common when the first i of ours hold the first j of theirs.
        let mut best: Vec<Option<usize>> = vec![None; columns + 1];
        best[0] = Some(0);
        for ours in &self.segments {
            let mut next: Vec<Option<usize>> = vec![None; columns + 1];
            for (at, theirs) in asked.segments.iter().enumerate() {
                let same = usize::from(ours == theirs && ours.is_literal());
                let fresh = best[at].filter(|_| ours.may_be(theirs)).map(|sum| sum + same);
                let longer = next[at].filter(|_| ours.is_whole());
                next[at + 1] = fresh.max(longer);
            }
            best = next;
        }
        best[columns]
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let brace = text.find('{').zip(text.rfind('}')).filter(|(open, close)| open < close);
        let hole = text.find(HOLE).zip(text.rfind(HOLE));
        match brace.or(hole) {
            // Both marks are one byte long.
            Some((start, end)) => Self::Open(text[..start].to_owned(), text[end + 1..].to_owned()),
            None => Self::Literal(text.to_owned()),
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Open(before, after) if before.is_empty() && after.is_empty())
    }

    /// Whether one text can be both.
    fn may_be(&self, other: &Self) -> bool {
        let begins = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        let ends = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
        match (self, other) {
            (Self::Literal(one), Self::Literal(other)) => one == other,
            (Self::Open(before, after), Self::Literal(text))
            | (Self::Literal(text), Self::Open(before, after)) => {
                text.len() > before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
            }
            (Self::Open(before, after), Self::Open(other_before, other_after)) => {
                begins(before, other_before) && ends(after, other_after)
            }
        }
    }
}

/// The path of a whole URL.
fn after_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |slash| &rest[slash..])
}

/// The API that a path belongs to, where nothing says it: its first segment that is no version.
pub fn api_of(path: &str) -> String {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let is_version = |segment: &str| {
        segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    segments.find(|segment| !is_version(segment)).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(route: &str, asked: &str) -> Option<Fit> {
        Shape::new(route).fit(&Shape::new(asked))
    }

    #[test]
    fn variables_hold_a_segment_and_more_where_nothing_else_fits() {
        assert!(fits("/v1/files/{file_id}", "/v1/files/file-1?limit=2").unwrap().exact);
        assert!(fits("/v1/files/{file_id}", "/v1/files/\u{1}").unwrap().exact);
        assert!(fits("/v1/files/{file_id}", "/v1/files/a/content").is_some_and(|fit| !fit.exact));
        assert!(fits("/v1/files/{id}/content", "/v1/files/a/b/content").is_some_and(|fit| !fit.exact));
        assert_eq!(fits("/v1/files/{id}/content", "/v1/files/a/b"), None);
        assert_eq!(fits("/v1/files/{file_id}", "/v1/files"), None);
        assert_eq!(fits("/v1/files/{file_id}", "/v2/files/a"), None);
        assert!(fits("/v1/a/{id}.json", "/v1/a/x.json").is_some());
        assert_eq!(fits("/v1/a/{id}.json", "/v1/a/.json"), None);
        assert!(fits("/v1/a", "http://localhost:1/v1/a").is_some());
        assert!(fits("/v1/a/{x}", "/v1/a/x") < fits("/v1/a/x", "/v1/a/x"));
        assert!(fits("/v1/models/{model_id}", "/v1/models/a/b") < fits("/v1/models/{a}/b", "/v1/models/a/b"));
    }

    #[test]
    fn names_of_variables_make_no_other_route() {
        assert_eq!(Shape::new("/v1/models/{model_id:path}"), Shape::new("v1/models/{id}/"));
        assert_ne!(Shape::new("/v1/models/{id}"), Shape::new("/v1/models/id"));
        assert_eq!(api_of("/v1alpha/post-training/jobs"), "post-training");
        assert_eq!(api_of("/"), "/");
    }
}
