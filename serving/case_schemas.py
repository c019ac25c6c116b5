"""What the API answers about cases: the triage list, and one case with its history."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from features.deadlines import ANSWER
from models.estimate import GainStatus
from models.suggestion import SUGGESTION_NL, Suggestion
from serving.assessment import Assessment
from serving.assessment_schemas import AssessmentOut, name_bounds
from serving.case_file import CaseFile
from serving.contact_schemas import ContactOut
from serving.decision_schemas import AllowedOut, ChangesOut, DecisionOut, OwnEstimateOut
from serving.states import OBJECTION_NL, STATE_NL, CaseState
from serving.triage import TriagePage, TriageRow

_WITHHELD = (
    "Waar: eerst uw eigen inschatting, of de persoon maakt bezwaar; wat geschat is, is dan leeg."
)
_ANSWER = "Een vraag van de persoon wacht: ten laatste te beantwoorden op (AVG, art. 12, lid 3)."
_DUE = "Maand 4, 7 of 11 is voorbij sinds de laatste inschatting."


@dataclass(slots=True)
class ListedReasonOut:
    """One of the strongest reasons of a case."""

    # no model of pydantic: a page has three for each case
    text_nl: Annotated[str, Field(title="Reden")]
    points: Annotated[float | None, Field(description="Leeg voor rollen die ze niet zien.")]


class StandingOut(BaseModel):
    """Where a case stands."""

    state: CaseState
    state_nl: str
    state_version: int = Field(description="Stuur dit mee met een beslissing.")
    is_blocked: bool = Field(description="De persoon maakt bezwaar: er wordt niets ingeschat.")
    blocked_nl: str | None = Field(
        description="Enkel bij een bezwaar: of het nog loopt, of aanvaard is."
    )
    assigned_to: str | None = Field(description="Wie eraan werkt.")
    look_again_on: date | None = Field(description="Enkel bij een dossier dat wacht op een dag.")
    reassess_due: bool = Field(description=_DUE)
    answer_by: date | None = Field(description=_ANSWER)


class ListedCaseOut(StandingOut):
    """One row of the triage list; numbers are empty where `withheld` is true."""

    rank: int
    case_id: str
    region: str
    absence_started_on: date
    absent_day: int
    screened_on: date
    assessment_id: str
    answered: bool
    next_clock: str | None
    next_clock_on: date | None
    next_clock_days_left: int | None
    withheld: bool = Field(description=_WITHHELD)
    p_usual: float | None
    low: float | None
    high: float | None
    gain_status: GainStatus | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    gain_hidden: float | None
    p_support: float | None
    support_low: float | None
    support_high: float | None
    suggestion: Suggestion | None
    suggestion_nl: str | None
    reasons: list[ListedReasonOut]

    @classmethod
    def of(cls, row: TriageRow, *, with_contributions: bool) -> "ListedCaseOut":
        """Return what the API says of a row of the list."""
        c, clock = row.case, row.next_clock
        return cls.model_construct(
            rank=row.rank,
            case_id=c.case_id,
            region=c.region,
            absence_started_on=c.absence_started_on,
            absent_day=row.absent_day,
            screened_on=c.screened_on,
            assessment_id=c.assessment_id,
            answered=c.answered,
            next_clock=clock.key if clock else None,
            next_clock_on=clock.due_on if clock else None,
            next_clock_days_left=clock.days_left if clock else None,
            state=c.state,
            state_nl=STATE_NL[c.state],
            state_version=c.state_version,
            is_blocked=c.is_blocked,
            blocked_nl=OBJECTION_NL[row.is_upheld] if c.is_blocked else None,
            assigned_to=c.assigned_to,
            look_again_on=c.look_again_on,
            reassess_due=row.reassess_due,
            answer_by=row.answer.due_on if row.answer else None,
            withheld=row.is_withheld,
            **_list_numbers(row, with_contributions=with_contributions),
        )


def _list_numbers(row: TriageRow, *, with_contributions: bool) -> dict[str, Any]:
    """Return what was estimated, or all of it empty."""
    c, shown = row.case, not row.is_withheld
    reasons = [
        ListedReasonOut(text_nl=text, points=points if with_contributions else None)
        for text, points in c.reasons
    ]
    return {
        **name_bounds(c.usual if shown else None, "p_usual"),
        "gain_status": c.gain_status if shown else None,
        **name_bounds(c.gain if shown else None, "gain", "gain_"),
        "gain_hidden": c.gain_hidden if c.gain and shown else None,
        **name_bounds(c.support if shown else None, "p_support", "support_"),
        "suggestion": c.suggestion if shown else None,
        "suggestion_nl": SUGGESTION_NL[c.suggestion] if shown else None,
        "reasons": reasons if shown else [],
    }


class CasePageOut(BaseModel):
    """One page of the triage list; `next` is the address of the next page, if there is one."""

    cases: list[ListedCaseOut]
    count: int = Field(description="Aantal dossiers die aan de filters voldoen.")
    count_is_exact: bool = Field(description="Niet exact: het zijn er minstens zoveel.")
    next: str | None

    @classmethod
    def of(
        cls, page: TriagePage, next_address: str | None, *, with_contributions: bool
    ) -> "CasePageOut":
        """Return what the API says of a page of the list."""
        shown = with_contributions
        return cls.model_construct(
            cases=[ListedCaseOut.of(row, with_contributions=shown) for row in page.rows],
            count=page.count,
            count_is_exact=page.count_is_exact,
            next=next_address,
        )


class WithheldOut(BaseModel):
    """An assessment of which nothing is told yet: the own answers come first."""

    assessment_id: str | None = Field(description="Leeg als er niets bewaard is.")
    case_id: str
    screened_on: date
    made_at: datetime
    withheld: bool = Field(default=True, description=_WITHHELD)

    @classmethod
    def of(cls, a: Assessment, *, saved: bool = True) -> "WithheldOut":
        """Return what may be told of an assessment before the own answers."""
        return cls(
            assessment_id=a.assessment_id if saved else None,
            case_id=a.case_id,
            screened_on=a.screened_on,
            made_at=a.made_at.astimezone(UTC),
        )


class CaseOut(StandingOut):
    """One case: its latest assessment, all earlier ones, what was decided and what can be done."""

    case_id: str
    region: str
    absence_started_on: date
    absent_day: int
    inputs: dict[str, Any]
    withheld: bool = Field(description=_WITHHELD)
    latest: AssessmentOut | WithheldOut
    earlier: list[AssessmentOut | WithheldOut]
    changes: ChangesOut | None = Field(description="Sinds de inschatting ervoor, als die er is.")
    own_estimates: list[OwnEstimateOut]
    decisions: list[DecisionOut]
    contacts: list[ContactOut]
    allowed: AllowedOut

    @classmethod
    def of(cls, file: CaseFile, *, with_contributions: bool) -> "CaseOut":
        """Return what the API says of a case; contributions only for who may see them."""
        standing, withheld = file.standing, file.is_withheld
        changes = None if withheld else file.changes
        return cls.model_construct(
            case_id=standing.case_id,
            region=standing.region,
            absence_started_on=standing.absence_started_on,
            absent_day=file.absent_day,
            state=standing.state,
            state_nl=STATE_NL[standing.state],
            state_version=standing.state_version,
            is_blocked=standing.is_blocked,
            blocked_nl=OBJECTION_NL[file.is_upheld] if standing.is_blocked else None,
            assigned_to=standing.assigned_to,
            look_again_on=standing.look_again_on,
            reassess_due=file.reassess_due,
            answer_by=ANSWER.due_on(standing.asked_on) if standing.asked_on else None,
            inputs={f.name: file.latest.case.get(f.name) for f in file.latest.contract.columns},
            withheld=withheld,
            **_list_history(file, with_contributions=with_contributions),
            changes=ChangesOut.of(changes, shown=with_contributions) if changes else None,
            own_estimates=[OwnEstimateOut.of(e) for e in file.own_estimates],
            decisions=[DecisionOut.of(d, withheld=withheld) for d in file.decisions],
            contacts=[ContactOut.of(one) for one in file.contacts],
            allowed=AllowedOut.of(file.allowed, None if withheld else file.latest.suggestion),
        )


def _list_history(file: CaseFile, *, with_contributions: bool) -> dict[str, Any]:
    latest, *earlier = file.history
    if file.is_withheld:
        return {"latest": WithheldOut.of(latest), "earlier": list(map(WithheldOut.of, earlier))}
    shown = with_contributions
    return {
        "latest": AssessmentOut.of(latest, file.sharpeners, with_contributions=shown),
        "earlier": [AssessmentOut.of(a, with_contributions=shown) for a in earlier],
    }
