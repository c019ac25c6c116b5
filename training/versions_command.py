"""The command that lists the versions that are registered."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import Uri, make_console

if TYPE_CHECKING:
    from training.release_log import Log
    from training.tracking_versions import Listed

SHOWN = 20  # of each one MLflow is asked who trained it


def versions(
    all_of_them: Annotated[
        bool, typer.Option("--all", help=f"Every version, not the newest {SHOWN} alone.")
    ] = False,
    tracking_uri: Uri = None,
) -> None:
    """List the registered versions, newest first: when, by whom, aliases, gates at release."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from training.config import read_config
    from training.release_log import read_log
    from training.spoken import show
    from training.tracking import resolve_uri
    from training.tracking_releases import read_entries
    from training.tracking_versions import list_versions

    registry, uri = read_config().registry, resolve_uri(tracking_uri)
    found, more = list_versions(registry, uri, None if all_of_them else SHOWN)
    if not found:
        typer.echo("no version is registered: train with `kantelpunt train`")
        return
    table = Table(box=SIMPLE_HEAD)
    for head in ("version", "registered (UTC)", "trained by", "alias", "gates at its release"):
        table.add_column(head, no_wrap=head == "version")
    for row in _list_rows(found, read_log(read_entries(registry, uri))):
        table.add_row(*(escape(show(cell)) for cell in row))
    make_console().print(table)
    if more:
        typer.echo(f"{more:,} older: kantelpunt versions --all")


def _list_rows(found: "Sequence[Listed]", log: "Log") -> Iterator[list[str]]:
    for one in found:
        aliases = ", ".join(one.aliases)
        yield [one.number, one.registered, one.by or "not known", aliases, _tell(one.number, log)]


def _tell(number: str, log: "Log") -> str:
    """Return what the gates said at the last release of a version."""
    from training.release_report import count_verdicts

    released = [one for one in log.counting if one.version == number and one.gates]
    if not released:
        return "not released"
    waived = ", ".join(released[-1].waivers)
    return count_verdicts(released[-1]) + (f"; waived: {waived}" if waived else "")
