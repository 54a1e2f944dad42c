"""What a message centre owes, by the journals of those who load it and the rows in its store.

A journal (docs/smpp-load.md) says for each session, in order, what was sent, acknowledged, delivered
and reported. After a kill the store must hold every acknowledged message that has not been delivered,
and nothing whose end had become durable. Every check returns complaints, and none when all is well.
"""
import os
import re
import shutil
import sqlite3
import tempfile

SHOWN = 5
RECEIPT_ID = re.compile(rb"id:([0-9a-f]{16}) ")


class Rows:
    """The rows of a store that nobody serves, read from a copy: what a start would find."""

    def __init__(self, path):
        with tempfile.TemporaryDirectory(prefix="sb-kill-rows-") as folder:
            copy = os.path.join(folder, "copy.db")
            for suffix in ("", "-wal"):
                if os.path.exists(path + suffix):
                    shutil.copy(path + suffix, copy + suffix)
            database = sqlite3.connect(copy)
            self.messages, self.owed = set(), set()
            for number, body in database.execute("SELECT id, body FROM msg"):
                # A receipt names its message; a message of smpp-load's never has such a text.
                found = RECEIPT_ID.search(body)
                if found:
                    self.owed.add(int(found[1], 16))
                else:
                    self.messages.add(number)
            database.close()


class Life:
    """What one journal tells of the time between a start and a kill."""

    def __init__(self, path):
        self.acknowledged = {}  # number: id
        self.answered = set()
        self.refused = {}       # status: count
        self.delivered = []     # (number, id of its pair, session, place in the journal)
        self.receipts = []
        self.sent = {}          # number: (session, place, destination)
        self.destinations = {}
        with open(path) as journal:
            for place, line in enumerate(journal):
                self._take(place, line.split())

    def _take(self, place, words):
        if words[0] == "A":
            self.answered.add(words[2])
        if words[0] == "S":
            self.sent[words[2]] = (words[1], place, words[3])
        elif words[0] == "A" and words[4] == "0":
            self.acknowledged[words[2]] = int(words[3], 16)
        elif words[0] == "A":
            self.refused[words[4]] = self.refused.get(words[4], 0) + 1
        elif words[0] == "D":
            self.delivered.append((words[2], words[1], place, words[3]))
        elif words[0] == "R":
            self.receipts.append(int(words[2], 16))

    def unanswered(self):
        return self.sent.keys() - self.answered

    def settled(self):
        """Messages whose deliver_sm_resp was certainly heeded: on the same session a later message
        to the same destination was acknowledged, and one partition does both in order, whatever the
        store refuses in between."""
        last = {}
        for number in self.acknowledged:
            session, place, destination = self.sent[number]
            last[session, destination] = max(place, last.get((session, destination), -1))
        return {number for number, session, place, destination in self.delivered
                if last.get((session, destination), -1) > place}


def some(things):
    things = sorted(things)
    return f"{len(things)}: " + ", ".join(str(thing) for thing in things[:SHOWN])


class Ledger:
    """All lives of one store."""

    def __init__(self):
        self.ids = {}            # number: id, of all that were acknowledged
        self.delivered = {}      # number: times
        self.receipts = {}       # id: times
        self.repeated = 0        # deliveries of what had been delivered in an earlier life
        self.repeated_receipts = 0
        self.open = set()        # ids of messages in the store at the last kill
        self.owed = set()        # ids of messages whose receipt was in the store then

    def live(self, journal):
        """Takes what came of a life, before the rows at its end are looked at."""
        life = Life(journal)
        complaints = self._deliveries(life) + self._receipts(life) + self._order(life)
        self.ids.update(life.acknowledged)
        return life, complaints

    def _deliveries(self, life):
        """Twice in one life is once too often; again in a later one only what was still in the store."""
        seen, complaints = set(), []
        twice, unowed = [], []
        ids = {**self.ids, **life.acknowledged}
        for number, *_ in life.delivered:
            if number in seen:
                twice.append(number)
            elif number in self.delivered:
                self.repeated += 1
                if ids.get(number) is not None and ids[number] not in self.open:
                    unowed.append(number)
            seen.add(number)
        for number in seen:
            self.delivered[number] = self.delivered.get(number, 0) + 1
        if twice:
            complaints.append("delivered twice in one life, " + some(twice))
        if unowed:
            complaints.append("delivered again though no longer in the store, " + some(unowed))
        return complaints

    def _order(self, life):
        """To one destination in the order of acknowledgement, which ids tell. A bind gets the next one
        only when the one before was answered, so the journal's order is that of the deliveries."""
        ids = {**self.ids, **life.acknowledged}
        last, overtaken = {}, []
        for number, _, _, destination in life.delivered:
            message = ids.get(number)
            if message is None:  # its response was lost: nobody knows its place
                continue
            if message < last.get(destination, 0):
                overtaken.append(number)
            last[destination] = max(message, last.get(destination, 0))
        return ["delivered behind later ones, " + some(overtaken)] if overtaken else []

    def _receipts(self, life):
        seen, twice, unowed = set(), [], []
        for number in life.receipts:
            if number in seen:
                twice.append(f"{number:016x}")
            elif number in self.receipts:
                self.repeated_receipts += 1
                if number not in self.owed:
                    unowed.append(f"{number:016x}")
            seen.add(number)
        for number in seen:
            self.receipts[number] = self.receipts.get(number, 0) + 1
        return ([f"receipts twice in one life, {some(twice)}"] if twice else []) + (
            [f"receipts again though no longer in the store, {some(unowed)}"] if unowed else [])

    def killed(self, life, rows):
        """Nothing acknowledged is missing, and nothing is there whose end was durable."""
        lost = [number for number, message in self.ids.items()
                if message not in rows.messages and number not in self.delivered]
        silent = [number for number, message in self.ids.items() if message not in rows.messages
                  and message not in rows.owed and message not in self.receipts]
        stale = [number for number in life.settled()
                 if self.ids.get(number) in rows.messages]
        self.open, self.owed = rows.messages, rows.owed
        complaints = []
        if lost:
            complaints.append("acknowledged, not delivered and not in the store, " + some(lost))
        if silent:
            complaints.append("ended, and no receipt was sent or is in the store, " + some(silent))
        if stale:
            complaints.append("delivered and answered for good, but still in the store, " + some(stale))
        return complaints

    def finished(self, rows):
        """All has been delivered and reported, and the store is empty."""
        complaints = []
        missing = [number for number in self.ids if number not in self.delivered]
        silent = [number for number, message in self.ids.items() if message not in self.receipts]
        if missing:
            complaints.append("acknowledged and never delivered, " + some(missing))
        if silent:
            complaints.append("without a receipt, " + some(silent))
        if rows.messages or rows.owed:
            complaints.append(f"still in the store: {len(rows.messages)} messages, {len(rows.owed)} receipts")
        return complaints
