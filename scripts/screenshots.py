"""Takes pictures of every page of a demo, at a desk and on a phone, and those of the README.

`python -m scripts.screenshots --to FOLDER`: of a copy of var/demo, which is made where it is not
there; with `--address` of a demo that runs, whose cases it changes. `--readme` keeps the pictures
of docs/images alone.
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2 as pdfium
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from features.progress import tell_steps
from scripts.picture_tour import TOURS, Visitor, decide_and_agree
from serving.commands import PERSONS
from serving.demo import FOLDER, READY, prepare

CHROMIUM = "/usr/bin/chromium"
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1440, "height": 900},
    "tablet": {"width": 800, "height": 1100},
    "phone": {"width": 360, "height": 780},
}
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
README = ("triage", "case", "letter", "phone", "work", "help")
PLANNING = {"planning": "/planning", "capacity": "/planning/capaciteit"}
PAPER_WIDTH = 900


def take_all(browser: Browser, address: str, to: Path) -> None:
    """Keep a picture of every stop of every tour, at every size, as NAME_SIZE.png."""
    for name, tour in TOURS:
        one = Visitor.enter(browser, address, name)
        for stop in tour(one):
            for size, viewport in SIZES.items():
                one.page.set_viewport_size(viewport)
                one.page.screenshot(path=to / f"{stop}_{size}.png", full_page=True)
            one.page.set_viewport_size(SIZES["desk"])
        one.page.close()


def take_readme(browser: Browser, address: str, to: Path) -> None:
    """Keep the pictures of the README: list, case, work on it, letter, help, phone, planning."""
    one = Visitor.enter(browser, address, "arts.a")
    one.page.set_viewport_size(SIZES["desk"])
    one.go("/")
    one.page.screenshot(path=to / "triage.png")
    [case, other, *_] = one.find_cases("voorstel=refer&vragenlijst=ja&status=open")
    one.go(case)
    one.page.set_viewport_size({"width": 1280, "height": 1150})
    one.page.screenshot(path=to / "case.png")
    _keep_letter(one.page.request.get(f"{address}{case}/brief.pdf").body(), to / "letter.png")
    one.page.set_viewport_size(SIZES["phone"])
    one.page.screenshot(path=to / "phone.png")
    one.page.set_viewport_size({"width": 1280, "height": 1150})
    one.go(other)
    decide_and_agree(one)
    one.page.locator(".kp-desk__work").screenshot(path=to / "work.png")
    one.go("/hulp")
    one.page.set_viewport_size({"width": 1000, "height": 800})
    one.page.screenshot(path=to / "help.png")
    take_planning(browser, address, to)
    for name in (*README, *PLANNING):
        _shrink(to / f"{name}.png")


def take_planning(browser: Browser, address: str, to: Path) -> None:
    """Keep the pictures of what a planner sees: what to expect, and capacity."""
    one = Visitor.enter(browser, address, "planner")
    one.page.set_viewport_size({"width": 1280, "height": 1000})
    for name, path in PLANNING.items():
        one.go(path)
        one.page.screenshot(path=to / f"{name}.png")
    one.page.close()


def _keep_letter(pdf: bytes, path: Path) -> None:
    page = pdfium.PdfDocument(pdf)[0]
    page.render(scale=PAPER_WIDTH / page.get_width()).to_pil().save(path)


def _shrink(path: Path) -> None:
    """Write a picture anew with 256 colours: a page has few, and the README stays light."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256)
    small.save(path, optimize=True)


@contextmanager
def serve_copy(folder: Path) -> Iterator[str]:
    """Serve a copy of a demo, so that whatever is done for a picture stays out of it."""
    from serving.app import create_app
    from serving.server import open_port, serve_aside, set_up_logs

    step = tell_steps()
    if not (folder / READY).exists():
        prepare(folder, persons=PERSONS, fresh=False, step=step)
    with TemporaryDirectory() as name, open_port("127.0.0.1", 0) as opened:
        copy = shutil.copytree(folder, Path(name) / "demo")
        demo = prepare(copy, persons=PERSONS, fresh=False, step=step)
        set_up_logs(quiet=True)
        with serve_aside(create_app(demo.settings, demo.bundle), opened) as address:
            yield address


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a demo that runs, whose cases change by this")
    parser.add_argument("--demo", type=Path, default=FOLDER, help="folder of a demo")
    parser.add_argument("--to", type=Path, help="folder to keep the pictures in")
    parser.add_argument("--readme", action="store_true", help="only the pictures of the README")
    given = parser.parse_args()
    to = given.to or (IMAGES if given.readme else Path("var/pictures"))
    to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        take = take_readme if given.readme else take_all
        if given.address:
            take(browser, given.address, to)
        else:
            with serve_copy(given.demo) as address:
                take(browser, address, to)
        browser.close()


if __name__ == "__main__":
    main()
