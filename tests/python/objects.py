"""Asks a gateway for every recorded object with the official `openai` and `ollama` clients, and compares it with what is stored.

usage: objects.py TASKS.json        (OPENAI-like base URLs are in the environment, as `stack-test gateway` sets them)

A task is {url_env, case, path, body, answer}: the answer is the whole object, or the list of a stream's objects. All tasks are
asked in an order of chance, 64 at once. Exits with 1, and says which, if an object differs.
"""

import collections
import json
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import ollama
from openai import OpenAI

WORKERS = 64


def openai_client(url):
    return OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60)


def plain(thing):
    """What the provider sent of it, by the names on the wire."""
    return thing.model_dump(mode="json", exclude_unset=True, by_alias=True)


def completion(create, body, headers):
    body = dict(body)
    known = {key: body.pop(key) for key in ("model", "messages", "prompt", "stream") if key in body}
    # What the client does not know by name it sends as it is; that the bodies are equal is what replay depends on.
    answer = create(**known, extra_body=body, extra_headers=headers)
    return [plain(chunk) for chunk in answer] if known.get("stream") else plain(answer)


def ask(client_of, task):
    url, path, body = os.environ[task["url_env"]], task["path"], task["body"]
    headers = {"X-Test-Id": task["case"]} if task["case"] else {}
    if path == "/v1/chat/completions":
        return completion(client_of(url).chat.completions.create, body, headers)
    if path == "/v1/completions":
        return completion(client_of(url).completions.create, body, headers)
    if path == "/v1/models":
        return {"object": "list", "data": [plain(model) for model in client_of(url).models.list()]}
    if path == "/api/ps":
        return plain(ollama.Client(host=url.removesuffix("/v1")).ps())
    raise ValueError(f"no client is known for {path}")


def attempt(client_of, task):
    try:
        got = ask(client_of, task)
    except Exception as error:  # every kind of failure is a difference
        return f"{task['case']} {task['path']}: {type(error).__name__}: {error}"
    wanted = task["answer"]
    return None if got == wanted else f"{task['case']} {task['path']}:\n    got {got}\n wanted {wanted}"


def main(tasks_file):
    with open(tasks_file) as file:
        tasks = json.load(file)
    random.shuffle(tasks)
    clients = {}
    for task in tasks:
        url = os.environ[task["url_env"]]
        clients.setdefault(url, openai_client(url))
    with ThreadPoolExecutor(WORKERS) as pool:
        told = list(pool.map(lambda task: attempt(clients.__getitem__, task), tasks))
    differences = [difference for difference in told if difference]
    for difference in differences:
        print(difference[:4000])
    counts = collections.Counter(task["path"] for task in tasks)
    print(f"{len(tasks) - len(differences)} of {len(tasks)} objects are as stored: {dict(counts)}")
    return 1 if differences else 0


sys.exit(main(sys.argv[1]))
