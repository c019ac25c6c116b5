"""Puts another bundle in the place of the one that is served, in one assignment.

A request holds one `Service` for its whole life (`deps.get_service`), so that what it answers comes
from one bundle. Whatever else is made of a bundle is made before, and changes with it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Lock

import structlog
from fastapi import FastAPI

from features.contract_change import find_breaks
from features.errors import KantelpuntError
from features.requests import build_request_model
from models.bundle import CHALLENGER, CHAMPION, Bundle, build_smoke_rows
from serving.deps import Service, get_now
from serving.following import BundleRefusedError, Follower, Following, Road, Why
from serving.last_bundle import note_last
from serving.pointing import find_sign
from serving.referral_lists import read_lists
from serving.registry import fetch_champion, read_whole
from serving.settings import Settings
from serving.shadow import Shadow

# what comes of notes of another shape than training writes
_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
log = structlog.get_logger("kantelpunt")
_swap = Lock()


def build_follower(app: FastAPI, settings: Settings, folder: str = "") -> Follower:
    """Return what follows the champion for an app; it does nothing where a folder is served."""
    if settings.bundle is not None:
        return Follower(None, get_now, settings.follow_seconds)

    def install(bundle: Bundle, found: Path) -> None:
        swap_bundle(app, bundle)
        note_last(settings, found, bundle.version)

    def tell(how: Following) -> None:
        app.state.service.metrics.show_following(how)

    road = Road(partial(find_sign, settings), *build_fetching(settings), install, tell)
    return Follower(road, get_now, settings.follow_seconds, folder)


def build_challenger(app: FastAPI, settings: Settings, shadow: Shadow) -> Follower:
    """Return what follows the challenger, with the checks of whatever would be served."""
    if settings.bundle is not None or not settings.shadow:
        return Follower(None, get_now, settings.follow_seconds, alias=CHALLENGER)

    def install(bundle: Bundle, _: Path) -> None:
        prepare(app.state.service, bundle)
        shadow.use(bundle)
        log.info("a challenger scores in the shadow", version=bundle.version)

    road = Road(
        partial(find_sign, settings, alias=CHALLENGER),
        *build_fetching(settings, CHALLENGER),
        install,
        shadow.listen,
    )
    return Follower(road, get_now, settings.follow_seconds, alias=CHALLENGER)


def build_fetching(
    settings: Settings, alias: str = CHAMPION
) -> tuple[Callable[..., tuple[Path, str]], Callable[[Path, str], Bundle]]:
    """Return what fetches the files that an alias points at, and what reads them."""
    wanted = (settings.tracking_uri, settings.model_name, settings.cache, alias)

    def fetch(stopped: Event | None = None) -> tuple[Path, str]:
        return fetch_champion(*wanted, stopped)

    def read(folder: Path, version: str) -> Bundle:
        return read_whole(folder, version, fetch)

    return fetch, read


def swap_bundle(app: FastAPI, bundle: Bundle) -> None:
    """Serve another bundle from the next request on; raises BundleRefusedError, changing nothing.

    Requests that are under way, and an import that reads a file, end with the bundle they began
    with.
    """
    with _swap:
        service: Service = app.state.service
        before = service.bundle
        if (bundle.version, bundle.digest) == (before.version, before.digest):
            bundle = before
        after = prepare(service, bundle)
        app.state.describe(after)
        app.state.service = after
        after.uploads.use(bundle)
        after.metrics.show_model(bundle)
        after.registry.forget()
    if bundle is not before:
        log.info("another model is served", version=bundle.version, before=before.version)


def prepare(service: Service, bundle: Bundle) -> Service:
    """Return the service with another bundle; raises BundleRefusedError."""
    served, contract = service.bundle.contract, bundle.contract
    lists = service.referral_lists
    if contract.fingerprint != served.fingerprint:
        breaks = find_breaks(served, contract)
        if breaks:
            raise BundleRefusedError(Why.CONTRACT, "; ".join(breaks))
        try:
            lists = read_lists(service.settings, contract)
        except KantelpuntError as error:
            raise BundleRefusedError(Why.LISTS, str(error)) from error
    # what is made at a first use is made here, where nobody waits for it
    build_request_model(contract)
    bundle.estimate(build_smoke_rows(contract)[2])
    check_shown(service.show_model, bundle)
    return replace(service, bundle=bundle, referral_lists=lists, model_from_cache=False)


def check_shown(show: Callable[[Bundle], object], bundle: Bundle) -> None:
    """Refuse a bundle whose notes on its training no page could show; raises BundleRefusedError."""
    try:
        show(bundle)
    except _MISSHAPEN as error:
        kind = type(error).__name__
        told = f"info.json: the page of the model cannot show it ({kind}); release or serve another"
        raise BundleRefusedError(Why.INFO, told) from error
