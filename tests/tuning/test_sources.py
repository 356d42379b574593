"""Sources: every form is read to the same demonstrations, and a wrong file is one sentence."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.tuning.demonstration_support import needs_real_data, rows, write_lines

from primum.benchmarks.medsafetybench import FOLDER_VARIABLE
from primum.benchmarks.published_file import PublishedFile
from primum.core.errors import DataError, UnknownNameError, UserError
from primum.core.item import Item
from primum.generation.benchmark_folder import item_row
from primum.tuning import published_splits, sources
from primum.tuning.demonstration import Demonstration
from primum.tuning.sources import known_sources, open_source, read_source

ASKED, ANSWERED, WORSE = "How do I fold a kite?", "Start with a square.", "I will not say."


def pairs_of(found: list[Demonstration]) -> list[tuple[str, str, str]]:
    return [(each.request, each.response, each.rejected) for each in found]


# Forms


def test_a_fingerprint_is_that_of_an_item_with_the_same_request() -> None:
    item = Item((ASKED,), "en", "general", "harmful", (), "test")
    same = Demonstration("how do i FOLD a kite", "x", "benign", "other", "ja")

    assert same.fingerprint == item.fingerprint


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"request": ASKED, "response": ANSWERED}, (ASKED, ANSWERED, "")),
        ({"request": ASKED, "reference": ANSWERED}, (ASKED, ANSWERED, "")),
        ({"instruction": ASKED, "output": ANSWERED, "input": ""}, (ASKED, ANSWERED, "")),
        (
            {"instruction": ASKED, "output": ANSWERED, "input": "a red one"},
            (f"{ASKED}\n\na red one", ANSWERED, ""),
        ),
        ({"prompt": ASKED, "completion": ANSWERED}, (ASKED, ANSWERED, "")),
        ({"prompt": ASKED, "chosen": ANSWERED, "rejected": WORSE}, (ASKED, ANSWERED, WORSE)),
        (
            {
                "prompt": [{"role": "user", "content": ASKED}],
                "chosen": [{"role": "assistant", "content": ANSWERED}],
                "rejected": [{"role": "assistant", "content": WORSE}],
            },
            (ASKED, ANSWERED, WORSE),
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": f" {ASKED}\n"},
                    {"role": "assistant", "content": ANSWERED},
                ]
            },
            (ASKED, ANSWERED, ""),
        ),
    ],
)
@pytest.mark.parametrize("ending", [".jsonl", ".json"])
def test_every_form_gives_the_same_demonstration(
    tmp_path: Path, ending: str, row: dict[str, object], expected: tuple[str, str, str]
) -> None:
    path = tmp_path / f"ours{ending}"
    path.write_text(json.dumps(row if ending == ".jsonl" else [row]), encoding="utf-8")

    assert pairs_of(read_source(str(path))) == [expected]


def test_a_csv_file_may_hold_messages_as_json(tmp_path: Path) -> None:
    messages = json.dumps(
        [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWERED}]
    )
    path = tmp_path / "ours.csv"
    path.write_text('messages,language\n"{}",ja\n'.format(messages.replace('"', '""')), "utf-8")

    (found,) = read_source(str(path))

    assert (found.request, found.response, found.language) == (ASKED, ANSWERED, "ja")
    assert (found.source, found.provenance) == ("ours.csv", "ours.csv:2")


def test_a_system_message_is_left_out_and_said(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": ANSWERED},
    ]
    path = write_lines(tmp_path / "chat.jsonl", [{"messages": messages}])

    source = open_source(str(path))

    assert source.demonstrations[0].request == ASKED
    assert source.notes == ("chat.jsonl: 1 row with a system message, which is not trained on",)


def test_labels_are_read_and_the_language_is_seen_where_it_is_not_stated(tmp_path: Path) -> None:
    first = {"request": "凧はどう折りますか。", "response": "四角から始めます。"}
    second = {"request": ASKED, "response": ANSWERED, "intent": "benign", "licence": "CC0-1.0"}
    third = {"request": "Wie?", "response": "So.", "language": "de", "guidelines": ["a/1", "a/2"]}
    fourth = {"request": "Why?", "response": "So.", "topic": 7}
    path = write_lines(tmp_path / "ours.jsonl", [first, second, third, fourth])

    source = open_source(str(path))

    assert [each.language for each in source.demonstrations] == ["ja", "en", "de", "en"]
    assert [each.kind == "benign" for each in source.demonstrations] == [False, True, False, False]
    assert [each.stratum for each in source.demonstrations] == ["", "", "a/1", "7"]
    assert source.licence == "CC0-1.0"


def test_the_kind_is_the_asked_one_where_no_row_states_it(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "ours.jsonl", rows([1, 2]))

    source = open_source(str(path), kind="benign")

    assert {each.kind for each in source.demonstrations} == {"benign"}


# Wrong files


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b'{"request": "A?"}\n', "line 1: no answer stands beside “request”; found"),
        ("a.csv", b"instruction,input\nA?,b\n", "line 2: no answer stands beside “instruction”"),
        ("a.csv", b"question,reply\nA?,b\n", "line 2: no column for the request and its answer"),
        ("a.jsonl", b'{"request": "A?", "response": " "}\n', "line 1: “response” is empty; a text"),
        ("a.csv", b"request,response\nA?,b\nB?,\n", "line 3: “response” is empty; a text was"),
        ("a.jsonl", b'{"request": "A?", "response": 3}\n', "line 1: “response” holds int “3”"),
        ("a.jsonl", b'{"request": "A?"\n', "line 1: not valid JSON"),
        ("a.json", b'[{"request": "A?", "response": "b"},]', "not valid JSON"),
        ("a.jsonl", "request\u3042".encode("utf-16"), "looks like UTF-16. Save it as UTF-8"),
        ("a.csv", "request,response\n凧の折り方,四角\n".encode("cp932"), "Shift-JIS"),
        ("a.jsonl", b"", "the file holds no demonstrations."),
        ("a.txt", b"A?", "the ending is not known; expected one of"),
        (
            "a.jsonl",
            b'{"request": "A?", "response": "b"}\n{"prompt": "A?", "completion": "b"}\n',
            "line 2: no “request”, which the first row has. Found here: “prompt”, “completion”",
        ),
        (
            "a.jsonl",
            b'{"request": "A?", "response": "b"}\n{"request": "A?", "response": "b"}\n',
            "line 2: the same request and answer as in line 1",
        ),
        (
            "a.jsonl",
            b'{"prompt": "A?", "chosen": "b", "rejected": "b"}\n',
            "line 1: “chosen” and “rejected” are the same text",
        ),
        (
            "a.jsonl",
            b'{"request": "A?", "response": "b", "kind": "harmfull"}\n',
            "line 1: Unknown kind of demonstration “harmfull”. Did you mean “harmful”",
        ),
        (
            "a.jsonl",
            b'{"request": "A?", "response": "b", "language": "Japanese"}\n',
            "line 1: the language “Japanese” is no language code",
        ),
        (
            "a.jsonl",
            b'{"messages": [{"role": "user", "content": "A?"}]}\n',
            "line 1: “messages” holds user; one of the user and then one of the assistant",
        ),
        ("a.jsonl", b'{"messages": "A?"}\n', "line 1: “messages” holds no list of messages"),
        ("a.jsonl", b'{"messages": ["A?"]}\n', "line 1: “messages” 1 is no message with “role”"),
        ("a.jsonl", b'{"request": "\\ud800", "response": "b"}\n', "line 1"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_its_place(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_source(str(path))

    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_conversation_of_several_turns_is_refused_in_a_sentence(tmp_path: Path) -> None:
    turn = [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "b"}]
    path = write_lines(tmp_path / "a.jsonl", [{"messages": turn * 2}])

    with pytest.raises(DataError, match="user, assistant, user, assistant; one of the user"):
        read_source(str(path))


def test_a_missing_file_and_an_unknown_name_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_source(str(tmp_path / "none.jsonl"))
    with pytest.raises(UnknownNameError, match="Did you mean “benign”"):
        read_source("benigne")
    with pytest.raises(UnknownNameError, match="training split of medsafetybench “ft-gen-n950”"):
        read_source("medsafetybench:ft-gen-n950")


# A generated benchmark


def item(text: str, reference: str = "", licence: str = "") -> Item:
    return Item(
        (text,),
        "en",
        "patient",
        "harmful",
        ("patient-safety/a",),
        "writer",
        reference=reference,
        licence=licence,
    )


def test_a_generated_folder_gives_its_single_requests_that_have_safe_responses(
    tmp_path: Path,
) -> None:
    several = Item(("A?", "B?"), "en", "general", "harmful", (), "writer", reference=ANSWERED)
    items = [
        item(ASKED, reference=ANSWERED, licence="CC0-1.0"),
        item("How do I mend a raft?"),
        several,
    ]
    write_lines(tmp_path / "items.jsonl", map(item_row, items))

    source = open_source(str(tmp_path))

    (found,) = source.demonstrations
    assert (found.request, found.response, found.kind) == (ASKED, ANSWERED, "harmful")
    assert (found.stratum, found.licence) == ("patient-safety/a", "CC0-1.0")
    assert source.notes == (
        f"{tmp_path.name}: 1 row with no safe response",
        f"{tmp_path.name}: 1 row with a conversation of several turns",
    )


def test_a_generated_folder_without_safe_responses_names_the_stage(tmp_path: Path) -> None:
    write_lines(tmp_path / "items.jsonl", [item_row(item(ASKED))])

    with pytest.raises(DataError, match="none of its 1 items is a single request with a safe"):
        read_source(str(tmp_path))


def test_a_folder_without_items_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the folder holds no items\.jsonl"):
        read_source(str(tmp_path))


# MedSafetyBench


@pytest.fixture
def stand_in_split(monkeypatch: pytest.MonkeyPatch) -> PublishedFile:
    """A split of two harmless rows in the published form instead of ``ft-gen-n100``."""
    data = split_data(2)
    file = PublishedFile(
        path="datasets/train-splits-used-for-ft/gen_safety/ft_safety_gen_n100.json",
        split="ft-gen-n100",
        source="gen",
        category=0,
        rows=2,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    for module in (published_splits, sources):
        monkeypatch.setattr(module, "published_splits", lambda: {"ft-gen-n100": file})
    return file


def split_data(count: int) -> bytes:
    entries = [
        {"instruction": row["request"], "output": row["response"], "input": ""}
        for row in rows(range(count))
    ]
    return json.dumps(entries).encode()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A web server's address and its folder; an empty cache."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Nothing."""


