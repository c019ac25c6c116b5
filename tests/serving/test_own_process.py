"""A short process beside the service: what it knows, and when it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.own_process import run_beside
from tests.secret_marks import build_marked, is_marked
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


def _write(path: Path, code: str) -> None:
    path.write_text(code, encoding="utf-8")


def test_a_process_beside_the_service_is_told_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in build_marked().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _write(tmp_path / "tells.py", "import os, sys\nprint(os.environ, sys.argv, sys.stdin.read())")

    said, code = run_beside("tells", seconds=60, asked="asked")

    assert code == 0
    assert "asked" in said
    assert "PATH" in said
    assert not is_marked(said)


def test_a_process_beside_the_service_finds_the_libraries_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    _write(tmp_path / "tells.py", "import os\nprint(os.environ['LD_LIBRARY_PATH'])")

    said, _ = run_beside("tells", seconds=60)

    assert said.strip() == str(tmp_path)


def test_a_process_beside_the_service_hears_no_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _write(tmp_path / "tells.py", "import os\nprint(os.getpgrp())")

    said, _ = run_beside("tells", seconds=60)

    assert int(said) != os.getpgrp()


def test_a_process_beside_the_service_ends_when_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    _write(
        tmp_path / "stays.py",
        "import os, time\nfrom serving.own_process import give_way\ngive_way()\n"
        f"open({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)",
    )
    code = "from serving.own_process import run_beside; run_beside('stays', seconds=600)"
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    service = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    wait_until(lambda: told.exists() and bool(told.read_text()))
    pid = int(told.read_text())

    service.send_signal(signal.SIGKILL)
    service.wait()

    wait_until(lambda: not _is_running(pid))


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
