"""The clock of a test."""

from dataclasses import dataclass


@dataclass
class Clock:
    """A clock that stands still until a test moves it on, in seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def renew(self) -> None:
        """Stay as it is: only a test sets it."""
