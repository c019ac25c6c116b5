"""What the API answers about cases: the triage list, and one case with its history."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from models.suggestion import SUGGESTION_NL
from serving.assessment_schemas import AssessmentOut, EstimateOut, name_bounds
from serving.triage import CaseFile, TriagePage, TriageRow


class ListedReasonOut(BaseModel):
    """One of the strongest reasons of a case."""

    text_nl: str
    points: float | None = Field(description="Leeg voor rollen die ze niet zien.")


class ListedCaseOut(EstimateOut):
    """One row of the triage list."""

    rank: int
    case_id: str
    region: str
    absence_started_on: date
    absent_day: int
    screened_on: date
    answered: bool
    next_clock: str | None
    next_clock_on: date | None
    next_clock_days_left: int | None
    reasons: list[ListedReasonOut]

    @classmethod
    def of(cls, row: TriageRow, *, with_contributions: bool) -> "ListedCaseOut":
        """Return what the API says of a row of the list."""
        c, clock = row.case, row.next_clock
        return cls(
            rank=row.rank,
            case_id=c.case_id,
            region=c.region,
            absence_started_on=c.absence_started_on,
            absent_day=row.absent_day,
            screened_on=c.screened_on,
            **name_bounds(c.usual, "p_usual"),
            gain_status=c.gain_status,
            **name_bounds(c.gain, "gain", "gain_"),
            gain_hidden=c.gain_hidden if c.gain else None,
            **name_bounds(c.support, "p_support", "support_"),
            suggestion=c.suggestion,
            suggestion_nl=SUGGESTION_NL[c.suggestion],
            answered=c.answered,
            next_clock=clock.key if clock else None,
            next_clock_on=clock.due_on if clock else None,
            next_clock_days_left=clock.days_left if clock else None,
            reasons=[
                ListedReasonOut(text_nl=t, points=p if with_contributions else None)
                for t, p in c.reasons
            ],
        )


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
        return cls(
            cases=[ListedCaseOut.of(row, with_contributions=shown) for row in page.rows],
            count=page.count,
            count_is_exact=page.count_is_exact,
            next=next_address,
        )


class CaseOut(BaseModel):
    """One case: its latest assessment, the inputs of that day, and all earlier assessments."""

    case_id: str
    region: str
    absence_started_on: date
    absent_day: int
    inputs: dict[str, Any]
    latest: AssessmentOut
    earlier: list[AssessmentOut]

    @classmethod
    def of(cls, file: CaseFile, *, with_contributions: bool) -> "CaseOut":
        """Return what the API says of a case; contributions only for who may see them."""
        shown = with_contributions
        latest, *earlier = file.history
        return cls.model_construct(
            case_id=file.latest.case_id,
            region=file.latest.case["region"],
            absence_started_on=file.latest.absence_started_on,
            absent_day=file.absent_day,
            inputs={f.name: file.latest.case.get(f.name) for f in file.latest.contract.columns},
            latest=AssessmentOut.of(latest, file.sharpeners, with_contributions=shown),
            earlier=[AssessmentOut.of(a, with_contributions=shown) for a in earlier],
        )
