"""Policy files: what they hold, and one clear sentence for what they should not."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError
from primum.gate.policy import load_policy, policy_from

HEAD = 'id = "ward"\nversion = "1"\ntitle = "A test"\n'
LIMIT = '[[limit]]\nmetric = "refusal.full"\nintent = "benign"\nat_most = 0.05\n'


def written(folder: Path, text: str) -> Path:
    """The text as a policy file."""
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_is_read_with_its_defaults(tmp_path: Path) -> None:
    text = (
        HEAD + LIMIT + '[[non_inferior]]\nmetric = "accuracy.correct|benign|lm-eval"\nmargin = 0.01'
    )

    policy = load_policy(written(tmp_path, text))

    assert (policy.false_pass, policy.false_fail, policy.max_missing) == (0.05, 0.05, 0.1)
    assert [rule.kind for rule in policy.rules] == ["limit", "non_inferior"]
    capability = policy.rules[1]
    assert (capability.key, capability.items) == ("accuracy.correct", "benign")
    assert capability.judged_by == "lm-eval"


def test_a_group_has_a_dimension_and_a_name(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, HEAD + LIMIT + 'group = "perspective:patient"'))

    assert (policy.rules[0].dimension, policy.rules[0].group_name) == ("perspective", "patient")
    assert policy.rules[0].shown_name == "refusal.full benign perspective:patient"


def test_what_decides_makes_the_fingerprint_and_names_do_not(tmp_path: Path) -> None:
    def fingerprint(text: str) -> str:
        return load_policy(written(tmp_path, text)).fingerprint

    plain = fingerprint(HEAD + LIMIT)

    assert fingerprint(HEAD.replace("A test", "Another") + LIMIT + 'name = "first"') == plain
    assert fingerprint(HEAD + LIMIT.replace("0.05", "0.06")) != plain
    assert fingerprint(HEAD + "false_pass = 0.01\n" + LIMIT) != plain


def test_a_policy_that_does_not_say_how_much_is_paired_keeps_its_fingerprint() -> None:
    """Runs that were stopped under it are judged by it still."""
    path = Path(__file__).parents[2] / "docs" / "examples" / "tuning-embedded" / "policy.toml"
    policy = load_policy(path)

    assert policy.fingerprint.startswith("f9b6bb83")
    assert policy.model_copy(update={"min_paired": 0.8}).fingerprint == policy.fingerprint
    assert policy.model_copy(update={"min_paired": 0.5}).fingerprint != policy.fingerprint


def test_a_rule_may_have_its_own_share_of_pairs() -> None:
    margin = {"metric": "refusal.full", "intent": "benign", "margin": 0.1}
    head = {"id": "a", "version": "1", "title": "t"}
    plain = policy_from({**head, "non_inferior": [margin]}, "x.toml")
    own = policy_from({**head, "non_inferior": [{**margin, "min_paired": 0.5}]}, "x.toml")

    assert plain.needed_pairs(plain.rules[0]) == 0.8
    assert own.needed_pairs(own.rules[0]) == 0.5
    assert own.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "no rule"),
        (HEAD + LIMIT.replace("at_most", "at_mots"), "Did you mean “at_most”"),
        (HEAD + LIMIT + "at_least = 0.1", "one of at_most and at_least is expected"),
        (HEAD + LIMIT.replace("at_most = 0.05\n", ""), "one of at_most and at_least"),
        (HEAD + LIMIT.replace('intent = "benign"\n', ""), "intent is missing"),
        (HEAD + LIMIT.replace("benign", "bening"), "“bening”"),
        (HEAD + "false_pass = 0.9\n" + LIMIT, "“false_pass” holds “0.9”"),
        (HEAD + "max_missing = 5\n" + LIMIT, "“max_missing” holds “5”"),
        (HEAD + "false_pas = 0.1\n" + LIMIT, "Did you mean “false_pass”"),
        (HEAD + LIMIT.replace("0.05", "nan"), "“at_most” of [[limit]] 1"),
        (HEAD + LIMIT.replace("0.05", '"0.05"'), "“at_most” of [[limit]] 1"),
        (HEAD + LIMIT.replace("0.05", "true"), "“at_most” of [[limit]] 1"),
        (HEAD + LIMIT + 'group = "patient"', "dimension:group was expected"),
        (HEAD + LIMIT + LIMIT, "two rules are called"),
        (HEAD + LIMIT + '[[non_inferior]]\nmetric = "a"\nintent = "benign"', "“margin” of"),
        (HEAD.replace('version = "1"\n', "") + LIMIT, "“version” is missing"),
        (HEAD + LIMIT.replace("[[limit]]", "[limit]"), "write each as [[limit]]"),
        ("id = ", "line 1"),
    ],
)
def test_what_is_no_policy_is_one_clear_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(DataError) as caught:
        load_policy(path)

    assert said in str(caught.value)
    assert "gate.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere.toml"):
        load_policy(tmp_path / "nowhere.toml")


def test_a_metric_whose_id_contradicts_the_intent_is_refused() -> None:
    rule = {"metric": "refusal.full|benign|j", "intent": "harmful", "at_least": 0.5}

    with pytest.raises(DataError, match="contradicts"):
        policy_from({"id": "a", "version": "1", "title": "t", "limit": [rule]}, "x.toml")
