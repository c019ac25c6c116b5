"""The inputs of a case as a form: what was known, and which values somebody changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import Any

from features.contract import Contract, Field
from features.requests import CASE_LABELS_NL
from features.wording import to_dutch
from serving.faults import FieldFault, RequestRefusedError
from serving.pages.form_texts import LABEL_NL
from serving.pages.forms import FaultSummary, Filled, FormView, Posted
from serving.wording import date_nl

FORM = "gegevens"
CONFIRMED = "confirmed"
_NOTHING: Mapping[str, str] = {}
_FLAG_NL = (("true", "ja"), ("false", "nee"))
_ANSWERS, _FACTS = "Uit de vragenlijst", "Uit het dossier"


@dataclass(frozen=True)
class InputField:
    """One input: a list to choose from, or a line to write on; `aged_nl` where it may be old."""

    name: str
    label_nl: str
    hint_nl: str
    aged_nl: str
    options: Sequence[tuple[str, str]]
    empty_nl: str


@dataclass(frozen=True)
class InputsView:
    """The inputs to correct or to bring up to date, in parts; `is_aged` where some may be old."""

    case_id: str
    state_version: int
    assessment_id: str
    contract_seen: str
    form: FormView
    summary: FaultSummary | None
    parts: Sequence[tuple[str, Sequence[InputField]]]
    is_aged: bool

    @classmethod
    def of(
        cls,
        case: Mapping[str, Any],
        contract: Contract,
        seen: tuple[int, str],
        filled: Filled | None = None,
        aged: Mapping[str, str] = _NOTHING,
    ) -> "InputsView":
        """Return the form with the inputs as they are known, or as they were filled in.

        `aged` says of inputs, by name, since when they are known.
        """
        current = {f.name: write_value(case.get(f.name)) for f in contract.columns}
        known = {name: (value,) for name, value in current.items()}
        fields = [f for f in contract.fields if f.name in current]
        ids = [f"{FORM}-{name}" for name in (*current, "outcome_text", CONFIRMED)]
        labels = {**LABEL_NL, **CASE_LABELS_NL, **{f.name: f.label_nl for f in contract.fields}}
        return cls(
            case_id=str(case["case_id"]),
            state_version=seen[0],
            assessment_id=seen[1],
            contract_seen=contract.fingerprint,
            # a question that was not on the form that was sent, is answered as it is known
            form=FormView.of(
                FORM, filled and replace(filled, values=known | {**filled.values}), current
            ),
            summary=FaultSummary.of(filled, ids, labels),
            parts=[
                (title, [_show(f, aged) for f in fields if (f.kind == "answer") is is_answer])
                for title, is_answer in ((_ANSWERS, True), (_FACTS, False))
            ],
            is_aged=bool(aged),
        )


def list_aged(
    case: Mapping[str, Any], contract: Contract, known_on: date, today: date
) -> dict[str, str]:
    """Return since when each input is known that can change and was not looked at today.

    What follows from the dates of a case is no input: it is counted anew for today.
    """
    if known_on >= today:
        return {}
    days = (today - known_on).days
    ago = "1 dag" if days == 1 else f"{days} dagen"
    told = f"bekend van {date_nl(known_on)}, {ago} geleden: klopt dit nog?"
    return {f.name: told for f in contract.columns if f.changeable and case.get(f.name) is not None}


def check_confirmed(posted: Posted, aged: Mapping[str, str]) -> None:
    """Raise RequestRefusedError where inputs may be old and nobody looked at them."""
    if aged and posted.get(CONFIRMED) != "yes":
        expected = "een vinkje, als u nakeek of de gemarkeerde gegevens nog kloppen"
        raise RequestRefusedError("form", [FieldFault(CONFIRMED, expected)])


def _show(f: Field, aged: Mapping[str, str]) -> InputField:
    options: Sequence[tuple[str, str]] = ()
    hint = "" if f.label_nl.endswith(")") else _tell_bounds(f)
    if f.levels:
        options, hint = list(f.levels.items()), ""
    elif f.kind == "flag":
        options, hint = _FLAG_NL, ""
    empty = "niet beantwoord" if f.kind == "answer" else "niet bekend"
    return InputField(f.name, f.label_nl, hint, aged.get(f.name, ""), options, empty)


def _tell_bounds(f: Field) -> str:
    return f"{to_dutch(f.low)} tot {to_dutch(f.high)} {f.unit_nl}".strip()


def read_changes(posted: Posted, case: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """Return only the inputs that somebody changed, as they come in; empty means not known."""
    changed: dict[str, Any] = {}
    for f in contract.columns:
        written = posted.get(f.name).strip()
        if f.name in posted.values and written != write_value(case.get(f.name)):
            changed[f.name] = _read_value(f, written)
    return changed


def write_value(value: Any) -> str:
    """Return a value as it stands in a form: a comma in a number, nothing for not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", ",")
    return str(value)


def _read_value(f: Field, written: str) -> Any:
    """Return what was written; what cannot be read stays a text, which the contract refuses."""
    if not written:
        return None
    if f.levels:
        return written
    if f.kind == "flag":
        return {"true": True, "false": False}.get(written, written)
    try:
        number = float(written.replace(",", "."))
    except ValueError:
        return written
    if not isfinite(number):
        return written
    return int(number) if number.is_integer() else number
