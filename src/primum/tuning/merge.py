"""An adapter merged into its base: a folder of its own, for servers that know no adapters.

merge(read_adapter("primum-workspace/adapters/4f0c"), Path("models/safer"))
"""

from __future__ import annotations

import shutil
from pathlib import Path

from primum.core.errors import UserError
from primum.models.adapter_source import MANIFEST
from primum.tuning.adapter import Adapter


def merge(adapter: Adapter, target: Path) -> Path:
    """The folder with the merged model, which ``hf:FOLDER`` opens; the manifest goes with it.

    Raises:
        UserError: the folder is not empty or cannot be written, or the base is not there.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"“{target}” is there already. Name a new or an empty folder.")
    source = adapter.source
    _ = source.identity
    from primum.tuning.trainer import quiet

    draft = target.with_name(target.name + ".part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        with quiet():
            loaded = source.load("cpu", "auto", needs_chat_template=False)
            loaded.model.save_pretrained(str(draft))
            loaded.tokenizer.save_pretrained(str(draft))
        shutil.copyfile(adapter.folder / MANIFEST, draft / MANIFEST)
        if target.is_dir():
            target.rmdir()
        draft.replace(target)
    except OSError as error:
        raise UserError(
            f"The folder {target} cannot be written ({error.strerror or error}). Name another "
            "--output."
        ) from error
    return target
