"""PYTEST_DONT_REWRITE: lets stack-test drive a pytest suite: what runs, when, and whose each client call is.

Loaded with PYTEST_PLUGINS; without STACK_TEST_CONTROL in the environment it does nothing at all. Python 3.9 and
pytest 7 or later, standard library only, as it is imported into whatever environment the suite has.

The tests stay pytest's: collection, fixtures, protocol and reports are its own. Taken over are the loop over the tests
(stack-test says which comes next, so that several processes can share a suite) and the header that says whose a call
is. Messages are JSON, one a line, over a connection to loopback:

    collect:  hello, collected; if it may stay and can: -> begin, then on as in `run`
    run:      hello, ready, then for each test: next -> run | end, started -> go, finished
              in between, where fixtures are set up or torn down that several tests share: outside -> go, inside -> go

If the connection ends, so does the process, there and then, with all that it started: nothing may outlive a killed
stack-test.
"""

import faulthandler
import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from urllib.parse import urlsplit

import pytest

KEPT = 64 * 1024 + 1  # bytes of each captured text, one more than stack-test keeps; the end is what tells
LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
OWN_KEYS = ("stack-test.case=", "stack-test.session=")
SESSION = "stack-test.session=1"  # of no test


# -- the connection ----------------------------------------------------------------------------------------------------


class Link:
    """The connection to stack-test. A thread of its own waits for what comes, and says what a test does that hangs."""

    def __init__(self, address, own_group):
        self.hung = None  # tells what the test does that does not end
        self._own_group = own_group
        self._sending = threading.Lock()
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = queue.SimpleQueue()
        self._pid = os.getpid()
        # A forked child (multiprocessing, pytest-forked) must not hold the connection open after its parent's death.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._socket.close)
        threading.Thread(target=self._listen, name="stack-test", daemon=True).start()

    def _listen(self):
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    if not line.endswith(b"\n"):
                        break
                    answer = json.loads(line)
                    if answer.get("type") == "hung":
                        self.tell(type="hung", **(self.hung() if self.hung else {}))
                    else:
                        self._answers.put(answer)
        except (OSError, ValueError):
            pass
        self._end()

    def tell(self, **message):
        if os.getpid() != self._pid:
            return
        try:
            with self._sending:
                self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self._end()

    def _end(self):
        """Ends the process, and its group if that was made for it: whatever tests started is in it."""
        if self._own_group:
            os.kill(0, signal.SIGKILL)
        os._exit(70)

    def ask(self, *wanted, **message):
        """Says something and waits for the answer, which must be of one of the types `wanted`."""
        self.tell(**message)
        return self.hear(*wanted)

    def hear(self, *wanted):
        answer = self._answers.get()
        if answer.get("type") not in wanted:
            raise RuntimeError(f"stack-test said {answer!r}, where {' or '.join(wanted)} is wanted")
        return answer


# -- whose a call is ---------------------------------------------------------------------------------------------------


class Current:
    """Whose a call is: the test's that runs, or the session's. One for the process, not one a thread: threads of a test belong to it."""

    def __init__(self, stack_url):
        self.baggage = None
        self.wide = 0  # > 0 in a fixture that belongs to more than one test
        self.stack_is(stack_url)

    def stack_is(self, stack_url):
        url = urlsplit(stack_url)
        self._origin = self._normal(url.scheme, url.hostname or "", url.port)

    @staticmethod
    def _normal(scheme, host, port):
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        return scheme, "loopback" if host in LOOPBACK else host, port or (443 if scheme == "https" else 80)

    def header(self, scheme, host, port, existing):
        """The value of `baggage` for a request, or None to leave its headers alone."""
        ours = SESSION if self.wide or self.baggage is None else self.baggage
        if self._normal(scheme, host, port) != self._origin:
            return None
        if not existing:
            return ours
        return None if any(key in existing for key in OWN_KEYS) else f"{existing},{ours}"


# The header is put on at the last stop before the wire, on a copy: it is not carried along by a redirect to another
# host, what the test sees of its own request is what it made, and clients made anywhere (a session fixture, a library)
# are covered. `llama-stack-client` and older `openai` are httpx underneath, newer `openai` is httpx2, which is the same for us.


