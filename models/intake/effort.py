"""Hours of work per pathway, by kind and day: from a dated table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from models.intake.faults import IntakeError

DEFAULT_PATH = Path(__file__).with_name("effort.toml")
OTHER = "other"


@dataclass(frozen=True)
class Row:
    """Hours per month from a day on: of one coach, or for one open pathway of a kind."""

    valid_from: date
    hours_per_month: float
    assumption: bool
    source: str
    kind: str = ""


@dataclass(frozen=True)
class Effort:
    """The table, oldest rows first."""

    coach: tuple[Row, ...]
    kinds: tuple[Row, ...]

    def get_coach_hours(self, on: date) -> float:
        """Return the hours a month that one coach has for pathways; raises IntakeError."""
        return _get_newest(self.coach, on, "coach").hours_per_month

    def get_hours(self, kind: str, on: date) -> Row:
        """Return the row of a kind, or that of "other" for a kind without; raises IntakeError."""
        own = tuple(row for row in self.kinds if row.kind == kind and row.valid_from <= on)
        return _get_newest(own or tuple(r for r in self.kinds if r.kind == OTHER), on, kind)


def _get_newest(rows: tuple[Row, ...], on: date, what: str) -> Row:
    valid = [row for row in rows if row.valid_from <= on]
    if not valid:
        raise IntakeError(f"effort: no row for {what} holds on {on.isoformat()}: add an older one")
    return valid[-1]


def read_effort(path: Path = DEFAULT_PATH) -> Effort:
    """Return the table in a file; raises IntakeError for one that cannot be used."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        found = Effort(_read_rows(raw["coach"]), _read_rows(raw["kinds"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntakeError(
            f"{path.name}: expected [[coach]] and [[kinds]] with valid_from, hours_per_month, "
            "assumption and source"
        ) from error
    rows = (*found.coach, *found.kinds)
    if not all(_has_kinds(row) for row in rows) or OTHER not in {row.kind for row in found.kinds}:
        raise IntakeError(f'{path.name}: expected hours above 0, days, and a row of kind "{OTHER}"')
    return found


def _has_kinds(row: Row) -> bool:
    hours = row.hours_per_month
    return type(row.valid_from) is date and isinstance(hours, int | float) and hours > 0


def _read_rows(rows: list[Mapping[str, Any]]) -> tuple[Row, ...]:
    return tuple(sorted((Row(**row) for row in rows), key=lambda row: row.valid_from))


@cache
def default_effort() -> Effort:
    """Return the table that ships with Kantelpunt."""
    return read_effort()
