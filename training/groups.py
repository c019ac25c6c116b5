"""The groups of an audit: from the table of groups, which no model sees, and from the cases."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cohort import Screenings
from features.contract import Field
from features.tables import Extract
from models.fairness import FairnessConfig

Labels = NDArray[np.object_]
Groups = Mapping[str, Labels]
AGE, REGION, ANSWERED = "age", "region", "questionnaire"
MOST_LABELS = 20  # of an attribute: a column of names would otherwise be listed name by name
OTHERS = "others"


def list_groups(
    extract: Extract, screenings: Screenings, config: FairnessConfig
) -> dict[str, Labels]:
    """Return a label per screening for each attribute; "" where it is not known.

    First what the extract says of people in its table of groups, then age, then the case.
    """
    rows = pd.Index(screenings.case_id)
    by_case = extract.groups.drop_duplicates("case_id").set_index("case_id")
    found = {str(name): _to_labels(by_case[name].reindex(rows)) for name in by_case.columns}
    found = {name: labels for name, labels in found.items() if (labels != "").any()}
    if AGE not in found and (age := _find(screenings, config.age_field)) is not None:
        found[AGE] = _band(age[1], config.age_bands)
    regions = extract.cases.drop_duplicates("case_id").set_index("case_id")["region"]
    found[REGION] = _to_labels(regions.reindex(rows))
    for name in config.case_fields:
        if (column := _find(screenings, name)) is not None:
            found.setdefault(name, _decode(*column))
    answers = list(screenings.contract.answers)
    if answers:
        silent = np.isnan(screenings.matrix[:, answers]).all(axis=1)
        found[ANSWERED] = np.where(silent, "no", "yes").astype(object)
    return found


def keep_people(groups: Groups, extract: Extract) -> dict[str, Labels]:
    """Return the groups that say who somebody is, without those that say what the case is."""
    return {name: one for name, one in groups.items() if name in {AGE, *extract.groups.columns}}


def _to_labels(values: pd.Series) -> Labels:
    """Return texts, "" where nothing is known, and the rarest as one where there are very many."""
    texts = values.astype(object).where(values.notna(), "")
    common = texts.value_counts(sort=True).index[:MOST_LABELS]
    labels: Labels = texts.where(texts.isin(common), OTHERS).to_numpy(dtype=object)
    return labels


def _find(screenings: Screenings, name: str) -> tuple[Field, NDArray[np.float64]] | None:
    names = screenings.contract.names
    if name not in names:
        return None
    place = list(names).index(name)
    return screenings.contract.fields[place], screenings.matrix[:, place]


def _band(age: NDArray[np.float64], bands: tuple[float, ...]) -> Labels:
    """Return ages as bands: 0_to_34, 35_to_49 and so on."""
    edges = [0.0, *bands]
    between = [f"{low:g}_to_{high - 1:g}" for low, high in zip(edges, bands, strict=False)]
    names = np.array([*between, f"{bands[-1]:g}_and_over"], dtype=object)
    labels: Labels = names[np.searchsorted(bands, np.nan_to_num(age), side="right")]
    labels[np.isnan(age)] = ""
    return labels


def _decode(field: Field, values: NDArray[np.float64]) -> Labels:
    names = {code: key for key, code in field.codes.items()} or {0.0: "no", 1.0: "yes"}
    return _to_labels(pd.Series(values).map(names))
