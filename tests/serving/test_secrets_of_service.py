"""A service whose every secret is marked is worked with, and fails: no mark turns up anywhere."""

import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, text

from serving.last_bundle import note_last
from serving.settings import read_settings
from tests.running_issuer import RunningIssuer, build_oidc_settings
from tests.running_postgres import ADMIN, USER, Postgres, find_binary
from tests.running_processes import ROOT, can_connect
from tests.running_service import PASSWORD, Service, find_token, get_bundle_folder, make_own_case
from tests.secret_marks import build_marked, is_marked, list_marked, list_secrets, mark
from tests.waiting import AGES, wait_until

SEARCHED = "Gemerkt8f3k"  # what somebody looks for is nobody's business either


@dataclass
class Place:
    """Where a service runs: its folder, the environment, and the PostgreSQL that it asks."""

    folder: Path
    postgres: Postgres
    database: str
    environment: dict[str, str]
    words: set[bytes] = field(default_factory=set)

    def lock(self, password: str) -> None:
        """Give the role of the service another password, and end its connections."""
        self.postgres.administer(f"alter role marked password '{password}'")
        self.postgres.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'marked'"
        )

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as whoever keeps the service would."""
        return subprocess.run(
            [sys.executable, "-m", "kantelpunt", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=AGES,
            check=False,
        )

    def dump(self) -> str:
        """Return all that stands in the store."""
        address = self.postgres.address(self.database, ADMIN).replace("+psycopg", "")
        command = [find_binary("pg_dump"), "--inserts", address]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def place(
    postgres: Postgres, postgres_template: str, issuer: RunningIssuer, tmp_path: Path
) -> Place:
    """A store that asks a password, a registry that nobody answers for, and an issuer."""
    database = postgres.make_database(postgres_template).rsplit("/", 1)[1]
    ask_for_password(postgres, database)
    store = f"127.0.0.1:{postgres.port}/{database}"
    # anything but what is secret, or the marks would be overwritten
    oidc = {n: v for n, v in build_oidc_settings(issuer).items() if n not in list_secrets()}
    environment = (
        os.environ
        | build_marked(store)
        | {f"KANTELPUNT_{name.upper()}": str(value) for name, value in oidc.items()}
        | {
            "KANTELPUNT_CACHE": str(tmp_path / "cache"),
            "KANTELPUNT_UPLOADS": str(tmp_path / "uploads"),
            "KANTELPUNT_SECURE_COOKIES": "false",
            "KANTELPUNT_FOLLOW_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
        }
    )
    remember_model(tmp_path / "cache", environment["MLFLOW_TRACKING_URI"])
    return Place(tmp_path, postgres, database, environment)


def ask_for_password(postgres: Postgres, database: str) -> None:
    """Make a role that has to prove itself, as the service's own; others are trusted as before."""
    admin = create_engine(postgres.address(database, ADMIN), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("drop role if exists marked"))
        secret = mark("DATABASE_URL")
        connection.execute(text(f"create role marked login in role {USER} password '{secret}'"))
        rules = Path(str(connection.execute(text("show hba_file")).scalar_one()))
        connection.execute(
            text(
                "copy (values ('host all marked 127.0.0.1/32 scram-sha-256'), "
                f"('host all all 127.0.0.1/32 trust')) to '{rules}'"
            )
        )
        connection.execute(text("select pg_reload_conf()"))
    admin.dispose()


def remember_model(cache: Path, address: str) -> None:
    """Leave the model of an earlier start, so that the service starts without MLflow."""
    shutil.copytree(get_bundle_folder(), cache / "7-run")
    note_last(read_settings(cache=cache, tracking_uri=address), cache / "7-run", "7")


