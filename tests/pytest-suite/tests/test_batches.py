"""/v1/batches: the provider is asked by a task of the server, after the request is over."""

import json
import time

import openai
import pytest

WINDOW = "24h"
PATIENCE = 30  # seconds
OVER = ("completed", "failed", "cancelled", "expired")


@pytest.fixture
def batch(openai_client, upload):
    """Makes a batch of chat questions or, as given, other bodies."""

    def make(bodies, endpoint="/v1/chat/completions", **options):
        lines = [{"custom_id": f"line-{n}", "method": "POST", "url": endpoint, "body": body} for n, body in enumerate(bodies)]
        file = upload("\n".join(json.dumps(line) for line in lines))
        return openai_client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window=WINDOW, **options)

    return make


@pytest.fixture
def over(openai_client):
    def wait(made):
        end = time.monotonic() + PATIENCE
        while made.status not in OVER:
            assert time.monotonic() < end, f"still {made.status} after {PATIENCE} s"
            time.sleep(0.1)
            made = openai_client.batches.retrieve(made.id)
        return made

    return wait


def question(model, text):
    return {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 12, "temperature": 0, "seed": 7}


def results(client, made):
    """The lines of the output; bodies as objects, see test_body_of_a_result_is_an_object."""
    lines = [json.loads(line) for line in client.files.content(made.output_file_id).text.splitlines()]
    for line in lines:
        body = line["response"]["body"]
        line["response"]["body"] = json.loads(body) if isinstance(body, str) else body
    return lines


def test_questions_are_answered(batch, over, openai_client, text_model_id):
    asked = [question(text_model_id, f"What is the capital of {c}?") for c in ("France", "Italy")]
    made = over(batch(asked))
    assert made.status == "completed"
    assert (made.request_counts.total, made.request_counts.completed) == (2, 2)
    found = results(openai_client, made)
    assert sorted(line["custom_id"] for line in found) == ["line-0", "line-1"]
    assert all(line["response"]["body"]["choices"] for line in found)


def test_embeddings(batch, over, openai_client, embedding_model_id, embedding_dimension):
    made = over(batch([{"model": embedding_model_id, "input": "Roses are red."}], endpoint="/v1/embeddings"))
    assert made.status == "completed"
    body = results(openai_client, made)[0]["response"]["body"]
    assert len(body["data"][0]["embedding"]) == int(embedding_dimension)


def test_completions(batch, over, openai_client, text_model_id):
    body = {"model": text_model_id, "prompt": "Roses are red, violets are", "max_tokens": 3, "temperature": 0, "seed": 7}
    made = over(batch([body], endpoint="/v1/completions"))
    assert made.status == "completed"
    assert results(openai_client, made)[0]["response"]["body"]["choices"][0]["text"]


@pytest.mark.upstream("llama-stack", "writes the body of a result as JSON within a string")
@pytest.mark.upstream("ogx", "writes the body of a result as JSON within a string")
def test_body_of_a_result_is_an_object(batch, over, openai_client, text_model_id):
    made = over(batch([question(text_model_id, "What is the opposite of hot?")]))
    line = json.loads(openai_client.files.content(made.output_file_id).text)
    assert isinstance(line["response"]["body"], dict)


def test_is_listed(batch, over, openai_client, text_model_id):
    made = batch([question(text_model_id, "What is the capital of Spain?")])
    assert made.id in [b.id for b in openai_client.batches.list()]
    over(made)


def test_metadata_is_kept(batch, over, text_model_id):
    made = batch([question(text_model_id, "What is the capital of Norway?")], metadata={"owner": "pytest"})
    assert over(made).metadata == {"owner": "pytest"}


def test_malformed_line_fails_the_batch(openai_client, upload, over):
    file = upload("this is no JSON\n")
    made = over(openai_client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window=WINDOW))
    assert made.status == "failed"
    assert made.errors.data


def test_unknown_endpoint_is_refused(openai_client, upload):
    file = upload("{}\n")
    with pytest.raises(openai.BadRequestError):
        openai_client.batches.create(input_file_id=file.id, endpoint="/v1/nowhere", completion_window=WINDOW)


def test_unknown_batch_is_not_found(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.batches.retrieve("batch-none")
