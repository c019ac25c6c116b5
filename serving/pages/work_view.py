"""What the page of a case shows of the work on it: own estimate, decision, consent, referral."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from serving.case_file import CaseFile
from serving.faults import FieldFault
from serving.offers import Offer
from serving.permissions import User
from serving.settings import OwnEstimateMode


@dataclass(frozen=True)
class WorkInput:
    """What the work panel is made from: the case as it was loaded, and a form that was refused."""

    file: CaseFile
    user: User
    mode: OwnEstimateMode
    offers: Sequence[Offer]
    today: date
    faults: Sequence[FieldFault] = ()
    filled: Mapping[str, str] | None = None


@dataclass(frozen=True)
class WorkView:
    """The work panel."""

    @classmethod
    def of(cls, given: WorkInput) -> "WorkView":  # noqa: ARG003
        """Return what the work panel shows."""
        return cls()
