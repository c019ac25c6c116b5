"""Write the list of parts of the product (SBOM, CycloneDX): `python -m scripts.parts FILE`.

Every package that requirements.lock pins with its hashes and its licence, and what was taken from
others into this repository: styles, scripts and fonts, with the hash of each file.
"""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.licences import LOCK, ROOT, Licence, list_pins, list_vendored, read_licences

_PROJECT = ("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application")


def build_parts() -> dict[str, Any]:
    """Return the list of parts."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
    written = subprocess.run(
        [*command, "--output-reproducible", *_PROJECT, "--of", "JSON", str(LOCK)],
        capture_output=True,
        text=True,
        check=True,
    )
    parts: dict[str, Any] = json.loads(written.stdout)
    licences = {one.package: one for one in read_licences(list_pins())[0]}
    for part in parts["components"]:
        if part["name"] in licences:
            part["licenses"] = _name_licence(licences[part["name"]])
    parts["components"] += [_build_vendored(folder, one) for folder, one in list_vendored()]
    return parts


def _build_vendored(folder: Path, one: Licence) -> dict[str, Any]:
    address = f"pkg:npm/{quote(one.package)}@{one.version}"
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {
        "type": "library",
        "bom-ref": address,
        "name": one.package,
        "version": one.version,
        "purl": address,
        "licenses": _name_licence(one),
        "components": [
            {
                "type": "file",
                "bom-ref": f"{address}#{path.name}",
                "name": path.relative_to(ROOT).as_posix(),
                "hashes": [{"alg": "SHA-256", "content": sha256(path.read_bytes()).hexdigest()}],
            }
            for path in files
        ],
    }


def _name_licence(one: Licence) -> list[dict[str, Any]]:
    return [{"license": {"name": one.text}}]


def main(words: list[str]) -> None:
    """Write the list to the file that is named."""
    path = Path(words[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = build_parts()
    path.write_text(json.dumps(parts, indent=1), "utf-8")
    print(f"{path}: {len(parts['components'])} parts")


if __name__ == "__main__":
    main(sys.argv[1:])
