"""What drives the estimates over many cases: contributions summed per field."""

from dataclasses import dataclass

import numpy as np

from features.contract import Contract
from models.estimate import Sums


@dataclass(frozen=True)
class Driver:
    """One input and how many percentage points it moves an estimate, on average."""

    field: str
    label_nl: str
    mean_points: float


def find_drivers(found: Sums, contract: Contract) -> list[Driver]:
    """Return every input with its mean absolute contribution to a sum, largest first."""
    strength = 100 * np.abs(found.contributions).mean(axis=0)
    drivers = [
        Driver(field.name, field.label_nl, float(points))
        for field, points in zip(contract.fields, strength, strict=True)
    ]
    return sorted(drivers, key=lambda driver: (-driver.mean_points, driver.field))
