"""Colours of the page: contrast in light and dark, and none needed to tell things apart."""

import re
from importlib.resources import files

import pytest


def variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", css))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
def test_every_text_colour_has_the_contrast_that_wcag_aa_asks_for(scheme: int) -> None:
    css = files("primum.reporting").joinpath("data", "report.css").read_text(encoding="utf-8")
    colours = variables(re.findall(r":root \{(.*?)\}", css, re.DOTALL)[scheme])
    pairs = [(ink, "paper") for ink in ("ink", "quiet", "link", "warn", "harmful", "benign")]
    pairs += [("ink", "panel"), ("quiet", "panel"), ("warn", "warn-panel"), ("ink", "warn-panel")]
    pairs += [(f"line{place}", "paper") for place in range(1, 7)]
    pairs += [(f"on-{name}", name) for name in colours if re.fullmatch("(seg|heat).", name)]

    for ink, ground in pairs:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@pytest.mark.parametrize("scheme", [0, 1])
def test_the_colours_of_a_map_run_one_way_in_lightness_so_that_no_hue_is_needed(
    scheme: int,
) -> None:
    css = files("primum.reporting").joinpath("data", "report.css").read_text(encoding="utf-8")
    colours = variables(re.findall(r":root \{(.*?)\}", css, re.DOTALL)[scheme])
    steps = [luminance(colours[f"heat{place}"]) for place in range(9)]

    assert steps == sorted(steps, reverse=scheme == 0)
    assert all(f".heat-{place} {{ background: var(--heat{place})" in css for place in range(9))
