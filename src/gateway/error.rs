//! What can go wrong at the gateway, apart from a miss.

use super::{LARGEST_ANSWER, Unreached};
use crate::model::CaseId;
use crate::recording::{Finding, FormatError, Owner};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// What can go wrong at the gateway, apart from a miss, which is the failure of a case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Recordings that cannot be used; all of those that the run needs.
    #[error("{}", each(.0))]
    Recordings(Vec<Error>),
    /// A recording that cannot be used.
    #[error("{}:{error}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and where.
        error: FormatError,
    },
    /// A file or folder that cannot be read.
    #[error("cannot read the recording {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Recordings cannot be written.
    #[error(
        "cannot write recordings to {}: {source}; make the folder writable, or replay instead of recording",
        path.display()
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A set that would hold secrets. It is not written; the old one stays.
    #[error(
        "{} is not written, since it would hold what looks like a secret: {}; {}",
        path.as_ref().map_or_else(|| "a recording".into(), |path| path.display().to_string()),
        listed(findings),
        advice(findings)
    )]
    Secrets {
        /// The file; `None` if its name holds one.
        path: Option<PathBuf>,
        /// Where they are and what they are, never their value.
        findings: Vec<Finding>,
    },
    /// A part of the recordings folder is a symbolic link, which could lead anywhere.
    #[error("{} is a symbolic link; recordings must be plain files below their folder", .0.display())]
    Symlink(PathBuf),
    /// A provider's name or URL makes no sense.
    #[error("provider `{name}`: {problem}")]
    Provider {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// The client for providers cannot be made.
    #[error("cannot set up the connection to providers: {0}")]
    Client(String),
    /// The listener has no address.
    #[error("the gateway's listener has no address: {0}")]
    Listener(io::Error),
    /// A call that came in record mode when its case was over or unknown: nobody waits for it.
    #[error("a call of `{case}` ({call}) came when the case was not running; it is not recorded")]
    Late {
        /// The case it names.
        case: CaseId,
        /// Provider, method and path.
        call: String,
    },
    /// A call in record mode that belongs to nobody for sure.
    #[error(
        "{call} names no case while several run; it is recorded as a call outside cases: record one case at a time \
         (-j 1), or have the stack forward the `baggage` header"
    )]
    Unattributed {
        /// Provider, method and path.
        call: String,
    },
    /// A call that came when its case was over, and that no recording answers.
    #[error("a call of `{case}` ({call}) came when the case was over, and is not recorded: {explanation}")]
    LateMiss {
        /// The case it names.
        case: String,
        /// Provider, method and path.
        call: String,
        /// Why no recording answers, and what mends it.
        explanation: String,
    },
    /// An answer that is too large to be kept.
    #[error(
        "an answer of `{provider}` to `{owner}` has more than {} MiB and is not kept; the recordings of `{owner}` are left as they \
         were: ask for less, or run it live",
        LARGEST_ANSWER >> 20
    )]
    TooLarge {
        /// The case, or `_session`.
        owner: String,
        /// The provider.
        provider: String,
    },
    /// Calls that a provider gave no answer at all, where good answers are recorded.
    #[error(
        "{calls} of the provider calls of `{owner}` got no answer at all, and its recordings, which have good ones, are left as \
         they were: see whether the provider is up; if no answer is what should be recorded, delete the old recordings first"
    )]
    Unanswered {
        /// The case, or `_session`.
        owner: String,
        /// How many.
        calls: usize,
    },
    /// A provider that could not be reached, which is not recorded.
    #[error(
        "the provider `{}` cannot be reached at {} ({}): nothing was recorded of {}; start it, or correct its URL \
         (`--keep-failed` records that it is not there)",
        unreached.provider,
        unreached.url,
        unreached.why,
        whose(owners.iter())
    )]
    Unreached {
        /// The provider.
        unreached: Unreached,
        /// Whose recordings are left as they were.
        owners: Vec<Owner>,
    },
    /// Answers were recorded that are errors of the provider, or broke off: how many, by whose they are.
    #[error(
        "{}: {} (what a provider answers once in a while is better recorded again)",
        match .0.values().sum::<usize>() {
            1 => "1 recorded answer is an error or broken off".to_owned(),
            answers => format!("{answers} recorded answers are errors or broken off"),
        },
        whose(.0.keys())
    )]
    Doubtful(BTreeMap<Owner, usize>),
    /// The CA of the gateway as a proxy, or a certificate of it, cannot be made.
    #[error("cannot make the certificates of the gateway as a proxy: {0}")]
    Authority(String),
    /// The stack connected, or tried to, to a host that is no provider's.
    #[error(
        "the stack {} {to}{}, which is no provider of this run{}",
        if *refused { "was refused a connection to" } else { "connected to" },
        often(*times),
        if *refused { " (--egress deny)" } else { ": it is not recorded; `--egress deny` refuses it" }
    )]
    Egress {
        /// Host and port.
        to: String,
        /// Whether it was refused.
        refused: bool,
        /// How often.
        times: usize,
    },
    /// A client of the gateway as a proxy that would not have its certificate.
    #[error(
        "a connection of the stack to {host} was not taken over{}: {problem}; its client must trust the CA that SSL_CERT_FILE, REQUESTS_CA_BUNDLE or NODE_EXTRA_CA_CERTS names, and speak HTTP/1.1",
        often(*times)
    )]
    Handshake {
        /// The provider's host.
        host: String,
        /// What went wrong.
        problem: String,
        /// How often.
        times: usize,
    },
    /// A case whose provider calls did not end in time.
    #[error("`{case}` still waited for a provider when the run ended; its recordings are left as they were")]
    Unfinished {
        /// The case.
        case: String,
    },
}

