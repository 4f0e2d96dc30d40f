"""Files of makers: the figures of RFC 6030, and whatever somebody hostile would send."""

import hmac
import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twolatch.protocol.pskc.door import DEEPEST, MOST_BYTES, PSKC, BadFile
from twolatch.protocol.pskc.reading import OCRA, Package, read
from twolatch.protocol.pskc.sealing import WRONG_KEY, FileKey
from twolatch.protocol.pskc.writing import NewKey, write

SPACES = (
    f'xmlns="{PSKC}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" '
    'xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" '
    'xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"'
)
CBC = '<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
HOTP = f"{PSKC}:hotp"
SECRET = b"12345678901234567890"
PLAIN = f"<Secret><PlainValue>{b64encode(SECRET).decode()}</PlainValue></Secret>"
COUNTER = "<Counter><PlainValue>0</PlainValue></Counter>"
AGREED = FileKey(key=bytes.fromhex("12345678901234567890123456789012"))  # figure 6
FILE_KEY, FRESH = bytes(range(16)), bytes(range(256)) * 4
SUITE = "OCRA-1:HOTP-SHA256-8:QN08"


def sealed(text: str, mac: str = "") -> str:
    value = f"<xenc:CipherData><xenc:CipherValue>{text}</xenc:CipherValue></xenc:CipherData>"
    return f"<Secret><EncryptedValue>{CBC}{value}</EncryptedValue>{mac and f'<ValueMAC>{mac}</ValueMAC>'}</Secret>"


def mac_method(mac_key: str, name: str = "http://www.w3.org/2000/09/xmldsig#hmac-sha1") -> str:
    value = f"<xenc:CipherData><xenc:CipherValue>{mac_key}</xenc:CipherValue></xenc:CipherData>"
    return f'<MACMethod Algorithm="{name}"><MACKey>{CBC}{value}</MACKey></MACMethod>'


def package(data: str, serial: str = "987654321", algorithm: str = HOTP, more: str = "") -> str:
    device = f"<DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>"
    key = f'<Key Id="12345678" Algorithm="{algorithm}"><Issuer>Issuer</Issuer>{more}<Data>{data}</Data></Key>'
    return f"<KeyPackage>{device if serial else ''}{key}</KeyPackage>"


def container(*parts: str, version: str = "1.0") -> bytes:
    return f'<?xml version="1.0"?><KeyContainer Version="{version}" {SPACES}>{"".join(parts)}</KeyContainer>'.encode()


NAMED = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"
FIGURE_6 = container(
    NAMED,
    mac_method("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX"),
    package(
        sealed("AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv", "Su+NvtQfmvfJzF6bmQiJqoLRExc=")
        + COUNTER
    ),
)


def derived(rounds: str = "1000", size: str = "16", salt: str = "Ej7/PEpyEpw=", prf: str = "<PRF/>") -> str:
    params = f"<Salt><Specified>{salt}</Specified></Salt><IterationCount>{rounds}</IterationCount>"
    params = f'<pkcs5:PBKDF2-params xmlns="">{params}<KeyLength>{size}</KeyLength>{prf}</pkcs5:PBKDF2-params>'
    name = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2"
    method = f'<xenc11:KeyDerivationMethod Algorithm="{name}">{params}</xenc11:KeyDerivationMethod>'
    references = '<xenc:ReferenceList><xenc:DataReference URI="#ED"/></xenc:ReferenceList>'
    named = "<xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName>"
    return f"<EncryptionKey><xenc11:DerivedKey>{method}{references}{named}</xenc11:DerivedKey></EncryptionKey>"


def figure_7(**changes: str) -> bytes:
    return container(
        derived(**changes),
        mac_method("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx"),
        package(
            sealed(
                "oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f", "LP6xMvjtypbfT9PdkJhBZ+D6O4w="
            )
        ),
    )


PHRASE = FileKey(passphrase=b"qwerty")
POLICY = "<Policy><StartDate>2006-05-01T00:00:00Z</StartDate><ExpiryDate>2006-05-31T00:00:00Z</ExpiryDate></Policy>"


