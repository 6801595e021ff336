//! Who serves, and of which version: what a suite's exceptions depend on.

use super::Capabilities;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// What a server is, as far as a suite may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Server {
    /// The stack in this binary.
    Embedded,
    /// Llama Stack.
    LlamaStack,
    /// OGX, as Llama Stack is called since 2026.
    Ogx,
    /// Anything else, or one that does not say.
    #[default]
    Other,
}

impl Server {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Embedded, Self::LlamaStack, Self::Ogx, Self::Other];

    /// The word in suites.
    pub fn word(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::LlamaStack => "llama-stack",
            Self::Ogx => "ogx",
            Self::Other => "other",
        }
    }
}

/// The servers and versions that something holds for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    /// One of these; any, if there is none.
    pub servers: Vec<Server>,
    /// Only in these versions.
    pub versions: Option<Versions>,
}

impl When {
    /// Whether it holds for a stack that says this of itself. One that says no version is in no range of versions.
    pub fn holds(&self, stack: &Capabilities) -> bool {
        let server = self.servers.is_empty() || self.servers.contains(&stack.server);
        let version = self.versions.as_ref().is_none_or(|versions| {
            stack.version.as_deref().and_then(Version::parse).is_some_and(|version| versions.have(&version))
        });
        server && version
    }
}

/// A range of versions: `<0.5`, `>=1.2, <2`, `0.4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(Vec<(Comparison, Version)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Same,
    AtLeast,
    More,
}

/// A text that is no range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of versions")]
pub struct NoVersions(String);

impl Versions {
    fn have(&self, version: &Version) -> bool {
        self.0.iter().all(|(comparison, bound)| {
            // 0.4.7 is one of 0.4, and neither before nor behind it.
            let order = if version.is_one_of(bound) { Ordering::Equal } else { version.order(bound) };
            match comparison {
                Comparison::Less => order.is_lt(),
                Comparison::AtMost => order.is_le(),
                Comparison::Same => order.is_eq(),
                Comparison::AtLeast => order.is_ge(),
                Comparison::More => order.is_gt(),
            }
        })
    }
}

impl FromStr for Versions {
    type Err = NoVersions;

    fn from_str(text: &str) -> Result<Self, NoVersions> {
        const SIGNS: [(&str, Comparison); 6] = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::More),
            ("=", Comparison::Same),
            ("", Comparison::Same),
        ];
        let bound = |text: &str| {
            let text = text.trim();
            let (rest, comparison) =
                SIGNS.iter().find_map(|(sign, comparison)| Some((text.strip_prefix(sign)?, *comparison)))?;
            let rest = rest.trim();
            let plain = !rest.ends_with('.') && rest.chars().all(|c| c.is_ascii_digit() || c == '.');
            Some((comparison, Version::parse(rest).filter(|_| plain)?))
        };
        let bounds: Option<Vec<_>> = text.split(',').map(bound).collect();
        bounds.map(Self).ok_or_else(|| NoVersions(text.to_owned()))
    }
}

/// The numbers of a version. What follows them (`rc1`, `.dev0`, `+cpu`) does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version(Vec<u64>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        // Nothing is behind the last dot of `4.0.dev1`.
        let numbers = text[..end].trim_end_matches('.').split('.');
        let numbers: Option<Vec<u64>> = numbers.map(|number| number.parse().ok()).collect();
        Some(Self(numbers?))
    }

    /// The number in place `at`; what is not written is 0.
    fn number(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Whether it is `whole` or begins with it.
    fn is_one_of(&self, whole: &Self) -> bool {
        (0..whole.0.len()).all(|at| self.number(at) == whole.number(at))
    }

    fn order(&self, other: &Self) -> Ordering {
        let places = 0..self.0.len().max(other.0.len());
        places
            .map(|at| self.number(at).cmp(&other.number(at)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(range: &str, version: &str) -> bool {
        let when = When { servers: vec![Server::Ogx], versions: Some(range.parse().unwrap()) };
        let stack =
            Capabilities { server: Server::Ogx, version: Some(version.into()), ..Capabilities::default() };
        when.holds(&stack)
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(holds("<0.5", "0.4.7") && !holds("<0.5", "0.5.0") && !holds("<0.5", "0.10"));
        assert!(holds("0.4", "0.4.7") && holds("= 0.4", "0.4") && !holds("0.4", "0.40.1"));
        assert!(holds("0.4.0", "0.4") && !holds("0.4.0", "0.4.7") && !holds("<0.4", "0.4.7"));
        assert!(holds(">=1.2, <2", "1.10.3") && !holds(">=1.2, <2", "2.0") && !holds(">=1.2", "1.1.9"));
        assert!(holds("<=0.4", "0.4.7") && !holds(">0.4", "0.4.7") && holds(">0.4", "0.5"));
        assert!(holds("0.7", "0.7rc1") && holds("0.7", "0.7.0.dev3+cpu") && holds("1", "v1.0"));
        assert!(!holds("<9", "unknown"), "a version that cannot be read is in no range");
    }

    #[test]
    fn only_ranges_are_ranges() {
        for text in ["", "new", "<", "~1.2", "1.2rc1", ">=1,", "1..2"] {
            assert!(text.parse::<Versions>().is_err(), "{text}");
        }
    }
}
