"""Earlier estimates of a case, and what changed between the last two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.suggestion import SUGGESTION_NL
from serving.case_file import CaseFile
from serving.changes import Changes, FieldChange, Move, NumberChange
from serving.estimate_view import EstimateView, view_estimate
from serving.wording import VISIBLE_POINTS

MOST_SHOWN, MOST_OPEN = 10, 3
MOST_MOVES = 3


@dataclass(frozen=True)
class EarlierView:
    """One earlier estimate."""

    screened_on: date
    model_version: str
    estimate: EstimateView


@dataclass(frozen=True)
class ChangesView:
    """What changed since the estimate of `since`, in sentences; `moves` only for who sees points.

    With `is_other_model` part of a difference is of the model, and nothing says which part.
    """

    since: date
    sentences_nl: Sequence[str]
    fields: Sequence[FieldChange]
    moves: Sequence[Move]
    moved_nl: str
    is_other_model: bool


@dataclass(frozen=True)
class HistoryView:
    """The last of the earlier estimates, those before, how many are not shown, and what changed."""

    first: Sequence[EarlierView]
    more: Sequence[EarlierView]
    left_out: int
    changes: ChangesView | None

    @classmethod
    def of(cls, file: CaseFile, *, shows_points: bool) -> "HistoryView":
        """Return the history of a case that may be shown."""
        before = file.history[1:]
        shown = [
            EarlierView(a.screened_on, a.model_version, view_estimate(a))
            for a in before[:MOST_SHOWN]
        ]
        changes = _view_changes(file, file.changes, shows_points) if file.changes else None
        return cls(shown[:MOST_OPEN], shown[MOST_OPEN:], len(before) - len(shown), changes)


def _view_changes(file: CaseFile, changes: Changes, shows_points: bool) -> ChangesView:
    after, before = file.history[0], file.history[1]
    now, then = view_estimate(after), view_estimate(before)
    said = [_compare_nl("De kans zonder extra steun", then.usual.op_100, now.usual.op_100)]
    if now.support and then.support:
        said.append(_compare_nl("De kans met steun", then.support.op_100, now.support.op_100))
    elif now.support:
        said.append("Het effect van steun was toen niet bekend en is nu wel geschat.")
    elif then.support:
        said.append("Het effect van steun was toen geschat en is nu niet bekend.")
    said.append(_compare_suggestion_nl(changes))
    number = changes.support or changes.usual
    return ChangesView(
        since=before.screened_on,
        sentences_nl=said,
        fields=changes.fields,
        moves=_pick_moves(number) if shows_points else (),
        moved_nl="de kans met steun" if changes.support else "de kans zonder extra steun",
        is_other_model=changes.is_other_model,
    )


def _compare_nl(what: str, before: int, after: int) -> str:
    if before == after:
        return f"{what} bleef {after} op 100."
    verb = "steeg" if after > before else "daalde"
    return f"{what} {verb} van {before} naar {after} op 100."


def _compare_suggestion_nl(changes: Changes) -> str:
    before, after = (
        SUGGESTION_NL[one] for one in (changes.suggestion_before, changes.suggestion_after)
    )
    if before == after:
        return f'Het voorstel bleef "{after}".'
    return f'Het voorstel was "{before}" en is nu "{after}".'


def _pick_moves(number: NumberChange) -> list[Move]:
    visible = [move for move in number.moves or () if abs(move.points) >= VISIBLE_POINTS]
    return visible[:MOST_MOVES]
