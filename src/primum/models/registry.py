"""From the name that a user types to the model that answers.

    model = resolve("embedded")
    model = resolve("openai/gpt-4.1")
    model = resolve("answers:ward-7.csv@Dr A")
    model = resolve("llama-70b", base_url="http://gpu-1:8000/v1")

Other packages add kinds by the same door, through an entry point of the group ``primum.models``
that names a module with::

    @register("oracle", form="oracle:NAME", summary="asks the oracle")
    def oracle(spec: ModelSpec) -> ChatModel: ...
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal

from primum.core.errors import UnknownNameError, UserError, shorten
from primum.models.cache import Progress
from primum.models.chat_model import ChatModel
from primum.models.embedded import EmbeddedModel
from primum.models.endpoint import HttpModel
from primum.models.hub import HubFile
from primum.models.local import LocalModel
from primum.models.local_source import open_source
from primum.models.provider import CUSTOM, provider_named, providers
from primum.models.recorded import RecordedAnswers
from primum.models.scripted import ScriptedModel
from primum.models.weights import FileWeights, HubWeights

ENTRY_POINT_GROUP = "primum.models"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What the user named, taken apart, and the options that go with it."""

    text: str
    """As the user typed it: the model's name."""
    argument: str
    """What stands after ``kind:``; empty if nothing does."""
    slots: int | None = None
    context_tokens: int | None = None
    progress: Progress | None = None
    """Told about downloads."""


Factory = Callable[[ModelSpec], ChatModel]


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered way to make a model."""

    name: str
    form: str
    """What a user types, for example ``answers:FILE[@RESPONDENT]``."""
    summary: str
    factory: Factory
    needs_argument: bool = True


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One line of ``primum models list``."""

    name: str
    form: str
    summary: str
    kind: Literal["local", "file", "provider"]
    key_variable: str = ""
    """Name of the environment variable; empty where no key is used."""
    is_key_required: bool = False
    is_key_set: bool = False
    """Whether the variable holds something; never what."""


_KINDS: dict[str, Kind] = {}


def register(
    name: str, *, form: str, summary: str, needs_argument: bool = True
) -> Callable[[Factory], Factory]:
    """A decorator that makes ``name:ARGUMENT`` known as a model.

    Raises:
        ValueError: the name is taken.
    """

    def keep(factory: Factory) -> Factory:
        if name in _KINDS:
            raise ValueError(f"the model kind “{name}” is registered already")
        _KINDS[name] = Kind(name, form, summary, factory, needs_argument)
        return factory

    return keep


def resolve(
    spec: str,
    *,
    base_url: str | None = None,
    api_key_variable: str | None = None,
    timeout_seconds: float = 300.0,
    max_concurrency: int | None = None,
    slots: int | None = None,
    context_tokens: int | None = None,
    progress: Progress | None = None,
) -> ChatModel:
    """The model of that name; nothing is started, and no network is used but for ``hub:`` files.

    Args:
        spec: ``embedded``, ``kind:ARGUMENT``, ``provider/model``, or any name with ``base_url``.
        base_url: another address; a known provider before the slash keeps its conventions, and
            ``custom/NAME`` keeps a name whole that begins like a provider's.
        api_key_variable: the environment variable that holds the key.
        timeout_seconds: for one attempt at an endpoint.
        max_concurrency: calls in flight at most.
        slots: conversations at once of a model on this machine.
        context_tokens: context of each slot of a model on this machine.
        progress: told about downloads of weights.

    Raises:
        UserError: the name is not known (near misses are named), or its file is not usable.
    """
    name = spec.strip()
    kind, _, argument = name.partition(":")
    if base_url is None and "/" not in kind and (found := _kind(kind)):
        if found.needs_argument and not argument:
            raise UserError(f"“{shorten(name)}” is not whole. The form is {found.form}.")
        return found.factory(ModelSpec(name, argument, slots, context_tokens, progress))
    provider, model = _provider_and_model(name, base_url)
    return HttpModel(
        name,
        model,
        provider_named(provider),
        base_url=base_url,
        api_key_variable=api_key_variable,
        timeout_seconds=timeout_seconds,
        max_concurrency=max_concurrency,
    )