def patch_httpx(httpx, current):
    def marked(request):
        url = request.url
        value = current.header(url.scheme, url.host, url.port, request.headers.get("baggage"))
        if value is None:
            return request
        headers = request.headers.copy()
        headers["baggage"] = value
        return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)

    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(self, request):
        return send(self, marked(request))

    async def handle_async_request(self, request):
        return await send_async(self, marked(request))

    httpx.HTTPTransport.handle_request = handle_request
    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request


def patch_requests(_, current):
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def send_marked(self, request, *args, **kwargs):
        url = urlsplit(request.url)
        value = current.header(url.scheme, url.hostname, url.port, request.headers.get("baggage"))
        if value is not None:
            request = request.copy()
            request.headers["baggage"] = value
        return send(self, request, *args, **kwargs)

    HTTPAdapter.send = send_marked


def patch_aiohttp(_, current):
    from aiohttp.client_reqrep import ClientRequest

    init = ClientRequest.__init__

    def init_marked(self, *args, **kwargs):
        init(self, *args, **kwargs)
        url = self.url
        value = current.header(url.scheme, url.host, url.port, self.headers.get("baggage"))
        if value is not None:
            self.headers["baggage"] = value

    ClientRequest.__init__ = init_marked


PATCHES = {"httpx": patch_httpx, "httpx2": patch_httpx, "requests": patch_requests, "aiohttp": patch_aiohttp}


def patch(module, current):
    name = module.__name__  # not what it was imported as: httpx2 can be told to stand in for httpx
    try:
        if name in PATCHES and not hasattr(module, "_stack_test"):
            module._stack_test = True
            PATCHES[name](module, current)
    except Exception as error:  # an unknown version; the suite can run, its calls are told apart by other means
        version = getattr(module, "__version__", "of unknown version")
        print(f"stack-test: calls of {name} {version} carry no baggage: {error!r}", file=sys.__stderr__, flush=True)


class PatchOnImport:
    """A finder that patches a client library after its import: importing them all at the start would cost 100 ms."""

    def __init__(self, current):
        self._current = current

    def find_spec(self, name, path=None, target=None):
        if name not in PATCHES:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = PatchAfter(spec.loader, self._current)
                return spec
        return None


class PatchAfter:
    """The loader of such a module: the real one, which the module is given back before it runs."""

    def __init__(self, loader, current):
        self._loader = loader
        self._current = current

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = self._loader
        if module.__loader__ is self:
            module.__loader__ = self._loader
        self._loader.exec_module(module)
        patch(module, self._current)


def install(current):
    for name in PATCHES:
        if name in sys.modules:
            patch(sys.modules[name], current)
    sys.meta_path.insert(0, PatchOnImport(current))


# -- what of the collection would not hold in the run ------------------------------------------------------------------


class Address(str):
    """The stack's URL while nothing is started yet. Whether it `was_used` for more than a look at how it begins is noted."""

    was_used = False

    def __str__(self):
        return self


def noting(method):
    def noted(self, *args, **kwargs):
        Address.was_used = True
        return method(self, *args, **kwargs)

    return noted


MADE_OF_IT = set(dir(str)) - set(dir(object)) - {"__contains__", "__len__", "startswith", "endswith", "maketrans"}
for method in MADE_OF_IT | {"__repr__", "__format__"}:
    setattr(Address, method, noting(getattr(str, method)))
Address.__radd__ = noting(lambda self, before: before + str.__str__(self))


