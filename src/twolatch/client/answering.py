"""Delivering answers.

Numbered before they leave, kept until their result is known (docs/protocol.md, 3.2).
"""

import asyncio

from msgspec.structs import replace

from twolatch.client import device
from twolatch.client.outcomes import Answered, Asked, NotTrusted, Refused, Scanned
from twolatch.client.store import Record, Store
from twolatch.client.wire import Wires
from twolatch.protocol import keys, messages, pins
from twolatch.protocol.answer import Decision
from twolatch.protocol.messages import Answer, AnswerResult, SignedBytes, Waiting
from twolatch.protocol.octets import b64u, unb64u
from twolatch.protocol.scan import ScanLink

# By how much `seq` leaps when the server has seen a higher one.
LEAPS = (1, 100, 10_000)
# PBKDF2 below so many rounds is quicker than the way to another thread.
QUICK = 10_000


async def stretch(pin: str, salt: bytes, iterations: int) -> bytes:
    """PBKDF2, not in the way of other phones."""
    if iterations < QUICK:
        return pins.stretch(pin, salt, iterations)
    return await asyncio.to_thread(pins.stretch, pin, salt, iterations)


class Answering:
    """Answers of all records in one store. Who lets it change one must be alone with the store."""

    def __init__(self, store: Store, wires: Wires) -> None:
        self._store = store
        self._wires = wires
        self._keys: dict[str, keys.PrivateKey] = {}

    def key(self, of: Record) -> keys.PrivateKey:
        """K_dev of a record, read from its PEM once."""
        if of.device not in self._keys:
            self._keys[of.device] = device.load_key(of)
        return self._keys[of.device]

    def keep(self, record: Record) -> Record:
        """Stores the record."""
        self._store.save(self._store.load().put(record))
        return record

    def note(self, device_id: str, refused: Refused) -> None:
        """Remembers what a refusal says about the phone itself."""
        known = self._store.load().find(device_id)
        if refused.code == "phone.removed" and known and known.state != "removed":
            self.keep(replace(known, state="removed", unsent=None))

    async def answer(self, of: Record, asked: Asked, decision: Decision, pin: str, digits: str) -> Answered | Refused:
        """Answers one challenge of this record."""
        settled = await self._settle(of, asked, decision)
        if settled is not None:
            return settled
        secret = b""
        if decision is Decision.APPROVE:
            secret = device.unmask(of, await stretch(pin, unb64u(of.salt, 16), of.iterations))
        result: Answered | Refused = Refused("answer.replayed", "The phone's counter is behind")
        for leap in LEAPS:
            now = self._store.load().find(of.device) or of
            made = device.make_answer(
                now, self.key(of), asked, decision, digits=digits, secret=secret, seq=now.seq + leap
            )
            self.keep(replace(now, seq=made.seq, unsent=made))
            result = await self.send(now.device)
            if not (isinstance(result, Refused) and result.code == "answer.replayed"):
                break
        return result

    async def send(self, device_id: str) -> Answered | Refused:
        """Sends a record's unsent answer, and again when the reply is lost; stores what became of it."""
        record = self._store.load().find(device_id)
        if record is None or record.unsent is None:
            raise ValueError("there is nothing to send")
        made: Answer = record.unsent
        result = await self._wires.to(record.server).persistent("POST", "answers", AnswerResult, made)
        if isinstance(result, Refused):
            # A fault on the way (5xx) leaves open whether it arrived; a claimed record still needs its
            # answer.
            if result.status < 500 and record.state == "active":
                self.keep(replace(record, unsent=None))
            self.note(record.device, result)
            return result
        if result.challenge != made.challenge:
            raise NotTrusted("the result of another challenge")
        self.keep(replace(record, state="active", epoch=result.epoch, unsent=None))
        return Answered(result.challenge, result.state)

    async def _settle(self, of: Record, asked: Asked, decision: Decision) -> Answered | Refused | None:
        """Clears up an earlier answer whose reply was lost, so that its epoch is not missed.

        It is sent again only when its challenge waits no longer: then it arrived, and sending it decides
        nothing any more. While the challenge still waits it never arrived; an approval its owner may regret
        by now must not leave late. Returns the result when it is the answer that is wanted now.
        """
        record = self._store.load().find(of.device) or of
        if record.unsent is None:
            return None
        old = record.unsent
        look = await self.look(record)
        if isinstance(look, Refused):
            self.note(of.device, look)
            return look
        if any(device.read_challenge(record, s).challenge.challenge == old.challenge for s in look.waiting):
            self.keep(replace(record, unsent=None))
            return None
        result = await self.send(record.device)
        same = (old.challenge, old.decision) == (asked.challenge.challenge, decision.wire)
        return result if same else None

    async def scan(self, of: Record, read: ScanLink) -> Scanned | Refused:
        """Sends a scanned code on, and checks the challenge it stands for."""
        body = messages.Scan(read.challenge, read.time, b64u(read.mac))
        key, wire = self.key(of), self._wires.to(of.server)
        done = await wire.signed(of.device, key, "POST", "scans", messages.Scanned, body)
        if isinstance(done, Refused):
            self.note(of.device, done)
            return done
        asked = device.read_challenge(of, SignedBytes(done.bytes, done.signature))
        if asked.challenge.challenge != read.challenge:
            raise NotTrusted("a challenge other than the one that was scanned")
        return Scanned(asked, done.confirmation)

    async def look(self, of: Record) -> Waiting | Refused:
        """What waits for this record."""
        return await self._wires.to(of.server).signed(of.device, self.key(of), "GET", "challenges", Waiting)

    async def prove(self, of: Record, pin: str) -> Answered | Refused:
        """A test approval: the only way to learn whether a PIN is right."""
        signed = await self._wires.to(of.server).signed(of.device, self.key(of), "POST", "tests", SignedBytes)
        if isinstance(signed, Refused):
            self.note(of.device, signed)
            return signed
        asked = device.read_challenge(of, signed)
        if asked.challenge.type != "test":
            raise NotTrusted("a test that is none")
        return await self.answer(of, asked, Decision.APPROVE, pin, "")
