"""A start while the registry hangs: the model of an earlier start, or a refusal that says why."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kantelpunt
from serving import registry, server
from tests.serving.running_registry import RunningRegistry


@pytest.fixture
def serve(
    sqlite_url: str, lying: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], tuple[int, Any, str]]:
    """Return what starts the service by its command; it gives its exit code and what it served."""
    settings = {
        "DATABASE_URL": sqlite_url,
        "KANTELPUNT_SESSION_SECRET": "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy",
        "MLFLOW_TRACKING_URI": lying.address,
        "KANTELPUNT_CACHE": str(tmp_path / "cache"),
        "KANTELPUNT_FOLLOW_SECONDS": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    served: list[Any] = []
    monkeypatch.setattr(server, "run_server", lambda app, *_: served.append(app))

    def start() -> tuple[int, Any, str]:
        served.clear()
        result = CliRunner().invoke(kantelpunt.app, ["serve", "--port", "0"])
        app = served[0].state.service if served else None
        return result.exit_code, app, str(result.exception or "")

    return start


def test_a_start_while_the_registry_hangs_serves_the_last_model_or_says_why_not(
    serve: Callable[[], tuple[int, Any, str]],
    lying: RunningRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = serve()
    lying.hangs = True
    monkeypatch.setattr(registry, "START_SECONDS", 1.0)

    again = serve()
    shutil.rmtree(tmp_path / "cache")
    monkeypatch.setattr(registry, "SECONDS", 1.0)
    refused = serve()

    assert (first[0], first[1].model_from_cache) == (0, False)
    assert (again[0], again[1].bundle.version, again[1].model_from_cache) == (0, "1", True)
    assert refused[:2] == (1, None)
    assert "MLflow gave no answer within" in refused[2]
    assert "KANTELPUNT_BUNDLE" in refused[2]
