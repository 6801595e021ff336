//! One of several machines that share the cases of a run.

use std::fmt;
use std::str::FromStr;

/// A part of the cases: every `count`th, from the `number`th on. The parts are of one size, but for one case, and have nothing
/// in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    number: usize,
    /// How many there are; at least `number`.
    count: usize,
}

/// A word that is no shard.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no shard; write `1/3` for the first of three")]
pub struct UnknownShard(pub String);

impl Shard {
    /// Whether the case at that place of the selection, from 0, is in it.
    pub fn has(self, place: usize) -> bool {
        place % self.count == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = UnknownShard;

    fn from_str(text: &str) -> Result<Self, UnknownShard> {
        let numbers = text.split_once('/').and_then(|(number, count)| {
            let digits =
                |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
            Some(Self { number: digits(number)?, count: digits(count)? })
        });
        let right = numbers.filter(|shard| (1..=shard.count).contains(&shard.number));
        right.ok_or_else(|| UnknownShard(text.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_together_are_all_and_have_nothing_in_common() {
        let shards = ["1/3", "2/3", "3/3"].map(|text| text.parse::<Shard>().unwrap());
        for place in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.has(place)).count(), 1, "{place}");
        }
        assert_eq!(shards[1].to_string(), "2/3");
        for text in ["", "1", "0/3", "4/3", "1/0", "+1/3", "1/3/3", "a/b", "1/99999999999999999999999"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
