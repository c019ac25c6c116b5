"""From a checked table of entries to the panel that a forecast reads."""

import numpy as np

from features.entries import EntryTable
from features.entry_changes import STOPPED
from models.intake.faults import IntakeError
from models.intake.panel import Panel


def to_panel(table: EntryTable) -> Panel:
    """Return the counts of entered, without the regions that have had none for half a year.

    Those have stopped: `find_defects` names them. Raises IntakeError where all have.
    """
    counts = table.get_counts()
    kept = ~np.isnan(counts[:, -STOPPED:]).all(axis=1)
    if not kept.any():
        raise IntakeError(f"entries: no region has a count in the last {STOPPED} periods")
    places = np.flatnonzero(kept).tolist()
    groups = table.groups and tuple(table.groups[place] for place in places)
    regions = tuple(table.regions[place] for place in places)
    return Panel(regions, table.starts, table.days, counts[kept], groups)
