"""What looks wrong in counts of new absences: found where it was put, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.contract import default_contract
from features.entries import Defect, EntryTable, find_defects, read_entries
from features.synthetic import build_cohort

REGIONS = tuple(f"regio_{number:02}" for number in range(12))
MONTHS = pd.period_range("2018-01", periods=84, freq="M")
PLANTED = "2021-05"
COUNTS = ["entered", "part_one", "part_two", "other_open"]


def make_frame(seed: int = 0) -> pd.DataFrame:
    """Return seven clean years of twelve regions: season, growth, noise and two parts."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(np.log(40), np.log(1500), len(REGIONS)))
    season = np.exp(rng.normal(0, 0.1, 12))[MONTHS.month - 1] * MONTHS.days_in_month.to_numpy() / 30
    level = size[:, None] * season * np.exp(0.002 * np.arange(len(MONTHS)))
    counts = rng.poisson(level * np.exp(rng.normal(0, 0.03, level.shape)))
    share = np.repeat(rng.uniform(0.2, 0.8, len(REGIONS)), len(MONTHS))
    first = rng.binomial(counts.ravel(), share)
    return pd.DataFrame(
        {
            "month": np.tile(MONTHS.astype(str), len(REGIONS)),
            "region": np.repeat(REGIONS, len(MONTHS)),
            "entered": counts.ravel(),
            "part_one": first,
            "part_two": counts.ravel() - first,
            "other_open": rng.poisson(3 * level).ravel(),
        }
    )


def read(frame: pd.DataFrame, folder: Path) -> EntryTable:
    frame.to_csv(folder / "entries.csv", index=False)
    return read_entries(folder)


def find(frame: pd.DataFrame, folder: Path) -> list[Defect]:
    return list(find_defects(read(frame, folder)))


def places(
    frame: pd.DataFrame, region: str, since: str = PLANTED, until: str = PLANTED
) -> pd.Series:
    return (frame["region"] == region) & frame["month"].between(since, until)


def test_clean_counts_have_no_defects_but_one_in_a_thousand(tmp_path: Path) -> None:
    frames = [make_frame(seed) for seed in range(6)]

    found = [defect for frame in frames for defect in find(frame, tmp_path)]

    assert len(found) < sum(len(frame) for frame in frames) / 1000


def test_the_entries_of_the_synthetic_world_have_none_either(tmp_path: Path) -> None:
    cohort = build_cohort(default_contract(), 3000, 1)
    cohort.entries.to_parquet(tmp_path / "entries.parquet", index=False)

    table = read_entries(tmp_path)

    assert len(find_defects(table)) <= len(table.frame) / 1000


def test_swapped_rows_of_two_regions_are_named_with_both(tmp_path: Path) -> None:
    frame = make_frame()
    one, other = places(frame, "regio_02"), places(frame, "regio_07")
    kept = frame.loc[one, COUNTS].to_numpy()
    frame.loc[one, COUNTS] = frame.loc[other, COUNTS].to_numpy()
    frame.loc[other, COUNTS] = kept

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.others, d.month) for d in found] == [
        ("swapped", "regio_02", ("regio_07",), PLANTED)
    ]
    assert str(found[0]).startswith("swapped: regio_02 and regio_07, 2021-05: their rows look")


def test_swapped_rows_are_found_in_the_mix_where_the_size_is_alike(tmp_path: Path) -> None:
    frame = make_frame()
    other = frame["region"] == "regio_05"
    like = frame.loc[frame["region"] == "regio_03", "entered"].to_numpy()
    frame.loc[other, "entered"] = like
    frame.loc[other, "part_one"] = np.round(like * 0.7).astype(int)
    frame.loc[other, "part_two"] = like - frame.loc[other, "part_one"]
    frame.loc[frame["region"] == "regio_03", "part_one"] = np.round(like * 0.3).astype(int)
    frame.loc[frame["region"] == "regio_03", "part_two"] = like - np.round(like * 0.3).astype(int)
    one, two = places(frame, "regio_03"), places(frame, "regio_05")
    kept = frame.loc[one, COUNTS].to_numpy()
    frame.loc[one, COUNTS] = frame.loc[two, COUNTS].to_numpy()
    frame.loc[two, COUNTS] = kept

    found = [d for d in find(frame, tmp_path) if d.kind == "swapped"]

    assert [(d.region, d.others, d.month) for d in found] == [("regio_03", ("regio_05",), PLANTED)]


def test_parts_that_do_not_add_up_in_most_regions_are_one_defect(tmp_path: Path) -> None:
    frame = make_frame()
    month = frame["month"] == PLANTED
    frame.loc[month, "part_two"] = frame.loc[month, "part_one"]

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.month) for d in found] == [("split", "", PLANTED)]
    assert "two parts equal each other in 12 of 12 regions" in found[0].text


def test_a_part_that_is_wrong_in_one_region_names_that_region(tmp_path: Path) -> None:
    frame = make_frame()
    frame.loc[places(frame, "regio_04"), "part_one"] += 3

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.month) for d in found] == [("split", "regio_04", PLANTED)]


