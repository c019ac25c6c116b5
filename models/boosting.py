"""Where boosted trees are grown: here, or where the block around a fit says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.matrix import Matrix

Floats = NDArray[np.float64]
Parameters = Mapping[str, Any]
# LightGBM's parameters, rows of numbers, target, weight and rounds
Grow = Callable[[Parameters, Matrix, Floats, Floats, int], lightgbm.Booster]


def grow_here(
    parameters: Parameters, rows: Matrix, target: Floats, weight: Floats, rounds: int
) -> lightgbm.Booster:
    """Return trees that this process grew."""
    data = lightgbm.Dataset(rows, target, weight=weight)
    return lightgbm.train(dict(parameters), data, rounds)


_GROW: ContextVar[Grow] = ContextVar("grow", default=grow_here)


@contextmanager
def growing_with(grow: Grow | None) -> Iterator[None]:
    """Let every fit within this block be done by `grow`; None leaves it as it is."""
    before = _GROW.set(grow or _GROW.get())
    try:
        yield
    finally:
        _GROW.reset(before)


def grow_trees(
    parameters: Parameters, rows: Matrix, target: Floats, weight: Floats, rounds: int
) -> lightgbm.Booster:
    """Return boosted trees, grown where the block around this call says."""
    return _GROW.get()(parameters, rows, target, weight, rounds)
