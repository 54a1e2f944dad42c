"""Many at once, and those that take their time: connections that say nothing or trickle, announced
sizes, guessed passwords, receivers that do not read. Each costs its own sessions, within bounds."""
import random
import resource
import select
import socket
import struct
import time

from flow import MEBIBYTE
from wire import *  # noqa: F403 - the vocabulary of these tests

INIT = 3  # seconds: init_timeout; frame_timeout is 2 s, at the tight listener both 1 s


def source(i):
    return f"127.0.{1 + i // 200}.{1 + i % 200}"


def wait_for_ends(peers, seconds, each=None):
    """All of them are closed by the centre without a word. `each` is called now and then for those
    that are open. Returns when each was."""
    began, ends = time.monotonic(), {}
    waiting = select.poll()
    numbers = {peer.socket.fileno(): i for i, peer in enumerate(peers)}
    for fd in numbers:
        waiting.register(fd, select.POLLIN)
    while numbers:
        took = time.monotonic() - began
        assert took < seconds, f"{len(numbers)} of {len(peers)} are still open after {took:.1f} s"
        for fd, _ in waiting.poll(100):
            try:
                assert peers[numbers[fd]].socket.recv(4096) == b"", "words for a silent peer"
            except ConnectionResetError:
                pass
            ends[numbers.pop(fd)] = time.monotonic() - began
            waiting.unregister(fd)
        for i in list(numbers.values()) if each else ():
            each(peers[i])
    return [ends[i] for i in range(len(peers))]


def close_all(peers):
    for peer in peers:
        peer.socket.close()


