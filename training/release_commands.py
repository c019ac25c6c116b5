"""The commands of releasing: gates, release, rollback and history."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.whole_file import written_whole
from training.command_parts import ConfigFile, Uri, make_console, read_for_training

if TYPE_CHECKING:
    from training.config import Config
    from training.release import Judged

Version = Annotated[str, typer.Argument(help="Version, or `latest`.")]
MaybeData = Annotated[
    Path | None,
    typer.Option("--data", help="Extract on which to compare with the champion of now."),
]
By = Annotated[str | None, typer.Option("--by", help="Who answers for it: your name.")]
Reason = Annotated[
    list[str] | None,
    typer.Option("--reason", help="Why; once for all waivers, or once after each."),
]

UNSEEN_WIDTH = 120  # where nobody looks: what stands in a file keeps its lines whole


def release(
    version: Version,
    waive: Annotated[
        list[str] | None,
        typer.Option("--waive", help="Gate that fails and may; can be given more than once."),
    ] = None,
    reason: Reason = None,
    by: By = None,
    data: MaybeData = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and release nothing.")] = False,
    tracking_uri: Uri = None,
    config: ConfigFile = None,
) -> None:
    """Hold a version to every gate, and make it the champion that is served from then on."""
    from training.release import release_version
    from training.release_report import pair_reasons
    from training.release_rules import GATES, check_second_person, check_waivers, check_words
    from training.tracking import resolve_uri

    waived = pair_reasons(waive or [], reason or [])
    settings = _read_config(config)
    told = "" if waived else "; ".join(one for one in reason or [] if one)
    check_words(waived, by, told, GATES, settings)
    judged = _judge(version, data, settings, tracking_uri)
    _show(judged, waived)
    if dry_run:
        check_waivers(judged, waived)
        check_second_person(judged.version, by, settings.registry)
        typer.echo("nothing was released: --dry-run")
        return
    release_version(judged, waived, by, told, settings, resolve_uri(tracking_uri))
    typer.echo(f"version {judged.version.number} is the champion now")


def gates(
    version: Version,
    data: MaybeData = None,
    tracking_uri: Uri = None,
    config: ConfigFile = None,
    out: Annotated[
        Path | None, typer.Option("--json", help="File to write, instead of printing a table.")
    ] = None,
) -> None:
    """Show what the gates say of a version, and release nothing."""
    judged = _judge(version, data, _read_config(config), tracking_uri)
    if out is None:
        _show(judged, {})
    else:
        found = [gate.plain() for gate in judged.gates]
        with written_whole(out) as beside:
            beside.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if judged.failing:
        typer.echo(f"a release needs a waiver of: {', '.join(one.name for one in judged.failing)}")


def rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    by: Annotated[str, typer.Option("--by", help="Who answers for it: your name.")],
    to: Annotated[str | None, typer.Option("--to", help="An earlier champion.")] = None,
    tracking_uri: Uri = None,
    config: ConfigFile = None,
) -> None:
    """Make the champion before this one the champion again."""
    from training.release import roll_back
    from training.tracking import resolve_uri

    entry = roll_back(to, reason, by, _read_config(config), resolve_uri(tracking_uri))
    typer.echo(f"version {entry.version} is the champion now, and no longer {entry.before}")


def history(
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="Which version was live on a day, in UTC."),
    ] = None,
    tracking_uri: Uri = None,
    config: ConfigFile = None,
) -> None:
    """Print the log of releases, or which version was live on a day and why."""
    from training.release import find_deleted, read_history
    from training.release_report import list_doubts, tell_day, tell_log
    from training.spoken import show
    from training.tracking import resolve_uri
    from training.tracking_releases import get_moment

    registry, uri = _read_config(config).registry, resolve_uri(tracking_uri)
    log, champion = read_history(registry, uri)
    day: date | None = on.date() if on else None
    if day is not None and day.isoformat() > get_moment()[:10]:
        raise typer.BadParameter(f"--on {day} has yet to come: give today or an earlier day")
    gone = find_deleted(log, registry, uri)
    for line in tell_log(log, gone) if day is None else tell_day(log, day, gone):
        typer.echo(show(line))
    for doubt in list_doubts(log, champion):
        typer.secho(f"warning: {show(doubt)}", fg="yellow", err=True)
    if log.faults:
        raise typer.Exit(1)


def _read_config(path: Path | None) -> "Config":
    from training.config import read_config

    return read_config(path) if path else read_config()


def _judge(version: str, data: Path | None, config: "Config", tracking_uri: str | None) -> "Judged":
    from features.tables import MAX_REJECTED_SHARE
    from models.bundle import read_bundle
    from training.release import judge_version
    from training.tracking import RegistryError, fetch_bundle, find_latest, resolve_uri

    uri = resolve_uri(tracking_uri)
    if Path(version).is_dir():
        raise RegistryError(
            f"{version} is a folder: release a version that is registered, by its number or "
            "`latest`"
        )
    number = find_latest(config.registry, uri) if version == "latest" else version
    extract = None
    if data is not None:
        contract = read_bundle(fetch_bundle(number, config.registry, uri)[0]).contract
        extract = read_for_training(data, contract, MAX_REJECTED_SHARE, None)
    return judge_version(number, config, uri, extract)


def _show(judged: "Judged", waived: dict[str, str]) -> None:
    from training.release_report import build_table, list_doubts, list_whys
    from training.spoken import show

    make_console(UNSEEN_WIDTH).print(build_table(judged, waived))
    for line in list_whys(judged, waived):
        typer.echo(show(line))
    for doubt in list_doubts(judged.log, judged.champion):
        typer.secho(f"warning: {show(doubt)}", fg="yellow", err=True)
