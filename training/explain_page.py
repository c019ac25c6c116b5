"""An explanation as a page in Dutch, pictures and a table; the page needs nothing beside itself."""

import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import KantelpuntError
from features.whole_file import written_whole
from models.estimate import GainStatus, Sums
from models.shares import FEWEST_SHOWN
from training.explain import Explanation
from training.explain_gain import share_persons
from training.explain_groups import take_rows
from training.explain_plots import SHOWN_INPUTS, draw_explanation
from training.page_templates import build_environment
from training.success import FEWEST_SUPPORTED
from training.traits import Bools

PAGE, TABLE = "index.html", "drivers.csv"


class FolderNotWritableError(KantelpuntError):
    """A folder for results that cannot be made or written."""


def check_folder(folder: Path) -> None:
    """Make the folder, and raise FolderNotWritableError where nothing can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise FolderNotWritableError(
            f"{folder}: cannot be written ({error.strerror}): give another --out"
        ) from error


def write_explanation(found: Explanation, folder: Path, seed: int) -> Path:
    """Write index.html, its pictures and drivers.csv, and return the page.

    The same data and seed give the same bytes.
    """
    check_folder(folder)
    names = draw_explanation(found, folder, seed)
    with written_whole(folder / TABLE) as beside:
        pd.DataFrame(_list_drivers(found)).to_csv(beside, index=False)
    pictures = {name: b64encode((folder / f"{name}.png").read_bytes()).decode() for name in names}
    page = folder / PAGE
    with written_whole(page) as beside:
        beside.write_text(render(found, pictures), encoding="utf-8")
    return page


def render(found: Explanation, pictures: dict[str, str]) -> str:
    """Return the page; `pictures` are PNG files in base64 by their name."""
    environment = build_environment()
    environment.filters |= {
        "count": _count,
        "of_100": _of_100,
        "points": _points,
        "moved": _moved,
        "share": _share,
    }
    outcome = found.cases.contract.outcome
    return environment.get_template("explain.html").render(
        found=found,
        pictures=pictures,
        outcome=outcome,
        statuses=GainStatus,
        known=share_persons(found.cases.is_known, np.ones_like(found.cases.is_known), found.cases),
        most=SHOWN_INPUTS,
        fewest=FEWEST_SHOWN,
        fewest_supported=FEWEST_SUPPORTED,
    )


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _of_100(p: float) -> str:
    return f"{100 * p:.0f} op 100"


def _points(p: float) -> str:
    """Return a part of 1 as points on 100, with its sign."""
    return _moved(100 * p)


def _moved(points: float) -> str:
    told = f"{points:+.1f}".replace(".", ",")
    return "0,0" if told in ("+0,0", "-0,0") else told


def _share(part: float) -> str:
    words = {0.0: "bijna niemand", 1.0: "bijna iedereen"}
    return words.get(part, f"{100 * part:.0f} %")


def _list_drivers(found: Explanation) -> Iterator[dict[str, Any]]:
    """Yield one row per estimate, group and input: mean size and mean of what it adds."""
    cases, estimates = found.cases, found.cases.estimates
    all_rows = np.ones(len(cases), dtype=np.bool_)
    everybody = ("", "", found.persons, all_rows, cases.is_known)
    groups = [
        (attribute.label_nl, one.group.label_nl, one.group.persons, one.group.rows, one.group.known)
        for attribute, figures in found.groups
        for one in figures
    ]
    for attribute, level, persons, rows, known in [everybody, *groups]:
        head = {"attribute": attribute, "level": level, "persons": persons}
        yield from _list_fields("p_usual", head, estimates.usual, rows, found)
        if known.any() and found.gain:
            yield from _list_fields("gain", head, estimates.gain, known, found)


def _list_fields(
    estimate: str, head: dict[str, Any], sums: Sums, rows: Bools, found: Explanation
) -> Iterator[dict[str, Any]]:
    points = 100 * take_rows(sums, rows).contributions
    for field, column in zip(found.cases.contract.fields, points.T, strict=True):
        yield {
            "estimate": estimate,
            **head,
            "field": field.name,
            "label_nl": field.label_nl,
            "mean_absolute_points": round(float(abs(column).mean()), 4),
            "mean_points": round(float(column.mean()), 4),
        }
