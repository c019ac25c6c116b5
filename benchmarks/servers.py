"""Servers to measure: ours, and the scoring server of MLflow with the trees of the same model."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.load import Load, Measured, build_request
from features.contract import default_contract
from features.matrix import build_matrix
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.bundle import Bundle, read_bundle, write_bundle
from serving.accounts import add_account
from serving.deps import get_now
from serving.permissions import Role
from serving.store.engine import Store
from serving.store.upgrade import upgrade_store
from training.config import read_config
from training.info import build_info
from training.pipeline import train

START_SECONDS = 120
SERVER_CORE, LOAD_CORE = 0, 1
PHYSICIAN, PASSWORD = "arts", secrets.token_urlsafe(12)
AUTHORIZATION = "Basic " + b64encode(f"{PHYSICIAN}:{PASSWORD}".encode()).decode()
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # MLflow looks for its web server by name
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
}


@dataclass(frozen=True)
class Running:
    """A server that answers on a port of this machine, and its process."""

    port: int
    pid: int

    def rss_mib(self) -> float:
        """Return the memory of the process and its children, in MiB."""
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids())
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_seconds(self) -> float:
        """Return the processor time that the process and its children took so far."""
        stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] for pid in self._pids())
        ticks = sum(int(stat.split()[11]) + int(stat.split()[12]) for stat in stats)
        return ticks / os.sysconf("SC_CLK_TCK")

    def _pids(self) -> list[str]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [str(self.pid), *children]


def build_pilot(folder: Path, persons: int) -> tuple[Bundle, Extract]:
    """Return a bundle trained on a pilot by lot, whose gain differs between people, and cases."""
    contract = default_contract()
    made = build_cohort(contract, persons, seed=8, world="rct", until=date(2026, 6, 30))
    write_cohort(made, folder / "data", contract)
    extract = read_extract(folder / "data")
    trained = train(extract, read_config(), 1, lambda _: None, by_lot=True)
    write_bundle(folder / "bundle", trained.model, build_info(trained, extract, 1), "# card\n")
    return read_bundle(folder / "bundle"), extract


@contextmanager
def serve_ours(
    folder: Path, database: str, fund: str, model: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Serve the bundle in a folder with a store, and a physician of a fund.

    `model` are other settings of where the model comes from.
    """
    store = Store(database)
    upgrade_store(store)
    role = Role.ADVISING_PHYSICIAN
    add_account(store, PHYSICIAN, PASSWORD, role, sickness_fund=fund, now=get_now())
    store.close()
    settings = {
        "DATABASE_URL": database,
        **(model or {"KANTELPUNT_BUNDLE": str(folder / "bundle")}),
        "KANTELPUNT_SESSION_SECRET": secrets.token_urlsafe(48),
        "KANTELPUNT_API_PER_MINUTE": "10000000",
    }
    port = find_port()
    command = [sys.executable, "-m", "kantelpunt", "serve", "--port", str(port)]
    with _start(command, settings, f"http://127.0.0.1:{port}/healthz", folder) as process:
        # a password is checked slowly once, and many at once would look like guessing
        once = build_request("GET", "/api/v1/cases?limit=1", {"Authorization": AUTHORIZATION})
        send(Load(port, [once], 1, 0.1))
        yield Running(port, process.pid)


@contextmanager
def serve_mlflow(
    folder: Path, bundle: Bundle, rows: NDArray[np.float64], *, signed: bool
) -> Iterator[Running]:
    """Serve the trees of p_usual by `mlflow models serve`, with or without a signature."""
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature

    trees = bundle.model.usual.trees
    ready = pd.DataFrame(trees.encoding.apply(rows)).add_prefix("f")
    model = lightgbm.Booster(model_str=trees.trees.text)
    path = folder / f"mlflow-{signed}"
    signature = infer_signature(ready, model.predict(ready)) if signed else None
    pins = [f"lightgbm=={lightgbm.__version__}"]
    mlflow.lightgbm.save_model(model, path, signature=signature, pip_requirements=pins)
    port = find_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(path)]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with _start(command, {}, f"http://127.0.0.1:{port}/ping", folder) as process:
        yield Running(port, process.pid)


def build_split(bundle: Bundle, rows: NDArray[np.float64]) -> list[bytes]:
    """Return each row as the body that MLflow's scoring server takes; it reads NaN as such."""
    ready = bundle.model.usual.trees.encoding.apply(rows)
    columns = [f"f{place}" for place in range(ready.shape[1])]
    return [
        json.dumps({"dataframe_split": {"columns": columns, "data": [row.tolist()]}}).encode()
        for row in ready
    ]


def find_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _start(
    command: Sequence[str], settings: dict[str, str], ready: str, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *command],  # noqa: S607
            env=os.environ | ENVIRONMENT | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        if not _is_ready(ready, process):
            raise SystemExit("a server did not start:\n" + log_file.read_text()[-2000:])
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _is_ready(address: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):  # noqa: S310  # our own server
                return True
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def send(load: Load) -> Measured:
    """Send a load from a process on the other core."""
    told = vars(load) | {"requests": [request.hex() for request in load.requests]}
    script = "from benchmarks.load import main; main()"
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, "-c", script]
    done = subprocess.run(
        command, check=True, input=json.dumps(told), stdout=subprocess.PIPE, text=True
    )
    return Measured(**json.loads(done.stdout))


def pick_rows(extract: Extract, count: int) -> NDArray[np.float64]:
    """Return the rows of the matrix of the first cases."""
    return build_matrix(extract.cases.head(count), extract.contract)
