"""A file of cases in five parts, with what scores it."""

from pathlib import Path

import pytest

from features import raw_table
from models.bundle import Bundle, read_bundle
from tests.training.conftest import Road
from tests.training.scoring.runs import LIMITS, ROWS, Spy
from training import score_file as scoring
from training import score_workers as workers
from training.score_join import Job
from training.score_parts import Part
from training.tracking import fetch_bundle


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_table, "ROWS_AT_A_TIME", ROWS)


@pytest.fixture(scope="module")
def folder(road: Road) -> Path:
    return fetch_bundle("champion", road.config.registry, road.uri)[0]


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    return workers.make_ready(read_bundle(folder, "1"))


@pytest.fixture
def job(
    road: Road, folder: Path, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Job:
    """Return 1,400 good cases to score: five parts."""
    cases = tmp_path / "cases.parquet"
    road.extract.cases.head(1400).to_parquet(cases, index=False)
    monkeypatch.setattr(scoring, "make_ready", lambda ready: ready)
    return Job(cases, tmp_path / "out.parquet", bundle, folder, LIMITS)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    counted, make_part = Spy(), workers.make_part

    def make(*arguments: object) -> Part:
        counted.made += 1
        return make_part(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "make_part", make)
    return counted
