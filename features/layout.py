"""The columns of the five tables of an extract; those of cases come from the contract."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

from features import codelists
from features.contract import Contract, Field
from features.pseudonyms import FIRST_DAY, ID_EXPECTED, LAST_DAY, TEXT_EXPECTED

TABLES = ("cases", "pathways", "work_periods", "follow_up", "groups")
KEYS = {"cases": ("case_id", "screened_on"), "follow_up": ("case_id",), "groups": ("case_id",)}
NEEDS_ROWS = ("cases", "follow_up")
EXITS = ("", "pension", "death", "not_recognised")
FINAL_EXITS = ("pension", "death")  # nobody returns after them

Kind = Literal["id", "text", "level", "number", "flag", "date"]
DATE_EXPECTED = f"expected YYYY-MM-DD or DD/MM/YYYY, from {FIRST_DAY} to {LAST_DAY}"


@dataclass(frozen=True)
class Column:
    """One column of a table: what it holds once read, and what a fault in it is called.

    `header` is its name in the file where that differs: a column of codes that `translate` turns
    into our groups.
    """

    name: str
    kind: Kind
    expected: str
    missing: bool = False
    low: float | None = None
    high: float | None = None
    integer: bool = False
    levels: tuple[str, ...] = ()
    header: str = ""
    translate: Callable[[str], str] | None = None

    @property
    def source(self) -> str:
        """The name of the column in the file."""
        return self.header or self.name


def _id(name: str) -> Column:
    return Column(name, "id", f"expected {ID_EXPECTED}")


def _text(name: str, *, missing: bool = False) -> Column:
    return Column(name, "text", f"expected {TEXT_EXPECTED}", missing)


def _day(name: str, *, missing: bool = False) -> Column:
    return Column(name, "date", DATE_EXPECTED, missing)


_CASE_COLUMNS = (
    _id("case_id"),
    _id("person_key"),
    _text("sickness_fund"),
    _text("region"),
    _day("absence_started_on"),
    _day("screened_on"),
)
_OTHERS: dict[str, tuple[Column, ...]] = {
    "pathways": (
        _id("case_id"),
        _day("referred_on"),
        _day("started_on", missing=True),
        _day("ended_on", missing=True),
        _text("kind", missing=True),
        _text("partner", missing=True),
    ),
    "work_periods": (_id("case_id"), _day("started_on"), _day("ended_on", missing=True)),
    "follow_up": (
        _id("case_id"),
        _day("observed_until"),
        Column(
            "exit",
            "level",
            "expected nothing, or one of " + ", ".join(EXITS[1:]),
            missing=True,
            levels=EXITS,
        ),
        _day("exited_on", missing=True),
    ),
    "groups": (_id("case_id"),),
}


def build_layout(table: str, contract: Contract, headers: Collection[str] = ()) -> list[Column]:
    """Return the columns of a table; the `headers` of its file may add or encode some."""
    if table != "cases":
        extra = [h for h in headers if h != "case_id"] if table == "groups" else []
        return [*_OTHERS[table], *(_text(header, missing=True) for header in extra)]
    columns = [*_CASE_COLUMNS, *(_to_column(f) for f in contract.columns)]
    return [_find_code(column, headers) for column in columns]


def _to_column(f: Field) -> Column:
    kind: Kind = "flag" if f.kind == "flag" else "level" if f.levels else "number"
    return Column(
        f.name,
        kind,
        f"expected {f.expected()}",
        missing=f.missing,
        low=f.low,
        high=f.high,
        integer=f.integer,
        levels=tuple(f.levels),
    )


def _find_code(column: Column, headers: Collection[str]) -> Column:
    """Return the column, read from codes where the file holds those in its place."""
    code = codelists.CODED.get(column.name)
    if code is None or column.name in headers or code.header not in headers:
        return column
    return replace(
        column,
        header=code.header,
        translate=code.translate,
        expected=f"expected a code of {code.system}",
    )
