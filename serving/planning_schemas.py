"""What the API answers about planning: totals only."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from models.regional_limits import GainLimit
from serving.planning import Planned
from serving.store.planning import Capacity, Scenario


class EntriesOut(BaseModel):
    """What became of reported entries."""

    kept_count: int = Field(description="Aantal maanden en regio's die bewaard zijn.")


class PlanOut(BaseModel):
    """What every answer about the plan begins with."""

    as_of: date = Field(description="De laatste dag waarvan alles geteld is.")
    made_at: datetime
    is_old: bool = Field(description="Of de planning een maand mist: bereken ze opnieuw.")
    months: list[str] = Field(description="De maanden die komen, als JJJJ-MM.")
    regions: list[str] = Field(description="De regio's.")
    missing: list[dict[str, str]] = Field(
        description="Wat ontbrak, en wat daarvoor in de plaats kwam."
    )


def _begin(planned: Planned) -> dict[str, Any]:
    plan = planned.kept.plan
    return {
        "as_of": planned.kept.as_of,
        "made_at": planned.kept.made_at,
        "is_old": planned.is_old,
        "months": plan["outlook"]["months"],
        "regions": plan["outlook"]["regions"],
        "missing": plan["missing"],
    }


_MEASURES_NL = (
    "Per meting en regio (all voor alle samen): het gemiddelde en de kwantielen per maand, in hele "
    "mensen. Gesimuleerd."
)


class ForecastOut(PlanOut):
    """What intake to expect, and what it was."""

    measures: dict[str, Any] = Field(description=_MEASURES_NL)
    sums: dict[str, Any] = Field(description="Hetzelfde voor 3 en 12 maanden samen.")
    known: dict[str, list[float]] = Field(
        description="Welk aandeel van de starts van dossiers komt die al bekend zijn, per maand."
    )
    mix: dict[str, Any] = Field(description="Waaruit de instroom zal bestaan, met marges.")
    stages: list[dict[str, Any]] = Field(
        description="De kans op elke stap van ziekmelding tot start, over alle regio's, en op een "
        "start tegen maand 5; met de grenzen van 95 %."
    )
    history: dict[str, Any] = Field(
        description="Wat geteld is, per maand; leeg waar het niet bekend is of over te weinig "
        "mensen gaat, ook als verschil van totalen."
    )
    forecast: dict[str, Any] = Field(
        description="Wat voorspeld is, met welke methode per maand vooruit, en opmerkingen."
    )
    backtest: dict[str, Any] | None = Field(
        description="Hoe ver elke methode er vroeger naast zat; leeg bij een te korte reeks."
    )

    @classmethod
    def of(cls, planned: Planned) -> "ForecastOut":
        """Return what the API says of the forecast."""
        plan = planned.kept.plan
        outlook = plan["outlook"]
        return cls(
            **_begin(planned),
            measures=outlook["measures"],
            sums=outlook["sums"],
            known=outlook["known"],
            mix=outlook["mix"],
            stages=plan.get("stages", []),
            history=plan["history"],
            forecast=plan["forecast"],
            backtest=plan["backtest"],
        )


_LOAD = ("caseload", "coaches", "placed", "queue", "wait_months")


class CapacityRowOut(BaseModel):
    """A capacity as it was set."""

    region: str
    kind: str | None = Field(description="Soort traject; leeg voor alle soorten samen.")
    valid_from: date = Field(description="Vanaf wanneer ze geldt.")
    places: int = Field(description="Hoeveel trajecten tegelijk kunnen lopen.")
    author: str = Field(description="Wie dit vastlegde.")
    reason: str = Field(description="Waarom.")
    made_at: datetime

    @classmethod
    def of(cls, made: Capacity) -> "CapacityRowOut":
        """Return what the API says of a capacity."""
        return cls(**vars(made))


class CapacityOut(PlanOut):
    """Caseload against capacity, and when it breaks."""

    measures: dict[str, Any] = Field(description=_MEASURES_NL)
    coaches_by_kind: dict[str, Any] = Field(description="Coaches per soort traject.")
    capacity: dict[str, int | None] | None = Field(
        description="Plaatsen per regio op de dag van de planning; leeg waar er geen grens is."
    )
    breaks: dict[str, Any] = Field(
        description="Per regio de eerste maand waarin het waarschijnlijk te krap is, en hoe "
        "waarschijnlijk dat ooit is."
    )
    capacities: list[CapacityRowOut] = Field(
        description="Alle capaciteiten die ooit vastgelegd zijn; van een dag telt de laatste."
    )

    @classmethod
    def of(cls, planned: Planned, capacities: Sequence[Capacity]) -> "CapacityOut":
        """Return what the API says of capacity."""
        outlook = planned.kept.plan["outlook"]
        return cls(
            **_begin(planned),
            measures={k: v for k, v in outlook["measures"].items() if k in _LOAD},
            coaches_by_kind=outlook["coaches_by_kind"],
            capacity=outlook["capacity"],
            breaks=outlook["breaks"],
            capacities=[CapacityRowOut.of(one) for one in capacities],
        )


class TargetsOut(PlanOut):
    """The year against its target, and what goes with it."""

    year_end: list[dict[str, Any]] = Field(
        description="Per jaar: het doel, wat al startte, wat verwacht wordt en de kans op het doel."
    )
    outflow: list[dict[str, Any]] = Field(
        description="Per jaar van start het aandeel dat werkt na 6, 12, 18 en 24 maanden."
    )
    funnel: dict[str, Any] = Field(
        description="Het aandeel doorverwezen per regio, en wat toeval niet verklaart."
    )
    lead_times: dict[str, Any] = Field(description="Dagen van doorverwijzing tot start.")
    clocks: dict[str, Any] = Field(
        description="Dagen van inschatting tot beslissing, tegen de termijnen van de wet."
    )

    @classmethod
    def of(cls, planned: Planned) -> "TargetsOut":
        """Return what the API says of targets."""
        return cls(**_begin(planned), **planned.kept.plan["targets"])


class LimitRowOut(BaseModel):
    """A limit on the gain of a region as it was set."""

    region: str
    valid_from: date
    gain_from: float | None = Field(description="De grens; leeg waar de algemene weer geldt.")
    author: str = Field(description="Wie dit vastlegde.")
    reason: str = Field(description="Waarom.")

    @classmethod
    def of(cls, made: GainLimit) -> "LimitRowOut":
        """Return what the API says of a limit."""
        return cls(**vars(made))


class RegionLimitsOut(BaseModel):
    """What the plan proposes, and what was set; cases that were assessed keep their suggestion."""

    proposed: dict[str, Any] = Field(
        description="Per regio de grens die bij de vrije plaatsen past, of waarom er geen is."
    )
    limits: list[LimitRowOut] = Field(
        description="Alle grenzen die ooit vastgelegd zijn; van een dag telt de laatste."
    )

    @classmethod
    def of(cls, planned: Planned, limits: Sequence[GainLimit]) -> "RegionLimitsOut":
        """Return what the API says of limits of regions."""
        rows = [LimitRowOut.of(one) for one in limits]
        return cls(proposed=planned.kept.plan["limits"], limits=rows)


class ScenarioRowOut(BaseModel):
    """A scenario without its answer."""

    scenario_id: str = Field(description="Nummer van het scenario.")
    name: str = Field(description="Naam van het scenario.")
    made_by: str
    made_at: datetime
    as_of: date = Field(description="De laatste dag die de planning erachter telde.")
    change: dict[str, Any] = Field(description="Wat er anders is dan in de planning.")

    @classmethod
    def of(cls, made: Scenario) -> "ScenarioRowOut":
        """Return what the API says of a scenario in a list."""
        told = {k: v for k, v in vars(made).items() if k in cls.model_fields}
        return cls(**told)


class ScenariosOut(BaseModel):
    """The last scenarios, of everybody."""

    scenarios: list[ScenarioRowOut] = Field(description="De scenario's, het laatste eerst.")


class AnswerOut(BaseModel):
    """The answer to a question of what-if."""

    scenario_id: str | None = Field(description="Nummer, als het bewaard is.")
    name: str | None = Field(description="Naam, als het bewaard is.")
    change: dict[str, Any] = Field(description="Wat er anders is dan in de planning.")
    result: dict[str, Any] = Field(
        description="Wat dan te verwachten is: dezelfde delen als forecast, capacity en targets."
    )

    @classmethod
    def of(cls, made: Scenario) -> "AnswerOut":
        """Return what the API says of a scenario that is kept."""
        return cls(
            scenario_id=made.scenario_id,
            name=made.name,
            change=dict(made.change),
            result=dict(made.result),
        )
