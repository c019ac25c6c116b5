"""Estimates as watching reads them, for tests that need no store."""

from typing import Any

import numpy as np

from serving.monitor_rows import SUGGESTIONS, Told

OWN_WAY, REFER = SUGGESTIONS.index("own_way"), SUGGESTIONS.index("refer")


def make_told(count: int, screened_on: Any = "2024-11-01", **changes: Any) -> Told:
    nothing = np.full((count, 1), np.nan)
    days = np.broadcast_to(np.asarray(screened_on, dtype="datetime64[D]"), count).copy()
    made: dict[str, Any] = {
        "case": np.arange(count),
        "screened_on": days,
        "began_on": days - np.timedelta64(90, "D"),
        "made_at": np.zeros(count),
        "version": np.full(count, "3", dtype=object),
        "p_usual": np.full(count, 0.5),
        "gain": np.full(count, np.nan),
        "differs": np.zeros(count, dtype=np.bool_),
        "suggestion": np.full(count, REFER),
        "answered": np.ones(count),
        "limits": np.zeros((count, 3)),
        "codes": np.zeros((count, 0), dtype=np.uint8),
        "usual": nothing,
        "support": nothing,
        "groups": {},
    }
    return Told(**made | changes)
