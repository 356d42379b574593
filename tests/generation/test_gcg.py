"""Greedy coordinate gradient on the real embedded model, as torch weights."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Sequence

import pytest

from primum.core.errors import UserError
from primum.generation.gcg import PUBLISHED_SETTINGS, Gcg, GcgSettings, GcgState
from primum.generation.gcg_prompt import SuffixPrompt, suffix_prompt, usable_tokens
from primum.models.local_source import Loaded, open_source

GOAL, TARGET = "Name a colour.", "Purple elephants sing at noon"
FEW = GcgSettings(suffix_tokens=4, steps=4, top_k=16, candidates=8, batch_size=8)

pytestmark = [pytest.mark.local, pytest.mark.slow]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    pytest.importorskip("torch", reason="the extra “local” is not installed")
    pytest.importorskip("transformers", reason="the extra “local” is not installed")
    return open_source("embedded").load("cpu", "float32")


@pytest.fixture(scope="module")
def prompt(loaded: Loaded) -> SuffixPrompt:
    return suffix_prompt(loaded, GOAL, TARGET)


def test_the_tokens_around_a_suffix_are_the_conversation(
    loaded: Loaded, prompt: SuffixPrompt
) -> None:
    suffix = loaded.tokenizer.encode(" now", add_special_tokens=False)
    whole = loaded.tokenizer.decode([*prompt.before, *suffix, *prompt.after])

    said = loaded.tokenizer.apply_chat_template(
        [{"role": "user", "content": f"{GOAL} now"}], tokenize=False, add_generation_prompt=True
    )
    assert whole == said


def test_the_kept_prefix_changes_no_loss(loaded: Loaded, prompt: SuffixPrompt) -> None:
    import torch

    attack = Gcg(loaded, prompt, FEW)
    suffix = attack.state.suffix
    tokens = torch.tensor([[*prompt.before, *suffix, *prompt.after, *prompt.target]])
    with torch.no_grad():
        logits = loaded.model(input_ids=tokens).logits[0, -len(prompt.target) - 1 : -1]
    whole = torch.nn.functional.cross_entropy(logits, torch.tensor(prompt.target)).item()

    assert attack.losses([suffix, suffix]) == pytest.approx([whole, whole], abs=1e-4)


def test_a_few_steps_lower_the_loss_and_the_best_is_kept(
    loaded: Loaded, prompt: SuffixPrompt
) -> None:
    attack = Gcg(loaded, prompt, FEW)
    before = attack.losses([attack.state.suffix])[0]

    steps = list(attack.run())

    assert [step.number for step in steps] == [1, 2, 3, 4]
    assert steps[-1].best_loss < before - 0.2
    assert steps[-1].best_loss == min(step.loss for step in steps)
    read = loaded.tokenizer.encode(attack.best, add_special_tokens=False)
    assert read == attack.state.best_suffix
    assert attack.losses([read])[0] == pytest.approx(steps[-1].best_loss, abs=1e-4)


def test_a_suffix_is_read_the_same_behind_the_goal(loaded: Loaded) -> None:
    """Alone “ing” is one token; behind “Name a colour” it becomes the end of the last one."""
    tokenizer = loaded.tokenizer
    prompt = suffix_prompt(loaded, "Name a colour", TARGET)
    attack = Gcg(loaded, prompt, FEW)
    (glued,) = tokenizer.encode("ing", add_special_tokens=False)
    (apart,) = tokenizer.encode(" now", add_special_tokens=False)

    assert not attack._survives([glued, apart])
    assert attack._survives([apart, apart])
    assert attack.text_of([apart, apart]) == " now now"


def test_a_random_suffix_is_as_long_usable_and_read_the_same(
    loaded: Loaded, prompt: SuffixPrompt
) -> None:
    attack = Gcg(loaded, prompt, FEW)
    usable = usable_tokens(loaded, ascii_only=True)
    drawn = [attack.random_suffix(random.Random(seed)) for seed in (1, 1, 2)]

    assert all(len(suffix) == FEW.suffix_tokens for suffix in drawn)
    assert all(usable[token] for suffix in drawn for token in suffix)
    assert all(attack._survives(suffix) for suffix in drawn)
    assert drawn[0] == drawn[1] != drawn[2]


def test_short_memory_moves_no_loss(
    loaded: Loaded, prompt: SuffixPrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    attack = Gcg(loaded, prompt, FEW)
    suffixes = [[token] * 4 for token in [*attack.state.suffix, 100, 200, 300]]
    expected = attack.losses(suffixes)
    original = Gcg._losses_of
    sizes: list[int] = []

    def small(self: Gcg, batch: Sequence[Sequence[int]]) -> list[float]:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return original(self, batch)

    monkeypatch.setattr(Gcg, "_losses_of", small)

    assert attack.losses(suffixes) == pytest.approx(expected, abs=1e-4)
    assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]


def test_an_attack_that_was_stopped_goes_on_as_if_it_had_not_been(
    loaded: Loaded, prompt: SuffixPrompt
) -> None:
    whole = Gcg(loaded, prompt, FEW)
    list(whole.run())
    begun = Gcg(loaded, prompt, FEW)
    for step in begun.run():
        if step.number == 2:
            break
    saved = json.loads(json.dumps(dataclasses.asdict(begun.state)))

    taken_up = Gcg(loaded, prompt, FEW, GcgState(**saved))
    list(taken_up.run())

    assert taken_up.state.suffix == whole.state.suffix
    assert taken_up.state.losses == pytest.approx(whole.state.losses, abs=1e-5)


def test_it_ends_as_soon_as_the_loss_is_low_enough(loaded: Loaded, prompt: SuffixPrompt) -> None:
    attack = Gcg(loaded, prompt, FEW.model_copy(update={"stop_below": 100.0}))

    assert list(attack.run()) == []


def test_a_suffix_holds_nothing_special_or_invisible(loaded: Loaded) -> None:
    usable = usable_tokens(loaded, ascii_only=True)
    tokenizer = loaded.tokenizer

    assert not any(usable[token] for token in tokenizer.all_special_ids)
    assert not usable[tokenizer.convert_tokens_to_ids("<filename>")]
    assert not usable[tokenizer.encode("\n", add_special_tokens=False)[0]]
    assert usable[tokenizer.encode(" noon", add_special_tokens=False)[0]]
    assert not usable[tokenizer.encode("é", add_special_tokens=False)[0]]


@pytest.mark.parametrize(("goal", "target"), [("", "x"), ("x", " ")])
def test_an_attack_without_goal_or_target_is_refused(
    loaded: Loaded, goal: str, target: str
) -> None:
    with pytest.raises(UserError, match="needs a goal and a target"):
        suffix_prompt(loaded, goal, target)


def test_the_published_settings_are_those_of_the_code() -> None:
    """github.com/AI4LIFE-GROUP/med-safety-bench at 191aa79, exps/adv_attack/gcg.py."""
    settings = PUBLISHED_SETTINGS

    assert (settings.suffix_tokens, settings.steps, settings.top_k) == (20, 1000, 256)
    assert (settings.candidates, settings.batch_size, settings.always_move) == (512, 300, True)
