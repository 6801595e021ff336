//! How alike two texts are, cheaply: by the words they have in common, wherever these stand.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 256 * 1024;

/// The words of a text, to be compared with those of many others.
pub(super) struct Words {
    slots: HashMap<u64, usize, BuildHasherDefault<Digested>>,
    counts: Vec<u32>,
    total: usize,
    /// What is left of `counts` during a comparison; kept to spare the allocation.
    left: Vec<u32>,
}

impl Words {
    pub(super) fn of(text: &[u8]) -> Self {
        let (mut slots, mut counts, mut total) = (HashMap::default(), Vec::new(), 0);
        words(text, |word| {
            let slot = *slots.entry(word).or_insert_with(|| {
                counts.push(0);
                counts.len() - 1
            });
            counts[slot] += 1;
            total += 1;
        });
        Self { slots, left: Vec::with_capacity(counts.len()), counts, total }
    }

    /// From 0, no word in common, to 1, the same words equally often.
    pub(super) fn likeness(&mut self, other: &[u8]) -> f64 {
        let Self { slots, counts, total, left } = self;
        left.clone_from(counts);
        let (mut common, mut all) = (0_usize, *total);
        words(other, |word| {
            all += 1;
            if let Some(left) = slots.get(&word).map(|slot| &mut left[*slot])
                && *left > 0
            {
                *left -= 1;
                common += 1;
            }
        });
        #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand words at most")]
        let ratio = (2 * common) as f64 / all.max(1) as f64;
        if all == 0 { 1.0 } else { ratio }
    }
}

/// Each run of letters and digits, and each character that is not ASCII, as a number.
fn words(text: &[u8], mut found: impl FnMut(u64)) {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const STEP: u64 = 0x0000_0100_0000_01b3;
    let mut word = START;
    for byte in &text[..text.len().min(LOOKED_AT)] {
        let in_word = byte.is_ascii_alphanumeric() || (0x80..0xc0).contains(byte);
        if !in_word && word != START {
            found(word);
            word = START;
        }
        if in_word || *byte >= 0xc0 {
            word = (word ^ u64::from(*byte)).wrapping_mul(STEP);
        }
    }
    if word != START {
        found(word);
    }
}

/// Takes a number that is a digest already.
#[derive(Default)]
struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_alike_whatever_is_between_them() {
        let mut words = Words::of(b"{\"a\": \"to be or not to be\"}");
        assert!((words.likeness(b"{\"a\":\"to be, or not: to be\"}") - 1.0).abs() < 1e-9);
        let near = words.likeness(b"{\"a\": \"to be or not to see\"}");
        let far = words.likeness(b"{\"a\": \"something else\"}");
        assert!(near > 0.8 && far < near && far > 0.0, "{near} {far}");
        assert!(words.likeness("中文".as_bytes()) < 1e-9);
        assert!(Words::of("中文字".as_bytes()).likeness("中文".as_bytes()) > 0.7);
    }
}
