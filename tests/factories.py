"""Made-up cases, tables and contracts: a test states only what matters to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from features.contract import Contract, Field, default_contract, parse_contract
from features.requests import build_example
from features.tables import write_tables
from models.curve import CurveHead, CurveStep
from models.estimate import GainStatus
from models.heads import (
    NINETY_PERCENT,
    AdditiveHead,
    GainHead,
    LinearHead,
    OverlapHead,
    SpreadHead,
    TreeHead,
)
from models.levels import LevelTable
from models.trees import Trees

# nothing of sick leave in it: what works with this works with any contract
FIVE_FIELDS = """
[contract]
name = "five-fields"
version = "1"
title_nl = "Vijf andere velden"

[outcome]
horizon_days = 180
sustained_days = 30

[[fields]]
name = "load_kg"
kind = "number"
label_nl = "Last"
unit_nl = "kg"
low = -5.5
high = 120
missing = false
source = "scale"

[[fields]]
name = "visits"
kind = "number"
label_nl = "Bezoeken"
low = 0
high = 12
integer = true
source = "register"

[[fields]]
name = "shift"
kind = "category"
label_nl = "Ploeg"
missing = false
source = "register"
levels = { "1" = "vroege", "2" = "late", "3" = "nacht" }

[[fields]]
name = "insured"
kind = "flag"
label_nl = "Verzekerd"
source = "register"

