"""The commands about what leaves the store: export, and forget."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("export")(export)
    app.command("forget")(forget)


def export(
    out: Annotated[Path, typer.Option("--out", help="New or empty folder for the extract.")],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=_DAY, help="Last day to tell of; without it today."),
    ] = None,
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
    if not done.rows["follow_up"]:
        typer.echo(
            "0 cases with known follow-up: `kantelpunt train` needs it; report it with "
            "POST /api/v1/outcomes, or import a folder that holds follow_up"
        )


def forget(
    before: Annotated[
        datetime | None,
        typer.Option("--before", formats=_DAY, help="Cases last screened before this day."),
    ] = None,
    case: Annotated[
        tuple[str, str] | None, typer.Option("--case", help="Sickness fund and number of one case.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only count.")] = False,
) -> None:
    """Remove cases whose retention period is over, in every table; the audit log stays.

    Without a day or a case: those last screened longer ago than KANTELPUNT_RETENTION_MONTHS.
    """
    from features.progress import show_count
    from serving.deps import get_now
    from serving.forget import choose_day, forget_cases
    from serving.settings import read_settings
    from serving.store.opening import open_store

    settings, now = read_settings(), get_now()
    if case is not None and before is not None:
        raise typer.BadParameter("give --before or --case, not both")
    day = None
    if case is None:
        day = choose_day(now, settings.retention_months, before.date() if before else None)
    with open_store(settings.database_url) as store, show_count("Looked at") as count:
        done = forget_cases(store, now=now, before=day, key=case, remove=yes, count=count)
    told = "; ".join(f"{name} {rows:,}" for name, rows in done.rows.items()) or "nothing"
    typer.echo(f"{'removed' if yes else 'would remove'} {count_cases(done.cases)}: {told}")
    if done.running:
        typer.echo(f"kept {count_cases(done.running)} whose pathway still runs")
    if done.asking:
        typer.echo(f"kept {count_cases(done.asking)} of which a request waits for an answer")
    if not yes and done.cases:
        typer.echo("nothing was removed: add --yes to do it")


def count_cases(number: int) -> str:
    """Return a number of cases as people say it."""
    return f"{number:,} {'case' if number == 1 else 'cases'}"
