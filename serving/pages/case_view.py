"""What the page of a case shows whatever was estimated: who, where it stands, what was known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.contract import Contract
from features.matrix import build_row
from models.reasons import value_nl
from serving.case_file import CaseFile
from serving.pages.clock_view import ClockView
from serving.states import OBJECTION_NL, STATE_NL

OWN_FIRST_NL = "Eerst uw eigen inschatting"


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
    clocks: Sequence[ClockView]
    next_clock: ClockView | None
    inputs: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    today: date

    @classmethod
    def of(cls, file: CaseFile, today: date) -> "CaseView":
        """Return what the page of a case shows to whoever may open it."""
        a, shown = file.latest, [ClockView.of(c) for c in file.clocks]
        is_blocked = file.standing.is_blocked
        withheld = OBJECTION_NL[file.is_upheld] if is_blocked else OWN_FIRST_NL
        return cls(
            case_id=a.case_id,
            region=a.case["region"],
            state_nl=STATE_NL[file.standing.state],
            absent_day=file.absent_day,
            absence_started_on=a.absence_started_on,
            screened_on=a.screened_on,
            answered=a.answered,
            withheld_nl=withheld if file.is_withheld else "",
            is_blocked=is_blocked,
            is_upheld=file.is_upheld,
            clocks=shown,
            next_clock=next((c for c in shown if c.state != "past"), None),
            inputs=list_inputs(a.case, a.contract),
            today=today,
        )


def list_inputs(
    case: Mapping[str, Any], contract: Contract
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the inputs as they were known, label and value, with the answers apart."""
    row = build_row(case, contract)
    known: dict[str, list[tuple[str, str]]] = {"Uit het dossier": [], "Uit de vragenlijst": []}
    for field, value in zip(contract.fields, row, strict=True):
        part = "Uit de vragenlijst" if field.kind == "answer" else "Uit het dossier"
        known[part].append((field.label_nl, value_nl(field, float(value))))
    return [(title, pairs) for title, pairs in known.items() if pairs]
