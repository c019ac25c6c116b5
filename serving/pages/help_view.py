"""What the page of help shows: to each role what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from features.deadlines import DEADLINES, Deadline
from models.bundle import Bundle
from models.estimate import GainStatus
from serving.permissions import Action, User, can
from serving.settings import OwnEstimateMode, Settings
from serving.wording import days_nl


@dataclass(frozen=True)
class ClockLine:
    """One legal clock: what, when, and by which text."""

    label: str
    when: str
    source: str


@dataclass(frozen=True)
class HelpView:
    """The page of help, as far as it is for this role."""

    sees_cases: bool
    decides: bool
    sees_points: bool
    oversees: bool
    uploads: bool
    sees_model: bool
    horizon: str
    sustained: str
    is_per_person: bool
    mode: str
    retention_months: int
    dpo_contact: str
    clocks: Sequence[ClockLine]

    @classmethod
    def of(cls, user: User, bundle: Bundle, settings: Settings) -> "HelpView":
        """Return what the page shows to a user."""
        outcome = bundle.contract.outcome
        return cls(
            sees_cases=can(user, Action.LIST_CASES),
            decides=can(user, Action.DECIDE),
            sees_points=can(user, Action.VIEW_CONTRIBUTIONS),
            oversees=can(user, Action.VIEW_AUDIT),
            uploads=can(user, Action.UPLOAD_CASES),
            sees_model=can(user, Action.VIEW_MODEL),
            horizon=days_nl(outcome.horizon_days),
            sustained=days_nl(outcome.sustained_days),
            is_per_person=bundle.model.gain_status is GainStatus.ESTIMATED,
            mode=settings.own_estimate.value,
            retention_months=settings.retention_months,
            dpo_contact=settings.dpo_contact,
            clocks=[ClockLine(d.label_nl, _tell_when(d), d.source) for d in DEADLINES],
        )

    @property
    def must_estimate_first(self) -> bool:
        """Whether a physician answers before seeing any number."""
        return self.mode == OwnEstimateMode.REQUIRED.value


def _tell_when(deadline: Deadline) -> str:
    if deadline.weeks:
        return f"na {deadline.weeks} weken"
    return "na een jaar" if deadline.months == 12 else f"na {deadline.months} maanden"
