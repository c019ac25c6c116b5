"""What the API answers, as pydantic models that also describe it in /docs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

from features.contract import Contract
from features.wording import expected_nl
from models.bundle import Bundle
from models.estimate import GainStatus
from serving.assess import BatchItem
from serving.assessment_schemas import AssessmentOut
from serving.body_schemas import FieldFaultOut
from serving.case_schemas import WithheldOut
from serving.errors import Problem, explain
from serving.following import Following, FollowState, Why


class ProblemOut(BaseModel):
    """A problem, as RFC 9457 describes it; in Dutch, and without any value that was sent."""

    type: str = Field(examples=["urn:kantelpunt:problem:case-refused"])
    title: str
    status: int
    detail: str
    errors: list[FieldFaultOut] | None = None

    @classmethod
    def of(cls, problem: Problem) -> "ProblemOut":
        """Return the problem as the API sends it."""
        return cls.model_validate(problem.to_json())


class BatchItemOut(BaseModel):
    """What became of one case of a batch, in the order that they came in."""

    index: int
    ok: bool
    assessment: AssessmentOut | WithheldOut | None = None
    problem: ProblemOut | None = None

    @classmethod
    def of(
        cls, item: BatchItem, contract: Contract, *, saved: bool, withheld: bool = False
    ) -> "BatchItemOut":
        """Return the answer for one item; without what was estimated if withheld."""
        if item.assessment is not None:
            out = WithheldOut if withheld else AssessmentOut
            made = out.of(item.assessment, saved=saved)
            return cls.model_construct(index=item.index, ok=True, assessment=made, problem=None)
        problem = explain(item.error or RuntimeError(), contract)
        return cls.model_construct(
            index=item.index, ok=False, assessment=None, problem=ProblemOut.of(problem)
        )


class BatchOut(BaseModel):
    """The answers to a batch; cases that could not be estimated held up no other."""

    assessed: int
    refused: int
    items: list[BatchItemOut]


class FieldOut(BaseModel):
    """One model input, as the contract declares it."""

    name: str
    kind: str
    label_nl: str
    unit_nl: str
    expected_nl: str
    required: bool
    changeable: bool
    source: str


class ModelOut(BaseModel):
    """The model that is served: what it was made from, how well it did, and what it needs."""

    version: str
    trained_on: date
    contract_name: str
    contract_version: str
    contract_fingerprint: str
    horizon_days: int
    sustained_days: int
    gain_status: GainStatus = Field(description="Wat dit model over de meerwaarde van steun weet.")
    info: dict[str, Any] = Field(description="Vensters, cijfers en vingerafdruk van de training.")
    card: str = Field(description="De modelkaart, in Markdown.")
    fields: list[FieldOut]

    @classmethod
    def of(cls, bundle: Bundle) -> "ModelOut":
        """Return what the API says of a bundle."""
        contract = bundle.contract
        return cls(
            version=bundle.version,
            trained_on=bundle.trained_on,
            contract_name=contract.name,
            contract_version=contract.version,
            contract_fingerprint=contract.fingerprint,
            horizon_days=contract.outcome.horizon_days,
            sustained_days=contract.outcome.sustained_days,
            gain_status=bundle.model.gain_status,
            info=bundle.info,
            card=bundle.card,
            fields=[
                FieldOut(
                    name=f.name,
                    kind=f.kind,
                    label_nl=f.label_nl,
                    unit_nl=f.unit_nl,
                    expected_nl=expected_nl(f),
                    required=not f.missing and f.derived is None,
                    changeable=f.changeable,
                    source=f.source,
                )
                for f in contract.fields
            ],
        )


class FollowingOut(BaseModel):
    """How the service follows what the registry releases."""

    state: FollowState = Field(description="Hoe het volgen van het modelregister gaat.")
    at: datetime | None = Field(
        default=None, description="Wanneer het modelregister laatst antwoordde."
    )
    refused_version: str | None = Field(
        default=None, description="De vrijgegeven versie die de dienst niet overnam."
    )
    refused_why: Why | None = Field(default=None, description="Waarom niet.")

    @classmethod
    def of(cls, how: Following) -> "FollowingOut":
        """Return what a machine that watches the service is told."""
        refused = how.refused
        return cls(
            state=how.state,
            at=how.at,
            refused_version=refused.version if refused else None,
            refused_why=refused.why if refused else None,
        )


class ChallengerState(StrEnum):
    """How it goes with the version on trial."""

    OFF = "off"
    WAITING = "waiting"
    SCORING = "scoring"
    CHAMPION = "is-champion"  # it would only agree with itself, and does not score
    REFUSED = "refused"
    NOBODY = "nobody"
    NOT_FETCHED = "not-fetched"
    GONE = "gone"


_CHALLENGER = {
    FollowState.SERVED: ChallengerState.SCORING,
    FollowState.NOBODY: ChallengerState.NOBODY,
}


class ChallengerOut(BaseModel):
    """How it goes with the version that scores in the shadow."""

    state: ChallengerState = Field(description="Hoe het met de versie op proef gaat.")
    at: datetime | None = Field(
        default=None, description="Wanneer het modelregister laatst antwoordde."
    )
    version: str | None = Field(default=None, description="De versie die nu in stilte meerekent.")
    refused_version: str | None = Field(
        default=None, description="De versie op proef die niet mag meerekenen."
    )
    refused_why: Why | None = Field(default=None, description="Waarom niet.")

    @classmethod
    def of(cls, how: Following, scores: Bundle | None, served: Bundle) -> "ChallengerOut":
        """Return what a machine is told of the challenger, where `scores` is the one loaded."""
        state = _CHALLENGER.get(how.state) or ChallengerState(how.state.value)
        if state is ChallengerState.OFF:
            scores = None
        elif scores is not None and scores.digest == served.digest:
            state, scores = ChallengerState.CHAMPION, None
        refused = how.refused
        return cls(
            state=state,
            at=how.at,
            version=scores.version if scores else None,
            refused_version=refused.version if refused else None,
            refused_why=refused.why if refused else None,
        )


class HealthOut(BaseModel):
    """Whether the service is up."""

    status: Literal["ok"] = "ok"
    store: Literal["read-only"] | None = Field(
        default=None,
        description="PostgreSQL neemt niets aan: het is een kopie om te lezen, of zo ingesteld. "
        "Wat bewaard of genoteerd moet worden, krijgt 503.",
    )
    model: Literal["cached"] | None = Field(
        default=None,
        description="Bij het starten was MLflow weg, of kon het vrijgegeven model niet dienen: dit "
        "is het model van een vorige start.",
    )
    model_version: str | None = Field(
        default=None, description="De versie van het model die nu inschat."
    )
    following: FollowingOut | None = Field(
        default=None, description="Hoe de dienst volgt wat het modelregister vrijgeeft."
    )
    challenger: ChallengerOut | None = Field(
        default=None, description="Hoe het gaat met de versie die in stilte meerekent."
    )
    store_clock_ahead_seconds: int | None = Field(
        default=None,
        description="Hoeveel seconden de klok van PostgreSQL voorloopt op die van dit proces; "
        "staat er enkel bij een verschil van meer dan 2.",
    )
    mlflow: Literal["ok", "gone"] | None = Field(
        default=None, description="Of MLflow er nu is, met `mlflow=true`."
    )
