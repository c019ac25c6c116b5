"""Workers of the service behind nginx, as deploy/ has them, on free ports of this machine."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.machine import find_program
from benchmarks.servers import find_port
from tests.waiting import wait_until
from training.record import ROOT


class Worker:
    """One process of the service on a port of its own, which can be stopped and started again."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """Choose a port; nothing runs yet."""
        self.port = find_port()
        self.log = folder / f"{self.port}.log"
        self._environment = {**environment, "KANTELPUNT_UPLOADS": str(folder / str(self.port))}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start, and return after how many seconds it can work."""
        began = time.perf_counter()
        command = [sys.executable, "-m", "kantelpunt", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=log)
        wait_until(self._is_ready, 60)
        return time.perf_counter() - began

    def stop(self) -> None:
        """Ask it to stop, as a service manager does, and wait for that."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    @property
    def pid(self) -> int:
        """The number of its process, while it runs."""
        if self._process is None:
            raise SystemExit("a worker that is asked for its process does not run")
        return self._process.pid

    def _is_ready(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
            return True
        return False


@dataclass(frozen=True)
class Proxy:
    """nginx that runs, and what takes a worker out of it and puts it back."""

    port: int
    words: tuple[str, ...]
    conf: Path

    def roll(self, worker: Worker) -> None:
        """Restart a worker as the documentation says."""
        self._run("out", worker)
        worker.stop()
        worker.start()
        self._run("in", worker)

    def _run(self, what: str, worker: Worker) -> None:
        command = ["sh", str(ROOT / "deploy" / "roll.sh"), what, str(self.conf), str(worker.port)]
        given = {"NGINX": " ".join(self.words)}
        subprocess.run(command, check=True, env=os.environ | given, stderr=subprocess.DEVNULL)


@contextmanager
def run_proxy(folder: Path, ports: tuple[int, int]) -> Iterator[Proxy]:
    """Run nginx with the configuration that ships, on free ports."""
    program = find_program("nginx")
    if program is None:
        raise SystemExit("nginx is not installed: this benchmark tries deploy/nginx.conf with it")
    text, port = (ROOT / "deploy" / "nginx.conf").read_text(), find_port()
    for shipped, own in zip((8001, 8002, 8443), (*ports, port), strict=True):
        text = re.sub(rf"127\.0\.0\.1:{shipped}\b", f"127.0.0.1:{own}", text)
    conf = folder / "nginx.conf"
    conf.write_text(text)
    words = (program, "-p", str(folder), "-c", str(conf))
    command = [*words, "-g", "daemon off;"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(1)
            yield Proxy(port, words, conf)
        finally:
            process.terminate()
