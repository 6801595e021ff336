# The one entry for everything; `.ci/run` calls these. `just --list` shows them.

# What the README names: passes the tests.
test:
    cargo test --locked

# Format, lints, licences.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    cargo deny --locked check --hide-inclusion-graph licenses bans sources

# Security advisories; needs the advisory database's host.
advisories:
    cargo deny --locked check advisories

# Ratios to floors and peers, in one run each.
bench:
    cargo bench --locked --bench runner
    cargo bench --locked --bench gateway

# CPU a request beside mitmdump (PyPI) and aimock (npm).
bench-peers:
    benches/peers/run

# The slow, real ones: the openai client from PyPI against the embedded stack and the gateway.
test-python:
    tests/python/run

# The gateway as a proxy, with httpx, requests, Node, curl and botocore.
test-mitm:
    tests/mitm/run

# A real Llama Stack and a real OGX from PyPI; builds llama.cpp's server the first time.
test-stacks:
    tests/stacks/run

# What ships in the binary for pytest and jest, with the real ones from PyPI and npm.
test-external:
    tests/external/run

# Real containers with podman, and what a killed run leaves to the next.
test-containers:
    tests/containers/run

# docs/compatibility.md anew.
compatibility:
    tests/stacks/run --write

# Plain pytest beside our adapter.
bench-external:
    benches/external/run

# Start the tiny provider and record every shipped suite from it, twice; the second time must change no byte.
record:
    tools/tiny-provider/serve -- cargo run --release --locked -- record --stack-config=starter

# Each fuzz target for a minute, from seeds.
fuzz SECONDS="60":
    fuzz/run {{SECONDS}}
