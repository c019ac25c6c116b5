"""Files of entries for tests: rows of a region, written as a user would."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from features.entries import EntryTable

HEAD = "month,region,entered"
MONTHS = [str(month) for month in pd.period_range("2024-01", "2025-12", freq="M")]


def write(folder: Path, rows: Sequence[str], head: str = HEAD, encoding: str = "utf-8") -> Path:
    path = folder / "entries.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding=encoding)
    return path


def list_rows(
    region: str = "antwerpen", count: int = 100, months: Sequence[str] = MONTHS
) -> list[str]:
    return [f"{month},{region},{count + place}" for place, month in enumerate(months)]


def list_kinds(table: EntryTable) -> list[tuple[str, str, str]]:
    return [(note.kind, note.region, note.month) for note in table.notes]
