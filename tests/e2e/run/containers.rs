//! Containers, by a command that is called docker and runs the embedded stack in their place: what it is told, what is made
//! of it when it goes wrong, and that nothing is left. `tests/containers/run` does it with real ones.

use super::stacks::CHAT;
use crate::support::{Ended, Gate, Project, Running, Server, free_port, listens, wait_until};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

const HEALTH: &str = "cases: [{ name: one, steps: [{ get: /v1/health, expect: { status: 200 } }] }]\n";

/// What the script needs. A real docker or podman is not to be found.
const TOOLS: [&str; 11] =
    ["sh", "dirname", "basename", "mkdir", "cat", "tr", "touch", "ls", "rm", "setsid", "sleep"];

/// A project with commands of ours alone on PATH.
pub(crate) struct Docker {
    pub(crate) project: Project,
    path: String,
}

impl Docker {
    pub(crate) fn new(suite: &str) -> Self {
        let project = Project::with(suite);
        let docker = Self { path: project.path("bin").display().to_string(), project };
        docker.command("docker");
        for tool in TOOLS {
            let found = which::which(tool).unwrap_or_else(|error| panic!("{tool}: {error}"));
            std::os::unix::fs::symlink(found, docker.project.path(&format!("bin/{tool}"))).unwrap();
        }
        docker
    }

    /// Puts the command on PATH, by another name.
    fn command(&self, name: &str) {
        let script = include_str!("docker.sh").replace("@BINARY@", env!("CARGO_BIN_EXE_stack-test"));
        let path = format!("bin/{name}");
        self.project.file(&path, script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.project.path(&path), executable).unwrap();
    }

    pub(crate) fn start<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Running {
        self.project.start_with(args, &[("PATH", self.path.as_str()), ("SOME_API_KEY", "made-up-key-0001")])
    }

    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ended {
        self.start(args).end()
    }

