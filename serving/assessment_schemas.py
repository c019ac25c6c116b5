"""What the API answers about one assessment: three estimates with their reasons."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from features.contract import Field as Input
from features.matrix import build_row
from models.estimate import GainStatus, Sum
from models.reasons import QUESTIONNAIRE, QUESTIONNAIRE_NL, Reason, build_describer, value_nl
from models.sharpen import Sharpener
from models.suggestion import SUGGESTION_NL, Limits, Suggestion
from serving.assessment import INTERVAL_LEVEL, TOP_REASONS, Assessment
from serving.store.cases import Bounds

Chance = Field(ge=0, le=1)
MaybeChance = Field(ge=0, le=1, description="Leeg waar de meerwaarde van steun onbekend is.")
MaybeGain = Field(ge=-1, le=1, description="Leeg waar de meerwaarde van steun onbekend is.")
Hidden = Field(
    ge=0,
    description="Hoeveel van de marge van gain en p_support naar elke kant dient voor "
    "verschillen die nergens genoteerd staan, zoals motivatie: die schuiven ieders getal even ver "
    "op. Leeg waar de meerwaarde van steun onbekend is.",
)
Status = Field(
    description="estimated: geschat per persoon; same_for_all: voor iedereen gelijk; "
    "unknown: bijna niemand in een vergelijkbare situatie kreeg steun, of bijna iedereen."
)
Reasons = Field(description="Alle redenen, sterkste eerst; leeg voor rollen die ze niet zien.")
Base = Field(description="Waar de redenen vertrekken; leeg voor rollen die ze niet zien.")
Limit = Field(description="Wat het afkappen op 0 of 100 wegnam of toevoegde; bijna altijd 0.")


@dataclass(slots=True)
class ContributionOut:
    """What one field adds to the estimate, in percentage points."""

    # no model of pydantic: there are a hundred in an answer, and each would cost ten times as much
    field: Annotated[str, Field(title="Veld")]
    label_nl: Annotated[str, Field(title="Naam van het veld")]
    value_nl: Annotated[str, Field(title="Waarde, zoals een mens ze schrijft")]
    points: Annotated[
        float, Field(title="Procentpunten", description="Boven 0: hoger dan gemiddeld.")
    ]
    text_nl: Annotated[str, Field(title="Reden")]
    changeable: Annotated[bool, Field(title="Kan veranderen")]

    @classmethod
    def of(cls, reason: Reason, label_nl: str, value_nl: str) -> "ContributionOut":
        """Return what the API says of a reason; fields by name would take twice as long."""
        return cls(
            reason.field, label_nl, value_nl, reason.points, reason.text_nl, reason.changeable
        )


class LimitsOut(BaseModel):
    """The limits of the suggestion, as on the day of the screening."""

    valid_from: date
    not_yet_below: float
    own_way_from: float
    gain_from: float | None = Field(description="Leeg voor inschattingen van vóór deze grens.")

    @classmethod
    def of(cls, limits: Limits) -> "LimitsOut":
        """Return what the API says of limits."""
        return cls.model_construct(
            valid_from=limits.valid_from,
            not_yet_below=limits.not_yet_below,
            own_way_from=limits.own_way_from,
            gain_from=None if math.isnan(limits.gain_from) else limits.gain_from,
        )


class CurvePointOut(BaseModel):
    """The chance to be back by a day after the screening."""

    days: int
    usual: float = Chance
    usual_low: float = Chance
    usual_high: float = Chance
    support: float | None = MaybeChance
    support_low: float | None = MaybeChance
    support_high: float | None = MaybeChance


class SharpenerOut(BaseModel):
    """A question without an answer that would move the estimate."""

    field: str
    label_nl: str
    points: float | None = Field(
        description="Procentpunten; leeg voor rollen die de redenen in punten niet zien."
    )


class EstimateOut(BaseModel):
    """The chance without support, what support adds, and the chance with support."""

    p_usual: float = Field(
        ge=0, le=1, description="Kans op duurzame terugkeer bij het gewone verloop."
    )
    low: float = Chance
    high: float = Chance
    gain_status: GainStatus = Status
    gain: float | None = MaybeGain
    gain_low: float | None = MaybeGain
    gain_high: float | None = MaybeGain
    gain_hidden: float | None = Hidden
    p_support: float | None = MaybeChance
    support_low: float | None = MaybeChance
    support_high: float | None = MaybeChance
    suggestion: Suggestion
    suggestion_nl: str


class AssessmentOut(EstimateOut):
    """One assessment: the chance without support, what support adds, and the chance with support.

    Three sets add up: `base_points + points of contributions + limit_points == 100 * p_usual`, and
    so do those that begin with `gain_` and `support_` to `gain` and `p_support`.
    """

    assessment_id: str | None = Field(description="Leeg als er niets bewaard is.")
    case_id: str
    screened_on: date
    made_at: datetime
    model_version: str
    contract_fingerprint: str
    interval_level: float = INTERVAL_LEVEL
    look_again_on: date | None = Field(description="Alleen bij not_yet: wanneer opnieuw te kijken.")
    base: float | None = Field(description="Kans van het gemiddelde dossier.")
    base_points: float | None = Base
    contributions: list[ContributionOut] | None = Reasons
    limit_points: float | None = Limit
    gain_base_points: float | None = Base
    gain_contributions: list[ContributionOut] | None = Reasons
    gain_limit_points: float | None = Limit
    support_base_points: float | None = Base
    support_contributions: list[ContributionOut] | None = Reasons
    support_limit_points: float | None = Limit
    top_reasons: list[str] = Field(description="De sterkste redenen van p_usual als zin.")
    curve: list[CurvePointOut] = Field(description="Leeg als het model geen curve heeft.")
    sharpen: list[SharpenerOut] | None = Field(
        description="De open vragen die het meest verscherpen, de sterkste eerst. Alleen bij de "
        "laatste inschatting van één dossier, en alleen als het huidige model ze maakte."
    )
    limits: LimitsOut

    @classmethod
    def of(
        cls,
        a: Assessment,
        sharpeners: Sequence[Sharpener] | None = None,
        *,
        saved: bool = True,
        with_contributions: bool = True,
    ) -> "AssessmentOut":
        """Return what the API says of an assessment; contributions only for who may see them."""
        e = a.estimate
        return cls.model_construct(
            assessment_id=a.assessment_id if saved else None,
            case_id=a.case_id,
            screened_on=a.screened_on,
            made_at=a.made_at.astimezone(UTC),
            model_version=a.model_version,
            contract_fingerprint=a.contract.fingerprint,
            **name_bounds(e.usual, "p_usual"),
            gain_status=e.gain_status,
            **name_bounds(e.gain, "gain", "gain_"),
            gain_hidden=e.hidden if e.gain else None,
            **name_bounds(e.support, "p_support", "support_"),
            interval_level=INTERVAL_LEVEL,
            suggestion=a.suggestion,
            suggestion_nl=SUGGESTION_NL[a.suggestion],
            look_again_on=a.look_again_on,
            base=e.usual.base if with_contributions else None,
            **_list_sets(a, shown=with_contributions),
            top_reasons=[r.text_nl for r in a.reasons.usual[:TOP_REASONS]],
            curve=[CurvePointOut.model_construct(**vars(point)) for point in a.curve],
            sharpen=_list_sharpeners(sharpeners, shown=with_contributions),
            limits=LimitsOut.of(a.limits),
        )


def name_bounds(one: Sum | Bounds | None, value: str, prefix: str = "") -> dict[str, Any]:
    """Return a number and its interval as the API names them."""
    return {
        value: one.value if one else None,
        f"{prefix}low": one.low if one else None,
        f"{prefix}high": one.high if one else None,
    }


def _list_sharpeners(
    found: Sequence[Sharpener] | None, *, shown: bool
) -> list[SharpenerOut] | None:
    if found is None:
        return None
    return [
        SharpenerOut.model_construct(
            field=one.field, label_nl=one.label_nl, points=one.points if shown else None
        )
        for one in found
    ]


def _list_sets(a: Assessment, *, shown: bool) -> dict[str, Any]:
    """Return the three sets that add up, empty for who may not see them."""
    named = _name_values(a) if shown else {}
    sets = (
        ("", a.estimate.usual, a.reasons.usual),
        ("gain_", a.estimate.gain, a.reasons.gain),
        ("support_", a.estimate.support, a.reasons.support),
    )
    found: dict[str, Any] = {}
    for prefix, one, reasons in sets:
        if not shown or one is None or reasons is None:
            names = ("base_points", "contributions", "limit_points")
            found |= dict.fromkeys(f"{prefix}{name}" for name in names)
            continue
        found[f"{prefix}base_points"] = one.base * 100
        found[f"{prefix}contributions"] = _list_set(reasons, named)
        found[f"{prefix}limit_points"] = one.limit * 100
    return found


def _name_values(a: Assessment) -> dict[str, tuple[str, str]]:
    """Return the label and the value of every field, as a person reads them."""
    fields, row = a.contract.fields, build_row(a.case, a.contract).tolist()
    describe = build_describer(a.contract, _say_value)
    named = {
        field.name: (field.label_nl, describe(place, row[place], 0.0).text_nl)
        for place, field in enumerate(fields)
    }
    named[QUESTIONNAIRE] = ("Vragenlijst", QUESTIONNAIRE_NL.partition(" ")[2])
    return named


def _say_value(field: Input, value: float, _points: float) -> str:
    return value_nl(field, value)


def _list_set(
    reasons: Sequence[Reason], named: Mapping[str, tuple[str, str]]
) -> list[ContributionOut]:
    return [ContributionOut.of(reason, *named[reason.field]) for reason in reasons]
