"""The commands of training: synth, train and score here, those on a version beside it."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from training.backtest_command import backtest
from training.challenge_command import challenge
from training.check_command import check
from training.command_parts import (
    ConfigFile,
    ContractFile,
    Data,
    Engine,
    EngineName,
    LimitsFile,
    Model,
    Rejected,
    RejectedTo,
    RunsToSync,
    Scheduler,
    Seed,
    Uri,
    choose_contract,
    find_model,
    open_engine,
    print_figures,
    say_faults,
    say_rejected,
)
from training.document_command import document
from training.forecast_command import forecast
from training.limits_command import limits
from training.release_commands import gates, history, release, rollback
from training.sync_command import sync
from training.version_commands import evaluate, explain_model
from training.versions_command import versions

WORLDS = (
    "How support works. default: as in the literature; null: not at all; rct: given by lot; "
    "ignorable: given for what the fields show only; sign_flip: it helps some and harms others."
)


class World(StrEnum):
    """The made-up worlds of `kantelpunt synth`."""

    DEFAULT = "default"
    NULL = "null"
    RCT = "rct"
    IGNORABLE = "ignorable"
    SIGN_FLIP = "sign_flip"


class Format(StrEnum):
    """File formats of an extract."""

    PARQUET = "parquet"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the commands of training to the command line."""
    for command in (synth, check, train, sync, evaluate, explain_model, document, score, limits):
        app.command()(command)
    for releasing in (versions, gates, release, challenge, rollback, history):
        app.command()(releasing)
    for planning in (forecast, backtest):
        app.command()(planning)


def synth(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made when missing.")],
    persons: Annotated[int, typer.Option("--persons", min=1, help="Persons screened.")] = 20_000,
    seed: Seed = 1,
    world: Annotated[World, typer.Option("--world", help=WORLDS)] = World.DEFAULT,
    until: Annotated[
        datetime,
        typer.Option(
            "--until", formats=["%Y-%m-%d"], show_default="2026-06-30", help="Last day of the data."
        ),
    ] = datetime(2026, 6, 30),  # noqa: DTZ001
    fmt: Annotated[Format, typer.Option("--format", help="File format.")] = Format.PARQUET,
    contract: ContractFile = None,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when the folder holds an extract.")
    ] = False,
) -> None:
    """Write a synthetic extract with its truth."""
    from features.contract import default_contract, read_contract
    from features.synthetic import build_cohort, write_cohort

    if if_missing and any(path.stem.lower() == "cases" for path in out.glob("*")):
        typer.echo(f"{out} holds an extract already; left as it is")
        return
    chosen = read_contract(contract) if contract else default_contract()
    cohort = build_cohort(chosen, persons, seed, world.value, until.date())
    write_cohort(cohort, out, chosen, fmt.value)
    typer.echo(f"wrote {len(cohort.tables['cases']):,} screenings of {persons:,} persons to {out}")


def train(
    data: Data,
    contract: ContractFile = None,
    seed: Seed = 1,
    tracking_uri: Uri = None,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
    config: ConfigFile = None,
    by_lot: Annotated[
        bool, typer.Option("--by-lot", help="Support was given by lot on the screening day.")
    ] = False,
    tune: Annotated[
        float | None, typer.Option("--tune", min=0, help="Seconds to search for better settings.")
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=0, help="Trials to search; broken off, it goes on there."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who trains; without it KANTELPUNT_BY, or the user here."),
    ] = None,
    runs_to_sync: RunsToSync = Path("var/runs-to-sync"),
    engine: Engine = EngineName.LOCAL,
    scheduler: Scheduler = None,
) -> None:
    """Train on an extract, test in time order, and register a version in MLflow."""
    from features.progress import show_steps
    from training.config import read_config
    from training.keep import STEPS_OF_RUN, train_and_keep
    from training.record import read_command
    from training.tell import list_warnings, tell_training
    from training.tune import Budget

    where, is_tuned = rejected_to or data, not (tune is None and trials is None)
    with open_engine(engine, scheduler, config) as cluster, show_steps(STEPS_OF_RUN) as step:
        run = train_and_keep(
            data,
            uri=tracking_uri,
            config=read_config(config) if config else None,
            seed=seed,
            contract=choose_contract(contract),
            max_rejected=max_rejected,
            rejected_to=where,
            by_lot=by_lot,
            budget=Budget(tune, trials, count=step.count) if is_tuned else None,
            by=by,
            command=read_command(),
            runs_to_sync=runs_to_sync,
            cluster=cluster,
            report=step,
            tell_extract=lambda extract: say_rejected(extract, where),
        )
    trained, made = run.trained, run.made
    print_figures(trained.figures)
    if trained.groups:
        print_figures(trained.groups)
    for line in tell_training(trained):
        typer.echo(line)
    for warning in list_warnings(trained):
        typer.secho(f"warning: {warning}", fg="yellow", err=True)
    typer.echo(f"registered version {made.version} (run {made.run_id})")
    typer.echo(
        f"see what its gates say: kantelpunt gates {made.version}; then: "
        f"kantelpunt release {made.version}"
    )


def score(
    data: Annotated[Path, typer.Option("--data", help="Folder of an extract, or a cases file.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .parquet or .csv.")],
    model: Model = "champion",
    tracking_uri: Uri = None,
    max_rejected: Rejected = 0.05,
    rejected_to: Annotated[
        Path | None,
        typer.Option("--rejected-to", help="Folder for rejected.csv; without it, beside --out."),
    ] = None,
    limits: LimitsFile = None,
    threads: Annotated[
        int, typer.Option("--threads", min=1, help="Cores to use: a process each for a large file.")
    ] = 2,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what a run that was broken off has left.")
    ] = False,
    engine: Engine = EngineName.LOCAL,
    scheduler: Scheduler = None,
) -> None:
    """Estimate every case of an extract or a file, with the strongest reasons.

    A run that was broken off goes on where it was: start it again with the same options.
    """
    from features.progress import show_count
    from features.tables import find_cases
    from models.bundle import read_bundle
    from models.suggestion import read_limits
    from training.engine_score import score_with
    from training.score import check_output
    from training.score_file import count_cases, score_file
    from training.score_join import Job

    check_output(out)
    held = read_limits(limits) if limits else read_limits()
    folder, version = find_model(model, tracking_uri)
    where, cases = rejected_to or out.parent, find_cases(data)
    bundle = read_bundle(folder, version)
    job = Job(cases, out, bundle, folder, held, max_rejected, where)
    with (
        open_engine(engine, scheduler) as cluster,
        show_count("Scored", count_cases(cases)) as count,
    ):
        work_off = score_with(cluster) if cluster else None
        scored = score_file(job, threads, restart=restart, report=count, work_off=work_off)
    say_faults(scored.faults, where)
    typer.echo(f"wrote {scored.rows:,} estimates of version {bundle.version} to {out}")
