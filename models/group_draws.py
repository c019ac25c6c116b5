"""Groups as cells of partitions, and their sums: as they are, drawn again, and dealt anew.

Every sum over a cell is one product with a sparse matrix of cells by rows, for all partitions at
once, so that a draw costs one pass over the rows however many groups there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cells:
    """Groups that are large enough: `family` is 1 for those of one attribute, 2 for pairs.

    `partition` is the number of the partition of each cell, `members` its rows (a matrix of cells
    by rows), `persons` how many people it holds. `refused` holds the groups that are too small.
    """

    attributes: tuple[tuple[str, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    partition: Places
    family: Places
    persons: Places
    members: csr_array
    refused: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.labels)

    def add_up(self, values: Floats) -> Floats:
        """Return the sums of columns of values, one row per cell."""
        sums: Floats = self.members @ values
        return sums


def build_cells(
    groups: Mapping[str, NDArray[np.object_]], person: Places, fewest: int, pairs: bool = True
) -> Cells:
    """Return the groups of each attribute and of each pair, with at least `fewest` persons."""
    single = [(name,) for name in groups]
    chosen = single + (list(combinations(groups, 2)) if pairs else [])
    coded = {name: _code(labels) for name, labels in groups.items()}
    attributes, labels, partition, persons, refused = [], [], [], [], []
    rows: list[Places] = []
    for number, names in enumerate(chosen):
        for label, place in _split([coded[name] for name in names]):
            count = len(np.unique(person[place]))
            if count < fewest:
                refused.append((names, label))
                continue
            attributes.append(names)
            labels.append(label)
            partition.append(number)
            persons.append(count)
            rows.append(place)
    ends = np.cumsum([0, *map(len, rows)])
    found = np.concatenate(rows) if rows else np.empty(0, np.int64)
    members = csr_array((np.ones(len(found)), found, ends), shape=(len(rows), len(person)))
    family = np.array([len(names) for names in attributes], np.int64)
    return Cells(
        tuple(attributes),
        tuple(labels),
        np.array(partition, np.int64),
        family,
        np.array(persons, np.int64),
        members,
        tuple(refused),
    )


def _code(labels: NDArray[np.object_]) -> tuple[list[str], Places]:
    texts = np.array([str(one) if one is not None and one == one else "" for one in labels])
    found, place = np.unique(np.where(texts == "", UNKNOWN, texts), return_inverse=True)
    return [str(one) for one in found], place.astype(np.int64)


def _split(coded: list[tuple[list[str], Places]]) -> Iterator[tuple[tuple[str, ...], Places]]:
    """Yield each combination of levels that occurs, with its rows."""
    sizes = [len(levels) for levels, _ in coded]
    code = np.ravel_multi_index([place for _, place in coded], sizes)
    order = np.argsort(code, kind="stable")
    values, begins = np.unique(code[order], return_index=True)
    for value, rows in zip(values, np.split(order, begins[1:]), strict=True):
        if not len(rows):
            continue
        places = np.unravel_index(value, sizes)
        yield tuple(levels[i] for (levels, _), i in zip(coded, places, strict=True)), rows


def draw_weights(person: Places, draws: int, seed: int) -> Iterator[Floats]:
    """Yield a weight per row, that of its person: exponential, so that nobody ever drops out.

    Divided by their sum within any group, such weights are those of the Bayesian bootstrap of that
    group (Rubin 1981): one draw is a bootstrap stratified by every partition at the same time, and
    no group can be absent from it.
    """
    unique, place = np.unique(person, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield rng.exponential(size=len(unique))[place]


def deal_anew(person: Places, draws: int, seed: int) -> Iterator[Places]:
    """Yield an order of the rows in which what is known of a person goes to another one.

    Rows of one person stay together: people trade places with those who have as many rows.
    """
    order = np.argsort(person, kind="stable")
    _, begins, counts = np.unique(person[order], return_index=True, return_counts=True)
    blocks = [
        order[begins[counts == count][:, None] + np.arange(count)] for count in np.unique(counts)
    ]
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        dealt = np.empty(len(person), np.int64)
        for block in blocks:
            dealt[block] = block[rng.permutation(len(block))]
        yield dealt
