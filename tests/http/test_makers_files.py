"""Files as makers of cards ship them, by the operator's words alone: imported, assigned, activated, used at a login.

The forms are those of files that circulate as samples: a key agreed before and a MAC of its own key (RFC 6030, figure
6), with the layout, the comments and the older suites of a maker of display cards; and a passphrase (figure 7). The
keys in them are ours.
"""

import hashlib
import hmac
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tests.http.conftest import served
from tests.http.test_cards import number_on
from tests.people import Town, plain_wire
from tests.site import Site
from twolatch.app import built_house
from twolatch.protocol.ocra import response

ENC, DSIG = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2000/09/xmldsig#"
PIN = "4711"
OLD_SUITE, SUITE = "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1", "OCRA-1:HOTP-SHA256-8:QN08"

HEAD = """<?xml version="1.0" encoding="UTF-8"?>

<!--
  Delivery 4711, three cards. The key comes by registered mail.
-->

<KeyContainer Version="1.0"
              Id="KC20261122"
              xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
              xmlns:ds="{dsig}"
              xmlns:xenc="{enc}"
              xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
              xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">
  <EncryptionKey>
    {asked}
  </EncryptionKey>
  <MACMethod Algorithm="{mac}">
    <MACKey>
      <xenc:EncryptionMethod Algorithm="{enc}aes{bits}-cbc"/>
        <xenc:CipherData>
          <xenc:CipherValue>{mac_key}</xenc:CipherValue>
        </xenc:CipherData>
    </MACKey>
  </MACMethod>
"""
AGREED = "<ds:KeyName>Pre-shared-key</ds:KeyName>"
BY_PHRASE = """<xenc11:DerivedKey>
      <xenc11:KeyDerivationMethod
        Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
        <pkcs5:PBKDF2-params>
          <Salt><Specified>{salt}</Specified></Salt>
          <IterationCount>{rounds}</IterationCount>
          <KeyLength>32</KeyLength>
          <PRF Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#hmacWithSHA256"/>
        </pkcs5:PBKDF2-params>
      </xenc11:KeyDerivationMethod>
      <xenc:ReferenceList><xenc:DataReference URI="#ED"/></xenc:ReferenceList>
      <xenc11:MasterKeyName>Passphrase 1</xenc11:MasterKeyName>
    </xenc11:DerivedKey>"""
CARD = """  <KeyPackage>
    <DeviceInfo>
      <Manufacturer>Example Cards S.A.</Manufacturer>
      <SerialNo>{serial}</SerialNo>
      <Model>306E</Model>
      <IssueNo>{issue}</IssueNo>
    </DeviceInfo>
    <CryptoModuleInfo><Id>CM_{issue}</Id></CryptoModuleInfo>
    <Key Id="{issue}"
         Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:ocra">
    <Issuer>Example Cards S.A.</Issuer>
    <AlgorithmParameters>
        <Suite>{suite}</Suite>
        <ChallengeFormat Encoding="DECIMAL" Min="6" Max="8" CheckDigits="false"/>
        <ResponseFormat Length="{length}" Encoding="DECIMAL"/>
    </AlgorithmParameters>
    <FriendlyName xml:lang="en">Display card</FriendlyName>
      <Data>
        <Secret>
          <EncryptedValue>
            <xenc:EncryptionMethod
                  Algorithm="{enc}aes{bits}-cbc"/>
            <xenc:CipherData>
              <xenc:CipherValue>{value}</xenc:CipherValue>
            </xenc:CipherData>
          </EncryptedValue>
          <ValueMAC>{value_mac}</ValueMAC>
        </Secret>
        <Counter>
          <PlainValue>0</PlainValue>
        </Counter>
      </Data>
      <Policy>
        <StartDate>2026-01-01T00:00:00Z</StartDate>
        <ExpiryDate>2037-12-31T00:00:00Z</ExpiryDate>
        <KeyUsage>CR</KeyUsage>
      </Policy>
    </Key>
  </KeyPackage>
"""


