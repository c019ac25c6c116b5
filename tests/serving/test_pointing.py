"""Where an alias points, asked without MLflow: of its server, and by the file of its database."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from serving.pointing import NOBODY, find_sign
from serving.registry_process import RegistryGoneError
from tests.running_http import Handler, run_http
from tests.running_service import NOW, make_settings

# as MLflow 3.17 answers
FOUND = {
    "model_version": {
        "name": "kantelpunt",
        "version": "2",
        "creation_timestamp": 1795355750646,
        "current_stage": "None",
        "source": "mlflow-artifacts:/1/104d63d3/artifacts/bundle",
        "run_id": "104d63d3",
        "status": "READY",
        "aliases": ["champion"],
    }
}
NO_ALIAS = {
    "error_code": "INVALID_PARAMETER_VALUE",
    "message": "Registered model alias champion not found.",
}
NO_MODEL = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"}
BUSY = {"error_code": "INTERNAL_ERROR", "message": "database is locked"}


@dataclass
class Server:
    """A server that answers as it is set, and remembers what was asked."""

    port: int = 0
    status: int = 200
    body: str = json.dumps(FOUND)
    asked: dict[str, Any] = field(default_factory=dict)

    def ask(self) -> str | None:
        uri = f"http://127.0.0.1:{self.port}/"
        return find_sign(make_settings("sqlite:///x.db", tracking_uri=uri), NOW)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Answering(Handler):
        def get(self) -> None:
            parts = urlsplit(self.path)
            made.asked = {"path": parts.path, **parse_qs(parts.query)}
            made.asked["who"] = self.headers.get("Authorization", "")
            self.give(made.status, made.body.encode())

    with run_http(Answering) as made.port:
        yield made


def test_a_server_is_asked_for_the_alias_over_its_rest_api(server: Server) -> None:
    found = server.ask()

    assert found == "2-104d63d3"
    assert server.asked == {
        "path": "/api/2.0/mlflow/registered-models/alias",
        "name": ["kantelpunt"],
        "alias": ["champion"],
        "who": "",
    }


@pytest.mark.parametrize(("status", "body"), [(400, NO_ALIAS), (404, NO_MODEL)])
def test_an_alias_that_no_version_has_is_told_apart_from_a_server_that_is_away(
    server: Server, status: int, body: dict[str, str]
) -> None:
    server.status, server.body = status, json.dumps(body)

    assert server.ask() == NOBODY


UNREADABLE = [(500, json.dumps(BUSY)), (200, "<html>"), (200, "[]"), (200, "{}"), (404, "null")]


@pytest.mark.parametrize(("status", "body"), UNREADABLE)
def test_what_cannot_be_read_counts_as_away(server: Server, status: int, body: str) -> None:
    server.status, server.body = status, body

    with pytest.raises(RegistryGoneError):
        server.ask()


def test_a_server_is_asked_with_the_account_or_token_of_mlflow(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abc")
    server.ask()
    token = server.asked["who"]
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "a")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "b")
    server.ask()

    assert (token, server.asked["who"]) == ("Bearer abc", "Basic YTpi")


def test_a_server_that_does_not_let_us_in_leaves_the_question_to_mlflow(server: Server) -> None:
    server.status = 401

    assert str(server.ask()).startswith("since ")


def sign(path: Path, now: datetime = NOW) -> str | None:
    return find_sign(make_settings("sqlite:///x.db", tracking_uri=f"sqlite:///{path}"), now)


def touch(path: Path, at: datetime, text: str = "x") -> None:
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_database_in_a_file_has_another_sign_once_it_or_its_log_changed(tmp_path: Path) -> None:
    path, earlier = tmp_path / "mlflow.db", NOW - timedelta(hours=1)
    touch(path, earlier)
    first, again = sign(path), sign(path)
    touch(path.with_name("mlflow.db-wal"), earlier + timedelta(minutes=1))
    logged = sign(path)
    touch(path, earlier + timedelta(minutes=2), "xx")
    written = sign(path)

    assert first == again is not None
    assert len({first, logged, written}) == 3


def test_a_database_that_was_written_just_now_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    touch(path, NOW - timedelta(seconds=1))

    assert sign(path) is None


def test_a_database_that_is_not_there_counts_as_away(tmp_path: Path) -> None:
    with pytest.raises(RegistryGoneError):
        sign(tmp_path / "none.db")


def test_what_gives_no_cheap_sign_is_asked_every_five_minutes(tmp_path: Path) -> None:
    settings = make_settings("sqlite:///x.db", tracking_uri=tmp_path.as_uri())

    found = [find_sign(settings, NOW + timedelta(minutes=m)) for m in (0, 4, 5)]

    assert found[0] == found[1] != found[2]


def test_a_registry_apart_from_the_runs_is_the_one_that_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", f"sqlite:///{tmp_path / 'apart.db'}")
    touch(tmp_path / "apart.db", NOW - timedelta(hours=1))

    assert sign(tmp_path / "none.db")
