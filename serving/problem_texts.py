"""What a user is told of each problem, in Dutch: its status, a title, and what to do."""

from serving.file_texts import FILE_TEXTS

# how the API is entered, by the schemes that this deployment takes
ENTER_NL: dict[tuple[str, ...], str] = {
    ("basic",): "Meld u aan met een naam en een wachtwoord die hier bekend zijn.",
    ("bearer",): "Stuur een geldig token van uw organisatie mee, als Authorization: Bearer.",
    ("basic", "bearer"): "Meld u aan met een naam en een wachtwoord die hier bekend zijn, of stuur "
    "een geldig token van uw organisatie mee, als Authorization: Bearer.",
    (): "De API staat hier voor niemand open: vraag het aan uw beheerder.",
}

# key: status, title, what to do
TEXTS: dict[str, tuple[int, str, str]] = {
    "not-logged-on": (
        401,
        "U bent niet aangemeld",
        "Meld u aan.",
    ),
    "session-ended": (
        401,
        "Uw sessie is verlopen",
        "Wat u net invulde, is niet bewaard. Meld u opnieuw aan.",
    ),
    "account-unusable": (
        403,
        "Dit is niet voor uw account",
        "Uw organisatie kent u, maar uw account heeft daar geen rol, of geen ziekenfonds, waarmee "
        "u hier terechtkunt. Vraag uw beheerder om dat aan te passen.",
    ),
    "account-closed": (
        403,
        "Dit is niet voor uw account",
        "Uw account is hier afgesloten. Vraag het aan uw beheerder als dat niet klopt.",
    ),
    "not-allowed": (
        403,
        "Dit is niet voor uw account",
        "Uw rol, ziekenfonds of regio geeft geen toegang hiertoe. "
        "Vraag het aan uw beheerder als dat niet klopt.",
    ),
    "form-expired": (
        403,
        "Het formulier is verlopen",
        "Ga terug, laad de pagina opnieuw en probeer nog eens.",
    ),
    "not-found": (
        404,
        "Niet gevonden",
        "Dit adres bestaat niet, of het dossier hoort niet bij uw ziekenfonds of regio.",
    ),
    "no-plan": (
        404,
        "Er is nog geen planning",
        "Ze wordt 's nachts berekend met `kantelpunt plan`. Vraag uw beheerder of dat al gebeurt.",
    ),
    "no-scenario": (
        404,
        "Dit scenario bestaat niet",
        "Misschien is het gewist. De lijst toont wat er nog is.",
    ),
    "no-referral": (
        404,
        "Er is nog geen doorverwijzing",
        "Van dit dossier is nog geen aanmeldingsformulier verstuurd.",
    ),
    "method-not-allowed": (
        405,
        "Dit kan hier niet",
        "Dit adres bestaat, maar niet voor deze bewerking. De beschrijving staat op /docs.",
    ),
    "stale": (
        409,
        "Dit dossier veranderde ondertussen",
        "Er is niets overschreven en er ging niets verloren. Bekijk het dossier opnieuw en beslis "
        "dan of dit nog nodig is.",
    ),
    "form-changed": (
        409,
        "De vragen van dit formulier veranderden ondertussen",
        "Er dient nu een ander model, en er is nog niets bewaard. Wat u invulde bij vragen die er "
        "nog zijn, staat hieronder; een vraag die er niet meer bij staat, telt niet meer mee. Kijk "
        "alles na en verstuur het opnieuw.",
    ),
    "wrong-state": (
        409,
        "Dit kan nu niet met dit dossier",
        "Er is niets veranderd. Bekijk het dossier opnieuw: daar staat wat er nu kan.",
    ),
    "no-consent": (
        409,
        "Er is geen geldige toestemming",
        "Noteer eerst waarmee de persoon instemt, en wanneer. Er is niets doorgegeven.",
    ),
    "objection-open": (
        409,
        "Voor dit dossier loopt een bezwaar",
        "Tot het behandeld is, wordt er niets ingeschat, beslist of doorverwezen, en is niet te "
        "zien wat ingeschat was.",
    ),
    "objection-upheld": (
        409,
        "Voor dit dossier is een bezwaar aanvaard",
        "Er wordt niets meer ingeschat, en wat ingeschat was, wordt niet getoond.",
    ),
    "other-case": (
        409,
        "Dit nummer is van een ander dossier",
        "Er is niets bewaard. Een andere persoon of een nieuwe afwezigheid vraagt een nieuw "
        "dossiernummer.",
    ),
    "taken": (
        409,
        "Een collega nam dit dossier al",
        "Vraag om het vrij te geven, of geef het zelf vrij als dat afgesproken is.",
    ),
    "own-estimate-first": (
        409,
        "Geef eerst uw eigen inschatting",
        "Beantwoord beide vragen voor de laatste inschatting van dit dossier. Daarna ziet u de "
        "getallen en kunt u beslissen.",
    ),
    "own-estimate-kept": (
        409,
        "U gaf uw eigen inschatting al",
        "Die verandert niet meer. Uw beslissing kan ervan afwijken.",
    ),
    "own-estimate-off": (
        409,
        "Een eigen inschatting wordt hier niet gevraagd",
        "Uw organisatie zette dat uit. U kunt meteen beslissen.",
    ),
    "not-yours": (
        409,
        "Dit scenario is van een collega",
        "Wie het bewaarde, kan het wissen. Er is niets veranderd.",
    ),
    "too-many-scenarios": (
        409,
        "U bewaart al zoveel scenario's als er plaats voor is",
        "Wis er een die u niet meer nodig hebt, en bewaar dit daarna. Er is niets bewaard.",
    ),
    "no-proposal": (
        409,
        "Voor deze regio is er geen voorstel",
        "GET limits zegt waarom. Geef zelf een grens op, of gebruik null voor de algemene grens.",
    ),
    "too-large": (
        413,
        "De aanvraag is te groot",
        "Stuur hoogstens 1.000 meldingen en 5 MB per keer, en verdeel de rest over meer aanvragen.",
    ),
    "not-json": (
        415,
        "De aanvraag is geen JSON",
        "Stuur de melding als JSON, met Content-Type: application/json.",
    ),
    "unreadable": (
        422,
        "De aanvraag is niet leesbaar",
        "De JSON is niet geldig. Controleer haakjes, aanhalingstekens en getallen.",
    ),
    "not-utf-8": (
        422,
        "Het formulier is niet leesbaar",
        "Stuur het in UTF-8, zoals een browser doet. Er is niets bewaard.",
    ),
    "not-a-batch": (
        422,
        "De aanvraag is geen lijst van meldingen",
        'Stuur een lijst van meldingen, of een object met die lijst onder "cases".',
    ),
    "body": (
        422,
        "De aanvraag klopt niet",
        "Pas deze velden aan; er is niets bewaard.",
    ),
    "change-impossible": (
        422,
        "Deze vraag kan niet berekend worden",
        "Pas deze velden aan.",
    ),
    "form": (
        422,
        "Dit formulier is nog niet in orde",
        "Er is niets bewaard. Dit wordt nog verwacht:",
    ),
    "parameters": (
        422,
        "De aanvraag klopt niet",
        "Pas deze parameters aan.",
    ),
    "too-many": (
        429,
        "Te veel pogingen of aanvragen",
        "Wacht even en probeer dan opnieuw.",
    ),
    "case-refused": (422, "Deze melding kan niet ingeschat worden", ""),
    "no-limits": (
        422,
        "Deze melding kan niet ingeschat worden",
        "Voor de dag van de inschatting gelden nog geen grenzen. Kies een latere dag.",
    ),
    "fault": (
        500,
        "Er ging iets mis bij ons",
        "De fout is genoteerd, zonder gegevens van het dossier. "
        "Probeer het later opnieuw of verwittig uw beheerder.",
    ),
    "issuer-gone": (
        503,
        "Aanmelden kan even niet",
        "De aanmelddienst van uw organisatie antwoordt niet. Wie al aangemeld is, werkt gewoon "
        "verder. Probeer het over enkele seconden opnieuw.",
    ),
    "store-busy": (
        503,
        "De opslag is even bezet",
        "Iemand anders bewaarde tegelijk iets over dezelfde dossiers; wat u stuurde, is niet "
        "bewaard. Probeer het opnieuw.",
    ),
    "maintenance": (
        503,
        "Kantelpunt is even dicht voor onderhoud",
        "Er wordt aan de dienst gewerkt.",
    ),
    "store-refuses": (
        503,
        "Er kan nu niets bewaard worden",
        "De opslag is vol of neemt niets aan; wat u stuurde, is niet bewaard, wat er stond wel. "
        "Verwittig uw beheerder.",
    ),
    "store-unsure": (
        503,
        "Het is niet zeker of dit bewaard is",
        "De opslag viel weg terwijl ze dit bewaarde: het staat er heel, of helemaal niet. "
        "Kijk dat eerst na voor u het opnieuw doet.",
    ),
    "store-gone": (
        503,
        "De dienst is even niet beschikbaar",
        "De opslag antwoordt niet; er is niets bewaard. Probeer het over enkele seconden opnieuw.",
    ),
    **FILE_TEXTS,
}
