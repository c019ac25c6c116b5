"""One assessment: what was known of a case, what the model said, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from features.contract import Contract
from models.estimate import Estimate
from models.reasons import Reason
from models.suggestion import Limits, Suggestion

# refer first, because help that comes late helps less; then who needs a closer look
URGENCY = (Suggestion.REFER, Suggestion.UNSURE, Suggestion.NOT_YET, Suggestion.OWN_WAY)
LIST_REASONS = 3
TOP_REASONS = 5
INTERVAL_LEVEL = 0.9


@dataclass(frozen=True)
class Assessment:
    """The estimate of one case on one day, with everything that explains it later.

    `case` holds the inputs as they were; `reasons` add up to the estimate, strongest first.
    """

    assessment_id: str
    case: Mapping[str, Any]
    estimate: Estimate
    suggestion: Suggestion
    reasons: tuple[Reason, ...]
    limits: Limits
    contract: Contract
    model_version: str
    made_at: datetime
    made_by: str

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
    def answered(self) -> bool:
        """Whether any answer of the questionnaire was known."""
        return is_answered(self.case, self.contract)


def is_answered(case: Mapping[str, Any], contract: Contract) -> bool:
    """Tell whether the case has any answer of the questionnaire."""
    names = (contract.fields[place].name for place in contract.answers)
    return any(case.get(name) is not None for name in names)


def rank_suggestion(suggestion: Suggestion) -> int:
    """Return the place of a suggestion in the triage list: 0 comes first."""
    return URGENCY.index(suggestion)
