"""Outlooks as files for a spreadsheet: long rows as CSV, a sheet per measure as XLSX."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any

import xlsxwriter

from models.intake.telling import ALL
from serving.csv_file import write_csv
from serving.planning_answers import NOT_PEOPLE
from serving.wording import ALL_REGIONS_NL, region_nl, short_date_nl, upper_first

MEASURES_NL: Mapping[str, str] = {
    "entries": "Nieuwe ziekteperiodes",
    "reached": "Bereikt het kantelpunt",
    "suggested": "Voorstel tot steun",
    "referred": "Doorverwezen naar VDAB",
    "started": "Gestart, als er plaats is",
    "placed": "Beginnen echt",
    "caseload": "Lopende trajecten",
    "coaches": "Coaches nodig",
    "wait_months": "Wachten, in maanden",
}
LEVELS_NL: Mapping[str, str] = {
    "0.5": "midden",
    "0.1": "80 % van",
    "0.9": "80 % tot",
    "0.025": "95 % van",
    "0.975": "95 % tot",
}
ALL_NL = upper_first(ALL_REGIONS_NL)
HEADER = ("Scenario", "Wat", "Regio", "Maand", *LEVELS_NL.values())
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Part:
    """One scenario of a file: its name, the day of its plan, what it changes, and its outlook."""

    name: str
    as_of: date
    told: Sequence[str]
    outlook: Mapping[str, Any]


def write_outlooks_csv(parts: Sequence[Part]) -> "SpooledTemporaryFile[bytes]":
    """Return a row per scenario, measure, region and month."""
    return write_csv(HEADER, (row for part in parts for row in _list_lines(part)))


def _list_lines(part: Part) -> Iterator[list[str]]:
    for key, label in MEASURES_NL.items():
        for region, month, values in _read(part.outlook, key):
            numbers = [str(value).replace(".", ",") for value in values]
            yield [part.name, label, region, month, *numbers]


def _read(outlook: Mapping[str, Any], measure: str) -> Iterator[tuple[str, str, Sequence[float]]]:
    """Give region, month and quantiles of a measure, if it was counted."""
    found = outlook["measures"].get(measure)
    if found is None:
        return
    for region in (ALL, *outlook["regions"]):
        name = ALL_NL if region == ALL else region_nl(region)
        columns = [found[region]["q"][level] for level in LEVELS_NL]
        for month, *values in zip(outlook["months"], *columns, strict=True):
            yield name, month, values


def write_outlooks_xlsx(parts: Sequence[Part]) -> bytes:
    """Return a workbook: first what it holds, then a sheet per measure, scenarios side by side."""
    held = BytesIO()
    # texts that begin with = stay texts: a name is what somebody typed
    given = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, given) as book:
        book.set_properties({"title": "Planning van Kantelpunt", "author": "Kantelpunt"})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        number = book.add_format({"num_format": "#,##0"})
        fine = book.add_format({"num_format": "#,##0.0"})
        _write_first(book.add_worksheet("Lees mij"), parts, bold)
        for key, label in MEASURES_NL.items():
            if any(key in part.outlook["measures"] for part in parts):
                form = fine if key in NOT_PEOPLE else number
                _write_measure(book.add_worksheet(label), key, parts, bold, form)
    return held.getvalue()


def _write_first(sheet: Any, parts: Sequence[Part], bold: Any) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 60)
    lines = (
        "Planning van Kantelpunt: wat te verwachten valt, in totalen.",
        "Midden: even vaak wordt het meer als minder. 80 %: bij acht van de tien zulke maanden "
        "valt de uitkomst ertussen.",
    )
    for place, line in enumerate(lines):
        sheet.write_string(place, 0, line)
    sheet.write_row(3, 0, ("Scenario", "Wat verandert", "Op het plan van"), bold)
    for place, part in enumerate(parts, 4):
        told = "; ".join(part.told)
        sheet.write_row(place, 0, (part.name, told, short_date_nl(part.as_of)))


def _write_measure(sheet: Any, key: str, parts: Sequence[Part], bold: Any, form: Any) -> None:
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 10)
    sheet.set_column(2, 1 + len(LEVELS_NL) * len(parts), 13)
    sheet.write_row(0, 0, ("Regio", "Maand"), bold)
    rows = {where: row for row, where in enumerate(_list_keys(parts, key), 1)}
    for (region, month), row in rows.items():
        sheet.write_row(row, 0, (region, month))
    for column, part in enumerate(parts):
        first = 2 + column * len(LEVELS_NL)
        heads = [f"{part.name}: {level}" for level in LEVELS_NL.values()]
        sheet.write_row(0, first, heads, bold)
        for region, month, values in _read(part.outlook, key):
            sheet.write_row(rows[region, month], first, values, form)


def _list_keys(parts: Sequence[Part], measure: str) -> list[tuple[str, str]]:
    """Return region and month of every row: scenarios of two plans have other months."""
    found = {
        (region, month): None for part in parts for region, month, _ in _read(part.outlook, measure)
    }
    return sorted(found, key=lambda key: (key[0] != ALL_NL, *key))
