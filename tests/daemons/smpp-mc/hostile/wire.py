"""SMPP as octets: enough to say anything to a message centre, right or wrong, and to read its answers.
Nothing here is shared with the centre: what it gets wrong must not be wrong here in the same way."""
import collections
import socket
import struct
import time

RESPONSE = 0x80000000
NACK = 0x80000000
BIND_RX, BIND_TX, QUERY, SUBMIT, DELIVER, UNBIND, REPLACE, CANCEL, BIND_TRX = range(1, 10)
OUTBIND, ENQUIRE, MULTI, ALERT, DATA = 0x0b, 0x15, 0x21, 0x102, 0x103
BROADCAST, QUERY_BROADCAST, CANCEL_BROADCAST = 0x111, 0x112, 0x113

OK, MSGLEN, CMDLEN, CMDID, BNDSTS, ALYBND, SYSERR = 0, 1, 2, 3, 4, 5, 8
SRCADR, DSTADR, MSGID, BINDFAIL, PASWD, SYSID = 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f
CANCELFAIL, MSGQFUL, SERTYP, NUMDESTS, DLNAME, DESTFLAG = 0x11, 0x14, 0x15, 0x33, 0x34, 0x40
SYSTYP, THROTTLED, SCHED, EXPIRY = 0x53, 0x58, 0x61, 0x62
T_APPN, P_APPN, R_APPN, TLVSTREAM, MISSINGTLV, DELIVERYFAILURE = 0x64, 0x65, 0x66, 0xc0, 0xc3, 0xfe

TIMEOUT = 40

Pdu = collections.namedtuple("Pdu", "id status sequence body")


def pdu(command, body=b"", sequence=1, status=0, length=None):
    whole = 16 + len(body) if length is None else length
    return struct.pack(">IIII", whole, command, status, sequence) + body


def cos(text):
    return (text.encode() if isinstance(text, str) else text) + b"\0"


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def bind_body(name="alice", password="secret1", version=0x34, system_type=""):
    return cos(name) + cos(password) + cos(system_type) + bytes([version, 0, 0]) + cos("")


def text_fields(text=b"x", esm=0, registered=0, coding=0, priority=0, schedule="", validity="",
                replace=0, default=0, size=None):
    """From esm_class on."""
    size = len(text) if size is None else size
    return (bytes([esm, 0, priority]) + cos(schedule) + cos(validity)
            + bytes([registered, replace, coding, default, size]) + text)


def submit_body(to="4911", source="1000", tlvs=b"", service="", **fields):
    return (cos(service) + b"\1\1" + cos(source) + b"\1\1" + cos(to) + text_fields(**fields) + tlvs)


def multi_body(destinations, count=None, source="1000", **fields):
    """Destinations are octets: address() or a distribution list."""
    count = len(destinations) if count is None else count
    return (cos("") + b"\1\1" + cos(source) + bytes([count]) + b"".join(destinations)
            + text_fields(**fields))


def address(to):
    return b"\1\1\1" + cos(to)


def data_body(to="4911", source="1000", esm=0, registered=0, text=b"data"):
    return (cos("") + b"\1\1" + cos(source) + b"\1\1" + cos(to) + bytes([esm, registered, 0])
            + tlv(0x0424, text))


def query_body(message_id="1", source="1000"):
    return cos(message_id) + b"\1\1" + cos(source)


def replace_body(message_id="1", source="1000", text=b"new"):
    return (cos(message_id) + b"\1\1" + cos(source) + cos("") + cos("")
            + bytes([0, 0, len(text)]) + text)


def cancel_body(message_id="1", source="1000", to=""):
    return cos("") + cos(message_id) + b"\1\1" + cos(source) + b"\1\1" + cos(to)


def broadcast_body(tlvs=b""):
    return cos("") + b"\1\1" + cos("1000") + cos("") + b"\0" + cos("") + cos("") + b"\0\0\0" + tlvs


BROADCAST_TLVS = (tlv(0x0606, b"\0area") + tlv(0x0601, b"\0\0\1") + tlv(0x0604, b"\0\1")
                  + tlv(0x0605, b"\x09\0\1"))

