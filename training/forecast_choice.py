"""The method per horizon, as a backtest chose it and a file keeps it."""

import json
from collections.abc import Mapping
from pathlib import Path

from features.errors import KantelpuntError
from features.whole_file import written_whole
from models.intake.choice import Choice
from models.intake.methods import METHODS


class ChoiceError(KantelpuntError):
    """A file that names no methods to forecast with."""


def write_choice(path: Path, backtest: Mapping[str, object]) -> None:
    """Write the JSON of a backtest, from which `read_choice` reads; raises ChoiceError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as beside:
            beside.write_text(json.dumps(backtest, indent=1), encoding="utf-8")
    except OSError as error:
        raise ChoiceError(
            f"{path} cannot be written ({error.strerror}): give another file with --out"
        ) from error


def read_choice(path: Path) -> Choice:
    """Return the choice in the JSON of a backtest; raises ChoiceError for another file."""
    try:
        methods = tuple(json.loads(path.read_text(encoding="utf-8"))["choice"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ChoiceError(
            f"{path} holds no choice of methods ({type(error).__name__}): make it with "
            "`kantelpunt backtest --out FILE`"
        ) from error
    if not methods or not all(one in METHODS for one in methods):
        raise ChoiceError(f"{path} names methods that we lack: expected {', '.join(METHODS)}")
    return Choice(methods)
