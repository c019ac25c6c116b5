"""What the people that a model learnt from never show: fields nobody has, levels nobody is at."""

import numpy as np

from features.contract import Field
from features.matrix import Matrix
from models.usual import Sample


def tell_gaps(sample: Sample) -> list[str]:
    """Return one line per field of which the model could not learn all."""
    columns = zip(sample.contract.fields, sample.matrix.T, strict=True)
    return [line for field, column in columns if (line := _tell_gap(field, column))]


def _tell_gap(field: Field, column: Matrix) -> str:
    known = column[~np.isnan(column)]
    if not len(known):
        return f"{field.label_nl} was missing for everybody: no estimate depends on it"
    if field.kind != "category":
        return ""
    seen = {int(code) for code in np.unique(known)}
    unseen = [label for code, label in enumerate(field.levels.values()) if code not in seen]
    if not unseen:
        return ""
    return f"{field.label_nl}: nobody was {', '.join(unseen)}; such a case counts as an average one"
