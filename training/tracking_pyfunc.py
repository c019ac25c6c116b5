"""The model as MLflow itself serves and loads it: this file is copied beside the bundle and run.

Nothing is unpickled, and nothing is computed here: the bundle's own estimates are what comes out.
Kantelpunt has to be installed where the model is loaded.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel

from features.contract import Contract
from features.errors import KantelpuntError
from features.matrix import build_row
from features.requests import CaseRefusedError, check_case
from models.bundle import read_bundle
from models.estimate import GainStatus
from models.suggestion import read_limits
from models.suggestion_many import suggest_many

BUNDLE_NAME = "bundle"


class CasesRefusedError(KantelpuntError):
    """Cases of which some cannot be estimated: the number of each row, its fields and bounds."""


class Screening(PythonModel):
    """Estimates cases as they stand in the cases table, one row of answer per row."""

    def load_context(self, context: Any) -> None:
        """Read and check the bundle that lies beside this file."""
        self.bundle = read_bundle(Path(context.artifacts[BUNDLE_NAME]))
        self.limits = read_limits()

    def predict(
        self,
        context: Any,  # noqa: ARG002  # MLflow gives it
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002  # and this
    ) -> pd.DataFrame:
        """Return p_usual, gain and p_support with their intervals, and the suggestion.

        Chances are from 0 to 1; gain and p_support are empty where the gain is not known. Raises
        CasesRefusedError for cases that the contract refuses.
        """
        contract = self.bundle.contract
        cases = _check_all(model_input, contract)
        matrix = np.vstack([build_row(case, contract) for case in cases])
        found = self.bundle.estimate_many(matrix, threads=1)
        sums = {"p_usual": found.usual, "gain": found.gain, "p_support": found.support}
        columns: dict[str, Any] = {"case_id": [case["case_id"] for case in cases]}
        for name, one in sums.items():
            columns |= {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
        known = [
            found.gain_status if is_known else GainStatus.UNKNOWN for is_known in found.is_known
        ]
        columns["gain_status"] = [status.value for status in known]
        days = (case["screened_on"] for case in cases)
        columns["suggestion"] = [one.value for one in suggest_many(found, days, self.limits)]
        columns["model"] = self.bundle.digest[:12]
        answer = pd.DataFrame(columns)
        # what is not known has no number in JSON
        return answer if found.is_known.all() else answer.astype(object).where(answer.notna(), None)


def _check_all(rows: pd.DataFrame, contract: Contract) -> list[dict[str, Any]]:
    cases, faults = [], []
    for number, row in enumerate(rows.to_dict("records"), start=1):
        try:
            cases.append(check_case(_to_case(row, contract), contract))
        except CaseRefusedError as error:
            faults.append(f"row {number}: {'; '.join(error.faults)}")
    if faults or not cases:
        raise CasesRefusedError("\n".join(faults) or "no rows: give at least one case")
    return cases


def _to_case(row: dict[Any, Any], contract: Contract) -> dict[str, Any]:
    """Return a row of a table as a request has it: days and flags as such, None for missing."""
    flags = {field.name for field in contract.columns if field.kind == "flag"}
    case: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or pd.isna(value):
            case[name] = None
        elif name in flags and value in (0, 1):
            case[name] = bool(value)
        elif isinstance(value, datetime):
            case[name] = date(value.year, value.month, value.day)
        else:
            case[name] = value.item() if isinstance(value, np.generic) else value
    return case


mlflow.models.set_model(Screening())
