"""One case as it comes in: the request model built from a contract, and the check of a single case.

Imports neither pandas nor pandera, because this lies on the fast road of one case.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from features.contract import CASE_COLUMNS, NAME_PATTERN, Contract
from features.contract import Field as Input
from features.errors import KantelpuntError
from features.pseudonyms import (
    FIRST_DAY,
    ID_EXPECTED,
    ID_PATTERN,
    LAST_DAY,
    TEXT_EXPECTED,
    TEXT_PATTERN,
    USE_A_PSEUDONYM,
    is_person_number,
    is_person_number_name,
)
from features.wording import describe_nl

CASE_LABELS_NL: dict[str, str] = {
    "case_id": "Dossier",
    "person_key": "Pseudoniem van de persoon",
    "sickness_fund": "Ziekenfonds",
    "region": "Regio",
    "absence_started_on": "Begin van de afwezigheid",
    "screened_on": "Dag van de inschatting",
}
_EXAMPLES = {
    "case_id": "C-VOORBEELD",
    "person_key": "P-VOORBEELD",
    "sickness_fund": "fonds-a",
    "region": "antwerpen",
}
_EXAMPLE_START = date(2026, 1, 5)
_EXAMPLE_DAYS = 85
_DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_EXPECTED = f"a day written as YYYY-MM-DD, from {FIRST_DAY} to {LAST_DAY}"
_EXPECTED = {
    "case_id": ID_EXPECTED,
    "person_key": ID_EXPECTED,
    "sickness_fund": TEXT_EXPECTED,
    "region": TEXT_EXPECTED,
    "absence_started_on": _DAY_EXPECTED,
    "screened_on": _DAY_EXPECTED,
}
_UNNAMED = "a field that the contract does not know"


class CaseRefusedError(KantelpuntError):
    """A case that cannot be estimated, with every fault; `fields` names the field of each fault."""

    def __init__(self, faults: Sequence[str], fields: Sequence[str] = ()) -> None:
        """Keep the faults, none of which may hold a value, and the fields that they are about."""
        self.faults = list(faults)
        self.fields = list(fields) or [fault.partition(":")[0] for fault in faults]
        super().__init__("the case is refused: " + "; ".join(self.faults))


def check_case(data: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """Return the case with its values as Python types; raises CaseRefusedError with every fault."""
    if not isinstance(data, Mapping):
        raise CaseRefusedError(["case: expected an object with one value per field"])
    try:
        return dict(build_request_model(contract).model_validate(dict(data)))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise build_refusal(found, contract) from None


def build_refusal(errors: Sequence[Mapping[str, Any]], contract: Contract) -> CaseRefusedError:
    """Return the refusal that tells pydantic's errors without any value of the case.

    The place (`loc`) of each error must begin with the field, so without FastAPI's leading "body".
    """
    faults: dict[str, str] = {}
    for error in errors:
        name, fault = _read_fault(error, contract)
        faults.setdefault(name, fault)
    return CaseRefusedError(list(faults.values()), list(faults))


def _read_fault(error: Mapping[str, Any], contract: Contract) -> tuple[str, str]:
    place = error["loc"]
    name = place[0] if place and isinstance(place[0], str) else ""
    if name not in CASE_COLUMNS and name not in {f.name for f in contract.columns}:
        return _read_unknown(name)
    if error["type"] == "derived_bounds":
        derived = next(f for f in contract.fields if f.derived)
        dates = "the days from absence_started_on to screened_on"
        return derived.name, f"{derived.name}: expected {derived.expected()}, as {dates}"
    if error["type"] in _OWN_FAULTS:
        return name, f"{name}: {_OWN_FAULTS[error['type']]}"
    expected = _EXPECTED.get(name) or contract.get_field(name).expected()
    lacking = ", but it is missing" if error["type"] == "missing" else ""
    return name, f"{name}: expected {expected}{lacking}"


_OWN_FAULTS = {
    "person_number": USE_A_PSEUDONYM,
    "date_order": "expected a day on or after absence_started_on",
}


def _read_unknown(name: str) -> tuple[str, str]:
    if is_person_number_name(name):
        return name, (
            f"{name.strip().lower()}: the number of a person is never accepted: "
            "leave it out and send a pseudonym as person_key"
        )
    shown = name if NAME_PATTERN.fullmatch(name) else _UNNAMED
    return shown, f"{shown}: unknown field"


_MODELS: dict[str, type[BaseModel]] = {}


def build_request_model(contract: Contract) -> type[BaseModel]:
    """Return the model of one case under this contract: built once, then kept."""
    if contract.fingerprint not in _MODELS:
        _MODELS[contract.fingerprint] = _build_model(contract)
    return _MODELS[contract.fingerprint]


def _build_model(contract: Contract) -> type[BaseModel]:
    example = build_example(contract)
    fields: dict[str, Any] = {name: _build_case_column(name, example) for name in CASE_COLUMNS}
    fields |= {f.name: _build_input(f, example[f.name]) for f in contract.columns}
    return create_model(
        "Case",
        __config__=ConfigDict(
            extra="forbid",
            title="Melding",
            allow_inf_nan=False,
            hide_input_in_errors=True,
            json_schema_extra={"examples": [example]},
        ),
        __doc__=f"{contract.title_nl}: één melding, zoals bekend op de dag van de inschatting.",
        __validators__={"check_days": _build_days_check(contract)},
        **fields,
    )


def _build_days_check(contract: Contract) -> Any:
    derived = [f for f in contract.fields if f.derived == "absent_days"]

    def check_days(day: date, info: ValidationInfo) -> date:
        started_on = info.data.get("absence_started_on")
        if started_on is None:
            return day
        if day < started_on:
            raise PydanticCustomError("date_order", "must not lie before absence_started_on")
        days = (day - started_on).days
        if any(not (f.low or 0) <= days <= (f.high or days) for f in derived):
            raise PydanticCustomError("derived_bounds", "absent_days lies out of bounds")
        return day

    return field_validator("screened_on")(check_days)


def _build_case_column(name: str, example: Mapping[str, Any]) -> tuple[Any, FieldInfo]:
    about: dict[str, Any] = {"title": CASE_LABELS_NL[name], "examples": [example[name]]}
    if name in ("absence_started_on", "screened_on"):
        span = f"Datum als JJJJ-MM-DD, van {FIRST_DAY} tot {LAST_DAY}. Verplicht."
        return _Day, Field(ge=FIRST_DAY, le=LAST_DAY, description=span, **about)
    if name in ("case_id", "person_key"):
        span = "1 tot 64 letters, cijfers, punten of streepjes; nooit een rijksregisternummer."
        return _Pseudonym, Field(pattern=ID_PATTERN, description=f"{span} Verplicht.", **about)
    return _Pseudonym, Field(
        pattern=TEXT_PATTERN, description="Tekst van 1 tot 64 tekens. Verplicht.", **about
    )


def _build_input(f: Input, example: Any) -> tuple[Any, FieldInfo]:
    about: dict[str, Any] = {
        "title": f.label_nl,
        "description": describe_nl(f),
        "examples": [example],
        "json_schema_extra": {"x-unit": f.unit_nl} if f.unit_nl else None,
    }
    kind: Any
    if f.levels:
        kind = Literal[tuple(f.levels)]
    elif f.kind == "flag":
        kind = StrictBool
    else:
        low, high = f.low or 0, f.high or 0
        bounds = (ceil(low), floor(high)) if f.integer else (low, high)
        kind = Annotated[
            int if f.integer else float,
            Field(ge=bounds[0], le=bounds[1]),
            BeforeValidator(_check_number),
        ]
    if f.missing:
        return kind | None, Field(default=None, **about)
    return kind, Field(**about)


def _check_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("not_a_number", "must be a number")
    return value


def _check_day(value: object) -> object:
    if isinstance(value, str) and _DAY_PATTERN.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise PydanticCustomError("not_a_day", "must be written as YYYY-MM-DD")


def _check_pseudonym(value: str) -> str:
    if is_person_number(value):
        raise PydanticCustomError("person_number", "looks like a national number")
    return value


_Day = Annotated[date, BeforeValidator(_check_day)]
_Pseudonym = Annotated[str, AfterValidator(_check_pseudonym)]


def build_example(contract: Contract) -> dict[str, Any]:
    """Return a made-up case that the contract accepts, ready for JSON."""
    days = float(_EXAMPLE_DAYS)
    for f in contract.fields:
        if f.derived == "absent_days":
            days = min(max(days, ceil(f.low or 0)), f.high or days)
    screened_on = _EXAMPLE_START + timedelta(days=floor(days))
    return {
        **_EXAMPLES,
        "absence_started_on": _EXAMPLE_START.isoformat(),
        "screened_on": screened_on.isoformat(),
        **{f.name: _pick_value(f) for f in contract.columns},
    }


def _pick_value(f: Input) -> Any:
    if f.levels:
        return list(f.levels)[len(f.levels) // 2]
    if f.kind == "flag":
        return True
    low, high = f.low or 0, f.high or 0
    third = low + (high - low) / 3
    if f.integer:
        return min(max(round(third), ceil(low)), floor(high))
    rounded = float(f"{third:.2g}")
    return rounded if low <= rounded <= high else third
