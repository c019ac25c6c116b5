"""What the pages show, worked out in Python so that templates only lay out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.contract import Contract
from features.deadlines import Clock
from features.matrix import build_row
from features.wording import describe_nl
from models.bundle import Bundle
from models.reasons import Reason, value_nl
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assessment import Assessment
from serving.chart import Chart, build_chart
from serving.triage import CaseFile
from serving.wording import interval_nl, number_nl, op_100

SOON_DAYS = 7
MOST_PER_SIDE = 5
PILL = {
    Suggestion.REFER: "link",
    Suggestion.UNSURE: "warning",
    Suggestion.NOT_YET: "default",
    Suggestion.OWN_WAY: "success",
}
EXPLANATION_NL = {
    Suggestion.REFER: "Stappen naar werk lijken mogelijk, maar niet vanzelf. "
    "Bespreek of VDAB of een partner kan helpen.",
    Suggestion.UNSURE: "De onzekerheid is groot: het interval loopt over een grens. "
    "Kijk eerst wat er ontbreekt, of vraag het aan de persoon.",
    Suggestion.NOT_YET: "Stappen naar werk lijken nu nog ver weg. "
    "Bekijk dit dossier later opnieuw.",
    Suggestion.OWN_WAY: "Een terugkeer lijkt te lukken zonder extra ondersteuning.",
}


@dataclass(frozen=True)
class ClockView:
    """One legal clock: `state` is past, soon or later."""

    label: str
    due_on: date
    days_left: int
    state: str
    source: str

    @classmethod
    def of(cls, clock: Clock) -> "ClockView":
        """Return what a page shows of a clock."""
        soon = "soon" if clock.days_left <= SOON_DAYS else "later"
        state = "past" if clock.days_left < 0 else soon
        return cls(clock.label_nl, clock.due_on, clock.days_left, state, clock.source)


@dataclass(frozen=True)
class EstimateView:
    """An estimate as so many in a hundred."""

    op_100: int
    interval: str
    low: int
    high: int
    suggestion: Suggestion
    suggestion_nl: str
    pill: str

    @classmethod
    def of(cls, p: float, low: float, high: float, suggestion: Suggestion) -> "EstimateView":
        """Return what a page shows of an estimate."""
        return cls(
            op_100(p),
            interval_nl(low, high),
            op_100(low),
            op_100(high),
            suggestion,
            SUGGESTION_NL[suggestion],
            PILL[suggestion],
        )


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
    explanation_nl: str
    horizon_nl: str
    sustained_days: int
    average_op_100: int
    clocks: Sequence[ClockView]
    next_clock: ClockView | None
    changeable: Sequence[Reason]
    fixed: Sequence[Reason]
    chart: Chart | None
    inputs: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    earlier: Sequence[tuple[Assessment, EstimateView]]
    today: date

    @classmethod
    def of(cls, file: CaseFile, shows_chart: bool, today: date) -> "CaseView":
        """Return what the page of a case shows; the chart only for who may see it."""
        a = file.latest
        shown = [ClockView.of(c) for c in file.clocks]
        return cls(
            case_id=a.case_id,
            region=a.case["region"],
            absent_day=file.absent_day,
            absence_started_on=a.absence_started_on,
            screened_on=a.screened_on,
            answered=a.answered,
            model_version=a.model_version,
            estimate=_estimate(a),
            explanation_nl=EXPLANATION_NL[a.suggestion],
            horizon_nl=name_horizon(a.contract),
            sustained_days=a.contract.outcome.sustained_days,
            average_op_100=op_100(a.estimate.usual.base),
            clocks=shown,
            next_clock=next((c for c in shown if c.state != "past"), None),
            changeable=_pick(a.reasons.usual, changeable=True),
            fixed=_pick(a.reasons.usual, changeable=False),
            chart=build_chart(a) if shows_chart else None,
            inputs=list_inputs(a.case, a.contract),
            earlier=[(e, _estimate(e)) for e in file.history[1:]],
            today=today,
        )


def _estimate(a: Assessment) -> EstimateView:
    return EstimateView.of(
        a.estimate.usual.value, a.estimate.usual.low, a.estimate.usual.high, a.suggestion
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


@dataclass(frozen=True)
class ModelView:
    """The model that is served."""

    version: str
    trained_on: date
    contract: Contract
    card_html: str
    fields: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, bundle: Bundle) -> "ModelView":
        """Return what the page of the model shows."""
        return cls(
            version=bundle.version,
            trained_on=bundle.trained_on,
            contract=bundle.contract,
            card_html=render_card(bundle.card),
            fields=[(f.label_nl, describe_nl(f)) for f in bundle.contract.fields],
        )


def render_card(card: str) -> str:
    """Return a model card as HTML: its headings one level down, raw HTML in it as text."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse(card)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return str(renderer.renderer.render(tokens, renderer.options, {}))
