"""What leaves planning of what is simulated: whole people, and as many digits as it knows."""

from collections.abc import Mapping
from typing import Any

NOT_PEOPLE = ("coaches", "wait_months")  # these have decimals
DECIMALS = 1
SHARE_DECIMALS = 2


def round_outlook(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary of an outlook with its quantiles in whole people.

    The mean keeps one decimal, so that means of months add up to that of a year.
    """
    sums = summary.get("sums")
    return {
        **summary,
        "measures": {
            name: {key: _round(one, name) for key, one in told.items()}
            for name, told in summary["measures"].items()
        },
        "known": {
            key: [round(share, SHARE_DECIMALS) for share in shares]
            for key, shares in summary["known"].items()
        },
        **({} if sums is None else {"sums": _round_sums(sums)}),
    }


def _round(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    digits = DECIMALS if name in NOT_PEOPLE else None
    return {
        "mean": [round(value, DECIMALS) for value in told["mean"]],
        "q": {level: [round(v, digits) for v in row] for level, row in told["q"].items()},
    }


def _round_sums(sums: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            span: {
                key: {
                    "mean": round(one["mean"], DECIMALS),
                    "q": {level: round(value) for level, value in one["q"].items()},
                }
                for key, one in told.items()
            }
            for span, told in spans.items()
        }
        for name, spans in sums.items()
    }