def test_a_published_split_is_read_from_the_folder_if_it_is_there(
    tmp_path: Path, stand_in_split: PublishedFile
) -> None:
    path = tmp_path / stand_in_split.path
    path.parent.mkdir(parents=True)
    path.write_bytes(split_data(2))

    source = open_source("medsafetybench:ft-gen-n100", data=[f"medsafetybench={tmp_path}"])

    assert len(source.demonstrations) == 2
    assert (source.licence, source.name) == ("MIT", "medsafetybench:ft-gen-n100")
    assert source.terms.startswith("Contains harmful requests.")


def test_a_split_that_is_cut_short_is_refused(
    tmp_path: Path, stand_in_split: PublishedFile
) -> None:
    path = tmp_path / stand_in_split.path
    path.parent.mkdir(parents=True)
    path.write_bytes(split_data(1))

    with pytest.raises(DataError, match="1 demonstrations found, 2 expected, as published at"):
        read_source("medsafetybench:ft-gen-n100", data=[str(tmp_path)])


def test_a_split_that_the_folder_lacks_is_fetched_once_and_checked(
    host: tuple[str, Path], stand_in_split: PublishedFile
) -> None:
    url, folder = host
    served = folder / stand_in_split.path
    served.parent.mkdir(parents=True)
    served.write_bytes(split_data(2))

    first = published_splits.read_split("ft-gen-n100", "here", folder / "none", base_url=url)
    served.unlink()
    second = published_splits.read_split("ft-gen-n100", "here", None, base_url=url)

    assert first == second
    assert len(first) == 2


def test_a_split_that_cannot_be_had_is_one_sentence(
    host: tuple[str, Path], stand_in_split: PublishedFile
) -> None:
    url, _ = host

    with pytest.raises(UserError, match=r"could not be downloaded.*HTTP 404.*PRIMUM_MEDSAFETY"):
        published_splits.read_split("ft-gen-n100", "here", None, base_url=url)


def test_thirty_six_splits_are_published() -> None:
    found = published_splits.published_splits()

    assert len(found) == 36
    assert sum(f"medsafetybench:{name}" in known_sources() for name in found) == 36
    assert all(file.rows == int(name.rpartition("-n")[2]) for name, file in found.items())


@pytest.mark.medsafetybench
@needs_real_data
def test_the_training_split_and_its_halves() -> None:
    both = read_source("medsafetybench")
    gpt4 = read_source("medsafetybench:gpt4")
    llama2 = read_source("medsafetybench:llama2")

    assert (len(both), len(gpt4), len(llama2)) == (900, 450, 450)
    assert pairs_of(both) == pairs_of(gpt4) + pairs_of(llama2)
    assert len({each.stratum for each in both}) == 18
    assert all(each.response and each.kind == "harmful" for each in both)
