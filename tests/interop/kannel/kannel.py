"""Kannel as a child: bearerbox with its smsc groups, smsbox, and the HTTP server that it calls back."""
import collections
import http.server
import os
import signal
import subprocess
import threading
import urllib.parse
import urllib.request

from centre import DEADLINE, free_ports, until

CORE = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = bar
smsbox-port = {smsbox}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
log-file = "{folder}/bearerbox.log"
log-level = 0
dlr-storage = internal
sms-resend-freq = 1
sms-combine-concatenated-mo = true

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = "{folder}/smsbox.log"
log-level = 0

group = sendsms-user
username = tester
password = foobar
max-messages = 20
concatenation = true
default-sender = 1000

group = sms-service
keyword = default
catch-all = true
accept-x-kannel-headers = true
max-messages = 0
get-url = "http://127.0.0.1:{web}/mo?smsc=%i&from=%p&to=%P&coding=%c&charset=%C&text=%b&udh=%u"
"""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512  # smsbox calls back for hundreds of messages at once


class Web:
    """What Kannel tells: messages from the centre (`mo`) and delivery reports (`dlr`), in octets."""

    def __init__(self):
        self.mo, self.dlr = [], collections.defaultdict(list)
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.told(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self, path):
        where, _, query = path.partition("?")
        fields = {}
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            fields[name] = urllib.parse.unquote_to_bytes(value.replace("+", " "))
        if where == "/mo":
            self.mo.append(fields)
        else:
            self.dlr[fields["ref"].decode()].append((int(fields["type"]), fields["answer"]))



class Kannel:
    def __init__(self, folder, groups):
        self.folder, self.web = folder, Web()
        self.admin, smsbox, self.sendsms = free_ports(3)
        self.config = os.path.join(folder, "kannel.conf")
        with open(self.config, "w") as out:
            out.write(CORE.format(admin=self.admin, smsbox=smsbox, sendsms=self.sendsms,
                                  folder=folder, web=self.web.port))
            for group in groups:
                out.write("\ngroup = smsc\nsmsc = smpp\nhost = 127.0.0.1\n")
                out.writelines(f'{key} = "{value}"\n' for key, value in group.items())
        self.bearerbox = self.start("bearerbox")
        until(lambda: self.answers("status.txt"), "bearerbox")
        self.smsbox = self.start("smsbox")
        until(lambda: "smsbox:" in self.status(), "smsbox at bearerbox")

    def start(self, program):
        with open(os.path.join(self.folder, f"{program}.err"), "w") as err:
            return subprocess.Popen([f"/usr/sbin/{program}", "-v", "4", self.config], stderr=err,
                                    stdout=subprocess.DEVNULL, cwd=self.folder)

    def answers(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/{path}", timeout=5) as got:
                return got.read().decode()
        except OSError:
            return ""

    def status(self):
        return self.answers("status.txt?password=bar")

    def message(self, smsc, what):
        """The next message that came by that smsc group."""
        def take():
            for fields in list(self.web.mo):
                if fields["smsc"].decode() == smsc:
                    self.web.mo.remove(fields)
                    return fields
            return None
        return until(take, f"message at Kannel: {what}")

    def report(self, ref, kind):
        """The answer in a report. Kinds: 1 delivered, 2 failed, 8 taken by the centre, 16 refused."""
        reports = self.web.dlr[ref]
        found = until(lambda: [answer for type, answer in reports if type == kind],
                      f"report {kind} of {ref} at Kannel")
        return found[0]

    def complaints(self):
        return "\n".join(line for line in self.log().splitlines()
                         if "ERROR" in line or "WARNING" in line or "PANIC" in line)[-6000:]

    def log(self):
        with open(os.path.join(self.folder, "bearerbox.log"), errors="replace") as log:
            return log.read()

    def online(self, smsc):
        """Whether all connections of that name are bound."""
        lines = [line for line in self.status().splitlines() if line.strip().startswith(f"{smsc}[")]
        return lines and all("(online" in line for line in lines)

    def command(self, name, **arguments):
        arguments["password"] = "bar"
        return self.answers(f"{name}?{urllib.parse.urlencode(arguments)}")

    def send(self, smsc, to, ref=None, **fields):
        fields.update({"username": "tester", "password": "foobar", "smsc": smsc, "to": to})
        if ref:
            fields["dlr-mask"] = 31
            fields["dlr-url"] = f"http://127.0.0.1:{self.web.port}/dlr?ref={ref}&type=%d&answer=%A"
        query = urllib.parse.urlencode(fields)
        url = f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms?{query}"

        def ask():
            try:
                with urllib.request.urlopen(url, timeout=DEADLINE) as got:
                    return got.read().decode()
            except urllib.error.HTTPError as refused:
                return refused.read().decode()
            except OSError:
                return ""
        answer = until(ask, "answer of sendsms")
        assert answer.startswith(("0:", "3:")), answer  # accepted, or queued for later

    def stop(self):
        """bearerbox tells smsbox; both end by themselves."""
        self.bearerbox.send_signal(signal.SIGTERM)
        codes = []
        for process in (self.bearerbox, self.smsbox):
            try:
                codes.append(process.wait(DEADLINE))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                codes.append("killed")
        self.web.server.shutdown()
        return codes
