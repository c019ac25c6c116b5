"""The demo: synthetic persons, a model trained on them, a filled store, and the pages.

The model learns from a pilot in which a lot gave support: who gains from it shows there with far
fewer people than where support went to those who asked for it. The store holds other persons, of
whom physicians referred some: a pilot that supports half of everybody says nothing of a capacity.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from features.errors import KantelpuntError
from features.progress import Step, tell_steps
from serving.accounts import add_account
from serving.deps import get_now
from serving.permissions import ROLE_NL, Role, needs_fund
from serving.settings import Settings, read_settings
from serving.store.engine import Store

if TYPE_CHECKING:
    from models.bundle import Bundle

FOLDER = Path("var/demo")
PILOT = "a pilot in which a lot gave support"
CAPACITY = 0.06  # VDAB can start 5 to 10 % of the flow
# for synthetic persons on one's own machine only: `kantelpunt serve` knows no account of these
PASSWORD = "kantelpunt-demo"  # noqa: S105
FUND_NL = "Ziekenfonds Demo (verzonnen)"
READY, LIMITS, TARGETS, HISTORY = "demo.json", "limits.toml", "targets.toml", "history"
FAIL = "fail"  # what `kantelpunt gates` says of a gate that needs a waiver
USERS = (
    ("arts.a", "Dr. An Adriaens", Role.ADVISING_PHYSICIAN),
    ("coordinator.a", "Chris Claes", Role.RTW_COORDINATOR),
    ("planner", "Piet Peeters", Role.PLANNER),
    ("dataspecialist", "Dina Desmet", Role.DATA_SCIENTIST),
    ("auditor", "Alex Aerts", Role.AUDITOR),
    ("systeem", "Systeem van het ziekenfonds", Role.FUND_SYSTEM),
)


class DemoError(KantelpuntError):
    """A demo that cannot be made, or a check of it that failed."""


@dataclass(frozen=True)
class Demo:
    """A demo that is ready to serve."""

    settings: Settings
    bundle: "Bundle"
    fund: str


def run_demo(folder: Path | None, *, persons: int, port: int, fresh: bool) -> None:
    """Make the demo where it is not there yet, and serve it until stopped."""
    from serving.app import create_app
    from serving.server import open_port, run_server, set_up_logs

    with open_port("127.0.0.1", port) as opened:
        set_up_logs(quiet=True)
        demo = prepare(folder or FOLDER, persons=persons, fresh=fresh, step=tell_steps())
        set_up_logs()
        app = create_app(demo.settings, demo.bundle)
        _print_welcome(f"http://127.0.0.1:{opened.getsockname()[1]}", demo)
        run_server(app, opened)


def check_demo(folder: Path | None, *, persons: int, port: int, fresh: bool) -> None:
    """Make a small demo, call every page and endpoint once, and print the top of the list."""
    from serving.app import create_app
    from serving.demo_check import walk
    from serving.server import open_port, serve_aside, set_up_logs

    step = tell_steps()
    with open_port("127.0.0.1", port) as opened, _choose_folder(folder) as chosen:
        set_up_logs(quiet=True)
        demo = prepare(chosen, persons=persons, fresh=fresh, step=step)
        app = create_app(demo.settings, demo.bundle)
        with serve_aside(app, opened) as address:
            step("Calling every page and endpoint once")
            report = walk(address, app, {user: PASSWORD for user, _, _ in USERS})
    report.show()
    if report.failed:
        raise DemoError("not as expected: " + "; ".join(report.failed))
    step(f"{report.called} calls, all as expected")


@contextmanager
def _choose_folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with TemporaryDirectory(prefix="kantelpunt-demo-") as made:
        yield Path(made)


def prepare(folder: Path, *, persons: int, fresh: bool, step: Step) -> Demo:
    """Return the demo in a folder, made first where it is not there or `fresh` is asked."""
    from serving.registry import open_bundle

    folder = folder.resolve()
    if fresh:
        _empty(folder)
    if not (folder / READY).exists():
        _empty(folder)
        _make(folder, persons, step)
    fund = json.loads((folder / READY).read_text())["fund"]
    step("Loading the released model")
    settings = build_settings(folder, fund)
    return Demo(settings, open_bundle(settings), fund)


def build_settings(folder: Path, fund: str = "") -> Settings:
    """Return the settings of a demo: everything in its folder, nothing from the environment."""
    secret, limits, targets = folder / "session-secret", folder / LIMITS, folder / TARGETS
    if not secret.exists():
        folder.mkdir(parents=True, exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32))
    return read_settings(
        database_url=f"sqlite:///{folder / 'kantelpunt.db'}",
        tracking_uri=f"sqlite:///{folder / 'mlflow.db'}",
        cache=folder / "bundles",
        bundle=None,
        limits=limits if limits.exists() else None,
        targets=targets if targets.exists() else None,
        session_secret=secret.read_text(),
        secure_cookies=False,
        local_accounts=True,
        oidc_issuer="",
        demo_hint=f"naam {USERS[0][0]}, wachtwoord {PASSWORD}",
        demo_fund=fund,
        fund_names={fund: FUND_NL} if fund else {},
        fund_contact="adviserend.arts@ziekenfonds.example",
        dpo_contact="dpo@ziekenfonds.example",
    )


def _empty(folder: Path) -> None:
    """Remove an earlier demo; refuse a folder that holds anything else."""
    ours = {
        "extract",
        "mlartifacts",
        "bundles",
        "session-secret",
        "work",
        READY,
        LIMITS,
        TARGETS,
        HISTORY,
    }
    if not folder.exists():
        return
    found = [p for p in folder.iterdir() if p.name.partition(".db")[0] not in _DATABASES]
    if strange := sorted(p.name for p in found if p.name not in ours):
        raise DemoError(f"{folder} holds other files ({', '.join(strange[:3])}): give a new folder")
    shutil.rmtree(folder)


_DATABASES = ("kantelpunt", "mlflow")


def _make(folder: Path, persons: int, step: Step) -> None:
    from serving.demo_store import Scale, fill
    from serving.store.upgrade import upgrade_store

    settings, extract = build_settings(folder), folder / "extract"
    with closing(Store(settings.database_url)) as store:
        step("Making the store")
        upgrade_store(store)
        step(f"Making {persons:,} synthetic persons, of {PILOT}")
        bundle = _train(settings, str(extract), persons, step)
        step("Setting limits from the places that there are")
        _set_limits(folder, bundle)
        fund = fill(
            store,
            build_settings(folder),
            Scale(folder / HISTORY, folder / TARGETS, persons, FUND_NL),
            step,
        )
        step("Making accounts")
        for key, name, role in USERS:
            own = fund if needs_fund(role) else None
            add_account(
                store, key, PASSWORD, role, sickness_fund=own, full_name=name, now=get_now()
            )
    (folder / READY).write_text(json.dumps({"fund": fund, "persons": persons}))


def _train(settings: Settings, extract: str, persons: int, step: Step) -> "Bundle":
    from serving.registry import open_bundle

    uri = ("--tracking-uri", settings.tracking_uri)
    world = ("--world", "rct", "--until", get_now().date().isoformat())
    _run("synth", "--persons", str(persons), *world, "--out", extract)
    step("Training a model on them")
    _run("train", "--data", extract, *uri, "--by-lot")
    step("Releasing it")
    _release(uri)
    return open_bundle(settings)


def _release(uri: tuple[str, str]) -> None:
    """Release the newest version; gates that fail are waived by name, for all to see."""
    with TemporaryDirectory(prefix="kantelpunt-gates-") as folder:
        verdicts = Path(folder) / "gates.json"
        _run("gates", "latest", *uri, "--json", str(verdicts))
        failing = [
            one["name"] for one in json.loads(verdicts.read_text()) if one["verdict"] == FAIL
        ]
    waivers = [word for name in failing for word in ("--waive", name)]
    answered = ("--by", "Kantelpunt, demo")
    why = ("--reason", "demo with made-up people: nobody is decided on") if failing else ()
    _run("release", "latest", *uri, *waivers, *why, *answered)


def _set_limits(folder: Path, bundle: "Bundle") -> None:
    """Set limits from a capacity, where the gain tells people apart; those that ship hold else."""
    from models.estimate import GainStatus
    from serving.demo_history import find_first_day

    if bundle.model.gain_status is not GainStatus.ESTIMATED:
        return
    since = find_first_day(get_now())
    places = f"{100 * CAPACITY:.0f} plaatsen op 100 dossiers, verzonnen"
    why = ("--author", "Kantelpunt, demo", "--reason", places)
    data = ("--data", str(folder / "extract"))
    uri = ("--tracking-uri", build_settings(folder).tracking_uri)
    held = ("--capacity", str(CAPACITY), "--from", since.isoformat())
    _run("limits", *data, *uri, *held, *why, "--out", str(folder / LIMITS))


def _run(*arguments: str) -> None:
    """Run another command of Kantelpunt in a process of its own: serving does not know training."""
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    command = [sys.executable, "-m", "kantelpunt", *arguments]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=False)  # noqa: S603
    if done.returncode:
        raise DemoError(f"`kantelpunt {arguments[0]}` failed; what it said stands above")


def _print_welcome(address: str, demo: Demo) -> None:
    table = Table("naam", "wachtwoord", "rol", title=f"Kantelpunt, demo: {address}")
    for key, _, role in USERS:
        table.add_row(key, PASSWORD, ROLE_NL[role])
    Console().print(table)
    typer.echo(f"Persons, outcomes and places are made up. The model learnt from {PILOT};")
    typer.echo("the store holds other persons, and what made-up physicians decided about them.")
    typer.echo(f"Physician and coordinator see the cases of sickness fund {demo.fund}.")
    typer.echo(f"The API is described at {address}/docs. Stop with Ctrl-C.")
    typer.echo("For other commands on this store:")
    typer.echo(f"export DATABASE_URL={quote(demo.settings.database_url)}")
    typer.echo(f"export MLFLOW_TRACKING_URI={quote(demo.settings.tracking_uri)}")
    for name, path in (("LIMITS", demo.settings.limits), ("TARGETS", demo.settings.targets)):
        if path is not None:
            typer.echo(f"export KANTELPUNT_{name}={quote(str(path))}")
