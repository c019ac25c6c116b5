"""Which method serves at which horizon: the simplest that is about as good as the best."""

from dataclasses import dataclass

import numpy as np

from models.intake.panel import Floats

TOLERANCE = 0.02  # a simpler method is taken when its error is at most 2 % above the best


@dataclass(frozen=True)
class Choice:
    """The method for each horizon, nearest first; the last one serves whatever is further."""

    methods: tuple[str, ...]

    def at(self, ahead: int) -> str:
        """Return the method for a horizon, counted from 0."""
        return self.methods[min(ahead, len(self.methods) - 1)]


def choose(errors: dict[str, Floats], horizon: int) -> Choice:
    """Return the first method, from simple to complex, within `TOLERANCE` of the best.

    `errors` holds the MASE per horizon of each method, simplest first. A horizon at which no
    error is known takes the last method chosen before it, else the first of all.
    """
    names = tuple(errors)
    chosen: list[str] = []
    table = np.stack([errors[name] for name in names])
    for step in range(horizon):
        column = table[:, step]
        if not np.isfinite(column).any():
            chosen.append(chosen[-1] if chosen else names[0])
            continue
        good = column <= np.nanmin(column) * (1 + TOLERANCE)
        chosen.append(names[int(np.argmax(good))])
    return Choice(tuple(chosen))
