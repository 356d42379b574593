"""Named deployment profiles, a user's own profile file, and the flags that change single fields.

profile = load_profile("safety-prompt")
profile = with_overrides(load_profile("our-ward.toml"), max_tokens=300)
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from primum.core.errors import UnknownNameError, UserError
from primum.models.profile import Profile, Sampling
from primum.models.settings_file import read_toml, validated


@cache
def built_in_profiles() -> dict[str, Profile]:
    """Name → profile, of those that come with Primum."""
    text = resources.files("primum.models").joinpath("data/profiles.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return {
        name: Profile.model_validate(
            {**table, "name": name, "system_prompt": table["system_prompt"].strip()}
        )
        for name, table in tables.items()
    }


def load_profile(name_or_path: str) -> Profile:
    """The profile of that name, or the one that the TOML file holds.

    A file's profile is named after the file unless it names itself.

    Raises:
        UnknownNameError: no such name, and it does not look like a path.
        DataError: the file does not hold a profile; the key is named.
    """
    known = built_in_profiles()
    if name_or_path in known:
        return known[name_or_path]
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        raise UnknownNameError(
            "profile", name_or_path, known, "A profile of your own is a .toml file."
        )
    table = read_toml(path)
    table.setdefault("name", path.stem)
    prompt = table.get("system_prompt")
    if isinstance(prompt, str):
        table["system_prompt"] = prompt.strip()
    return validated(Profile, table, path)


def with_overrides(
    profile: Profile,
    *,
    system_prompt: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
) -> Profile:
    """The profile with the fields that are not None replaced, and named in its name.

    Raises:
        UserError: a value is out of its range.
    """
    given = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "seed": seed}
    changes = {key: value for key, value in given.items() if value is not None}
    if system_prompt is None and not changes:
        return profile
    try:
        sampling = Sampling.model_validate({**profile.sampling.model_dump(), **changes})
    except ValueError as error:
        raise UserError(_range_sentence(changes)) from error
    prompt = profile.system_prompt if system_prompt is None else system_prompt
    changed = profile.model_copy(update={"system_prompt": prompt, "sampling": sampling})
    if changed.content() == profile.content():
        return profile
    said = [f"{key} {value:g}" for key, value in changes.items()]
    said += ["own system prompt"] if prompt != profile.system_prompt else []
    return changed.model_copy(update={"name": f"{profile.name} ({', '.join(said)})"})


def _range_sentence(changes: dict[str, float]) -> str:
    found = ", ".join(f"{key} {value:g}" for key, value in changes.items())
    return (
        f"The sampling cannot be {found}: temperature must be 0 or more, "
        "top_p above 0 and at most 1, max_tokens 1 or more."
    )
