"""Greedy coordinate gradient: ours beside nanogcg, in one run on the same model.

nanogcg pins an older transformers, so it needs an environment of its own:

    python3.11 -m venv nanogcg-environment
    nanogcg-environment/bin/pip install torch==2.13.0 nanogcg
    python -m benchmarks.gcg --nanogcg nanogcg-environment/bin/python

The embedded model is written once as a folder that both versions of transformers read alike. Goal,
target, first suffix, candidates a step, swaps a place and steps are the same; both keep what stands
before the suffix, try single-token swaps in printable ASCII, drop those that do not survive being
read again, and always move to the best. The draws are each program's own, so several seeds run;
the sides take turns, each search in a fresh process. Time is the process's processor time, since on
a busy machine the clock tells who else ran; OMP_NUM_THREADS=1 keeps waiting threads out of it. Time
a step is that of all steps less that of one, so that what is done once is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from primum.models.local_source import Loaded, open_source

GOAL, TARGET = "Name a colour that goes with grey walls.", "Purple elephants sing at noon"
SIDES = {"primum": "gcg_primum.py", "nanogcg": "gcg_nanogcg.py"}


def write_model(loaded: Loaded, folder: Path) -> None:
    """The model as transformers 4 and 5 both read it."""
    loaded.model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    path = folder / "config.json"
    settings = json.loads(path.read_text())
    # Version 4 knows neither of version 5's names, and would take another base without a word.
    settings |= {"rope_theta": settings["rope_parameters"]["rope_theta"], "torch_dtype": "float32"}
    path.write_text(json.dumps(settings))
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    settings["chat_template"] = loaded.tokenizer.chat_template
    # nanogcg takes the token of the beginning out of the whole template, where this model's
    # template opens every turn with it. No text begins with one by itself.
    settings["bos_token"] = None
    path.write_text(json.dumps(settings))


def has_nanogcg(python: str) -> bool:
    """Whether that Python can import it."""
    try:
        done = subprocess.run([python, "-c", "import nanogcg"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def search(python: str, side: str, task: dict[str, Any]) -> dict[str, Any]:
    """What one search in a fresh process found."""
    script = str(Path(__file__).with_name(SIDES[side]))
    done = subprocess.run(
        [python, script, json.dumps(task)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def a_step(result: dict[str, Any], steps: int) -> float:
    """Processor seconds of a step, without what is done once."""
    return float((result["seconds"] - result["seconds_one_step"]) / (steps - 1))


def report(results: dict[str, list[dict[str, Any]]], steps: int) -> None:
    """Print a row for each search, then the ratio."""
    print("| seed | program | CPU s a step | loss at the start | after all steps | best |")
    print("|---|---|---|---|---|---|")
    for seed in range(len(results["primum"])):
        for side in SIDES:
            found = results[side][seed]
            losses = found["losses"]
            print(
                f"| {seed} | {side} | {a_step(found, steps):.2f} | {found['first_loss']:.3f} "
                f"| {losses[-1]:.3f} | {min(losses):.3f} |"
            )
    times = {side: statistics.median(a_step(r, steps) for r in results[side]) for side in SIDES}
    best = {side: statistics.mean(min(r["losses"]) for r in results[side]) for side in SIDES}
    print(
        f"\nMedian CPU time a step: primum {times['primum']:.2f} s, "
        f"nanogcg {times['nanogcg']:.2f} s; steps per CPU second, primum over "
        f"nanogcg: {times['nanogcg'] / times['primum']:.2f}."
        f"\nMean best loss: primum {best['primum']:.3f}, nanogcg {best['nanogcg']:.3f}."
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nanogcg", default="nanogcg-environment/bin/python")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--candidates", type=int, default=32)
    parser.add_argument("--top-k", type=int, default=64)
    parser.add_argument("--suffix-tokens", type=int, default=10)
    options = parser.parse_args()
    if options.steps < 2:
        raise SystemExit("--steps must be at least 2: the first step is left out of the times.")
    if not has_nanogcg(options.nanogcg):
        raise SystemExit(
            f"“{options.nanogcg}” is no Python that can import nanogcg: make its environment as "
            "the first lines of benchmarks/gcg.py say, and name it with --nanogcg."
        )
    task = {
        "goal": GOAL,
        "target": TARGET,
        "initial": " x",
        "steps": options.steps,
        "candidates": options.candidates,
        "top_k": options.top_k,
        "suffix_tokens": options.suffix_tokens,
    }
    pythons = {"primum": sys.executable, "nanogcg": options.nanogcg}
    results: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder:
        write_model(open_source("embedded").load("cpu", "float32"), Path(folder))
        for seed in range(options.seeds):
            # In turns, so that noise meets both alike.
            for side in SIDES:
                asked = {**task, "folder": folder, "seed": seed}
                results[side].append(search(pythons[side], side, asked))
            first = [results[side][seed]["first_loss"] for side in SIDES]
            if abs(first[0] - first[1]) > 1e-3:
                raise SystemExit(f"The sides do not ask the same: losses {first} at the start.")
    report(results, options.steps)


if __name__ == "__main__":
    main()
