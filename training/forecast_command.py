"""`kantelpunt forecast`: how many absences and pathways to expect, from a folder or a file."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import ConfigFile, Rejected, RejectedTo, Seed, make_console

if TYPE_CHECKING:
    from training.forecast import Expected, Row

Entries = Annotated[
    Path, typer.Option("--data", help="Folder with a table entries, or the file of that table.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        show_default="today",
        help="Nothing counts that was not known on this day.",
    ),
]
MOST_NOTES = 10


def forecast(
    data: Entries,
    out: Annotated[Path, typer.Option("--out", help="File to write: .csv, .json or .xlsx.")],
    months: Annotated[int, typer.Option("--months", min=1, max=36, help="How far ahead.")] = 12,
    as_of: AsOf = None,
    choice: Annotated[
        Path | None,
        typer.Option("--choice", help="JSON of `kantelpunt backtest`: the method per horizon."),
    ] = None,
    seed: Seed = 0,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
    config: ConfigFile = None,
) -> None:
    """Forecast entries per region, and from an extract with pathways the intake as well."""
    from training.config import read_config
    from training.forecast import expect_intake
    from training.forecast_choice import read_choice
    from training.forecast_file import check_ending, write_forecast

    check_ending(out)
    settings = read_config(config) if config else read_config()
    chosen = read_choice(choice) if choice else None
    found = expect_intake(
        data,
        months,
        find_day(as_of),
        settings,
        seed=seed,
        choice=chosen,
        max_rejected=max_rejected,
        rejected_to=rejected_to,
    )
    rows = write_forecast(found, out, settings.intake.history)
    _print(found)
    typer.echo(f"wrote {rows:,} rows to {out}")


def find_day(as_of: datetime | None) -> date:
    """Return the day that was given, or today; refuse one that has yet to come."""
    from training.record import find_today

    today = find_today()
    day = as_of.date() if as_of else today
    if day > today:
        raise typer.BadParameter(f"--as-of {day} has yet to come: give an earlier day")
    return day


def _print(found: "Expected") -> None:
    """Print the totals, what is left out and why, and the first remarks."""
    from rich.table import Table

    from training.forecast import ENTERED, MEASURES, TOTAL, list_rows

    rows = [row for row in list_rows(found) if row.level == "total" and row.name == TOTAL]
    measures = [one for one in (ENTERED, *MEASURES) if any(row.measure == one for row in rows)]
    table = Table("period", *measures)
    for month in dict.fromkeys(row.month for row in rows):
        cells = {row.measure: row for row in rows if row.month == month}
        table.add_row(month, *(_show(cells[name]) for name in measures))
    console = make_console()
    title = f"Expected in all regions together, from what is known until {found.as_of}"
    console.print(title, style="bold")
    console.print(table)
    typer.echo("the middle of what is expected, in brackets the interval of 80 %")
    if found.why_not:
        typer.echo(f"no intake, only entries: {found.why_not}")
    for note in found.notes[:MOST_NOTES]:
        typer.echo(f"note: {note}")
    if len(found.notes) > MOST_NOTES:
        more = len(found.notes) - MOST_NOTES
        typer.echo(f"and {more:,} more notes: a JSON or XLSX file has them all")


def _show(row: "Row") -> str:
    return f"{row.median:,.0f} ({row.low_80:,.0f}-{row.high_80:,.0f})"
