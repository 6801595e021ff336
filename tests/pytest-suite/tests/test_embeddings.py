"""POST /v1/embeddings."""

import base64
import math
import struct

import openai
import pytest


@pytest.fixture
def embed(openai_client, embedding_model_id):
    def ask(text, **options):
        options = {"encoding_format": "float", **options}
        return openai_client.embeddings.create(model=embedding_model_id, input=text, **options)

    return ask


def likeness(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.dist(a, [0] * len(a)) / math.dist(b, [0] * len(b))


def test_one_text(embed):
    answer = embed("Saturn has rings.")
    assert answer.object == "list"
    assert [item.object for item in answer.data] == ["embedding"]


def test_dimension_is_as_registered(embed, embedding_dimension):
    assert len(embed("Saturn has rings.").data[0].embedding) == int(embedding_dimension)


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_texts(embed, count):
    answer = embed([f"Text number {n}." for n in range(count)])
    assert [item.index for item in answer.data] == list(range(count))


def test_same_text_same_numbers(embed):
    first, second = (embed("Roses are red.").data[0].embedding for _ in range(2))
    assert likeness(first, second) > 0.999


def test_other_text_other_numbers(embed):
    first, second = (item.embedding for item in embed(["Roses are red.", "What is two plus three?"]).data)
    assert likeness(first, second) < 0.999


def test_usage_counts_the_text(embed):
    usage = embed("Saturn has rings.").usage
    assert 0 < usage.prompt_tokens <= usage.total_tokens


def test_base64(embedding_model_id, embedding_dimension, http):
    body = {"model": embedding_model_id, "input": "Saturn has rings.", "encoding_format": "base64"}
    data = http.post("/v1/embeddings", json=body).raise_for_status().json()["data"][0]["embedding"]
    # The tiny provider ignores `encoding_format`.
    numbers = data if isinstance(data, list) else struct.unpack(f"<{embedding_dimension}f", base64.b64decode(data))
    assert len(numbers) == int(embedding_dimension)


def test_llama_stack_client_gets_the_same_numbers(embed, stack_client, embedding_model_id):
    text = "The sky is blue."
    theirs = stack_client.embeddings.create(model=embedding_model_id, input=text, encoding_format="float")
    assert likeness(theirs.data[0].embedding, embed(text).data[0].embedding) > 0.999


def test_unknown_model_is_refused(openai_client):
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        openai_client.embeddings.create(model="no/such-model", input="Saturn has rings.")
