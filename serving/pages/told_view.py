"""What the page of a case tells of the estimate: numbers, answers, reasons and what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.reasons import Reason
from models.sharpen import Sharpener
from models.suggestion import Suggestion
from serving.case_file import CaseFile
from serving.estimate_view import EstimateView, view_estimate
from serving.pages.chart import Chart, build_chart
from serving.pages.curve_view import CurveView, build_curve
from serving.pages.history_view import HistoryView
from serving.pages.questions import (
    Question,
    answer_questions,
    describe_gain,
    describe_hidden,
    describe_limits,
    summarise,
)
from serving.wording import VISIBLE_POINTS, days_nl, op_100

MOST_PER_SIDE = 5


@dataclass(frozen=True)
class ToldView:
    """What was estimated of a case. Only made where it may be shown."""

    screened_on: date
    model_version: str
    estimate: EstimateView
    summary_nl: str
    questions: Sequence[Question]
    limits_nl: str
    gain_nl: str
    hidden_nl: str
    horizon_nl: str
    sustained_days: int
    average_op_100: int
    changeable: Sequence[Reason]
    fixed: Sequence[Reason]
    raises: Sequence[Reason]
    lowers: Sequence[Reason]
    chart: Chart | None
    curve: CurveView | None
    sharpeners: Sequence[Sharpener]
    history: HistoryView

    @property
    def is_unsure(self) -> bool:
        """Whether more has to be known before anything is suggested."""
        return self.estimate.suggestion is Suggestion.UNSURE

    @classmethod
    def of(cls, file: CaseFile, *, shows_points: bool) -> "ToldView":
        """Return what was estimated of a case; the chart only for who may see points."""
        a, estimate = file.latest, view_estimate(file.latest)
        gain_reasons = a.reasons.gain or ()
        return cls(
            screened_on=a.screened_on,
            model_version=a.model_version,
            estimate=estimate,
            summary_nl=summarise(a),
            questions=answer_questions(a, estimate),
            limits_nl=describe_limits(a.limits),
            gain_nl=describe_gain(estimate, a.limits),
            hidden_nl=describe_hidden(a.estimate),
            horizon_nl=f"binnen {days_nl(a.contract.outcome.horizon_days)}",
            sustained_days=a.contract.outcome.sustained_days,
            average_op_100=op_100(a.estimate.usual.base),
            changeable=_pick(a.reasons.usual, changeable=True),
            fixed=_pick(a.reasons.usual, changeable=False),
            raises=[r for r in gain_reasons if r.points >= VISIBLE_POINTS][:MOST_PER_SIDE],
            lowers=[r for r in gain_reasons if r.points <= -VISIBLE_POINTS][:MOST_PER_SIDE],
            chart=build_chart(a) if shows_points else None,
            curve=build_curve(a, estimate),
            sharpeners=file.sharpeners or (),
            history=HistoryView.of(file, shows_points=shows_points),
        )


def _pick(reasons: Sequence[Reason], *, changeable: bool) -> list[Reason]:
    return [r for r in reasons if r.changeable == changeable][:MOST_PER_SIDE]
