"""Runs `kantelpunt train` with a clock on its fits, for `benchmarks.training`.

With FILE WORDS... it writes the seconds in the fits, and of the whole process, to FILE. The fits
are all that a bare loop would call to learn the same models: trees, lines and their cross-fitting,
for p_usual, its rivals, intervals, support, gain, curve, refutation and policy tree. Where one
calls another, the outermost counts.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

FITS = {
    "models.usual": ("choose_shape", "fit_usual", "fit_lines", "fit_single_tree", "fit_boosted"),
    "models.baseline": ("fit_logistic", "fit_tree"),
    "models.calibration": ("fit_calibration", "measure_slope"),
    "models.spread": ("fit_spread",),
    "models.effects": ("measure_effects", "fit_overlap"),
    "models.gain": ("fit_gain", "fit_form"),
    "models.gain_spread": ("fit_gain_spread",),
    "models.linear": ("fit_linear",),
    "models.net": ("fit_net",),
    "models.curve_fit": ("fit_curve",),
    "training.policy_tree": ("fit_policy_tree",),
}


class Clock:
    """Seconds in the outermost of the functions that it holds."""

    def __init__(self) -> None:
        """Begin at none."""
        self.seconds = 0.0
        self.depth = 0

    def hold(self, fit: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted."""

        @wraps(fit)
        def timed(*given: Any, **named: Any) -> Any:
            self.depth += 1
            began = time.perf_counter()
            try:
                return fit(*given, **named)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.perf_counter() - began

        return timed


def put_clock_on_fits(clock: Clock) -> None:
    """Put the clock on every fit, in each module that has imported it."""
    import_module("training.keep")
    timed = {
        id(fit): clock.hold(fit)
        for module, names in FITS.items()
        for fit in (getattr(import_module(module), name) for name in names)
    }
    ours = [one for name, one in sys.modules.items() if name.startswith(("models.", "training."))]
    for module in ours:
        for name, value in list(vars(module).items()):
            if id(value) in timed:
                setattr(module, name, timed[id(value)])


def main() -> None:
    """Train, and write how long it took."""
    began = time.perf_counter()
    from kantelpunt import app

    file, *words = sys.argv[1:]
    clock = Clock()
    put_clock_on_fits(clock)
    app(words, standalone_mode=False)
    seconds = {"fits": clock.seconds, "all": time.perf_counter() - began}
    Path(file).write_text(json.dumps(seconds), "utf-8")
