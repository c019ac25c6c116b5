"""What a challenger said of a case, for tests."""

from typing import Any

from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.store.shadow import ShadowScore
from tests.running_service import FUND, NOW


def make_score(assessment_id: str, **changes: Any) -> ShadowScore:
    """Return the score of a challenger for an assessment of the first case of the fund."""
    given: dict[str, Any] = {
        "assessment_id": assessment_id,
        "bundle_digest": "b" * 64,
        "sickness_fund": FUND,
        "case_id": "C-0001",
        "model_version": "4",
        "scored_at": NOW,
        "seconds": 0.001,
        "usual": (0.4321, 0.3, 0.5),
        "gain": (0.1, 0.05, 0.15),
        "support": (0.5321, 0.4, 0.6),
        "gain_status": GainStatus.ESTIMATED,
        "gain_hidden": 0.0,
        "suggestion": Suggestion.REFER,
        "reasons": ("age_years", "work_ability", "region"),
        "champion_reasons": ("age_years", "work_ability", "labour_status"),
    }
    return ShadowScore(**given | changes)
