"""What a user is told of a file that came in, in Dutch: its status, a title, and what to do."""

_REFUSED = "Het bestand is niet aanvaard"
_KEPT_NOTHING = "Er is niets bewaard."

# key: status, title, what to do
FILE_TEXTS: dict[str, tuple[int, str, str]] = {
    "no-file": (422, _REFUSED, "Stuur één bestand als multipart/form-data, in het veld `file`."),
    "file-unreadable": (422, _REFUSED, "Het bestand kon niet gelezen worden. Stuur het opnieuw."),
    "file-empty": (422, _REFUSED, "Het bestand is leeg."),
    "file-too-large": (
        413,
        "Het bestand is te groot",
        "Verdeel het over kleinere bestanden; de grens is een instelling van deze dienst.",
    ),
    "file-compressed": (
        422,
        _REFUSED,
        "Het is samengeperst, of een Excel-werkmap. Bewaar het als CSV in UTF-8, of als Parquet.",
    ),
    "file-mixed-up": (422, _REFUSED, "De inhoud past niet bij de naam van het bestand."),
    "file-no-text": (
        422,
        _REFUSED,
        "Het is geen Parquet en ook geen tekst. Bewaar het opnieuw als CSV in UTF-8.",
    ),
    "file-long-line": (
        422,
        _REFUSED,
        "Een regel is langer dan een rij kan zijn. Kijk na of er een regeleinde ontbreekt.",
    ),
    "file-too-wide": (422, _REFUSED, "Het heeft meer kolommen dan een bestand van dossiers heeft."),
    "file-too-many-cells": (413, "Het bestand is te groot", "Verdeel het over meer bestanden."),
    "file-damaged": (422, _REFUSED, "Het is geen heel Parquet-bestand. Schrijf het opnieuw."),
    "file-nested": (
        422,
        _REFUSED,
        "Het heeft kolommen met lijsten of objecten. Schrijf één waarde per cel.",
    ),
    "file-doubled": (422, _REFUSED, "Twee kolommen hebben dezelfde naam. Houd er één van over."),
    "reading-no-room": (
        413,
        "Het bestand is te groot",
        "Het inlezen is gestopt: het vroeg meer geheugen dan de dienst ervoor heeft. Verdeel het "
        "over kleinere bestanden; wat al bewaard was, blijft bewaard.",
    ),
    "reading-too-long": (
        413,
        "Het inlezen duurde te lang",
        "Probeer het later opnieuw: misschien had de dienst het te druk. Lukt het dan niet, "
        "verdeel het over kleinere bestanden. Wat al bewaard was, blijft bewaard.",
    ),
    "reading-ended": (
        503,
        "Er kan even geen bestand gelezen worden",
        "De dienst stopt of wordt herstart. Stuur het bestand straks opnieuw.",
    ),
    "uploads-gone": (
        503,
        "Er kan even geen bestand bewaard worden",
        "De map voor bestanden is vol of weg. Probeer het later opnieuw of verwittig uw beheerder.",
    ),
    "rows-unreadable": (
        422,
        _REFUSED,
        "De rijen of kolommen konden niet uit elkaar gehouden worden. Kijk aanhalingstekens en "
        f"kolomnamen na, of bewaar het opnieuw als CSV in UTF-8. {_KEPT_NOTHING}",
    ),
    "rows-none": (
        422,
        _REFUSED,
        f"Er is geen enkele rij die ingeschat kan worden. {_KEPT_NOTHING}",
    ),
    "rows-too-many-rejected": (
        422,
        _REFUSED,
        f"Te veel rijen zijn afgekeurd. {_KEPT_NOTHING} De lijst van afgekeurde rijen zegt waarom. "
        "Verbeter ze, of stuur het bestand opnieuw met een hogere max_rejected.",
    ),
    "columns-none": (
        422,
        _REFUSED,
        "Geen enkele kolom heeft een naam die hier gekend is. Zet op de eerste rij de namen van de "
        f"kolommen. {_KEPT_NOTHING}",
    ),
    "columns-missing": (422, _REFUSED, f"Deze kolommen ontbreken. {_KEPT_NOTHING}"),
    "columns-unknown": (422, _REFUSED, f"Deze kolommen zijn onbekend. {_KEPT_NOTHING}"),
    "columns-of-persons": (
        422,
        _REFUSED,
        "Een kolom is voor het rijksregisternummer, dat hier nooit binnenkomt. Laat die weg en "
        f"gebruik een pseudoniem als person_key. {_KEPT_NOTHING}",
    ),
    "file-lost": (
        422,
        "Het bestand is er niet meer",
        "Stuur het opnieuw; wat al bewaard was, blijft bewaard.",
    ),
}
