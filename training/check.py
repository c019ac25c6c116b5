"""What an extract can and cannot tell, before anything is trained: counts, and a verdict each.

Everything is asked of the functions that training itself uses, so that a verdict here is what
`kantelpunt train` would find.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.cohort import build_screenings
from features.contract import Contract
from features.errors import KantelpuntError
from features.leaks import Suspect
from features.row_order import sort_rows
from features.tables import Extract
from models.curve_fit import StepNote, plan_curve
from models.curve_rows import see_screenings
from models.usual import Sample
from training.check_gain import GainOutlook, look_at_gain
from training.check_groups import GroupOutlook, count_fewest_lost, look_at_groups
from training.check_usual import UsualOutlook, look_at_usual
from training.config import Config
from training.fairness import take_tested
from training.matured import HalfYear, count_half_years
from training.profile import (
    FieldProfile,
    TableProfile,
    list_reasons,
    profile_fields,
    profile_tables,
)
from training.samples import look_for_leaks, take_samples
from training.splits import Windows, build_windows

Report = Callable[[str], None]
STEPS = 5


class PageNotWrittenError(KantelpuntError):
    """A page that cannot be kept where it was asked for."""


@dataclass(frozen=True)
class Checked:
    """What was found; parts that could not be looked at are None or empty.

    `missing` names the tables that training needs and that are not there; `too_many` the tables of
    which more rows were set aside than may be. `stop` tells why `kantelpunt train` would stop.
    `fewest_lost` is about how many of a group must not have returned for errors to be judged.
    """

    contract: Contract
    tables: list[TableProfile]
    missing: tuple[str, ...]
    too_many: tuple[str, ...]
    reasons: list[tuple[str, str, str, int]]
    fields: list[FieldProfile]
    half_years: list[HalfYear]
    windows: Windows | None
    counts: dict[str, int]
    usual: UsualOutlook | None
    gain: GainOutlook | None
    curve: list[StepNote]
    groups: list[GroupOutlook]
    suspects: list[Suspect]
    stop: str
    fewest_lost: int

    @property
    def can_train(self) -> bool:
        """Whether `kantelpunt train` would end with a model."""
        return not self.stop


def check_extract(
    extract: Extract,
    config: Config,
    seed: int,
    report: Report,
    *,
    present: frozenset[str],
    needed: tuple[str, ...],
    too_many: tuple[str, ...] = (),
    by_lot: bool = False,
) -> Checked:
    """Return what can be estimated from an extract that was read without a limit on faults.

    `present` are the tables of which there is a file, `needed` those that training needs,
    `too_many` those of which more rows were set aside than may be.
    """
    report("Profiling the tables")
    extract = sort_rows(extract)  # as training does: the same rows, so the same folds
    tables, fields = profile_tables(extract), profile_fields(extract)
    missing = tuple(name for name in needed if name not in present)
    stop = _tell_missing(missing) or _tell_rejected(too_many)
    as_of = None if missing else _find_last_day(extract)
    report("Looking for outcomes, in time order")
    windows, samples, why = _take(extract, config) if as_of else (None, {}, "")
    stop = stop or why
    report("Trying how precise estimates could be")
    usual = look_at_usual(samples, config, seed) if samples else None
    report("Looking for people to compare the supported with")
    gain = look_at_gain(extract, config, seed, as_of=as_of, by_lot=by_lot) if as_of else None
    report("Counting groups")
    groups = []
    if windows and not stop:
        tested = take_tested(extract, windows)
        groups = look_at_groups(extract, tested, config.fairness, config.check)
    return Checked(
        contract=extract.contract,
        tables=tables,
        missing=missing,
        too_many=too_many,
        reasons=list(list_reasons(extract)),
        fields=fields,
        half_years=count_half_years(extract, as_of) if as_of else [],
        windows=windows,
        counts={name: len(sample) for name, sample in samples.items()},
        usual=usual,
        gain=gain,
        curve=_plan(extract, as_of) if as_of else [],
        groups=groups,
        suspects=look_for_leaks(build_screenings(extract), windows) if windows else [],
        stop=stop,
        fewest_lost=count_fewest_lost(config.fairness, config.check),
    )


def _tell_missing(missing: tuple[str, ...]) -> str:
    if not missing:
        return ""
    return (
        f"{', '.join(missing)} {'are' if len(missing) > 1 else 'is'} not in the folder: without it "
        "nobody knows who returned: add it"
    )


def _tell_rejected(tables: tuple[str, ...]) -> str:
    if not tables:
        return ""
    return (
        f"more rows of {', '.join(tables)} are set aside than may be: mend them (--rejected-to "
        "FOLDER lists every fault), or raise --max-rejected"
    )


def _find_last_day(extract: Extract) -> date:
    last: date = extract.follow_up["observed_until"].max().date()
    return last


def _take(extract: Extract, config: Config) -> tuple[Windows | None, dict[str, Sample], str]:
    """Return windows and samples as training takes them, and why it would stop."""
    windows = None
    try:
        windows = build_windows(extract, config.windows)
        return windows, take_samples(extract, windows, config.windows), ""
    except KantelpuntError as error:
        return windows, {}, str(error)


def _plan(extract: Extract, as_of: date) -> list[StepNote]:
    people = see_screenings(extract, as_of)
    if not len(people.matrix) or np.isnan(people.seen[people.horizon].returned).all():
        return []
    return [note for note, _, _ in plan_curve(people, extract.contract)]
