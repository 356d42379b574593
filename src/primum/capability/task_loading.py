"""From a task file to a task of lm-evaluation-harness with its documents, or one clear sentence."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from primum.capability.catalogue import TaskFile
from primum.capability.data_file import Place, check_data_files, place_of, used_files
from primum.capability.surroundings import offline, quietly, seeded
from primum.core.errors import DataError, UserError, shorten

FILE_FORMATS = frozenset({"json", "csv", "parquet", "arrow", "text", "pandas", "xml"})
_NEEDED = ("output_type", "doc_to_text", "doc_to_target")
_KINDS = ("multiple_choice", "generate_until", "loglikelihood")
MAIN_METRICS = ("acc", "exact_match", "acc_norm")
LOADING_SEED = 1234
"""Of the generators that a few tasks shuffle their options with while they are loaded."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task that can be asked."""

    name: str
    file: Path
    harness: Any
    """The harness's own object."""
    kind: str
    """Its ``output_type``."""
    metric: str
    filter: str
    notes: tuple[str, ...]
    source: TaskFile
    """What it was loaded from."""

    @property
    def version(self) -> str:
        """As the task states it."""
        return str(self.harness.VERSION)


def load_task(task: TaskFile, *, metric: str | None, few_shot: int | None) -> LoadedTask:
    """The task with its documents.

    Raises:
        DataError: a task file of the user's own is not whole, or its data are missing.
        UserError: its data set cannot be had, or it is no task of right and wrong answers.
    """
    _check(task)
    is_local = _is_local(task)
    with quietly(), offline(is_needed=is_local), seeded(LOADING_SEED):
        try:
            harness = _load(task)
        except UserError:
            raise
        except Exception as error:
            raise _failure(task, error, is_local=is_local) from error
    notes = _prepare(task, harness, few_shot)
    chosen = _metric(task, harness, metric)
    first_filter = harness.config.filter_list[0]["name"] if harness.config.filter_list else "none"
    return LoadedTask(
        task.name, task.file, harness, harness.OUTPUT_TYPE, chosen, first_filter, notes, task
    )


def _check(task: TaskFile) -> None:
    config = {**task.config, **task.overrides}
    if "use_prompt" not in config:
        for key in _NEEDED:
            if config.get(key) is None:
                raise DataError(task.file, _missing(task, key))
    kind = config["output_type"]
    if kind not in _KINDS:
        raise DataError(
            task.file,
            f"the task “{shorten(task.name)}” has the output type “{shorten(str(kind))}”; Primum "
            f"measures right and wrong answers, which {', '.join(_KINDS)} give.",
        )
    if kind == "multiple_choice" and config.get("doc_to_choice") is None:
        raise DataError(task.file, _missing(task, "doc_to_choice"))
    if not config.get("dataset_path") and not config.get("custom_dataset"):
        raise DataError(task.file, _missing(task, "dataset_path"))
    if not config.get("test_split") and not config.get("validation_split"):
        raise DataError(task.file, _missing(task, "test_split"))
    if config.get("unsafe_code"):
        raise UserError(
            f"The task “{shorten(task.name)}” runs code that the model wrote; Primum does not."
        )


def _missing(task: TaskFile, key: str) -> str:
    return (
        f"the task “{shorten(task.name)}” lacks the key “{key}”. See docs/capability.md for a task "
        "file that is whole."
    )


def _is_local(task: TaskFile) -> bool:
    """Whether the task's data lie on this machine, so that nothing need be fetched."""
    config = {**task.config, **task.overrides}
    path = str(config.get("dataset_path") or "")
    if config.get("custom_dataset"):
        return False
    if path in FILE_FORMATS:
        return not any("://" in each for each in _data_files(config))
    return _beside(task, path).exists()


def _beside(task: TaskFile, text: str) -> Path:
    """The path that a task file names: beside that file, or else from where we stand."""
    path = Path(text).expanduser()
    near = task.file.parent / path
    return near if not path.is_absolute() and near.exists() else path


def _data_files(config: Mapping[str, Any]) -> list[str]:
    files = (config.get("dataset_kwargs") or {}).get("data_files") or ()
    values = files.values() if isinstance(files, Mapping) else [files]
    return [str(one) for each in values for one in (each if isinstance(each, list) else [each])]


def _load(task: TaskFile) -> Any:
    """The harness's task; files are found beside the task file and leave no cache behind."""
    from lm_eval.tasks import TaskManager

    changes = dict(task.overrides)
    config = {**task.config, **task.overrides}
    if (files := _placed_files(task)) is not None:
        check_data_files(task.name, config, used_files(config, files))
    with contextlib.ExitStack() as stack:
        if _is_local(task):
            cache = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="primum-task-", ignore_cleanup_errors=True)
            )
            changes |= _placed(task, config)
            kept = {"keep_in_memory": True, "cache_dir": cache}
            changes["dataset_kwargs"] = {**changes.get("dataset_kwargs", {}), **kept}
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="primum-task-"))
        # JSON is YAML: the harness reads the file itself, with what we change in it.
        content = {"include": str(task.file.resolve()), "task": task.name, **changes}
        content.pop("tag", None)
        (Path(folder) / "task.yaml").write_text(json.dumps(content), "utf-8")
        manager = TaskManager(include_defaults=False, include_path=folder)
        return manager.load([task.name])["tasks"][task.name]


