"""Finding the bundle that made an assessment: a folder, what was fetched before, or the registry.

A bundle is known by the checksum of its manifest, so a copy is as good as the registry's own.
"""

from hashlib import sha256
from pathlib import Path

from features.errors import KantelpuntError
from models.bundle import MANIFEST, Bundle, BundleMismatchError, find_bundle, read_bundle
from serving.registry import RegistryGoneError, fetch_version
from serving.settings import Settings

SHOWN = 12


class ReplayError(KantelpuntError):
    """An assessment that cannot be computed again, and what to do about it."""


class Shelf:
    """Finds bundles by version and checksum, and keeps the last one at hand."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        """Look in the registry of the settings, or only in a folder where one is given."""
        self._settings = settings
        self._folder = folder
        self._last: tuple[str, str | None, Bundle] | None = None

    def find(self, version: str, digest: str | None) -> Bundle:
        """Return the bundle; without a digest the version of the registry.

        Raises ReplayError for one that is another, RegistryError for a version that is not there,
        and BundleDamagedError.
        """
        if self._last is None or self._last[:2] != (version, digest):
            found = self._read(self._find_folder(version, digest), version)
            if digest is not None and found.digest != digest:
                raise ReplayError(
                    f"version {version} is another bundle ({found.digest[:SHOWN]}) than the one "
                    f"that made the assessment ({digest[:SHOWN]}): give its folder with --bundle"
                )
            self._last = (version, digest, found)
        return self._last[2]

    def _find_folder(self, version: str, digest: str | None) -> Path:
        if self._folder is not None:
            return self._folder
        s = self._settings
        near = [s.bundle] if s.bundle else []
        fetched = s.cache.glob(f"{version}-*") if version.isalnum() and s.cache.is_dir() else ()
        for one in [*near, *sorted(fetched)]:
            if digest is not None and digest_folder(one) == digest:
                return one
        if s.bundle is not None:
            if digest is None and (digest_folder(s.bundle) or "").startswith(version):
                return s.bundle
            raise ReplayError(
                f"version {version} is not the bundle in KANTELPUNT_BUNDLE: give its folder with "
                "--bundle"
            )
        if not version.isdigit():
            raise ReplayError(
                "the bundle came from a folder that no registry knows: give it with --bundle"
            )
        try:
            return fetch_version(s.tracking_uri, s.model_name, s.cache, version)
        except RegistryGoneError as error:
            raise ReplayError(f"{error}; or give the folder of the bundle with --bundle") from error

    @staticmethod
    def _read(folder: Path, version: str) -> Bundle:
        try:
            return read_bundle(folder, version)
        except BundleMismatchError as error:
            raise ReplayError(
                f"version {version} has the format of another release of Kantelpunt: replay with "
                "the release that made the assessment"
            ) from error


def digest_folder(folder: Path) -> str | None:
    """Return the checksum that a bundle in a folder would be known by; None where there is none."""
    try:
        return sha256((find_bundle(folder) / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return None
