"""Streams that are cut, torn, piled up or ended in the middle; windows, unbinds, half-closed ends."""
import os
import socket
import struct
import time

from wire import *  # noqa: F403 - the vocabulary of these tests

MEBIBYTE = 1 << 20


def octet_by_octet(port):
    script = (pdu(BIND_TRX, bind_body(), 1) + pdu(SUBMIT, submit_body(text=b"torn"), 2)
              + pdu(0x55, b"?", 3) + pdu(UNBIND, b"", 4))
    with Peer(port) as peer:
        for octet in script:
            peer.send(bytes([octet]))
        peer.expect(BIND_TRX | RESPONSE, OK, 1)
        answers = sorted((peer.next() for _ in range(2)), key=lambda got: got.sequence)
        assert [got[:3] for got in answers] == [(SUBMIT | RESPONSE, OK, 2), (NACK, CMDID, 3)], answers
        peer.expect(UNBIND | RESPONSE, OK, 4)
        peer.ends()


def all_in_one_segment(port):
    script = pdu(BIND_TRX, bind_body(), 1) + b"".join(
        pdu(ENQUIRE, b"", i) for i in range(2, 2000)) + pdu(UNBIND, b"", 2000)
    with Peer(port) as peer:
        peer.send(script)
        peer.expect(BIND_TRX | RESPONSE, OK, 1)
        for i in range(2, 2000):
            peer.expect(ENQUIRE | RESPONSE, OK, i)
        peer.expect(UNBIND | RESPONSE, OK, 2000)
        peer.ends()


def cut_inside_a_pdu(port):
    submit = pdu(SUBMIT, submit_body())
    for how in ("close", "reset", "half"):
        for size in (1, 4, 15, 16, 20, len(submit) - 1):
            with bound(port) as peer:
                peer.send(submit + submit[:size])
                if how == "reset":
                    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif how == "half":
                    peer.socket.shutdown(socket.SHUT_WR)
                    peer.expect(SUBMIT | RESPONSE, OK, 1)
                    peer.ends()


def half_closed(port):
    with bound(port) as peer:
        sent = [peer.request(SUBMIT, submit_body()) for _ in range(50)]
        peer.socket.shutdown(socket.SHUT_WR)
        for sequence in sent:
            peer.expect(SUBMIT | RESPONSE, OK, sequence)
        peer.ends()


def unbind_in_the_middle(port):
    """All that was submitted before is answered before the unbind_resp, nothing after it."""
    with bound(port, BIND_TX) as peer:
        octets = b"".join(pdu(SUBMIT, submit_body(), i) for i in range(1, 81))
        peer.send(octets + pdu(UNBIND, b"", 81) + pdu(SUBMIT, submit_body(), 82))
        answers = []
        while (got := peer.next()) is not None:
            answers.append(got)
        assert [got.sequence for got in answers if got.id == SUBMIT | RESPONSE and not got.status] \
            == list(range(1, 81)), answers
        assert answers[-1] == Pdu(UNBIND | RESPONSE, OK, 81, b""), answers[-1]


def a_payload_of_65535_octets(port):
    text = os.urandom(65535)
    with bound(port) as alice, bound(port, name="bob") as bob:
        alice.ask(SUBMIT, submit_body(to="2001", text=b"", tlvs=tlv(0x0424, text)))
        got = bob.wait_for(lambda got: got.id == DELIVER)
        assert got.body.endswith(tlv(0x0424, text)), "not the same payload"
        bob.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
        bob.ask(UNBIND)


def over_the_window_reading_stops(port):
    """narrow has a window of 5. In transaction mode a submit_sm is answered when its receiver has
    it, so that the sixth is not even read until then."""
    with bound(port, name="narrow") as peer, bound(port, name="bob") as bob:
        many = 12
        for i in range(1, many + 1):
            peer.send(pdu(SUBMIT, submit_body(to="2002", esm=2, text=b"%d" % i), i))
        peer.send(pdu(ENQUIRE, b"", 99))
        came = [bob.wait_for(lambda got: got.id == DELIVER)]
        peer.socket.settimeout(0.3)
        try:
            assert not peer.next(), "an answer before the receiver's"
        except TimeoutError:
            pass
        peer.socket.settimeout(TIMEOUT)
        bob.send(pdu(DELIVER | RESPONSE, b"\0", came[0].sequence))
        for _ in range(many - 1):
            got = bob.wait_for(lambda got: got.id == DELIVER)
            bob.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
        answers = [peer.next() for _ in range(many + 1)]
        assert sorted(got.sequence for got in answers) == [*range(1, many + 1), 99], answers
        assert all(got.status == OK for got in answers), answers
        place = [got.sequence for got in answers].index(99)
        assert place >= many - 5, f"enquire_link was answered as number {place}: the window was no bound"
        bob.ask(UNBIND)


def questions_by_the_hundred(port, tight):
    """More at once than this listener's sessions may have outstanding inside: each gets the right
    answer, or is told that it gets none now, but no message is called unknown."""
    with bound(tight) as peer:
        known = message_id(peer.ask(SUBMIT, submit_body(to="1999", text=b"waits")))
        statuses = set()
        for first in range(1000, 3000, 90):  # they may come slowly, and each find its place
            peer.send(b"".join(pdu(QUERY, query_body(known), first + i) for i in range(90)))
            statuses |= {peer.wait_for(lambda got: got.id == QUERY | RESPONSE).status for _ in range(90)}
            if statuses != {OK}:
                break
        assert statuses == {OK, SYSERR}, statuses
        got = peer.wait_for(lambda got: got.id == DELIVER)
        peer.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence))
        peer.ask(UNBIND)


def reads_nothing(port, resident):
    """Submits and pings without reading an answer: at some time nobody takes any more of it."""
    before = resident()
    with bound(port, BIND_TX, receive_buffer=4096) as peer:
        peer.socket.setblocking(False)
        octets = b"".join(pdu(ENQUIRE, b"", i) for i in range(4096))
        sent, stalled = 0, 0
        while stalled < 20 and sent < 256 * MEBIBYTE:
            try:
                sent += peer.socket.send(octets[sent % len(octets):])
                stalled = 0
            except BlockingIOError:
                stalled += 1
                time.sleep(0.02)
        assert sent < 256 * MEBIBYTE, "it was read all the same"
        grown = resident() - before
        assert grown < 16 * MEBIBYTE, f"{grown} octets for one peer that does not read"
    with bound(port, BIND_TX) as other:
        other.lives()


TESTS = (octet_by_octet, all_in_one_segment, cut_inside_a_pdu, half_closed, unbind_in_the_middle,
         a_payload_of_65535_octets, over_the_window_reading_stops, questions_by_the_hundred,
         reads_nothing)