class Watch:
    """Looks on while tests are collected by a process that is to run them, too.

    That saves importing everything twice, but the suite must not have taken down anything that is different then: the stack's
    address, or that nothing is to be started. What it might have, it keeps; then the tests are run by a process of their own.
    """

    OPTION = "stack_config"
    VARIABLES = ("STACK_TEST_STACK_URL", "STACK_TEST_OPTIONS", "STACK_TEST_PHASE", "STACK_TEST_STAY")

    def __init__(self):
        self.saw = False
        self._address = None
        self._option = None
        self._variables = type(os.environ)
        watch, plain = self, self._variables

        class Variables(plain):
            def __getitem__(self, name):
                watch.saw = watch.saw or name in watch.VARIABLES
                return plain.__getitem__(self, name)

        os.environ.__class__ = Variables

    def options(self, option):
        """Begins when the options are set, and none is read yet."""
        watch, self._plain, self._option = self, type(option), option

        class Options(self._plain):
            @property
            def collectonly(self):
                watch.saw = watch.saw or not asked_by_tools(sys._getframe(1))
                return self.__dict__["collectonly"]

            @collectonly.setter
            def collectonly(self, value):
                self.__dict__["collectonly"] = value

        option.__class__ = Options
        if isinstance(getattr(option, self.OPTION, None), Address):
            self._address = self._count()

    def _count(self):
        count = getattr(sys, "getrefcount", None)
        return count(self._option.__dict__[self.OPTION]) if count else 0

    def noticed(self):
        kept = self._address is not None and (self._address == 0 or self._count() > self._address)
        return self.saw or Address.was_used or kept

    def end(self):
        os.environ.__class__ = self._variables
        if self._option is not None:
            self._option.__class__ = self._plain


def asked_by_tools(frame):
    """By pytest itself, or by xdist, which is to start nothing in any case."""
    name = ""
    while frame is not None and (name := frame.f_globals.get("__name__", "")).startswith("_pytest.config"):
        frame = frame.f_back
    return name.startswith(("_pytest.", "xdist."))


# -- a test's result ---------------------------------------------------------------------------------------------------


class Story:
    """What pytest reported of one test, as one result."""

    def __init__(self, name, item, folder):
        self._item = item
        self._folder = folder
        self._phases = {}
        self._subtests = []
        self.name = name

    def add(self, report):
        if type(report).__name__.lower().startswith("subtest"):
            self._subtests.append(report)
        elif report.outcome == "rerun":  # pytest-rerunfailures: what comes next counts instead
            self._phases, self._subtests = {}, []
        else:
            if report.when == "setup":
                self._phases, self._subtests = {}, []
            self._phases[report.when] = report

    def finished(self, stopped=None):
        """The message. `stopped` is what ended the session in the middle of this test, if anything did."""
        last = list(self._phases.values())[-1:]
        message = {
            "type": "finished",
            "strict": False,
            "duration": sum(report.duration for report in self._phases.values()),
            "reason": None,
            "message": None,
            "detail": None,
            **self._place(None),
            **{name: captured(last, attribute) for name, attribute in CAPTURED},
        }
        message.update(self._verdict(stopped))
        return message

    def _verdict(self, stopped):
        if stopped is not None:
            text = f"{type(stopped).__name__}: {stopped}"
            return {"outcome": "error", "message": one_line(f"the session ended in this test: {text}"), "detail": text}
        broken = [r for r in [*self._subtests, *self._phases.values()] if r.failed]
        if broken:
            return self._broken(broken)
        for report in self._phases.values():
            if hasattr(report, "wasxfail"):
                return {"outcome": "xfailed" if report.skipped else "xpassed", "reason": wasxfail(report)}
        for when in ("setup", "call"):
            report = self._phases.get(when)
            if report is not None and report.skipped:
                return {"outcome": "skipped", "reason": skip_reason(report)}
        if "setup" not in self._phases or "call" not in self._phases:
            text = "pytest reported nothing of this test; another plugin may run tests by itself"
            return {"outcome": "error", "message": text}
        return {"outcome": "passed"}

    def _broken(self, broken):
        first = broken[0]
        text = str(first.longrepr)
        if text.startswith("[XPASS(strict)]"):
            return {"outcome": "xpassed", "strict": True, "reason": text[len("[XPASS(strict)]"):].strip() or None}
        called = first.when == "call" or first in self._subtests
        return {
            "outcome": "failed" if called else "error",
            "message": one_line(crash(first)),
            "detail": clean("\n\n".join(self._text(r) for r in broken)),
            **self._place(first),
        }

    def _text(self, report):
        first = getattr(report, SHARED_WITH, None)
        if first not in (None, self.name):
            return f"as in {first}: what they share failed there"
        return report.longreprtext if report.when == "call" else f"in {report.when}:\n{report.longreprtext}"

    def _place(self, report):
        """Where the test's own file is left last, else where the test begins; a line in a library tells little."""
        file, line = relative(self._item, self._folder), self._item.location[1]
        entries = getattr(getattr(getattr(report, "longrepr", None), "reprtraceback", None), "reprentries", [])
        for entry in entries:
            where = getattr(entry, "reprfileloc", None)
            if where is not None and os.path.basename(str(where.path)) == os.path.basename(file):
                return {"file": file, "line": where.lineno}
        return {"file": file, "line": None if line is None else line + 1}


