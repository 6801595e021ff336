"""/v1/conversations."""

import openai
import pytest

pytestmark = pytest.mark.serves("post", "/v1/conversations")


@pytest.fixture
def conversation(openai_client):
    made = openai_client.conversations.create(metadata={"topic": "planets"})
    yield made
    openai_client.conversations.delete(made.id)


def say(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def test_is_kept(conversation, openai_client):
    found = openai_client.conversations.retrieve(conversation.id)
    assert (found.id, found.object, found.metadata) == (conversation.id, "conversation", {"topic": "planets"})


def test_metadata_can_be_changed(conversation, openai_client):
    assert openai_client.conversations.update(conversation.id, metadata={"topic": "cities"}).metadata == {"topic": "cities"}


def test_items_are_added(conversation, openai_client):
    openai_client.conversations.items.create(conversation.id, items=[say("Hello."), say("Are you there?")])
    items = list(openai_client.conversations.items.list(conversation.id, order="asc"))
    assert [item.content[0].text for item in items] == ["Hello.", "Are you there?"]


def test_item_can_be_fetched_and_deleted(conversation, openai_client):
    item = openai_client.conversations.items.create(conversation.id, items=[say("Hello.")]).data[0]
    assert openai_client.conversations.items.retrieve(item.id, conversation_id=conversation.id).id == item.id
    openai_client.conversations.items.delete(item.id, conversation_id=conversation.id)
    assert list(openai_client.conversations.items.list(conversation.id)) == []


def test_response_joins_it(conversation, openai_client, text_model_id):
    answer = openai_client.responses.create(
        model=text_model_id, input="Which planet has rings around it?", conversation=conversation.id, temperature=0)
    assert answer.output_text
    roles = [item.role for item in openai_client.conversations.items.list(conversation.id, order="asc")]
    assert roles == ["user", "assistant"]


def test_second_turn_has_the_first(conversation, openai_client, text_model_id):
    for text in ("My name is Anna.", "What is my name?"):
        openai_client.responses.create(model=text_model_id, input=text, conversation=conversation.id, temperature=0)
    assert len(list(openai_client.conversations.items.list(conversation.id))) == 4


@pytest.mark.upstream("llama-stack", "answers 400 for what it does not have")
def test_deleted_is_gone(openai_client):
    made = openai_client.conversations.create()
    assert openai_client.conversations.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        openai_client.conversations.retrieve(made.id)
