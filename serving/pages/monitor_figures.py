"""The figures of watching, as the page writes them."""

from collections.abc import Mapping
from typing import Any

from serving.pages.monitor_texts import ERRORS_NL
from serving.wording import EN_DASH, number_nl, one_decimal_nl, times_nl


def tell_figure(one: Mapping[str, Any]) -> tuple[str, str]:
    """Return the figure of a check and its interval."""
    figures, kind = one.get("figures", {}), one["kind"]
    if kind in ("input", "told") and figures:
        bounds = f"{points(figures['low'])}{EN_DASH}{points(figures['high'])}"
        return f"{points(one['size'])} op 100 anders", f"({bounds})"
    if "before" in figures and "after" in figures:
        return f"{percent(figures['before'])} → {percent(figures['after'])}", ""
    if "ece" in figures:
        return f"{points(figures['ece'])} op 100", f"(toeval: {points(figures['by_chance'])})"
    tell = {"departs": points, "auc": decimals, "brier": _three_decimals}
    known = ("departs", "ratio", "slope", "auc", "brier")
    key = next((key for key in known if key in figures), None)
    if key is None:
        return "", ""
    write = tell.get(key, times_nl)
    more = f"; verwacht {write(figures['promised'])}" if "promised" in figures else ""
    if kind == "expected_group" and "before" in figures:
        more = f"; eerder {write(figures['before'])}"
    told = write(figures[key]) + (" keer" if kind == "fairness" else "")
    return told, f"({write(figures['low'])}{EN_DASH}{write(figures['high'])}{more})"


def tell_errors(one: Mapping[str, Any]) -> list[str]:
    """Return the error rates of a group in words, as far as they are told."""
    figures = one.get("figures", {})
    return [text.format(points(figures[key])) for key, text in ERRORS_NL.items() if key in figures]


def decimals(value: float) -> str:
    """Return a figure with two decimals."""
    return f"{value:.2f}".replace(".", ",")


def _three_decimals(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


def points(share: float) -> str:
    """Return a share as so many in a hundred."""
    return one_decimal_nl(100 * share)


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{one_decimal_nl(100 * share)} %"


def round_nl(number: int) -> str:
    """Return a number of people to two figures: more would seem more sure than it is."""
    if number >= 10**8:
        return "een grotere vrijgave"
    places = max(len(str(number)) - 2, 0)
    return number_nl(round(number, -places))
