"""/v1/responses."""

import openai
import pytest

pytestmark = pytest.mark.serves("post", "/v1/responses")


@pytest.fixture(scope="module")
def respond(openai_client):
    def ask(model, text, **options):
        return openai_client.responses.create(model=model, input=text, **{"temperature": 0, **options})

    return ask


def test_answer_has_the_documented_shape(respond, text_model_id):
    answer = respond(text_model_id, "What is the capital of France?")
    assert (answer.object, answer.status) == ("response", "completed")
    assert answer.id.startswith("resp")
    assert answer.output_text


def test_instructions_are_passed_on(respond, text_model_id):
    answer = respond(text_model_id, "Which planet has rings around it?", instructions="Answer in one word.")
    assert answer.output_text


def test_messages_as_input(respond, text_model_id):
    turns = [
        {"role": "user", "content": "My name is Anna."},
        {"role": "assistant", "content": "Hello Anna."},
        {"role": "user", "content": "What is my name?"},
    ]
    assert respond(text_model_id, turns).output_text


def test_events_of_a_stream_are_in_order(respond, text_model_id):
    events = list(respond(text_model_id, "What is the opposite of hot?", stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"


@pytest.mark.upstream("llama-stack", "leaves `sequence_number` out of some events")
def test_events_of_a_stream_are_numbered(respond, text_model_id):
    events = list(respond(text_model_id, "What is the opposite of hot?", stream=True))
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers))


def test_deltas_are_the_whole_text(respond, text_model_id):
    events = list(respond(text_model_id, "What is the opposite of big?", stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text


def test_is_kept(respond, openai_client, text_model_id):
    answer = respond(text_model_id, "What is two plus two?")
    assert openai_client.responses.retrieve(answer.id).output_text == answer.output_text


def test_next_turn_knows_the_one_before(respond, text_model_id):
    first = respond(text_model_id, "My name is Anna.")
    second = respond(text_model_id, "What is my name?", previous_response_id=first.id)
    assert second.output_text


@pytest.mark.upstream("llama-stack", "does not say `previous_response_id`")
def test_next_turn_names_the_one_before(respond, text_model_id):
    first = respond(text_model_id, "My name is Anna.")
    assert respond(text_model_id, "What is my name?", previous_response_id=first.id).previous_response_id == first.id


def test_input_is_kept(respond, openai_client, text_model_id):
    answer = respond(text_model_id, "What is three plus three?")
    items = list(openai_client.responses.input_items.list(answer.id))
    assert [item.role for item in items] == ["user"]


@pytest.mark.upstream("llama-stack", "answers 400 for what it does not have")
def test_delete(respond, openai_client, text_model_id):
    answer = respond(text_model_id, "What is one plus one?")
    openai_client.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve(answer.id)


def test_function_call(respond, text_model_id):
    tool = {"type": "function", "name": "get_weather", "description": "The weather at a place",
            "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}
    answer = respond(text_model_id, "What is the weather in Paris?", tools=[tool])
    assert answer.output  # words or a call: that is up to the model
    assert {item.type for item in answer.output} <= {"message", "function_call"}


@pytest.mark.upstream("llama-stack", "answers 400 for what it does not have")
def test_unknown_response_is_not_found(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve("resp-none")


def test_llama_stack_client(stack_client, text_model_id):
    answer = stack_client.responses.create(model=text_model_id, input="What is the colour of grass?", temperature=0)
    assert answer.status == "completed"
