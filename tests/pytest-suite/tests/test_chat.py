"""POST /v1/chat/completions, the whole answer at once."""

import pytest

SYSTEM = {"role": "system", "content": "Answer in one word."}


def test_answer_has_the_documented_shape(chat, text_model_id):
    answer = chat(text_model_id, "Which planet has rings around it?")
    assert answer.object == "chat.completion"
    assert answer.id
    assert len(answer.choices) == 1
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("question", ["What is the capital of France?", "What is the opposite of hot?", "What is two plus three?"])
def test_questions_are_answered(chat, text_model_id, question):
    assert chat(text_model_id, question).choices[0].message.content.strip()


def test_system_message_is_passed_on(chat, text_model_id):
    question = "Which planet has rings around it?"
    short = chat(text_model_id, SYSTEM, question).choices[0].message.content
    assert len(short) <= len(chat(text_model_id, question).choices[0].message.content)


def test_several_turns(chat, text_model_id):
    turns = ["My name is Anna.", {"role": "assistant", "content": "Hello Anna."}, "What is my name?"]
    assert chat(text_model_id, *turns).choices[0].message.content


def test_token_limit_is_kept(chat, text_model_id):
    answer = chat(text_model_id, "Count from one to ten.", max_tokens=2)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens <= 2


def test_stop_sequence_is_not_in_the_answer(chat, text_model_id):
    answer = chat(text_model_id, "Count from one to ten.", stop=["three"])
    assert "three" not in answer.choices[0].message.content


def test_usage_adds_up(chat, text_model_id):
    usage = chat(text_model_id, "What is the capital of Italy?").usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens > 0


def test_same_question_same_answer(chat, text_model_id):
    first, second = (chat(text_model_id, "What is the colour of the sky?") for _ in range(2))
    assert first.choices[0].message.content == second.choices[0].message.content


def test_content_given_in_parts(chat, text_model_id):
    parts = {"role": "user", "content": [{"type": "text", "text": "What is the capital of Spain?"}]}
    assert chat(text_model_id, parts).choices[0].message.content


def test_llama_stack_client_gets_the_same_answer(chat, stack_client, text_model_id):
    question = "What is the capital of Norway?"
    theirs = chat(text_model_id, question, client=stack_client)
    assert theirs.choices[0].message.content == chat(text_model_id, question).choices[0].message.content


@pytest.mark.serves("get", "/v1/chat/completions/{completion_id}")
def test_answer_can_be_fetched_again(chat, http, text_model_id):
    import time

    answer = chat(text_model_id, "What is the opposite of big?")
    for _ in range(50):  # kept by a queue of its own
        kept = http.get(f"/v1/chat/completions/{answer.id}")
        if kept.status_code == 200:
            break
        time.sleep(0.1)
    assert kept.json()["choices"][0]["message"]["content"] == answer.choices[0].message.content
