"""A registry with versions whose gates say what a test needs, made without training anything."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from kantelpunt import app
from models.bundle import write_bundle
from tests.tracking import make_tracking
from tests.training.conftest import Road
from training.comparison import Comparison
from training.config import RegistryConfig
from training.evaluate import Measured
from training.info import build_info
from training.tracking import About, log_run
from training.tracking_releases import find_champion

REGISTRY = RegistryConfig("kantelpunt", "kantelpunt")
REASON = "looked at by the committee in its session"
SOUND: dict[str, Any] = {
    "baselines": {"lines": [0.002, 0.001, 0.003]},
    "calibration": {"attribute": "", "group": "", "persons": 500, "error": 0.02, "chance": 0.03},
    "group_calibration": [],
}
SAME = Measured(0.0, -0.001, 0.001)


def list_sound(road: Road) -> dict[str, Any]:
    """Return what a bundle tells that passes every gate of its training."""
    info = build_info(road.trained, road.extract, 1)
    slope = {"calibration_slope": [1.0, 0.9, 1.1]}
    fairness = {"verdict": "pass", "groups": [], "pairs": []}
    return info | {
        "gates": SOUND,
        "refutation": None,
        "figures": {name: figures | slope for name, figures in info["figures"].items()},
        "fairness": info["fairness"] | fairness,
    }


@dataclass(frozen=True)
class Desk:
    """A registry in a folder, and the command line on it."""

    folder: Path
    uri: str
    info: dict[str, Any]
    road: Road
    numbers: "count[int]"

    @classmethod
    def at(cls, folder: Path, road: Road) -> "Desk":
        """Return an empty registry in a folder."""
        return cls(folder, make_tracking(folder), list_sound(road), road, count())

    @property
    def champion(self) -> str:
        """The number of the version that is released."""
        return find_champion(REGISTRY, self.uri).number

    def register(self, beside: str = "", by: str = "Robin", **changed: Any) -> str:
        """Register a version, compared with `beside` at its training; return its number."""
        files = self.folder / f"files{next(self.numbers)}"
        info = self.info | {"seed": next(self.numbers)} | changed
        write_bundle(files / "bundle", self.road.trained.model, info, "card")
        found = Comparison(beside, tested=SAME, released=SAME, reasons_changed=SAME)
        if not beside:
            found = Comparison(noted="there was no champion")
        (files / "champion.json").write_text(json.dumps(found.plain()))
        about = About(run=files.name, by=by, began=0, ended=1)
        return log_run(files, {}, {}, REGISTRY, self.uri, about).version

    def run(self, *words: str) -> Result:
        """Return what a command of the command line did."""
        return CliRunner().invoke(app, [*words, "--tracking-uri", self.uri])

    def say(self, *words: str) -> str:
        """Return what a command printed; it may not fail."""
        result = self.run(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def refuse(self, *words: str) -> str:
        """Return why a command was refused."""
        result = self.run(*words)
        assert result.exit_code == 1, result.output
        return str(result.exception)
