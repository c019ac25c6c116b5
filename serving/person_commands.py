"""The commands about what leaves the store: export, and forget."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Day = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="Last day to tell of; without it today."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("export")(export)


def export(
    out: Annotated[Path, typer.Option("--out", help="New or empty folder for the extract.")],
    until: Day = None,
) -> None:
    """Write a pseudonymised extract of the store, ready for `kantelpunt train`."""
    from serving.deps import get_now
    from serving.export import check_folder, export_extract
    from serving.settings import read_settings
    from serving.store.opening import open_store

    settings = read_settings()
    key = settings.check_export_key()
    check_folder(out)
    day = until.date() if until else None
    with open_store(settings.database_url) as store:
        done = export_extract(store, out, key=key, now=get_now(), until=day)
    told = "; ".join(f"{name} {rows:,}" for name, rows in done.rows.items())
    typer.echo(f"wrote {out}: {told}")
    typer.echo(
        f"left out: {done.left_out.other_contract:,} assessments under another contract, "
        f"{done.left_out.objected:,} of cases under an objection"
    )
