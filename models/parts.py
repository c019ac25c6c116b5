"""The parts of a model as readable text, and back: numbers as JSON, trees as LightGBM does."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from models.answers import AnswerTable
from models.curve import CurveHead, CurveStep
from models.estimate import GainStatus
from models.heads import (
    AdditiveHead,
    Calibration,
    GainHead,
    LinearHead,
    OverlapHead,
    SpreadHead,
    TreeHead,
)
from models.levels import LevelTable
from models.trees import Trees

Texts = Mapping[str, str]


class PartWriter:
    """Collects the trees of a model as files, while its parts are described."""

    def __init__(self) -> None:
        """Begin without files."""
        self.files: dict[str, str] = {}

    def describe_trees(self, name: str, head: TreeHead | None) -> dict[str, Any] | None:
        """Return what JSON says of boosted trees; the trees themselves become `name`.txt."""
        if head is None:
            return None
        self.files[f"{name}.txt"] = head.trees.text
        return {"file": f"{name}.txt", "encoding": asdict(head.encoding)}

    def describe_head(self, name: str, head: AdditiveHead) -> dict[str, Any]:
        """Return what JSON says of a head."""
        return {
            "linear": asdict(head.linear),
            "boosted": self.describe_trees(name, head.boosted),
            "share": head.share,
            "calibration": asdict(head.calibration),
        }

    def describe_spread(self, name: str, spread: SpreadHead) -> dict[str, Any]:
        """Return what JSON says of an interval."""
        return {"variance": self.describe_trees(name, spread.variance), "floor": spread.floor}

    def describe_gain(self, gain: GainHead | None) -> dict[str, Any] | None:
        """Return what JSON says of the gain."""
        if gain is None:
            return None
        overlap = gain.overlap
        return {
            "status": gain.status.value,
            "head": self.describe_head("gain", gain.head),
            "spread": self.describe_spread("gain_spread", gain.spread),
            "hidden": gain.hidden,
            "overlap": overlap
            and {
                "chance": self.describe_trees("overlap", overlap.chance),
                "least": overlap.least,
                "most": overlap.most,
            },
        }

    def describe_curve(self, curve: CurveHead | None) -> dict[str, Any] | None:
        """Return what JSON says of the return curve."""
        if curve is None:
            return None
        steps = [
            {
                "days": step.days,
                "head": self.describe_head(f"curve_{step.days}", step.head),
                "error": step.error,
                "shift": step.shift,
                "shift_error": step.shift_error,
            }
            for step in curve.steps
        ]
        return {"horizon_days": curve.horizon_days, "steps": steps}


class PartReader:
    """Makes the parts of a model from their descriptions and the files with trees."""

    def __init__(self, texts: Texts) -> None:
        """Read trees from `texts`, by the name of the file."""
        self.texts = texts

    def read_trees(self, raw: Mapping[str, Any] | None) -> TreeHead | None:
        """Return boosted trees, or None where the head has none."""
        if raw is None:
            return None
        return TreeHead(_read_levels(raw["encoding"]), Trees(self.texts[raw["file"]]))

    def read_head(self, raw: Mapping[str, Any]) -> AdditiveHead:
        """Return a head."""
        line = raw["linear"]
        linear = LinearHead(
            base=float(line["base"]),
            columns=tuple(line["columns"]),
            offset=tuple(line["offset"]),
            slope=tuple(line["slope"]),
            missing=tuple(line["missing"]),
            levels=_read_levels(line["levels"]),
        )
        boosted = self.read_trees(raw["boosted"])
        return AdditiveHead(linear, boosted, float(raw["share"]), Calibration(**raw["calibration"]))

    def read_spread(self, raw: Mapping[str, Any]) -> SpreadHead:
        """Return an interval."""
        return SpreadHead(self.read_trees(raw["variance"]), float(raw["floor"]))

    def read_gain(self, raw: Mapping[str, Any] | None) -> GainHead | None:
        """Return the gain, or None where nothing could be learnt of it."""
        if raw is None:
            return None
        return GainHead(
            GainStatus(raw["status"]),
            self.read_head(raw["head"]),
            self.read_spread(raw["spread"]),
            self._read_overlap(raw["overlap"]),
            float(raw["hidden"]),
        )

    def _read_overlap(self, raw: Mapping[str, Any] | None) -> OverlapHead | None:
        chance = self.read_trees(raw["chance"]) if raw else None
        if raw is None or chance is None:
            return None
        return OverlapHead(chance, float(raw["least"]), float(raw["most"]))

    def read_curve(self, raw: Mapping[str, Any] | None) -> CurveHead | None:
        """Return the return curve, or None where there was nothing to learn it from."""
        if raw is None:
            return None
        steps = tuple(
            CurveStep(
                days=int(step["days"]),
                head=self.read_head(step["head"]),
                error=float(step["error"]),
                shift=float(step["shift"]),
                shift_error=float(step["shift_error"]),
            )
            for step in raw["steps"]
        )
        return CurveHead(int(raw["horizon_days"]), steps)


def read_answers(raw: Mapping[str, Any] | None) -> AnswerTable | None:
    """Return the answers that people give, or None where the release keeps none."""
    if raw is None:
        return None
    values, shares = (tuple(tuple(one) for one in raw[name]) for name in ("values", "shares"))
    return AnswerTable(tuple(raw["columns"]), values, shares)


def _read_levels(raw: Mapping[str, Any]) -> LevelTable:
    return LevelTable(tuple(raw["columns"]), tuple(tuple(v) for v in raw["values"]))
