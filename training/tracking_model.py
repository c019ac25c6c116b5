"""Wraps a bundle as a model that MLflow can load and serve: by code of ours, without a pickle."""

import warnings
from importlib.metadata import version
from pathlib import Path

with warnings.catch_warnings():  # it warns of type hints of its own
    warnings.simplefilter("ignore", UserWarning)
    import mlflow.pyfunc
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import AnyType

from features.contract import CASE_COLUMNS, Contract
from features.requests import build_example
from models.bundle import INSIDE

CODE = Path(__file__).with_name("tracking_pyfunc.py")
REQUIRED = ("lightgbm", "mlflow", "numpy", "pandas", "pydantic")
BOUNDED = ("p_usual", "gain", "p_support")


def write_model(folder: Path, bundle: Path, contract: Contract) -> None:
    """Write a model around a bundle: its MLmodel, code, signature, example, and the bundle."""
    with warnings.catch_warnings():  # of pandas, at code of MLflow
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(CODE),
            artifacts={INSIDE.name: str(bundle)},
            signature=build_signature(contract),
            input_example=build_examples(contract),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIRED],
        )


def build_signature(contract: Contract) -> ModelSignature:
    """Return names of what goes in and comes out.

    The contract checks what goes in, kinds and absent columns too: MLflow's own check refuses whole
    numbers and missing flags, and shows in its errors a part of the rows that it was given.
    """
    anything = AnyType()  # type: ignore[no-untyped-call]  # MLflow's own
    names = [*CASE_COLUMNS, *(field.name for field in contract.columns)]
    given: list[ColSpec | TensorSpec] = [ColSpec(anything, name, required=False) for name in names]
    bounds = [f"{name}{end}" for name in BOUNDED for end in ("", "_low", "_high")]
    texts = [ColSpec(DataType.string, name) for name in ("gain_status", "suggestion", "model")]
    numbers = [ColSpec(DataType.double, name) for name in bounds]
    case_id = ColSpec(DataType.string, "case_id")
    return ModelSignature(Schema(given), Schema([case_id, *numbers, *texts]))


def build_examples(contract: Contract) -> pd.DataFrame:
    """Return two made-up cases: one with every field, and one with all that may be missing so."""
    example = build_example(contract)
    absent = {field.name: None for field in contract.columns if field.missing}
    return pd.DataFrame([example, example | absent], dtype=object)