impl Error {
    /// Whether it is only something to know: nothing was lost that anybody waits for.
    pub fn is_notice(&self) -> bool {
        matches!(
            self,
            Self::Late { .. }
                | Self::Unattributed { .. }
                | Self::Doubtful(_)
                | Self::Egress { .. }
                | Self::Handshake { .. }
        )
    }
}

/// Owners in a sentence; of many the first.
fn whose<'a>(owners: impl ExactSizeIterator<Item = &'a Owner>) -> String {
    const NAMED: usize = 5;
    let count = owners.len();
    let mut names: Vec<String> = owners
        .take(NAMED)
        .map(|owner| match owner {
            Owner::Session => "the calls outside cases".to_owned(),
            Owner::Case(case) => format!("`{case}`"),
        })
        .collect();
    if count > NAMED {
        names.push(format!("{} more", count - NAMED));
    }
    names.join(", ")
}

fn often(times: usize) -> String {
    if times == 1 { String::new() } else { format!(" ({times} times)") }
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ")
}

/// What helps with each kind of them.
fn advice(findings: &[Finding]) -> String {
    const NAMED: &str = "give the case, or its parameter, another name";
    const SHAPED: &str = "declare the value of what has the shape of a key (`--secret env:NAME`, or `secrets` in \
                          stack-test.yaml), or, if it is made up, list the text under `allow_secrets` there";
    const DECLARED: &str = "what is declared is spelled there in a way that no mask undoes (escaped or encoded several \
                            times): have the client or the provider not repeat it";
    let any = |is_it: fn(&Finding) -> bool| findings.iter().any(is_it);
    let all = [
        (NAMED, any(|found| found.call.is_none())),
        (SHAPED, any(|found| found.call.is_some() && found.is_shape())),
        (DECLARED, any(|found| found.call.is_some() && !found.is_shape())),
    ];
    all.into_iter().filter_map(|(advice, fits)| fits.then_some(advice)).collect::<Vec<_>>().join("; ")
}

fn each(errors: &[Error]) -> String {
    errors.iter().map(Error::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_not_to_be_declared_again() {
        let found = |name: &str, call: Option<(usize, String)>| {
            let finding =
                Finding { call, place: "there".into(), name: name.into(), wrapped: Some("escaped") };
            Error::Secrets { path: None, findings: vec![finding] }.to_string()
        };
        let call = || Some((1, "p GET /".to_owned()));
        let shaped = found("openai-key", call());
        assert!(shaped.contains("declare the value") && !shaped.contains("no mask undoes"), "{shaped}");
        let declared = found("MINE", call());
        assert!(declared.contains("no mask undoes") && !declared.contains("declare the value"), "{declared}");
        let named = found("MINE", None);
        assert!(named.contains("another name") && !named.contains("no mask undoes"), "{named}");
    }
}