def one(package_: Package) -> Any:
    [key] = package_.keys
    return key


NONE = FileKey()


def why(data: bytes, given_: FileKey = NONE) -> str:
    with pytest.raises(BadFile) as refused:
        read(data, given_)
    return refused.value.why


def soft(serials: int = 1) -> bytes:
    return write([NewKey(f"S-{n}", SUITE, bytes([n + 1]) * 32, n) for n in range(serials)], FILE_KEY, FRESH)


def test_figures_2_and_3_hold_a_plain_key() -> None:
    found = one(read(container(package("<Secret><PlainValue>MTIzNA==\n </PlainValue></Secret>", "")), FileKey()))
    assert (found.serial, found.secret, found.algorithm, found.suite) == ("", b"1234", HOTP, "")
    found = one(read(container(package(PLAIN + COUNTER)), FileKey()))
    assert (found.serial, found.maker, found.secret, found.counter) == ("987654321", "Manufacturer", SECRET, 0)


def test_figure_4_refers_to_a_key_and_holds_none() -> None:
    assert one(read(container(package(COUNTER)), FileKey())).secret is None


def test_figure_5_has_two_packages_of_one_device() -> None:
    pin = package("<Secret><PlainValue>MTIzNA==</PlainValue></Secret>", algorithm=f"{PSKC}:pin")
    keys = read(container(package(PLAIN), pin), FileKey()).keys
    assert [(key.serial, key.algorithm) for key in keys] == [("987654321", HOTP), ("987654321", f"{PSKC}:pin")]


def test_figure_6_opens_by_a_key_agreed_before() -> None:
    package_ = read(FIGURE_6, AGREED)
    assert (one(package_).secret, package_.notes) == (SECRET, [])


def test_figure_7_opens_by_a_passphrase_and_its_few_rounds_are_told() -> None:
    package_ = read(figure_7(), PHRASE)
    assert one(package_).secret == bytes.fromhex("3132333435363738393031323334353637383930")
    assert "1000 rounds" in package_.notes[0]


def test_figure_8_by_a_certificate_is_refused() -> None:
    asked = "<EncryptionKey><ds:X509Data><ds:X509Certificate>AA==</ds:X509Certificate></ds:X509Data></EncryptionKey>"
    assert "certificate" in why(container(asked, package(PLAIN)), AGREED)


def test_figure_10_holds_many_and_says_until_when_they_are_good() -> None:
    keys = read(container(*(package(PLAIN + COUNTER + POLICY, f"S{n}") for n in range(4))), FileKey()).keys
    assert [key.serial for key in keys] == ["S0", "S1", "S2", "S3"]
    assert keys[0].expires == ""
    dated = package(PLAIN).replace("</Data>", f"</Data>{POLICY}")
    assert one(read(container(dated), FileKey())).expires == "2006-05-31T00:00:00Z"


def test_a_file_that_is_not_encrypted_is_told_to_be_destroyed() -> None:
    assert "destroy" in read(container(package(PLAIN)), FileKey()).notes[0]


def test_the_suite_of_a_card_stands_in_its_parameters_or_in_the_algorithm() -> None:
    more = f"<AlgorithmParameters><Suite>{SUITE}</Suite></AlgorithmParameters>"
    assert one(read(container(package(PLAIN, algorithm=OCRA, more=more)), FileKey())).suite == SUITE
    assert one(read(container(package(PLAIN, algorithm=f"{PSKC}#{SUITE}")), FileKey())).suite == SUITE
    assert one(read(container(package(PLAIN, algorithm=HOTP, more=more)), FileKey())).suite == ""


def test_what_we_write_we_read() -> None:
    keys = read(soft(3), FileKey(FILE_KEY)).keys
    assert [(key.serial, key.suite, key.counter, key.secret) for key in keys] == [
        (f"S-{n}", SUITE, n, bytes([n + 1]) * 32) for n in range(3)
    ]


