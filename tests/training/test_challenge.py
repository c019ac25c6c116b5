"""`kantelpunt challenge`: which version scores beside the champion; and days to come."""

from pathlib import Path

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

import kantelpunt
from tests.running_service import get_bundle_folder
from training.config import read_config
from training.tracking import RegistryError, log_run, set_challenger, set_champion

runner = CliRunner()
NAMES = read_config().registry


def find_aliases(uri: str) -> dict[str, str]:
    found = MlflowClient(uri).get_registered_model("kantelpunt").aliases
    return {name: str(version) for name, version in found.items()}


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'mlflow.db'}"


@pytest.fixture
def version(tmp_path: Path, uri: str) -> str:
    files = tmp_path / "files"
    files.mkdir()
    (files / "bundle").symlink_to(get_bundle_folder())
    return log_run(files, {}, {}, NAMES, uri).version


def test_a_version_becomes_the_challenger_and_ends_being_it(uri: str, version: str) -> None:
    given = ["challenge", "--tracking-uri", uri]

    began = runner.invoke(kantelpunt.app, [*given, "latest"])
    during = find_aliases(uri)
    unknown = runner.invoke(kantelpunt.app, [*given, "77"])
    ended = runner.invoke(kantelpunt.app, [*given, "--end"])

    assert began.output == f"version {version} scores beside the champion from now on\n"
    assert during == {"challenger": version}
    assert isinstance(unknown.exception, RegistryError)
    assert ended.exit_code == 0
    assert find_aliases(uri) == {}


def test_the_champion_does_not_score_beside_itself(uri: str, version: str) -> None:
    set_champion(version, NAMES, uri)

    refused = runner.invoke(kantelpunt.app, ["challenge", "--tracking-uri", uri, version])

    assert refused.exit_code == 2
    assert find_aliases(uri) == {"champion": version}


def test_a_challenger_that_becomes_the_champion_is_no_challenger_any_more(
    uri: str, version: str
) -> None:
    set_challenger(version, NAMES, uri)

    set_champion(version, NAMES, uri)

    assert find_aliases(uri) == {"champion": version}


@pytest.mark.parametrize("given", [[], ["3", "--end"]])
def test_a_version_or_the_end_is_asked_for(given: list[str]) -> None:
    assert runner.invoke(kantelpunt.app, ["challenge", *given]).exit_code == 2


def test_history_says_nothing_of_a_day_that_has_yet_to_come() -> None:
    refused = runner.invoke(kantelpunt.app, ["history", "--on", "2199-01-01"])

    assert refused.exit_code == 2
    assert "has yet to come" in refused.output
