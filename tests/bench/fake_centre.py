"""A message centre for tests of smpp-load: it does what a test tells it, also what is wrong."""
import socket
import struct
import threading

GENERIC_NACK = 0x80000000
RESPONSE = 0x80000000
BIND_RECEIVER, BIND_TRANSMITTER, SUBMIT_SM, DELIVER_SM, UNBIND = 1, 2, 4, 5, 6
BIND_TRANSCEIVER, ENQUIRE_LINK = 9, 0x15
BINDS = (BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER)


def pdu(command, sequence, body=b"", status=0):
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


def receipt(sequence, message_id):
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:2501010000 done date:2501010000 " \
           "stat:DELIVRD err:000 text:".encode()
    return deliver(sequence, text, esm_class=4)


def deliver(sequence, text, esm_class=0):
    body = b"\0\1\1" + b"4915112345\0" + b"\1\1" + b"447700900000\0" + bytes([esm_class, 0, 0])
    return pdu(DELIVER_SM, sequence, body + b"\0\0" + bytes([0, 0, 0, 0, len(text)]) + text)


class Session:
    """One connection: what came, and what the test answers."""

    def __init__(self, centre, connection):
        self.centre, self.connection = centre, connection
        self.received = []
        self.ended = threading.Event()
        self.submits = 0

    def send(self, octets):
        size = self.centre.piece or len(octets) or 1
        for at in range(0, len(octets), size):
            self.connection.sendall(octets[at:at + size])

    def serve(self):
        stream = self.connection.makefile("rb")
        while header := stream.read(16):
            length, command, status, sequence = struct.unpack(">IIII", header)
            body = stream.read(length - 16)
            self.received.append((command, status, sequence, body))
            if self.answer(command, sequence, body) == "close":
                return

    def answer(self, command, sequence, body):
        if command in BINDS:
            status = self.centre.bind_status
            self.send(pdu(command | RESPONSE, sequence, b"" if status else b"fake\0", status))
            return self.centre.bound(self)
        if command == SUBMIT_SM:
            self.submits += 1
            return self.centre.submit(self, self.submits, sequence, body)
        if command == UNBIND:
            self.send(pdu(UNBIND | RESPONSE, sequence))
            return "close"
        return None


class Centre:
    """Serves on a port of its own until closed. `submit(session, number, sequence, body)` answers
    the number-th submit_sm of a session; `bound(session)` follows each bind."""

    def __init__(self, submit=None, bound=None, bind_status=0, piece=0):
        self.submit = submit or self.accept
        self.bound = bound or (lambda session: None)
        self.bind_status, self.piece = bind_status, piece
        self.sessions = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve_all, daemon=True)
        self._thread.start()

    @staticmethod
    def accept(session, number, sequence, _body):
        session.send(pdu(SUBMIT_SM | RESPONSE, sequence, b"id%d\0" % number))

    def _serve_all(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sessions.append(Session(self, connection))
            threading.Thread(target=self._serve, args=(self.sessions[-1],), daemon=True).start()

    @staticmethod
    def _serve(session):
        with session.connection:
            try:
                session.serve()
            except (ConnectionError, struct.error):
                pass
        session.ended.set()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
