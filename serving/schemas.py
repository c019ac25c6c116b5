"""What the API answers, as pydantic models that also describe it in /docs."""

from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from features.contract import Contract
from features.matrix import build_row
from features.wording import expected_nl
from models.bundle import Bundle
from models.reasons import QUESTIONNAIRE, QUESTIONNAIRE_NL, value_nl
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assess import BatchItem
from serving.assessment import INTERVAL_LEVEL, TOP_REASONS, Assessment
from serving.errors import Problem, explain

Chance = Field(ge=0, le=1)


class ContributionOut(BaseModel):
    """What one field adds to the estimate, in percentage points."""

    field: str = Field(title="Veld")
    label_nl: str = Field(title="Naam van het veld")
    value_nl: str = Field(title="Waarde, zoals een mens ze schrijft")
    points: float = Field(title="Procentpunten", description="Boven 0: hoger dan gemiddeld.")
    text_nl: str = Field(title="Reden")
    changeable: bool = Field(title="Kan veranderen")


class LimitsOut(BaseModel):
    """The limits of the suggestion, as on the day of the screening."""

    valid_from: date
    not_yet_below: float
    own_way_from: float


class AssessmentOut(BaseModel):
    """One assessment: `base_points + points of contributions + limit_points == 100 * p_usual`."""

    assessment_id: str | None = Field(description="Leeg als er niets bewaard is.")
    case_id: str
    screened_on: date
    made_at: datetime
    model_version: str
    contract_fingerprint: str
    p_usual: float = Field(
        ge=0, le=1, description="Kans op duurzame terugkeer bij het gewone verloop."
    )
    gain: float | None = Field(description="Meerwaarde van steun; leeg zolang ze onbekend is.")
    gain_status: Literal["known", "unknown"]
    p_support: float | None = Field(description="Kans met steun; leeg zolang ze onbekend is.")
    low: float = Chance
    high: float = Chance
    interval_level: float = INTERVAL_LEVEL
    suggestion: Suggestion
    suggestion_nl: str
    base: float | None = Field(description="Kans van het gemiddelde dossier.")
    base_points: float | None
    contributions: list[ContributionOut] | None = Field(
        description="Alle redenen, sterkste eerst; leeg voor rollen die ze niet zien."
    )
    limit_points: float | None = Field(
        description="Wat het afkappen op 0 of 100 wegnam of toevoegde; bijna altijd 0."
    )
    top_reasons: list[str] = Field(description="De sterkste redenen als zin.")
    limits: LimitsOut

    @classmethod
    def of(
        cls, a: Assessment, *, saved: bool = True, with_contributions: bool = True
    ) -> "AssessmentOut":
        """Return what the API says of an assessment; contributions only for who may see them."""
        e, shown = a.estimate, with_contributions
        return cls.model_construct(
            assessment_id=a.assessment_id if saved else None,
            case_id=a.case_id,
            screened_on=a.screened_on,
            made_at=a.made_at.astimezone(UTC),
            model_version=a.model_version,
            contract_fingerprint=a.contract.fingerprint,
            p_usual=e.p_usual,
            gain=e.gain,
            gain_status="unknown" if e.gain is None else "known",
            p_support=e.p_support,
            low=e.low,
            high=e.high,
            interval_level=INTERVAL_LEVEL,
            suggestion=a.suggestion,
            suggestion_nl=SUGGESTION_NL[a.suggestion],
            base=e.base if shown else None,
            base_points=e.base * 100 if shown else None,
            contributions=list_contributions(a) if shown else None,
            limit_points=e.limit * 100 if shown else None,
            top_reasons=[r.text_nl for r in a.reasons[:TOP_REASONS]],
            limits=LimitsOut.model_construct(
                valid_from=a.limits.valid_from,
                not_yet_below=a.limits.not_yet_below,
                own_way_from=a.limits.own_way_from,
            ),
        )


def list_contributions(a: Assessment) -> list[ContributionOut]:
    """Return every reason with its field, label and value, strongest first."""
    row = build_row(a.case, a.contract)
    values = {
        f.name: (f.label_nl, value_nl(f, float(v)))
        for f, v in zip(a.contract.fields, row, strict=True)
    }
    values[QUESTIONNAIRE] = ("Vragenlijst", QUESTIONNAIRE_NL.partition(" ")[2])
    return [
        ContributionOut.model_construct(
            field=r.field,
            label_nl=values[r.field][0],
            value_nl=values[r.field][1],
            points=r.points,
            text_nl=r.text_nl,
            changeable=r.changeable,
        )
        for r in a.reasons
    ]


class FieldFaultOut(BaseModel):
    """One field that has to change."""

    field: str
    expected: str


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
    assessment: AssessmentOut | None = None
    problem: ProblemOut | None = None

    @classmethod
    def of(cls, item: BatchItem, contract: Contract, *, saved: bool) -> "BatchItemOut":
        """Return the answer for one item."""
        if item.assessment is not None:
            made = AssessmentOut.of(item.assessment, saved=saved)
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
    gain_status: Literal["known", "unknown"] = "unknown"
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


class HealthOut(BaseModel):
    """Whether the service is up."""

    status: Literal["ok"] = "ok"
