"""Times plain pytest and the adapter against one server that replays by itself. Started by benches/external/run."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITE = os.path.join(ROOT, "tests", "pytest-suite")
ROUNDS = int(os.environ.get("SIDE_BY_SIDE_ROUNDS", "3"))
FIXED, PER_TEST = 0.150, 0.005  # seconds that the adapter may add: once, and for each test


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextlib.contextmanager
def server(mode, folder, recordings):
    """Llama Stack with its own recorder; gives the URL and the seconds until it was healthy."""
    port, store = free_port(), os.path.join(folder, f"store-{mode}")
    env = dict(os.environ, LLAMA_STACK_TEST_INFERENCE_MODE=mode, LLAMA_STACK_TEST_STACK_CONFIG_TYPE="server",
               LLAMA_STACK_TEST_RECORDING_DIR=recordings, SQLITE_STORE_DIR=store, FILES_STORAGE_DIR=os.path.join(store, "files"),
               LLAMA_CPP_SERVER_URL=os.environ["TINY_CHAT_URL"], LLAMA_CPP_EMBEDDING_URL=os.environ["TINY_EMBED_URL"],
               # Its log draws each exception for seconds, in which it answers nobody.
               LLAMA_STACK_LOGGING="all=critical")
    os.makedirs(store)
    config = os.path.join(ROOT, "tests", "stacks", "config", "llama-stack.yaml")
    command = [os.path.join(os.environ["LLAMA_VENV"], "bin", "llama"), "stack", "run", config, "--port", str(port)]
    began = time.monotonic()
    with open(os.path.join(folder, f"server-{mode}.log"), "wb") as log:
        child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            if child.poll() is not None or time.monotonic() - began > 120:
                sys.exit(f"the server did not start; see {log.name}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/v1/health", timeout=1).close()
                break
            time.sleep(0.05)
        yield url, time.monotonic() - began
    finally:
        child.terminate()
        child.wait()


def timed(command):
    """Seconds, and the last line that counts tests."""
    path = os.path.join(os.environ["PYTEST_VENV"], "bin") + os.pathsep + os.environ["PATH"]
    began = time.monotonic()
    done = subprocess.run(command, cwd=SUITE, env=dict(os.environ, PATH=path), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.monotonic() - began
    counts = [line for line in (done.stdout + done.stderr).splitlines() if re.search(r"\d+ passed", line)]
    if not counts:
        sys.exit(f"{' '.join(command)} ran no tests:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return took, counts[-1].strip("= \n")


def main():
    folder = tempfile.mkdtemp(prefix="side-by-side-")
    recordings = os.path.join(folder, "recordings")
    plain = lambda url: ["pytest", "-q", "-p", "no:cacheprovider", f"--stack-config={url}"]
    ours = lambda url, jobs: [os.environ["STACK_TEST"], "run", "python", "--stack-config", url, "--setup", "tiny", "-j", str(jobs)]
    with server("record", folder, recordings) as (url, _):
        print(f"recorded by the server itself: {timed(plain(url))[1]}")
    with server("replay", folder, recordings) as (url, start):
        print(f"start of the server, paid once a run: {start:.2f} s")
        ways = {"plain pytest": plain(url), "adapter, -j 1": ours(url, 1), "adapter, -j 4": ours(url, 4),
                "collection alone": [*plain(url), "--collect-only"]}
        best = {}
        for round_ in range(ROUNDS):
            for name, command in ways.items():
                if "--collect-only" in command:
                    began = time.monotonic()
                    path = os.path.join(os.environ["PYTEST_VENV"], "bin", "pytest")
                    subprocess.run([path, *command[1:]], cwd=SUITE, stdout=subprocess.DEVNULL, check=True)
                    found = time.monotonic() - began, ""
                else:
                    found = timed(command)
                best[name] = min(best.get(name, found), found)
    for name, (took, counts) in best.items():
        print(f"{name:18} {took:7.2f} s  {counts}")
    (base, counts), (one, _), (four, _), (collect, _) = best.values()
    tests = sum(int(n) for n in re.findall(r"(\d+) (?:passed|failed|skipped|xfailed|xpassed|error)", counts))
    print(f"wall clock, -j 4 to plain: {four / base:.2f}")
    print(f"added at -j 1: {(one - base) * 1000:.0f} ms for {tests} tests, target {1000 * (FIXED + PER_TEST * tests):.0f} ms; "
          f"a process for the collection alone would add {collect:.2f} s")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