def sealed(key: bytes, plain: bytes) -> bytes:
    vector, filled = os.urandom(16), 16 - len(plain) % 16
    machine = Cipher(AES(key), CBC(vector)).encryptor()
    return vector + machine.update(plain + bytes([filled]) * filled) + machine.finalize()


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def makers_file(key: bytes, asked: str, mac: str, hash_name: str, suite: str, cards: dict[str, bytes]) -> bytes:
    mac_key, names = os.urandom(20), {"enc": ENC, "dsig": DSIG, "bits": 8 * len(key)}
    text = HEAD.format(asked=asked, mac=mac, mac_key=b64(sealed(key, mac_key)), **names)
    for serial, secret in cards.items():
        value = sealed(key, secret)
        text += CARD.format(
            serial=serial, issue=os.urandom(8).hex().upper(), suite=suite, length=suite.split(":")[1][-1],
            value=b64(value), value_mac=b64(hmac.digest(mac_key, value, hash_name)), **names,
        )  # fmt: skip
    return (text + "</KeyContainer>\n").encode()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def legacy_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from served(request, tmp_path_factory, legacy_cards=True)


@pytest.fixture
async def town(legacy_site: Site) -> AsyncIterator[Town]:
    async with (
        plain_wire() as wire,
        built_house(legacy_site.settings, alone=True) as house,
    ):
        yield Town(legacy_site, house, wire)


async def from_the_box_to_a_login(town: Town, serial: str, suite: str, secret: bytes, *, has_pin: bool) -> None:
    """What the operator types, and what the client does with the plastic in his hand."""
    user, browser = await town.person(), town.browser()
    pin = ("--pin", PIN) if has_pin else ()
    assert "shipped" in town.site.run("card", "assign", serial, user.name, *pin)
    presses = iter(range(10))

    def card(number: str) -> str:
        counter = next(presses) if ":C-" in suite else None
        hashed = hashlib.sha1(PIN.encode()).digest() if has_pin else b""
        return response(suite, secret, number, counter=counter or 0, pin_hash=hashed)

    await browser.log_in(user.name)
    assert serial in (await browser.get("/card")).text
    page = await browser.send("/card")
    page = await browser.send(f"{page.path}/confirm", answer=card(number_on(page)))
    assert page.path == "/security?done=added", page.text
    other = town.browser()
    page = await other.log_in(user.name)
    home = await other.send("/login/answer", answer=card(number_on(page)))
    assert "Proved with password and challenge card" in home.text
    assert f"{serial:24} active" in town.site.run("card", "list")


async def test_cards_that_mix_in_their_pin_come_in_a_file_under_a_key_agreed_before(town: Town, tmp_path: Path) -> None:
    key, box = os.urandom(16), tmp_path / "delivery.xml"
    cards = {f"306E{os.urandom(3).hex().upper()}-{n:05d}": os.urandom(20) for n in range(3)}
    box.write_bytes(makers_file(key, AGREED, f"{DSIG}hmac-sha1", "sha1", OLD_SUITE, cards))
    said = town.site.run("card", "import", str(box), "--key", key.hex())
    assert "Imported: 3 new, 0 known already, 0 refused." in said
    serial, secret = next(iter(cards.items()))
    await from_the_box_to_a_login(town, serial, OLD_SUITE, secret, has_pin=True)


async def test_cards_of_today_come_in_a_file_under_a_passphrase(town: Town, tmp_path: Path) -> None:
    phrase, salt, rounds, box = b"eleven birds over the harbour", os.urandom(16), 200_000, tmp_path / "delivery.xml"
    key = hashlib.pbkdf2_hmac("sha256", phrase, salt, rounds, 32)
    asked = BY_PHRASE.format(salt=b64(salt), rounds=rounds)
    cards = {f"T{os.urandom(3).hex().upper()}{n:04d}": os.urandom(32) for n in range(2)}
    mac = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
    box.write_bytes(makers_file(key, asked, mac, "sha256", SUITE, cards))
    (tmp_path / "phrase").write_bytes(phrase + b"\n")
    said = town.site.run("card", "import", str(box), "--passphrase-file", str(tmp_path / "phrase"))
    assert "Imported: 2 new, 0 known already, 0 refused." in said
    serial, secret = next(iter(cards.items()))
    await from_the_box_to_a_login(town, serial, SUITE, secret, has_pin=False)
