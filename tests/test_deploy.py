"""The examples of a deployment: true to settings and commands, and closed where they must be."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from typer.main import get_command

from kantelpunt import app
from serving.settings import Settings
from serving.store.connections import Terms
from tests.running_http import Handler, run_http
from tests.waiting import AGES

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


def test_the_store_counts_as_ready_once_it_answers_over_the_network() -> None:
    parts = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]

    # while its role is made, PostgreSQL answers on its socket only, and then starts again
    assert "--host" in parts["store"]["healthcheck"]["test"]
    assert parts["tables"]["depends_on"]["store"]["condition"] == "service_healthy"


def test_what_came_in_outlives_a_container_and_has_time_to_end() -> None:
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    [[volume, folder]] = [one.split(":") for one in told["services"]["worker"]["volumes"]]

    assert volume in told["volumes"]
    # a folder of the image, whose owner a new volume takes over
    assert f"--home-dir {folder} " in image
    assert f"KANTELPUNT_UPLOADS={folder}/" in image
    assert told["services"]["worker"]["stop_grace_period"] == "30s"
    assert "TimeoutStopSec=30" in (DEPLOY / "kantelpunt@.service").read_text(encoding="utf-8")


def test_the_workers_of_the_example_fit_in_what_postgresql_gives() -> None:
    parts = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")

    pool = Terms.of_service(Settings.model_fields["threads"].default).most
    room = 100 - 3 - 5  # as PostgreSQL comes, without those of superusers and of commands

    assert parts["worker"]["deploy"]["replicas"] * pool <= room
    assert f"room for {room // pool} workers" in text


def test_the_container_builds_our_package_with_tools_that_are_locked() -> None:
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    [program] = re.findall(r"RUN awk '(.*)' requirements-dev\.lock > build\.lock", image)

    command = ["awk", program, str(DEPLOY.parent / "requirements-dev.lock")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    needed = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["build-system"]
    assert needed["requires"] == ["setuptools>=80"]
    assert int(lines[0].removeprefix("setuptools==").partition(".")[0]) >= 80
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 1
    assert "--requirement build.lock" in image


def test_a_worker_may_ask_little_of_the_kernel() -> None:
    unit = (DEPLOY / "kantelpunt@.service").read_text(encoding="utf-8").splitlines()

    given = {line for line in unit if "=" in line and not line.startswith("#")}

    assert {
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
    } <= given


@pytest.mark.parametrize("name", ["nginx.conf", "compose_nginx.conf"])
def test_a_proxy_writes_no_addresses_down_and_hides_the_metrics(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")

    assert "access_log off;" in text
    # what it says of an error, below crit, repeats the address and the one before it
    assert re.findall(r"^error_log \S+ (\w+);", text, re.MULTILINE) == ["crit"]
    assert re.search(r"location = /metrics \{\s+return 404;", text)
    assert "X-Forwarded-For $remote_addr" in text
    assert "non_idempotent" not in text


def test_only_the_proxy_is_reached_from_outside_and_nothing_of_ours_runs_as_root() -> None:
    parts = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    last = image.rpartition("\nFROM ")[2]

    assert [name for name, part in parts.items() if "ports" in part] == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in parts["proxy"]["ports"])
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["kantelpunt"]
    assert "--require-hashes" in image
    assert not [name for name, part in parts.items() if part.get("privileged") or "user" in part]


def test_a_crash_leaves_no_memory_behind() -> None:
    parts = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    unit = (DEPLOY / "kantelpunt@.service").read_text(encoding="utf-8")

    assert [parts[name]["ulimits"]["core"] for name in ("worker", "tables")] == [0, 0]
    assert "LimitCORE=0\n" in unit


def test_the_role_of_the_store_cannot_pass_over_the_rules_on_rows() -> None:
    text = (DEPLOY / "store_role.sh").read_text(encoding="utf-8")

    assert "nosuperuser nobypassrls" in text


def roll(what: str, conf: Path, port: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", str(DEPLOY / "roll.sh"), what, str(conf), str(port)],
        env=os.environ | {"NGINX": "true", "DRAIN_SECONDS": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=AGES,
    )


def test_a_worker_is_taken_out_once_and_never_the_last_one(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    shutil.copy(DEPLOY / "nginx.conf", conf)

    first, again, last = roll("out", conf, 8001), roll("out", conf, 8001), roll("out", conf, 8002)

    assert [first.returncode, again.returncode, last.returncode] == [0, 1, 1]
    assert "no other worker would be left" in last.stderr
    assert "server 127.0.0.1:8001 down max_fails" in conf.read_text()
    assert "server 127.0.0.1:8002 max_fails" in conf.read_text()


class Slow(Handler):
    """Cannot work the first time that it is asked."""

    asked: ClassVar[list[str]] = []

    def get(self) -> None:
        self.asked.append(self.path)
        self.give(200 if len(self.asked) > 1 else 503, b"")


def test_a_worker_comes_back_once_it_can_work(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    with run_http(Slow) as port:
        text = (DEPLOY / "nginx.conf").read_text()
        conf.write_text(text.replace("127.0.0.1:8001 ", f"127.0.0.1:{port} down "))

        back = roll("in", conf, port)

    assert back.returncode == 0
    assert Slow.asked == ["/readyz", "/readyz"]
    assert f"server 127.0.0.1:{port} max_fails" in conf.read_text()
