"""The ledger on a real SQLite file, its failures included."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.engine.support import item

from primum.core.digest import call_key, digest
from primum.core.errors import UnknownNameError, UserError, WorkspaceError
from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import Response
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.maintenance import check, compact, delete_run
from primum.ledger.reading import read_columns
from primum.ledger.record import JudgementKey
from primum.ledger.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.fixture
def ledger(workspace: Workspace) -> Iterator[Ledger]:
    with open_ledger(workspace) as opened:
        yield opened


def key(name: str) -> bytes:
    return call_key(digest("subject"), digest(name), 0)


def put(ledger: Ledger, name: str, response: Response) -> bytes:
    ledger.put_call(key(name), digest("subject"), 0, response)
    return key(name)


def run_of(ledger: Ledger, items: list[Item]) -> str:
    return ledger.begin_run({"items": [i.id for i in items]}, {}, items).id


def test_a_call_comes_back_as_it_went_in(workspace: Workspace) -> None:
    response = Response(
        "truncated", "答え\u2028🙂", "length", 5, 7, 3, 0.25, 2, "m-1", "fp", "", b'{"a": 1}'
    )
    with open_ledger(workspace) as ledger:
        put(ledger, "a", response)

    with read_ledger(workspace) as ledger:
        found = ledger.find_calls([key("a"), key("b")])

    assert list(found) == [key("a")]
    assert found[key("a")].text == "答え\u2028🙂"
    assert found[key("a")].cached_tokens == 3
    assert found[key("a")].system_fingerprint == "fp"


def test_a_call_is_found_before_it_is_committed(ledger: Ledger) -> None:
    put(ledger, "a", Response("ok", "now"))

    assert ledger.find_calls([key("a")])[key("a")].text == "now"


def test_the_first_answer_stands_and_a_transport_error_gives_way(ledger: Ledger) -> None:
    put(ledger, "paid", Response("ok", "first"))
    put(ledger, "down", Response("transport_error", error="no route"))
    ledger.flush()

    put(ledger, "paid", Response("ok", "second"))
    put(ledger, "down", Response("ok", "answered"))
    ledger.flush()

    found = ledger.find_calls([key("paid"), key("down")])
    assert found[key("paid")].text == "first"
    assert found[key("down")].text == "answered"


def test_text_that_databases_refuse_is_stored_visibly(ledger: Ledger) -> None:
    put(ledger, "a", Response("ok", "nul \x00 and a lone surrogate \ud800"))
    ledger.flush()

    assert ledger.find_calls([key("a")])[key("a")].text == "nul � and a lone surrogate ?"


def test_thousands_of_keys_are_found(ledger: Ledger) -> None:
    names = [str(n) for n in range(3000)]
    for name in names:
        put(ledger, name, Response("ok", name))
    ledger.flush()

    found = ledger.find_calls([key(name) for name in [*names, "absent"]])

    assert len(found) == 3000
    assert found[key("2999")].text == "2999"


def test_a_failed_verdict_gives_way_and_a_score_stands(ledger: Ledger) -> None:
    call = put(ledger, "a", Response("ok", "x"))
    row = JudgementKey(bytes.fromhex(item(1).id), call, digest("judge"), 0)
    ledger.put_judgement(row, Verdict("missing", reason="judge was down"), None)
    ledger.flush()
    ledger.put_judgement(row, Verdict("scored", 4.0), None)
    ledger.flush()
    ledger.put_judgement(row, Verdict("scored", 1.0), None)
    ledger.flush()

    found = ledger.find_judgements([(row.item, row.call)], [row.judge])

    assert found[row].value == 4.0


def test_the_same_spec_is_the_same_run(ledger: Ledger) -> None:
    items = [item(1), item(2)]

    first, second = run_of(ledger, items), run_of(ledger, items)

    assert first == second
    assert [run.id for run in ledger.runs()] == [first]
    assert list(ledger.run_items(first)) == items


def test_items_stream_in_order_in_small_batches(ledger: Ledger) -> None:
    items = [item(n) for n in range(25)]
    run = run_of(ledger, items)

    assert [i.name for i in ledger.run_items(run, batch=4)] == [i.name for i in items]


def test_planned_turns_that_were_never_made_have_rows(ledger: Ledger) -> None:
    run = run_of(ledger, [item(1, turns=2), item(2)])

    columns = read_columns(ledger, run, repeats=2, judges={"j": digest("j")})

    assert columns.item == [0, 0, 0, 0, 1, 1]
    assert columns.turn == [0, 1, 0, 1, 0, 0]
    assert columns.outcome == [""] * 6
    assert columns.verdicts["j"].row == []


def test_runs_are_found_by_prefix_and_near_misses_are_named(ledger: Ledger) -> None:
    run = run_of(ledger, [item(1)])

    assert ledger.run(run[:4]).id == run
    assert ledger.run("latest").id == run
    with pytest.raises(UnknownNameError, match=f"Did you mean “{run}”"):
        ledger.run(run[:-1] + "x")


def test_an_empty_workspace_says_how_to_make_a_run(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="holds no run yet.*primum evaluate"):
        ledger.run("latest")


def test_a_second_process_is_told_who_holds_the_workspace(workspace: Workspace) -> None:
    script = (
        "import sys,time; from pathlib import Path\n"
        "from primum.ledger.workspace import Workspace\n"
        "from primum.ledger.ledger import open_ledger\n"
        "with open_ledger(Workspace(Path(sys.argv[1]))):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.folder)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline().strip() == "held"
    try:
        with pytest.raises(WorkspaceError, match=f"held by process {other.pid}.*--wait"):
            open_ledger(workspace).__enter__()
        with read_ledger(workspace) as reader:
            assert reader.runs() == []
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    with open_ledger(workspace, wait_seconds=5) as ledger:
        assert check(ledger).problems == ()


def test_a_killed_writer_loses_nothing_that_was_committed(workspace: Workspace) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from primum.core.digest import call_key, digest\n"
        "from primum.core.response import Response\n"
        "from primum.ledger.workspace import Workspace\n"
        "from primum.ledger.ledger import open_ledger\n"
        "import time\n"
        "with open_ledger(Workspace(Path(sys.argv[1]))) as ledger:\n"
        "    for n in range(10**6):\n"
        "        k = call_key(digest('subject'), digest(str(n)), 0)\n"
        "        ledger.put_call(k, digest('subject'), 0, Response('ok', str(n)))\n"
        "        if n % 100 == 99: ledger.flush(); print(n, flush=True)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.folder)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    last = 0
    while last < 2000:
        last = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    last = max([last, *(int(line) for line in writer.stdout)])
    writer.wait()

    with open_ledger(workspace) as ledger:
        found = ledger.find_calls([key(str(n)) for n in range(last + 1)])
        assert len(found) == last + 1
        assert check(ledger).problems == ()


def test_a_full_disk_is_one_clear_sentence_and_what_was_written_stays(
    workspace: Workspace,
) -> None:
    with open_ledger(workspace) as ledger:
        put(ledger, "before", Response("ok", "kept"))
        ledger.flush()
    with (
        pytest.raises(WorkspaceError, match="no space is left.*same command"),
        open_ledger(workspace) as ledger,
    ):
        from sqlalchemy import event

        @event.listens_for(ledger.engine, "begin")
        def _limit(connection: object) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 30")  # type: ignore[attr-defined]

        for n in range(200):
            put(ledger, str(n), Response("ok", str(n) * 2000))
            time.sleep(0.001)
        ledger.flush()
    with read_ledger(workspace) as ledger:
        assert ledger.find_calls([key("before")])[key("before")].text == "kept"


def test_a_read_only_workspace_can_be_read_and_says_so_when_written(workspace: Workspace) -> None:
    with open_ledger(workspace) as ledger:
        run = run_of(ledger, [item(1)])
    with read_ledger(workspace) as ledger:
        assert ledger.run("latest").id == run
        with pytest.raises(WorkspaceError, match="read-only"):
            put(ledger, "a", Response("ok", "x"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_named(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    workspace.folder.chmod(0o500)
    with pytest.raises(WorkspaceError, match="read-only.*--workspace"):
        open_ledger(workspace).__enter__()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match=r"cannot be made.*--workspace"):
        open_ledger(Workspace(tmp_path / "file" / "work")).__enter__()


def test_a_foreign_file_is_refused(workspace: Workspace) -> None:
    workspace.create()
    workspace.ledger.write_text("not a database at all, but long enough to be read as one" * 50)

    with pytest.raises(WorkspaceError, match="not a Primum ledger"):
        open_ledger(workspace).__enter__()


def test_a_ledger_of_a_newer_primum_is_refused(workspace: Workspace) -> None:
    with open_ledger(workspace) as ledger, ledger.engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value='999' WHERE name='schema_version'"))

    with pytest.raises(WorkspaceError, match="ledger schema 999.*Update Primum"):
        open_ledger(workspace).__enter__()


def test_a_missing_ledger_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="There is no ledger.*primum evaluate"):
        read_ledger(Workspace(tmp_path)).__enter__()


def test_check_finds_what_was_tampered_with(workspace: Workspace) -> None:
    with open_ledger(workspace) as ledger:
        run = run_of(ledger, [item(1)])
        call = put(ledger, "a", Response("ok", "x", raw=b"body"))
        ledger.put_turn(run, bytes.fromhex(item(1).id), 0, 0, call)
        ledger.flush()
        assert check(ledger).problems == ()
        with ledger.engine.begin() as connection:
            connection.execute(text("UPDATE calls SET raw = x'00ff'"))
            spec = json.dumps({"items": ["other"]})
            connection.execute(text("UPDATE runs SET spec = :s"), {"s": spec})
            connection.execute(text("UPDATE turns SET call = x'00'"))

        problems = " ".join(check(ledger).problems)

    assert "raw body" in problems
    assert "spec of" in problems
    assert "call that is not there" in problems


def test_a_deleted_run_is_forgotten_and_compact_frees_what_only_it_used(ledger: Ledger) -> None:
    both, only = put(ledger, "both", Response("ok", "x")), put(ledger, "only", Response("ok", "y"))
    first, second = run_of(ledger, [item(1)]), run_of(ledger, [item(1), item(2)])
    ledger.put_turn(first, bytes.fromhex(item(1).id), 0, 0, both)
    ledger.put_turn(second, bytes.fromhex(item(1).id), 0, 0, both)
    ledger.put_turn(second, bytes.fromhex(item(2).id), 0, 0, only)
    row = JudgementKey(bytes.fromhex(item(2).id), only, digest("judge"), 0)
    ledger.put_judgement(row, Verdict("scored", 1.0), None)
    ledger.flush()

    delete_run(ledger, second)
    assert set(ledger.find_calls([both, only])) == {both, only}
    removed = compact(ledger)

    assert (removed.calls, removed.judgements, removed.items) == (1, 1, 1)
    assert set(ledger.find_calls([both, only])) == {both}
    assert [run.id for run in ledger.runs()] == [first]
    assert check(ledger).problems == ()
