"""Check files for what must never be in the repository: print every fault, exit with 1.

Without arguments it reads every file that git keeps; pre-commit gives it the files of one commit.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 512_000
PERSON_NUMBER = re.compile(r"(?<![\w.])(\d{11}|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2})(?![\w.])")
FORBIDDEN = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a secret of a service": re.compile(
        r"\b(AKIA[0-9A-Z]{16}|gh[opsu]_\w{30,}|glpat-\w{20,}|sk-\w{32,})"
    ),
    "an address of a package registry": re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.(npmjs|yarnpkg)\.|anaconda\.org|index-ur[l]"
        r'|--find-link[s]|"resolve[d]": *"http',
        re.IGNORECASE,
    ),
    "a path of one machine": re.compile(r"(?<![\w.}*])/(root|work|farm|Users|home/[a-z]\w*)/\w"),
    "a merge conflict": re.compile(r"^(<{7}|>{7}) ", re.MULTILINE),
}


def check_file(path: Path, shown: str) -> list[str]:
    """Return what is wrong with one file, each fault with the place where it is."""
    content = path.read_bytes()
    text = content.decode("utf-8", errors="replace")
    faults = [] if b"\0" in content else _check_text(text, shown, FORBIDDEN)
    if "vendor" in path.parts:  # taken over as it came, compressed and all
        return faults
    if len(content) > MAX_BYTES:
        faults.append(f"{shown}: larger than {MAX_BYTES // 1000} kB: keep data out of git")
    if b"\0" not in content:
        what = "a number of 11 digits, which may be a person number"
        faults += _check_text(text, shown, {what: PERSON_NUMBER})
        if text and not text.endswith("\n"):
            faults.append(f"{shown}: does not end with a newline")
    return faults + (_check_notebook(text, shown) if path.suffix == ".ipynb" else [])


def _check_text(text: str, shown: str, patterns: dict[str, re.Pattern[str]]) -> list[str]:
    return [
        f"{shown}:{text.count(chr(10), 0, found.start()) + 1}: holds {what}"
        for what, pattern in patterns.items()
        for found in pattern.finditer(text)
    ]


def _check_notebook(text: str, shown: str) -> list[str]:
    cells = json.loads(text)["cells"]
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        return [f"{shown}: has outputs: clear them before committing"]
    return []


def list_files(root: Path) -> list[str]:
    """Return every file that git keeps under `root`."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def check_files(names: Iterable[str], root: Path = ROOT) -> list[str]:
    """Return the faults of all files named, relative to `root`."""
    return [fault for name in names for fault in check_file(root / name, name)]


def main(arguments: list[str]) -> int:
    """Check the files named, or all of them, and return the exit code."""
    faults = check_files(arguments or list_files(ROOT))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
