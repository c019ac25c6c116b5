"""Ask whether a pinned version is known to be weak; exit with 1 where one is, 2 where nobody tells.

What is known stands elsewhere: at the package index, or else at osv.dev. Where neither answers,
nothing was looked at, and that is no pass.
"""

import json
import subprocess
import sys
from typing import Any

from scripts.licences import LOCK

SERVICES = ("pypi", "osv")
WEAK, UNKNOWN = 1, 2


def ask(service: str) -> tuple[dict[str, Any] | None, str]:
    """Return what a service knows of all that is pinned, or None and why it told nothing."""
    command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"]
    words = ["--requirement", str(LOCK), "--vulnerability-service", service, "--format", "json"]
    done = subprocess.run(
        [*command, *words, "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        return None, (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]


def list_weak(told: dict[str, Any]) -> list[str]:
    """Return a line for each known weakness: which package, which one, mended in which version."""
    return [
        f"{one['name']} {one['version']}: {weak['id']}, "
        f"mended in {', '.join(weak['fix_versions']) or 'no version yet'}"
        for one in told["dependencies"]
        for weak in one.get("vulns", ())
    ]


def main() -> int:
    """Print what is known and return the exit code."""
    faults = []
    for service in SERVICES:
        told, fault = ask(service)
        if told is None:
            faults.append(f"  {service}: {fault}")
            continue
        weak = list_weak(told)
        print("\n".join(weak) or f"{len(told['dependencies'])} packages, none known to be weak")
        if weak:
            print("ask for a mended version in pyproject.toml, run `make lock`, and release anew")
        return WEAK if weak else 0
    print(
        "known weaknesses could not be looked up, so nothing is known of them:\n"
        + "\n".join(faults)
        + "\nrun `make supply` again where the package index itself (not a mirror without this"
        " knowledge) or api.osv.dev can be reached",
        file=sys.stderr,
    )
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
