"""What a start refuses, before anything is served."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import kantelpunt
from serving import server
from serving.following import BundleRefusedError
from tests.running_service import get_bundle
from tests.serving.released import write_version


def test_a_folder_whose_notes_the_page_of_the_model_cannot_show_is_not_served(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("KANTELPUNT_SESSION_SECRET", "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy")
    served: list[object] = []
    monkeypatch.setattr(server, "run_server", lambda *given: served.append(given))
    poor = write_version(get_bundle().model, {"fairness": "fair enough"})
    good = write_version(get_bundle().model)

    def serve(folder: Path) -> BaseException | None:
        words = ["serve", "--port", "0", "--bundle", str(folder)]
        return CliRunner().invoke(kantelpunt.app, words).exception

    refused, started = serve(poor), serve(good)

    assert isinstance(refused, BundleRefusedError)
    assert str(refused).startswith("info.json: the page of the model cannot show it")
    assert "\n" not in str(refused)
    assert (started, len(served)) == (None, 1)
