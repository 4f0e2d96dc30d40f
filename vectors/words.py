"""Test data of pins.json and notation.json."""

from formulas import Case, b64u, lp

# fmt: off
COMMON = [
    "0007", "0911", "0987", "1100", "1122", "1133", "1221", "1233", "1342", "1357", "1470", "1478", "2112",
    "2244", "2255", "2468", "2580", "3692", "5150", "5201", "5683", "6996", "7410", "7788", "7890", "8520",
    "9630", "11223", "13579", "14789", "24680", "102030", "112233", "123321", "123654", "135790", "147258",
    "159357", "159753", "741852", "789456", "963852", "987456", "asdf", "love", "qwer", "zxcv", "admin",
    "hello", "letme", "pass1", "qwert", "abc123", "asdfgh", "azerty", "qazwsx", "qwerty", "secret",
    "zxcvbn",
]
# fmt: on


def pins() -> Case:
    good = [
        "7391",
        "k9#q",
        "739184",
        "1213",
        "1235",
        "12121",
        "1899",
        "2100",
        "19999",
        "2100x",
        "77779",
        "7\u00e99b",
    ]
    bad = [
        ("short", "", "anna"), ("short", "739", "anna"), ("short", "e\u0301" * 3, "anna"),
        ("long", "7391846", "anna"), ("long", "k9#qk9#qk", "anna"),
        ("repeat", "0000", "anna"), ("repeat", "zzzzzz", "anna"),
        ("repeat", "\u00e9e\u0301\u00e9\u00e9", "anna"),
        ("sequence", "1234", "anna"), ("sequence", "dcba", "anna"), ("sequence", "456789", "anna"),
        ("sequence", "XYZ[", "anna"),
        ("half", "1212", "anna"), ("half", "k9#k9#", "anna"), ("half", "ab1ab1", "anna"),
        ("year", "1987", "anna"), ("year", "2025", "anna"), ("year", "2099", "anna"),
        ("year", "1900", "anna"),
        ("common", "2580", "anna"), ("common", "QWERty", "anna"), ("common", "159753", "anna"),
        ("name", "anna", "anna"), ("name", "ANNA", "anna"), ("name", "annab", "AnnaBel"),
        ("name", "zoe\u0301x", "zo\u00e9xander"),
        ("control", "73\u000091", "anna"), ("control", "7391\n", "anna"), ("control", "7\u202e391", "anna"),
        ("control", "739\ud800", "anna"), ("control", "\u0007", "anna"),
    ]  # fmt: skip
    says = {
        "short": "fewer than four code points", "long": "more than six code points",
        "repeat": "one character repeated", "sequence": "a run up or down", "half": "a repeated half",
        "year": "a year", "common": "one of the most common", "name": "the user name's start",
        "control": "a control character",
    }  # fmt: skip
    return {
        "says": "Which PINs are refused for which user, and why. `common` is the whole list, in lower case.",
        "common": COMMON,
        "good": [{"says": "may be used", "pin": pin, "user": "anna"} for pin in good]
        + [
            {"says": "the end of the name, not its start", "pin": "nabel", "user": "annabel"},
            {
                "says": "six after NFC, nine before",
                "pin": "7\u00e9\u00e91\u00e92".replace("\u00e9", "e\u0301"),
                "user": "anna",
            },
            {"says": "beyond the basic plane counts once", "pin": "\U0001f5177b\U0001f511", "user": "anna"},
        ],
        "bad": [{"says": says[why], "pin": pin, "user": user, "weakness": why} for why, pin, user in bad],
    }


def notation() -> Case:
    parts = [["anna"], [""], ["", "ab", ""], ["a", "b"], ["ab", ""], ["zoë", "株式会社"], ["x" * 300]]
    return {
        "says": "LP of texts and b64u. Bad: texts a b64u decoder must refuse.",
        "lp": [{"parts": case, "bytes": lp(*case).hex()} for case in parts],
        "good": [
            {"says": f"{len(raw)} bytes", "text": b64u(raw), "bytes": raw.hex()}
            for raw in (b"", b"\x00", b"\xff\xfe", b"\xfb\xff\xbf", bytes(range(16)))
        ],
        "bad": [
            {"says": "padding", "text": "_w=="},
            {"says": "the other alphabet", "text": "++//"},
            {"says": "white space", "text": "AA AA"},
            {"says": "a line end", "text": "AAAA\n"},
            {"says": "one character alone", "text": "AAAAA"},
            {"says": "a non-canonical ending", "text": "_x"},
            {"says": "a non-canonical ending of two bytes", "text": "AAB"},
            {"says": "not ASCII", "text": "\uff21\uff21\uff21\uff21"},
        ],
    }