@pytest.mark.parametrize("place", range(0, 1200, 7))
def test_no_octet_of_an_encrypted_file_can_be_changed_into_another_key(place: int) -> None:
    """Whatever is changed: the file is refused, or the keys are the very same."""
    data = bytearray(soft())
    place %= len(data)
    data[place] ^= 1
    try:
        keys = read(bytes(data), FileKey(FILE_KEY)).keys
    except BadFile:
        return
    assert keys[0].secret == bytes([1]) * 32


def test_a_wrong_key_or_passphrase_says_so_and_nothing_more() -> None:
    for data, wrong in (
        (FIGURE_6, FileKey(key=bytes(16))), (figure_7(), FileKey(passphrase=b"qwertz")), (soft(), FileKey(bytes(16))),
    ):  # fmt: skip
        assert why(data, wrong) == WRONG_KEY


def test_a_key_that_is_missing_or_of_another_sort_is_asked_for() -> None:
    assert "none was given" in why(FIGURE_6)
    assert "none was given" in why(FIGURE_6, PHRASE)
    assert "none was given" in why(figure_7(), AGREED)
    assert "16 bytes, not of 32" in why(FIGURE_6, FileKey(key=bytes(32)))


def encrypted(mac: str | None = None, method: bool = True, cipher: str = CBC) -> bytes:
    """Figure 6 with another MAC, or none, or another cipher."""
    parts = FIGURE_6.decode().replace(CBC, cipher)
    if mac is not None:
        parts = parts.replace("<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=</ValueMAC>", mac)
    if not method:
        begin, _, rest = parts.partition("<MACMethod")
        parts = begin + rest.partition("</MACMethod>")[2]
    return parts.encode()


def test_a_mac_is_required_and_is_over_what_was_encrypted() -> None:
    assert "MAC is missing" in why(encrypted(mac=""), AGREED)
    assert "MAC is missing" in why(encrypted(mac="", method=False), AGREED)
    assert "without a method" in why(encrypted(method=False), AGREED)
    over_plain = b64encode(hmac.digest(bytes.fromhex("1122334455667788990011223344556677889900"), SECRET, "sha1"))
    assert why(encrypted(mac=f"<ValueMAC>{over_plain.decode()}</ValueMAC>"), AGREED) == WRONG_KEY
    assert "unknown MAC" in why(FIGURE_6.replace(b"#hmac-sha1", b"#hmac-md5"), AGREED)
    assert "MACKey" in why(FIGURE_6.replace(b"MACKey", b"MacKey"), AGREED)


def test_ciphers_that_are_not_on_the_list_are_refused() -> None:
    for name in ("http://www.w3.org/2001/04/xmlenc#tripledes-cbc", "http://www.w3.org/2001/04/xmlenc#none", ""):
        assert "cipher that is not accepted" in why(
            encrypted(cipher=f'<xenc:EncryptionMethod Algorithm="{name}"/>'), AGREED
        )


