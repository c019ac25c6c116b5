"""The command that watches the model, for a timer that runs it every night."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.monitor import Report

ALARM = 3  # beside 1 for what goes wrong and 2 for words that are no option


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(monitor)


def monitor(
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="First screening day to watch."),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=1095, help="So many days instead, up to now.")
    ] = 30,
    fund: Annotated[
        str | None, typer.Option("--fund", help="Watch only this sickness fund.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole report as JSON.")
    ] = False,
) -> None:
    """Watch drift, calibration, groups and agreement; exit code 3 when there is an alarm."""
    from models.watching import Verdict
    from serving.deps import get_now
    from serving.monitor import CannotWatchError, Watch, check_fund, find_start, plain, watch
    from serving.registry import open_bundle
    from serving.server import set_up_logs
    from serving.settings import read_settings
    from serving.store.opening import open_store

    set_up_logs()
    settings, now = read_settings(), get_now()
    start = find_start(now, since.date() if since else None, days)
    if start > now:
        raise CannotWatchError(f"--since {start.date()} has yet to come: give an earlier day")
    with open_store(settings.database_url) as store:
        check_fund(store, fund)
        asked = Watch(open_bundle(settings), start, now, fund)
        found = watch(store, asked)
    if as_json:
        typer.echo(json.dumps(plain(found, asked), indent=1))
    else:
        _tell(found)
    if found.verdict is Verdict.ALARM:
        raise typer.Exit(ALARM)


def _tell(found: "Report") -> None:
    from models.watching import Verdict

    counts = {name: _show(count) for name, count in found.counts.items()}
    typer.echo(
        f"verdict: {found.verdict.value}, of {found.judged} checks that could tell; "
        f"{len(found.checks) - found.judged} could not"
    )
    typer.echo(
        f"{counts['window']} people in the window, {counts['of_version']} by this version; "
        f"{counts['followed']} followed, {counts['settled']} settled"
    )
    for verdict in (Verdict.ALARM, Verdict.WATCH):
        for one in (one for one in found.checks if one.verdict is verdict):
            figures = ", ".join(f"{name} {value:.3g}" for name, value in one.figures.items())
            name = " ".join(filter(None, (one.kind, one.name, one.group)))
            typer.echo(f"{verdict.value}: {name}: {figures} ({one.count:,} people)")
    for one in found.checks:
        if one.kind == "realised" and one.figures:
            value, low, high, promised = one.figures.values()
            typer.echo(
                f"realised {one.name}: {value:.3f} ({low:.3f}-{high:.3f}), promised {promised:.3f} "
                f"({one.count:,} people, {one.verdict.value})"
            )
    audited = found.told["audited"]
    typer.echo(
        "errors per group: " + ", ".join(f"{name} {count}" for name, count in audited.items())
    )


def _show(count: int) -> str:
    from models.shares import FEWEST_SHOWN

    return f"fewer than {FEWEST_SHOWN}" if 0 < count < FEWEST_SHOWN else f"{count:,}"
