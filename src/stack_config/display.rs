//! Printing a stack config so that parsing gives the same again.

use super::{Config, Image, Pair, Provider, StackConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// What is printed as `%xx` in the value of an option: everything that the language itself uses, so that a value can
/// never end its pair, its option or its config.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b'~');

impl fmt::Display for StackConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { config, port } => write!(f, "server:{config}{}", Port(*port)),
            Self::Docker { image, port } => write!(f, "docker:{image}{}", Port(*port)),
            Self::Url(url) => f.write_str(url),
            Self::Private(config) => write!(f, "{config}"),
        }
    }
}

struct Port(Option<u16>);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distro(text) | Self::Path(text) => f.write_str(text),
            Self::DistroFile { distro, file } => write!(f, "{distro}::{file}"),
            Self::Pairs(pairs) => {
                for (index, pair) in pairs.iter().enumerate() {
                    write!(f, "{}{pair}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.api, self.provider)?;
        for (index, (key, value)) in self.options.iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            write!(f, "{separator}{key}={}", utf8_percent_encode(value, VALUE))?;
        }
        Ok(())
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "{}::{}", kind.name(), self.id),
            None => f.write_str(&self.id),
        }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distro(name) | Self::Named(name) => f.write_str(name),
        }
    }
}
