"""Primum's side of ``benchmarks.gcg``: one search, as JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from primum.generation.gcg import Gcg, GcgSettings
from primum.generation.gcg_prompt import suffix_prompt
from primum.models.local_source import FolderSource


def main() -> None:
    """Search once for one step, and once for all; print times and losses."""
    task = json.loads(sys.argv[1])
    loaded = FolderSource(Path(task["folder"])).load("cpu", "float32")
    prompt = suffix_prompt(loaded, task["goal"], task["target"])
    settings = GcgSettings(
        suffix_tokens=task["suffix_tokens"],
        initial=task["initial"],
        top_k=task["top_k"],
        candidates=task["candidates"],
        batch_size=task["candidates"],
        seed=task["seed"],
    )
    seconds = []
    for steps in (1, task["steps"]):
        begun = time.process_time()
        search = Gcg(loaded, prompt, settings.model_copy(update={"steps": steps}))
        list(search.run())
        seconds.append(time.process_time() - begun)
    print(
        json.dumps(
            {
                "seconds_one_step": seconds[0],
                "seconds": seconds[1],
                "first_loss": search.state.first_loss,
                "losses": search.state.losses,
            }
        )
    )


if __name__ == "__main__":
    main()
