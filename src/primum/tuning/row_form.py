"""From one row of a file of demonstrations to a demonstration: known forms, and what is wrong.

| form | columns |
|---|---|
| preference | ``prompt``, ``chosen``, ``rejected`` |
| request | ``request``, ``response`` |
| items | ``request``, ``reference``, as ``primum generate`` writes them |
| instruction | ``instruction``, ``output``, and ``input`` where it is filled |
| completion | ``prompt``, ``completion`` |
| chat | ``messages``: one of the user, one of the assistant, a system message before them or none |

Besides them ``language``, ``kind`` (or ``intent``), ``guidelines``, ``licence`` are read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from primum.benchmarks.item_form import Row
from primum.core.errors import DataError, UnknownNameError, shorten
from primum.tuning.demonstration import KANA, KINDS, Demonstration, Kind


class _Form(NamedTuple):
    request: str
    response: str
    rejected: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in self if name)


_FORMS: Final = (
    _Form("prompt", "chosen", "rejected"),
    _Form("request", "response"),
    _Form("request", "reference"),
    _Form("instruction", "output"),
    _Form("prompt", "completion"),
    _Form("messages", ""),
)
FORMS_IN_WORDS: Final = (
    "“request” and “response”; “instruction” and “output”; “prompt”, “chosen” and “rejected”; "
    "“prompt” and “completion”; or “messages”"
)
_SUBTAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_MAIN_ROLES = ("user", "assistant")


@dataclass(slots=True)
class RowForm:
    """How the rows of one file become demonstrations; the first row shows the form."""

    path: Path
    source: str
    default_kind: Kind
    default_licence: str = ""
    notes: Counter[str] = field(default_factory=Counter)
    """What was passed over → in how many rows."""
    _form: _Form | None = None

    def demonstration(self, row: Row) -> Demonstration:
        """The demonstration that the row holds.

        Raises:
            DataError: a column is missing, empty or of the wrong kind.
        """
        request, response, rejected = self._texts(row)
        return Demonstration(
            request=request,
            response=response,
            kind=self._kind(row),
            source=self.source,
            language=self._language(row, request),
            rejected=rejected,
            stratum=self._stratum(row),
            licence=self._label(row, "licence") or self.default_licence,
            provenance=f"{self.path.name}:{row.place}",
        )

    def fault(self, row: Row, problem: str) -> DataError:
        """The error that names the file and the place of the row."""
        if row.kind == "line":
            return DataError(self.path, problem, line=row.place)
        return DataError(self.path, f"{row.kind} {row.place}: {problem}")

    def _texts(self, row: Row) -> tuple[str, str, str]:
        form = self._form_of(row)
        if form.request == "messages":
            return (*self._exchange(row), "")
        request = self._text(row, form.request, "user")
        if form.request == "instruction" and (more := self._label(row, "input")):
            request = f"{request}\n\n{more}"
        response = self._text(row, form.response, "assistant")
        rejected = self._text(row, form.rejected, "assistant") if form.rejected else ""
        if rejected and rejected == response:
            raise self.fault(
                row, "“chosen” and “rejected” are the same text; two answers were expected."
            )
        return request, response, rejected

    def _form_of(self, row: Row) -> _Form:
        if self._form is None:
            fitting = [form for form in _FORMS if all(name in row.values for name in form.columns)]
            if not fitting:
                raise self.fault(row, self._no_form(row))
            self._form = fitting[0]
        missing = [name for name in self._form.columns if name not in row.values]
        if missing:
            raise self.fault(
                row, f"no “{missing[0]}”, which the first row has. Found here: {_listed(row)}."
            )
        return self._form

    def _no_form(self, row: Row) -> str:
        asked = [form.request for form in _FORMS if form.request in row.values]
        if asked:
            problem = f"no answer stands beside “{asked[0]}”"
        else:
            problem = "no column for the request and its answer"
        return f"{problem}; found: {_listed(row)}. Expected: {FORMS_IN_WORDS}."

    def _text(self, row: Row, column: str, role: str) -> str:
        """The text of a cell, or of the one message of that role in a list of messages."""
        value = _opened(row.values.get(column))
        if isinstance(value, list):
            return self._message_of(row, column, value, role)
        return self._plain(row, column, value)

    def _plain(self, row: Row, column: str, value: Any) -> str:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise self.fault(row, f"“{column}” is empty; a text was expected.")
        if not isinstance(value, str):
            shown = f"{type(value).__name__} “{shorten(str(value))}”"
            raise self.fault(row, f"“{column}” holds {shown}; a text was expected.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.fault(row, f"“{column}” holds half of a surrogate pair, no text.") from None
        return value.strip()

    def _message_of(self, row: Row, column: str, value: list[Any], role: str) -> str:
        found = [each for each in self._messages(row, column, value) if each[0] == role]
        if len(found) != 1:
            raise self.fault(
                row,
                f"“{column}” holds {len(found)} messages of the {role}; one was expected, since "
                "conversations of several turns are not trained on.",
            )
        return found[0][1]

    def _exchange(self, row: Row) -> tuple[str, str]:
        value = _opened(row.values.get("messages"))
        if not isinstance(value, list):
            raise self.fault(row, "“messages” holds no list of messages; one was expected.")
        messages = self._messages(row, "messages", value)
        if [role for role, _ in messages] != list(_MAIN_ROLES):
            roles = ", ".join(role for role, _ in messages) or "none"
            raise self.fault(
                row,
                f"“messages” holds {roles}; one of the user and then one of the assistant were "
                "expected, since conversations of several turns are not trained on.",
            )
        return messages[0][1], messages[1][1]

    def _messages(self, row: Row, column: str, value: list[Any]) -> list[tuple[str, str]]:
        """Role and text of each message, a leading system message left out and noted."""
        messages: list[tuple[str, str]] = []
        for number, message in enumerate(value, start=1):
            if not isinstance(message, dict) or not isinstance(message.get("role"), str):
                raise self.fault(
                    row, f"“{column}” {number} is no message with “role” and “content”."
                )
            if number == 1 and message["role"] == "system":
                self.notes["a system message, which is not trained on"] += 1
                continue
            text = self._plain(row, f"{column} {number} content", message.get("content"))
            messages.append((shorten(message["role"], 20), text))
        return messages

    def _kind(self, row: Row) -> Kind:
        stated = self._label(row, "kind") or self._label(row, "intent")
        if not stated:
            return self.default_kind
        for kind in KINDS:
            if stated == kind:
                return kind
        raise self.fault(row, str(UnknownNameError("kind of demonstration", stated, KINDS)))

    def _language(self, row: Row, request: str) -> str:
        """As stated; else Japanese where the request holds kana, and English."""
        stated = self._label(row, "language")
        if not stated:
            return "ja" if KANA.search(request) else "en"
        if not _SUBTAG.fullmatch(stated):
            raise self.fault(
                row,
                f"the language “{shorten(stated)}” is no language code; one such as “en” or “ja” "
                "was expected.",
            )
        return stated

    def _stratum(self, row: Row) -> str:
        """The first guideline, or the topic."""
        guidelines = _opened(row.values.get("guidelines"))
        if isinstance(guidelines, list) and guidelines:
            return str(guidelines[0])
        if isinstance(guidelines, str) and guidelines.strip():
            return re.split("[;,]", guidelines)[0].strip()
        return self._label(row, "topic")

    def _label(self, row: Row, column: str) -> str:
        value = row.values.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        return self._plain(row, column, value)


def _opened(value: Any) -> Any:
    """A JSON list that a CSV cell holds as text; every other value as it is."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            opened = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
        return opened if isinstance(opened, list) else value
    return value


def _listed(row: Row) -> str:
    names = [f"“{shorten(name, 30)}”" for name in row.values]
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "") if names else "nothing"
