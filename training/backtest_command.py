"""`kantelpunt backtest`: how far off forecasts were from months in the past, per method."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.command_parts import (
    ConfigFile,
    Rejected,
    RejectedTo,
    RunsToSync,
    Seed,
    Uri,
    make_console,
)
from training.forecast_command import AsOf, Entries, find_day

if TYPE_CHECKING:
    from models.intake.backtest import Backtest
    from models.intake.panel import Floats

LAYER = "regions"


def backtest(
    data: Entries,
    origins: Annotated[
        int, typer.Option("--origins", min=1, max=60, help="Months in the past to start from.")
    ] = 12,
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=36, help="How far ahead.")] = 12,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="JSON to write, for `kantelpunt forecast --choice`."),
    ] = None,
    as_of: AsOf = None,
    seed: Seed = 0,
    max_rejected: Rejected = 0.05,
    rejected_to: RejectedTo = None,
    config: ConfigFile = None,
    tracking_uri: Uri = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who tests; without it KANTELPUNT_BY, or the user here."),
    ] = None,
    runs_to_sync: RunsToSync = Path("var/runs-to-sync"),
) -> None:
    """Compare ways to forecast entries from months in the past, and choose one per horizon."""
    from features.progress import show_steps
    from training.backtest_run import STEPS, backtest_and_keep
    from training.config import read_config
    from training.forecast_choice import write_choice
    from training.record import read_command
    from training.tracking import resolve_uri

    settings = read_config(config) if config else read_config()
    with show_steps(STEPS) as step:
        tested = backtest_and_keep(
            data,
            settings,
            resolve_uri(tracking_uri),
            horizon=horizon,
            origins=origins,
            as_of=find_day(as_of),
            seed=seed,
            max_rejected=max_rejected,
            rejected_to=rejected_to,
            by=by,
            command=read_command(),
            runs_to_sync=runs_to_sync,
            report=step,
        )
    _print(tested.found, has_groups=tested.panel.groups is not None)
    if out:
        write_choice(out, tested.found.to_plain())
        typer.echo(f"wrote {out}")
    typer.echo(f"kept run {tested.made.run_id}")


def _print(found: "Backtest", *, has_groups: bool) -> None:
    """Print a table per figure, with a row per horizon and a column per method."""
    scores = {name: layers[LAYER] for name, layers in found.scores.items()}
    one = next(iter(scores.values()))
    first, last = found.origins[0], found.origins[-1]
    typer.echo(f"{len(found.origins)} origins, from what was known until {first} to {last}")
    _print_table(
        "MASE over regions, below 1 is better than last year's count",
        {name: one.mase for name, one in scores.items()},
        "{:.2f}",
    )
    _print_table(
        "Weighted quantile loss, of what came",
        {name: one.wql for name, one in scores.items()},
        "{:.3f}",
    )
    for level in one.coverage:
        values = {name: 100 * one.coverage[level] for name, one in scores.items()}
        _print_table(f"Within the interval of {100 * level:.0f} %", values, "{:.0f} %")
    _print_means(found, has_groups=has_groups)
    for line in _tell_choice(found.choice.methods):
        typer.echo(line)


def _print_table(title: str, columns: "dict[str, Floats]", shape: str) -> None:
    from rich.table import Table

    table = Table("ahead", *columns)
    for ahead in range(len(next(iter(columns.values())))):
        table.add_row(str(ahead + 1), *(_show(c[ahead], shape) for c in columns.values()))
    console = make_console()
    console.print(title, style="bold")
    console.print(table)


def _show(value: float, shape: str) -> str:
    return shape.format(value) if value == value else "-"  # NaN is not itself


def _print_means(found: "Backtest", *, has_groups: bool) -> None:
    """Print the mean MASE of each layer: regions, groups and the total."""
    from rich.table import Table

    from models.intake.scores import mean_of

    table = Table("MASE, mean of horizons", *found.scores)
    for layer in ("regions", *(["groups"] if has_groups else []), "total"):
        means = [mean_of(layers[layer].mase) for layers in found.scores.values()]
        table.add_row(layer, *("-" if mean is None else f"{mean:.3f}" for mean in means))
    make_console().print(table)


def _tell_choice(methods: tuple[str, ...]) -> Iterator[str]:
    """Yield a line per run of horizons that one method serves."""
    start = 0
    for place in range(1, len(methods) + 1):
        if place == len(methods) or methods[place] != methods[start]:
            span = f"{start + 1}" if place == start + 1 else f"{start + 1} to {place}"
            yield f"chosen for {span} ahead: {methods[start]}"
            start = place
