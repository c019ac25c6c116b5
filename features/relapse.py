"""When falling ill again continues the old spell: periods set by law."""

from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Phase(StrEnum):
    """The first year of incapacity, and what follows it."""

    PRIMARY = "primary"
    INVALIDITY = "invalidity"


_WITHIN = {Phase.PRIMARY: pd.DateOffset(days=14), Phase.INVALIDITY: pd.DateOffset(months=3)}


def find_relapses(
    resumed_on: pd.Series, ill_again_on: pd.Series, is_primary: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell of each return to work whether falling ill again continues the spell before it.

    Coordinated law on health insurance of 14 July 1994, art. 87 and 93: within the first 14 days
    after the end of a primary incapacity, within the first three months after an invalidity.
    """
    primary, invalidity = (resumed_on + _WITHIN[phase] for phase in Phase)
    return np.asarray((ill_again_on < primary.where(is_primary, invalidity)).to_numpy(dtype=bool))
