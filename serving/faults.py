"""What is wrong with a request; serving/errors.py says how the user is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from features.deadlines import add_months
from features.errors import KantelpuntError


class NotFoundError(KantelpuntError):
    """A page or a case that is not there, or not for this user."""


class NoReferralError(NotFoundError):
    """A case in reach of which no form was sent yet."""


class NoPlanError(NotFoundError):
    """Nothing was planned yet."""


class NoScenarioError(NotFoundError):
    """A scenario that is not there, or not any more."""


@dataclass(frozen=True)
class FieldFault:
    """One field that has to change: its name and what is expected there, in Dutch."""

    field: str
    expected: str


class RequestRefusedError(KantelpuntError):
    """A request that cannot be read: its form, size or parameters, by the key of a text."""

    def __init__(self, key: str, faults: Sequence[FieldFault] = ()) -> None:
        """Keep the key of the text and the parameters that are wrong."""
        self.key = key
        self.faults = tuple(faults)
        super().__init__(f"request refused: {key}")


def check_fields(faults: Mapping[str, str | None]) -> None:
    """Raise RequestRefusedError where something else is expected of a field than what it holds."""
    found = [FieldFault(name, expected) for name, expected in faults.items() if expected]
    if found:
        raise RequestRefusedError("body", found)


def find_day_fault_nl(day: date | None, today: date, months: int) -> str | None:
    """Return what is expected instead of a day to come, so many months from now at most."""
    is_to_come = day is not None and today < day <= add_months(today, months)
    return None if is_to_come else f"een dag na vandaag, binnen {months} maanden"