@pytest.mark.parametrize(
    "changes",
    [{"rounds": "999"}, {"rounds": "10000001"}, {"rounds": "9" * 12}, {"rounds": "1e9"}, {"rounds": "-1"},
     {"rounds": "9" * 4000}, {"size": "8"}, {"size": "64"}, {"size": "99999999999"}, {"salt": "AA=="},
     {"salt": "A" * 4000}, {"prf": '<PRF Algorithm="#hmacWithMD5"/>'}],
    ids=str,
)  # fmt: skip
def test_a_passphrase_costs_no_more_than_we_bear_whatever_the_file_asks(changes: dict[str, str]) -> None:
    assert why(figure_7(**changes), PHRASE)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE: dict[str, bytes] = {
    "billion laughs": f'<?xml version="1.0"?>{ENTITIES}<KeyContainer>&b;</KeyContainer>'.encode(),
    "a file of ours": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><KeyContainer>&a;</KeyContainer>',
    "a DTD from outside": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><KeyContainer/>',
    "parameter entities": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x">%a;]><KeyContainer/>',
    "an empty DTD": b"<!DOCTYPE KeyContainer><KeyContainer/>",
    "deep": b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1),
    "wide": b"<a>" + b"<b/>" * 300_000 + b"</a>",
    "a long text": b"<a>" + b"x" * 20_000 + b"</a>",
    "a long attribute": b'<a b="' + b"x" * 20_000 + b'"/>',
    "large": b"<a>" + b" " * MOST_BYTES + b"</a>",
    "nothing": b"",
    "no XML": b"\x00\xff\x00\xff",
    "unfinished": FIGURE_6[:-20],
    "two roots": FIGURE_6 + b"<a/>",
    "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "an undeclared prefix": b"<a:b/>",
    "another root": b"<a/>",
    "another version": container(package(PLAIN), version="2.0"),
    "another namespace": b'<KeyContainer Version="1.0" xmlns="urn:x"/>',
    "no keys": container(),
    "two secrets": container(package(PLAIN + PLAIN)),
    "two serials": container(package(PLAIN).replace("<SerialNo>", "<SerialNo>1</SerialNo><SerialNo>")),
    "plain and encrypted": container(
        NAMED, package("<Secret><PlainValue>AA==</PlainValue><EncryptedValue/></Secret>")
    ),
    "an empty secret": container(package("<Secret/>")),
    "encrypted without a key": container(package(sealed("AAAA"))),
    "no base 64": container(package("<Secret><PlainValue>!!!!</PlainValue></Secret>")),
    "signs that move a cursor": container(package(PLAIN, "A&#x202E;B")),
    "a line in a serial": container(package(PLAIN, "A&#10;B")),
    "a long serial": container(package(PLAIN, "A" * 65)),
    "a counter that is none": container(package(PLAIN + "<Counter><PlainValue>-1</PlainValue></Counter>")),
    "a counter beyond": container(package(PLAIN + f"<Counter><PlainValue>{1 << 49}</PlainValue></Counter>")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name: str) -> None:
    assert why(HOSTILE[name], AGREED)


def test_a_hostile_file_costs_little_memory() -> None:
    tracemalloc.start()
    for name in ("billion laughs", "deep", "a long text"):
        why(HOSTILE[name])
    assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    tracemalloc.stop()


def test_the_line_of_a_fault_is_told() -> None:
    data = soft(2).replace(b"<Counter><PlainValue>1<", b"<Counter><PlainValue>x<")
    with pytest.raises(BadFile) as refused:
        read(data, FileKey(FILE_KEY))
    line = data[: data.index(b"<PlainValue>x<")].count(b"\n") + 1
    assert refused.value.line == line


def test_its_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    read(soft(3), FileKey(FILE_KEY), lambda done, all_: told.append((done, all_)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def mutations(data: bytes) -> st.SearchStrategy[bytes]:
    """The file with pieces cut out, doubled, moved or replaced: near enough to a good one to come far."""
    spots = st.integers(0, len(data))

    def mutate(changes: list[tuple[int, int, bytes]]) -> bytes:
        now = data
        for start, length, piece in changes:
            now = now[:start] + piece + now[start + length :]
        return now

    pieces = st.one_of(
        st.binary(max_size=8), st.sampled_from([b"<", b">", b"</Key>", b"<Key>", b"&#0;", b"&amp;", b"]]>", b"<!--"]),
        st.builds(lambda at, size: data[at : at + size], spots, st.integers(0, 400)),
    )  # fmt: skip
    return st.lists(st.tuples(spots, st.integers(0, 200), pieces), min_size=1, max_size=4).map(mutate)


def only_refused(make: Callable[[], Package]) -> None:
    try:
        package_ = make()
    except BadFile:
        return
    assert all(len(key.serial) <= 64 for key in package_.keys)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400) | mutations(soft(2)) | mutations(FIGURE_6) | mutations(container(package(PLAIN))))
def test_whatever_comes_it_is_read_or_refused(data: bytes) -> None:
    for key in (FileKey(FILE_KEY), AGREED, FileKey()):
        only_refused(lambda key=key: read(data, key))  # type: ignore[misc]
