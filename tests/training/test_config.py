from dataclasses import replace
from pathlib import Path

import pytest

from training.config import DEFAULT_PATH, ConfigError, read_config


def test_the_settings_that_ship_can_be_read() -> None:
    assert read_config().usual.leaves == (4, 8)


def test_every_setting_that_ships_says_why() -> None:
    lines = DEFAULT_PATH.read_text().splitlines()

    silent = [line for line in lines if "=" in line and "#" not in line and '"' not in line]

    assert [line.split()[0] for line in silent] == ["threads", "leaves", "rounds"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("test_days", "tset_days", "tset_days"),
        ("[windows]", "[window]", "windows"),
        ("bins = 10", "bins = ", "Invalid value"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(DEFAULT_PATH.read_text().replace(old, new, 1))

    with pytest.raises(ConfigError, match=message):
        read_config(path)


def test_a_file_may_state_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[usual]\nleaves = [4]\n")

    found = read_config(path)

    assert found.usual.leaves == (4,)
    assert replace(found.usual, leaves=(4, 8)) == read_config().usual
    assert found.windows == read_config().windows


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        read_config(tmp_path / "gone.toml")
