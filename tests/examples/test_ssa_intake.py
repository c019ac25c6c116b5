"""Monthly disability claims of the SSA: their mapping to entries, on claims that are made up."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.ssa_intake.extract import (
    OtherDataError,
    build_entries,
    mend_ends,
    read_claims,
    write_entries,
)
from examples.ssa_intake.run import list_missed, main
from features.entries import Defect, find_defects, read_entries

WEEKS = [4, 4, 5] * 20


def make_claims(seed: int = 0) -> pd.DataFrame:
    """Return claims of the file's layout: eight states, a federal unit, months of 4 and 5 weeks."""
    rng = np.random.default_rng(seed)
    ends = pd.Timestamp("2000-10-27") + pd.to_timedelta(7 * np.cumsum([0, *WEEKS]), unit="D")
    rows = []
    for place, state in enumerate(["KY", "LA", "AK", "CA", "NY", "TX", "VT", "WA", "FE"]):
        size, share = 400 + 100 * place, rng.dirichlet([6, 8, 5])
        for end, weeks in zip(ends, [4, *WEEKS], strict=True):
            parts = rng.poisson(size * weeks / 4 * share)
            rows.append(("X" if place % 2 else "Y", state, end, *parts, rng.poisson(8 * size)))
    claims = pd.DataFrame(
        rows, columns=["ssa_region", "state", "period_end", *"abc", "pending_all"]
    )
    names = ("receipts_ssdi_only", "receipts_ssi_only", "receipts_concurrent")
    claims = claims.rename(columns=dict(zip("abc", names, strict=True)))
    claims["receipts_all"] = claims[list(names)].sum(axis=1)
    claims["month"] = claims["period_end"].dt.strftime("%Y-%m-%d")
    return claims.assign(determinations_all=300, allowances_all=100)


def test_a_month_begins_the_day_after_the_one_before_and_the_first_is_left_out() -> None:
    table = build_entries(make_claims())

    one = table[table["region"] == "KY"].reset_index(drop=True)
    assert str(one["period_started_on"][0]) == "2000-10-28"
    assert str(one["period_ended_on"][0]) == "2000-11-24"
    assert len(one) == len(WEEKS)


def test_an_end_that_is_no_friday_becomes_the_last_friday_of_its_month(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = make_claims()
    right = build_entries(claims)
    thursday = pd.Timestamp("2001-05-25") + pd.Timedelta(days=13)
    moved = claims["period_end"].where(claims["period_end"] != pd.Timestamp("2001-05-25"), thursday)
    claims["period_end"] = moved
    claims.to_csv(tmp_path / "claims.csv", index=False)

    mended = build_entries(claims)
    main([str(tmp_path / "claims.csv"), "--out", str(tmp_path / "out")])

    pd.testing.assert_frame_equal(mended, right)
    told = capsys.readouterr().out
    assert "ends on Thursday 2001-06-07: taken as Friday 2001-05-25" in told
    assert told.count("taken as") == 1


def test_a_friday_is_believed_also_where_it_is_not_the_last_of_its_month() -> None:
    claims = make_claims()

    before = set(claims["period_end"])

    assert set(mend_ends(claims)["period_end"]) == before
    assert pd.Timestamp("2000-12-22") in before  # the last Friday is the 29th


def test_only_states_with_all_months_are_taken_unless_everything_is_asked() -> None:
    claims = make_claims()
    claims = claims[(claims["state"] != "VT") | (claims["period_end"] < "2003-01-01")]

    states = set(build_entries(claims)["region"])
    everything = set(build_entries(claims, everything=True)["region"])

    assert states == {"KY", "LA", "AK", "CA", "NY", "TX", "WA"}
    assert everything == states | {"VT", "FE"}


def test_what_is_written_is_read_as_entries_with_parts_and_groups(tmp_path: Path) -> None:
    path = write_entries(make_claims(), tmp_path)

    table = read_entries(path)

    assert set(table.days.tolist()) == {28.0, 35.0}
    assert table.parts == ("part_ssdi", "part_ssi", "part_concurrent")
    assert set(table.groups or ()) == {"X", "Y"}
    assert not find_defects(table)


def test_swapped_rows_are_named_and_a_defect_that_is_not_there_is_missed(tmp_path: Path) -> None:
    claims = make_claims()
    when = claims["period_end"] == claims["period_end"].unique()[30]
    one, other = when & (claims["state"] == "KY"), when & (claims["state"] == "LA")
    columns = [name for name in claims if name not in ("state", "period_end", "month")]
    kept = claims.loc[one, columns].to_numpy()
    claims.loc[one, columns] = claims.loc[other, columns].to_numpy()
    claims.loc[other, columns] = kept
    claims.to_csv(tmp_path / "claims.csv", index=False)

    code = main([str(tmp_path / "claims.csv"), "--out", str(tmp_path / "out")])

    found = find_defects(read_entries(tmp_path / "out"))
    assert [(d.region, d.others) for d in found if d.kind == "swapped"] == [("KY", ("LA",))]
    assert code == 1  # the other two that are known of the real file are not in this one


def test_all_known_defects_are_told_from_those_that_are_missed() -> None:
    named = [
        Defect("swapped", "KY", "2006-11", "", ("LA",)),
        Defect("split", "", "2014-11", ""),
    ]

    assert list_missed(named) == [("outlier", "", "2004-06")]


@pytest.mark.parametrize("text", ["", "state,month\nKY,2001-01\n"])
def test_another_file_is_refused_with_where_to_look(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)

    with pytest.raises(OtherDataError, match=r"README"):
        read_claims(path)
