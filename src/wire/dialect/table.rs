//! The dialects there are.

use super::Dialect;

/// Every dialect; the first is what a provider of unknown kind is taken for.
pub const DIALECTS: &[&Dialect] = &[
    &super::openai::DIALECT,
    &super::ollama::DIALECT,
    &super::vllm::DIALECT,
    &super::llama_cpp::DIALECT,
    &super::anthropic::DIALECT,
    &super::gemini::DIALECT,
    &super::bedrock::DIALECT,
];

/// The dialect of that name.
pub fn by_name(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name).copied()
}

/// The dialect that the name of a provider suggests: the one it starts with (`vllm-embedding` speaks `vllm`), else the
/// first of the table.
pub fn for_provider(provider: &str) -> &'static Dialect {
    let folded = provider.to_ascii_lowercase().replace('_', "-");
    DIALECTS.iter().find(|dialect| folded.starts_with(dialect.name)).copied().unwrap_or(DIALECTS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_to_their_dialect() {
        for dialect in DIALECTS {
            assert_eq!(by_name(dialect.name).map(|found| found.name), Some(dialect.name));
            assert_eq!(for_provider(dialect.name).name, dialect.name);
            assert!(dialect.example.contains("=http"), "{}", dialect.name);
            let lower = |header: &&str| **header == header.to_ascii_lowercase();
            assert!(dialect.secret_headers.iter().all(lower));
        }
        assert_eq!(for_provider("llama_cpp_server").name, "llama-cpp");
        assert_eq!(for_provider("unheard-of").name, "openai");
    }
}
