"""Requests that are well formed and mean nothing: fields of any value, in any number, at full speed.
Each gets one answer, and nobody else waits for it. Played again with SEED=number."""
import collections
import os
import random
import threading
import time

from wire import *  # noqa: F403 - the vocabulary of these tests

SEED = int(os.environ.get("SEED", "20261120"))
ROUNDS, BATCH = 60, 50
TIMES = ("", "", "000000000000000R", "991231235959900R", "000000000001000R", "260230256199048+",
         "991231235959948+", "000101000000000-", "\xff" * 16, "0" * 16, "9" * 15 + "+")


class Noise:
    def __init__(self, port, seed):
        self.random = random.Random(seed)
        self.peer = bound(port, BIND_TX, name="noise", version=self.random.choice((0x33, 0x34, 0x50)))
        self.ids = ["", "0", "-1", "ffffffffffffffff", "0" * 64]

    def text(self, most):
        kinds = ("", "6" * self.random.randrange(1, most), "4912", "777",
                 "".join(map(chr, self.random.choices(range(0x3a, 0x80), k=most - 1))))
        return self.random.choice(kinds)

    def octet(self):
        return self.random.choice((0, 1, 2, 4, 8, 0x40, 0xc0, self.random.randrange(256)))

    def tlvs(self):
        tags = (0x0424, 0x020c, 0x020e, 0x020f, 0x0204, 0x0017, 0x1400, 0x0005, 0x0426, 0x060b)
        return b"".join(tlv(self.random.choice(tags), self.random.randbytes(self.random.choice(
            (0, 1, 2, 4, 300)))) for _ in range(self.random.choice((0, 0, 1, 3))))

    def fields(self):
        # Transactions are answered when they end, which may take 20 s: another test's affair.
        esm = self.octet() & ~2
        return {"esm": esm, "registered": self.octet(), "coding": self.octet(),
                "priority": self.octet() % 6, "replace": self.octet() % 3,
                "schedule": self.random.choice(TIMES), "validity": self.random.choice(TIMES),
                "default": self.random.choice((0, 0, 0, 9)),
                "text": self.random.randbytes(self.random.choice((0, 1, 20, 254)))}

    def body(self, command):
        identity = self.random.choice(self.ids)
        if command == SUBMIT:
            return submit_body(self.text(21), self.text(21), self.tlvs(), self.text(6),
                               **self.fields())
        if command == DATA:
            return data_body(self.text(65), self.text(65), self.octet() & ~2, self.octet()) + self.tlvs()
        if command == MULTI:
            many = [address(self.text(21)) for _ in range(self.random.choice((1, 2, 30)))]
            return multi_body(many, source=self.text(21), **self.fields())
        if command == REPLACE:
            return replace_body(identity, self.text(21), self.random.randbytes(100))
        if command == CANCEL:
            return cancel_body(identity, self.text(21), self.text(21))
        return query_body(identity, self.text(21))

    def batch(self, first):
        """Sends so many requests, and waits for exactly one answer to each."""
        commands = self.random.choices((SUBMIT, SUBMIT, MULTI, DATA, REPLACE, CANCEL, QUERY), k=BATCH)
        waiting = {first + i: command for i, command in enumerate(commands)}
        self.peer.send(b"".join(pdu(c, self.body(c), s) for s, c in waiting.items()))
        statuses = collections.Counter()
        while waiting:
            got = self.peer.next()
            assert got, f"closed, while {waiting} were unanswered"
            command = waiting.pop(got.sequence, None)
            assert command and got.id in (command | RESPONSE, NACK), f"{got} answers {command}"
            statuses[got.status] += 1
            if command in (SUBMIT, DATA) and got.status == OK:
                self.ids = self.ids[-40:] + [message_id(got.body)]
        return statuses


def any_value_in_any_field(port):
    for seed in range(SEED, SEED + 3):
        noise, statuses = Noise(port, seed), collections.Counter()
        for i in range(ROUNDS):
            try:
                statuses += noise.batch(1 + i * BATCH)
            except AssertionError as wrong:
                raise AssertionError(f"SEED={seed}: {wrong}") from wrong
        noise.peer.lives()
        noise.peer.ask(UNBIND)
        assert statuses[OK] > ROUNDS and len(statuses) > 8, statuses


def names_that_would_be_lines(port):
    """What a peer calls itself is no line of the log: run.py looks at all of them."""
    for name in ("a\nFORGED line", "\x1b[31mred", "\xff\xfe", '"quote=d"', "a\rb"):
        with Peer(port, "127.0.0.4") as peer:
            peer.ask(BIND_TRX, cos(name.encode("latin-1")) + bind_body()[6:], SYSID)


def orders_among_many(port):
    """Neither cancel_sm nor replace_if_present walks through all that somebody has piled up."""
    with bound(port, BIND_TX, "greedy") as peer, bound(port, BIND_TX) as other:
        for _ in range(40):
            sent = [peer.request(SUBMIT, submit_body(to="7888", text=b"pile")) for _ in range(50)]
            for _ in sent:
                peer.next()
        order = cos("nobod") + cos("") + b"\1\1" + cos("1000") + b"\1\1" + cos("7888")
        for _ in range(90):
            peer.request(CANCEL, order)
            peer.request(SUBMIT, submit_body(to="7888", text=b"x", service="new", replace=1))
        began = time.monotonic()
        other.lives()
        assert time.monotonic() - began < 2, "everybody waited for one"
        for _ in range(180):
            assert peer.next().status in (OK, CANCELFAIL, MSGQFUL)
        peer.ask(CANCEL, cancel_body("", to="7888"))


def pings(port, seconds, answered):
    with bound(port, BIND_TX, "noise") as peer:
        octets, until = b"".join(pdu(ENQUIRE, b"", 9) for _ in range(1000)), time.monotonic() + seconds
        while time.monotonic() < until:
            peer.send(octets)
            for _ in range(1000):
                peer.fill(16)
                peer.input = peer.input[16:]
            answered.append(1000)
        peer.lives()


def requests_at_full_speed(port):
    answered = []
    threads = [threading.Thread(target=pings, args=(port, 1.5, answered)) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits = []
    with bound(port, BIND_TX) as peer:
        while any(thread.is_alive() for thread in threads):
            began = time.monotonic()
            peer.ask(SUBMIT, submit_body())
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert sum(answered) >= 4000, answered
    assert sorted(waits)[len(waits) // 2] < 1, waits


TESTS = (any_value_in_any_field, names_that_would_be_lines, orders_among_many, requests_at_full_speed)
