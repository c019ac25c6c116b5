"""The command that sets the limits of the suggestions: limits."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import (
    Data,
    LimitsFile,
    Model,
    Rejected,
    RejectedTo,
    Uri,
    open_bundle,
    say_rejected,
)

if TYPE_CHECKING:
    from training.limits import Fitted


def limits(
    data: Data,
    capacity: Annotated[
        float, typer.Option("--capacity", help="Places, as a share of the flow: 0.08 is 8 %.")
    ],
    valid_from: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Day from which they hold.")
    ],
    author: Annotated[str, typer.Option("--author", help="Who sets them.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    out: Annotated[Path, typer.Option("--out", help="File to write; it may be that of --limits.")],
    model: Model = "champion",
    not_yet_below: Annotated[
        float | None, typer.Option("--not-yet-below", help="Policy; without it what held stays.")
    ] = None,
    own_way_from: Annotated[
        float | None, typer.Option("--own-way-from", help="Policy; without it what held stays.")
    ] = None,
    older: LimitsFile = None,
    count_unsure: Annotated[
        bool,
        typer.Option(
            "--count-unsure", help="An unsure case whose best estimate says refer takes a place."
        ),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace limits that begin on the same day.")
    ] = False,
    tracking_uri: Uri = None,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
) -> None:
    """Find from which gain on support fits the capacity, and write that as limits with a date.

    The flow is the last 12 months of screenings in the extract. Only `refer` takes a place.
    """
    from features.tables import read_cases
    from models.capacity import Places
    from models.suggestion import get_limits, read_limits
    from training.limits import add_limits, draft_limits, fit_to_capacity, write_limits

    places = Places(capacity, count_unsure)
    held, day = read_limits(older) if older else read_limits(), valid_from.date()
    draft = draft_limits(held, day, author, reason, not_yet_below, own_way_from)
    add_limits(held, draft, may_replace=replace)
    bundle = open_bundle(model, tracking_uri)
    where = rejected_to or data
    extract = read_cases(data, bundle.contract, max_rejected_share=max_rejected, rejected_to=where)
    say_rejected(extract, where)
    fitted = fit_to_capacity(extract, bundle, places, get_limits(day, held), draft)
    write_limits(add_limits(held, fitted.after, may_replace=replace), out)
    _print_fitted(fitted)
    typer.echo(f"wrote limits that hold from {day} to {out}")


def _print_fitted(fitted: "Fitted") -> None:
    from rich.console import Console
    from rich.table import Table

    before, after = fitted.before.valid_from, fitted.after.valid_from
    table = Table(f"of {len(fitted.flow.cases):,} screenings", f"from {before}", f"from {after}")
    for row in fitted.tabulate():
        table.add_row(*row)
    for name in ("gain_from", "own_way_from", "not_yet_below"):
        table.add_row(name, *(f"{getattr(one, name):.3f}" for one in (fitted.before, fitted.after)))
    Console(width=110).print(table)
    if not fitted.flow.differs:
        typer.echo(
            "the gain is the same for all, or not known: gain_from chooses nobody, and stays as it "
            "was; the other two limits keep within the capacity"
        )
