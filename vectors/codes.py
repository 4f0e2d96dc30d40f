"""Test data of session_id.json and link.json."""

from hashlib import sha256

from formulas import ACTIVATION, HOST, Case, b64u, but, fixed, key, label, lp, point

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def times_alpha(value: int, power: int) -> int:
    for _ in range(power):
        value = value << 1 ^ (0x25 if value & 16 else 0)
    return value


def session_code(random: bytes) -> str:
    bits = format(int.from_bytes(random, "big"), "056b")[:55]
    body = [int(bits[5 * i : 5 * i + 5], 2) for i in range(11)]
    check = 0
    for i, value in enumerate(body):
        check ^= times_alpha(value, i + 1)
    return "".join(ALPHABET[value] for value in [*body, check])


def session_id() -> Case:
    code = session_code(bytes.fromhex("0842108421084200"[:14]))
    other = session_code(fixed("session", 7))
    shown = f"{other[:4]}-{other[4:8]}-{other[8:]}"
    made = [
        {"says": "the first 55 bits of seven random bytes", "random": r.hex(), "session_id": session_code(r)}
        for r in (bytes(7), b"\xff" * 7, bytes.fromhex("0842108421084200"[:14]), fixed("session", 7))
    ]
    read = [
        ("as the portal shows it", shown, other),
        ("without hyphens", other, other),
        ("in lower case", shown.lower(), other),
        ("with spaces between and around", f" {other[:4]} {other[4:8]}  {other[8:]} ", other),
        ("with hyphens in odd places", "-".join(other), other),
        ("with the letters O, I and L for digits", code.replace("1", "I", 2).replace("1", "l"), code),
        ("with the letter o for zero", session_code(bytes(7)).replace("0", "o"), session_code(bytes(7))),
    ]
    second = "7" if other[1] != "7" else "8"
    bad = [
        ("one wrong character", other[0] + second + other[2:]),
        ("two neighbours exchanged", other[1] + other[0] + other[2:]),
        ("last two exchanged", other[:10] + other[11] + other[10]),
        ("a wrong check character", other[:11] + ALPHABET[ALPHABET.index(other[11]) ^ 1]),
        ("eleven characters", other[:11]),
        ("thirteen characters", other + "0"),
        ("the letter U is not in the alphabet", "U" + other[1:]),
        ("a full-width digit", "\uff10" + session_code(bytes(7))[1:]),
        ("a dotless i, which upper case would turn into I", code.replace("1", "\u0131", 1)),
        ("other punctuation", shown.replace("-", ".")),
        ("a line end", shown + "\n"),
        ("nothing", ""),
    ]
    return {
        "says": "Session IDs: made of random bytes, read as typed. Bad: refused before a try is spent.",
        "made": made,
        "good": [{"says": says, "typed": typed, "session_id": read} for says, typed, read in read],
        "bad": [{"says": says, "typed": typed} for says, typed in bad],
    }


def link() -> Case:
    signing, pin = point(key("signing")), point(key("pin"))
    kfp = sha256(label("server-keys") + lp(signing, pin)).digest()[:16]
    secret = fixed("secret", 16)
    tail = f"{b64u(secret)}.{b64u(kfp)}"
    case = {
        "says": "an installed site",
        "url": f"https://{HOST}/a#1.{ACTIVATION}.{tail}",
        "base": f"https://{HOST}",
        "id": ACTIVATION,
        "secret": secret.hex(),
        "kfp": kfp.hex(),
        "code": f"{ACTIVATION}.{b64u(secret)}",
        "signing_key": signing.hex(),
        "pin_key": pin.hex(),
    }
    demo = "http://phone.localhost:8080"
    url = case["url"]
    last = url[:-1] + "B"
    return {
        "says": "Activation links as in the QR code; kfp is the fingerprint of signing_key and pin_key.",
        "good": [case, but(case, "a demo with a port", url=f"{demo}/a#1.{ACTIVATION}.{tail}", base=demo)],
        "bad": [
            {"says": says, "url": text}
            for says, text in [
                ("another version", url.replace("#1.", "#2.")),
                ("a query instead of the fragment", url.replace("#", "?")),
                ("another path", url.replace("/a#", "/b#")),
                ("an id in upper case", url.replace(ACTIVATION, ACTIVATION.upper())),
                ("an id of 25 characters", url.replace(ACTIVATION, ACTIVATION[:-1])),
                ("an id beyond 16 bytes", url.replace(ACTIVATION, "8" + ACTIVATION[1:])),
                ("a secret of 15 bytes", url.replace(b64u(secret), b64u(secret[:15]))),
                ("a secret with padding", url.replace(b64u(secret), b64u(secret) + "==")),
                ("a non-canonical ending", last),
                ("no fingerprint", url.rsplit(".", 1)[0]),
                ("a fifth part", url + ".x"),
                ("a foreign scheme", url.replace("https:", "javascript:")),
                ("a user name in the authority", url.replace("https://", "https://anna@")),
                ("two fragments", url.replace("#", "##")),
                ("a page that only mentions it", "see " + url),
                ("nothing", ""),
            ]
        ],
    }
