"""`kantelpunt check`: what can and cannot be estimated from an extract, before any training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.whole_file import written_whole
from training.command_parts import (
    TRAINING_TABLES,
    ConfigFile,
    ContractFile,
    Data,
    Rejected,
    Seed,
    choose_contract,
    make_console,
)

if TYPE_CHECKING:
    from features.contract import Contract
    from features.tables import Extract
    from training.check_report import Section

EVERYTHING = 1.0


def check(
    data: Data,
    contract: ContractFile = None,
    seed: Seed = 1,
    max_rejected: Rejected = 0.05,
    rejected_to: Annotated[
        Path | None,
        typer.Option("--rejected-to", help="Folder for rejected.csv; without it none is written."),
    ] = None,
    config: ConfigFile = None,
    by_lot: Annotated[
        bool, typer.Option("--by-lot", help="Support was given by lot on the screening day.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="File to write the same to as a page.")
    ] = None,
) -> None:
    """Say what can and cannot be estimated from an extract, before anything is trained."""
    from features.progress import show_steps
    from features.tables import find_tables
    from training.check import STEPS, check_extract
    from training.check_report import list_sections, render_page
    from training.config import read_config

    settings = read_config(config) if config else read_config()
    chosen = choose_contract(contract)
    entries = _check_entries(data, max_rejected)
    if entries and not find_tables(data):
        _show_entries(data, html, *entries)
        return
    with show_steps(STEPS + 1) as step:
        step("Reading the extract")
        extract, too_many = _read(data, chosen, max_rejected, rejected_to)
        found = check_extract(
            extract,
            settings,
            seed,
            step,
            present=frozenset(find_tables(data)),
            needed=TRAINING_TABLES,
            too_many=too_many,
            by_lot=by_lot,
        )
    *before, verdicts = list_sections(found)
    sections = [*before, *([entries[0]] if entries else []), verdicts]
    for section in sections:
        _print_section(section)
    if html:
        _write(html, render_page([sections[-1], *sections[:-1]], f"Check of {data.name}"))
    if not found.can_train:
        typer.secho(f"training would stop: {found.stop}", fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(f"this can be trained on: kantelpunt train --data {data}")


def _check_entries(data: Path, max_rejected: float) -> "tuple[Section, str] | None":
    """Return what is found in the table of entries, and why not to use it; None without one."""
    from training.check_entries import check_entries, has_entries

    return check_entries(data, max_rejected) if has_entries(data) else None


def _show_entries(data: Path, html: Path | None, section: "Section", why_not: str) -> None:
    """Print what is found in entries that are alone; raises typer.Exit where they are no use."""
    from training.check_report import render_page

    _print_section(section)
    if html:
        _write(html, render_page([section], f"Check of {data.name}"))
    if why_not:
        typer.secho("a forecast would stop: see above", fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(f"this can be forecast: kantelpunt backtest --data {data}")


def _read(
    data: Path, contract: "Contract | None", limit: float, rejected_to: Path | None
) -> "tuple[Extract, tuple[str, ...]]":
    """Return whatever tables are there, and those of which training would refuse the rest."""
    from features.rejects import TooManyRejectedError
    from features.tables import find_tables, read_extract

    there = find_tables(data) if data.is_dir() else {}
    needed = tuple(name for name in TRAINING_TABLES if name in there or name == "cases")

    def read(share: float) -> "Extract":
        return read_extract(
            data,
            contract,
            required=needed,
            max_rejected_share=share,
            rejected_to=rejected_to,
        )

    try:
        return read(limit), ()
    except TooManyRejectedError as error:
        return read(EVERYTHING), error.tables


def _print_section(section: "Section") -> None:
    from rich.table import Table

    console = make_console()
    console.print(section.title, style="bold")
    table = Table(*section.heads) if section.heads else Table.grid(padding=(0, 1))
    for row in section.rows:
        table.add_row(*row)
    console.print(table)
    for note in section.notes:
        console.print(note, markup=False, highlight=False)
    console.print()


def _write(path: Path, page: str) -> None:
    from training.check import PageNotWrittenError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as beside:
            beside.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PageNotWrittenError(
            f"{path} cannot be written ({error.strerror}): give another file with --html"
        ) from error
    typer.echo(f"wrote {path}")
