//! The names that Llama Stack and OGX have for distributions and APIs. They are tables so that a wrong spelling can name
//! the right one; a new name is one line.

/// A distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distro {
    /// Its name.
    pub name: &'static str,
    /// Whether the embedded stack can play it. `ci-tests` is `starter` with a few more providers than the embedded stack
    /// has, of which the shipped suites use none.
    pub embedded: bool,
}

/// The distributions, by name.
pub const DISTROS: &[Distro] = &[
    Distro { name: "ci-tests", embedded: true },
    Distro { name: "dell", embedded: false },
    Distro { name: "meta-reference-gpu", embedded: false },
    Distro { name: "nvidia", embedded: false },
    Distro { name: "oci", embedded: false },
    Distro { name: "open-benchmark", embedded: false },
    Distro { name: "postgres-demo", embedded: false },
    Distro { name: "starter", embedded: true },
    Distro { name: "starter-gpu", embedded: false },
    Distro { name: "watsonx", embedded: false },
];

/// The APIs that have providers, by name.
pub const APIS: &[&str] = &[
    "agents",
    "batches",
    "datasetio",
    "eval",
    "file_processors",
    "files",
    "inference",
    "post_training",
    "responses",
    "safety",
    "scoring",
    "telemetry",
    "tool_runtime",
    "vector_io",
];

/// The names of all distributions, for a message.
pub(super) fn distro_names() -> String {
    DISTROS.iter().map(|distro| distro.name).collect::<Vec<_>>().join(", ")
}

impl Distro {
    /// The distribution of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        DISTROS.iter().find(|distro| distro.name == name)
    }
}
