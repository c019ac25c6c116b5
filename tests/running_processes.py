"""The service as a process of its own, for tests that need more than one, or that kill it."""

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.running_service import PASSWORD, get_bundle_folder
from tests.waiting import AGES, wait_until

ROOT = Path(__file__).resolve().parents[1]


def build_environment(url: str, folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url,
        "KANTELPUNT_BUNDLE": str(get_bundle_folder()),
        "KANTELPUNT_SESSION_SECRET": "k7Jq2vX9bR4mW1zT8cN5hL0pD3fG6sAy",
        "KANTELPUNT_API_PER_MINUTE": "1000000",
        "KANTELPUNT_UPLOADS": str(folder / "uploads"),
    }


def start(
    words: list[str], environment: dict[str, str], log: int | IO[str] = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kantelpunt", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


@contextmanager
def running_server(
    environment: dict[str, str], log: int | IO[str] = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = start(["serve", "--port", "0"], environment, log)
    assert process.stdout is not None
    try:
        address = process.stdout.readline()
        assert address.startswith("Kantelpunt: http://"), address
        port = int(address.rsplit(":", 1)[1])
        wait_until(lambda: can_connect(port))
        yield process, port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def call(port: int, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=AGES)
    password = base64.b64encode(f"arts:{PASSWORD}".encode()).decode()
    headers = {"authorization": f"Basic {password}", "content-type": kind or "application/json"}
    try:
        connection.request(method, f"/api/v1{path}", body or None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
