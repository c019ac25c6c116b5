"""Declared effects and their sums: the language in which `world.toml` says what pushes what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, Field

Floats = NDArray[np.float64]
FLAG_CODES = {"no": 0.0, "yes": 1.0}


@dataclass(frozen=True)
class Effect:
    """What one field does: per level, or per unit with steps from a value on."""

    levels: Mapping[str, float] = field(default_factory=dict)
    slope: float = 0.0
    per: float = 1.0
    centre: float = 0.0
    most: float = np.inf
    steps: tuple[tuple[float, float], ...] = ()

    def of(self, values: Floats, codes: Mapping[str, float]) -> Floats:
        """Return the effect of each value; what is not known (NaN) does nothing."""
        found = np.zeros(len(values))
        for level, size in self.levels.items():
            if level in codes:
                found[values == codes[level]] = size
        if self.slope:
            found += self.slope * (np.minimum(values, self.most) - self.centre) / self.per
        for start, size in self.steps:
            found += np.where(values >= start, size, 0.0)
        return np.nan_to_num(found, nan=0.0)


Effects = Mapping[str, Effect]


def read_effects(raw: Mapping[str, Any]) -> dict[str, Effect]:
    """Return the effects of a table of the world: a number, levels, or a slope with steps."""
    return {name: _read_effect(item) for name, item in raw.items()}


def _read_effect(item: float | Mapping[str, Any]) -> Effect:
    if not isinstance(item, Mapping):
        return Effect(slope=float(item))
    if not {"slope", "steps"} & set(item):
        return Effect(levels={str(level): float(size) for level, size in item.items()})
    return Effect(
        slope=float(item.get("slope", 0)),
        per=float(item.get("per", 1)),
        centre=float(item.get("centre", 0)),
        most=float(item.get("most", np.inf)),
        steps=tuple((float(start), float(size)) for start, size in item.get("steps", ())),
    )


@dataclass(frozen=True)
class Sheet:
    """What is true, or what is recorded, of all persons: numbers, and places of levels."""

    size: int
    values: dict[str, Floats]
    codes: dict[str, Mapping[str, float]]
    strangers: tuple[Field, ...] = ()

    def sum_of(self, effects: Effects) -> Floats:
        """Return the summed effects per person; names that this world lacks do nothing."""
        unknown = {f.name for f in self.strangers}
        total = np.zeros(self.size)
        for name, effect in effects.items():
            if name in self.values and name not in unknown:
                total += effect.of(self.values[name], self.codes.get(name, {}))
        return total

    def sum_of_strangers(self, topic: str) -> Floats:
        """Return a sum over the fields that no effect names, weighted by their names and the topic.

        Its standard deviation is about 1 where all fields are strangers, and less where few are.
        """
        total = np.zeros(self.size)
        weights = {f.name: draw_weight(f"{topic} {f.name}") for f in self.strangers}
        for f in self.strangers:
            total += weights[f.name] * standardise(self.values[f.name], f)
        known = len(self.codes.keys() - {"region"}) - len(weights)
        spread = np.sqrt(sum(w * w for w in weights.values()) * (1 + known / max(len(weights), 1)))
        return total / spread if weights else total

    def take(self, rows: NDArray[np.intp]) -> "Sheet":
        """Return the sheet of some persons."""
        picked = {name: column[rows] for name, column in self.values.items()}
        return Sheet(len(rows), picked, self.codes, self.strangers)


def get_codes(contract_field: Field) -> Mapping[str, float]:
    """Return the numbers of a field's levels; a flag counts as the levels no and yes."""
    return FLAG_CODES if contract_field.kind == "flag" else contract_field.codes


def build_codes(contract: Contract) -> dict[str, Mapping[str, float]]:
    """Return the numbers of all levels that the contract knows, per field."""
    return {f.name: get_codes(f) for f in contract.columns}


def standardise(values: Floats, contract_field: Field) -> Floats:
    """Return values as standard deviations of an even spread over the bounds or the levels."""
    codes = get_codes(contract_field)
    low, high = (0.0, len(codes) - 1.0) if codes else get_bounds(contract_field)
    steps = (len(codes) + 1.0) * (len(codes) - 1.0) if codes else (high - low) ** 2
    spread = float(np.sqrt(steps / 12)) or 1.0
    return np.asarray(np.nan_to_num((values - (low + high) / 2) / spread, nan=0.0))


def get_bounds(contract_field: Field) -> tuple[float, float]:
    """Return the bounds of a number or an answer on a scale; raises KeyError for other fields."""
    if contract_field.low is None or contract_field.high is None:
        raise KeyError(contract_field.name)
    return contract_field.low, contract_field.high


def draw_weight(text: str) -> float:
    """Return a number from 0.5 to 1 or from -1 to -0.5, always the same for a text."""
    drawn = crc32(text.encode())
    return (1.0 if drawn & 1 else -1.0) * (0.5 + (drawn >> 8) % 1000 / 2000)
