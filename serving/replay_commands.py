"""The command that computes past assessments again: replay."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.regional_limits import ByRegion
    from models.suggestion import Limits
    from serving.replay import Replay
    from serving.replay_many import Tally

_DAY = ["%Y-%m-%d"]
MOST_NAMED = 20
By = Annotated[str | None, typer.Option("--by", help="Who replays, for the audit log.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("replay")(replay)


def replay(
    assessment: Annotated[
        str | None, typer.Argument(help="Number of an assessment, as the audit log shows it.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Replay all that are kept.")] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Replay so many, drawn by lot.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=_DAY, help="Only those made from this day on."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Folder of the bundle, instead of the registry.")
    ] = None,
    by: By = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the inputs and the numbers of the person too.")
    ] = False,
) -> None:
    """Compute past assessments again, bit for bit; exit code 1 unless all are exactly equal.

    Nothing of the person is printed unless asked for. Each run leaves a line in the audit log.
    """
    from models.suggestion import DEFAULT_PATH, read_limits
    from serving.deps import get_now
    from serving.replay_bundles import Shelf
    from serving.replay_many import Bench, draw_places, replay_many, replay_one
    from serving.settings import read_settings
    from serving.store.opening import open_store
    from serving.store.planning import read_gain_limits

    if (assessment is not None) + every + (sample is not None) != 1:
        raise typer.BadParameter("give the number of an assessment, or --all, or --sample")
    if assessment is not None and since is not None:
        raise typer.BadParameter("--since goes with --all or --sample")
    if show and assessment is None:
        raise typer.BadParameter("--show goes with the number of one assessment")
    settings, now = read_settings(), get_now()
    limits = read_limits(settings.limits or DEFAULT_PATH)
    with open_store(settings.database_url) as store:
        bench = Bench(store, Shelf(settings, bundle), now, by)
        if assessment is not None:
            with store.reading() as connection:
                regional = read_gain_limits(connection)
            done = replay_one(assessment, bench, shown=show)
            is_equal = _tell_one(done, limits, regional, show=show)
        else:
            from features.progress import show_count

            places = draw_places(store, sample, since, now)
            with show_count("Replayed", len(places)) as count:
                is_equal = _tell_many(replay_many(places, bench, count=count))
    if not is_equal:
        raise typer.Exit(1)


def _tell_one(
    done: "Replay", limits: "tuple[Limits, ...]", regional: "ByRegion", *, show: bool
) -> bool:
    from serving.replay_bundles import SHOWN

    kept, digest = done.kept, done.kept.bundle_digest or ""
    with_digest = f" (bundle {digest[:SHOWN]})" if digest else ""
    typer.echo(
        f"assessment {kept.assessment_id}, made {kept.made_at:%Y-%m-%d %H:%M} UTC by version "
        f"{kept.model_version}{with_digest}"
    )
    width = max(len(one.name) for one in done.parts)
    for one in done.parts:
        why = f" ({one.why})" if one.why else ""
        typer.echo(f"  {one.name:<{width}}  {one.verdict}{why}")
    if show:
        _show(done)
    if _has_changed(done, limits, regional):
        typer.echo("the limits that are kept were used; the limits of today differ for that day")
    if done.is_equal:
        typer.echo("all that is kept came out the same, bit for bit")
    else:
        _fail(f"{len(done.differing)} of {len(done.parts)} parts differ")
    return done.is_equal


def _has_changed(done: "Replay", limits: "tuple[Limits, ...]", regional: "ByRegion") -> bool:
    """Tell whether the limits of today are others for the day of the screening."""
    from models.regional_limits import get_limits_of
    from models.suggestion import LimitsError
    from serving.store.assessments import limits_to_json

    region = str(done.kept.case.get("region"))
    try:
        today = limits_to_json(get_limits_of(done.kept.screened_on, region, limits, regional))
    except LimitsError:
        return True
    return today != dict(done.kept.limits)


def _show(done: "Replay") -> None:
    typer.echo("inputs as they are kept:")
    for name, value in done.kept.inputs.items():
        typer.echo(f"  {name}: {value}")
    typer.echo("kept / computed now:")
    for column, kept in done.kept.estimated.items():
        if not isinstance(kept, list):
            typer.echo(f"  {column}: {kept!r} / {done.given.get(column)!r}")


def _tell_many(tally: "Tally") -> bool:
    _name_some(f"{number} differs: {', '.join(parts)}" for number, parts in tally.differing)
    for why, count in tally.not_replayed.items():
        _fail(f"{count:,} not replayed: {why}")
    gone = f"; {tally.gone:,} forgotten meanwhile" if tally.gone else ""
    unproven = f" ({tally.unproven:,} without a checksum of their bundle)" if tally.unproven else ""
    typer.echo(
        f"replayed {tally.replayed:,}: equal {tally.equal:,}{unproven}, "
        f"differing {len(tally.differing):,}{gone}"
    )
    return tally.is_equal


def _name_some(lines: Iterable[str]) -> None:
    found = list(lines)
    for line in found[:MOST_NAMED]:
        _fail(line)
    if len(found) > MOST_NAMED:
        _fail(f"and {len(found) - MOST_NAMED:,} more")


def _fail(text: str) -> None:
    typer.secho(text, fg="red", err=True)
