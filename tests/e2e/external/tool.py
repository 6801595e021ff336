"""A runner of tests that speaks to stack-test as the pytest plugin does, on the standard library alone.

Its argument is a file with a test a line: its id (the file before `::`), what it does, and a text for that. It notes in
`log`, beside that file, what it did in which process.
"""
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(sys.argv[1]))
TESTS = {}
SHARED = []
HANGS = [""]
with open(sys.argv[1], encoding="utf-8") as lines:
    for number, line in enumerate(lines):
        test, what, text = (line.rstrip("\n").split("|") + ["", ""])[:3]
        TESTS[test] = (what, text, number + 1)

host, port = os.environ["STACK_TEST_CONTROL"].split(":")
sock = socket.create_connection((host, int(port)))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
heard = queue.SimpleQueue()
phase = os.environ["STACK_TEST_PHASE"]


def listen():
    """The end of the connection ends the process, whatever a test does."""
    for line in sock.makefile("rb"):
        answer = json.loads(line)
        if answer["type"] != "hung":
            heard.put(answer)
        elif HANGS[-1]:  # else it says nothing
            tell(type="hung", detail="  a place in " + HANGS[-1], stdout="printed so far\n")
    os._exit(70)


threading.Thread(target=listen, daemon=True).start()


def note(text):
    with open(os.path.join(HERE, "log"), "a", encoding="utf-8") as log:
        log.write(f"{os.getpid()} {text}\n")


def tell(**message):
    sock.sendall(json.dumps(message).encode() + b"\n")


def ask(**message):
    tell(**message)
    return heard.get()


def chat(text, baggage):
    body = json.dumps({"model": "ollama/fake", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"content-type": "application/json", "baggage": baggage}
    url = os.environ["STACK_TEST_STACK_URL"] + "/v1/chat/completions"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def run(test, baggage):
    what, text, line = TESTS[test]
    note(f"{test} {baggage}")
    told = {"outcome": "passed", "line": line, "file": os.path.basename(sys.argv[1])}
    if what == "fail":
        told.update(outcome="failed", message=text, detail=f"Traceback:\n  {text}", stdout="printed by it\n")
    elif what in ("skip", "xfail", "error"):
        told.update(outcome={"skip": "skipped", "xfail": "xfailed"}.get(what, what), reason=text, message=text)
    elif what == "xpass":
        told.update(outcome="xpassed", strict=text == "strict", reason="not yet")
    elif what == "chat":
        status, said = chat(text, baggage)
        if status != 200:
            told.update(outcome="failed", message=f"status {status}", detail=said)
    elif what in ("shared", "shared-named"):  # asks for what several tests share first, if it is the first of them here
        named = what == "shared-named"
        if not SHARED:
            if not named:
                assert ask(type="outside") == {"type": "go"}
            SHARED.append(chat("shared", "stack-test.session=1" if named else ""))
            if not named:
                assert ask(type="inside") == {"type": "go"}
        told["outcome"] = "passed" if [SHARED[0][0], chat(text, baggage if named else "")[0]] == [200, 200] else "failed"
    elif what == "chat-and-skip":
        status, said = chat(text, baggage)
        told.update(outcome="skipped", reason=f"status {status}")
    elif what == "chat-and-pass":
        chat(text, baggage)
    elif what == "chat-and-tear-down":  # what the tests share cannot be taken down, in the last of them
        chat(text, baggage)
        if ahead is None:
            told.update(outcome="error", message="not to be taken down")
    elif what == "die":
        print("the last thing it said", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "quit":
        os._exit(0)
    elif what == "hang":
        HANGS.append(text)
        print("in its log", flush=True)
        time.sleep(600)
    elif what == "half":
        sock.sendall(b'{"type":"finished","id":')
        os._exit(0)
    elif what == "nonsense":
        sock.sendall(b"what?\n")
        time.sleep(600)
    elif what == "wait":  # until as many processes as the text says are in a test at once
        note("waits")
        while len({entry.split()[0] for entry in open(os.path.join(HERE, "log")) if "waits" in entry}) < int(text):
            time.sleep(0.01)
    tell(type="finished", id=test, strict=told.pop("strict", False), duration=0.001, **told)
    if what == "enough":  # as `pytest -x` and `pytest.exit(returncode=0)`
        os._exit(0)


def upcoming():
    while True:
        answer = ask(type="next")
        if answer["type"] == "end":
            return None
        if answer["id"] in TESTS:
            return answer["id"]
        tell(type="unknown", id=answer["id"])


tell(type="hello", token=os.environ["STACK_TEST_CONTROL_TOKEN"], tool="fake", version="1", phase=phase)
if phase == "collect":
    listed = [
        {"id": test, "file": test.split("::")[0], "line": line, "marks": ["slow"] if "slow" in test else []}
        for test, (what, _, line) in TESTS.items()
        if what not in ("broken", "gone")
    ]
    listed += [{"id": test, "file": "gone", "marks": []} for test, (what, _, _) in TESTS.items() if what == "gone"]
    broken = [{"file": test, "message": text} for test, (what, text, _) in TESTS.items() if what == "broken"]
    if any(what == "listless" for what, _, _ in TESTS.values()):
        sys.exit("it cannot list them")
    if not os.environ.get("STACK_TEST_STAY") or broken:
        tell(type="collected", tests=listed, errors=broken)
        sys.exit(0)
    with open(os.path.join(HERE, "stayed"), "a", encoding="utf-8") as stayed:
        stayed.write(f"{os.getpid()}\n")
    tell(type="collected", tests=listed, errors=broken, stays=True)
    begin = heard.get()
    assert begin["type"] == "begin" and begin["options"]["stack_config"] == begin["stack_url"], begin
    os.environ["STACK_TEST_STACK_URL"] = begin["stack_url"]
TESTS = {test: told for test, told in TESTS.items() if told[0] != "gone"}
if any(what == "stillborn" for what, _, _ in TESTS.values()):
    note("stillborn")
    sys.exit("it cannot start")
if "--runTestsByPath" in sys.argv:  # as jest: through files, told which of their tests to run
    for file in sys.argv[sys.argv.index("--runTestsByPath") + 1 :]:
        of_file = [test for test in TESTS if test.split("::")[0] == file]
        for test in ask(type="file", file=file, tests=of_file)["ids"]:
            run(test, ask(type="started", id=test)["baggage"])
    sys.exit(0)
tell(type="ready")
current = upcoming()
while current is not None:
    ahead = upcoming()
    answer = ask(type="started", id=current)
    assert answer["type"] == "go", answer
    run(current, answer["baggage"])
    current = ahead
