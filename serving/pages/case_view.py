"""What the page of a case shows whatever was estimated: who, where it stands, what was known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isnan
from typing import Any

from features.contract import Contract, Field
from features.matrix import build_row
from models.reasons import value_nl
from serving.case_file import CaseFile
from serving.offers import Offer
from serving.pages.clock_view import ClockView, find_met, tell_late
from serving.pages.offers_view import OffersView
from serving.pages.timeline import list_events
from serving.pages.timeline_view import TimelineView, build_timeline
from serving.permissions import Action, User, can
from serving.states import OBJECTION_NL, STATE_NL

OWN_FIRST_NL = "Eerst uw eigen inschatting"


@dataclass(frozen=True)
class Paper:
    """A letter as PDF."""

    address: str
    label_nl: str


@dataclass(frozen=True)
class InputPart:
    """Inputs of one source: those that were known with their value, and the others by name."""

    title_nl: str
    known: Sequence[tuple[str, str]]
    unknown_nl: str
    unknown: Sequence[str]

    @property
    def count(self) -> int:
        """How many inputs come from here."""
        return len(self.known) + len(self.unknown)


@dataclass(frozen=True)
class CaseView:
    """One case without anything that was estimated; `withheld_nl` says why, if that is so."""

    case_id: str
    region: str
    state_nl: str
    absent_day: int
    absence_started_on: date
    screened_on: date
    answered: bool
    withheld_nl: str
    is_blocked: bool
    is_upheld: bool
    next_clock: ClockView | None
    missed_nl: str
    timeline: TimelineView
    offers: OffersView | None
    papers: Sequence[Paper]
    inputs: Sequence[InputPart]
    today: date

    @classmethod
    def of(cls, file: CaseFile, user: User, now: datetime, offers: Sequence[Offer]) -> "CaseView":
        """Return what the page of a case shows to whoever may open it."""
        a, standing, today = file.latest, file.standing, now.date()
        is_decided = bool(file.decisions)
        met = find_met(answered=a.answered, is_decided=is_decided, state=standing.state)
        clocks = [ClockView.of(c, met) for c in file.clocks]
        events = list_events(file, user.key, now.tzinfo)
        # offers come with the numbers, or when it is sure that there will be none
        shows_offers = file.is_upheld or not file.is_withheld
        withheld = OBJECTION_NL[file.is_upheld] if standing.is_blocked else OWN_FIRST_NL
        return cls(
            case_id=a.case_id,
            region=a.case["region"],
            state_nl=STATE_NL[standing.state],
            absent_day=file.absent_day,
            absence_started_on=a.absence_started_on,
            screened_on=a.screened_on,
            answered=a.answered,
            withheld_nl=withheld if file.is_withheld else "",
            is_blocked=standing.is_blocked,
            is_upheld=file.is_upheld,
            next_clock=next((c for c in clocks if c.state != "past"), None),
            missed_nl="" if is_decided else tell_late(file.clocks),
            timeline=build_timeline(file, events, clocks, today),
            offers=OffersView.of(offers) if shows_offers else None,
            papers=list_papers(file, user),
            inputs=list_inputs(a.case, a.contract),
            today=today,
        )


def list_papers(file: CaseFile, user: User) -> list[Paper]:
    """Return the letters that a user may have; that for the person tells what was estimated."""
    address = f"/dossiers/{file.latest.case_id}"
    papers = []
    if not file.is_withheld and can(user, Action.SEND_LETTER):
        papers.append(Paper(f"{address}/brief.pdf", "Brief voor de persoon"))
    if file.trail.referrals:
        papers.append(Paper(f"{address}/aanmelding.pdf", "Aanmeldingsformulier voor VDAB"))
    return papers


def list_inputs(case: Mapping[str, Any], contract: Contract) -> list[InputPart]:
    """Return the inputs as they were known, with the answers of the questionnaire apart."""
    row = build_row(case, contract)
    fields = list(zip(contract.fields, map(float, row), strict=True))
    file = [(f, value) for f, value in fields if f.kind != "answer"]
    answers = [(f, value) for f, value in fields if f.kind == "answer"]
    parts = (
        _build_part("Uit het dossier", "Niet bekend", file),
        _build_part("Uit de vragenlijst", "Niet beantwoord", answers),
    )
    return [part for part in parts if part.count]


def _build_part(title_nl: str, unknown_nl: str, values: Sequence[tuple[Field, float]]) -> InputPart:
    known = [(f.label_nl, value_nl(f, value)) for f, value in values if not isnan(value)]
    unknown = [f.label_nl for f, value in values if isnan(value)]
    return InputPart(title_nl, known, unknown_nl, unknown)
