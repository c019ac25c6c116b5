"""What the API answers to a person who asks what is kept: everything, in Dutch."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from features.matrix import build_row
from models.estimate import Bounded
from models.reasons import Reason, value_nl
from models.suggestion import SUGGESTION_NL
from serving import access_texts as texts
from serving.access_report import AccessReport
from serving.assessment import INTERVAL_LEVEL, Assessment
from serving.assessment_schemas import name_bounds
from serving.consent import PURPOSE_NL, ConsentPurpose
from serving.decision_reasons import REASON_NL
from serving.permissions import ROLE_NL
from serving.person_schemas import KIND_NL, OUTCOME_NL
from serving.refer_schemas import STOPPED_NL
from serving.referral_schemas import ReferralFormOut
from serving.states import DECISION_NL, STATE_NL
from serving.store.consents import KeptConsent
from serving.store.contacts import RESULT_NL, Contact
from serving.store.decisions import Decision, OwnEstimate
from serving.store.referrals import Referral
from serving.store.requests import PersonRequest
from serving.store.shadow import ShadowScore
from serving.wording import ZONE, one_decimal_nl

_TO_1_DECIMAL_OF_100 = 3
Told = dict[str, Any]


class InputOut(BaseModel):
    """One value as it was known on the day of an estimate, and where it came from."""

    field: str
    label_nl: str
    value_nl: str
    source_nl: str


class ReasonOut(BaseModel):
    """One reason, in percentage points."""

    text_nl: str
    points: float

    @classmethod
    def of(cls, reason: Reason) -> "ReasonOut":
        """Return a reason to one decimal."""
        return cls(text_nl=reason.text_nl, points=round(reason.points, 1))


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
        """Return an estimate as the person may read it: chances to one decimal of 100."""
        e, row = a.estimate, build_row(a.case, a.contract)
        numbers: dict[str, Any] = {
            **name_bounds(e.usual, "p_usual"),
            **name_bounds(e.gain, "gain", "gain_"),
            **name_bounds(e.support, "p_support", "support_"),
        }
        return cls(
            screened_on=a.screened_on,
            made_at=a.made_at.astimezone(ZONE),
            model_version=a.model_version,
            told_nl=_tell_estimate(a),
            **{name: _round(number) for name, number in numbers.items()},
            suggestion_nl=SUGGESTION_NL[a.suggestion],
            reasons_usual=[ReasonOut.of(r) for r in a.reasons.usual],
            reasons_gain=[ReasonOut.of(r) for r in a.reasons.gain or ()],
            inputs=[
                InputOut(
                    field=f.name,
                    label_nl=f.label_nl,
                    value_nl=value_nl(f, float(value)),
                    source_nl=texts.SOURCE_NL.get(f.source, f.source),
                )
                for f, value in zip(a.contract.fields, row, strict=True)
            ],
        )


def _round(number: Any) -> Any:
    return None if number is None else round(number, _TO_1_DECIMAL_OF_100)


def _tell_estimate(a: Assessment) -> str:
    support = a.estimate.support
    return _tell_bounds(a.estimate.usual.bounded, support.bounded if support else None)


def _tell_bounds(usual: Bounded, support: Bounded | None) -> str:
    told = f"Zonder extra steun {_tell_chance(usual)}"
    if support:
        told += f"; met steun {_tell_chance(support)}"
    return f"{told}."


def _tell_chance(p: Bounded) -> str:
    value, low, high = (one_decimal_nl(100 * x) for x in p)
    return f"{value} op 100 (van {low} tot {high})"


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
    used_for_nl: list[str] = list(texts.PURPOSE_NL)
    not_used_for_nl: list[str] = list(texts.NOT_USED_NL)
    decided_nl: str
    margin_nl: str = texts.MARGIN_NL
    rights_nl: list[str] = list(texts.RIGHTS_NL)
    dpo_contact: str
    received_nl: list[str]
    retention_nl: str
    estimates: list[ToldEstimateOut]
    trials: list[Told]
    own_estimates: list[Told]
    decisions: list[Told]
    contacts: list[Told]
    consents: list[Told]
    referrals: list[Told]
    requests: list[Told]
    outcomes: dict[str, list[Told]]
    seen: list[SeenOut]

    @classmethod
    def of(
        cls, r: AccessReport, *, retention_months: int, dpo_contact: str, now: datetime
    ) -> "AccessReportOut":
        """Return everything that is kept of a case, in Dutch where a person reads it."""
        standing = r.standing
        return cls(
            made_at=now.astimezone(ZONE),
            **{n: getattr(standing, n) for n in ("case_id", "sickness_fund", "region")},
            person_key=str(r.assessments[0].case["person_key"]),
            absence_started_on=standing.absence_started_on,
            state_nl=STATE_NL[standing.state],
            is_blocked=standing.is_blocked,
            decided_nl=texts.DECIDED_NL if r.decisions else texts.UNDECIDED_NL,
            dpo_contact=dpo_contact,
            received_nl=texts.list_received(
                [(one.sent_on, one.form["reference"]) for one in r.referrals]
            ),
            retention_nl=texts.RETENTION_NL.format(months=retention_months),
            estimates=[ToldEstimateOut.of(a) for a in r.assessments],
            trials=[_tell_trial(one) for one in r.trials],
            own_estimates=[_tell_own_estimate(one) for one in r.own_estimates],
            decisions=[_tell_decision(one) for one in r.decisions],
            contacts=[_tell_contact(one) for one in r.contacts],
            consents=[_tell_consent(one) for one in r.consents],
            referrals=[_tell_referral(one) for one in r.referrals],
            requests=[_tell_request(one) for one in r.requests],
            outcomes={name: [_tell_row(row) for row in rows] for name, rows in r.outcomes.items()},
            seen=[
                SeenOut(
                    at=one.at.astimezone(ZONE),
                    role_nl=ROLE_NL[one.role] if one.role else texts.NO_ROLE_NL,
                    action_nl=texts.name_action(one.action, one.detail),
                )
                for one in r.seen
            ],
        )


def _tell_trial(one: ShadowScore) -> Told:
    return {
        "scored_at": one.scored_at.astimezone(ZONE),
        "model_version": one.model_version,
        "told_nl": _tell_bounds(one.usual, one.support),
        "suggestion_nl": SUGGESTION_NL[one.suggestion],
        "not_used_nl": texts.TRIAL_NL,
    }


def _tell_own_estimate(one: OwnEstimate) -> Told:
    return {
        "made_at": one.made_at.astimezone(ZONE),
        "is_possible": texts.ANSWER_NL[one.is_possible],
        "is_needed": texts.ANSWER_NL[one.is_needed],
    }


def _tell_decision(one: Decision) -> Told:
    return {
        "made_at": one.made_at.astimezone(ZONE),
        "kind_nl": DECISION_NL[one.kind],
        "suggestion_nl": SUGGESTION_NL[one.suggestion] if one.suggestion else None,
        "deviates": one.deviates,
        "reason_nl": REASON_NL[one.reason] if one.reason else None,
        "reason_text": one.reason_text,
        "look_again_on": one.look_again_on,
    }


def _tell_contact(one: Contact) -> Told:
    return {
        "made_at": one.made_at.astimezone(ZONE),
        "result_nl": RESULT_NL[one.result],
        "call_again_on": one.call_again_on,
        "note": one.note,
    }


def _tell_consent(one: KeptConsent) -> Told:
    return {
        "given_on": one.given_on,
        "purpose_nl": PURPOSE_NL[ConsentPurpose(one.purpose)],
        "recorded_at": one.recorded_at.astimezone(ZONE),
        "recorded_by_nl": ROLE_NL[one.recorded_role],
        "withdrawn_at": one.withdrawn_at.astimezone(ZONE) if one.withdrawn_at else None,
    }


def _tell_referral(one: Referral) -> Told:
    names = ("accepted_on", "started_on", "ended_on", "stopped_on", "partner")
    form = ReferralFormOut.model_validate(one.form)
    told = form.model_dump(mode="json")
    told["sent_by"] = ROLE_NL[form.sent_by]
    told["consent"]["recorded_by"] = ROLE_NL[form.consent.recorded_by]
    return {
        "sent_at": one.sent_at.astimezone(ZONE),
        **{name: getattr(one, name) for name in names},
        "stopped_nl": STOPPED_NL.get(one.stopped_why or "", one.stopped_why),
        "form": told,
    }


def _tell_request(one: PersonRequest) -> Told:
    return {
        "kind_nl": KIND_NL[one.kind],
        "made_at": one.made_at.astimezone(ZONE),
        "received_on": one.received_on,
        "text": one.text,
        "handled_at": one.handled_at.astimezone(ZONE) if one.handled_at else None,
        "outcome_nl": OUTCOME_NL[one.outcome] if one.outcome else None,
        "outcome_text": one.outcome_text,
    }


def _tell_row(row: Mapping[str, Any]) -> Told:
    if "groups" in row:
        return texts.tell_groups(row["groups"])
    return {k: texts.EXIT_NL.get(v, v) if k == "exit" else v for k, v in row.items()}
