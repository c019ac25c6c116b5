"""What a reader gets of a PDF: its text, what a screen reader is told, and its margins."""

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

POINTS_PER_MM = 72 / 25.4
A4_MARGIN_POINTS = 24 * POINTS_PER_MM
A4_HEIGHT_POINTS = 842


def read_pages(pdf: bytes) -> list[str]:
    """Return each page on one line, without the points where a long word may break."""
    pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf)]
    return [" ".join(page.replace("\u200b", "").split()) for page in pages]


def read_text(pdf: bytes) -> str:
    """Return the text of all pages on one line."""
    return " ".join(" ".join(read_pages(pdf)).split())


def check_accessible(pdf: bytes, title: str) -> None:
    """Fail unless it is tagged, Dutch, and says in its window which document it is."""
    document = pdfium.PdfDocument(pdf)
    language = (ctypes.c_ushort * 16)()
    pdfium_c.FPDFCatalog_GetLanguage(document, language, len(language))
    tree = pdfium_c.FPDF_StructTree_GetForPage(document[0])
    assert document.is_tagged()
    assert pdfium_c.FPDF_StructTree_CountChildren(tree) > 0
    assert bytes(language).decode("utf-16-le").rstrip("\0") == "nl-BE"
    assert document.get_metadata_dict()["Title"] == title
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/DisplayDocTitle true" in pdf


def check_margins(pdf: bytes) -> int:
    """Fail where a letter stands in a margin of a sheet of A4; return how many pages there are."""
    document = pdfium.PdfDocument(pdf)
    for page in document:
        texts = page.get_textpage()
        boxes = [texts.get_charbox(place) for place in range(texts.count_chars())]
        right = page.get_width() - A4_MARGIN_POINTS + 4  # a comma may hang out a little
        assert (round(page.get_width()), round(page.get_height())) == (595, A4_HEIGHT_POINTS)
        assert min(box[0] for box in boxes if box[2] > box[0]) >= A4_MARGIN_POINTS - 1
        assert max(box[2] for box in boxes) <= right
        assert min(box[1] for box in boxes if box[3] > box[1]) > 20
    return len(document)


def read_part(pdf: bytes, left: float, right: float, top: float, bottom: float) -> str:
    """Return the text in a part of the first page, in mm from its left and its top."""
    page = pdfium.PdfDocument(pdf)[0].get_textpage()
    ends = (left, A4_HEIGHT_POINTS / POINTS_PER_MM - bottom)
    others = (right, A4_HEIGHT_POINTS / POINTS_PER_MM - top)
    return str(page.get_text_bounded(*(mm * POINTS_PER_MM for mm in (*ends, *others)))).strip()


def list_kinds(pdf: bytes) -> Iterator[str]:
    """Yield the kind of every element in the structure of each page."""

    def walk(element: Any) -> Iterator[str]:
        found = ctypes.create_string_buffer(64)
        pdfium_c.FPDF_StructElement_GetType(element, found, 64)
        yield bytes(found).decode("utf-16-le").partition("\0")[0]
        for place in range(pdfium_c.FPDF_StructElement_CountChildren(element)):
            child = pdfium_c.FPDF_StructElement_GetChildAtIndex(element, place)
            if child:
                yield from walk(child)

    for page in pdfium.PdfDocument(pdf):
        tree = pdfium_c.FPDF_StructTree_GetForPage(page)
        for place in range(pdfium_c.FPDF_StructTree_CountChildren(tree)):
            yield from walk(pdfium_c.FPDF_StructTree_GetChildAtIndex(tree, place))
