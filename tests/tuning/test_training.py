"""Real training on the CPU: of the embedded model, and of a small one of the same kind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.tuning.stand_in import plan_in, write_rows

from primum.core.errors import RunInterrupted, UserError
from primum.ledger.ledger import open_ledger
from primum.models.local_source import FolderSource, open_source
from primum.tuning.adapter import Adapter, read_adapter
from primum.tuning.checkpoint import newest
from primum.tuning.merge import merge
from primum.tuning.progress import TuningProgress
from primum.tuning.run import tune

for needed in ("torch", "transformers", "peft", "trl"):
    pytest.importorskip(needed, reason="the extra “tune” is not installed")

pytestmark = [pytest.mark.slow, pytest.mark.local, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """Tuned without a stop."""
    return tune(plan_in(tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A base of two layers with random weights and the embedded model's tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    tokenizer = open_source("embedded").load("cpu", "float32").tokenizer
    folder = tmp_path_factory.mktemp("bases") / "small"
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(
        LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=512, **shape, **heads)
    )
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return f"hf:{folder}"


def test_killed_in_the_middle_and_resumed_is_the_same_adapter(
    whole: Adapter, tmp_path: Path
) -> None:
    """SIGKILL after the first checkpoint, in another process; then the same plan again."""
    plan = plan_in(tmp_path)
    code = (
        "from pathlib import Path; from tests.tuning.stand_in import plan_in; "
        "from primum.tuning.run import tune; import sys; tune(plan_in(Path(sys.argv[1])))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=environment) as child:
        deadline = time.monotonic() + 600
        while newest(plan.training_folder) is None and time.monotonic() < deadline:
            assert child.poll() is None
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
    last = newest(plan.training_folder)
    assert last is not None
    assert last.update < plan.updates

    progress = TuningProgress()
    resumed = tune(plan, progress=progress)

    assert progress.resumed_at == last.update
    assert resumed.manifest.training.sessions == 2
    assert resumed.digest == whole.digest
    assert resumed.manifest.training.loss == whole.manifest.training.loss
    assert resumed.manifest.training.tokens == whole.manifest.training.tokens


def test_two_processes_learn_what_one_learns(small: str, tmp_path: Path) -> None:
    """As a launcher starts them; without dropout, whose draws differ by process."""
    alone = tune(plan_in(tmp_path, model=small, dropout=0.0))
    refuse, answer = tmp_path / "refuse.jsonl", tmp_path / "answer.jsonl"
    file = tmp_path / "ours.toml"
    file.write_text(
        f'model = "{small}"\ndevice = "cpu"\nheld_out = []\n[mix]\nharmful = "{refuse}"\nbenign = "{answer}"\n'
        "benign_share = 0.5\nsize = 8\n[settings]\nupdates = 4\nbatch_size = 4\n"
        "warmup_updates = 1\nmax_tokens = 64\ndropout = 0.0\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m"]
    command += ["primum", "tune", str(file), "--output", str(tmp_path / "two"), "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    together = read_adapter(tmp_path / "two").manifest

    assert together.id == alone.manifest.id
    assert together.training.processes == 2
    assert ended.stdout.count("Adapter: ") == 1
    assert [point.loss for point in together.training.loss] == pytest.approx(
        [point.loss for point in alone.manifest.training.loss], rel=1e-3
    )


def test_a_tuning_that_diverges_is_an_error_and_leaves_no_adapter(
    small: str, tmp_path: Path
) -> None:
    """The trainer logs the loss of such an update as 0, which looks like learning."""
    plan = plan_in(tmp_path, model=small, learning_rate=1e300)

    with pytest.raises(UserError, match=r"diverged: after update \d .* below 1e\+300"):
        tune(plan)

    assert plan.finished is None
    assert not plan.training_folder.exists()


def test_the_same_seed_is_the_same_adapter_and_another_is_another(
    small: str, tmp_path: Path
) -> None:
    first, again, other = (
        tune(plan_in(tmp_path, name, model=small, seed=seed))
        for name, seed in (("a", 2), ("b", 2), ("c", 3))
    )

    assert first.digest == again.digest
    assert other.digest != first.digest


def test_a_signal_keeps_a_checkpoint_and_says_how_to_go_on(small: str, tmp_path: Path) -> None:
    """SIGINT to this process as soon as the first update is counted."""

    class Impatient(TuningProgress):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "done" and value == 1:
                os.kill(os.getpid(), signal.SIGINT)

    plan = plan_in(tmp_path, model=small, checkpoint_every=100)
    with pytest.raises(RunInterrupted, match=r"Stopped by Ctrl-C after update \d of 4.*same com"):
        tune(plan, progress=Impatient())
    last = newest(plan.training_folder)

    assert last is not None
    assert last.update < 4
    uncut = tune(plan_in(tmp_path, "uncut", model=small))
    assert tune(plan).digest == uncut.digest


def test_the_adapter_and_its_merged_folder_are_the_same_model(small: str, tmp_path: Path) -> None:
    import torch

    adapter = tune(plan_in(tmp_path, model=small, learning_rate=0.05))
    target = merge(adapter, tmp_path / "merged")
    merged = open_source(str(target))
    tuned = adapter.source.load("cpu", "float32").model
    base = adapter.source.base.load("cpu", "float32").model
    other = merged.load("cpu", "float32").model
    with torch.inference_mode():
        tokens = torch.arange(5, 25)[None]
        logits = [model(tokens).logits for model in (tuned, other, base)]

    assert isinstance(merged, FolderSource)
    assert read_adapter(target).manifest == adapter.manifest
    assert torch.allclose(logits[0], logits[1], atol=1e-4)
    assert not torch.allclose(logits[0], logits[2], atol=1e-4)
    with pytest.raises(UserError, match="is there already"):
        merge(adapter, target)


def test_only_the_answer_bears_on_the_loss_or_the_request_too(small: str, tmp_path: Path) -> None:
    """The first loss is taken before any update: it differs by the tokens that count alone."""
    answers = tune(plan_in(tmp_path, "a", model=small, updates=1))
    everything = tune(plan_in(tmp_path, "b", model=small, updates=1, loss_on="all"))

    assert answers.manifest.training.tokens == everything.manifest.training.tokens
    assert answers.manifest.training.loss[0].loss != everything.manifest.training.loss[0].loss


def test_padding_on_either_side_is_the_same_loss_in_the_alpaca_form(
    small: str, tmp_path: Path
) -> None:
    form = {"updates": 1, "prompt_form": "alpaca", "loss_on": "all", "dropout": 0.0}
    left = tune(plan_in(tmp_path, "left", model=small, padding_side="left", **form))
    right = tune(plan_in(tmp_path, "right", model=small, **form))

    assert left.manifest.training.loss[0].loss == pytest.approx(
        right.manifest.training.loss[0].loss, rel=1e-3
    )


def test_halves_of_a_batch_give_the_loss_of_the_whole(small: str, tmp_path: Path) -> None:
    whole_batch = tune(plan_in(tmp_path, "a", model=small, updates=1, dropout=0.0))
    halves = tune(plan_in(tmp_path, "b", model=small, updates=1, dropout=0.0, micro_batch_size=2))

    assert halves.manifest.id == whole_batch.manifest.id
    assert halves.manifest.training.loss[0].loss == pytest.approx(
        whole_batch.manifest.training.loss[0].loss, rel=1e-4
    )


def test_preference_tuning_moves_towards_the_chosen_answers(small: str, tmp_path: Path) -> None:
    """At the base the loss is ln 2; what the base was asked stands in the ledger."""
    plan = plan_in(
        tmp_path,
        model=small,
        method="dpo",
        beta=0.5,
        dropout=0.0,
        learning_rate=0.02,
        updates=4,
        size=4,
    )
    plan.workspace.create()
    with open_ledger(plan.workspace) as ledger:
        adapter = tune(plan, ledger)
    losses = [point.loss for point in adapter.manifest.training.loss]

    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < losses[0] - 0.02
    assert adapter.manifest.training.examples + sum(adapter.manifest.data.unpaired.values()) == len(
        plan.mixture.demonstrations
    )


def test_modules_that_the_base_lacks_are_named_with_those_it_has(
    small: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"no linear layer named c_attn\. Its own are: down_proj"):
        tune(plan_in(tmp_path, model=small, target_modules=("c_attn",)))


def test_a_gpu_that_is_not_there_is_one_sentence(small: str, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UserError, match="A GPU was asked for"):
        plan_in(tmp_path, model=small, device="cuda")


def test_a_base_without_a_chat_template_is_tuned_in_the_alpaca_form_only(
    small: str, tmp_path: Path
) -> None:
    loaded = open_source(small.removeprefix("hf:")).load("cpu", "float32")
    base = tmp_path / "base"
    loaded.tokenizer.chat_template = None
    loaded.model.save_pretrained(str(base))
    loaded.tokenizer.save_pretrained(str(base))

    with pytest.raises(UserError, match="has no chat template"):
        plan_in(tmp_path, model=f"hf:{base}")
    tuned = tune(plan_in(tmp_path, model=f"hf:{base}", prompt_form="alpaca", updates=1))

    assert tuned.manifest.base.identity["model"] == "base"


def test_too_little_memory_is_one_sentence_and_what_is_saved_stays(
    small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from trl import SFTTrainer

    taken = 0
    step = SFTTrainer.training_step

    def failing(*given: Any, **more: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return step(*given, **more)

    monkeypatch.setattr(SFTTrainer, "training_step", failing)
    plan = plan_in(tmp_path, model=small)

    with pytest.raises(UserError, match=r"4 example\(s\) of up to 64 tokens.*Lower --micro-batch"):
        tune(plan)
    last = newest(plan.training_folder)
    assert last is not None
    assert last.update == 2


def test_requests_that_fill_all_the_room_are_one_sentence(small: str, tmp_path: Path) -> None:
    write_rows(tmp_path)
    with pytest.raises(UserError, match="No example has room for an answer in 16 tokens"):
        tune(plan_in(tmp_path, model=small, max_tokens=16))
