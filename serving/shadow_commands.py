"""The command that tells how a challenger did beside the champion: shadow."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.clustered import Measured
    from serving.shadow_compare import Comparison

MOST_GROUPS = 15


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("shadow")(shadow)


def shadow(
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Only scores from this day on."),
    ] = None,
    fund: Annotated[
        str | None, typer.Option("--fund", help="Only cases of this sickness fund.")
    ] = None,
) -> None:
    """Tell how a challenger would have differed from the champion, on the same assessments.

    Only totals, and no count under five. Intervals are 90 %, with cases of one person together.
    """
    from serving.deps import get_now
    from serving.settings import read_settings
    from serving.shadow_compare import compare_all
    from serving.store.opening import open_store

    start = since.replace(tzinfo=get_now().tzinfo) if since else None
    with open_store(read_settings().database_url) as store:
        found = compare_all(store, fund=fund, since=start)
    if not found:
        typer.echo(
            "no challenger was scored beside the champion: give a version the alias challenger in "
            "MLflow, and serve with KANTELPUNT_SHADOW on"
        )
    for place, one in enumerate(found):
        typer.echo("" if place else None, nl=bool(place))
        _tell(one)


def _tell(one: "Comparison") -> None:
    from serving.shadow_compare import FEWEST_TO_COMPARE

    duel = one.duel
    typer.echo(
        f"challenger {duel.challenger} beside champion {duel.champion}, "
        f"{duel.first_at:%Y-%m-%d} to {duel.last_at:%Y-%m-%d}"
    )
    if one.usual is None or one.other_suggestion is None:
        typer.echo(f"  fewer than {FEWEST_TO_COMPARE} persons compared: too few to say anything")
        return
    typer.echo(f"  compared          {one.cases:,} assessments of {one.persons:,} persons")
    typer.echo(
        f"  p_usual           {_points(one.usual)} points on average; 95 % move by less than "
        f"{100 * one.most_moved:.1f}"
    )
    typer.echo(f"  gain              {_tell_gain(one)}")
    typer.echo(f"  other suggestion  {_share(one.other_suggestion)}")
    if one.other_reasons and one.other_order:
        typer.echo(f"  other top three   {_share(one.other_reasons)} of the reasons for p_usual")
        typer.echo(f"  other order only  {_share(one.other_order)}")
    typer.echo(f"  time              {one.milliseconds:.2f} ms a score, scored together")
    _tell_matrix(one)
    _tell_groups(one)


def _points(found: "Measured") -> str:
    return f"{100 * found.value:+.2f} ({100 * found.low:+.2f} to {100 * found.high:+.2f})"


def _share(found: "Measured") -> str:
    from models.shares import FEWEST_SHOWN

    if 0 < round(found.value * found.cases) < FEWEST_SHOWN:
        return f"fewer than {FEWEST_SHOWN} assessments"
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def _tell_gain(one: "Comparison") -> str:
    from models.shares import FEWEST_SHOWN

    if one.gain is None:
        told = "known to both of too few to compare"
    else:
        told = f"{_points(one.gain)} points on average, of {one.gain.cases:,} where both know it"
    for name, count in (
        ("champion", one.only_champion_gain),
        ("challenger", one.only_challenger_gain),
    ):
        shown = f"fewer than {FEWEST_SHOWN}" if 0 < count < FEWEST_SHOWN else f"{count:,}"
        told += f"; only the {name} knows it of {shown}" if count else ""
    return told


def _tell_matrix(one: "Comparison") -> None:
    from models.shares import FEWEST_SHOWN
    from models.suggestion import Suggestion

    typer.echo("  suggestion of the champion (down) and of the challenger (across)")
    typer.echo("    " + " " * 10 + "".join(f"{new.value:>10}" for new in Suggestion))
    for old in Suggestion:
        cells = [one.matrix[old, new] for new in Suggestion]
        typer.echo(
            f"    {old.value:<10}"
            + "".join(f"{'hidden' if c is None else f'{c:,}':>10}" for c in cells)
        )
    if None in one.matrix.values():
        typer.echo(f"    hidden: fewer than {FEWEST_SHOWN}, or what would tell such a count")


def _tell_groups(one: "Comparison") -> None:
    if not one.groups_seen:
        typer.echo("  groups            none large enough to look at")
        return
    typer.echo(
        f"  groups            {len(one.groups)} of {one.groups_seen} move otherwise than the rest; "
        "by chance that is any at all in one comparison of ten"
    )
    for group in one.groups[:MOST_GROUPS]:
        typer.echo(
            f"    {100 * group.beyond.value:+.1f} points beyond the rest  {group.label_nl} "
            f"({group.moves.cases:,})"
        )
    if len(one.groups) > MOST_GROUPS:
        typer.echo(f"    and {len(one.groups) - MOST_GROUPS} more")
