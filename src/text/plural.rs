//! One case, two cases.

/// `1 case`, `2 cases`; for nouns that take an `s`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_one_is_singular() {
        let words = [0, 1, 2].map(|count| super::plural(count, "case"));
        assert_eq!(words, ["0 cases", "1 case", "2 cases"]);
    }
}