@contextmanager
def serving(place: Place) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run the service, its output in files of the folder that is searched afterwards."""
    with (place.folder / "out").open("wb") as out, (place.folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "kantelpunt", "serve", "--port", "0"],
            cwd=place.folder,
            env=place.environment | {"PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=err,
        )
        try:
            # the process that asks MLflow what to serve runs before anything is served
            wait_until(lambda: is_told(place, process.pid))
            port = int((place.folder / "out").read_text().split()[-1].rsplit(":", 1)[1])
            wait_until(lambda: can_connect(port))
            yield process, port
        finally:
            process.terminate()
            process.wait(AGES)


def is_told(place: Place, started: int) -> bool:
    """Note what runs, and tell whether the service has said where it listens."""
    place.words.update(read_words(started))
    return b"\n" in (place.folder / "out").read_bytes()


def ask(
    port: int, path: str, *, method: str = "GET", body: str = "", **headers: str
) -> tuple[int, str, str]:
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=AGES)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, str(answer.headers), answer.read().decode(errors="replace")
    finally:
        connection.close()


def walk(port: int) -> Iterator[tuple[int, str, str]]:
    """Give the answers to what people and clients ask, right and wrong."""
    basic = "Basic " + base64.b64encode(f"arts:{PASSWORD}".encode()).decode()
    api = {"Authorization": basic, "Content-Type": "application/json"}
    case = json.dumps(make_own_case())
    yield ask(port, "/api/v1/assessments", method="POST", body=case, **api)
    yield ask(port, "/api/v1/assessments", method="POST", body="{", **api)
    yield ask(port, f"/api/v1/cases?search={SEARCHED}", **api)
    yield ask(port, "/api/v1/cases/niemand", **api)
    yield ask(port, "/api/v1/cases", Authorization=f"Bearer {SEARCHED}")
    for path in ("/readyz?mlflow=true", "/metrics", "/api/v1/openapi.json", "/nergens", "/login"):
        yield ask(port, path)
    _, headers, page = ask(port, "/login")
    cookie = "; ".join(re.findall(r"(?im)^set-cookie: ([^;]+)", headers))
    for password in ("fout-wachtwoord", PASSWORD):
        form = {"token": find_token(page), "naar": "/", "name": "arts", "password": password}
        kind = "application/x-www-form-urlencoded"
        sent = {"Cookie": cookie, "Content-Type": kind}
        yield ask(port, "/login", method="POST", body=urlencode(form), **sent)
    yield (begun := ask(port, "/login/oidc?naar=/"))
    state = re.search(r"state=([\w-]+)", begun[1])
    cookie = "; ".join(re.findall(r"(?im)^set-cookie: ([^;]+)", begun[1]))
    back = f"/login/oidc/terug?code=no-code&state={state[1] if state else ''}"
    yield ask(port, back, Cookie=cookie)


def read_words(parent: int) -> Iterator[bytes]:
    """Give the words with which a process and those below it were started."""
    yield Path(f"/proc/{parent}/cmdline").read_bytes()
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in path.read_text().split():
            try:
                yield from read_words(int(child))
            except OSError:  # it ended meanwhile
                continue


def test_a_service_that_works_and_then_loses_its_store_shows_no_secret(
    place: Place, issuer: RunningIssuer
) -> None:
    answers: list[tuple[int, str, str]] = []
    with serving(place) as (process, port):
        answers += walk(port)
        at_work = {status for status, _, _ in answers}
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        place.lock("another")
        answers += walk(port)
        issuer.is_down = True
        answers += walk(port)
        place.words.update(read_words(process.pid))
    log = (place.folder / "err").read_text()

    assert at_work >= {200, 201, 303, 401, 404, 422}
    assert 503 in {status for status, _, _ in answers}
    assert [one for one in answers if is_marked(one[1] + one[2])] == []
    assert not any(map(is_marked, place.words))
    assert any(b"serving.registry" in one for one in place.words)
    assert issuer.posted  # where the secret of the client belongs
    assert list_marked([place.folder]) == []
    assert '"event": "request"' in log
    assert SEARCHED.lower() not in log.lower()
    assert re.search(r"Max core file size +0 +0 ", limits)  # memory holds them all
    assert not is_marked(place.dump())


COMMANDS = (
    ("export", "--out", "extract"),
    ("audit", "export", "--out", "audit.csv"),
    ("audit", "verify"),
    ("db", "backup", "--out", "copy.db"),  # refused on PostgreSQL, whose own tool is read below
    ("user", "list"),
    ("monitor", "--json"),
    ("plan", "--json"),  # refused: from one case nothing can be planned
    ("user", "password", "arts", "--password", PASSWORD),
)


def test_what_commands_write_and_keep_holds_no_secret(
    place: Place, start_service: Callable[..., Service]
) -> None:
    start_service(place.postgres.address(place.database)).post(make_own_case())
    place.environment["KANTELPUNT_BUNDLE"] = str(get_bundle_folder())

    told = [place.run(*words) for words in COMMANDS]
    place.lock("another")
    refused = place.run("user", "list")
    place.environment["DATABASE_URL"] = f"sqlite:///{place.folder}/own.db"
    kept = [place.run("db", "upgrade"), place.run("db", "backup", "--out", "copy.db")]

    assert [done.returncode for done in kept] == [0, 0]
    assert refused.returncode != 0
    assert (place.folder / "audit.csv").exists()
    assert (place.folder / "copy.db").exists()
    assert [done.returncode for done in told] == [0, 0, 0, 1, 0, 0, 1, 0]
    for done in (*told, refused, *kept):
        assert not is_marked(done.stdout + done.stderr)
        assert "Traceback" not in done.stderr
    assert not is_marked(place.dump())
    assert list_marked([place.folder]) == []
