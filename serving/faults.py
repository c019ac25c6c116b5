"""What is wrong with a request; serving/errors.py says how the user is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.errors import KantelpuntError


class NotFoundError(KantelpuntError):
    """A page or a case that is not there, or not for this user."""


class NoReferralError(NotFoundError):
    """A case in reach of which no form was sent yet."""


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