# A good one of each request that a client can make of a centre, or the other way round.
REQUESTS = {
    BIND_RX: bind_body(), BIND_TX: bind_body(), BIND_TRX: bind_body(),
    QUERY: query_body(), SUBMIT: submit_body(), DELIVER: submit_body(), UNBIND: b"",
    REPLACE: replace_body(), CANCEL: cancel_body(), OUTBIND: cos("a") + cos("b"), ENQUIRE: b"",
    MULTI: multi_body([address("4911"), address("4912")]),
    ALERT: b"\1\1" + cos("1") + b"\1\1" + cos("2"), DATA: data_body(),
    BROADCAST: broadcast_body(BROADCAST_TLVS), QUERY_BROADCAST: query_body(),
    CANCEL_BROADCAST: cos("") + query_body(),
}
BINDS = (BIND_RX, BIND_TX, BIND_TRX)


class Peer:
    """One connection. Sequence numbers count up by themselves where none is given."""

    def __init__(self, port, source="127.0.0.1", receive_buffer=0):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind((source, 0))
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.sequence = 0
        self.set_aside = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def request(self, command, body=b"", sequence=None):
        """Sends, and returns the sequence number."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        self.send(pdu(command, body, sequence))
        return sequence

    def fill(self, size):
        while len(self.input) < size:
            octets = self.socket.recv(1 << 20)
            if not octets:
                return False
            self.input += octets
        return True

    def read(self):
        """The next PDU; None at the end."""
        if not self.fill(16):
            assert not self.input, f"cut inside a header: {self.input!r}"
            return None
        length, command, status, sequence = struct.unpack(">IIII", self.input[:16])
        assert 16 <= length <= 131072, f"the centre sent command_length {length}"
        assert self.fill(length), f"cut inside a PDU: {self.input!r}"
        body, self.input = self.input[16:length], self.input[length:]
        return Pdu(command, status, sequence, body)

    def next(self):
        """The next PDU; an enquire_link of the centre's is answered on the way."""
        while True:
            got = self.read()
            if got and got.id == ENQUIRE:
                self.send(pdu(ENQUIRE | RESPONSE, b"", got.sequence))
                continue
            return got

    def expect(self, command, status, sequence):
        """The next PDU must be this one. Returns its body."""
        got = self.next()
        assert got, f"closed, where {command:#x} {status:#x} {sequence:#x} was due"
        assert got[:3] == (command, status, sequence), \
            f"got {got}, not {command:#x} {status:#x} {sequence:#x}"
        if command & RESPONSE and status and command not in (DATA | RESPONSE, MULTI | RESPONSE):
            assert not got.body, f"a response that says no has a body: {got}"
        return got.body

    def ask(self, command, body=b"", status=OK, sequence=None):
        """A request and its own response. Returns the response's body."""
        return self.expect(command | RESPONSE, status, self.request(command, body, sequence))

    def wait_for(self, wanted):
        """The first PDU that `wanted` accepts; the others are set aside for later."""
        for i, early in enumerate(self.set_aside):
            if wanted(early):
                return self.set_aside.pop(i)
        while True:
            got = self.next()
            assert got, "closed while waiting"
            if wanted(got):
                return got
            self.set_aside.append(got)

    def lives(self):
        """Nothing was left to read, and the session serves on."""
        self.ask(ENQUIRE)

    def ends(self):
        """The centre closes, with nothing before it, and at once."""
        began = time.monotonic()
        got = self.next()
        assert got is None, f"got {got} where the end was due"
        assert time.monotonic() - began < TIMEOUT / 2, "the end came late"

    def bind(self, command=BIND_TRX, name="alice", password="secret1", version=0x34):
        self.ask(command, bind_body(name, password, version))
        return self


def bound(port, command=BIND_TRX, name="alice", version=0x34, source="127.0.0.1", **more):
    passwords = {"alice": "secret1", "bob": "secret2"}
    return Peer(port, source, **more).bind(command, name, passwords.get(name, "secret"), version)


def message_id(body):
    return body[:-1].decode()


def delivered_text(got):
    """short_message of a deliver_sm."""
    at = got.body.index(b"\0") + 1
    for _ in range(2):
        at = got.body.index(b"\0", at + 2) + 1
    at += 3
    for _ in range(2):
        at = got.body.index(b"\0", at) + 1
    size = got.body[at + 4]
    return got.body[at + 5:at + 5 + size]
