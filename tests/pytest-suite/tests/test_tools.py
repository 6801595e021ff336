"""Tools that a model is made to call, and their results."""

import json

import pytest

WEATHER = {"type": "function", "function": {
    "name": "get_weather",
    "description": "The weather at a place",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}}
FORCED = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture(scope="module")
def ask(chat):
    def asked(model, *messages, **options):
        return chat(model, *messages, tools=[WEATHER], max_tokens=40, **options)

    return asked


def test_forced_call(ask, text_model_id):
    message = ask(text_model_id, "What is the weather in San Francisco?", tool_choice=FORCED).choices[0].message
    assert [call.function.name for call in message.tool_calls] == ["get_weather"]
    assert "location" in json.loads(message.tool_calls[0].function.arguments)


@pytest.mark.parametrize("city", ["London", "Paris"])
def test_call_has_an_id(ask, text_model_id, city):
    answer = ask(text_model_id, f"What is the weather in {city}?", tool_choice=FORCED)
    assert answer.choices[0].message.tool_calls[0].id
    assert answer.choices[0].message.tool_calls[0].type == "function"


def test_forced_call_streamed(ask, text_model_id):
    chunks = list(ask(text_model_id, "What is the weather in San Francisco?", tool_choice=FORCED, stream=True))
    calls = [call for c in chunks if c.choices for call in c.choices[0].delta.tool_calls or []]
    # The tiny provider repeats the name in every piece.
    assert {call.function.name for call in calls if call.function.name} == {"get_weather"}
    assert "location" in json.loads("".join(call.function.arguments or "" for call in calls))


def test_no_tool_where_none_is_wanted(ask, text_model_id):
    message = ask(text_model_id, "What is the capital of France?", tool_choice="none").choices[0].message
    assert not message.tool_calls
    assert message.content


def test_result_goes_back_to_the_model(chat, text_model_id):
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"location": "San Francisco"}'}}
    answer = chat(
        text_model_id,
        "What is the weather in San Francisco?",
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    )
    assert answer.choices[0].message.content


def test_whole_round_trip(ask, chat, text_model_id):
    """The id that the model made up comes back in the next question."""
    question = "What is the weather in London?"
    message = ask(text_model_id, question, tool_choice=FORCED).choices[0].message
    call = message.tool_calls[0]
    said = {"role": "assistant", "content": "", "tool_calls": [{
        "id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}]}
    answer = chat(text_model_id, question, said, {"role": "tool", "tool_call_id": call.id, "content": "rainy"})
    assert answer.choices[0].message.content