def _placed_files(task: TaskFile) -> Any:
    """The task's own data files, their paths made whole; None where it has none."""
    config = {**task.config, **task.overrides}
    if not _is_local(task) or str(config["dataset_path"]) not in FILE_FORMATS:
        return None
    return _placed(task, config)["dataset_kwargs"]["data_files"]


def document_place(task: TaskFile, position: int) -> Place | None:
    """Where the tested document of that number stands in a file of the user's own."""
    files = _placed_files(task)
    return None if files is None else place_of({**task.config, **task.overrides}, files, position)


def _placed(task: TaskFile, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a local data set, its paths made whole."""
    path = str(config["dataset_path"])
    settings = dict(config.get("dataset_kwargs") or {})
    if path not in FILE_FORMATS:
        return {"dataset_path": str(_beside(task, path).resolve()), "dataset_kwargs": settings}
    files = settings.get("data_files")
    if files is None:
        raise DataError(task.file, _missing(task, "dataset_kwargs.data_files"))
    if isinstance(files, Mapping):
        settings["data_files"] = {split: _whole(task, each) for split, each in files.items()}
    else:
        settings["data_files"] = _whole(task, files)
    return {"dataset_kwargs": settings}


def _whole(task: TaskFile, files: Any) -> Any:
    if isinstance(files, list):
        return [_whole(task, each) for each in files]
    path = _beside(task, str(files))
    if not path.exists() and not any(c in str(files) for c in "*?["):
        raise DataError(
            task.file,
            f"the data file “{shorten(str(files))}” of the task “{shorten(task.name)}” is not "
            "there; a path beside the task file was expected.",
        )
    return str(path.resolve())


def _failure(task: TaskFile, error: Exception, *, is_local: bool) -> UserError:
    reason = reason_of(error)
    if is_local:
        return DataError(
            task.file,
            f"the task “{shorten(task.name)}” cannot be made from its data ({reason}). Check that "
            "every document has the fields that doc_to_text, doc_to_choice and doc_to_target name.",
        )
    data_set = shorten(str(task.config.get("dataset_path") or task.name), 80)
    return UserError(
        f"The data set “{data_set}” of the task “{shorten(task.name)}” cannot be had ({reason}). "
        "It is fetched from the Hugging Face hub: set HF_HOME to a folder that holds it, set "
        "HF_TOKEN for a gated one, or name a task file of your own whose data lie on this machine."
    )


def reason_of(error: BaseException) -> str:
    """What the innermost error says, without the names of classes."""
    innermost, seen = error, {id(error)}
    while (cause := innermost.__cause__ or innermost.__context__) and id(cause) not in seen:
        innermost = cause
        seen.add(id(cause))
    if isinstance(innermost, StopIteration):
        return "there are no documents"
    said = str(innermost) or str(error)
    if isinstance(innermost, KeyError):
        said = f"there is no {said}"
    return shorten(said, 160) or "the reader gave no reason"


def _prepare(task: TaskFile, harness: Any, few_shot: int | None) -> tuple[str, ...]:
    """Set the number of examples as the harness's own command does."""
    own = harness.config.num_fewshot
    count = own or 0 if few_shot is None else few_shot
    notes: list[str] = []
    if own == 0 and count:
        notes.append(f"{task.name} is asked without examples: its task file says so.")
        count = 0
    harness.set_config(key="num_fewshot", value=count)
    if not count:
        return tuple(notes)
    pool = list(harness.fewshot_docs() or ())
    is_tested = _draws_from_tested(harness)
    if len(pool) < count + is_tested:
        raise UserError(
            f"The task “{shorten(task.name)}” has {len(pool)} documents to draw examples from, "
            f"fewer than the {count} that are asked for. Lower --few-shot."
        )
    if is_tested and harness.fewshot_cfg.split is None:
        # The harness leaves out the document that is asked about only where the split is named.
        harness.fewshot_cfg.split = harness.config.test_split or harness.config.validation_split
        notes.append(
            f"{task.name} has no documents for examples: they are drawn from the tested ones, "
            "without the one that is asked about."
        )
    return tuple(notes)


def _draws_from_tested(harness: Any) -> bool:
    config, examples = harness.config, harness.fewshot_cfg
    if examples.split is None and examples.samples is not None:
        return False
    named = examples.split or config.training_split or config.validation_split or config.test_split
    return bool(named == (config.test_split or config.validation_split))


def _metric(task: TaskFile, harness: Any, wanted: str | None) -> str:
    """What decides right or wrong: the task's main metric, if it is a share of right answers."""
    known = list(harness.aggregation())
    if wanted is not None:
        if wanted in known:
            return wanted
        raise UserError(
            f"The task “{shorten(task.name)}” has no metric “{shorten(wanted)}”; it has "
            f"{', '.join(known)}."
        )
    main = [name for name in MAIN_METRICS if name in known]
    alike = [str(name) for name in known if name.startswith(MAIN_METRICS)]
    if main or alike:
        return (main or alike)[0]
    raise UserError(
        f"The task “{shorten(task.name)}” is scored by {', '.join(known) or 'nothing'}; Primum "
        "measures the share of right answers (acc, exact_match)."
    )
