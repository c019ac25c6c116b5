"""What the pages show, worked out in Python so that templates only lay out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.contract import Contract
from features.matrix import build_row
from models.reasons import Reason, value_nl
from models.sharpen import Sharpener
from serving.assessment import Assessment
from serving.case_file import CaseFile
from serving.pages.chart import Chart, build_chart
from serving.pages.clock_view import ClockView
from serving.pages.curve_view import CurveView, build_curve
from serving.pages.estimate_view import EstimateView, view_estimate
from serving.pages.questions import (
    Question,
    answer_questions,
    describe_gain,
    describe_hidden,
    summarise,
)
from serving.wording import VISIBLE_POINTS, number_nl, op_100

MOST_PER_SIDE = 5


@dataclass(frozen=True)
class CaseView:
    """One case."""

    case_id: str
    region: str
    absent_day: int
    absence_started_on: date
    screened_on: date
    answered: bool
    model_version: str
    estimate: EstimateView
    summary_nl: str
    questions: Sequence[Question]
    gain_nl: str
    hidden_nl: str
    horizon_nl: str
    sustained_days: int
    average_op_100: int
    clocks: Sequence[ClockView]
    next_clock: ClockView | None
    changeable: Sequence[Reason]
    fixed: Sequence[Reason]
    raises: Sequence[Reason]
    lowers: Sequence[Reason]
    chart: Chart | None
    curve: CurveView | None
    sharpeners: Sequence[Sharpener]
    inputs: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    earlier: Sequence[tuple[Assessment, EstimateView]]
    today: date

    @classmethod
    def of(cls, file: CaseFile, shows_chart: bool, today: date) -> "CaseView":
        """Return what the page of a case shows; the chart only for who may see it."""
        a, estimate = file.latest, view_estimate(file.latest)
        gain_reasons = a.reasons.gain or ()
        shown = [ClockView.of(c) for c in file.clocks]
        return cls(
            case_id=a.case_id,
            region=a.case["region"],
            absent_day=file.absent_day,
            absence_started_on=a.absence_started_on,
            screened_on=a.screened_on,
            answered=a.answered,
            model_version=a.model_version,
            estimate=estimate,
            summary_nl=summarise(a),
            questions=answer_questions(a, estimate),
            gain_nl=describe_gain(estimate, a.limits),
            hidden_nl=describe_hidden(a.estimate),
            horizon_nl=name_horizon(a.contract),
            sustained_days=a.contract.outcome.sustained_days,
            average_op_100=op_100(a.estimate.usual.base),
            clocks=shown,
            next_clock=next((c for c in shown if c.state != "past"), None),
            changeable=_pick(a.reasons.usual, changeable=True),
            fixed=_pick(a.reasons.usual, changeable=False),
            raises=[r for r in gain_reasons if r.points >= VISIBLE_POINTS][:MOST_PER_SIDE],
            lowers=[r for r in gain_reasons if r.points <= -VISIBLE_POINTS][:MOST_PER_SIDE],
            chart=build_chart(a) if shows_chart else None,
            curve=build_curve(a, estimate),
            sharpeners=file.sharpeners or (),
            inputs=list_inputs(a.case, a.contract),
            earlier=[(e, view_estimate(e)) for e in file.history[1:]],
            today=today,
        )


def _pick(reasons: Sequence[Reason], *, changeable: bool) -> list[Reason]:
    return [r for r in reasons if r.changeable == changeable][:MOST_PER_SIDE]


def name_horizon(contract: Contract) -> str:
    """Return the horizon of a contract in words."""
    days = contract.outcome.horizon_days
    return "binnen een jaar" if days in (365, 366) else f"binnen {number_nl(days)} dagen"


def list_inputs(
    case: Mapping[str, Any], contract: Contract
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the inputs as they were known, label and value, with the answers apart."""
    row = build_row(case, contract)
    known: dict[str, list[tuple[str, str]]] = {"Uit het dossier": [], "Uit de vragenlijst": []}
    for field, value in zip(contract.fields, row, strict=True):
        part = "Uit de vragenlijst" if field.kind == "answer" else "Uit het dossier"
        known[part].append((field.label_nl, value_nl(field, float(value))))
    return [(title, pairs) for title, pairs in known.items() if pairs]