def two_thousand_that_say_nothing(port, resident):
    before = resident()
    count = min(2000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
    silent = [Peer(port, source(i)) for i in range(count)]
    grown = resident() - before
    with bound(port, BIND_TX) as peer:
        peer.lives()
    took = wait_for_ends(silent, INIT + 8)
    close_all(silent)
    assert grown < 16 * MEBIBYTE, f"{grown} octets for {count} silent connections"
    assert min(took[-100:]) > INIT - 2, f"closed early: {min(took[-100:])}"


def trickling(port, tight):
    """An octet now and then keeps no PDU alive, bound or not."""
    half = pdu(SUBMIT, submit_body())
    loris = [Peer(tight, source(i)) for i in range(10)] + [bound(port) for _ in range(5)]
    place = dict.fromkeys(loris, 0)

    def trickle(peer):
        try:
            peer.send(half[place[peer]:place[peer] + 1])
        except (BrokenPipeError, ConnectionResetError):
            pass
        place[peer] = min(place[peer] + 1, len(half) - 2)

    for peer in loris:
        trickle(peer)
    took = wait_for_ends(loris, 12, trickle)
    close_all(loris)
    assert min(took[:10]) > 0.5 and min(took[10:]) > 1.5, took


def announced_and_not_sent(port, resident):
    before = resident()
    peers = [Peer(port, source(i)) for i in range(500)]
    for peer in peers:
        peer.send(pdu(SUBMIT, b"begun", length=131072))
    with bound(port, BIND_TX) as peer:
        peer.lives()
    grown = resident() - before
    close_all(peers)
    assert grown < 16 * MEBIBYTE, f"{grown} octets for what was only announced"


def what_is_no_smpp(port):
    noise = random.Random(1)
    for octets in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
                   b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff" * 5000, noise.randbytes(70000)):
        with Peer(port) as peer:
            try:
                peer.send(octets)
                got = peer.read()
                assert got.id == NACK and got.status == CMDLEN, got
                peer.ends()
            except (ConnectionResetError, BrokenPipeError):
                pass


def connections_torn_anywhere(port):
    script = (pdu(BIND_TRX, bind_body(), 1) + pdu(SUBMIT, submit_body(registered=1), 2)
              + pdu(SUBMIT, submit_body(to="7003"), 3) + pdu(UNBIND, b"", 4))
    for i in range(400):
        with Peer(port, source(i)) as peer:
            peer.send(script[:len(script) * i // 400])
            if i % 3:
                peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with bound(port, BIND_TX) as peer:
        peer.lives()


def guessed_passwords(port):
    """From the fourth failure of a source on, its answers come later and later: 0.2, 0.4, 0.8 s."""
    guesser, waits = "127.0.0.9", []
    for _ in range(3):
        with Peer(port, guesser) as peer:
            for _ in range(3):
                began = time.monotonic()
                peer.ask(BIND_TRX, bind_body(password="guess"), PASWD)
                waits.append(time.monotonic() - began)
            peer.ends()
            if len(waits) > 6:
                break
    assert min(waits[:3]) < 0.2, waits
    assert waits[3] >= 0.2 and waits[4] >= 0.4 and min(waits[5:]) >= 0.8, waits
    assert max(waits) < 8, waits
    waits = []
    for _ in range(3):  # who knows the password does not pay for it
        with Peer(port, guesser) as peer:
            began = time.monotonic()
            peer.bind()
            waits.append(time.monotonic() - began)
    assert min(waits) < 0.2, f"good binds were delayed: {waits}"


def guessing_in_parallel(port):
    guesser = "127.0.0.9"
    peers = [Peer(port, guesser) for _ in range(200)]
    began = time.monotonic()
    for peer in peers:
        peer.send(pdu(BIND_RX, bind_body(name="nobody", password="guess"), 5))
    with bound(port, BIND_TX) as peer:
        peer.lives()
    for peer in peers[::2]:
        peer.socket.close()  # does not wait for what it knows
    for peer in peers[1::2]:
        peer.expect(BIND_RX | RESPONSE, SYSID, 5)
    took = time.monotonic() - began
    close_all(peers)
    assert 0.8 <= took < TIMEOUT, took


def expect_ended(peers, count):
    """The centre closes so many of them and no more."""
    began, ended = time.monotonic(), []
    while len(ended) < count and time.monotonic() - began < TIMEOUT:
        ended, _, _ = select.select([peer.socket for peer in peers], [], [], 0.05)
        time.sleep(0.05)
    assert all(s.recv(1) == b"" for s in ended), "words for a silent peer"
    assert len(ended) == count, len(ended)


def more_from_one_source_than_may_be(tight):
    """20 from one address and 50 in all; the others are closed at once, and places come free."""
    mine = [Peer(tight, "127.0.0.7") for _ in range(25)]
    expect_ended(mine, 5)
    other = Peer(tight, "127.0.0.8")
    other.lives()
    many = mine + [other] + [Peer(tight, source(i)) for i in range(34)]
    expect_ended(many, 5 + 5)
    close_all(many)
    began = time.monotonic()
    while time.monotonic() - began < TIMEOUT:
        with Peer(tight, "127.0.0.7") as peer:
            try:
                peer.lives()
                return
            except (AssertionError, ConnectionResetError, BrokenPipeError):
                pass
    raise AssertionError("no place came free")


def more_binds_than_may_be(port):
    peers = [bound(port, name="narrow") for _ in range(10)]
    with Peer(port) as late:
        late.ask(BIND_TRX, bind_body("narrow", "secret"), BINDFAIL)
        peers.pop().ask(UNBIND)
        late.bind(name="narrow", password="secret")
    close_all(peers)


def receipts_that_are_not_read(port, resident):
    """The receiver reads nothing while 4000 receipts come due for it. It is cut off at last; the
    next one gets all of them."""
    before, count = resident(), 4000
    with bound(port, BIND_RX, "mallory", receive_buffer=4096), \
            bound(port, BIND_TX, "mallory") as sender:
        ids = set()
        for i in range(0, count, 50):
            sent = [sender.request(SUBMIT, submit_body(to=f"49{j}", registered=1))
                    for j in range(i, i + 50)]
            answers = [sender.next() for _ in sent]
            assert {(got.id, got.status) for got in answers} == {(SUBMIT | RESPONSE, OK)}, answers
            ids |= {message_id(got.body) for got in answers}
        grown = resident() - before
        sender.ask(UNBIND)
    assert grown < 24 * MEBIBYTE, f"{grown} octets for {count} receipts"
    with bound(port, BIND_RX, "mallory") as receiver:
        while ids:
            got = receiver.wait_for(lambda got: got.id == DELIVER)
            receiver.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
            ids.discard(delivered_text(got).split(b" ")[0][3:].decode())
        receiver.ask(UNBIND)


def one_account_wants_all_the_room(port):
    """greedy submits for a receiver that never comes, until the centre has had enough of it."""
    with bound(port, BIND_TX, "greedy") as peer:
        for _ in range(200):
            sent = [peer.request(SUBMIT, submit_body(to="7777", text=b"more")) for _ in range(50)]
            answers = {peer.wait_for(lambda got: True).status for _ in sent}
            assert answers <= {OK, MSGQFUL}, answers
            if MSGQFUL in answers:
                break
        assert MSGQFUL in answers, "there was no end"
    # In the same partition, for the two addresses choose it.
    with bound(port, BIND_TX) as other:
        other.ask(SUBMIT, submit_body(to="7777", text=b"other"))


TESTS = (two_thousand_that_say_nothing, trickling, announced_and_not_sent, what_is_no_smpp,
         connections_torn_anywhere, guessed_passwords, guessing_in_parallel,
         more_from_one_source_than_may_be, more_binds_than_may_be, receipts_that_are_not_read,
         one_account_wants_all_the_room)
