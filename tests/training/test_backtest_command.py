"""`kantelpunt backtest`: what it prints, keeps in MLflow, and hands on to the forecast."""

import json
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from typer.testing import CliRunner, Result

from kantelpunt import app
from tests.entry_files import MONTHS, write
from tests.tracking import make_tracking
from training.forecast_choice import ChoiceError, read_choice

RUNNER = CliRunner()
QUICK = """
[intake]
methods = ["seasonal_naive", "mean_12", "layered"]
backtest_draws = 60
"""


def run(*words: object) -> Result:
    return RUNNER.invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    rows = [
        f"{month},{region},{rng.poisson(size * (1 + 0.1 * np.sin(place)))}"
        for region, size in (("antwerpen", 300), ("gent", 120), ("aalst", 40))
        for place, month in enumerate(MONTHS)
    ]
    write(tmp_path, rows)
    (tmp_path / "quick.toml").write_text(QUICK)
    make_tracking(tmp_path)
    return tmp_path


def try_folder(folder: Path, *words: object) -> Result:
    options = ["--data", folder, "--config", folder / "quick.toml", "--by", "An", "--horizon", 3]
    where = ["--runs-to-sync", folder / "waiting", "--origins", 2, "--as-of", "2026-06-30"]
    uri = ["--tracking-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    return run("backtest", *options, *where, *uri, *words)


def get_run(folder: Path) -> tuple[MlflowClient, Run]:
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("kantelpunt")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    return client, found


def test_every_method_is_told_per_horizon_and_the_choice_after_it(folder: Path) -> None:
    result = try_folder(folder)

    assert result.exit_code == 0, result.output
    for words in ("MASE over regions", "Weighted quantile loss", "interval of 80 %", "95 %"):
        assert words in result.output
    for method in ("seasonal_naive", "mean_12", "layered"):
        assert method in result.output
    assert "2 origins, from what was known until 2025-08 to 2025-09" in result.output
    assert "chosen for 1" in result.output


def test_a_run_keeps_figures_per_horizon_a_picture_and_the_data_it_read(folder: Path) -> None:
    try_folder(folder)

    client, kept = get_run(folder)
    assert kept.info.status == "FINISHED"
    assert kept.data.params["kind"] == "backtest"
    assert kept.data.params["regions"] == "3"
    assert kept.data.params["data.entries.rows"] == "72"
    assert kept.data.metrics["layered.regions.mase.h03"] > 0
    assert 0 <= kept.data.metrics["layered.total.coverage_80"] <= 1
    names = {one.path for one in client.list_artifacts(kept.info.run_id)}
    assert names == {"backtest.json", "record.json", "plots"}
    assert not client.search_registered_models()
    assert not list((folder / "waiting").glob("*"))


def test_what_was_chosen_serves_the_forecast(folder: Path) -> None:
    try_folder(folder, "--out", folder / "choice.json")
    chosen = json.loads((folder / "choice.json").read_text())["choice"]
    chosen[0] = "mean_12"
    (folder / "choice.json").write_text(json.dumps({"choice": chosen}))

    out = folder / "out.json"
    day = ["--as-of", "2026-06-30", "--months", 3]
    run("forecast", "--data", folder, "--out", out, "--choice", folder / "choice.json", *day)

    assert json.loads(out.read_text())["methods"] == chosen


def test_a_run_that_mlflow_cannot_take_waits_and_is_sent_later(folder: Path) -> None:
    (folder / "full.db").write_text("no database")

    result = try_folder(folder, "--tracking-uri", f"sqlite:///{folder / 'full.db'}")

    assert result.exit_code == 1
    assert "The run is whole in" in str(result.exception)
    assert getattr(result.exception, "exit_code", 0) == 3
    (waiting,) = (folder / "waiting").glob("*")
    assert (waiting / "run.json").is_file()

    uri = ["--tracking-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    sent = run("sync", "--runs-to-sync", folder / "waiting", *uri)

    assert "kept a run (run " in sent.output
    assert get_run(folder)[1].data.params["kind"] == "backtest"


def test_too_few_periods_are_refused_with_how_many_it_takes(tmp_path: Path) -> None:
    write(tmp_path, [f"{month},gent,80" for month in MONTHS[:5]])
    make_tracking(tmp_path)
    (tmp_path / "quick.toml").write_text(QUICK)

    result = try_folder(tmp_path, "--horizon", 12)

    assert "5 periods are too few to test 12 ahead: bring at least 18" in str(result.exception)


@pytest.mark.parametrize("text", ["", "{}", '{"choice": []}', '{"choice": ["oracle"]}', "[1]"])
def test_a_file_without_a_choice_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "choice.json"
    path.write_text(text)

    with pytest.raises(ChoiceError, match=r"holds no choice|names methods that we lack"):
        read_choice(path)
