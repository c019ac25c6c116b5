"""Forms on the pages: read as the models of the API, and shown again with what is wrong in them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from serving.body_faults import PAGE_NL, list_faults
from serving.errors import Problem
from serving.faults import FieldFault, RequestRefusedError
from serving.pages.form_texts import LABEL_NL

Values = Mapping[str, tuple[str, ...]]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Posted:
    """The text fields of a form that was sent; one that was ticked more than once has more."""

    values: Values

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, object]]) -> "Posted":
        """Return what was sent, without the token."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in pairs:
            if name != "token" and isinstance(value, str):
                found[name] = (*found.get(name, ()), value)
        return cls(found)

    def get(self, name: str) -> str:
        """Return what was sent under a name, or nothing."""
        return self.values.get(name, ("",))[0]

    def to_body(self, kind: type[Model]) -> Model:
        """Return the form as a model of the API; raises RequestRefusedError that names fields.

        What was left empty counts as not sent.
        """
        body = {
            name: value
            for name, asked in kind.model_json_schema()["properties"].items()
            if (value := self._read(name, asked)) is not None
        }
        try:
            return kind.model_validate_json(json.dumps(body), strict=True)
        except ValidationError as error:
            raise RequestRefusedError("form", list_faults(error, kind, PAGE_NL)) from None

    def _read(self, name: str, asked: Mapping[str, Any]) -> Any:
        kinds = {one.get("type") for one in (asked, *asked.get("anyOf", ()))}
        if "array" in kinds:
            return [value for value in self.values.get(name, ()) if value]
        value = self.get(name)
        if not value.strip():
            return None
        is_whole = "integer" in kinds and value.isascii() and value.isdigit() and len(value) < 12
        return int(value) if is_whole else value


@dataclass(frozen=True)
class Filled:
    """A form that was refused: which one, what was filled in, and why it was not kept."""

    form: str
    values: Values
    problem: Problem | None = None

    @property
    def faults(self) -> Sequence[FieldFault]:
        """The fields that are wrong."""
        return self.problem.errors if self.problem else ()

    @property
    def status(self) -> int:
        """The status of the page that shows the form again."""
        return self.problem.status if self.problem else 200


@dataclass(frozen=True)
class FormView:
    """A form to show: empty, or as it was filled in and with what is wrong at each field."""

    key: str
    values: Values = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    is_again: bool = False

    @classmethod
    def of(
        cls,
        key: str,
        filled: Filled | None,
        first: Mapping[str, str] | None = None,
    ) -> "FormView":
        """Return a form as it was filled in, if it is the one that was, or else with `first`."""
        if filled is None or filled.form != key:
            return cls(key, {name: (value,) for name, value in (first or {}).items()})
        found: dict[str, str] = {}
        for fault in filled.faults:
            found.setdefault(fault.field.partition(".")[0], fault.expected)
        return cls(key, filled.values, found, is_again=True)

    def id(self, name: str) -> str:
        """Return the id of a field on the page."""
        return f"{self.key}-{name}"

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, ("",))[0]

    def has(self, name: str, value: str) -> bool:
        """Tell whether a value of a field was chosen."""
        return value in self.values.get(name, ())

    def fault(self, name: str) -> str:
        """Return what is expected in a field where something else stands, or nothing."""
        return self.faults.get(name, "")


@dataclass(frozen=True)
class FaultLink:
    """One line of the summary of faults: with `target` it leads to the field."""

    label_nl: str
    expected_nl: str
    target: str


@dataclass(frozen=True)
class FaultSummary:
    """What a form that was refused says above it: what happened, and where to mend it."""

    title_nl: str
    detail_nl: str
    links: Sequence[FaultLink]

    @classmethod
    def of(
        cls,
        filled: Filled | None,
        fields: Iterable[str],
        labels: Mapping[str, str] = LABEL_NL,
    ) -> "FaultSummary | None":
        """Return the summary; `fields` are those that the page shows, by id and in its order."""
        if filled is None or filled.problem is None:
            return None
        places = {field: place for place, field in enumerate(fields)}
        links = [_link(fault, filled.form, places, labels) for fault in filled.faults]
        links.sort(key=lambda link: places.get(link.target, len(places)))
        return cls(filled.problem.title, filled.problem.detail, links)


def _link(
    fault: FieldFault, form: str, shown: Collection[str], labels: Mapping[str, str]
) -> FaultLink:
    name = fault.field.partition(".")[0]
    target = f"{form}-{name}"
    label = labels.get(name, "Dit formulier")
    return FaultLink(label, fault.expected, target if target in shown else "")
