//! The arguments of `run`.

use super::client::LABEL;
use super::network::CONTAINER_HOST;
use super::{Client, ContainerSpec, Network};
use crate::stack::command_stack::filled;
use std::collections::BTreeMap;
use std::path::Path;

/// Where files of this machine are in the container.
const FILES: &str = "/stack-test-files";

/// Variables that the client would heed itself. Their values are written out, and are no secrets.
const HEEDED: [&str; 3] = ["PATH", "HOME", "TMPDIR"];
const HEEDED_BEGINNINGS: [&str; 2] = ["XDG_", "LD_"];

/// The arguments that run `image` as `name` on `port`. Values of `env` are not among them: they are for the environment of
/// the client, as anybody on this machine can read arguments.
pub(super) fn run(
    (client, spec): (&Client, &ContainerSpec),
    (name, image, port): (&str, &str, u16),
    env: &[(String, String)],
) -> Vec<String> {
    let mut words = vec!["run".to_owned(), "--name".to_owned(), name.to_owned()];
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    add("--label", format!("{LABEL}={}", spec.run_id));
    add("--pull", "never".to_owned());
    match spec.network {
        Network::Host => add("--network", "host".to_owned()),
        Network::Bridge => {
            add("--publish", format!("127.0.0.1:{port}:{port}"));
            // Podman gives us that name by itself, and not all of its versions know the word for us.
            if !client.is_podman() {
                add("--add-host", format!("{CONTAINER_HOST}:host-gateway"));
            }
        }
    }
    for file in &spec.files {
        add("--volume", format!("{}:{}:ro", file.display(), inside(file)));
    }
    let env: BTreeMap<_, _> = env.iter().map(|(name, value)| (name, value)).collect();
    for (name, value) in env {
        add("--env", if is_heeded(name) { format!("{name}={value}") } else { name.clone() });
    }
    words.extend(spec.run_args.iter().cloned());
    words.push(image.to_owned());
    let port = port.to_string();
    words.extend(spec.args.iter().map(|word| filled(word, &[("port", &port)])));
    words
}

/// Where a file of this machine is in the container.
pub(super) fn inside(file: &Path) -> String {
    format!("{FILES}/{}", file.file_name().unwrap_or(file.as_os_str()).to_string_lossy())
}

/// Whether a variable means something to the client.
pub(super) fn is_heeded(name: &str) -> bool {
    HEEDED.contains(&name) || HEEDED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::container::ImageSource;

    fn spec(network: Network) -> ContainerSpec {
        ContainerSpec {
            clients: Vec::new(),
            run_args: vec!["--ulimit".into(), "nofile=1:1".into()],
            image: ImageSource::Named("a/b".into()),
            args: vec!["--port".into(), "{{ port }}".into()],
            health: None,
            forwards_baggage: false,
            network,
            run_id: "r1".into(),
            files: vec!["/run/ca.pem".into()],
        }
    }

    fn client(name: &str) -> Client {
        Client { program: name.into(), args: Vec::new() }
    }

    #[test]
    fn values_are_in_no_argument() {
        let env = [("KEY", "made-up-key"), ("PATH", "/x"), ("KEY", "another")];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let words = run((&client("docker"), &spec(Network::Host)), ("n", "a/b", 81), &env).join(" ");
        assert_eq!(
            words,
            "run --name n --label stack-test.run=r1 --pull never --network host \
             --volume /run/ca.pem:/stack-test-files/ca.pem:ro --env KEY --env PATH=/x --ulimit nofile=1:1 a/b --port 81"
        );
    }

    #[test]
    fn a_port_is_published_on_loopback_only() {
        let words = |name| run((&client(name), &spec(Network::Bridge)), ("n", "a/b", 81), &[]).join(" ");
        let network = "--publish 127.0.0.1:81:81 --add-host host.docker.internal:host-gateway";
        assert!(words("docker").contains(network) && !words("docker").contains("--network"));
        assert!(words("podman").contains("--publish 127.0.0.1:81:81 --volume"));
    }
}
