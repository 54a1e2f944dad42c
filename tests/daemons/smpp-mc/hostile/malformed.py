"""What is wrong in itself: lengths, identifiers, states, strings without an end, PDUs that are cut.
Each has one exact answer, and all but lost framing leaves the session as it was."""
import struct

from wire import *  # noqa: F403 - the vocabulary of these tests


def lengths_that_lose_the_framing(port):
    for length in (0, 1, 15, 0x7fffffff, 0x80000010, 0xffffffff, 131073):
        for open_first in (lambda: Peer(port), lambda: bound(port)):
            with open_first() as peer:
                peer.send(pdu(SUBMIT, b"", 0x1234, length=length))
                peer.expect(NACK, CMDLEN, 0x1234)
                peer.ends()


def a_bad_length_alone_is_answered_with_number_0(port):
    with bound(port) as peer:
        peer.send(struct.pack(">I", 15))
        peer.expect(NACK, CMDLEN, 0)
        peer.ends()


def a_bad_length_behind_good_requests(port):
    with bound(port) as peer:
        submit = pdu(SUBMIT, submit_body(), 5)
        peer.send(submit + pdu(ENQUIRE, b"", 6) + pdu(7, b"", 7, length=3))
        answers = sorted((peer.next() for _ in range(3)), key=lambda got: got.sequence)
        assert [got.id for got in answers] == [SUBMIT | RESPONSE, ENQUIRE | RESPONSE, NACK], answers
        # Its message had no time to be stored: refused, or taken, but answered.
        assert answers[0].status in (OK, SYSERR), answers
        peer.ends()


def the_longest_pdu_is_read(port):
    with bound(port) as peer:
        peer.send(pdu(0x55, bytes(131072 - 16), 9))
        peer.expect(NACK, CMDID, 9)
        peer.lives()


def unknown_requests_in_every_state(port):
    unknown = (0, 0x0a, 0x0c, 0x14, 0x20, 0x22, 0x101, 0x104, 0x110, 0x114, 0x10200, 0x102ff,
               0x7fffffff)
    for peer in (Peer(port), bound(port, BIND_TX), bound(port, BIND_RX), bound(port)):
        with peer:
            for command in unknown:
                for body in (b"", b"\0", b"\xff" * 40):
                    peer.expect(NACK, CMDID, peer.request(command, body))
            peer.lives()


def responses_to_nothing_are_not_answered(port):
    for peer in (Peer(port), bound(port)):
        with peer:
            for command in (NACK, 0x8000000a, 0x80000fff, 0xffffffff, UNBIND | RESPONSE,
                            BIND_TRX | RESPONSE, ENQUIRE | RESPONSE, *(c | RESPONSE for c in REQUESTS)):
                for body in (b"", b"\xff" * 30):
                    peer.send(pdu(command, body, 77, status=3))
            peer.lives()


# What each state answers to a good request that it does not serve, or whose message is unknown.
SERVED = {SUBMIT: OK, DATA: OK, MULTI: OK, QUERY: MSGID, REPLACE: MSGID, CANCEL: MSGID}
NOT_SERVED = (BROADCAST, QUERY_BROADCAST, CANCEL_BROADCAST)
SILENT = (OUTBIND, ALERT)


def expect_answer(peer, command, state):
    sequence = peer.request(command, REQUESTS[command])
    if command in SILENT:
        return
    if command in BINDS:
        peer.expect(command | RESPONSE, ALYBND, sequence)
    elif command == DELIVER or state in (None, BIND_RX):
        peer.expect(command | RESPONSE, BNDSTS, sequence)
    elif command in NOT_SERVED:
        peer.expect(NACK, CMDID, sequence)
    else:
        peer.expect(command | RESPONSE, SERVED[command], sequence)


def every_request_in_every_state(port):
    for state in (None, BIND_TX, BIND_RX, BIND_TRX):
        with bound(port, state) if state else Peer(port) as peer:
            for command in REQUESTS:
                if command in (ENQUIRE, UNBIND) or (not state and command in BINDS):
                    continue
                expect_answer(peer, command, state)
            peer.lives()


def unbind_in_every_state(port):
    for state in (BIND_TX, BIND_RX, BIND_TRX):
        with bound(port, state) as peer:
            peer.ask(UNBIND)
            peer.ends()
    with Peer(port) as peer:
        peer.ask(UNBIND, status=BNDSTS)
        peer.ends()


# Requests that a bound transceiver is served, and where their mandatory fields end.
CUT = {SUBMIT: submit_body(text=b"text", validity="000001000000000R"),
       QUERY: query_body("12345"), REPLACE: replace_body("12345"), CANCEL: cancel_body("12345"),
       MULTI: multi_body([address("4911"), b"\2" + cos("list")], text=b"text")}


def cut_at_every_octet(port):
    with bound(port) as peer:
        for command, body in CUT.items():
            text = len(body) - 4 if command in (SUBMIT, MULTI) else \
                len(body) - 3 if command == REPLACE else len(body)
            for size in range(len(body)):
                status = MSGLEN if size >= text else CMDLEN
                peer.ask(command, body[:size], status)
        peer.lives()


def data_cut_at_every_octet(port):
    body = data_body(text=b"text")
    fields = len(body) - 8
    with bound(port) as peer:
        for size in range(len(body)):
            status = CMDLEN if size < fields else OK if size == fields else TLVSTREAM
            peer.ask(DATA, body[:size], status)
        peer.lives()


