"""Where runs are kept, and who decides that."""

from pathlib import Path

import pytest

from training.tracking import resolve_uri


def test_the_address_that_is_given_goes_before_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///theirs.db")

    given, of_environment = resolve_uri("sqlite:///given.db"), resolve_uri(None)

    assert (given, of_environment) == ("sqlite:///given.db", "sqlite:///theirs.db")


def test_without_an_address_runs_are_kept_in_a_file_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)

    assert resolve_uri(None) == f"sqlite:///{tmp_path / 'mlflow.db'}"
