"""Print the licence of all that the product needs; exit with 1 where one is not free.

It reads what the packages in the environment say of themselves, for what requirements.lock pins,
and what stands beside files of others in this repository.
"""

import re
import sys
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", re.MULTILINE)
# may be used by a product under EUPL-1.2, and by whoever runs it; LGPL where it is only called
FREE = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|0BSD|BSD|BSD-[23]-Clause|[23]-Clause BSD|Apache|Apache-2\.0|PSF-2\.0|ISC"
    r"|Python Software Foundation|MPL-2\.0|MPL 2\.0|LGPL-3\.0-only|Zlib|CC0-1\.0|OFL-1\.1)\b"
)
# never, unless there is a choice: they ask of the product what EUPL-1.2 does not give
NOT_FREE = re.compile(r"\b(A?GPL|GNU (Affero )?General|SSPL|BUSL|Commons Clause|Proprietary)", re.I)
VENDORED = re.compile(r"(\S+) (\d+\.\d+\.\d+)\nlicence: (\S+)\n")
# more than the one above is wanted of these, or they say nothing themselves: read by a person
READ = {"huey": "MIT, in its LICENSE file", "skops": "MIT, in its LICENSE file"}
CLASSIFIER = "License :: "


@dataclass(frozen=True)
class Licence:
    """What one package says about its licence; empty where it says nothing."""

    package: str
    version: str
    text: str

    @property
    def is_free(self) -> bool:
        """Tell whether the product may need this package."""
        if self.package in READ:
            return True
        parts = self.text.split(" AND ")  # all of them count
        return all(
            FREE.search(part) and (" OR " in part or not NOT_FREE.search(part)) for part in parts
        )


def list_pins(lock: Path = LOCK) -> list[str]:
    """Return the packages that a lock file pins, each once."""
    return sorted({name for name, _ in PIN.findall(lock.read_text(encoding="utf-8"))})


def read_licences(packages: list[str]) -> tuple[list[Licence], list[str]]:
    """Return the licences of the packages that are installed, and the names of the others.

    Others are for another system or another Python than this one.
    """
    found, others = [], []
    for package in packages:
        try:
            told = cast(Message, metadata.metadata(package))
        except metadata.PackageNotFoundError:
            others.append(package)
            continue
        found.append(Licence(package, str(told["Version"]), READ.get(package) or _read(told)))
    return found, others


def list_vendored(root: Path = ROOT) -> list[tuple[Path, Licence]]:
    """Return each folder of the product with files of others, and what its VERSION says.

    Where that is missing or says something else, the licence is empty.
    """
    folders = sorted(path for path in (root / "serving").rglob("vendor/*") if path.is_dir())
    found = []
    for folder in folders:
        note = folder / "VERSION"
        told = VENDORED.match(note.read_text("utf-8")) if note.is_file() else None
        found.append((folder, Licence(*told.groups()) if told else Licence(folder.name, "?", "")))
    return found


def _read(told: Message) -> str:
    """Return the expression, else the classifiers, else the first line of the licence field."""
    classifiers = [c for c in told.get_all("Classifier", []) if c.startswith(CLASSIFIER)]
    names = [c.rpartition(" :: ")[2] for c in classifiers]
    first = str(told.get("License") or "").partition("\n")[0]
    return str(told.get("License-Expression") or "") or "; ".join(names) or first


def main() -> int:
    """Print the table and return the exit code."""
    found, others = read_licences(list_pins())
    found += [one for _, one in list_vendored()]
    table = Table("package", "version", "licence")
    for one in found:
        table.add_row(one.package, one.version, one.text or "?")
    Console().print(table)
    print(f"not for this system, so not looked at: {', '.join(others) or 'none'}")
    strange = [one.package for one in found if not one.is_free]
    if strange:
        print(f"read the licence of: {', '.join(strange)}")
    return bool(strange)


if __name__ == "__main__":
    sys.exit(main())
