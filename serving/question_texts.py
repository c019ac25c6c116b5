"""The two questions of month three, worded once for pages, reports and the API."""

POSSIBLE_NL = "Zijn stappen naar werk mogelijk?"
NEEDED_NL = "Is steun van VDAB en partners daarvoor nodig?"
# where there is no room for a sentence, such as at the head of a column
POSSIBLE_SHORT_NL = "stappen naar werk mogelijk?"
NEEDED_SHORT_NL = "steun daarvoor nodig?"
