//! What the system allows the process.

/// As many open files as are ever needed: with 64 cases in flight, a stack and a gateway in this process, and a provider,
/// each case has five sockets; some systems allow 256 files unless asked for more.
#[cfg(unix)]
const OPEN_FILES: u64 = 8192;

/// Asks for more open files, up to what the system lets us have. Where it does not, cases that find none say so.
#[cfg(unix)]
pub(in crate::app) fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    if current.is_some_and(|current| current < wanted) {
        let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// Nothing is limited here.
#[cfg(not(unix))]
pub(in crate::app) fn raise() {}
