"""The command line of Kantelpunt: the only file that sees both training and serving."""

import errno
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

import serving.commands
import training.commands
from features.errors import KantelpuntError

app = typer.Typer(
    help="Screening around the third month of sick leave, with reasons in Dutch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
training.commands.register(app)
serving.commands.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(version("kantelpunt"))
        except PackageNotFoundError:
            typer.echo("not installed: run from a checkout")
        raise typer.Exit


@app.callback()
def start(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Show the version where it is asked for; a command follows otherwise."""


# what a disk says that is full, out of order, or not ours to write
_DISK = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EACCES")}


def main() -> None:
    """Run a command; an error that the user can mend is told in one line, without a traceback."""
    try:
        app()
    except OSError as error:
        if error.errno not in _DISK:
            raise
        place = f"{error.filename}: " if error.filename else ""
        typer.secho(
            f"error: {place}{error.strerror}: make room or give another place, and start again",
            fg="red",
            err=True,
        )
        sys.exit(1)
    except KantelpuntError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
