"""Versions of a model to release, as folders, and a registry that gives them without MLflow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from features.contract import Contract
from features.matrix import build_row
from features.requests import check_case
from models.bundle import Bundle, read_bundle, write_bundle
from models.screening import ScreeningModel
from serving.following import Follower, Following, Road
from serving.registry import RegistryError
from serving.swapping import swap_bundle
from tests.running_service import NOW, Service, get_bundle, make_own_case


@cache
def make_version(share: float) -> Path:
    """Return the folder of the bundle of the tests with another share of boosted trees.

    Each share gives other estimates and other reasons.
    """
    model = get_bundle().model
    return write_version(replace(model, usual=replace(model.usual, share=share)))


def write_version(model: ScreeningModel, noted: Mapping[str, Any] = MappingProxyType({})) -> Path:
    """Return a folder under a name of its own, as each version of a registry has.

    What is `noted` stands in its info as well.
    """
    folder = Path(mkdtemp(prefix="kantelpunt-version-")) / uuid4().hex
    write_bundle(folder, model, {**get_bundle().info, **noted}, get_bundle().card)
    return folder


def estimate(bundle: Bundle, number: int) -> float:
    """Return the chance that a bundle gives to a case of the tests."""
    case = check_case(make_own_case(number), bundle.contract)
    return bundle.estimate(build_row(case, bundle.contract)).usual.value


def under(contract: Contract) -> Path:
    """Return the folder of a version under another contract of as many fields."""
    return write_version(replace(get_bundle().model, contract=contract))


@dataclass
class Registry:
    """A registry of folders: `point` moves the alias, and `error` is raised when it is asked."""

    versions: dict[str, Path]
    alias: str = ""
    error: RegistryError | None = None
    unreachable: RegistryError | None = None
    asked: list[str] = field(default_factory=list)
    now: datetime = NOW

    def find_sign(self, _: datetime) -> str | None:
        self.asked.append("sign")
        if self.unreachable:
            raise self.unreachable
        return f"{self.alias or 'nobody'}"

    def fetch(self, _: Event | None = None) -> tuple[Path, str]:
        self.asked.append("fetch")
        if self.error:
            raise self.error
        if not self.alias:
            raise RegistryError("no version is the champion")
        return self.versions[self.alias], self.alias

    def later(self, **of: float) -> None:
        self.now += timedelta(**of)

    def follow(self, service: Service, folder: str = "") -> Follower:
        """Have a service follow, one look at a time."""
        app = service.app

        def tell(how: Following) -> None:
            app.state.service.metrics.show_following(how)

        road = Road(
            find_sign=self.find_sign,
            fetch=self.fetch,
            read=read_bundle,
            install=lambda bundle, _: swap_bundle(app, bundle),
            tell=tell,
        )
        made = Follower(road, lambda: self.now, 30, folder)
        app.state.service = replace(app.state.service, follower=made)
        return made


Follow = Callable[..., Follower]
