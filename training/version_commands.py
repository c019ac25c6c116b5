"""The commands on a trained version: evaluate and explain-model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import (
    Data,
    LimitsFile,
    Rejected,
    RejectedTo,
    Seed,
    Uri,
    open_bundle,
    print_figures,
    print_groups,
    read_for_training,
)

if TYPE_CHECKING:
    from datetime import date

    from features.tables import Extract


def evaluate(
    version: Annotated[str, typer.Argument(help="Version, alias, or folder of a bundle.")],
    data: Data,
    seed: Seed = 1,
    tracking_uri: Uri = None,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
    limits: LimitsFile = None,
) -> None:
    """Print how well a version does on the settled screenings of an extract."""
    from features.cohort import build_screenings
    from models.suggestion import read_limits
    from models.usual import Sample
    from training.config import read_config
    from training.evaluate import check_measurable, measure
    from training.fairness import audit_estimates
    from training.fairness_report import tell_fairness

    bundle = open_bundle(version, tracking_uri)
    extract = read_for_training(data, bundle.contract, max_rejected, rejected_to)
    screenings = build_screenings(extract)
    sample = Sample.of(screenings)
    check_measurable(sample)
    estimated = bundle.estimate_many(sample.matrix).usual.value
    config = read_config()
    figures = measure(estimated, sample, config.evaluate, seed)
    print_figures({f"version {bundle.version}": figures})
    typer.echo(f"on {len(sample):,} screenings with a known outcome")
    held = read_limits(limits) if limits else read_limits()
    estimates = bundle.estimate_many(screenings.matrix)
    found = audit_estimates(extract, screenings, estimates, held, config.fairness, seed).audit
    print_groups(found)
    for line in tell_fairness(found):
        typer.echo(line)
    seen = _count_seen(extract, bundle.trained_on)
    if seen:
        typer.secho(
            f"warning: {seen:,} of {len(extract.cases):,} screenings are not later than "
            f"{bundle.trained_on}, until when this version learnt: where it learnt from these, the "
            "figures are too good; those on screenings that it never saw are in its model card",
            fg="yellow",
            err=True,
        )


def explain_model(
    version: Annotated[str, typer.Argument(help="Version, alias, or folder of a bundle.")],
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made when missing.")],
    seed: Seed = 1,
    tracking_uri: Uri = None,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
) -> None:
    """Write a page in Dutch on what drives the estimates of a version, and who gains most."""
    from features.progress import show_steps
    from training.config import read_config
    from training.explain import STEPS, explain
    from training.explain_page import check_folder, write_explanation

    check_folder(out)
    bundle = open_bundle(version, tracking_uri)
    with show_steps(STEPS + 2) as step:
        step("Reading and checking the extract")
        extract = read_for_training(data, bundle.contract, max_rejected, rejected_to)
        found = explain(bundle, extract, seed, read_config().evaluate.resamples, step)
        step("Drawing and writing")
        page = write_explanation(found, out, seed)
    typer.echo(f"wrote {page}, its pictures and drivers.csv for version {bundle.version}")


def _count_seen(extract: "Extract", trained_on: "date") -> int:
    return int((extract.cases["screened_on"].dt.date <= trained_on).sum())