SHARED_WITH = "_stack_test_first"  # of an error of what several tests share: the one that met it first

CAPTURED = (("stdout", "capstdout"), ("stderr", "capstderr"), ("log", "caplog"))


def captured(last, attribute):
    return clean(getattr(last[0], attribute, "")) if last else ""


def clean(text):
    """Of at most 64 KiB, and valid Unicode: a lone surrogate cannot be said in JSON."""
    return str(text).encode("utf-8", "replace")[-KEPT:].decode("utf-8", "ignore")


def one_line(text):
    return clean(text).strip().split("\n", 1)[0][:1000]


def crash(report):
    where = getattr(report.longrepr, "reprcrash", None)
    return where.message if where is not None else str(report.longrepr).strip() or "failed"


def skip_reason(report):
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    return clean(text[len("Skipped: "):] if text.startswith("Skipped: ") else text)


def wasxfail(report):
    text = report.wasxfail
    text = text[len("reason: "):] if text.startswith("reason: ") else text
    return clean(text) or None


def relative(item, folder):
    try:
        return os.path.relpath(str(item.path), folder)
    except ValueError:  # another drive
        return str(item.path)


# -- a test that does not end ------------------------------------------------------------------------------------------


def hanging(config):
    """Where the main thread is, pytest's own part left out, and what the test has printed. Asked for by another thread."""
    frame = sys._current_frames().get(threading.main_thread().ident)
    stack = traceback.extract_stack(frame)
    last = max((n for n, at in enumerate(stack) if of_pytest(at.filename)), default=-1)
    where = "".join(traceback.format_list(stack[last + 1 :] or stack[-3:]))
    return {"detail": clean(where), **{name: printed(config, short) for name, short in (("stdout", "out"), ("stderr", "err"))}}


def of_pytest(file):
    return any(f"{os.sep}{name}{os.sep}" in file for name in ("_pytest", "pluggy"))


def printed(config, stream):
    """What was captured so far. It stays where it is: the test may end after all."""
    try:
        manager = config.pluginmanager.getplugin("capturemanager")
        file = getattr(manager._global_capturing, stream).tmpfile
        if hasattr(file, "getvalue"):
            return clean(file.getvalue())
        size = os.fstat(file.fileno()).st_size
        return clean(os.pread(file.fileno(), KEPT, max(0, size - KEPT)).decode("utf-8", "replace"))
    except Exception:  # nothing is captured (-s), or this pytest keeps it elsewhere
        return ""


# -- the plugin --------------------------------------------------------------------------------------------------------


