"""The command that has a version score beside the champion: challenge."""

from typing import Annotated

import typer

from training.command_parts import Uri


def challenge(
    version: Annotated[
        str | None, typer.Argument(help="Version, or `latest`; nobody is shown what it says.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="Let no version score any more.")] = False,
    tracking_uri: Uri = None,
) -> None:
    """Let a version score in the shadow of the champion, or end that.

    Services that follow MLflow begin by themselves; `kantelpunt shadow` tells how it does.
    """
    from training.config import read_config
    from training.release import get_version
    from training.tracking import find_latest, resolve_uri, set_challenger
    from training.tracking_releases import find_champion

    if (version is None) is not end:
        raise typer.BadParameter("give a version, or --end")
    registry, uri = read_config().registry, resolve_uri(tracking_uri)
    if version is None:
        set_challenger(None, registry, uri)
        typer.echo("no version is the challenger any more")
        return
    found = find_latest(registry, uri) if version == "latest" else version
    get_version(found, registry, uri)
    if found == find_champion(registry, uri).number:
        raise typer.BadParameter(f"version {found} is the champion itself: give another version")
    set_challenger(found, registry, uri)
    typer.echo(f"version {found} scores beside the champion from now on")
