"""CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterable, Sequence

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the text of a CSV; a text that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_to_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _to_cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_RUN):
        return f"'{value}"
    return "" if value is None else value