class Driven:
    """The hooks, registered only under stack-test."""

    def __init__(self, link, phase, current, options, watch=None):
        self._link = link
        self._phase = phase
        self._current = current
        self._options = options
        self._given = ()
        self._watch = watch  # set while it may stay to run what it collects
        self._errors = []
        self._story = None
        self._over = False  # what was asked for has been said in full
        self._folder = os.getcwd()
        self._log = os.dup(2)  # that of the process, whatever is captured later
        install(current)

    # Before the suite's conftest.py runs: it may import a client, and a broken one must be told.
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config):
        self._folder = str(early_config.invocation_params.dir)
        outcome = yield
        error = outcome.excinfo[1] if outcome.excinfo else None
        if error is not None and self._phase == "collect":
            file = getattr(error, "path", None)
            cause = getattr(error, "cause", None) or error
            self._errors.append({"file": None if file is None else os.path.relpath(str(file), self._folder),
                                 "message": clean(f"{type(cause).__name__}: {cause}")})
            self._collected([])

    # First, as the suite's own pytest_configure reads the options.
    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        no_workers(config)
        self._given = [*config.invocation_params.args, *config.getini("addopts")]
        self._given += os.environ.get("PYTEST_ADDOPTS", "").split()
        for name, value in self._options.items():
            self._set(config, name, Address(value) if self._watch and name == Watch.OPTION else value)
        if not any(str(word).startswith("--tb") for word in self._given):
            config.option.tbstyle = "short"  # whole functions of libraries tell little
        if self._phase == "collect":
            config.option.collectonly = True  # other plugins, and the suite's own, then start nothing
        if self._watch:
            self._watch.options(config.option)

    def _set(self, config, name, value):
        flag = "--" + name.replace("_", "-")
        on_command_line = any(word == flag or str(word).startswith(flag + "=") for word in self._given)
        if value is not None and hasattr(config.option, name) and not on_command_line:
            number = isinstance(getattr(config.option, name), int) and str(value).isdigit()
            setattr(config.option, name, int(value) if number else value)

    def pytest_collectreport(self, report):
        if report.failed:
            file = report.nodeid.split("::")[0] or None
            self._errors.append({"file": file, "message": clean(report.longreprtext)})

    # Last, and before the loop: what other plugins wrap around that is to see that tests are run.
    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        if self._watch is None:
            return
        if self._errors or session.testsfailed or self._watch.noticed():
            self._watch.end()
            self._watch = None
        else:
            session.config.option.collectonly = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        items = named(session.items)
        if self._phase == "collect":
            stays = {} if self._watch is None else {"stays": True}
            self._collected([described(name, item, self._folder) for name, item in items.items()], **stays)
        if self._watch is not None:
            self._begin(session.config)
        if self._phase == "run":
            self._link.tell(type="ready")
            self._run(session, items)
        return True

    def _collected(self, tests, **stays):
        self._link.tell(type="collected", tests=tests, errors=self._errors, **stays)
        self._over = not stays

    def _begin(self, config):
        """Waits until the stack is there, and sets what was not known before."""
        begin = self._link.hear("begin")
        self._watch.end()
        self._watch, self._phase = None, "run"
        url, options = begin["stack_url"], begin.get("options", {})
        self._current.stack_is(url)
        os.environ.update(STACK_TEST_PHASE="run", STACK_TEST_STACK_URL=url, STACK_TEST_OPTIONS=json.dumps(options))
        for name, value in options.items():
            if value != self._options.get(name):
                self._set(config, name, value)

    def _run(self, session, items):
        # The run is broken off: as after Ctrl-C, what fixtures have made is still taken down, if that does not take long.
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        upcoming = self._next(items)
        while upcoming is not None:
            # One ahead: pytest tears down what the next test does not need, so it has to know which that is.
            name, upcoming = upcoming, self._next(items)
            self._one(name, items[name], None if upcoming is None else items[upcoming])
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        self._over = True

    def _next(self, items):
        while True:
            answer = self._link.ask("run", "end", type="next")
            if answer["type"] == "end":
                return None
            if answer["id"] in items:
                return answer["id"]
            self._link.tell(type="unknown", id=answer["id"])

    def _one(self, name, item, following):
        self._story = Story(name, item, self._folder)
        self._current.wide = 0
        go = self._link.ask("go", type="started", id=name)
        self._current.baggage = go.get("baggage")
        self._link.hung = lambda: hanging(item.config)
        if go.get("limit"):
            # For what hangs outside Python, where nothing here can answer when it is asked.
            faulthandler.dump_traceback_later(go["limit"] + 0.5, file=self._log)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as stopped:  # Ctrl-C, pytest.exit, an error within pytest: the test is not lost
            self._link.tell(id=name, **self._story.finished(stopped))
            raise
        finally:
            self._current.baggage = self._link.hung = None
            faulthandler.cancel_dump_traceback_later()
        self._link.tell(id=name, **self._story.finished())
        self._story = None

    # pytest keeps the error of such a fixture and raises it in each test that asks for it, with all its lines.
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call):
        outcome = yield
        first = getattr(call.excinfo.value, SHARED_WITH, None) if call.excinfo else None
        if first is not None and not outcome.excinfo:
            setattr(outcome.get_result(), SHARED_WITH, first)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if self._story is not None:
            self._story.add(report)

    # What a fixture of several tests does is nobody's in particular, else it were the test's that came first (set up)
    # or last (torn down), and which that is changes with the order.
    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope == "function":
            yield
            return
        self._enter()
        fixturedef.addfinalizer(self._leave)  # runs last
        outcome = yield
        if outcome.excinfo and self._story is not None and not hasattr(outcome.excinfo[1], SHARED_WITH):
            BaseException.__setattr__(outcome.excinfo[1], SHARED_WITH, self._story.name)
        fixturedef.addfinalizer(self._enter)  # runs first
        self._leave()

    def _enter(self):
        self._current.wide += 1
        if self._current.wide == 1:
            self._say("outside")

    def _leave(self):
        self._current.wide -= 1
        if self._current.wide == 0:
            self._say("inside")

    def _say(self, kind):
        # A call may reach the provider without its baggage. Between tests there is none that it could be taken for.
        if self._current.baggage is not None:
            self._link.ask("go", type=kind)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if self._phase == "collect" and not self._over:
            if self._errors:  # else what pytest says itself, in its log, tells why it came to no list
                self._collected([])
            elif session.exitstatus == 0:
                session.exitstatus = 3
        elif not self._over and session.exitstatus == 0:
            session.exitstatus = 3  # pytest.exit(returncode=0) and the like: tests were left

    def pytest_report_header(self):
        return f"stack-test: {self._phase}"