    /// What the command was told since it was last asked, a line each.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.project.read("calls");
        std::fs::remove_file(self.project.path("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    /// Those of one subcommand.
    #[track_caller]
    fn called(&self, subcommand: &str) -> String {
        let calls = self.calls();
        let found = calls.iter().find(|call| call.split(' ').nth(1) == Some(subcommand));
        found.unwrap_or_else(|| panic!("no `{subcommand}` in {calls:#?}")).clone()
    }

    pub(crate) fn containers(&self) -> Vec<String> {
        self.project.files("containers")
    }

    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(self.containers(), Vec::<String>::new());
        let noted: Vec<String> =
            self.project.files("target").into_iter().filter(|file| file.contains("started-")).collect();
        assert_eq!(noted, Vec::<String>::new());
    }
}

#[test]
fn a_container_is_told_all_it_needs_and_no_secret_by_arguments() {
    let docker = Docker::new(CHAT);
    let provider = Server::provider("hello");
    let (port, url) = (free_port(), format!("OLLAMA_URL={}/v1", provider.url()));
    let config = format!("docker:starter:{port}");
    let args = ["a", "--stack-config", &config, "--env", &url, "--env", "SOME_API_KEY=made-up-key-0001"];
    let ended = docker.run(["record"].into_iter().chain(args));
    ended.expect(
        0,
        &[
            "1 recorded",
            "container of llamastack/distribution-starter (docker)",
            "docker pulls it",
            "one case at a time",
        ],
    );
    docker.assert_nothing_left();
    let calls = docker.calls();
    let run = calls.iter().find(|call| call.starts_with("docker run ")).unwrap();
    for words in [
        "--name stack-test-",
        "--label stack-test.run=",
        "--pull never",
        "--network host",
        "--env LLAMA_STACK_PORT",
        "--env OGX_PORT",
        "--env OLLAMA_URL",
        "--env SOME_API_KEY",
        &format!("llamastack/distribution-starter --port {port}"),
    ] {
        assert!(run.contains(words), "`{words}` is not in {run}");
    }
    assert!(!run.contains("made-up") && !run.contains("http://"), "{run}");
    let env = docker.project.read("env");
    assert!(
        env.contains(&format!("OGX_PORT={port}\n")) && env.contains("OLLAMA_URL=http://127.0.0.1:"),
        "{env}"
    );
    assert!(env.contains("LLAMA_STACK_TEST_INFERENCE_MODE=live\n"), "{env}");
    assert!(!env.contains(&provider.url()), "{env}");
    drop(provider);
    docker.run(["run"].into_iter().chain(args)).expect(0, &["1 replayed"]).expect_not("pulls");
    let logs = docker.project.files("target");
    let log = docker.project.read(logs.iter().rev().find(|file| file.ends_with("server.log")).unwrap());
    assert!(log.contains("embedded stack") && !log.contains("made-up-key"), "{log}");
    assert!(!listens(port));
}

#[test]
fn a_project_says_what_an_image_is() {
    let docker = Docker::new(HEALTH);
    let project = &docker.project;
    let settings = |text: &str| {
        project.file("stack-test.yaml", format!("containers: {text}\n"));
    };
    let config = format!("docker:mine:{}", free_port());
    let args = ["run", "a", "--stack-config", &config];
    docker
        .run(args)
        .expect(4, &["--stack-config:1:8", "there is no image `mine`", "a slash, a dot or a tag"]);
    settings("{ images: { mine: { image: 'example.com/mine:1', args: [serve, '{{ port }}'] } } }");
    docker.run(args).expect(3, &["example.com/mine:1"]);
    assert!(docker.called("run").contains(" example.com/mine:1 serve "));
    settings(
        "{ images: { mine: { image: 'example.com/mine:1', providers: { ollama: MY_LLM }, health: /nothing } } }",
    );
    docker
        .run(args.into_iter().chain(["--ready-timeout", "5s"]))
        .expect(3, &["it is not healthy (/nothing answers 404)"])
        .expect_not("is led to the gateway");
    let run = docker.called("run");
    assert!(run.contains("--env MY_LLM") && !run.contains("{{"), "{run}");
    settings(
        "{ command: docker --tls, run_args: [--memory, 1g], images: { mine: { containerfile: c/Containerfile } } }",
    );
    project.file("c/Containerfile", "FROM scratch\n").file("c/data", "1");
    docker
        .run(args)
        .expect(3, &["nothing that runs containers answers: `docker --tls`: unknown flag: --tls"]);
    settings("{ run_args: [--memory, 1g], images: { mine: { containerfile: c/Containerfile } } }");
    docker.calls();
    docker.run(args).expect(
        0,
        &[
            "no provider of `mine` is led",
            "Containerfile` is built",
            "container of localhost/stack-test/mine:",
        ],
    );
    let calls = docker.calls();
    let build =
        calls.iter().find(|call| call.starts_with("docker build --tag localhost/stack-test/mine:")).unwrap();
    assert!(
        build.ends_with(&format!("--file {0}/Containerfile {0}", project.path("c").display())),
        "{build}"
    );
    assert!(calls.iter().any(|call| call.contains("--memory 1g localhost/stack-test/mine:")), "{calls:#?}");
    docker.run(args).expect(0, &[]).expect_not("is built");
    project.file("c/data", "2");
    docker.run(args).expect(0, &["is built"]);
    docker.assert_nothing_left();
}

#[test]
fn settings_of_containers_that_are_wrong_are_told_with_their_place() {
    let docker = Docker::new(HEALTH);
    docker.project.file(
        "stack-test.yaml",
        "containers:\n  comand: podman\n  network: bride\n  command: []\n  images: { mine: { image: a, containerfile: b }, other: { image: a/b, args: ['{{ prot }}', '{port}'], \
         providers: { olama: X } } }\n",
    );
    docker.run(["run", "a", "--stack-config", "docker:starter"]).expect(
        4,
        &[
            "stack-test.yaml:2:3",
            "did you mean `command`?",
            "there is no network `bride`",
            "stack-test.yaml:3:12",
            "a command is wanted here",
            "either an `image` or a `containerfile`",
            "there is no `prot` to fill in",
            "there is `{{ port }}`",
            "write `{{ port }}`, with two braces",
            "did you mean `ollama`?",
        ],
    );
}

#[test]
fn what_keeps_a_container_from_running_is_said_with_what_to_do() {
    let docker = Docker::new(HEALTH);
    let project = &docker.project;
    let port = free_port();
    let config = format!("docker:example.com/it:{port}");
    let args = ["run", "a", "--stack-config", &config];
    let goes_wrong = |file: &str, words: &[&str]| {
        project.file(file, "");
        docker.run(args).expect(3, words);
        std::fs::remove_file(project.path(file)).unwrap();
        docker.assert_nothing_left();
    };
    goes_wrong("down", &["`docker`: Cannot connect to the Docker daemon", "containers: { command: podman }"]);
    goes_wrong(
        "offline",
        &["`docker pull` failed (exit status 1)", "no such image: example.com/it", "docker login"],
    );
    goes_wrong(
        "refused",
        &["ended before its server was ready: exit status 125", "no space left", "`docker run` itself"],
    );
    goes_wrong(
        "dead",
        &["ended before its server was ready: exit status 3", "the model is gone", "server.log"],
    );
    project.file("stack-test.yaml", "containers: { images: { mine: { containerfile: c/File } } }\n");
    let own = format!("docker:mine:{port}");
    let own = ["run", "a", "--stack-config", &own];
    docker.run(own).expect(3, &["the image `mine` cannot be built", "c/File"]);
    project.file("c/File", "FORM x\n").file("wrong", "");
    docker
        .run(own)
        .expect(3, &["`docker build` failed (exit status 2)", "unknown instruction: FORM", "image.log"]);
    let _other = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let fast = ["--ready-timeout", "500ms"];
    docker.run(args.into_iter().chain(fast)).expect(3, &[&format!("port {port} is taken by")]);
    let server = Server::stack(|_, reply| reply.json(200, "{}"));
    let config = format!("docker:starter:{}", server.url().rsplit(':').next().unwrap());
    docker.run(["run", "a", "--stack-config", &config]).expect(3, &["a container has a port of its own"]);
}

#[test]
fn podman_stands_in_for_a_docker_that_does_not_answer() {
    let docker = Docker::new(HEALTH);
    let config = format!("docker:starter:{}", free_port());
    let args = ["run", "a", "--stack-config", &config];
    docker.command("podman");
    docker.project.file("bin/docker", "#!/bin/sh\necho the daemon sleeps >&2; exit 1\n");
    docker.run(["doctor"]).expect(0, &["docker, which runs no containers: the daemon sleeps"]);
    docker.run(args).expect(0, &["(podman)", "container of docker.io/llamastack/distribution-starter"]);
    assert!(
        docker
            .calls()
            .iter()
            .any(|call| call.starts_with("podman rm --force --volumes --time 0 stack-test-"))
    );
    docker
        .project
        .run_with(args, &[("PATH", "/nowhere")])
        .expect(4, &["no docker or podman on PATH", "docker:starter"]);
    let env = [("PATH", docker.path.as_str()), ("STACK_TEST_CONTAINER_COMMAND", "nerdctl --n x")];
    docker.project.run_with(args, &env).expect(4, &["no `nerdctl --n x` on PATH"]);
}

#[test]
fn with_a_network_of_its_own_it_has_a_way_to_the_gateway_that_nobody_else_has() {
    let docker = Docker::new(HEALTH);
    docker.project.file("stack-test.yaml", "containers: { network: bridge }\n");
    let config = format!("docker:starter:{}", free_port());
    docker
        .run(["run", "a", "--stack-config", &config, "--env", "OLLAMA_URL=http://127.0.0.1:1/v1"])
        .expect(0, &[]);
    let run = docker.called("run");
    assert!(
        run.contains("--publish 127.0.0.1:") && run.contains("--add-host host.docker.internal:host-gateway"),
        "{run}"
    );
    let env = docker.project.read("env");
    let value = |name: &str| env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    assert_eq!(value("STACK_TEST_SERVE_ON"), "0.0.0.0");
    let token = value("OLLAMA_URL").split("/~").nth(1).unwrap().split('/').next().unwrap();
    assert_eq!(token.len(), 32);
    assert!(value("HTTPS_PROXY").contains(&format!("stack-test:{token}@host.docker.internal:")), "{env}");
    assert!(value("NO_PROXY").ends_with(",host.docker.internal"), "{env}");
    assert!(value("SSL_CERT_FILE").starts_with("/stack-test-files/ca-bundle-"), "{env}");
    assert!(!run.contains(token), "{run}");
}

#[test]
fn asked_to_end_once_or_twice_it_leaves_no_container() {
    for times in [1, 2] {
        let docker = Docker::new(CHAT);
        let gate = Arc::new(Gate::default());
        let provider = Server::stuck_provider(&gate);
        let (port, url) = (free_port(), format!("OLLAMA_URL={}/v1", provider.url()));
        let config = format!("docker:starter:{port}");
        let run = docker.start(["record", "a", "--stack-config", &config, "--env", &url]);
        gate.arrived(1);
        assert_eq!(docker.containers().len(), 1);
        for _ in 0..times {
            run.signal(Signal::INT);
        }
        let ended = run.end();
        gate.open();
        ended.expect(2, &["INTERRUPTED"]);
        docker.assert_nothing_left();
        assert!(!listens(port));
    }
}

#[test]
fn a_container_that_ends_or_loses_its_client_is_noticed() {
    for client_only in [false, true] {
        let docker = Docker::new(CHAT);
        let gate = Arc::new(Gate::default());
        let provider = Server::stuck_provider(&gate);
        let url = format!("OLLAMA_URL={}/v1", provider.url());
        let config = format!("docker:starter:{}", free_port());
        let run = docker.start(["record", "a", "--stack-config", &config, "--env", &url]);
        gate.arrived(1);
        let server: u32 = docker.project.read(&docker.containers()[0]).trim().parse().unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{server}/stat")).unwrap();
        let client: u32 = stat.rsplit(") ").next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        crate::support::signal_to(if client_only { client } else { server }, Signal::KILL);
        let ended = run.end();
        ended.expect(3, &["the stack died during the run"]);
        if client_only {
            ended.expect(3, &["the container itself was still running"]);
        }
        docker.assert_nothing_left();
        gate.open();
    }
}

#[test]
fn a_killed_run_leaves_a_container_that_the_next_one_removes_and_no_other() {
    let docker = Docker::new(CHAT);
    let gate = Arc::new(Gate::default());
    let provider = Server::stuck_provider(&gate);
    let (port, url) = (free_port(), format!("OLLAMA_URL={}/v1", provider.url()));
    let config = format!("docker:starter:{port}");
    let args = ["a", "--stack-config", &config, "--env", &url];
    let mut run = docker.start(["record"].into_iter().chain(args));
    gate.arrived(1);
    run.signal(Signal::KILL);
    run.wait();
    gate.open();
    let left = docker.containers();
    assert_eq!(left.len(), 1);
    assert!(listens(port));
    // One of the same label by another name, and one of the same name by another label, are not what was written down.
    let name = left[0].rsplit('/').next().unwrap();
    docker
        .project
        .file("containers/other", "0")
        .file("labels/other", docker.project.read(&format!("labels/{name}")));
    drop(provider);
    let provider = Server::provider("hello");
    let url = format!("OLLAMA_URL={}/v1", provider.url());
    let args = ["a", "--stack-config", &config, "--env", &url];
    docker.run(["record"].into_iter().chain(args)).expect(
        0,
        &[&format!("a run that was killed left its container `{name}`: it was removed"), "1 recorded"],
    );
    assert_eq!(docker.containers(), ["containers/other"]);
    docker.run(["run"].into_iter().chain(args)).expect(0, &["1 replayed"]).expect_not("was killed");
    assert!(wait_until(|| !listens(port)));
}
