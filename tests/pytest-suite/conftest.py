"""Options, clients and what a server is known to do differently.

The options are those of Llama Stack's own integration tests, so that whoever has run those can run these:

    pytest --stack-config=http://127.0.0.1:8321 --text-model=llama-cpp-server/tiny-chat
"""

import functools
import json
import os
import random

import httpx
import openai
import pytest
from llama_stack_client import LlamaStackClient

TIMEOUT = 60  # seconds; a local server whose provider answers from recordings needs a fraction of one
MODELS = {
    # fixture: (option, short name in ids, default)
    "text_model_id": ("text_model", "txt", "llama-cpp-server/tiny-chat"),
    "embedding_model_id": ("embedding_model", "emb", "llama-cpp-embedding/tiny-embed"),
    "embedding_dimension": ("embedding_dimension", "dim", "64"),
    "shield_id": ("safety_shield", "shield", "tiny-guard"),
    "vision_model_id": ("vision_model", "vis", None),
    "rerank_model_id": ("rerank_model", "rerank", None),
    "judge_model_id": ("judge_model", "judge", None),
}


def pytest_addoption(parser):
    parser.addoption("--stack-config", default=os.environ.get("LLAMA_STACK_CONFIG"), help="base URL of a running stack")
    for option, _, default in MODELS.values():
        flag = "--" + option.replace("_", "-")
        parser.addoption(flag, default=default, help=f"one, or several with commas between (default: {default})")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="in another order, the same one for each seed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("--shuffle") is not None:
        random.Random(config.getoption("--shuffle")).shuffle(items)


def pytest_configure(config):
    config.addinivalue_line("markers", "serves(method, path): skip where the server has no such route")
    config.addinivalue_line("markers", "upstream(product, reason): expected to fail there, for the reason named")
    if not str(config.getoption("--stack-config") or "").startswith("http"):
        raise pytest.UsageError("--stack-config: the base URL of a running stack is needed, such as http://127.0.0.1:8321")


def pytest_generate_tests(metafunc):
    for fixture, (option, short, _) in MODELS.items():
        if fixture in metafunc.fixturenames:
            values = [v for v in str(metafunc.config.getoption(option) or "").split(",") if v]
            if values:
                metafunc.parametrize(fixture, values, ids=[f"{short}={value}" for value in values], scope="session")
            else:
                nothing = pytest.param(None, marks=pytest.mark.skip(reason=f"no --{option.replace('_', '-')}"))
                metafunc.parametrize(fixture, [nothing], ids=[f"{short}=none"], scope="session")


class Server:
    """What the server says of itself."""

    def __init__(self, url):
        self.url = url
        with httpx.Client(base_url=url, timeout=TIMEOUT) as client:
            self.version = client.get("/v1/version").raise_for_status().json()["version"]
            self.document = client.get("/openapi.json").raise_for_status().json()
            owners = {model["owned_by"] for model in client.get("/v1/models").raise_for_status().json()["data"]}
        self.product = next(iter(owners & {"ogx", "llama_stack"}), "unknown").replace("_", "-")

    def serves(self, method, path):
        return method.lower() in self.document["paths"].get(path, {})


@pytest.fixture(scope="session")
def server(pytestconfig):
    return Server(pytestconfig.getoption("--stack-config").rstrip("/"))


@pytest.fixture(autouse=True)
def known_differences(request, server):
    """Skips what is not served, and expects to fail what is served wrongly. Strictly: a repaired server is news."""
    for mark in request.node.iter_markers("serves"):
        if not server.serves(*mark.args):
            pytest.skip(f"{server.product} {server.version} does not serve {' '.join(mark.args)}")
    for mark in request.node.iter_markers("upstream"):
        if mark.args[0] == server.product:
            reason = f"{server.product} {server.version}: {mark.args[1]}"
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))


# The recorders of Llama Stack and OGX tell tests apart by this header, as their own suites' clients send it.
running = {"id": None}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    running["id"] = item.nodeid


def pytest_runtest_teardown(item, nextitem):
    running["id"] = None if nextitem is None else running["id"]


def name_the_test(request):
    if running["id"] is not None:
        data = json.dumps({"__test_id": running["id"]})
        request.headers["X-LlamaStack-Provider-Data"] = data
        request.headers["X-OGX-Provider-Data"] = data


async def name_the_test_async(request):
    name_the_test(request)


@pytest.fixture(scope="session")
def openai_client(server):
    # The client's own HTTP library, whichever that is in its version.
    with openai.DefaultHttpxClient(event_hooks={"request": [name_the_test]}, timeout=TIMEOUT) as http:
        yield openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", http_client=http)


@pytest.fixture(scope="session")
def async_openai_client(server):
    """Makes a client for the running event loop."""
    http = functools.partial(openai.DefaultAsyncHttpxClient, event_hooks={"request": [name_the_test_async]}, timeout=TIMEOUT)
    return lambda: openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none", http_client=http())


@pytest.fixture(scope="session")
def stack_client(server):
    with httpx.Client(event_hooks={"request": [name_the_test]}, timeout=TIMEOUT) as http:
        yield LlamaStackClient(base_url=server.url, http_client=http)


@pytest.fixture(scope="module")
def http(server):
    with httpx.Client(base_url=server.url, event_hooks={"request": [name_the_test]}, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture(scope="session")
def chat(openai_client):
    """Asks once, the same way each time: temperature 0 and a seed."""

    def ask(model, *messages, client=openai_client, **options):
        turns = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
        options = {"temperature": 0, "seed": 7, "max_tokens": 24, **options}
        return client.chat.completions.create(model=model, messages=turns, **options)

    return ask


@pytest.fixture
def upload(openai_client):
    """Uploads text, and deletes it after the test."""
    made = []

    def put(text, name="lines.jsonl", purpose="batch"):
        data = text if isinstance(text, bytes) else text.encode()
        made.append(openai_client.files.create(file=(name, data), purpose=purpose))
        return made[-1]

    yield put
    for file in made:
        try:
            openai_client.files.delete(file.id)
        except openai.NotFoundError:
            pass  # the test deleted it
