"""Whatever stands in a file of entries, it is read, or refused in a sentence; never a crash."""

import warnings
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.entries import find_defects, read_entries
from features.errors import KantelpuntError
from models.intake.reading import to_panel

MONTHS = [f"{2023 + place // 12}-{place % 12 + 1:02}" for place in range(20)]
REGIONS = ("aalst", "brugge", "gent")
HEAD = ["month", "region", "group", "entered", "off_1m", "part_a", "part_b"]
CLEAN = [[m, r, "v", "40", "30", "25", "15"] for m, r in product(MONTHS, REGIONS)]
NUMBERS = ["", " ", "-1", "1.5", "<5", "1.000", "inf", "nan", "0", "9" * 11, "=1+1", '""']
DAYS = ["2024", "2024-13", "2062-01", "1899-12", "03/2024", "31-02-2024"]
ODD = st.sampled_from([*NUMBERS, *DAYS, "GENT ", "850730" + "03361", "é", "٣"])
PLACES = st.tuples(st.integers(0, len(CLEAN) - 1), st.integers(0, len(HEAD) - 1))


@given(
    spoilt=st.lists(st.tuples(PLACES, ODD | st.text(max_size=8)), max_size=6),
    doubled=st.lists(st.integers(0, len(CLEAN) - 1), max_size=3),
    lost=st.sets(st.integers(0, len(CLEAN) - 1), max_size=40),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_spoilt_entries_are_read_or_refused_in_words(
    spoilt: list[tuple[tuple[int, int], str]],
    doubled: list[int],
    lost: set[int],
    delimiter: str,
    encoding: str,
) -> None:
    rows = [list(row) for row in CLEAN]
    for (row, column), text in spoilt:
        rows[row][column] = text
    kept = [row for place, row in enumerate(rows) if place not in lost]
    kept += [rows[place] for place in doubled]
    lines = "\n".join(delimiter.join(row) for row in [HEAD, *kept])

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(folder) / "entries.csv"
        path.write_bytes(lines.encode(encoding, "replace"))
        try:
            table = read_entries(path, max_rejected_share=0.5)
        except KantelpuntError:
            return
        found = find_defects(table)
        panel = to_panel(table)

    assert all(len(one.text) > 10 for one in found)
    assert panel.counts.shape == (len(panel.regions), len(table.months))
    assert not (panel.counts < 0).any()
    assert np.isnan(panel.counts).sum() + np.isfinite(panel.counts).sum() == panel.counts.size
    assert np.nansum(panel.counts) > 0
