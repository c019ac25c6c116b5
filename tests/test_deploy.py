"""The examples of a deployment: true to settings and commands, and closed where they must be."""

import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from kantelpunt import app
from serving.settings import Settings

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
FILES = sorted(DEPLOY.iterdir())
SETTING = re.compile(r"\bKANTELPUNT_([A-Z_]+)\b")
COMMAND = re.compile(r"(?:/bin/kantelpunt |\"kantelpunt\", \")([a-z]+)")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_and_command_is_one_that_there_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    named = {name.lower() for name in SETTING.findall(text)}
    commands = set(COMMAND.findall(text))

    assert named <= set(Settings.model_fields)
    assert commands <= set(getattr(get_command(app), "commands", {}))


def test_the_containers_keep_no_secret_and_wait_for_their_tables() -> None:
    parts = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]

    worker = parts["worker"]

    secret = worker["environment"]["KANTELPUNT_SESSION_SECRET"]
    assert re.fullmatch(r"\$\{\w+:\?\}", secret)
    assert "${POSTGRES_PASSWORD:?}" in worker["environment"]["DATABASE_URL"]
    assert worker["depends_on"]["tables"]["condition"] == "service_completed_successfully"
    assert worker["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", ["nginx.conf", "compose_nginx.conf"])
def test_a_proxy_writes_no_addresses_down_and_hides_the_metrics(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")

    assert "access_log off;" in text
    assert re.search(r"location = /metrics \{\s+return 404;", text)
    assert "X-Forwarded-For $remote_addr" in text
    assert "non_idempotent" not in text


def test_the_role_of_the_store_cannot_pass_over_the_rules_on_rows() -> None:
    text = (DEPLOY / "store_role.sh").read_text(encoding="utf-8")

    assert "nosuperuser nobypassrls" in text
