"""How a benchmark tells what it measured: one line per figure, with its limit where it has one."""

import json
import platform
import resource
from importlib.metadata import version
from pathlib import Path

RESULTS = Path("var/benchmarks")


class Board:
    """The figures of one benchmark, printed as they come and kept as JSON in var/benchmarks."""

    def __init__(self, name: str) -> None:
        """Begin with the machine and the versions that matter."""
        self.name = name
        self.rows: list[dict[str, object]] = []
        libraries = ", ".join(f"{lib} {version(lib)}" for lib in ("lightgbm", "numpy", "pandas"))
        print(f"\n{name}: Python {platform.python_version()}, {libraries}")

    def add(self, what: str, value: float, unit: str, limit: str = "", held: bool = True) -> None:
        """Print one figure; `held` tells whether it is within its limit, where it has one."""
        verdict = f"  [{limit}: {'held' if held else 'MISSED'}]" if limit else ""
        print(
            f"  {what}: {value:,.3g} {unit}{verdict}"
            if abs(value) < 1000
            else f"  {what}: {value:,.0f} {unit}{verdict}"
        )
        row = {"what": what, "value": float(value), "unit": unit, "limit": limit}
        self.rows.append(row | {"held": bool(held) or not limit})

    def close(self) -> None:
        """Keep the figures; leave with exit code 1 when a limit was missed."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(self.rows, indent=1), "utf-8")
        missed = [row["what"] for row in self.rows if not row["held"]]
        if missed:
            raise SystemExit(f"{self.name}: missed: {', '.join(map(str, missed))}")


def peak_gib(who: int = resource.RUSAGE_SELF) -> float:
    """Return the highest resident memory so far, of this process or of its ended children."""
    return resource.getrusage(who).ru_maxrss / 1024**2
