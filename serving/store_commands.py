"""The commands for the store: import, db upgrade, backup and restore, audit verify and export."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands for the store to the command line."""
    app.command("import")(import_file)
    database = typer.Typer(help="The store.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    database.command("backup")(backup)
    database.command("restore")(restore)
    app.add_typer(database, name="db")
    audit = typer.Typer(help="The audit log.", no_args_is_help=True)
    audit.command("verify")(verify)
    audit.command("export")(export)
    app.add_typer(audit, name="audit")


def import_file(
    path: Annotated[Path, typer.Argument(help="A cases file, or the folder of an extract.")],
    fund: Annotated[
        str | None, typer.Option("--fund", help="Keep only cases of this sickness fund.")
    ] = None,
    max_rejected: Annotated[
        float,
        typer.Option("--max-rejected", min=0, max=1, help="Share of rows that may be set aside."),
    ] = 0.05,
    rejected_to: Annotated[
        Path | None,
        typer.Option("--rejected-to", help="Folder for rejected.csv; without it, beside the file."),
    ] = None,
) -> None:
    """Assess every case of a file and keep it; bad rows are set aside in rejected.csv.

    The same file twice changes nothing; one that was cut off goes on where it stopped.
    """
    from features.progress import show_count
    from features.rejects import REJECTED_FILE, add_to_report
    from models.suggestion import DEFAULT_PATH, read_limits
    from serving.deps import get_now
    from serving.intake_file import (
        Intake,
        import_rows,
        list_other_cases,
        open_import,
        read_arrival,
    )
    from serving.permissions import Scope
    from serving.registry import open_bundle
    from serving.settings import read_settings
    from serving.store.opening import open_store

    settings = read_settings()
    where = rejected_to or (path if path.is_dir() else path.parent)
    limits = read_limits(settings.limits or DEFAULT_PATH)
    with open_store(settings.database_url) as store:
        scope = Scope(fund) if fund else None
        intake = Intake(store, open_bundle(settings), limits, get_now(), scope)
        contract = intake.bundle.contract
        arrival = read_arrival(path, contract, max_rejected=max_rejected, rejected_to=where)
        made = open_import(arrival, intake)
        if made.rows_done:
            typer.echo(f"goes on after the {made.rows_done:,} cases that were kept before")
        left = arrival.total - made.rows_done
        with show_count("Assessed", left) as count:
            done = import_rows(arrival, made, intake, count=count)
        if done.other_case:
            add_to_report(where, list_other_cases(made, intake))
    typer.echo(
        f"saved {done.saved:,}; known already {done.known:,}; of another fund {done.elsewhere:,}; "
        f"dated after today or before the first limits {done.untimely:,}; "
        f"under an objection {done.blocked:,}; under the number of another case "
        f"{done.other_case:,}; rejected {done.rejected:,}"
        + (f" (see {where / REJECTED_FILE})" if done.rejected or done.other_case else "")
    )


def upgrade() -> None:
    """Bring the store to the tables of this release."""
    from serving.settings import read_settings
    from serving.store.engine import Store
    from serving.store.upgrade import upgrade_store

    with closing(Store(read_settings().database_url)) as store:
        upgrade_store(store)
    typer.echo("the store is up to date")


def backup(
    out: Annotated[Path, typer.Option("--out", help="File to write; it may not be there yet.")],
) -> None:
    """Copy a SQLite store to one file, also while it is served, and check the copy."""
    from serving.settings import read_settings
    from serving.store.backup import backup_store
    from serving.store.opening import open_store

    with open_store(read_settings().database_url) as store:
        lines = backup_store(store, out)
    typer.echo(f"kept {out}: {out.stat().st_size:,} bytes, {lines:,} audit lines")


def restore(
    path: Annotated[Path, typer.Argument(help="File that `kantelpunt db backup` wrote.")],
) -> None:
    """Put a backup where the SQLite store belongs; nothing may be there."""
    from serving.settings import read_settings
    from serving.store.backup import restore_store

    where = restore_store(path, read_settings().database_url)
    typer.echo(f"restored {where}: run `kantelpunt audit verify`, then start the service")


def verify(
    head: Annotated[
        str | None,
        typer.Option("--head", help="A head that was noted elsewhere; it must be in the chain."),
    ] = None,
) -> None:
    """Check the chain of the audit log; exit code 1 when a line was changed, added or removed."""
    from serving.audit_trail import verify_audit
    from serving.settings import read_settings
    from serving.store.opening import open_store

    with open_store(read_settings().database_url) as store:
        found = verify_audit(store, head=head)
    if found.is_whole:
        typer.echo(f"{found.lines:,} lines, all whole; note elsewhere: {found.head}")
        return
    typer.secho(f"broken at line {found.broken:,}: {found.fault}", fg="red", err=True)
    raise typer.Exit(1)


def export(
    out: Annotated[Path, typer.Option("--out", help="File to write; it may not be there yet.")],
) -> None:
    """Write the audit log as JSON lines."""
    from serving.audit_trail import export_audit
    from serving.settings import read_settings
    from serving.store.opening import open_store

    with open_store(read_settings().database_url) as store:
        lines = export_audit(store, out)
    typer.echo(f"wrote {lines:,} lines to {out}")
