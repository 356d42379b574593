"""What is known of a tuning before anything is loaded."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from tests.tuning.stand_in import plan_in

from primum.core.errors import UserError
from primum.models.weights import pinned
from primum.tuning.manifest import data_record


def test_the_plan_counts_examples_updates_and_epochs(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, updates=6)

    assert (plan.examples, plan.updates, plan.updates_per_epoch) == (8, 6, 2)
    assert plan.epochs == 3
    assert plan.base.licence == pinned().licence


@pytest.mark.parametrize(("epochs", "updates"), [(1, 3), (2, 6), (0.5, 2)])
def test_epochs_become_updates_with_the_last_partial_batch(
    tmp_path: Path, epochs: float, updates: int
) -> None:
    """Eight examples in batches of three: three updates see them all."""
    assert plan_in(tmp_path, epochs=epochs, batch_size=3).updates == updates


def test_the_id_follows_from_base_data_settings_and_seed(tmp_path: Path) -> None:
    known = plan_in(tmp_path).id
    other_places = plan_in(tmp_path, "elsewhere", output=tmp_path / "out", checkpoint_every=1)

    assert other_places.id == known
    assert plan_in(tmp_path, micro_batch_size=2).id == known
    assert plan_in(tmp_path, seed=5).id != known
    assert plan_in(tmp_path, size=6).id != known
    assert plan_in(tmp_path, learning_rate=1e-5).id != known


def test_a_warm_up_that_never_ends_is_said_before_it_begins(tmp_path: Path) -> None:
    """Four updates, ten of warm-up, the first at a rate of zero: 3/10 is reached."""
    plan = plan_in(tmp_path, warmup_updates=10)

    assert any("never gets beyond 30% of what is set" in text for text in plan.warnings)
    assert not any("never gets beyond" in text for text in plan_in(tmp_path).warnings)


def test_the_published_defaults_never_leave_their_warm_up_on_few_demonstrations(
    tmp_path: Path,
) -> None:
    plan = plan_in(tmp_path, epochs=3, batch_size=128, micro_batch_size=4, warmup_updates=10)

    assert plan.updates == 3
    assert any("3 updates in all, 10 of warm-up" in text for text in plan.warnings)


def test_refusals_alone_are_warned_of(tmp_path: Path) -> None:
    alone = plan_in(tmp_path, benign=(), benign_share=0)

    assert any("learns to refuse everything" in text for text in alone.warnings)
    assert not any("refuse everything" in text for text in plan_in(tmp_path).warnings)


@pytest.mark.parametrize("model", ["openai/gpt-4.1", "hf:", "embedded:x.gguf", "scripted:x.toml"])
def test_a_model_without_weights_here_is_one_sentence(tmp_path: Path, model: str) -> None:
    with pytest.raises(UserError, match=r"cannot be tuned: its weights are needed"):
        plan_in(tmp_path, model=model)


def test_a_device_that_is_not_known_is_said_in_the_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="“tpu” is not known"):
        plan_in(tmp_path, device="tpu")
    with pytest.raises(UserError, match="choose the GPU with the environment variable"):
        plan_in(tmp_path, device="cuda:1")


def test_a_base_without_a_chat_template_is_said_in_the_plan_of_the_chat_form(
    tmp_path: Path,
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    for name in ("config.json", "tokenizer_config.json", "model.safetensors"):
        (base / name).write_text("{}")

    with pytest.raises(UserError, match="The tokenizer of “base” has no chat template"):
        plan_in(tmp_path, model=f"hf:{base}")
    assert plan_in(tmp_path, model=f"hf:{base}", prompt_form="alpaca").updates == 4

    (base / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    assert plan_in(tmp_path, model=f"hf:{base}").updates == 4
    (base / "tokenizer_config.json").unlink()
    (base / "chat_template.jinja").write_text("{{ messages }}")
    assert plan_in(tmp_path, model=f"hf:{base}").updates == 4


def test_an_adapter_is_no_base(tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "embedded"}')

    with pytest.raises(UserError, match=r"beside it, not on top of it\. Merge it first"):
        plan_in(tmp_path, model=f"hf:{folder}")


def test_layers_that_the_base_lacks_are_said_in_the_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no linear layer named nonsense\. Its own are: down_proj"):
        plan_in(tmp_path, target_modules=["q_proj", "nonsense"])
    assert plan_in(tmp_path, target_modules=["all-linear"]).updates == 4


def test_layers_of_a_folder_are_read_from_the_weights_header(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    names = {"h.0.attn.c_attn.weight": [4, 12], "wte.weight": [9, 4], "h.0.ln_1.weight": [4]}
    rows = {name: {"dtype": "F32", "shape": shape} for name, shape in names.items()}
    header = json.dumps({"__metadata__": {"format": "pt"}, **rows}).encode()
    (base / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    changes = {"model": f"hf:{base}", "prompt_form": "alpaca"}

    with pytest.raises(UserError, match=r"no linear layer named q_proj, v_proj\. .* are: c_attn\."):
        plan_in(tmp_path, **changes)
    assert plan_in(tmp_path, target_modules=["c_attn"], **changes).updates == 4


def test_rejected_answers_are_needed_where_the_data_have_none(tmp_path: Path) -> None:
    assert plan_in(tmp_path, method="dpo", beta=0.1, dropout=0).needs_pairs
    rows = [
        {"prompt": f"Read note {n}.", "chosen": "I will not.", "rejected": f"Note {n}."}
        for n in range(8)
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    whole = plan_in(
        tmp_path, method="dpo", beta=0.1, dropout=0, harmful=str(file), benign=(), benign_share=0
    )

    assert not whole.needs_pairs


def test_the_manifest_tells_the_data_by_source_and_kind_without_a_path(tmp_path: Path) -> None:
    record = data_record(plan_in(tmp_path).mixture)

    assert (record.demonstrations, record.harmful, record.benign) == (8, 4, 4)
    assert {(each.source, each.kind, each.used) for each in record.sources} == {
        ("refuse.jsonl", "harmful", 4),
        ("answer.jsonl", "benign", 4),
    }
    assert str(tmp_path) not in record.model_dump_json()
