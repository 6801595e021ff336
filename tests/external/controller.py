"""stack-test's end of the conversation with an external test tool, for the tests of the plugins, and a server whose
visitors leave their `baggage`. Standard library only."""

import http.server
import json
import os
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON_FOLDER = os.path.join(ROOT, "src", "external", "python")
NODE_FOLDER = os.path.join(ROOT, "src", "external", "node")
PATIENCE = 60  # seconds until a silent tool counts as hung


class Stack:
    """A server that notes (path, baggage) of each request; `/redirect?to=URL` sends on."""

    def __init__(self):
        calls = self.calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("content-length") or 0)
                self.rfile.read(length)
                path, _, target = self.path.partition("?to=")
                calls.append((path, self.headers.get("baggage")))
                body = b"{}"
                self.send_response(307 if target else 200)
                if target:
                    self.send_header("location", target)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Tool:
    """A tool started for one phase, and what it said; that it leaves its test and comes back goes to `notes`."""

    def __init__(self, command, cwd, phase, stack_url="http://127.0.0.1:1", options=None, env=None, own_group=False):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        full = dict(os.environ, STACK_TEST_CONTROL=f"127.0.0.1:{listener.getsockname()[1]}",
                    STACK_TEST_CONTROL_TOKEN="a made-up token", STACK_TEST_PHASE=phase, STACK_TEST_STACK_URL=stack_url,
                    STACK_TEST_OPTIONS=json.dumps(options or {}), **(env or {}))
        if own_group:
            full["STACK_TEST_OWN_GROUP"] = "1"
        self.process = subprocess.Popen(command, cwd=cwd, env=full, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=own_group)
        self.notes = []
        self._output = []
        self._pump = threading.Thread(target=lambda: self._output.extend(self.process.stdout), daemon=True)
        self._pump.start()
        self._watch = threading.Timer(PATIENCE, self.process.kill)
        self._watch.daemon = True
        self._watch.start()
        # A tool that ends before it connects must not leave us waiting.
        threading.Thread(target=lambda: (self.process.wait(), listener.close()), daemon=True).start()
        try:
            self.socket = listener.accept()[0]
        except OSError:
            raise AssertionError(f"the tool did not connect:\n{self.output()}") from None
        self._lines = self.socket.makefile("r", encoding="utf-8")
        self.hello = self.hear()

    def hear(self):
        """The next message; None at the end."""
        try:
            line = self._lines.readline()
        except ConnectionError:
            return None
        return json.loads(line) if line.endswith("\n") else None

    def say(self, **message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def output(self):
        self.process.wait(PATIENCE)
        self._pump.join(PATIENCE)
        return "".join(self._output)

    def ended(self):
        """The exit code."""
        return self.process.wait(PATIENCE)

    def group_lives(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def close(self):
        self._watch.cancel()
        self._lines.close()
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self._pump.join()
        self.process.stdout.close()


def collected(tool):
    """Tests by id, errors, exit code: all of the tool's `collected` messages in one."""
    tests, errors = {}, []
    while (message := tool.hear()) is not None:
        assert message["type"] == "collected", message
        tests.update((test["id"], test) for test in message["tests"])
        errors += message["errors"]
    return tests, errors, tool.ended()


def staying(tool, **begin):
    """Tests by id, once the tool has said that it stays, and is told to begin; None in their place if it does not stay."""
    message = tool.hear()
    if not message.get("stays"):
        return None
    tool.say(type="begin", **begin)
    return {test["id"]: test for test in message["tests"]}


def run(tool, ids):
    """Results by id, everything else that was said, exit code. Each test's baggage is `stack-test.case=<id>`."""
    results, rest, ids = {}, [], list(ids)
    while (message := tool.hear()) is not None:
        kind = message["type"]
        if kind == "next":
            tool.say(type="run", id=ids.pop(0)) if ids else tool.say(type="end")
        elif kind == "file":
            tool.say(type="select", ids=[name for name in message["tests"] if name in ids])
        elif kind == "started":
            rest.append(message)
            tool.say(type="go", baggage=f"stack-test.case={short(message['id'])}")
        elif kind in ("outside", "inside"):
            tool.notes.append((kind, None))
            tool.say(type="go")
        elif kind == "finished":
            assert message["id"] not in results, message
            results[message["id"]] = message
        else:
            rest.append(message)
    return results, rest, tool.ended()


def wait_until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def short(name):
    """What the tests below call a test: the end of its id, spelled so that a header can hold it."""
    return name.rsplit("::", 1)[-1].replace(" ", "_")
