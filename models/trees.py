"""Boosted trees from a LightGBM text file, through the library's C interface.

`import lightgbm` brings pandas and scikit-learn along: seconds and 150 MB in a worker that only
scores. The shared library needs neither, and answers one row in half the time.
"""

import ctypes
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from features.errors import KantelpuntError
from features.matrix import Matrix

_FLOAT64 = 1  # the numbers of LightGBM's c_api.h
_PREDICT_NORMAL = 0  # on the scale of the target: trees on log-odds give a chance
_PREDICT_CONTRIB = 3
_ALL_TREES = (0, -1)  # from the first, however many


class TreesUnreadableError(KantelpuntError):
    """A text that LightGBM does not read as a model."""


@cache
def _library() -> ctypes.CDLL:
    spec = find_spec("lightgbm")
    if spec is None or spec.origin is None:
        raise TreesUnreadableError("lightgbm is not installed: install the locked requirements")
    found = sorted((Path(spec.origin).parent / "lib").glob("lib_lightgbm.*"))
    library = ctypes.CDLL(str(found[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _check(status: int) -> None:
    if status != 0:
        reason = _library().LGBM_GetLastError().decode(errors="replace")
        raise TreesUnreadableError(f"LightGBM refused: {reason}")


class Trees:
    """A LightGBM regression model that predicts on its own scale, and says why."""

    def __init__(self, text: str) -> None:
        """Read the model; raises TreesUnreadableError for a text that is none."""
        self.text = text
        self._handle = ctypes.c_void_p()
        rounds = ctypes.c_int(0)
        if not text.startswith("tree\n") or "end of trees" not in text:
            raise TreesUnreadableError("not a whole LightGBM model text")
        load = _library().LGBM_BoosterLoadModelFromString
        _check(load(text.encode(), ctypes.byref(rounds), ctypes.byref(self._handle)))
        finalize(self, _free, _library().LGBM_BoosterFree, self._handle)
        width = ctypes.c_int(0)
        _check(_library().LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(width)))
        self.width = width.value

    def predict(self, matrix: Matrix, threads: int = 1) -> NDArray[np.float64]:
        """Return one value per row."""
        return self._run(matrix, _PREDICT_NORMAL, 1, threads)[:, 0]

    def contributions(self, matrix: Matrix, threads: int = 1) -> NDArray[np.float64]:
        """Return exact SHAP values, one per column, and in the last column the base value."""
        return self._run(matrix, _PREDICT_CONTRIB, self.width + 1, threads)

    def contributions_of(self, matrix: Matrix, tree: int) -> NDArray[np.float64]:
        """Return what one of the trees contributes, in the shape of `contributions`."""
        return self._run(matrix, _PREDICT_CONTRIB, self.width + 1, 1, (tree, 1))

    def _run(
        self,
        matrix: Matrix,
        kind: int,
        width: int,
        threads: int,
        trees: tuple[int, int] = _ALL_TREES,
    ) -> NDArray[np.float64]:
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise ValueError(f"expected a matrix of {self.width} columns")
        result = np.empty((len(rows), width))
        if not len(rows):
            return result
        written = ctypes.c_int64(0)
        _check(
            _library().LGBM_BoosterPredictForMat(
                self._handle,
                ctypes.c_void_p(rows.ctypes.data),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(rows.shape[0]),
                ctypes.c_int32(rows.shape[1]),
                ctypes.c_int(1),
                ctypes.c_int(kind),
                ctypes.c_int(trees[0]),
                ctypes.c_int(trees[1]),
                f"num_threads={threads}".encode(),
                ctypes.byref(written),
                ctypes.c_void_p(result.ctypes.data),
            )
        )
        return result


_BLOCK = re.compile(r"^Tree=\d+\n", re.MULTILINE)
_VALUES = re.compile(r"^((?:leaf|internal)_value)=(.*)$", re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)  # counts bytes; read without it as well
_END = "end of trees"


def average_trees(models: Sequence[Trees]) -> Trees:
    """Return one model that predicts the mean of several with the same columns."""
    if len(models) == 1:
        return models[0]
    head, _, tail = _part(models[0].text)
    blocks = [_shrink(block, len(models)) for one in models for block in _part(one.text)[1]]
    numbered = [f"Tree={place}\n{block}" for place, block in enumerate(blocks)]
    return Trees("".join([_SIZES.sub("", head), *numbered, tail]))


def list_tree_texts(text: str) -> list[str]:
    """Return what a model text says of each tree, in their order."""
    return _part(text)[1]


def _part(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the trees, the trees, and what stands after them."""
    trees, end, rest = text.partition(_END)
    head, *blocks = _BLOCK.split(trees)
    return head, blocks, end + rest


def _shrink(block: str, times: int) -> str:
    def divide(found: re.Match[str]) -> str:
        values = " ".join(repr(float(value) / times) for value in found[2].split())
        return f"{found[1]}={values}"

    return _VALUES.sub(divide, block)


def _free(free: Callable[[ctypes.c_void_p], int], handle: ctypes.c_void_p) -> None:
    free(handle)
