"""From a clean clone to a served page with `make demo`, and the time of `make test`.

`python -m benchmarks.clean_clone`: clones what is committed into a temporary folder, so it
measures with an empty .venv; the package cache of the machine is used when there is one.
"""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.report import Board

PORT = 8765
MOST_SECONDS = 900


def wait_for_page(demo: subprocess.Popen[bytes]) -> None:
    """Return when the log-on page is served; raises when the demo ends or takes too long."""
    address = f"http://127.0.0.1:{PORT}/login"
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        if demo.poll() is not None:
            raise SystemExit(f"make demo ended with exit code {demo.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2) as page:
                if page.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"no page after {MOST_SECONDS} s")


def main() -> None:
    """Measure both commands of the README."""
    board = Board("clean_clone")
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "kantelpunt"
        subprocess.run(["git", "clone", "--quiet", str(root), str(clone)], check=True)  # noqa: S607
        began = time.monotonic()
        words = ["make", "demo", f"ARGS=--port {PORT}"]
        demo = subprocess.Popen(words, cwd=clone, start_new_session=True)
        try:
            wait_for_page(demo)
            seconds = time.monotonic() - began
        finally:
            os.killpg(demo.pid, signal.SIGTERM)
            demo.wait(timeout=30)
        board.add("make demo to a served page", seconds, "s", "under 300 s", seconds < 300)
        began = time.monotonic()
        subprocess.run(["make", "test"], cwd=clone, check=True)  # noqa: S607
        seconds = time.monotonic() - began
        board.add("make test", seconds, "s", "under 300 s", seconds < 300)
    board.close()


if __name__ == "__main__":
    main()
