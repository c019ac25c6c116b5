"""What opens a door stands in no message of a command and in no list of processes."""

import os
import subprocess
import sys
import traceback
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from features.errors import KantelpuntError
from kantelpunt import app
from serving.registry import RegistryError, fetch_champion
from serving.settings import Settings, read_settings
from tests.secret_marks import NOBODY, build_marked, is_marked, list_marked, list_secrets, mark
from tests.waiting import AGES

ROOT = Path(__file__).resolve().parents[2]
NAMES_OF_SECRETS = ("secret", "password", "token", "key")


def test_a_mark_is_found_in_plain_and_in_base64_wherever_it_begins() -> None:
    secret = mark("session_secret")

    assert is_marked(f"before {secret} after")
    assert all(is_marked(b64encode(b"x" * n + secret.encode() + b"!")) for n in range(6))
    assert not is_marked(b64encode(b"a text in which it does not stand"))


def test_every_setting_that_opens_a_door_is_a_secret_and_is_shown_by_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in build_marked().items():
        monkeypatch.setenv(name, value)

    settings = read_settings()

    named = [n for n in Settings.model_fields if any(word in n for word in NAMES_OF_SECRETS)]
    assert set(named) == set(list_secrets())
    assert settings.session_secret.get_secret_value() == mark("session_secret")
    assert mark("DATABASE_URL") in settings.database_url
    assert not is_marked(f"{settings!r} {settings}")


@pytest.mark.parametrize("name", ["port", "oidc_roles", "trusted_proxies"])
def test_a_setting_that_cannot_be_used_does_not_show_the_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in build_marked().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv(f"KANTELPUNT_{name.upper()}", mark(name))

    with pytest.raises(KantelpuntError) as told:
        read_settings()

    assert name.lower() in str(told.value).lower()
    assert not is_marked("".join(traceback.format_exception(told.value)))


def read_processes(file: str) -> Iterator[tuple[str, bytes]]:
    """Give the words with which each process on this machine was started, and a file of /proc."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield words, (path / file).read_bytes()
        except OSError:  # it ended meanwhile
            continue


def test_the_process_that_asks_the_registry_shows_no_password_and_is_told_no_other_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = build_marked()
    for name, value in marked.items():
        monkeypatch.setenv(name, value)
    faults: list[str] = []
    seen: set[str] = set()
    known: set[bytes] = set()

    def ask() -> None:
        try:
            fetch_champion(marked["MLFLOW_TRACKING_URI"], "kantelpunt", tmp_path)
        except RegistryError as error:
            faults.append("".join(traceback.format_exception(error)))

    asking = Thread(target=ask)
    asking.start()
    until = monotonic() + AGES
    while asking.is_alive() and monotonic() < until:
        for words, environment in read_processes("environ"):
            if "serving.registry" in words:
                seen.add(words)
                known.update(environment.split(b"\0"))
        asking.join(0.05)

    assert seen
    assert not any(map(is_marked, seen))
    # what opens MLflow has to go there, and goes where only the same user can read it
    let_in = {line.partition(b"=")[0].decode() for line in known if is_marked(line)}
    assert "MLFLOW_TRACKING_URI" in let_in
    assert let_in <= {name for name in marked if name.startswith("MLFLOW_")}
    assert faults
    assert not is_marked(faults[0])


# every command: what it is given, where everything that it needs is out of reach
COMMANDS = {
    "synth": "--out {f}/none/data --persons 0",
    "check": "--data {f}",
    "train": "--data {f}",
    "sync": "",
    "evaluate": "1 --data {f}",
    "explain-model": "1 --data {f} --out {f}/out",
    "document": "1 --out {f}/out",
    "score": "--data {f} --out {f}/out",
    "limits": "--data {f} --capacity 1 --from 2026-01-01 --author An --reason so --out {f}/out",
    "versions": "",
    "gates": "1",
    "release": "1 --by An",
    "challenge": "1",
    "rollback": "--reason so --by An",
    "history": "",
    "forecast": "--data {f} --out {f}/out",
    "backtest": "--data {f}",
    "serve": "--port 0",
    "demo": "--check --persons 300 --dir {f}/config.toml",
    "import": "{f}/config.toml --fund fonds-a",
    "export": "--out {f}/out",
    "forget": "--yes",
    "replay": "--all",
    "shadow": "",
    "monitor": "",
    "plan": "",
    "user add": "an --role auditor --password een-lang-wachtwoord",
    "user list": "",
    "user close": "an",
    "user password": "an --password een-lang-wachtwoord",
    "db upgrade": "",
    "db backup": "--out {f}/out",
    "db restore": "{f}/config.toml",
    "audit verify": "",
    "audit export": "--out {f}/out",
}


def list_commands(command: Any, *before: str) -> Iterator[str]:
    """Give every command that does something, with those above it."""
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from list_commands(one, *before, name)
    if not below:
        yield " ".join(before)


def test_every_command_is_tried_with_marked_secrets() -> None:
    assert sorted(list_commands(get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_cannot_reach_what_it_needs_tells_no_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("nothing = 1\n")
    for variable, value in build_marked().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("KANTELPUNT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, [*name.split(), *COMMANDS[name].format(f=tmp_path).split()])

    # a command tells a fault in one line; a notebook shows what caused it as well
    told = "".join(traceback.format_exception(done.exception)) if done.exception else ""
    assert (done.exit_code == 0) == (name == "sync")  # for which nothing waits
    assert not is_marked(done.output + told)
    assert list_marked([tmp_path]) == []


@pytest.mark.parametrize("words", [("db", "upgrade"), ("history",), ("serve", "--port", "0")])
def test_a_process_that_cannot_reach_what_it_needs_does_not_print_the_address(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    given = {"KANTELPUNT_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-m", "kantelpunt", *words],
        env=os.environ | build_marked(f"{NOBODY}/nothing") | given,
        capture_output=True,
        text=True,
        timeout=AGES,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode != 0
    assert done.stderr
    assert not is_marked(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr
