"""/v1/files: no provider is asked for any of this."""

import openai
import pytest


def test_upload_tells_what_it_kept(upload):
    file = upload("one\ntwo\n", name="numbers.txt", purpose="assistants")
    assert (file.object, file.filename, file.purpose, file.bytes) == ("file", "numbers.txt", "assistants", 8)
    assert file.id.startswith("file-")


def test_content_comes_back_as_it_was(upload, openai_client):
    data = bytes(range(256))
    assert openai_client.files.content(upload(data, name="bytes.bin", purpose="assistants").id).content == data


def test_retrieve(upload, openai_client):
    file = upload("one\n")
    assert openai_client.files.retrieve(file.id).model_dump() == file.model_dump()


def test_list_has_it(upload, openai_client):
    file = upload("one\n")
    assert file.id in [f.id for f in openai_client.files.list()]


def test_list_by_purpose(upload, openai_client):
    batch, other = upload("one\n"), upload("two\n", name="two.txt", purpose="assistants")
    ids = [f.id for f in openai_client.files.list(purpose="batch")]
    assert batch.id in ids
    assert other.id not in ids


def test_list_in_pages(upload, openai_client):
    mine = [upload(f"{n}\n") for n in range(3)]
    assert len(openai_client.files.list(limit=2).data) == 2
    # After one that no other test deletes. Not that pages leave nothing out: both servers do, of files of the same second.
    page = openai_client.files.list(limit=2, after=mine[1].id).data
    assert len(page) <= 2
    assert mine[1].id not in [f.id for f in page]


def test_delete(upload, openai_client):
    file = upload("one\n")
    assert openai_client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        openai_client.files.retrieve(file.id)


def test_unknown_file_is_not_found(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.files.retrieve("file-0000")


def test_llama_stack_client_sees_it(upload, stack_client):
    assert stack_client.files.retrieve(upload("one\n").id).filename == "lines.jsonl"


@pytest.mark.upstream("ogx", "puts `_` for all but ASCII letters and digits")
@pytest.mark.parametrize("name", ["ärger.txt", "two words.txt"])
def test_names_are_kept(upload, name):
    assert upload("one\n", name=name, purpose="assistants").filename == name
