"""What a challenger said of a case, for tests."""

from dataclasses import dataclass
from typing import Any

from models.bundle import Bundle, read_bundle
from models.clustered import Measured
from models.estimate import GainStatus
from models.suggestion import Suggestion
from serving.permissions import Scope
from serving.shadow import Shadow
from serving.shadow_compare import Comparison, GroupDifference
from serving.store.shadow import ShadowScore, list_scores
from serving.store.shadow_pairs import Duel
from tests.running_service import FUND, NOW, Service
from tests.serving.released import make_version


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


VERSION = "9-op-proef"


def get_challenger(version: str = VERSION) -> Bundle:
    return read_bundle(make_version(0.25), version)


@dataclass(frozen=True)
class Beside:
    """A service with a challenger that scores when it is told to."""

    service: Service

    @property
    def shadow(self) -> Shadow:
        found: Shadow = self.service.app.state.service.shadow
        return found

    def score(self) -> dict[str, int]:
        """Score what waits, and return what was counted so far."""
        self.shadow.work_off()
        text = self.service.client.get("/metrics").text
        lines = [
            line for line in text.splitlines() if line.startswith("kantelpunt_shadow_scores_t")
        ]
        found = {line.split('"')[1]: int(float(line.split()[1])) for line in lines}
        return {name: count for name, count in found.items() if count}

    def find(self, number: int = 1) -> list[ShadowScore]:
        with self.service.store.reading(FUND) as connection:
            return list_scores(connection, Scope(FUND), f"C-{number:04d}")


def make_comparison(*, few: bool = False) -> Comparison:
    """Return what a challenger says otherwise; of few persons it is nothing yet."""
    duel = Duel("3", "a" * 64, "4", "b" * 64, NOW, NOW)
    if few:
        return Comparison(duel, cases=31, persons=31)
    moves = Measured(0.021, 0.018, 0.024, 640, 610)
    refer, unsure, not_yet, own = Suggestion
    share = Measured(0.075, 0.06, 0.09, 1240, 1101)
    return Comparison(
        duel,
        cases=1240,
        persons=1101,
        usual=moves,
        most_moved=0.083,
        gain=Measured(-0.004, -0.006, -0.002, 1180, 1050),
        only_champion_gain=60,
        only_challenger_gain=3,
        other_suggestion=share,
        matrix={(old, new): 0 for old in Suggestion for new in Suggestion}
        | {(refer, refer): 412, (refer, unsure): 38, (unsure, unsure): 501, (unsure, own): None}
        | {(not_yet, not_yet): 77, (own, own): 190, (own, unsure): None},
        other_reasons=Measured(0.31, 0.28, 0.34, 1240, 1101),
        other_order=Measured(0.12, 0.1, 0.14, 1240, 1101),
        milliseconds=0.31,
        groups=(
            GroupDifference("Statuut: werkzoekende", "labour_status", moves, moves),
            GroupDifference("Leeftijd: tot en met 34 jaar", "age_years", moves, moves),
        ),
        groups_seen=86,
    )
