from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.models.profile import Profile
from primum.models.profiles import built_in_profiles, load_profile, with_overrides


def test_built_in_profiles_are_whole_and_differ_from_each_other() -> None:
    profiles = built_in_profiles()

    assert {
        "default",
        "embedded-quick",
        "safety-prompt",
        "clinical-assistant",
        "sampling-0.7",
    } <= set(profiles)
    assert len({profile.fingerprint for profile in profiles.values()}) == len(profiles)
    assert profiles["default"] == Profile()
    assert profiles["embedded-quick"].sampling.max_tokens == 96
    assert profiles["sampling-0.7"].sampling.temperature == 0.7
    assert all(
        profile.system_prompt == profile.system_prompt.strip() for profile in profiles.values()
    )
    assert all("\\" not in profile.system_prompt for profile in profiles.values())


def test_a_users_file_is_a_profile_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "our-ward.toml"
    path.write_text('system_prompt = """\n短く答える。\n"""\n[sampling]\ntemperature = 0.2\n')

    profile = load_profile(str(path))

    assert profile.name == "our-ward"
    assert profile.system_prompt == "短く答える。"
    assert profile.sampling.temperature == 0.2
    assert profile.sampling.max_tokens == 512


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            'sytem_prompt = "x"\n',
            "the key “sytem_prompt” is not known. Known here: name, system_prompt",
        ),
        ("[sampling]\ntemprature = 1\n", "the key “sampling.temprature” is not known"),
        ("[sampling]\ntemperature = -1\n", "the key “sampling.temperature” holds -1"),
        ('sampling = "hot"\n', "the key “sampling” holds 'hot'"),
        ("system_prompt = \n", "line 1: not valid TOML"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_profile_file_is_refused_with_its_key(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(content)

    with pytest.raises(DataError) as error:
        load_profile(str(path))

    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_an_unknown_profile_lists_near_misses() -> None:
    with pytest.raises(
        UnknownNameError, match=r"Unknown profile “safty-prompt”\. Did you mean “safety-prompt”"
    ):
        load_profile("safty-prompt")


def test_overrides_replace_single_fields_and_show_in_the_name() -> None:
    base = load_profile("safety-prompt")

    changed = with_overrides(base, temperature=0.5, seed=3)

    assert changed.name == "safety-prompt (temperature 0.5, seed 3)"
    assert changed.system_prompt == base.system_prompt
    assert (changed.sampling.temperature, changed.sampling.seed) == (0.5, 3)
    assert changed.sampling.max_tokens == base.sampling.max_tokens
    assert with_overrides(base, system_prompt="").system_prompt == ""
    assert changed.fingerprint != base.fingerprint


def test_overrides_that_change_nothing_leave_the_profile_as_it_is() -> None:
    base = load_profile("default")

    assert with_overrides(base) is base
    assert with_overrides(base, temperature=0.0, max_tokens=512) is base


def test_an_override_out_of_range_says_the_range() -> None:
    with pytest.raises(UserError, match=r"cannot be top_p 1\.5: .*top_p above 0 and at most 1"):
        with_overrides(load_profile("default"), top_p=1.5)
