"""An import from file to store, as the command does it."""

from pathlib import Path

from serving.intake_file import (
    MAX_REJECTED,
    Intake,
    import_rows,
    open_import,
    read_arrival,
)
from serving.store.imports import Imported


def import_cases(
    path: Path,
    intake: Intake,
    *,
    max_rejected: float = MAX_REJECTED,
    rejected_to: Path | None = None,
) -> Imported:
    """Assess every good case of a file or folder and keep it; a second time changes nothing."""
    contract = intake.bundle.contract
    arrival = read_arrival(path, contract, max_rejected=max_rejected, rejected_to=rejected_to)
    return import_rows(arrival, open_import(arrival, intake), intake, count=lambda _: None)
