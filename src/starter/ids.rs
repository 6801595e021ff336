//! Ids that nobody can guess.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// `prefix` and 32 hexadecimal digits.
///
/// The bytes come from the system's random source. Were that to fail, a counter still keeps ids apart: being guessable
/// is bearable on a loopback server, two things with one id are not.
pub(crate) fn random_id(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0u8; 16];
    if rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).is_err() {
        bytes[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    }
    bytes.iter().fold(prefix.to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::random_id;

    #[test]
    fn ids_have_their_prefix_and_differ() {
        let (one, two) = (random_id("file-"), random_id("file-"));
        assert_ne!(one, two);
        let digits = one.strip_prefix("file-").unwrap();
        assert!(digits.len() == 32 && digits.chars().all(|c| c.is_ascii_hexdigit()), "{one}");
    }
}
