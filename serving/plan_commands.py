"""The command that plans: what intake to expect, from what the store knows; for a nightly timer."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.planning_run import Made


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(plan)


def plan(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help="Plan as on this day; without it today."
        ),
    ] = None,
    entries: Annotated[
        Path | None,
        typer.Option("--entries", help="First keep the entry totals of this file or folder."),
    ] = None,
    fund: Annotated[
        str | None,
        typer.Option("--fund", help="Whose they are; without it those of every fund together."),
    ] = None,
    set_limits: Annotated[
        bool,
        typer.Option(
            "--set-limits",
            help="Set the limit on the gain of each region as the plan proposes, from next month.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole plan as JSON.")] = False,
) -> None:
    """Forecast intake, caseload and targets from the store, and keep what planners see."""
    from models.intake.targets import default_targets, read_targets
    from models.suggestion import DEFAULT_PATH, read_limits
    from serving.deps import get_now
    from serving.planning_entries import read_entries_file
    from serving.planning_run import Asked, make_plan, set_proposed
    from serving.server import set_up_logs
    from serving.settings import read_settings
    from serving.store.opening import open_store

    if fund is not None and entries is None:
        raise typer.BadParameter("--fund goes with --entries")
    set_up_logs()
    settings, now = read_settings(), get_now()
    day = as_of.date() if as_of else now.date()
    if day > now.date():
        raise typer.BadParameter(f"--as-of {day} has yet to come: give an earlier day")
    if set_limits and day != now.date():
        raise typer.BadParameter("--set-limits goes without --as-of: a limit holds from next month")
    limits = read_limits(settings.limits or DEFAULT_PATH)
    targets = read_targets(settings.targets) if settings.targets else default_targets()
    with open_store(settings.database_url) as store:
        if entries is not None:
            kept = read_entries_file(entries, store=store, now=now, fund=fund)
            typer.echo(f"entries: {kept:,} months of regions kept", err=as_json)
        made = make_plan(store, Asked(day, now, limits, targets))
        chosen = set_proposed(made, store, now) if set_limits else []
    if as_json:
        typer.echo(json.dumps(made.plan, indent=1))
    else:
        _tell(made)
    for one in chosen:
        typer.echo(
            f"set: {one.region} {one.gain_from:.3f} for screenings from {one.valid_from} on; cases "
            "assessed before keep their suggestion until they are assessed again",
            err=as_json,
        )


def _tell(made: "Made") -> None:
    outlook = made.plan["outlook"]
    for line in made.missing:
        typer.echo(f"missing: {line['text']}")
    typer.echo(f"plan of {made.plan['as_of']}, {len(outlook['regions'])} regions")
    for name in ("entries", "screened", "referred", "started", "caseload"):
        bands = outlook["measures"][name]["all"]["q"]
        low, middle, high = (bands[level][0] for level in ("0.1", "0.5", "0.9"))
        typer.echo(f"{name} in {outlook['months'][0]}: {middle:,} ({low:,}-{high:,} in 8 of 10)")
    for region, one in made.plan["limits"]["regions"].items():
        told = f"{one['proposed']:.3f}" if one["why"] is None else f"none ({one['why']})"
        typer.echo(f"limit on the gain in {region}: {one['now']:.3f}, proposed {told}")
