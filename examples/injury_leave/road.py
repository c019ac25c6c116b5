"""The whole road of one tipping point, with nothing but the command line of Kantelpunt."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from examples.injury_leave.extract import (
    FUND,
    UNTIL,
    TippingPoint,
    build_tables,
    date_injuries,
    read_claims,
    select_open,
    write_extract,
)
from examples.injury_leave.visit import Visitor, visit
from features.errors import KantelpuntError

ROOT = Path(__file__).resolve().parents[2]
RECENT_DAYS = 91  # a triage list holds whom one can still call
USER = "arts"
ADDRESS = re.compile(r"http://\S+")
STOP_SECONDS = 20


class RoadError(KantelpuntError):
    """A command of Kantelpunt that failed on the way."""


@dataclass(frozen=True)
class Road:
    """A folder in which one tipping point is trained, scored and served."""

    point: TippingPoint
    folder: Path
    password: str
    environment: dict[str, str]

    @property
    def extract(self) -> Path:
        """Everything known on the last day."""
        return self.folder / "extract"

    @property
    def intake(self) -> Path:
        """The recent cases that are still open."""
        return self.folder / "intake"


def start_road(point: TippingPoint, folder: Path) -> Road:
    """Empty the folder of a tipping point and write its extract and its intake."""
    home = (folder / f"week_{point.week:02d}").resolve()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlflow.db'}",
        "DATABASE_URL": f"sqlite:///{home / 'kantelpunt.db'}",
        "KANTELPUNT_CACHE": str(home / "bundles"),
        "KANTELPUNT_SESSION_SECRET": secrets.token_urlsafe(48),
        "KANTELPUNT_SECURE_COOKIES": "false",  # it is served over http, on this machine only
    }
    road = Road(point, home, secrets.token_urlsafe(12), environment)
    claims = read_claims()
    tables = build_tables(claims, date_injuries(claims), point, UNTIL)
    write_extract(road.extract, point, tables)
    write_extract(road.intake, point, select_open(tables, RECENT_DAYS, UNTIL))
    return road


def follow_road(road: Road) -> None:
    """Train, release, score, and fill the store."""
    run(road, "train", "--data", str(road.extract))
    release(road)
    run(road, "score", "--data", str(road.extract), "--out", str(road.folder / "scores.parquet"))
    run(road, "db", "upgrade")
    run(road, "import", str(road.intake))
    role = ("--role", "advising_physician", "--fund", FUND, "--name", "Dr. An Arts")
    run(road, "user", "add", USER, *role, "--password", road.password)


def release(road: Road) -> None:
    """Release the newest version; gates that fail are waived by name, for all to see."""
    verdicts = road.folder / "gates.json"
    run(road, "gates", "latest", "--json", str(verdicts))
    failing = [one["name"] for one in json.loads(verdicts.read_text()) if one["verdict"] == "fail"]
    waivers = [word for name in failing for word in ("--waive", name)]
    why = ("--reason", "an example on public records: nobody is decided on") if failing else ()
    run(road, "release", "latest", *waivers, *why, "--by", "injury_leave")


def run(road: Road, *arguments: str) -> None:
    """Run a command of Kantelpunt; raises RoadError when it fails."""
    print(f"\n$ kantelpunt {_shorten(road, arguments)}", flush=True)
    command = [sys.executable, "-m", "kantelpunt", *arguments]
    done = subprocess.run(command, cwd=road.folder, env=road.environment, check=False)
    if done.returncode:
        raise RoadError(f"`kantelpunt {arguments[0]}` failed; what it said stands above")


def _shorten(road: Road, arguments: tuple[str, ...]) -> str:
    shown = " ".join(arguments).replace(f"{road.folder}/", "")
    return shown.replace(road.password, "…")


@contextmanager
def serve(road: Road, port: int) -> Iterator[str]:
    """Serve beside the caller, and give the address; the log is service.log in the folder."""
    print(f"\n$ kantelpunt serve --port {port}", flush=True)
    command = [sys.executable, "-m", "kantelpunt", "serve", "--port", str(port)]
    with (road.folder / "service.log").open("w") as log:
        service = subprocess.Popen(  # our own module, no shell
            command,
            cwd=road.folder,
            env=road.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield _find_address(service)
        finally:
            service.terminate()
            service.wait(STOP_SECONDS)


def _find_address(service: "subprocess.Popen[str]") -> str:
    for line in service.stdout or ():
        if found := ADDRESS.search(line):
            return found[0]
    raise RoadError("`kantelpunt serve` ended before it listened: see service.log")


def show_service(road: Road, port: int, *, keep: bool) -> None:
    """Serve, visit once and print the top of the list; with `keep`, go on until Ctrl-C."""
    with serve(road, port) as address:
        top = visit(Visitor(address, USER, road.password))
        print("readyz, log on, the list and the page of a case: all answered. Top of the list:")
        for row in top:
            print(_describe(row))
        if keep:
            print(f"\n{address} stays up: name {USER}, password {road.password}; stop with Ctrl-C")
            _wait()


def _describe(row: dict[str, Any]) -> str:
    chance = f"{row['p_usual'] * 100:.0f} op 100 ({row['low'] * 100:.0f}-{row['high'] * 100:.0f})"
    reasons = "; ".join(f"{r['text_nl']} ({r['points']:+.0f})" for r in row["reasons"][:3])
    return f"{row['rank']}. {row['case_id']}  {chance}  {row['suggestion_nl']}  {reasons}"


def _wait() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the service as Ctrl-C does
    try:
        Event().wait()
    except KeyboardInterrupt:
        print("stopped")
