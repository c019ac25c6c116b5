"""Whether the parts of a model fit each other and the contract: what its smoke cases cannot show.

A part may be readable and still reach for a field that is not there, or only for few people.
"""

from collections.abc import Sequence
from math import isclose

from features.contract import Contract
from models.answers import AnswerTable
from models.curve import CurveHead
from models.estimate import GainStatus
from models.heads import AdditiveHead, GainHead, SpreadHead, TreeHead
from models.levels import LevelTable
from models.screening import ScreeningModel

LARGEST = 1e12  # no field and no part of an estimate comes near


def check_whole(model: ScreeningModel) -> None:
    """Raise ValueError where the parts of a model do not fit."""
    contract = model.contract
    _check_head(model.usual, contract)
    _check_spread(model.spread, contract)
    if model.gain is not None:
        _check_gain(model.gain, contract)
    if model.curve is not None:
        _check_curve(model.curve, contract)
    if model.answers is not None:
        _check_answers(model.answers, contract)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("parts of the model do not fit")


def _check_columns(columns: Sequence[int], known: Sequence[int]) -> None:
    _require(all(type(one) is int and one in known for one in columns))
    _require(len(set(columns)) == len(columns))


def _check_levels(table: LevelTable, contract: Contract) -> None:
    fields = contract.fields
    _check_columns(table.columns, [i for i, field in enumerate(fields) if field.levels])
    for column, values in zip(table.columns, table.values, strict=True):
        _require(len(values) == len(fields[column].levels) + 1)
        _check_numbers(values)


def _check_numbers(values: Sequence[float]) -> None:
    _require(all(type(one) in (int, float) and abs(one) <= LARGEST for one in values))


def _check_trees(head: TreeHead | None, contract: Contract) -> None:
    if head is not None:
        _require(head.trees.width == len(contract.fields))
        _check_levels(head.encoding, contract)


def _check_head(head: AdditiveHead, contract: Contract) -> None:
    line = head.linear
    _check_columns(line.columns, range(len(contract.fields)))
    for values in (line.offset, line.slope, line.missing):
        _require(len(values) == len(line.columns))
        _check_numbers(values)
    _check_levels(line.levels, contract)
    _check_trees(head.boosted, contract)
    _require(0 <= head.share <= 1)
    _check_numbers((head.calibration.intercept, head.calibration.slope))


def _check_spread(spread: SpreadHead, contract: Contract) -> None:
    _require(spread.floor >= 0)
    _check_trees(spread.variance, contract)


def _check_gain(gain: GainHead, contract: Contract) -> None:
    _require(gain.status is not GainStatus.UNKNOWN and gain.hidden >= 0)
    _check_head(gain.head, contract)
    _check_spread(gain.spread, contract)
    if gain.status is GainStatus.SAME_FOR_ALL:
        line = gain.head.linear
        levels = (one for values in line.levels.values for one in values)
        _require(gain.head.boosted is None)
        _require(not any((*line.offset, *line.slope, *line.missing, *levels)))
    if gain.overlap is not None:
        _require(gain.overlap.least <= gain.overlap.most)
        _check_trees(gain.overlap.chance, contract)


def _check_curve(curve: CurveHead, contract: Contract) -> None:
    horizon, days = contract.outcome.horizon_days, [step.days for step in curve.steps]
    _require(curve.horizon_days == horizon and horizon not in days)
    _require(days == sorted(set(days)) and min(days, default=1) > 0)
    _require(sum(day < horizon for day in days) <= 1 and max(days, default=1) <= 2 * horizon)
    for step in curve.steps:
        _require(step.error >= 0 and step.shift_error >= 0)
        _check_head(step.head, contract)


def _check_answers(table: AnswerTable, contract: Contract) -> None:
    _check_columns(table.columns, contract.answers)
    for _, values, shares in zip(table.columns, table.values, table.shares, strict=True):
        _require(len(values) == len(shares) > 0)
        _check_numbers((*values, *shares))
        _require(isclose(sum(shares), 1.0, abs_tol=1e-6) and min(shares) >= 0)
