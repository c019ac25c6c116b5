"""What the API takes about planning: entries of funds, questions of planners, what they set."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from features.pseudonyms import FIRST_DAY, TEXT_PATTERN, is_person_number
from serving.body_schemas import Closed
from serving.free_text import find_plain_fault_nl
from serving.store.planning_entries import OFF, EntryTotal

ALL = "all"  # how answers call all regions together
MOST_ENTRIES = 2000
MOST_SIGNS = 200  # of a reason
MOST_PEOPLE = 10_000_000
MOST_PLACES = 1_000_000
LAST_YEAR = 2999


def _check_text(text: str) -> str:
    if not text.strip() or not text.isprintable() or find_plain_fault_nl(text, MOST_SIGNS):
        raise PydanticCustomError("text", "expected words on one line")
    return text


def _check_region(text: str) -> str:
    if text == ALL or is_person_number(text):
        raise PydanticCustomError("text", "expected a region, and not all of them")
    return text


def _check_month(day: date) -> date:
    if day.day != 1 or not day >= FIRST_DAY:
        raise PydanticCustomError("date_month", "expected the first day of a month")
    return day


def _check_day(day: date) -> date:
    if not day >= FIRST_DAY or day.year > LAST_YEAR:
        raise PydanticCustomError("date_far", "expected a day that can be meant")
    return day


Line = Annotated[str, Field(min_length=1, max_length=MOST_SIGNS), AfterValidator(_check_text)]
Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_check_text)]
Region = Annotated[str, Field(pattern=TEXT_PATTERN), AfterValidator(_check_region)]
Share = Annotated[float, Field(ge=0, le=1)]
Places = Annotated[int, Field(ge=0, le=MOST_PLACES)]
People = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
Day = Annotated[date, AfterValidator(_check_day)]


class EntryIn(Closed):
    """How many absences began in a month in a region, and how many of them lasted."""

    month: Annotated[date, AfterValidator(_check_month)]
    region: Region
    entered: People
    off_1m: People | None = None
    off_2m: People | None = None
    off_3m: People | None = None
    off_6m: People | None = None
    off_12m: People | None = None

    @model_validator(mode="after")
    def _check_falling(self) -> "EntryIn":
        known = [v for v in (self.entered, *(getattr(self, n) for n in OFF)) if v is not None]
        if any(later > before for before, later in pairwise(known)):
            raise PydanticCustomError("rising", "expected no more who are off than before")
        return self


class EntriesIn(Closed):
    """Entries of the own fund."""

    entries: list[EntryIn] = Field(max_length=MOST_ENTRIES)

    def to_rows(self) -> list[EntryTotal]:
        """Return the rows as the store keeps them."""
        return [EntryTotal(**dict(one)) for one in self.entries]


class ChangeIn(Closed):
    """What somebody tries; what is left out stays as it is."""

    gain_from: Annotated[float, Field(ge=-1, le=1)] | None = None
    consent: Annotated[dict[str, Share], Field(max_length=100)] | None = None
    capacity: Annotated[dict[str, Places], Field(max_length=100)] | None = None
    target: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None


class ScenarioIn(ChangeIn):
    """A question of what-if; with a name it is kept."""

    name: Name | None = None

    def to_change(self) -> dict[str, Any]:
        """Return the change alone, as planning knows it."""
        return self.model_dump(exclude={"name"})


class CapacityIn(Closed):
    """How many pathways a region can have at the same time, from a day on."""

    region: Region
    kind: Region | None = Field(None, description="Soort traject; leeg voor alle soorten samen.")
    valid_from: Day
    places: Places
    reason: Line


class LimitIn(Closed):
    """A limit on the gain of a region; without `gain_from` the one that the plan proposes."""

    region: Region
    gain_from: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        None,
        description="De grens; laat dit veld weg voor het voorstel van de planning, of geef null "
        "om de algemene grens weer te laten gelden.",
    )
    valid_from: Day | None = Field(
        None, description="Een dag na vandaag; zonder de eerste dag van volgende maand."
    )
    reason: Line
