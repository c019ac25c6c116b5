"""One pipeline, three doors: the same run from Python, the command line and MLflow's project."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from features.tables import write_tables
from models.bundle import read_bundle
from tests.secret_marks import build_marked, is_marked, list_marked
from tests.training.conftest import Road
from training.tracking import fetch_bundle, find_latest

ROOT = Path(__file__).resolve().parents[2]
# listens to what Python itself is asked for, in every process: nothing that runs can go past it;
# where it notes stands in it, as a process may be started with little of the environment
GUARD = """
import json, os, sys
def note(**what):
    with open(NOTES, "a") as file:
        file.write(json.dumps({"pid": os.getpid(), "argv": sys.argv, **what}) + "\\n")
def hear(event, given):
    if event in ("socket.connect", "socket.sendto"):
        address = given[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1")):
            note(reached=str(address[0]))
            raise OSError("the guard lets nobody out")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        name = str(given[0])
        if name not in ("None", "", "localhost", "127.0.0.1", "0.0.0.0", "::1"):
            note(reached=name)
            raise OSError("the guard lets nobody out")
    elif event == "import" and given[0] == "mlflow":
        note(mlflow=os.environ.get("MLFLOW_DISABLE_TELEMETRY"))
sys.addaudithook(hear)
"""


SERVE = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from serving.app import create_app
from serving.registry import find_served
from serving.settings import read_settings
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store

store, tracking, cache = sys.argv[1:]
settings = read_settings(
    database_url=store, session_secret="k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy", tracking_uri=tracking,
    secure_cookies=False, cache=Path(cache),
)
upgrade_store(Store(store))
with TestClient(create_app(settings, find_served(settings).bundle)) as client:
    assert client.get("/readyz").status_code == 200, client.get("/readyz").text
"""


@dataclass(frozen=True)
class Walked:
    """What came of one door: the bundle, and what the guard noted."""

    bundle: Path
    notes: list[dict[str, Any]]


def run_guarded(folder: Path, *words: str, **more: str) -> list[dict[str, Any]]:
    """Run a command with the guard in it and in all that it starts; return what was noted."""
    (folder / "guard").mkdir(exist_ok=True)
    notes = folder / "notes.jsonl"
    (folder / "guard" / "sitecustomize.py").write_text(f"NOTES = {str(notes)!r}\n{GUARD}")
    notes.unlink(missing_ok=True)
    notes.touch()
    # MLflow keeps still of itself where it sees a test or a build: here it must see neither
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "MLFLOW", "CI", "GITHUB", "DO_NOT_TRACK"))
    }
    paths = {"PYTHONPATH": f"{folder / 'guard'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        words, env=kept | paths | more, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in notes.read_text().splitlines()]


@pytest.fixture(scope="module")
def walked(
    road: Road, fast_config: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walked]:
    """Go through `mlflow run`, which calls the command, on the rows of the road turned around."""
    folder = tmp_path_factory.mktemp("doors")
    names = ("cases", "pathways", "work_periods", "follow_up", "groups")
    tables = {name: getattr(road.extract, name).iloc[::-1] for name in names}
    write_tables(tables, folder / "data", "csv")
    parameters = {"data": folder / "data", "config": fast_config, "by": "An", "seed": 1}
    notes = run_guarded(
        folder,
        *(str(Path(sys.executable).with_name("mlflow")), "run", str(ROOT)),
        *("--env-manager=local", "-e", "train", "--experiment-name", "kantelpunt"),
        *(word for name, value in parameters.items() for word in ("-P", f"{name}={value}")),
        **build_marked()
        | {
            "MLFLOW_TRACKING_URI": road.uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",  # of `mlflow` itself; the command sets its own
            "OMP_NUM_THREADS": "2",
            "PYTHONHASHSEED": "7",
        },
    )
    newest = find_latest(road.config.registry, road.uri)
    assert newest != road.made.version
    bundle, _ = fetch_bundle(newest, road.config.registry, road.uri)
    yield Walked(bundle, notes)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_same_data_and_seed_give_the_same_bundle_byte_for_byte(
    road: Road, walked: Walked
) -> None:
    first, _ = fetch_bundle(road.made.version, road.config.registry, road.uri)

    names = sorted(path.name for path in first.iterdir())

    assert names == sorted(path.name for path in walked.bundle.iterdir())
    assert [n for n in names if (first / n).read_bytes() != (walked.bundle / n).read_bytes()] == []
    assert read_bundle(first).digest == read_bundle(walked.bundle).digest


def test_mlflow_keeps_no_secret_of_the_environment_of_a_run(road: Road, walked: Walked) -> None:
    kept = Path(road.uri.removeprefix("sqlite:///")).parent

    assert is_marked(build_marked()["KANTELPUNT_SESSION_SECRET"])
    assert (kept / "mlartifacts").is_dir()
    assert list_marked([kept, walked.bundle]) == []


def test_a_training_reaches_nobody(walked: Walked) -> None:
    trained = [note for note in walked.notes if "train" in note["argv"]]

    assert [note["mlflow"] for note in trained if "mlflow" in note] != []
    assert {note["mlflow"] for note in trained if "mlflow" in note} == {"true"}
    assert [note["reached"] for note in walked.notes if "reached" in note] == []


def test_a_service_that_fetches_the_released_bundle_and_starts_reaches_nobody(
    road: Road, tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'store.db'}"

    notes = run_guarded(
        tmp_path, sys.executable, "-c", SERVE, address, road.uri, str(tmp_path / "cache")
    )

    fetching = [note["mlflow"] for note in notes if "mlflow" in note]
    assert set(fetching) == {"true"}
    assert [note["reached"] for note in notes if "reached" in note] == []


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import urllib.request; urllib.request.urlopen('https://example.org')",
    ],
)
def test_the_guard_notes_who_goes_out(tmp_path: Path, code: str) -> None:
    quietly = f"import contextlib\nwith contextlib.suppress(OSError): {code.split('; ')[1]}"
    program = f"{code.split('; ')[0]}\n{quietly}"

    notes = run_guarded(tmp_path, sys.executable, "-c", program)

    assert len([note for note in notes if "reached" in note]) == 1
