"""Somebody else who does something at the same time, for tests."""

from collections.abc import Callable
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

HOLDS = 0.3  # seconds in which what is not held would be done


class Meanwhile:
    """Somebody who acts the first time that a function was called; `join` gives what came of it."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, act: Callable[[], Any]
    ) -> None:
        self._act, self._thread, self._came = act, Thread(target=self._run), None
        self._real = getattr(module, name)
        monkeypatch.setattr(module, name, self._call)

    def _call(self, *given: Any, **named: Any) -> Any:
        found = self._real(*given, **named)
        if self._thread.ident is None:
            self._thread.start()
            self._thread.join(HOLDS)
        return found

    def _run(self) -> None:
        self._came = self._act()

    def join(self) -> Any:
        self._thread.join()
        return self._came


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Return what each gives, all of them begun together."""
    found: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        found[place] = acts[place]()

    threads = [Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
