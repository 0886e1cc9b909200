"""The vocabulary of the challenges: numbers, things, ordinals and the spelling alphabet."""

from services.contracts.values import Language

# fmt: off
NUMBERS: dict[Language, tuple[str, ...]] = {
    "fr": (
        "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
        "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf", "vingt",
    ),
    "en": (
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ),
}

THINGS: dict[Language, tuple[str, ...]] = {
    "fr": (
        "maison", "jardin", "soleil", "cheval", "orange", "papier", "montagne", "bateau", "fromage", "violon",
        "tambour", "lampe", "nuage", "renard", "citron", "escalier", "miroir", "panier", "horloge", "dauphin",
    ),
    "en": (
        "house", "garden", "river", "horse", "orange", "paper", "mountain", "boat", "cheese", "violin",
        "drum", "lamp", "cloud", "rabbit", "lemon", "ladder", "mirror", "basket", "clock", "dolphin",
    ),
}

ORDINALS: dict[Language, tuple[str, ...]] = {
    "fr": ("premier", "deuxième", "troisième", "quatrième"),
    "en": ("first", "second", "third", "fourth"),
}

SPELLING: dict[Language, dict[str, str]] = {
    "fr": {
        "A": "Anatole", "C": "Célestin", "E": "Eugène", "F": "François", "H": "Henri", "J": "Joseph", "K": "Kléber",
        "M": "Marcel", "N": "Nicolas", "P": "Pierre", "R": "Raoul", "T": "Thérèse", "U": "Ursule", "V": "Victor",
        "W": "William", "X": "Xavier", "Y": "Yvonne",
    },
    "en": {
        "A": "Alpha", "C": "Charlie", "E": "Echo", "F": "Foxtrot", "H": "Hotel", "J": "Juliet", "K": "Kilo",
        "M": "Mike", "N": "November", "P": "Papa", "R": "Romeo", "T": "Tango", "U": "Uniform", "V": "Victor",
        "W": "Whiskey", "X": "X-ray", "Y": "Yankee",
    },
}
# fmt: on

AS_IN: dict[Language, str] = {"fr": "comme", "en": "as in"}