def test_parts_that_never_add_up_are_said_once(tmp_path: Path) -> None:
    frame = make_frame().drop(columns="part_two")

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.month) for d in found] == [("split", "", "")]


def scale(frame: pd.DataFrame, where: pd.Series, by: float) -> None:
    entered = (frame.loc[where, "entered"] * by).round().astype(int)
    frame.loc[where, "part_one"] = (entered * 0.5).astype(int)
    frame.loc[where, "entered"] = entered
    frame.loc[where, "part_two"] = entered - frame.loc[where, "part_one"]


def lower_country(frame: pd.DataFrame) -> None:
    scale(frame, frame["month"] == PLANTED, 0.75)


def move_edge(frame: pd.DataFrame) -> None:
    scale(frame, frame["month"] == PLANTED, 0.7)
    scale(frame, frame["month"] == "2021-06", 1.3)


def raise_region(frame: pd.DataFrame) -> None:
    scale(frame, places(frame, "regio_01"), 4)


def shift_region(frame: pd.DataFrame) -> None:
    scale(frame, places(frame, "regio_01", until="2099-12"), 2.0)


def copy_month(frame: pd.DataFrame) -> None:
    before = frame.loc[frame["month"] == "2021-04", COUNTS].to_numpy()
    frame.loc[frame["month"] == PLANTED, COUNTS] = before


def copy_row(frame: pd.DataFrame) -> None:
    before = frame.loc[places(frame, "regio_06", "2021-04", "2021-04"), COUNTS].to_numpy()
    frame.loc[places(frame, "regio_06"), COUNTS] = before


def empty_end(frame: pd.DataFrame) -> None:
    frame.loc[places(frame, "regio_06", until="2099-12"), COUNTS] = 0


@pytest.mark.parametrize(
    ("plant", "kind", "region"),
    [
        (lower_country, "outlier", ""),
        (move_edge, "edge", ""),
        (raise_region, "outlier", "regio_01"),
        (shift_region, "shift", "regio_01"),
        (copy_month, "copied", ""),
        (copy_row, "copied", "regio_06"),
        (empty_end, "zeros", "regio_06"),
    ],
)
def test_a_defect_is_named_with_its_region_and_its_month(
    tmp_path: Path, plant: Callable[[pd.DataFrame], None], kind: str, region: str
) -> None:
    frame = make_frame()
    plant(frame)

    found = find(frame, tmp_path)

    assert (kind, region, PLANTED) in [(d.kind, d.region, d.month) for d in found]
    assert len({(d.kind, d.region) for d in found}) == 1


def test_a_region_that_stops_where_another_like_it_begins_may_be_renamed(tmp_path: Path) -> None:
    frame = make_frame()
    frame.loc[places(frame, "regio_08", until="2099-12"), "region"] = "nieuwe_naam"

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.others, d.month) for d in found] == [
        ("renamed", "regio_08", ("nieuwe_naam",), PLANTED)
    ]
    assert "regions.csv" in found[0].text


def test_a_region_that_stops_where_another_grows_by_as_much_may_be_part_of_it(
    tmp_path: Path,
) -> None:
    frame = make_frame()
    gone, stays = (places(frame, one, until="2099-12") for one in ("regio_08", "regio_10"))
    frame.loc[stays, COUNTS] += frame.loc[gone, COUNTS].to_numpy()
    frame = frame[~gone]

    found = find(frame, tmp_path)

    assert ("merged", "regio_08", ("regio_10",)) in [(d.kind, d.region, d.others) for d in found]


def test_a_region_that_just_stops_is_said_to_stop(tmp_path: Path) -> None:
    frame = make_frame()
    frame = frame[~places(frame, "regio_08", until="2099-12")]

    found = find(frame, tmp_path)

    assert [(d.kind, d.region, d.month) for d in found] == [("stopped", "regio_08", PLANTED)]


@pytest.mark.parametrize("periods", [1, 2, 5])
def test_a_few_months_of_few_regions_are_looked_through_without_a_word_too_many(
    tmp_path: Path, periods: int
) -> None:
    frame = make_frame()
    frame = frame[
        frame["month"].isin(MONTHS.astype(str)[:periods]) & (frame["region"] < "regio_02")
    ]

    found = find(frame, tmp_path)

    assert [(d.kind, d.region) for d in found] == [("short", "regio_00"), ("short", "regio_01")]


def test_nothing_but_zeros_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    frame = make_frame()[["month", "region", "entered"]]
    frame["entered"] = 0

    found = find(frame, tmp_path)

    assert {d.kind for d in found} == {"zeros"}
    assert len(found) == len(REGIONS)


def test_what_reading_noted_is_named_with_the_rest_in_order_of_month(tmp_path: Path) -> None:
    table = read(make_frame(), tmp_path)
    noted = replace(table, notes=(Defect("gap", "regio_00", "2019-02", "is not known"),))

    assert [d.kind for d in find_defects(noted)] == ["gap"]
