"""A short process beside the service, for work whose libraries and memory it does not take on."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import MappingProxyType

TURN_SECONDS, LAST_SECONDS = 0.2, 2
# where things are: whatever else stands in the environment may be a secret
_GIVEN = (
    *("PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_PARENT_DEATH_SIGNAL = 1  # prctl's own number


def run_beside(
    module: str,
    *words: str,
    seconds: float,
    asked: str = "",
    more: Mapping[str, str] = _NOTHING,
    stopped: Event | None = None,
) -> tuple[str, int | None]:
    """Return what a module of ours says and its exit code; None where it took too long.

    It also ends, without a code, when `stopped` is set. What it is `asked` goes to its input and
    what is secret to `more` of its environment: anybody on a machine can read its words.
    """
    with subprocess.Popen(  # noqa: S603  # our own module, no shell
        [sys.executable, "-m", module, *words],
        env={**more, **_list_surroundings()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback may repeat a value
        text=True,
        start_new_session=True,  # Ctrl-C is for the service, which ends this itself
    ) as process:
        given: str | None = asked
        for _ in range(round(seconds / TURN_SECONDS)):
            try:
                said = process.communicate(given, timeout=TURN_SECONDS)[0]
            except subprocess.TimeoutExpired:
                given = None
                if stopped is not None and stopped.is_set():
                    break
            else:
                return said, process.returncode
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(LAST_SECONDS)
        process.kill()
        return "", None


def _list_surroundings() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    given = {n: v for n, v in os.environ.items() if n.upper() in _GIVEN or n.startswith("LC_")}
    return given | {"PYTHONPATH": path}


def give_way() -> None:
    """Called by such a process: let whoever is served go first, and end when the service does."""
    os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        # where a machine runs out of memory this process is what it ends, not the service
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
