"""What intake to expect as a file: CSV, JSON or a workbook, as its name ends.

Expected numbers may be small. What was counted is told with numbers under five hidden, also against
subtraction, and no cell runs as a formula.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import KantelpuntError
from features.whole_file import written_whole
from models.intake.hiding import hide_table
from training.forecast import TOTAL, Expected, Row, list_rows

ENDINGS = (".csv", ".json", ".xlsx")
HEADS = tuple(f.name for f in fields(Row))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_WIDE = 14


class OutputError(KantelpuntError):
    """A file that cannot be written as asked."""


def check_ending(out: Path) -> None:
    """Raise OutputError for a name that does not say which kind of file it is."""
    if out.suffix.lower() not in ENDINGS:
        raise OutputError(f"{out}: give a file that ends in {', '.join(ENDINGS)}")
    if out.is_dir():
        raise OutputError(f"{out} is a folder: give a file")


def write_forecast(found: Expected, out: Path, history: int) -> int:
    """Write what is expected, with `history` months of counts but for CSV; return how many rows."""
    rows = list_rows(found)
    write = {".csv": _write_csv, ".json": _write_json, ".xlsx": _write_xlsx}[out.suffix.lower()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(out) as beside:
            write(found, rows, beside, history)
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}): give another file with --out"
        ) from error
    return len(rows)


def _write_csv(_: Expected, rows: list[Row], out: Path, __: int) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows([_plain(cell) for cell in asdict(row).values()] for row in rows)


def _plain(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _write_json(found: Expected, rows: list[Row], out: Path, history: int) -> None:
    content = {
        "as_of": found.as_of.isoformat(),
        "methods": list(found.forecast.methods),
        "forecast": [asdict(row) for row in rows],
        "no_intake_because": found.why_not or None,
        "notes": list(found.notes),
        "history": build_history(found, history),
    }
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def build_history(found: Expected, periods: int) -> dict[str, Any]:
    """Return the last counts of entered per region and of all; None where hidden or not known."""
    counts = found.panel.counts[:, -periods:]
    known = ~np.isnan(counts)
    told = hide_table(np.where(known, counts, 0).astype(np.int64))
    shown = len(counts[0])
    months = [found.panel.label(place) for place in range(-shown, 0)]
    seen_by_all = np.atleast_1d(known.all(axis=0)).tolist()
    whole = zip(told.totals, seen_by_all, strict=True)
    entered = {TOTAL: [count if is_known else None for count, is_known in whole]}
    for name, row, seen in zip(found.panel.regions, told.rows, known, strict=True):
        entered[name] = [n if is_known else None for n, is_known in zip(row, seen, strict=True)]
    return {"months": months, "entered": entered}


def _write_xlsx(found: Expected, rows: list[Row], out: Path, history: int) -> None:
    from xlsxwriter import Workbook

    past = build_history(found, history)
    sheets: dict[str, Iterator[list[Any]]] = {
        "forecast": iter([list(HEADS), *(list(asdict(row).values()) for row in rows)]),
        "counted": iter(_list_history(past)),
        "notes": iter([["remark"], *([note] for note in _list_remarks(found))]),
    }
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # in memory: its own files are elsewhere, and what a full disk makes of them is no OSError
    made = BytesIO()
    with Workbook(made, options | {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for place, line in enumerate(lines):
                sheet.write_row(place, 0, line, None if place else bold)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(HEADS) - 1, 100 if name == "notes" else _WIDE)
    out.write_bytes(made.getvalue())


def _list_history(past: dict[str, Any]) -> list[list[Any]]:
    """Return a line per region and month; what is hidden or not known is a dash."""
    lines: list[list[Any]] = [["name", "month", "entered"]]
    for name, counts in past["entered"].items():
        lines += [
            [name, month, "-" if count is None else count]
            for month, count in zip(past["months"], counts, strict=True)
        ]
    return lines


def _list_remarks(found: Expected) -> list[str]:
    why = [f"no intake, only entries: {found.why_not}"] if found.why_not else []
    return [
        f"known until {found.as_of}; a count under five is a dash, and so is what would tell it",
        *why,
        *found.notes,
    ]
