"""What the people of a release looked like, and what it told of them: what to hold later ones to.

It is made of whole-year counts: a season that comes back every year is then in it, once. A month
that is held to it may still differ because it is that month; limits on the size allow for that.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field
from features.matrix import Matrix
from models.spreads import Spread, read_spread, spread_levels, spread_numbers

Floats = NDArray[np.float64]
FLAGS = ("no", "yes")
P_USUAL, GAIN, SUGGESTION, ANSWERED = "p_usual", "gain", "suggestion", "questionnaire"
LIMITS = ("not_yet_below", "own_way_from", "gain_from")


@dataclass(frozen=True)
class Shape:
    """How returns come over time, all people together: hazard added up, by day."""

    days: tuple[int, ...]
    hazard: tuple[float, ...]


@dataclass(frozen=True)
class Reference:
    """Spreads of inputs and of what was told, of screenings from a day until another.

    `limits` are those under which it was suggested. `shape` is None where too few returned. `auc`
    is what the estimates themselves let expect, with its bounds, None where too few were estimated.
    """

    screened_from: date
    screened_until: date
    screenings: int
    inputs: Mapping[str, Spread]
    told: Mapping[str, Spread]
    limits: Mapping[str, float]
    shape: Shape | None = None
    auc: tuple[float, float, float] | None = None

    def plain(self) -> dict[str, Any]:
        """Return the reference as JSON holds it."""
        return {
            "screened_from": self.screened_from.isoformat(),
            "screened_until": self.screened_until.isoformat(),
            "screenings": self.screenings,
            "inputs": {name: asdict(one) for name, one in self.inputs.items()},
            "told": {name: asdict(one) for name, one in self.told.items()},
            "limits": dict(self.limits),
            "shape": self.shape and asdict(self.shape),
            "auc": self.auc and [round(one, 6) for one in self.auc],
        }


def list_keys(field: Field) -> tuple[str, ...]:
    """Return the levels of a field in the order of their numbers; none for numbers."""
    return tuple(field.codes) if field.levels else FLAGS if field.kind == "flag" else ()


def spread_inputs(matrix: Matrix, contract: Contract) -> dict[str, Spread]:
    """Return how each input of a contract is spread."""
    found = {}
    for place, field in enumerate(contract.fields):
        keys, values = list_keys(field), matrix[:, place]
        found[field.name] = spread_levels(values, keys) if keys else spread_numbers(values)
    return found


def find_answered(matrix: Matrix, contract: Contract) -> Floats:
    """Tell of each row whether any question was answered, as 0 and 1."""
    blank = np.asarray(np.isnan(matrix[:, list(contract.answers)]).all(axis=1))
    return (~blank).astype(float)


def read_reference(raw: Mapping[str, Any], contract: Contract) -> Reference:
    """Return a reference from JSON.

    Raises ValueError, or another error of foreign content, for what no training wrote.
    """
    shape = raw["shape"] and Shape(tuple(raw["shape"]["days"]), tuple(raw["shape"]["hazard"]))
    found = Reference(
        date.fromisoformat(raw["screened_from"]),
        date.fromisoformat(raw["screened_until"]),
        raw["screenings"],
        {name: read_spread(one) for name, one in raw["inputs"].items()},
        {name: read_spread(one) for name, one in raw["told"].items()},
        {name: float(raw["limits"][name]) for name in LIMITS},
        shape or None,
        _read_auc(raw.get("auc")),  # what was kept before has none
    )
    if set(found.inputs) != set(contract.names) or type(found.screenings) is not int:
        raise ValueError("a reference is of other inputs than the contract")
    if found.shape and not _is_shape(found.shape):
        raise ValueError("a shape falls, or has no days")
    return found


def _read_auc(raw: Any) -> tuple[float, float, float] | None:
    if raw is None:
        return None
    value, low, high = (float(one) for one in raw)
    if not 0 <= low <= value <= high <= 1:
        raise ValueError("an AUC lies outside its bounds")
    return value, low, high


def _is_shape(shape: Shape) -> bool:
    days, hazard = (np.array(one, dtype=float) for one in (shape.days, shape.hazard))
    same = len(days) == len(hazard) > 1 and days[0] == 0 == hazard[0]
    return bool(same and (np.diff(days) > 0).all() and (np.diff(hazard) >= 0).all())
