"""Answers in pieces."""

import pytest

QUESTION = "Which planet has rings around it?"


def pieces(stream):
    return [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]


def test_pieces_are_the_whole_answer(chat, text_model_id):
    whole = chat(text_model_id, QUESTION).choices[0].message.content
    assert "".join(pieces(chat(text_model_id, QUESTION, stream=True))) == whole


def test_comes_in_more_than_one_piece(chat, text_model_id):
    assert len([p for p in pieces(chat(text_model_id, QUESTION, stream=True)) if p]) > 1


def test_chunks_have_the_documented_shape(chat, text_model_id):
    chunks = list(chat(text_model_id, QUESTION, stream=True))
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    ends = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert len(ends) == 1


def test_token_limit_ends_a_stream(chat, text_model_id):
    chunks = list(chat(text_model_id, "Count from one to ten.", stream=True, max_tokens=3))
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"


def test_stream_may_be_left_early(chat, text_model_id):
    stream = chat(text_model_id, "Count from one to ten.", stream=True)
    assert next(iter(stream)).object == "chat.completion.chunk"
    stream.close()


@pytest.fixture
def events(http, text_model_id):
    body = {"model": text_model_id, "stream": True, "max_tokens": 8, "temperature": 0, "seed": 7,
            "messages": [{"role": "user", "content": QUESTION}]}
    with http.stream("POST", "/v1/chat/completions", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return lines


def test_server_sent_events(events):
    assert len(events) > 1


@pytest.mark.upstream("llama-stack", "ends a stream without `data: [DONE]`")
@pytest.mark.upstream("ogx", "ends a stream without `data: [DONE]`")
def test_stream_ends_with_done(events):
    assert events[-1] == "data: [DONE]"


def test_completions_stream(openai_client, text_model_id):
    options = {"model": text_model_id, "prompt": "Roses are red, violets are", "max_tokens": 4, "temperature": 0, "seed": 7}
    whole = openai_client.completions.create(**options).choices[0].text
    chunks = openai_client.completions.create(**options, stream=True)
    assert "".join(c.choices[0].text for c in chunks if c.choices) == whole


def test_llama_stack_client_streams(chat, stack_client, text_model_id):
    assert "".join(pieces(chat(text_model_id, QUESTION, client=stack_client, stream=True)))
