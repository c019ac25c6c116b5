"""One assessment: what was known of a case, what the model said, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from features.contract import Contract
from features.deadlines import add_months
from features.matrix import Matrix
from models.curve import CurvePoint
from models.estimate import Estimate, Sum
from models.reasons import Reason, Say, name_nl, phrase_nl, reasons_of_many
from models.suggestion import LOOK_AGAIN_MONTHS, Limits, Suggestion, find_look_again

# refer first, because help that comes late helps less; then who needs a closer look
URGENCY = (Suggestion.REFER, Suggestion.UNSURE, Suggestion.NOT_YET, Suggestion.OWN_WAY)
LIST_REASONS = 3
TOP_REASONS = 5
INTERVAL_LEVEL = 0.9


@dataclass(frozen=True)
class Reasons:
    """Why the chance is what it is without support, what support adds, and with support.

    Each adds up to its part of the estimate, strongest first; those of the gain leave out what adds
    nothing. None where the gain is not known.
    """

    usual: tuple[Reason, ...]
    gain: tuple[Reason, ...] | None
    support: tuple[Reason, ...] | None


def explain_estimate(estimate: Estimate, row: Matrix, contract: Contract) -> Reasons:
    """Return all reasons of an estimate, from the row that it was made from."""

    def explain(*sums: Sum, say: Say = phrase_nl) -> list[tuple[Reason, ...]]:
        parts = np.array([one.contributions for one in sums])
        rows = np.broadcast_to(row, parts.shape)
        return [tuple(one) for one in reasons_of_many(parts, rows, contract, most=None, say=say)]

    if estimate.gain is None or estimate.support is None:
        return Reasons(explain(estimate.usual)[0], None, None)
    usual, support = explain(estimate.usual, estimate.support)
    [gain] = explain(estimate.gain, say=name_nl)
    return Reasons(usual, tuple(reason for reason in gain if reason.points), support)


@dataclass(frozen=True)
class Assessment:
    """The estimate of one case on one day, with everything that explains it later.

    `case` holds the inputs as they were. `curve` is empty where the model has none. `bundle_digest`
    tells which bundle it was, whatever a registry calls it; None where that was not kept yet.
    """

    assessment_id: str
    case: Mapping[str, Any]
    estimate: Estimate
    suggestion: Suggestion
    reasons: Reasons
    curve: tuple[CurvePoint, ...]
    limits: Limits
    contract: Contract
    model_version: str
    made_at: datetime
    made_by: str
    bundle_digest: str | None = None

    @property
    def case_id(self) -> str:
        """The number of the case within its sickness fund."""
        return str(self.case["case_id"])

    @property
    def sickness_fund(self) -> str:
        """The sickness fund that the case belongs to."""
        return str(self.case["sickness_fund"])

    @property
    def screened_on(self) -> date:
        """The day on which the inputs were known."""
        day: date = self.case["screened_on"]
        return day

    @property
    def absence_started_on(self) -> date:
        """The first day of the absence."""
        day: date = self.case["absence_started_on"]
        return day

    @property
    def look_again_on(self) -> date | None:
        """The day on which to look again, where steps to work are not possible yet."""
        if self.suggestion is not Suggestion.NOT_YET:
            return None
        return find_look_again(self.absence_started_on, self.screened_on)

    @property
    def reassess_on(self) -> date | None:
        """The day from which this assessment is no longer recent enough."""
        return find_reassess_day(self.absence_started_on, self.screened_on)

    @property
    def answered(self) -> bool:
        """Whether any answer of the questionnaire was known."""
        return is_answered(self.case, self.contract)


def find_reassess_day(absence_started_on: date, screened_on: date) -> date | None:
    """Return the first of months 4, 7 and 11 of an absence after the screening; None if all passed.

    Whoever was screened on the day itself was screened in time.
    """
    days = (add_months(absence_started_on, month) for month in LOOK_AGAIN_MONTHS)
    return next((day for day in days if day > screened_on), None)


def is_answered(case: Mapping[str, Any], contract: Contract) -> bool:
    """Tell whether the case has any answer of the questionnaire."""
    names = (contract.fields[place].name for place in contract.answers)
    return any(case.get(name) is not None for name in names)


def rank_suggestion(suggestion: Suggestion) -> int:
    """Return the place of a suggestion in the triage list: 0 comes first."""
    return URGENCY.index(suggestion)
