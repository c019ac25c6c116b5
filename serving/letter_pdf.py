"""Letters as tagged PDF/UA-1: a template and texts, with the same bytes for the same letter."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from serving.free_text import replace_unshown

if TYPE_CHECKING:
    import typst

LETTERS = Path(__file__).with_name("letters")
FONTS = LETTERS / "vendor" / "source-sans-3"


def set_letter(template: str, texts: Mapping[str, Any], made_on: date) -> bytes:
    """Return a letter; its texts are data: what someone wrote is never read as markup."""
    import typst  # 32 MB that only a letter needs

    made = typst.Compiler(
        LETTERS / template,
        root=LETTERS,
        font_paths=_load_fonts(),
        sys_inputs={"texts": json.dumps(_show(texts))},
    ).compile(
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(made_on, time(), UTC),
    )
    return cast(bytes, made)  # one file; typst gives a list only for images of pages


@cache
def _load_fonts() -> "typst.Fonts":
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _show(value: Any) -> Any:
    """Return the texts with only signs that the font of the letters has."""
    if isinstance(value, Mapping):
        return {key: _show(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_show(item) for item in value]
    return replace_unshown(value) if isinstance(value, str) else value
