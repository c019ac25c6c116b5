from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from features.contract import default_contract
from features.synthetic import Cohort, build_cohort, write_cohort
from features.tables import Extract, read_extract
from tests.tracking import make_tracking
from training.config import Config, read_config
from training.document_facts import Facts, read_facts
from training.keep import keep_run
from training.pipeline import Trained, train
from training.tracking import Registered, set_champion
from training.tracking_runs import fetch_run

FAST = """
[windows]
test_days = 182
calibration_days = 182
fewest_settled = 100
fewest_tested = 30

[usual]
leaves = [4]
most_rounds = 100
round_step = 50
learning_rate = 0.1
folds = 3
threads = 1

[spread]
refits = 3
most_cases = 3000
rounds = 30
learning_rate = 0.1

[evaluate]
top_shares = [0.05, 0.10]
bins = 10
resamples = 20

[registry]
model = "kantelpunt"
experiment = "kantelpunt"
"""


ENTRY = {
    "event": "release",
    "version": "1",
    "before": "",
    "by": "An | Peeters",
    "reason": "",
    "moment": "2026-11-22T10:00:00Z",
    "gates": [
        {"name": "slope", "label": "calibration slope", "limit": "0.9 to 1.1", "value": "1.20"}
        | {"verdict": "fail", "why": "estimates lie closer together than what happened"}
    ],
    "waivers": {"slope": "few cases *yet*"},
}


@dataclass(frozen=True)
class Road:
    """One training from the extract to the released version."""

    folder: Path
    cohort: Cohort
    extract: Extract
    config: Config
    trained: Trained
    uri: str
    made: Registered


@pytest.fixture(scope="session")
def fast_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_text(FAST)
    return path


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory, fast_config: Path) -> Road:
    folder = tmp_path_factory.mktemp("road")
    cohort = build_cohort(default_contract(), 6000, seed=3, until=date(2026, 6, 30))
    write_cohort(cohort, folder / "data", default_contract())
    extract = read_extract(folder / "data")
    config = read_config(fast_config)
    trained = train(extract, config, 1, lambda _: None)
    uri = make_tracking(folder)
    made = keep_run(trained, extract, 1, uri)
    set_champion(made.version, config.registry, uri)
    return Road(folder / "data", cohort, extract, config, trained, uri, made)


@pytest.fixture(scope="session")
def run_folder(road: Road, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run")
    fetch_run(road.made.version, made, road.config.registry, road.uri)
    return made


@pytest.fixture(scope="session")
def facts(run_folder: Path) -> Facts:
    return read_facts(run_folder, "1", "champion", [ENTRY])
