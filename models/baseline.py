"""Plain models that a committee can read: what a release must beat."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor, export_text

from features.contract import Contract
from features.matrix import Matrix
from models.levels import find_categories
from models.reasons import value_nl
from models.usual import Sample

Floats = NDArray[np.float64]
TREE_DEPTH = 3
SMALLEST_SHARE_IN_LEAF = 0.01


@dataclass(frozen=True)
class Baseline:
    """A plain model: its name, its predictions, and its text where it has one."""

    name: str
    predict: Callable[[Matrix], Floats]
    text: str = ""


def fit_logistic(sample: Sample) -> Baseline:
    """Return a logistic regression: numbers standardised, levels and gaps as indicators."""
    steps = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", _fill_and_scale(), _numbers(sample.contract)),
                ("levels", OneHotEncoder(handle_unknown="ignore"), _levels(sample.contract)),
            ]
        ),
        LogisticRegression(max_iter=2000),
    )
    steps.fit(sample.matrix, sample.target, logisticregression__sample_weight=sample.weight)
    return Baseline("logistic", _chance(steps))


def fit_tree(sample: Sample) -> Baseline:
    """Return a tree of depth 3, with its rules in words; the value of a leaf is a share."""
    fewest = max(1, int(SMALLEST_SHARE_IN_LEAF * len(sample)))
    steps = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", _fill_with_median(), _numbers(sample.contract)),
                ("levels", OneHotEncoder(handle_unknown="ignore"), _levels(sample.contract)),
            ],
            sparse_threshold=0.0,
        ),
        DecisionTreeRegressor(max_depth=TREE_DEPTH, min_samples_leaf=fewest, random_state=0),
    )
    steps.fit(sample.matrix, sample.target, decisiontreeregressor__sample_weight=sample.weight)
    names = _name_columns(sample.contract, steps[0])
    text = str(export_text(steps[-1], feature_names=names, decimals=2))
    return Baseline("tree", _share(steps), text)


def _numbers(contract: Contract) -> list[int]:
    return [i for i in range(len(contract.fields)) if i not in find_categories(contract)]


def _levels(contract: Contract) -> list[int]:
    return list(find_categories(contract))


def _fill_and_scale() -> Pipeline:
    filled = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return make_pipeline(filled, StandardScaler())


def _fill_with_median() -> SimpleImputer:
    return SimpleImputer(strategy="median", keep_empty_features=True)


def _chance(steps: Pipeline) -> Callable[[Matrix], Floats]:
    def predict(matrix: Matrix) -> Floats:
        chances: Floats = steps.predict_proba(matrix)[:, -1]
        return chances

    return predict


def _share(steps: Pipeline) -> Callable[[Matrix], Floats]:
    def predict(matrix: Matrix) -> Floats:
        shares: Floats = steps.predict(matrix)
        return shares

    return predict


def _name_columns(contract: Contract, columns: ColumnTransformer) -> list[str]:
    """Return one readable name per column that the tree sees."""
    names = [contract.fields[i].label_nl for i in _numbers(contract)]
    if _levels(contract):
        encoder = columns.named_transformers_["levels"]
        for place, codes in zip(_levels(contract), encoder.categories_, strict=True):
            field = contract.fields[place]
            names += [f"{field.label_nl} = {value_nl(field, float(code))}" for code in codes]
    return names
