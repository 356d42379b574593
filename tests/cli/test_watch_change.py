"""Where it changed: series with the same outcomes get the same answer."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Primum
from tests.cli.test_watch import ANSWER, occasion, report, write


def test_series_with_equal_outcomes_have_equal_p_values(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 3",
        profiles='[[profile]]\nname = "plain"\n[[profile]]\nname = "deployed"\n'
        'system_prompt = "Be kind."',
    )
    for _ in range(2):
        occasion(primum)
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')
    for _ in range(3):
        occasion(primum)

    series = [one for one in report(primum)["series"] if one["role"] == "safety"]
    plain, deployed = (one["change_point"] for one in series)

    assert [point["estimate"]["value"] for point in series[0]["points"]] == [1, 1, 0, 0, 0]
    assert 0.0005 < plain["p_value"] < 0.5
    assert plain == deployed
    assert (plain["p_value"] <= 0.05) == (plain["high"] < 0)
