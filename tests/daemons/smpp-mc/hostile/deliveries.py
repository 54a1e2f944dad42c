"""Receivers that answer deliver_sm badly, late, twice, or not at all. Whatever they do, the message
comes again as configured or ends, and its sender gets one receipt that says so."""
from wire import *  # noqa: F403 - the vocabulary of these tests

LATE = 1  # second: response_timeout


def is_text(text):
    return lambda got: got.id == DELIVER and delivered_text(got) == text


def answer(peer, got, status=OK, body=b"\0"):
    peer.send(pdu(got.id | RESPONSE, body, got.sequence, status))


class Story:
    """alice sends a text to eve; what eve does with it is the test; alice's receipt ends it."""

    def __init__(self, port, text):
        self.port, self.text = port, text.encode()
        self.alice, self.eve = bound(port), bound(port, name="eve")

    def __enter__(self):
        body = self.alice.ask(SUBMIT, submit_body(to="5001", text=self.text, registered=1))
        self.id, self.came = message_id(body), time.monotonic()
        return self

    def __exit__(self, *error):
        if not error[0]:
            self.eve.lives()
            self.eve.ask(UNBIND)
            self.alice.ask(UNBIND)
        self.eve.socket.close()
        self.alice.socket.close()

    def delivery(self, seconds=0):
        """The text at eve: at once, or so many seconds after the last time, and hardly earlier."""
        last, got = self.came, self.eve.wait_for(is_text(self.text))
        self.came = time.monotonic()
        assert self.came - last >= seconds / 2, f"came again after {self.came - last} s"
        return got

    def receipt(self, state):
        about = f"id:{self.id} ".encode()
        got = self.alice.wait_for(lambda got: got.id == DELIVER and delivered_text(got).startswith(about))
        answer(self.alice, got)
        assert f"stat:{state} ".encode() in delivered_text(got), got
        self.alice.lives()  # no second one came with it
        return delivered_text(got)


def try_again_later(port):
    with Story(port, "temporary") as story:
        for seconds in (0, 0.1, 0.2):
            answer(story.eve, story.delivery(seconds), T_APPN)
        answer(story.eve, story.delivery(0.4))
        story.receipt("DELIVRD")


def always_try_again_later(port):
    with Story(port, "never") as story:
        for _ in range(4):
            answer(story.eve, story.delivery(), T_APPN)
        assert b"err:100" in story.receipt("UNDELIV")


def throttled_and_full(port):
    with Story(port, "throttled") as story:
        answer(story.eve, story.delivery(), THROTTLED)
        answer(story.eve, story.delivery(0.1), MSGQFUL)
        answer(story.eve, story.delivery(0.2))
        story.receipt("DELIVRD")


def never_and_rejected(port):
    for status, state in ((P_APPN, "UNDELIV"), (R_APPN, "REJECTD"), (0x401, "UNDELIV"),
                          (0xffffffff, "UNDELIV"), (CMDID, "UNDELIV")):
        with Story(port, f"refused with {status:#x}") as story:
            answer(story.eve, story.delivery(), status)
            story.receipt(state)


def nacked(port):
    with Story(port, "nacked") as story:
        story.eve.send(pdu(NACK, b"", story.delivery().sequence, CMDLEN))
        assert b"err:002" in story.receipt("UNDELIV")


def any_body_will_do(port):
    for body in (b"", b"\0", b"no end", b"id\0" + b"\0\1\2", b"\xff" * 500):
        with Story(port, f"body of {len(body)}") as story:
            answer(story.eve, story.delivery(), OK, body)
            story.receipt("DELIVRD")


def answered_twice(port):
    with Story(port, "twice") as story:
        got = story.delivery()
        answer(story.eve, got)
        answer(story.eve, got, P_APPN)
        story.receipt("DELIVRD")


def answered_by_another_response(port):
    """That is no answer: the right one still counts."""
    with Story(port, "other") as story:
        got = story.delivery()
        for command in (SUBMIT, DATA, ENQUIRE, UNBIND):
            story.eve.send(pdu(command | RESPONSE, b"\0", got.sequence))
        story.eve.send(pdu(DELIVER | RESPONSE, b"\0", got.sequence + 1000))
        story.eve.lives()
        answer(story.eve, got, R_APPN)
        story.receipt("REJECTD")


def answered_late(port):
    with Story(port, "late") as story:
        first = story.delivery()
        again = story.delivery(LATE)
        assert again.sequence != first.sequence, "an old number for a new request"
        answer(story.eve, first, P_APPN)
        story.eve.lives()
        answer(story.eve, again)
        story.receipt("DELIVRD")


def never_answered(port):
    """At least once: the next bind gets what this one did not answer."""
    with Story(port, "unanswered") as story:
        story.delivery()
        story.delivery(LATE)
        story.eve.socket.close()
        story.eve = bound(port, BIND_RX, "eve")
        answer(story.eve, story.delivery())
        story.receipt("DELIVRD")


def cut_off_while_it_has_them(port):
    with bound(port) as alice:
        texts = [b"cut %d" % i for i in range(30)]
        for text in texts:
            alice.ask(SUBMIT, submit_body(to="5002", text=text))
        for _ in range(3):
            with bound(port, BIND_RX, "eve") as eve:
                eve.wait_for(is_text(texts[0]))
        with bound(port, BIND_RX, "eve") as eve:
            for text in texts:
                answer(eve, eve.wait_for(is_text(text)))
            eve.ask(UNBIND)
        alice.lives()


def requests_as_answers(port):
    """A receiver that throws its requests back at us, and ours as its own."""
    with Story(port, "thrown back") as story:
        got = story.delivery()
        story.eve.send(pdu(DELIVER, got.body, 7))
        story.eve.expect(DELIVER | RESPONSE, BNDSTS, 7)
        answer(story.eve, got)
        story.receipt("DELIVRD")


TESTS = (try_again_later, always_try_again_later, throttled_and_full, never_and_rejected, nacked,
         any_body_will_do, answered_twice, answered_by_another_response, answered_late,
         never_answered, cut_off_while_it_has_them, requests_as_answers)
