"""A registered version as MLflow itself loads it, and as the service fetches it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.matrix import build_matrix
from features.requests import build_example
from models.bundle import read_bundle
from serving.registry import find_champion
from tests.tracking import make_tracking
from tests.training.conftest import Road
from training.config import RegistryConfig
from training.tracking import fetch_bundle, log_run
from training.tracking_pyfunc import CasesRefusedError, Screening

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import sys
import mlflow.pyfunc, pandas as pd
address, version, given, answer = sys.argv[1:]
mlflow.set_tracking_uri(address)
model = mlflow.pyfunc.load_model(f"models:/kantelpunt/{version}")
model.predict(pd.read_parquet(given)).to_parquet(answer)
"""


@pytest.fixture(scope="module")
def model(road: Road) -> Screening:
    folder, _ = fetch_bundle(road.made.version, road.config.registry, road.uri)
    found = Screening()
    found.load_context(type("Context", (), {"artifacts": {"bundle": str(folder)}}))
    return found


def test_mlflow_loads_the_version_and_estimates_as_the_bundle_does(
    road: Road, tmp_path: Path
) -> None:
    cases = road.extract.cases.head(40)
    cases.to_parquet(tmp_path / "given.parquet")
    paths = [str(tmp_path / name) for name in ("given.parquet", "answer.parquet")]
    quiet = {"PYTHONPATH": str(ROOT), "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}

    subprocess.run(
        [sys.executable, "-c", LOAD, road.uri, road.made.version, *paths],
        env=os.environ | quiet | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        cwd=tmp_path,
        check=True,
    )

    answer = pd.read_parquet(tmp_path / "answer.parquet")
    found = road.trained.model.estimate_many(build_matrix(cases, road.extract.contract))
    assert answer["case_id"].tolist() == cases["case_id"].tolist()
    for name, sums in (
        ("p_usual", found.usual),
        ("gain", found.gain),
        ("p_support", found.support),
    ):
        for end in ("value", "low", "high"):
            column = name if end == "value" else f"{name}_{end}"
            distance = np.abs(answer[column].astype(float) - getattr(sums, end))
            assert distance.max() <= 1e-12
    assert set(answer["suggestion"]) <= {"refer", "own_way", "not_yet", "unsure"}


def test_the_version_holds_no_pickle_and_names_what_it_needs(road: Road) -> None:
    folder, _ = fetch_bundle(road.made.version, road.config.registry, road.uri)

    kept = folder.parents[1]

    assert not [path for path in kept.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]
    assert (kept / "tracking_pyfunc.py").is_file()
    assert "numpy==" in (kept / "requirements.txt").read_text()
    example = json.loads((kept / "serving_input_example.json").read_text())
    assert len(example["dataframe_split"]["data"]) == 2


def test_the_service_fetches_the_bundle_from_inside_the_model(road: Road, tmp_path: Path) -> None:
    folder, version = find_champion(road.uri, "kantelpunt", tmp_path)

    assert read_bundle(folder, version).version == road.made.version
    assert (folder / "manifest.json").is_file()


def test_a_version_of_before_models_is_read_as_ever(road: Road, tmp_path: Path) -> None:
    inside, _ = fetch_bundle(road.made.version, road.config.registry, road.uri)
    shutil.copytree(inside, tmp_path / "files" / "bundle")
    registry, uri = RegistryConfig("kantelpunt", "kantelpunt"), make_tracking(tmp_path)
    made = log_run(tmp_path / "files", {}, {}, registry, uri)

    folder, _ = fetch_bundle(made.version, registry, uri)

    assert read_bundle(folder).digest == read_bundle(inside).digest
    assert folder.name == "bundle"


def test_a_case_in_json_is_estimated_with_what_is_missing_left_out(
    road: Road, model: Screening
) -> None:
    case = build_example(road.extract.contract)
    case = json.loads(json.dumps(case | {"own_expectation": None, "has_contract": None}))

    answer = model.predict(None, pd.DataFrame([case]))

    assert 0 <= answer.loc[0, "p_usual"] <= 1
    assert answer.loc[0, "p_support"] == pytest.approx(
        answer.loc[0, "p_usual"] + answer.loc[0, "gain"]
    )


def test_refused_cases_are_named_by_row_and_field_and_never_by_value(
    road: Road, model: Screening
) -> None:
    good = build_example(road.extract.contract)
    absent = {name: value for name, value in good.items() if name != "age_years"}

    with pytest.raises(CasesRefusedError) as refused:
        model.predict(None, pd.DataFrame([good, good | {"age_years": 212}, absent], dtype=object))

    assert "row 2: age_years: expected" in str(refused.value)
    assert "row 3: age_years" in str(refused.value)
    assert "212" not in str(refused.value)


def test_no_rows_are_refused(model: Screening) -> None:
    with pytest.raises(CasesRefusedError, match="give at least one case"):
        model.predict(None, pd.DataFrame())
