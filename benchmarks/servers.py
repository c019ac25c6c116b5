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
from contextlib import closing, contextmanager
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
    """A server that answers on a port of this machine, its process, and how long it took to."""

    port: int
    pid: int
    start_seconds: float

    def rss_mib(self) -> float:
        """Return the memory of the process and all that it started, in MiB."""
        return sum(self._list_mib())

    def worker_mib(self) -> float:
        """Return the memory of the largest of its processes, in MiB."""
        return max(self._list_mib())

    def _list_mib(self) -> list[float]:
        page = os.sysconf("SC_PAGE_SIZE") / 2**20
        statms = (Path(f"/proc/{pid}/statm").read_text() for pid in self._pids())
        return [page * int(statm.split()[1]) for statm in statms]

    def cpu_seconds(self) -> float:
        """Return the processor time that the process and all that it started took so far."""
        stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] for pid in self._pids())
        ticks = sum(int(stat.split()[11]) + int(stat.split()[12]) for stat in stats)
        return ticks / os.sysconf("SC_CLK_TCK")

    def _pids(self) -> list[str]:
        found = [str(self.pid)]
        for pid in found:  # grows on the way
            found += Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return found


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
    prepare_store(database, fund)
    with serve_worker(folder, database, model) as worker:
        yield worker


def prepare_store(database: str, fund: str) -> None:
    """Make the tables, and a physician of a fund."""
    with closing(Store(database)) as store:
        upgrade_store(store)
        role = Role.ADVISING_PHYSICIAN
        add_account(store, PHYSICIAN, PASSWORD, role, sickness_fund=fund, now=get_now())


@contextmanager
def serve_worker(
    folder: Path, database: str, model: Mapping[str, str] | None = None, *, alone: bool = True
) -> Iterator[Running]:
    """Serve the bundle in a folder with a store that was prepared; `alone` on a core of its own."""
    settings = {
        "DATABASE_URL": database,
        **(model or {"KANTELPUNT_BUNDLE": str(folder / "bundle")}),
        "KANTELPUNT_SESSION_SECRET": secrets.token_urlsafe(48),
        "KANTELPUNT_API_PER_MINUTE": "10000000",
    }
    port = find_port()
    command = [sys.executable, "-m", "kantelpunt", "serve", "--port", str(port)]
    with _start(command, settings, port, "/readyz", folder, alone=alone) as running:
        # a password is checked slowly once, and many at once would look like guessing
        once = build_request("GET", "/api/v1/cases?limit=1", {"Authorization": AUTHORIZATION})
        send(Load(port, [once], 1, 0.1))
        yield running


@contextmanager
def serve_mlflow(
    folder: Path, bundle: Bundle, rows: NDArray[np.float64], *, signed: bool, workers: int = 1
) -> Iterator[Running]:
    """Serve the trees of p_usual by `mlflow models serve`, with or without a signature."""
    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature

    trees = bundle.model.usual.trees
    ready = pd.DataFrame(trees.encoding.apply(rows)).add_prefix("f")
    model = lightgbm.Booster(model_str=trees.trees.text)
    path = folder / f"mlflow-{signed}-{workers}"
    signature = infer_signature(ready, model.predict(ready)) if signed else None
    pins = [f"lightgbm=={lightgbm.__version__}"]
    mlflow.lightgbm.save_model(model, path, signature=signature, pip_requirements=pins)
    port = find_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(path)]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers)]
    with _start(command, {}, port, "/ping", folder, alone=workers == 1) as running:
        yield running


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
    command: Sequence[str],
    settings: dict[str, str],
    port: int,
    ready: str,
    folder: Path,
    *,
    alone: bool,
) -> Iterator[Running]:
    log_file = folder / f"server-{port}.log"
    began = time.monotonic()
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*_build_pin(SERVER_CORE, alone=alone), *command],
            env=os.environ | ENVIRONMENT | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        if not _is_ready(f"http://127.0.0.1:{port}{ready}", process):
            raise SystemExit("a server did not start:\n" + log_file.read_text()[-2000:])
        yield Running(port, process.pid, time.monotonic() - began)
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
            time.sleep(0.02)
    return False


def _build_pin(core: int, *, alone: bool) -> list[str]:
    return ["taskset", "-c", str(core)] if alone else []


def send(load: Load, *, alone: bool = True) -> Measured:
    """Send a load from a process on the other core, or wherever there is room where not `alone`."""
    told = vars(load) | {"requests": [request.hex() for request in load.requests]}
    script = "from benchmarks.load import main; main()"
    command = [*_build_pin(LOAD_CORE, alone=alone), sys.executable, "-c", script]
    done = subprocess.run(
        command, check=True, input=json.dumps(told), stdout=subprocess.PIPE, text=True
    )
    return Measured(**json.loads(done.stdout))


def pick_rows(extract: Extract, count: int) -> NDArray[np.float64]:
    """Return the rows of the matrix of the first cases."""
    return build_matrix(extract.cases.head(count), extract.contract)
