"""The limits that follow from a capacity, set from the command line."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from features.contract import default_contract
from features.errors import KantelpuntError
from features.synthetic import build_cohort, write_cohort
from kantelpunt import app
from models.bundle import write_bundle
from models.capacity import CapacityError
from models.estimate import GainStatus
from models.suggestion import LimitsError, read_limits
from tests.factories import make_gain
from tests.running_service import get_bundle
from training.limits import write_limits

RUNNER = CliRunner()
UNTIL = date(2026, 6, 30)
Folder = Callable[[GainStatus], Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flow")
    write_cohort(build_cohort(default_contract(), 900, 4, until=UNTIL), folder, default_contract())
    return folder


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Give the folder of a bundle with the gain that is asked for."""
    folder, made = tmp_path_factory.mktemp("bundles"), get_bundle()

    def give(status: GainStatus) -> Path:
        where = folder / status.value
        if not where.exists():
            slopes = {"age_years": 0.004} if status is GainStatus.ESTIMATED else {}
            gain = make_gain(made.contract, status, slopes=slopes, half=0.02)
            known = None if status is GainStatus.UNKNOWN else gain
            write_bundle(where, replace(made.model, gain=known), made.info, made.card)
        return where

    return give


def run(data: Path, bundle: Path, out: Path, *more: object, **options: object) -> Result:
    chosen = {"capacity": 0.08, "from": "2026-12-01", "author": "commissie", "reason": "plaatsen"}
    words = [("--" + name, value) for name, value in (chosen | options).items()]
    flat = [str(word) for pair in words for word in pair]
    where = ["--data", str(data), "--model", str(bundle), "--out", str(out)]
    return RUNNER.invoke(app, ["limits", *where, *flat, *map(str, more)])


def fail(result: Result, kind: type[KantelpuntError]) -> str:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, kind)
    return str(result.exception)


def count_recent(data: Path, out: Path, bundle: Path, limits: Path) -> float:
    words = ["--data", data, "--model", bundle, "--out", out, "--limits", limits]
    assert RUNNER.invoke(app, ["score", *map(str, words)]).exit_code == 0
    scores = pd.read_parquet(out)
    days = pd.to_datetime(scores["screened_on"])
    recent = scores[days > days.max() - pd.DateOffset(years=1)]
    return float((recent["suggestion"] == "refer").mean())


def test_scoring_with_the_limits_that_were_found_refers_within_the_capacity(
    data: Path, bundles: Folder, tmp_path: Path
) -> None:
    out, bundle = tmp_path / "limits.toml", bundles(GainStatus.ESTIMATED)
    old = UNTIL - timedelta(days=800)

    result = run(data, bundle, out, **{"from": old.isoformat()})

    assert result.exit_code == 0, result.output
    share = count_recent(data, tmp_path / "scores.parquet", bundle, out)
    assert 0.05 < share <= 0.08
    assert f"{share:.1%}" in result.output
    for suggestion in ("refer", "unsure", "not_yet", "own_way", "best estimate", "gain_from"):
        assert suggestion in result.output


def test_new_limits_stand_beside_the_older_ones(
    data: Path, bundles: Folder, tmp_path: Path
) -> None:
    out, bundle = tmp_path / "new" / "limits.toml", bundles(GainStatus.ESTIMATED)

    first = run(data, bundle, out, reason='"twaalf" plaatsen \\ maand')
    more = ["--limits", out, "--not-yet-below", 0.15, "--own-way-from", 0.6]
    second = run(data, bundle, out, *more, **{"from": "2027-01-01", "capacity": 0.05})

    assert first.exit_code == second.exit_code == 0, second.output
    shipped, december, january = read_limits(out)
    assert shipped == read_limits()[0]
    assert december.valid_from == date(2026, 12, 1)
    assert december.reason == '"twaalf" plaatsen \\ maand'
    assert (january.not_yet_below, january.own_way_from) == (0.15, 0.6)
    assert (december.not_yet_below, december.own_way_from) == (0.20, 0.55)
    assert january.gain_from > december.gain_from


def test_limits_of_the_same_day_are_replaced_only_when_asked(
    data: Path, bundles: Folder, tmp_path: Path
) -> None:
    out, bundle = tmp_path / "limits.toml", bundles(GainStatus.ESTIMATED)
    run(data, bundle, out)
    before = out.read_bytes()

    told = fail(run(data, bundle, out, "--limits", out, author="iemand"), LimitsError)
    unchanged = out.read_bytes() == before
    again = run(data, bundle, out, "--limits", out, "--replace", author="iemand")

    assert "2026-12-01" in told
    assert "--replace" in told
    assert unchanged
    assert again.exit_code == 0
    assert [one.author for one in read_limits(out)] == ["Kantelpunt", "iemand"]


def test_counting_the_unsure_asks_for_a_higher_limit(
    data: Path, bundles: Folder, tmp_path: Path
) -> None:
    bundle, out = bundles(GainStatus.ESTIMATED), tmp_path / "limits.toml"

    run(data, bundle, out)
    alone = read_limits(out)[-1].gain_from
    run(data, bundle, out, "--count-unsure")

    assert read_limits(out)[-1].gain_from > alone


@pytest.mark.parametrize("status", [GainStatus.SAME_FOR_ALL, GainStatus.UNKNOWN])
def test_without_a_gain_that_differs_the_user_is_told_what_would_keep_within_the_capacity(
    data: Path, bundles: Folder, tmp_path: Path, status: GainStatus
) -> None:
    bundle, out = bundles(status), tmp_path / "limits.toml"

    told = fail(run(data, bundle, out, capacity=0.02), CapacityError)
    found = re.search(r"own_way_from = (0\.\d+)", told)
    assert found, told
    set_so = run(data, bundle, out, "--own-way-from", found[1], capacity=0.02)

    assert "no limit on it chooses" in told
    assert "least likely to return" in told
    assert set_so.exit_code == 0, set_so.output
    assert "gain_from chooses nobody" in set_so.output
    assert read_limits(out)[-1].own_way_from == float(found[1])


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"capacity": 0}, CapacityError, "above 0 and at most 1"),
        ({"capacity": 8}, CapacityError, "above 0 and at most 1"),
        ({"from": "1980-01-01"}, LimitsError, "no limits hold on 1980-01-01"),
        ({"author": " "}, LimitsError, "author and reason"),
        ({"reason": "een\ntwee"}, LimitsError, "author and reason"),
        ({"not-yet-below": 0.7}, LimitsError, "less than own_way_from"),
        ({"own-way-from": 1.2}, LimitsError, "less than own_way_from"),
        ({"limits": "gone.toml"}, LimitsError, r"gone\.toml"),
    ],
)
def test_what_cannot_be_set_is_said_before_anything_is_written(
    data: Path,
    bundles: Folder,
    tmp_path: Path,
    options: dict[str, object],
    kind: type[KantelpuntError],
    told: str,
) -> None:
    out = tmp_path / "limits.toml"

    result = run(data, bundles(GainStatus.ESTIMATED), out, **options)

    assert re.search(told, fail(result, kind))
    assert not out.exists()


def test_an_extract_without_cases_is_refused(data: Path, bundles: Folder, tmp_path: Path) -> None:
    for table in data.glob("*.parquet"):
        rows = pd.read_parquet(table)
        rows.iloc[:0].to_parquet(tmp_path / table.name)

    result = run(tmp_path, bundles(GainStatus.ESTIMATED), tmp_path / "limits.toml")

    assert "no " in fail(result, KantelpuntError)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LimitsError, match="cannot be written"):
        write_limits(read_limits(), tmp_path / "file" / "limits.toml")
