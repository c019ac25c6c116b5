"""A version, an extract and an explanation of the one over the other, for tests."""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from features.contract import Contract, default_contract
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.bundle import Bundle, read_bundle, write_bundle
from models.estimate import GainStatus
from models.heads import NINETY_PERCENT, SpreadHead
from models.screening import ScreeningModel
from tests.factories import (
    make_gain,
    make_line,
)
from training.explain import Explanation, explain

RESAMPLES = 20
INFO = {
    "trained_on": "2026-06-30",
    "gain": {"mean": [0.05, 0.03, 0.07], "hidden": 0.02, "starts": 900, "comparisons": 4000},
}


def make_bundle(
    folder: Path, status: GainStatus = GainStatus.ESTIMATED, contract: Contract | None = None
) -> Bundle:
    contract = contract or default_contract()
    usual = {"age_years": -0.01, "work_ability": 0.03}
    gained = {"has_contract": -0.1} if status is GainStatus.ESTIMATED else {}
    known = {name: slope for name, slope in usual.items() if name in contract.names}
    gain = make_gain(
        contract, status, base=0.05, slopes={n: s for n, s in gained.items() if n in contract.names}
    )
    model = ScreeningModel(
        contract,
        make_line(contract, 0.4, known),
        SpreadHead(None, (0.1 / NINETY_PERCENT) ** 2),
        None if status is GainStatus.UNKNOWN else gain,
    )
    write_bundle(folder, model, INFO, "# Card\n")
    return read_bundle(folder, "7")


@cache
def get_folder() -> Path:
    """Return the folder of an extract in which support went by lot."""
    made = Path(mkdtemp(prefix="kantelpunt-explain-"))
    cohort = build_cohort(default_contract(), 1500, seed=3, world="rct", until=date(2026, 6, 30))
    write_cohort(cohort, made / "data", default_contract())
    return made / "data"


@cache
def get_extract() -> Extract:
    """Return that extract."""
    return read_extract(get_folder())


@cache
def get_bundle() -> Bundle:
    """Return a version whose gain differs by whether there is a contract."""
    return make_bundle(get_folder().parent / "bundle")


@cache
def get_explanation() -> Explanation:
    """Return why that version says what it says of that extract."""
    return explain(get_bundle(), get_extract(), 1, RESAMPLES)
