"""A stand-in for a server of MLflow on loopback, which can be slow, gone, full or lie."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.running_http import Handler, run_http

ALIAS = "/api/2.0/mlflow/registered-models/alias"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass
class RunningRegistry:
    """What the registry answers with; a test changes it as it goes."""

    address: str = ""
    version: str = "1"
    run_id: str = "a"
    tags: dict[str, str] = field(default_factory=dict)
    # the folder of the bundle of each run
    runs: dict[str, Path] = field(default_factory=dict)
    # what it answers with instead, by the path that was asked for
    lies: dict[str, bytes] = field(default_factory=dict)
    # the names and sizes that it says a bundle has, beside those that it has
    more_files: dict[str, int] = field(default_factory=dict)
    hangs: bool = False
    trickle: bytes = b""
    goes_on: threading.Event = field(default_factory=threading.Event)

    def release(self, version: str, run_id: str, folder: Path | None = None) -> None:
        """Point the alias at a version, whose bundle is in a folder."""
        self.version, self.run_id = version, run_id
        if folder is not None:
            self.runs[run_id] = folder

    def answer(self, path: str, query: dict[str, list[str]]) -> bytes | None:
        """Return what is asked for, None for what is not there."""
        if path in self.lies:
            return self.lies[path]
        if path == ALIAS:
            return json.dumps({"model_version": self._describe()}).encode()
        if path == FILES:
            return self._list(query["path"][0].split("/")[1])
        if path.startswith(f"{FILES}/"):
            run, *_, name = path.removeprefix(f"{FILES}/1/").split("/")
            if name in self.more_files:
                return b"x" * self.more_files[name]
            return (self.runs[run] / name).read_bytes()
        return None

    def _describe(self) -> dict[str, Any]:
        return {
            "name": "kantelpunt",
            "version": self.version,
            "creation_timestamp": 1795355750646,
            "current_stage": "None",
            "source": f"mlflow-artifacts:/1/{self.run_id}/artifacts/bundle",
            "run_id": self.run_id,
            "status": "READY",
            "tags": [{"key": k, "value": v} for k, v in self.tags.items()],
        }

    def _list(self, run: str) -> bytes | None:
        if run not in self.runs:
            return None
        sizes = {one.name: one.stat().st_size for one in self.runs[run].iterdir()}
        listed = [
            {"path": name, "is_dir": False, "file_size": size}
            for name, size in (sizes | self.more_files).items()
        ]
        return json.dumps({"files": listed}).encode()


@contextmanager
def run_registry() -> Iterator[RunningRegistry]:
    """Run the registry beside the caller."""
    registry = RunningRegistry()

    class Answering(Handler):
        def get(self) -> None:
            with suppress(OSError):  # who asked may have gone
                while registry.hangs and not registry.goes_on.wait(0.02):
                    self.wfile.write(registry.trickle)
                parts = urlsplit(self.path)
                body = registry.answer(unquote(parts.path), parse_qs(parts.query))
                if body is None:
                    self.give(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}')
                else:
                    self.give(200, body)

    with run_http(Answering, registry.goes_on) as port:
        registry.address = f"http://127.0.0.1:{port}"
        yield registry
