"""An MLflow of one's own for each test that needs one: its tables take seconds to make."""

import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from training.config import read_config
from training.tracking import RegistryError, find_latest


def make_tracking(folder: Path) -> str:
    """Return the address of an MLflow in a folder, with tables and nothing in them."""
    shutil.copy(_get_template(), folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"


@cache
def _get_template() -> Path:
    path = Path(mkdtemp(prefix="kantelpunt-mlflow-")) / "template.db"
    path.touch()
    with suppress(RegistryError):  # nothing is registered there: asking makes the tables
        find_latest(read_config().registry, f"sqlite:///{path}")
    return path
