"""Who would get support first: by the model, and by the rules of thumb that are used instead."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from training.config import PolicyConfig
from training.policy import MODEL

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rankings:
    """One key per row and ranking, the highest first, NaN last; and which rules were left out."""

    keys: dict[str, Floats]
    left_out: tuple[str, ...]


def build_rankings(
    contract: Contract, matrix: Matrix, gain: Floats, p_usual: Floats, config: PolicyConfig
) -> Rankings:
    """Return the model's ranking and those that it is compared with.

    Rules whose field the contract lacks are left out, with the reason. Among rows of the same key,
    and so in all of "random", a lot decides.
    """
    keys = {MODEL: gain, "random": np.zeros(len(matrix)), "lowest_p_usual": -p_usual}
    left_out = []
    if config.waiting_field in contract.names:
        keys["longest_waiting"] = matrix[:, contract.names.index(config.waiting_field)]
    else:
        left_out.append(f"longest absent: the contract has no field {config.waiting_field}")
    if fault := _find_expectation_fault(contract, config):
        left_out.append(f"own expectation: {fault}")
    else:
        keys["own_expectation"] = _rank_expectation(contract, matrix, config)
    return Rankings(keys, tuple(left_out))


def _find_expectation_fault(contract: Contract, config: PolicyConfig) -> str | None:
    name = config.expectation_field
    if name not in contract.names:
        return f"the contract has no field {name}"
    levels = contract.get_field(name).levels
    if not levels or {*levels, ""} != {*config.expectation_order}:
        return f"the levels of {name} are not those of [policy] expectation_order"
    return None


def _rank_expectation(contract: Contract, matrix: Matrix, config: PolicyConfig) -> Floats:
    """Return a key that is higher the earlier in the order of the configuration an answer is."""
    name = config.expectation_field
    codes = np.nan_to_num(matrix[:, contract.names.index(name)], nan=-1.0)
    keys = np.empty(len(matrix))
    for place, level in enumerate(config.expectation_order):
        keys[codes == contract.get_field(name).codes.get(level, -1.0)] = -place
    return keys
