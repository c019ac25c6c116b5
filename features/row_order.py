"""One order of rows for the same data, however a file has them."""

from dataclasses import replace

import pandas as pd

from features.layout import KEYS, TABLES
from features.tables import Extract


def sort_rows(extract: Extract) -> Extract:
    """Return the extract with the rows of each table in the order of their keys.

    Sums of floats, folds and draws follow the order of rows: with one order for the same data, the
    same data give the same model.
    """
    return replace(extract, **{name: _sort(getattr(extract, name), name) for name in TABLES})


def _sort(table: pd.DataFrame, name: str) -> pd.DataFrame:
    keys = KEYS.get(name, tuple(sorted(table.columns)))  # without a key, alike rows are the same
    return table.sort_values(list(keys), kind="stable", ignore_index=True)
