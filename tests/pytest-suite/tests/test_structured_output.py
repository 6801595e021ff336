"""Answers that are JSON."""

import json

import pytest

QUESTION = "Which planet has rings around it?"
SCHEMA = {"type": "object", "properties": {"planet": {"type": "string"}}, "required": ["planet"]}


def test_json_object(chat, text_model_id):
    answer = chat(text_model_id, QUESTION, response_format={"type": "json_object"})
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


def test_json_object_streamed(chat, text_model_id):
    chunks = chat(text_model_id, QUESTION, response_format={"type": "json_object"}, stream=True)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize("kind", ["text"])
def test_plain_text_format(chat, text_model_id, kind):
    assert chat(text_model_id, QUESTION, response_format={"type": kind}).choices[0].message.content


def test_json_schema_is_passed_on(chat, text_model_id):
    """The tiny provider refuses it; what is tested is that the refusal comes from there and is not swallowed."""
    import openai

    wanted = {"type": "json_schema", "json_schema": {"name": "planet", "schema": SCHEMA}}
    try:
        answer = chat(text_model_id, QUESTION, response_format=wanted)
    except openai.APIStatusError as error:
        assert error.status_code >= 400
    else:
        assert "planet" in json.loads(answer.choices[0].message.content)