def no_workers(config):
    """pytest-xdist is switched off: stack-test has its own processes, and a worker would have no connection."""
    if config.pluginmanager.hasplugin("xdist"):
        for name, value in (("numprocesses", None), ("dist", "no"), ("tx", []), ("looponfail", False)):
            if hasattr(config.option, name):
                setattr(config.option, name, value)


def named(items):
    """Tests by id. Ids can repeat (a file named twice, say): the second is `id#2`, the same way in each process."""
    found = {}
    for item in items:
        name, count = item.nodeid, 1
        while name in found:
            count += 1
            name = f"{item.nodeid}#{count}"
        found[name] = item
    return found


def described(name, item, folder):
    line = item.location[1]
    marks = dict.fromkeys(mark.name for mark in item.iter_markers())
    return {
        "id": clean(name),
        "file": relative(item, folder),
        "line": None if line is None else line + 1,
        "marks": [mark for mark in marks if mark not in ("parametrize", "usefixtures", "filterwarnings")],
    }


# A hook that is called when this module is registered, before any conftest.py is looked for.
def pytest_addoption(parser, pluginmanager):
    # Taken out of the environment: a pytest that a test starts in turn is not ours to drive.
    control = os.environ.pop("STACK_TEST_CONTROL", None)
    token = os.environ.pop("STACK_TEST_CONTROL_TOKEN", "")
    if control is None:
        return
    phase = os.environ.get("STACK_TEST_PHASE", "run")
    stack_url = os.environ.get("STACK_TEST_STACK_URL", "http://127.0.0.1:1")
    options = json.loads(os.environ.get("STACK_TEST_OPTIONS") or "{}")
    try:
        link = Link(control, os.environ.pop("STACK_TEST_OWN_GROUP", None) is not None)
    except OSError as error:
        raise pytest.UsageError(f"stack-test cannot be reached at {control}: {error}") from None
    link.tell(type="hello", token=token, tool="pytest", version=pytest.__version__, phase=phase)
    watch = Watch() if phase == "collect" and os.environ.pop("STACK_TEST_STAY", None) else None
    pluginmanager.register(Driven(link, phase, Current(stack_url), options, watch), "stack-test")
