"""A command that dies, as by `kill -9`, at each thing that it does to what it keeps.

`python -m tests.dying_command WORDS`: runs the command once per moment, each time in a process of
its own, until one lives to its end; `{moment}` in a word becomes the number. Prints how many died.
"""

import os
import signal
import sys
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

_FILES = {"os.rename", "os.remove"}


def _die_at(moment: int) -> None:
    """Die before the n-th write, before or after a commit, or at a change of a file."""
    left, is_writing = [moment], [False]

    def step(*_: Any, **__: Any) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def write(connection: Any, *_: Any) -> None:
        if connection.get_execution_options().get("kantelpunt_writes"):
            is_writing[0] = True
            step()

    def end(*_: Any) -> None:
        if is_writing[0]:
            is_writing[0] = False
            step()

    event.listen(Engine, "before_cursor_execute", write)
    event.listen(Engine, "commit", write)
    event.listen(Engine, "checkin", end)
    sys.addaudithook(lambda name, _: step() if name in _FILES else None)


def main() -> None:
    """Run the command until it lives."""
    # once for all children, which each take a second less
    import hypothesis.extra.pandas  # noqa: F401 - pandera looks for it once it checks a table

    import features.entries  # noqa: F401
    import serving.deps
    import serving.monitor
    import serving.planning_run
    import serving.registry
    import serving.server
    import serving.store.upgrade  # noqa: F401
    from kantelpunt import app

    for moment in count(1):
        child = os.fork()
        if not child:
            _die_at(moment)
            app([word.replace("{moment}", str(moment)) for word in sys.argv[1:]])
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(moment - 1)  # noqa: T201
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
