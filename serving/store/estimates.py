"""An estimate as columns of the store, and back: everything that explains it years later."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.estimate import Estimate, GainStatus, Sum


def to_columns(e: Estimate) -> dict[str, Any]:
    """Return the columns of an estimate.

    The reasons of the chance with support are not kept: they are those of both others together.
    """
    return {
        "p_usual": e.usual.value,
        "low": e.usual.low,
        "high": e.usual.high,
        "base": e.usual.base,
        "bound": e.usual.limit,
        "contributions": e.usual.contributions.tolist(),
        "gain_base": e.gain.base if e.gain else None,
        "gain_bound": e.gain.limit if e.gain else None,
        "gain_contributions": e.gain.contributions.tolist() if e.gain else None,
        **to_gain_columns(e),
    }


def to_gain_columns(e: Estimate) -> dict[str, Any]:
    """Return what both the list and the assessment keep of the gain of support."""
    return {
        "gain_status": e.gain_status.value,
        "gain": e.gain.value if e.gain else None,
        "gain_low": e.gain.low if e.gain else None,
        "gain_high": e.gain.high if e.gain else None,
        "p_support": e.support.value if e.support else None,
        "support_low": e.support.low if e.support else None,
        "support_high": e.support.high if e.support else None,
        "gain_hidden": e.hidden,
    }


def read_estimate(row: Mapping[str, Any]) -> Estimate:
    """Return the estimate that `to_columns` kept."""
    usual = Sum(
        value=row["p_usual"],
        low=row["low"],
        high=row["high"],
        base=row["base"],
        contributions=np.array(row["contributions"], dtype=float),
        limit=row["bound"],
    )
    if row["gain_contributions"] is None:
        return Estimate(usual, None, None, GainStatus.UNKNOWN)
    gain = Sum(
        value=row["gain"],
        low=row["gain_low"],
        high=row["gain_high"],
        base=row["gain_base"],
        contributions=np.array(row["gain_contributions"], dtype=float),
        limit=row["gain_bound"],
    )
    support = Sum(
        value=row["p_support"],
        low=row["support_low"],
        high=row["support_high"],
        base=usual.base + gain.base,
        contributions=usual.contributions + gain.contributions,
        limit=usual.limit + gain.limit,
    )
    return Estimate(usual, gain, support, GainStatus(row["gain_status"]), row["gain_hidden"])
