"""What the API takes and answers about what a person asks of a case."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from features.matrix import build_row
from models.reasons import value_nl
from models.suggestion import SUGGESTION_NL
from serving.access_report import NOT_USED_NL, PURPOSE_NL, RIGHTS_NL, AccessReport
from serving.assessment import INTERVAL_LEVEL, Assessment
from serving.assessment_schemas import name_bounds
from serving.body_schemas import Closed
from serving.decision_reasons import REASON_NL
from serving.permissions import ROLE_NL
from serving.persons import MOST_TEXT, Answered
from serving.refer_schemas import RecordedConsentOut, name_state
from serving.referral_schemas import ReferralFormOut
from serving.states import DECISION_NL, STATE_NL
from serving.store.decisions import Decision, OwnEstimate
from serving.store.referrals import Referral
from serving.store.requests import PersonRequest, RequestKind, RequestOutcome
from serving.store.standing import Standing
from serving.wording import interval_nl, op_100

Text = Annotated[str, Field(max_length=2 * MOST_TEXT)]
KIND_NL: Mapping[RequestKind, str] = {
    RequestKind.OBJECTION: "bezwaar",
    RequestKind.CORRECTION: "verbetering",
    RequestKind.ACCESS: "inzage",
}
OUTCOME_NL: Mapping[RequestOutcome, str] = {
    RequestOutcome.UPHELD: "aanvaard",
    RequestOutcome.REJECTED: "niet aanvaard",
    RequestOutcome.DONE: "uitgevoerd",
}
_ACTION_NL = {
    "assess": "ingeschat",
    "view_case": "bekeken",
    "take_case": "opgenomen of teruggegeven",
    "estimate_first": "zelf ingeschat",
    "decide": "beslist",
    "record_consent": "toestemming genoteerd",
    "refer": "doorverwijzing bijgewerkt",
    "record_request": "vraag genoteerd",
    "handle_request": "vraag behandeld",
    "report_outcomes": "opvolging gemeld",
}


class RequestIn(Closed):
    """What a person asks."""

    kind: RequestKind
    text: Text | None = None


class AnswerIn(Closed):
    """What a physician answers; `corrected` holds the right values of a correction."""

    outcome: RequestOutcome
    outcome_text: Text | None = Field(None, description="Verplicht bij rejected: waarom niet.")
    corrected: Annotated[dict[str, Any], Field(max_length=200)] | None = Field(
        None, description="Verplicht bij een verbetering met done: de velden met hun juiste waarde."
    )


class RequestOut(BaseModel):
    """What a person asked, and what became of it."""

    request_id: str
    kind: RequestKind
    kind_nl: str
    made_at: datetime
    text: str | None
    handled_at: datetime | None
    outcome: RequestOutcome | None
    outcome_nl: str | None
    outcome_text: str | None

    @classmethod
    def of(cls, r: PersonRequest) -> "RequestOut":
        """Return what the API says of a request."""
        return cls(
            request_id=r.request_id,
            kind=r.kind,
            kind_nl=KIND_NL[r.kind],
            made_at=r.made_at.astimezone(UTC),
            text=r.text,
            handled_at=r.handled_at.astimezone(UTC) if r.handled_at else None,
            outcome=r.outcome,
            outcome_nl=OUTCOME_NL[r.outcome] if r.outcome else None,
            outcome_text=r.outcome_text,
        )


class CaseRequestOut(BaseModel):
    """A request, and where its case stands since."""

    request: RequestOut
    state: str
    state_nl: str
    state_version: int
    is_blocked: bool = Field(description="Er wordt niets ingeschat: iemand maakt bezwaar.")
    assessment_id: str | None = Field(None, description="De nieuwe inschatting na een verbetering.")

    @classmethod
    def of(cls, request: PersonRequest, standing: Standing) -> "CaseRequestOut":
        """Return what the API says of a request that was recorded."""
        where = name_state(standing)
        return cls(request=RequestOut.of(request), is_blocked=standing.is_blocked, **where)

    @classmethod
    def of_answer(cls, answered: Answered) -> "CaseRequestOut":
        """Return what the API says of a request that was handled."""
        told = cls.of(answered.request, answered.standing)
        made = answered.assessment
        return told.model_copy(update={"assessment_id": made.assessment_id if made else None})


class InputOut(BaseModel):
    """One value as it was known on the day of an estimate."""

    field: str
    label_nl: str
    value_nl: str


class ReasonOut(BaseModel):
    """One reason, in percentage points."""

    text_nl: str
    points: float


class ToldEstimateOut(BaseModel):
    """One estimate with its interval, its reasons and the values that it was made from."""

    screened_on: date
    made_at: datetime
    model_version: str
    told_nl: str
    interval_level: float = INTERVAL_LEVEL
    p_usual: float
    low: float
    high: float
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    p_support: float | None
    support_low: float | None
    support_high: float | None
    suggestion_nl: str
    reasons_usual: list[ReasonOut]
    reasons_gain: list[ReasonOut]
    inputs: list[InputOut]

    @classmethod
    def of(cls, a: Assessment) -> "ToldEstimateOut":
        """Return an estimate as the person may read it."""
        e, row = a.estimate, build_row(a.case, a.contract)
        told = f"Zonder extra steun {op_100(e.usual.value)} op 100"
        told += f" ({interval_nl(e.usual.low, e.usual.high)})"
        if e.support:
            told += f", met steun {op_100(e.support.value)} op 100"
            told += f" ({interval_nl(e.support.low, e.support.high)})"
        return cls(
            screened_on=a.screened_on,
            made_at=a.made_at.astimezone(UTC),
            model_version=a.model_version,
            told_nl=f"{told}.",
            **name_bounds(e.usual, "p_usual"),
            **name_bounds(e.gain, "gain", "gain_"),
            **name_bounds(e.support, "p_support", "support_"),
            suggestion_nl=SUGGESTION_NL[a.suggestion],
            reasons_usual=[ReasonOut(text_nl=r.text_nl, points=r.points) for r in a.reasons.usual],
            reasons_gain=[
                ReasonOut(text_nl=r.text_nl, points=r.points) for r in a.reasons.gain or ()
            ],
            inputs=[
                InputOut(field=f.name, label_nl=f.label_nl, value_nl=value_nl(f, float(value)))
                for f, value in zip(a.contract.fields, row, strict=True)
            ],
        )


class SeenOut(BaseModel):
    """Who did or saw what, by role."""

    at: datetime
    role_nl: str
    action_nl: str


class AccessReportOut(BaseModel):
    """Everything that is kept of one case."""

    made_at: datetime
    case_id: str
    person_key: str
    sickness_fund: str
    region: str
    absence_started_on: date
    state_nl: str
    is_blocked: bool
    used_for_nl: list[str] = list(PURPOSE_NL)
    not_used_for_nl: list[str] = list(NOT_USED_NL)
    rights_nl: list[str] = list(RIGHTS_NL)
    retention_nl: str
    estimates: list[ToldEstimateOut]
    own_estimates: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    consents: list[RecordedConsentOut]
    referrals: list[dict[str, Any]]
    requests: list[RequestOut]
    outcomes: dict[str, list[dict[str, Any]]]
    seen: list[SeenOut]

    @classmethod
    def of(cls, r: AccessReport, *, retention_months: int, now: datetime) -> "AccessReportOut":
        """Return everything that is kept of a case, in Dutch where a person reads it."""
        standing = r.standing
        return cls(
            made_at=now.astimezone(UTC),
            **{n: getattr(standing, n) for n in ("case_id", "sickness_fund", "region")},
            person_key=str(r.assessments[0].case["person_key"]),
            absence_started_on=standing.absence_started_on,
            state_nl=STATE_NL[standing.state],
            is_blocked=standing.is_blocked,
            retention_nl=f"{retention_months} maanden na de laatste inschatting wordt het gewist.",
            estimates=[ToldEstimateOut.of(a) for a in r.assessments],
            own_estimates=[_tell_own_estimate(one) for one in r.own_estimates],
            decisions=[_tell_decision(one) for one in r.decisions],
            consents=[RecordedConsentOut.of(one) for one in r.consents],
            referrals=[_tell_referral(one) for one in r.referrals],
            requests=[RequestOut.of(one) for one in r.requests],
            outcomes={name: [dict(row) for row in rows] for name, rows in r.outcomes.items()},
            seen=[
                SeenOut(
                    at=one.at,
                    role_nl=ROLE_NL[one.role] if one.role else "invoer of beheer",
                    action_nl=_ACTION_NL.get(one.action, one.action),
                )
                for one in r.seen
            ],
        )


def _tell_own_estimate(one: OwnEstimate) -> dict[str, Any]:
    return {"made_at": one.made_at, "is_possible": one.is_possible, "is_needed": one.is_needed}


def _tell_decision(one: Decision) -> dict[str, Any]:
    return {
        "made_at": one.made_at,
        "kind_nl": DECISION_NL[one.kind],
        "suggestion_nl": SUGGESTION_NL[one.suggestion] if one.suggestion else None,
        "deviates": one.deviates,
        "reason_nl": REASON_NL[one.reason] if one.reason else None,
        "reason_text": one.reason_text,
        "look_again_on": one.look_again_on,
    }


def _tell_referral(one: Referral) -> dict[str, Any]:
    names = ("sent_at", "accepted_on", "started_on", "ended_on", "stopped_on", "stopped_why")
    told = {name: getattr(one, name) for name in (*names, "partner")}
    return told | {"form": ReferralFormOut.model_validate(one.form).model_dump(mode="json")}