def binds_cut_at_every_octet(port):
    body = bind_body()
    for command in BINDS:
        for size in range(0, len(body), 3):
            with Peer(port) as peer:
                for cut in (size, size + 1, size + 2):
                    peer.ask(command, body[:min(cut, len(body) - 1)], CMDLEN)
                peer.ends()  # the third refusal was the last


def strings_without_an_end(port):
    long = b"9" * 300
    with bound(port) as peer:
        for command, body in CUT.items():
            peer.ask(command, body.replace(b"\0", b"9"), CMDLEN)
        for body, status in (
                (submit_body(to="9" * 21), DSTADR), (submit_body(source="9" * 21), SRCADR),
                (submit_body(service="servic"), SERTYP), (submit_body(schedule="1"), SCHED),
                (submit_body(validity="00000100000000"), EXPIRY),
                (submit_body(validity="no time at all.."), EXPIRY),
                (submit_body(source=long), SRCADR), (submit_body(to=long), DSTADR)):
            peer.ask(SUBMIT, body, status)
        peer.ask(QUERY, query_body(long), MSGID)
        peer.lives()
    for body, status in ((bind_body(name="a" * 16), SYSID), (bind_body(password="p" * 300), PASWD),
                         (bind_body(system_type="s" * 13), SYSTYP)):
        with Peer(port, "127.0.0.3") as peer:
            peer.ask(BIND_TRX, body, status)
            peer.bind()
            peer.lives()


def texts_past_the_end(port):
    with bound(port) as peer:
        for size in (2, 100, 254, 255):
            peer.ask(SUBMIT, submit_body(text=b"x", size=size), MSGLEN)
            peer.ask(MULTI, multi_body([address("49")], text=b"x", size=size), MSGLEN)
        peer.ask(SUBMIT, submit_body(text=b"x" * 255), MSGLEN)
        peer.ask(SUBMIT, submit_body(text=b"x" * 254))
        peer.ask(SUBMIT, submit_body(text=b"x", tlvs=tlv(0x0424, b"too")), MSGLEN)
        for header in (b"\x05\x00\x03\x01\x02", b"\xff", b"\x05\x00\x04\x01\x01\x01"):
            peer.ask(SUBMIT, submit_body(text=header, esm=0x40), MSGLEN)
        peer.lives()
    with bound(port, version=0x50) as peer:
        peer.ask(SUBMIT, submit_body(text=b"x" * 255))


def tlvs_that_cannot_be_walked(port):
    with bound(port) as peer:
        for command, body in ((SUBMIT, submit_body()), (DATA, data_body()), (QUERY, query_body())):
            for stray in (b"\0", b"\x04\x24", b"\x04\x24\0", b"\x04\x24\0\1", b"\x04\x24\xff\xffabc",
                          tlv(0x1400, b"fine") + b"\x14\0\0\x10short"):
                peer.ask(command, body + stray, TLVSTREAM)
        # Unknown ones, empty ones, repeated ones and known ones of a wrong size do no harm.
        peer.ask(SUBMIT, submit_body(tlvs=tlv(0x1400, b"") * 3 + tlv(0xffff, b"?") + tlv(0x0204, b"1")))
        peer.lives()


def bodies_where_none_belongs(port):
    with bound(port) as peer:
        peer.ask(ENQUIRE, b"\xff" * 100)
        peer.ask(UNBIND, b"\x01\x02\x03")
        peer.ends()


def destinations_of_every_number(port):
    many = [address(f"49{i}") for i in range(255)]
    with bound(port) as peer:
        peer.ask(MULTI, multi_body([]), NUMDESTS)
        body = peer.ask(MULTI, multi_body(many[:254]))
        assert body.endswith(b"\0\0") and len(body) > 10, body
        peer.ask(MULTI, multi_body(many), NUMDESTS)
        peer.ask(MULTI, multi_body(many[:3], count=200), DESTFLAG)  # esm_class is no dest_flag
        peer.ask(MULTI, multi_body([b"\3" + cos("49")]), DESTFLAG)
        peer.ask(MULTI, multi_body([b"\2" + cos("list")]), DLNAME)
        peer.ask(MULTI, multi_body([address("9" * 21)]), DSTADR)
        peer.lives()
    with bound(port, version=0x50) as peer:
        peer.ask(MULTI, multi_body(many))


def broadcasts_without_their_tlvs(port):
    with bound(port, version=0x50) as peer:
        peer.ask(BROADCAST, broadcast_body(), MISSINGTLV)
        peer.expect(NACK, CMDID, peer.request(BROADCAST, broadcast_body(BROADCAST_TLVS)))
        peer.lives()


def sequence_numbers_of_any_kind(port):
    with bound(port) as peer:
        for sequence in (0, 1, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff):
            peer.ask(ENQUIRE, sequence=sequence)
            peer.ask(SUBMIT, submit_body(), sequence=sequence)
            peer.expect(NACK, CMDID, peer.request(0x55, b"", sequence))
        peer.lives()


TESTS = (lengths_that_lose_the_framing, a_bad_length_alone_is_answered_with_number_0,
         a_bad_length_behind_good_requests, the_longest_pdu_is_read, unknown_requests_in_every_state,
         responses_to_nothing_are_not_answered, every_request_in_every_state, unbind_in_every_state,
         cut_at_every_octet, data_cut_at_every_octet, binds_cut_at_every_octet,
         strings_without_an_end, texts_past_the_end, tlvs_that_cannot_be_walked,
         bodies_where_none_belongs, destinations_of_every_number, broadcasts_without_their_tlvs,
         sequence_numbers_of_any_kind)
