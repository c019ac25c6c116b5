"""The command that sends runs which MLflow could not take when they were made: sync."""

from pathlib import Path

import typer

from training.command_parts import ConfigFile, RunsToSync, Uri


def sync(
    runs_to_sync: RunsToSync = Path("var/runs-to-sync"),
    tracking_uri: Uri = None,
    config: ConfigFile = None,
) -> None:
    """Send the runs that wait on this disk to MLflow; what it has already is not sent twice."""
    from training.config import read_config
    from training.pending import RunNotKeptError, list_pending, send
    from training.tracking import check_address, resolve_uri

    registry = (read_config(config) if config else read_config()).registry
    uri = resolve_uri(tracking_uri)
    check_address(uri, may_be_new=True)
    waiting = list_pending(runs_to_sync)
    if not waiting:
        typer.echo(f"no run waits in {runs_to_sync}")
    faults: list[RunNotKeptError] = []
    for folder in waiting:
        try:
            made = send(folder, uri, registry)
        except RunNotKeptError as error:
            # one that is damaged holds up none of the others
            faults.append(error)
        else:
            what = f"registered version {made.version}" if made.version else "kept a run"
            typer.echo(f"{what} (run {made.run_id})")
    for fault in faults[:-1]:
        typer.secho(f"error: {fault}", fg="red", err=True)
    if faults:
        raise faults[-1]