[[fields]]
name = "mood"
kind = "answer"
label_nl = "Stemming"
changeable = true
source = "survey"
levels = ["low", "fair", "good"]
"""


def make_contract(fields: int = 0, *, extra: str = "") -> Contract:
    """Return a contract with so many number fields, or five unrelated ones; `extra` is TOML."""
    if not fields:
        return parse_contract(FIVE_FIELDS + extra)
    declared = [make_field(f"x{place}") for place in range(1, fields + 1)]
    return parse_contract("\n".join([make_head(), *declared, extra]))


def make_head() -> str:
    return '[contract]\nname = "made"\nversion = "1"\n'


def make_field(name: str, **changes: object) -> str:
    """Return the TOML of one field; a key set to None is left out."""
    keys: dict[str, object] = {
        "name": name,
        "kind": "number",
        "label_nl": f"Veld {name}",
        "source": "register",
        "low": 0,
        "high": 10,
    }
    lines = [
        f"{key} = {_to_toml(value)}" for key, value in (keys | changes).items() if value is not None
    ]
    return "[[fields]]\n" + "\n".join(lines) + "\n"


def _to_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def make_case(contract: Contract | None = None, **changes: Any) -> dict[str, Any]:
    """Return a case as a request brings it; a change to `...` leaves the field out."""
    case = build_example(contract or default_contract()) | changes
    return {name: value for name, value in case.items() if value is not ...}


def make_extract_tables(
    count: int = 20, contract: Contract | None = None, *, seed: int = 1, **changes: object
) -> dict[str, pd.DataFrame]:
    """Return the five tables of so many good cases; `changes` are columns of cases."""
    rng = np.random.default_rng(seed)
    cases = _make_cases(count, contract or default_contract(), rng).assign(**changes)
    day = pd.Timedelta(days=1)
    half = cases.iloc[::2].reset_index(drop=True)
    third = cases.iloc[::3].reset_index(drop=True)
    pathways = pd.DataFrame(
        {
            "case_id": third["case_id"],
            "referred_on": third["screened_on"] + 7 * day,
            "started_on": third["screened_on"] + 60 * day,
            "ended_on": third["screened_on"] + 300 * day,
            "kind": "orientation",
            "partner": "partner-a",
        }
    )
    work = pd.DataFrame(
        {
            "case_id": half["case_id"],
            "started_on": half["screened_on"] + 40 * day,
            "ended_on": half["screened_on"] + 400 * day,
        }
    )
    follow_up = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "observed_until": cases["screened_on"] + 500 * day,
            "exit": "",
            "exited_on": pd.Series(pd.NaT, index=cases.index).astype("datetime64[s]"),
        }
    )
    groups = pd.DataFrame({"case_id": cases["case_id"], "sex": rng.choice(["f", "m"], count)})
    tables = {"pathways": pathways, "work_periods": work, "follow_up": follow_up, "groups": groups}
    return {"cases": cases, **tables}


def _make_cases(count: int, contract: Contract, rng: np.random.Generator) -> pd.DataFrame:
    days = rng.integers(0, 700, count).astype("timedelta64[D]")
    started_on = (np.datetime64("2023-01-01") + days).astype("datetime64[s]")
    return pd.DataFrame(
        {
            "case_id": [f"C-{place:04d}" for place in range(1, count + 1)],
            "person_key": [f"P-{place:04d}" for place in range(1, count + 1)],
            "sickness_fund": rng.choice(["fonds-a", "fonds-b"], count),
            "region": rng.choice(["antwerpen", "limburg"], count),
            "absence_started_on": started_on,
            "screened_on": started_on + np.timedelta64(85, "D"),
            **{f.name: _make_values(f, count, rng) for f in contract.columns},
        }
    )


def _make_values(f: Field, count: int, rng: np.random.Generator) -> pd.Series:
    known = pd.Series(rng.random(count) >= (0.3 if f.missing else 0))
    if f.levels:
        return pd.Series(rng.choice(list(f.levels), count), dtype="str").where(known)
    if f.kind == "flag":
        return pd.Series(rng.integers(0, 2, count).astype(float)).where(known)
    low, high = f.low or 0.0, f.high or 0.0
    drawn = (
        rng.integers(int(low), int(high) + 1, count) if f.integer else rng.uniform(low, high, count)
    )
    return pd.Series(drawn.astype(float)).where(known)


def write_extract(
    folder: Path, tables: Mapping[str, pd.DataFrame] | None = None, **changes: pd.DataFrame
) -> Path:
    """Write tables as an extract of CSV files, some replaced; return the folder."""
    write_tables({**(tables or make_extract_tables()), **changes}, folder, "csv")
    return folder


def make_line(
    contract: Contract, base: float, slopes: Mapping[str, float] | None = None
) -> AdditiveHead:
    """Return straight lines with fixed numbers: each adds `slope` per unit from a middle value."""
    names = list(slopes or {})
    fields = [contract.fields[contract.names.index(name)] for name in names]
    middle = [((f.low or 0.0) + (1.0 if f.high is None else f.high)) / 2 for f in fields]
    slope = tuple((slopes or {}).values())
    offset = tuple(-one * place for one, place in zip(slope, middle, strict=True))
    columns = tuple(contract.names.index(name) for name in names)
    missing = (0.0,) * len(names)
    linear = LinearHead(base, columns, offset, slope, missing, LevelTable((), ()))
    return AdditiveHead(linear, None, 0.0)


def make_gain(
    contract: Contract,
    status: GainStatus = GainStatus.ESTIMATED,
    *,
    base: float = 0.12,
    slopes: Mapping[str, float] | None = None,
    half: float = 0.04,
    overlap: OverlapHead | None = None,
    hidden: float = 0.0,
) -> GainHead:
    """Return a gain with fixed numbers; `half` is half of its 90 % interval for chance alone."""
    spread = SpreadHead(None, (half / NINETY_PERCENT) ** 2)
    return GainHead(status, make_line(contract, base, slopes), spread, overlap, hidden)


def make_curve(contract: Contract) -> CurveHead:
    """Return a curve at half, once, one and a half and twice the horizon, with fixed shares."""
    horizon = contract.outcome.horizon_days
    steps = [(0.5, 0.7, -0.05), (1.5, 0.2, 0.02), (2.0, 0.12, 0.0)]
    return CurveHead(
        horizon,
        tuple(
            CurveStep(int(horizon * times), make_line(contract, share), 0.01, shift, 0.005)
            for times, share, shift in steps
        ),
    )


def make_stump(contract: Contract, name: str, at: float) -> TreeHead:
    """Return a tree that says 0 where a field is below a value, and 1 from there on."""
    matrix = np.zeros((200, len(contract.fields)))
    matrix[:, contract.names.index(name)] = at + np.arange(200) - 100
    target = (np.arange(200) >= 100).astype(float)
    parameters = {
        "objective": "regression",
        "num_leaves": 2,
        "learning_rate": 1.0,
        "num_threads": 1,
        "verbosity": -1,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, target), 1)
    return TreeHead(LevelTable((), ()), Trees(booster.model_to_string()))
