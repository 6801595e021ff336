# Starts a Python stack the way its own command does, with four differences: it listens on the loopback interface only,
# it ends when the one who started it is gone, providers whose URL is a literal in the run config are asked at ours, and an
# exception in its log does not hold everybody up.
# Arguments: the module and function of the command, then the command's own arguments.
import importlib
import json
import os
import signal
import sys
import threading


def end_with_parent():
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    os.killpg(0, signal.SIGTERM)
    threading.Event().wait(3)
    os.killpg(0, signal.SIGKILL)


def listen_on_loopback():
    import uvicorn

    run = uvicorn.run

    def on_loopback(app, **options):
        options["host"] = "127.0.0.1"
        return run(app, **options)

    uvicorn.run = on_loopback


def redirect_literal_urls(urls):
    import yaml

    load = yaml.safe_load

    def redirected(stream):
        config = load(stream)
        providers = config.get("providers") if isinstance(config, dict) else None
        for entries in providers.values() if isinstance(providers, dict) else ():
            for entry in entries if isinstance(entries, list) else ():
                redirect(entry)
        return config

    def redirect(entry):
        settings = entry.get("config") if isinstance(entry, dict) else None
        if not isinstance(settings, dict):
            return
        # Two of one type may be different providers: an id that is a provider's name goes before its type.
        names = (entry.get("provider_id"), str(entry.get("provider_type", "")).removeprefix("remote::"))
        name = next((name for name in names if name in urls), None)
        if name is None:
            return
        for key in ("base_url", "url"):
            # What comes from a variable is led by the variable.
            if key in settings and "${env." not in str(settings[key]):
                settings[key] = urls[name]

    yaml.safe_load = redirected


def log_exceptions_plainly():
    # Both draw an exception in their log with highlighted source, OGX with all local variables as well. In a server that
    # takes seconds for each, in which it answers nobody.
    try:
        from rich.logging import RichHandler
    except ImportError:
        return
    init = RichHandler.__init__

    def plain(self, *args, **options):
        init(self, *args, **{**options, "rich_tracebacks": False})

    RichHandler.__init__ = plain
    try:
        from structlog import dev
    except ImportError:
        return
    dev.RichTracebackFormatter.__call__ = lambda _self, out, exception: dev.plain_traceback(out, exception)


def main():
    threading.Thread(target=end_with_parent, daemon=True).start()
    urls = json.loads(os.environ.pop("STACK_TEST_PROVIDER_URLS", "{}"))
    if urls:
        redirect_literal_urls(urls)
    listen_on_loopback()
    log_exceptions_plainly()
    module, function, sys.argv = sys.argv[1], sys.argv[2], sys.argv[3:]
    sys.exit(getattr(importlib.import_module(module), function)())


main()
