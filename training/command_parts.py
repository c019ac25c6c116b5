"""What the commands of training share: options, reading an extract, opening a bundle."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from features.contract import Contract
    from features.tables import Extract
    from models.bundle import Bundle
    from models.fairness import Audit
    from training.engine import Cluster
    from training.evaluate import Measured

WIDEST_GROUP = 20  # characters of an attribute or a label; a longer one goes on below

Data = Annotated[Path, typer.Option("--data", help="Folder of the extract.")]
Uri = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri", help="MLflow store; without it MLFLOW_TRACKING_URI, or mlflow.db."
    ),
]
Rejected = Annotated[
    float,
    typer.Option("--max-rejected", min=0, max=1, help="Share of rows that may be set aside."),
]
RejectedTo = Annotated[
    Path | None,
    typer.Option("--rejected-to", help="Folder for rejected.csv; without it, beside the data."),
]
RunsToSync = Annotated[
    Path,
    typer.Option("--runs-to-sync", help="Folder where a run waits that MLflow cannot take yet."),
]
Model = Annotated[
    str, typer.Option("--model", help="Alias, version number, or folder of a bundle.")
]
LimitsFile = Annotated[
    Path | None, typer.Option("--limits", help="Limits of the suggestions, instead of limits.toml.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")]
ContractFile = Annotated[
    Path | None,
    typer.Option("--contract", help="Contract to use instead of the default or the extract's own."),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings instead of training/config.toml.")
]


class EngineName(StrEnum):
    """Where the heavy work of a command is done."""

    LOCAL = "local"
    DASK = "dask"


Engine = Annotated[
    EngineName, typer.Option("--engine", help="Where the heavy work is done: here, or on Dask.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", help="Scheduler of Dask, as tls://host:8786; with --engine dask."),
]
TRAINING_TABLES = ("cases", "work_periods", "follow_up")


def choose_contract(path: Path | None) -> "Contract | None":
    """Return the contract in a file, None without one; raises ContractError."""
    from features.contract import read_contract

    return read_contract(path) if path else None


def read_for_training(
    data: Path, contract: "Contract | None", max_rejected: float, rejected_to: Path | None
) -> "Extract":
    """Return the checked tables that training needs, and say what was set aside."""
    from features.tables import read_extract

    where = rejected_to or data
    extract = read_extract(
        data,
        contract,
        required=TRAINING_TABLES,
        max_rejected_share=max_rejected,
        rejected_to=where,
    )
    say_rejected(extract, where)
    return extract


def say_rejected(extract: "Extract", folder: Path) -> None:
    """Say how many rows were set aside, and where they are listed."""
    say_faults(len(extract.rejected), folder)


def say_faults(faults: int, folder: Path) -> None:
    """Say how many faults were found, and where they are listed; nothing without any."""
    if faults:
        where = folder / "rejected.csv"
        typer.secho(f"{faults:,} faults set aside: see {where}", fg="yellow", err=True)


def find_model(wanted: str, tracking_uri: str | None) -> tuple[Path, str | None]:
    """Return where the bundle of a version, an alias or a folder is, and the number it has."""
    from training.config import read_config
    from training.tracking import fetch_bundle, resolve_uri

    folder, version = fetch_bundle(wanted, read_config().registry, resolve_uri(tracking_uri))
    return folder, version or None


@contextmanager
def open_engine(
    engine: EngineName, scheduler: str | None, config: Path | None = None
) -> "Iterator[Cluster | None]":
    """Give the cluster that the options name, None for this machine; raises EngineError."""
    if engine is EngineName.LOCAL and scheduler is None:
        yield None
        return
    if engine is EngineName.LOCAL or scheduler is None:
        raise typer.BadParameter("--engine dask and --scheduler ADDRESS go together")
    from training.config import DEFAULT_PATH, read_config
    from training.engine import join_cluster

    with join_cluster(scheduler, read_config(config or DEFAULT_PATH).engine) as cluster:
        yield cluster


def open_bundle(wanted: str, tracking_uri: str | None) -> "Bundle":
    """Return the bundle of a version, an alias or a folder; raises RegistryError without one."""
    from models.bundle import read_bundle

    return read_bundle(*find_model(wanted, tracking_uri))


def make_console(unseen: int = 110) -> "Console":
    """Return where tables go: as wide as the terminal, `unseen` characters in a file or a pipe."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=unseen)


def print_figures(columns: "dict[str, dict[str, Measured]]") -> None:
    """Print a table with one row per figure and one column per model."""
    from rich.table import Column, Table

    table = Table(Column("figure (95 % interval)", overflow="fold"), *columns)
    for key in next(iter(columns.values())):
        table.add_row(key, *(str(figures[key]) for figures in columns.values()))
    make_console().print(table)


def print_groups(found: "Audit") -> None:
    """Print a table with one row per group of one attribute; pairs stay in the run.

    Attribute and label, figure and interval stand below each other: from 80 characters on no word
    breaks off.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    from training.fairness_report import list_shown

    heads, *rows = list_shown(found)
    names = [row[0].replace(" ", "\n", 1) for row in rows]
    widest = max((len(line) for name in names for line in name.split("\n")), default=0)
    table = Table(
        Column(heads[0], width=min(widest, WIDEST_GROUP), overflow="fold"),
        *(Column(head, overflow="fold") for head in heads[1:-1]),
        Column(heads[-1], no_wrap=True),
        box=SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    for name, (_, *figures, verdict) in zip(names, rows, strict=True):
        shown = (figure.replace(" (", "\n(") for figure in figures)
        table.add_row(name, *shown, verdict.replace(" ", "\n"))
    make_console().print(table)