def describe() -> list[ModelEntry]:
    """All kinds and providers, for people to choose from."""
    _load_extensions()
    files = ("answers", "scripted")
    kinds = [
        ModelEntry(kind.name, kind.form, kind.summary, "file" if kind.name in files else "local")
        for kind in _KINDS.values()
    ]
    return kinds + [
        ModelEntry(
            provider.id,
            f"{provider.id}/MODEL",
            provider.title,
            "provider",
            provider.key_variable,
            provider.key_required,
            bool(os.environ.get(provider.key_variable, "").strip()),
        )
        for provider in providers().values()
    ]


def _kind(name: str) -> Kind | None:
    if name not in _KINDS and name not in providers():
        _load_extensions()
    return _KINDS.get(name)


@cache
def _load_extensions() -> None:
    for extension in entry_points(group=ENTRY_POINT_GROUP):
        extension.load()


def _provider_and_model(name: str, base_url: str | None) -> tuple[str, str]:
    """Provider id and the model's name there.

    Raises:
        UserError: neither can be told from the name.
    """
    provider, slash, model = name.partition("/")
    if slash and model and (provider in providers()):
        return provider, model
    if base_url is not None and name:
        return CUSTOM, name
    if slash and model and not name.endswith(".gguf"):
        raise UnknownNameError(
            "model provider", provider, set(providers()) - {CUSTOM}, _hint_for(name)
        )
    known = {*_KINDS, *providers()} - {CUSTOM}
    raise UnknownNameError("model", name.partition(":")[0], known, _hint_for(name))


def _hint_for(name: str) -> str:
    if name.endswith(".gguf"):
        return f"A model file is named as embedded:{shorten(name, 120)}."
    return (
        "A provider's model is named as provider/model, for example openai/gpt-4.1; any other "
        "endpoint by --base-url. “primum models list” shows all."
    )


@register(
    "embedded",
    form="embedded or embedded:PATH.gguf",
    summary="SmolLM2-135M-Instruct, or any GGUF file, in llama.cpp on this machine",
    needs_argument=False,
)
def _embedded(spec: ModelSpec) -> ChatModel:
    if spec.argument:
        return _gguf(spec)
    return EmbeddedModel(
        name=spec.text,
        slots=spec.slots,
        context_tokens=spec.context_tokens,
        progress=spec.progress,
    )


@register("gguf", form="gguf:PATH.gguf", summary="a GGUF file in llama.cpp on this machine")
def _gguf(spec: ModelSpec) -> ChatModel:
    weights = FileWeights(Path(spec.argument).expanduser())
    weights.path()
    return EmbeddedModel(
        weights, name=spec.text, slots=spec.slots, context_tokens=spec.context_tokens
    )


@register(
    "hub",
    form="hub:OWNER/REPO/FILE.gguf[@REVISION]",
    summary="a GGUF file of the Hugging Face hub, in llama.cpp on this machine",
)
def _hub(spec: ModelSpec) -> ChatModel:
    weights = HubWeights(HubFile.parse(spec.argument), spec.progress)
    return EmbeddedModel(
        weights,
        name=spec.text,
        slots=spec.slots,
        context_tokens=spec.context_tokens,
        progress=spec.progress,
    )


@register(
    "hf",
    form="hf:FOLDER, hf:OWNER/NAME[@REVISION], hf:FILE.gguf or hf:embedded",
    summary="a Hugging Face model in this process (extra “local”: torch, transformers)",
)
def _local(spec: ModelSpec) -> ChatModel:
    source = open_source(spec.argument, spec.progress)
    return LocalModel(source, name=spec.text, batch_size=spec.slots)


@register(
    "answers",
    form="answers:FILE[@RESPONDENT]",
    summary="answers recorded elsewhere, in a JSONL or CSV file",
)
def _answers(spec: ModelSpec) -> ChatModel:
    whole = Path(spec.argument).expanduser()
    if whole.is_file() or "@" not in spec.argument:
        return RecordedAnswers(whole, name=spec.text)
    file, _, respondent = spec.argument.rpartition("@")
    return RecordedAnswers(Path(file).expanduser(), respondent, name=spec.text)


@register("scripted", form="scripted:FILE", summary="answers by rules, from a TOML or JSONL file")
def _scripted(spec: ModelSpec) -> ChatModel:
    return ScriptedModel.from_file(Path(spec.argument).expanduser(), name=spec.text)


def kinds() -> Mapping[str, Kind]:
    """Every registered kind by name."""
    _load_extensions()
    return dict(_KINDS)
