"""What the API takes and answers about what became of people."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from features.pseudonyms import ID_PATTERN, TEXT_PATTERN, is_person_number
from serving.body_schemas import Closed, FieldFaultOut
from serving.outcomes import UNKNOWN_CASE, WRONG_FIELDS, Reported

MOST_ROWS = 1000


def _check_no_person(text: str) -> str:
    if is_person_number(text):
        raise PydanticCustomError("person_number", "looks like a national number")
    return text


CaseId = Annotated[str, Field(pattern=ID_PATTERN), AfterValidator(_check_no_person)]
ShortText = Annotated[str, Field(pattern=TEXT_PATTERN), AfterValidator(_check_no_person)]


class PathwayIn(Closed):
    """One pathway of VDAB; the case and the day of referral tell it apart."""

    case_id: CaseId
    referred_on: date
    started_on: date | None = None
    ended_on: date | None = None
    kind: ShortText | None = None
    partner: ShortText | None = None


class WorkPeriodIn(Closed):
    """One period of work after the screening; the case and the first day tell it apart."""

    case_id: CaseId
    started_on: date
    ended_on: date | None = None


class FollowUpIn(Closed):
    """Until when a case was followed, and how it ended; one per case."""

    case_id: CaseId
    observed_until: date
    exit: Literal["pension", "death", "not_recognised"] | None = None
    exited_on: date | None = None


REFUSED_NL = {
    UNKNOWN_CASE: "Bij uw ziekenfonds is geen dossier met dit nummer bewaard.",
    WRONG_FIELDS: "De velden in errors kloppen niet.",
}
ROWS_IN: Mapping[str, type[BaseModel]] = {
    "pathways": PathwayIn,
    "work_periods": WorkPeriodIn,
    "follow_up": FollowUpIn,
}


class OutcomesIn(Closed):
    """Up to 1,000 rows of each kind, of cases of the own fund."""

    pathways: list[PathwayIn] = Field([], max_length=MOST_ROWS)
    work_periods: list[WorkPeriodIn] = Field([], max_length=MOST_ROWS)
    follow_up: list[FollowUpIn] = Field([], max_length=MOST_ROWS)


class OutcomeRows(Closed):
    """The same before each row by itself is checked, so that a bad one holds up no other."""

    pathways: list[Any] = Field([], max_length=MOST_ROWS)
    work_periods: list[Any] = Field([], max_length=MOST_ROWS)
    follow_up: list[Any] = Field([], max_length=MOST_ROWS)


class RefusedRowOut(BaseModel):
    """One row that was not kept."""

    table: str
    index: int = Field(description="Plaats in de lijst, vanaf 0.")
    key: str = Field(
        description="`unknown-case` (onbekend dossier) of `wrong-fields` (een veld klopt niet)."
    )
    reason_nl: str
    errors: list[FieldFaultOut]


class ReportedOut(BaseModel):
    """What became of a report."""

    message_nl: str
    kept_count: int = Field(description="Aantal bewaarde rijen.")
    refused_count: int = Field(description="Aantal geweigerde rijen; daarvan is niets bewaard.")
    kept: dict[str, int] = Field(description="Aantal bewaarde rijen per lijst.")
    moved: int = Field(description="Aantal dossiers waarvan de doorverwijzing daardoor vorderde.")
    refused: list[RefusedRowOut]

    @classmethod
    def of(cls, reported: Reported) -> "ReportedOut":
        """Return what the API says of a report."""
        kept_count, refused_count = sum(reported.kept.values()), len(reported.refused)
        return cls(
            message_nl=_sum_up(kept_count, refused_count),
            kept_count=kept_count,
            refused_count=refused_count,
            kept={table: reported.kept.get(table, 0) for table in ROWS_IN},
            moved=reported.moved,
            refused=[
                RefusedRowOut(
                    table=row.table,
                    index=row.index,
                    key=row.key,
                    reason_nl=REFUSED_NL[row.key],
                    errors=[FieldFaultOut.of(fault) for fault in row.faults],
                )
                for row in reported.refused
            ],
        )


def _sum_up(kept: int, refused: int) -> str:
    if kept == 0:
        return "Er is niets bewaard: elke rij is geweigerd." if refused else "Er waren geen rijen."
    if refused == 0:
        return "Elke rij is bewaard."
    return f"Bewaard: {kept}. Geweigerd, en dus niet bewaard: {refused}."
