"""A table read in parts is the same table, however small the parts are."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import csv_files, raw_table
from features.csv_files import stream_csv
from features.drafts import find_repeats
from features.raw_table import RawTable, join_tables, stream_parquet
from tests.factories import make_extract_tables


def hold(raw: RawTable) -> tuple[object, ...]:
    cells = [column.to_pylist() for column in raw.columns]
    return raw.headers, cells, raw.rows.tolist(), raw.uneven.tolist()


def make_lines(count: int) -> list[str]:
    """Return rows of which some have too many cells, too few, none at all, or a quoted comma."""
    kinds = (f"{{}},{'x' * 30},1", "{},2", "{},a,b,c", ",,", "", '{},"a, ""b""",é')
    drawn = np.random.default_rng(1).choice(len(kinds), count, p=[0.6, 0.1, 0.1, 0.1, 0.05, 0.05])
    return [kinds[kind].format(place) for place, kind in enumerate(drawn)]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_in_small_parts_is_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str, encoding: str
) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(ends.join(["a,b,c", *make_lines(2000), "", ""]).encode(encoding))
    whole = join_tables(list(stream_csv(path)))

    monkeypatch.setattr(csv_files, "_LONGEST_ROW", 300)
    monkeypatch.setattr(csv_files, "_BLOCK", 1000)
    monkeypatch.setattr(raw_table, "ROWS_AT_A_TIME", 7)
    parts = list(stream_csv(path))

    assert len(parts) > 100
    assert hold(join_tables(parts)) == hold(whole)
    assert len(whole.uneven) > 300
    for part, after in pairwise(parts):  # rows that were skipped are told with those around them
        assert part.uneven.max(initial=0) < min([*after.rows, *after.uneven])


def test_parquet_in_small_parts_is_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cases.parquet"
    make_extract_tables(500)["cases"].to_parquet(path, index=False, row_group_size=130)
    whole = join_tables(list(stream_parquet(path)))

    monkeypatch.setattr(raw_table, "ROWS_AT_A_TIME", 60)
    parts = list(stream_parquet(path))

    assert max(len(part.rows) for part in parts) <= 60
    assert hold(raw_table.join_tables(parts)) == hold(whole)
    assert whole.rows.tolist() == list(range(1, 501))


def test_repeats_are_found_in_the_order_of_rows() -> None:
    cases = pd.DataFrame(
        [
            ("C-1", "2026-01-01", "P-1"),
            ("C-2", "2026-01-01", "P-2"),
            ("C-1", "2026-01-01", "P-9"),  # twice: whose it is does not matter any more
            ("C-1", "2026-02-01", "P-1"),
            ("C-1", "2026-03-01", "P-2"),  # somebody else
            ("C-3", "2026-01-01", "P-2"),
        ],
        columns=["case_id", "screened_on", "person_key"],
    )

    (again, *_), (other, field, _) = find_repeats(*(cases[name].to_numpy() for name in cases))

    assert again.tolist() == [False, False, True, False, False, False]
    assert other.tolist() == [False, False, False, False, True, False]
    assert field == "person_key"
