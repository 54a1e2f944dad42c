"""acs as a child: started, asked where it listens, ended; its API, and a CPE to talk to it."""
import http.client
import json
import os
import re
import signal
import subprocess
import time
import urllib.parse
from xml.etree import ElementTree

SOURCE, BINARY = os.environ["SB_SOURCE_DIR"], os.environ["SB_BINARY_DIR"]
CONFIG = os.path.join(SOURCE, "daemons", "acs", "acs.conf")
PATIENCE = 60 # seconds, for what should take none


def until(question, what):
	"""The first true answer, or the end of the test."""
	deadline = time.monotonic() + PATIENCE
	while time.monotonic() < deadline:
		answer = question()
		if answer:
			return answer
		time.sleep(0.01)
	raise AssertionError(f"no {what} in {PATIENCE} s")


class Daemon:
	"""`with Daemon(folder, "store.path=mem:") as d:` runs the shipped configuration, or `config`, on free
	ports; leaving stops it and looks at how it ended."""

	def __init__(self, folder, *settings, config=CONFIG, listeners=("cwmp", "api")):
		self.log = os.path.join(folder, f"{time.monotonic_ns()}.log")
		command = [os.path.join(BINARY, "bin", "acs"), "-c", config, "--set", "node.threads=2"]
		for setting in (*(f"listener.{l}.address=127.0.0.1:0" for l in listeners), *settings):
			command += ["--set", setting]
		with open(self.log, "w") as log:
			self.process = subprocess.Popen(command, stderr=log, cwd=folder)

	def text(self):
		with open(self.log, errors="replace") as log:
			return log.read()

	def port(self, listener):
		def look():
			found = re.search(rf"listening name={listener} address=\S*:(\d+)", self.text())
			assert found or self.process.poll() is None, self.text()
			return found and int(found[1])
		return until(look, f"listener {listener}")

	def logged(self, pattern):
		until(lambda: re.search(pattern, self.text()), f"line {pattern} in the log")

	def kill(self):
		self.process.kill()
		self.process.wait()

	def __enter__(self):
		return self

	def __exit__(self, kind, value, trace):
		if kind:
			self.kill()
			print(self.text())
		elif self.process.poll() is None:
			self.process.send_signal(signal.SIGTERM)
		status = self.process.wait(PATIENCE)
		assert kind or status == 0, f"it ended with {status}: {self.text()}"


class Answer:
	def __init__(self, response):
		self.status, self.headers, self.octets = response.status, response.headers, response.read()

	def json(self):
		return json.loads(self.octets)

	def expect(self, status, code=None):
		assert self.status == status, (self.status, self.octets)
		assert code is None or self.json()["code"] == code, self.octets
		return self


def request(port, method, path, body=None, headers=(), connection=None):
	"""One request; its answer. A body that is no octets is sent as JSON."""
	headers = dict(headers)
	if body is not None and not isinstance(body, (bytes, list, tuple)) and not hasattr(body, "__next__"):
		body = json.dumps(body).encode()
		headers.setdefault("Content-Type", "application/json")
	http_connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
	http_connection.request(method, path, body, headers)
	answer = Answer(http_connection.getresponse())
	if not connection:
		http_connection.close()
	return answer


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CWMP = "urn:dslforum-org:cwmp-1-0"
ENVELOPE = """<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><SOAP-ENV:Header>
<cwmp:ID SOAP-ENV:mustUnderstand="1">%s</cwmp:ID></SOAP-ENV:Header><SOAP-ENV:Body>%s</SOAP-ENV:Body></SOAP-ENV:Envelope>"""


def values_of(pairs):
	return "".join(f'<ParameterValueStruct><Name>{n}</Name><Value xsi:type="xsd:string">{v}</Value></ParameterValueStruct>'
		for n, v in pairs.items())


class Cpe:
	"""A device with a few parameters. `answers[method](request element)` is what it says to an RPC, or a
	number: that fault; what it does not know it answers with 9000."""

	def __init__(self, port, serial="000000", parameters=None, headers=()):
		self.port, self.serial, self.headers = port, serial, dict(headers)
		self.parameters = {
			"InternetGatewayDevice.DeviceInfo.SoftwareVersion": "1.0",
			"InternetGatewayDevice.ManagementServer.ParameterKey": "",
			**(parameters or {})}
		self.answers = {"GetParameterValues": self.get, "SetParameterValues": self.set}
		self.asked = []

	@property
	def name(self):
		return f"202BC1-BM632w-{self.serial}"

	def get(self, rpc):
		names = [e.text or "" for e in rpc.find("ParameterNames")]
		found = {n: v for n, v in self.parameters.items()
			if any(n == wanted or (wanted[-1:] in ("", ".") and n.startswith(wanted)) for wanted in names)}
		if not found:
			return 9005
		return (f'<cwmp:GetParameterValuesResponse><ParameterList SOAP-ENC:arrayType="cwmp:ParameterValueStruct[{len(found)}]">'
			f"{values_of(found)}</ParameterList></cwmp:GetParameterValuesResponse>")

	def set(self, rpc):
		for one in rpc.find("ParameterList"):
			self.parameters[one.find("Name").text] = one.find("Value").text or ""
		return "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>"

	def inform(self, *events):
		each = "".join(f"<EventStruct><EventCode>{e}</EventCode><CommandKey>{k}</CommandKey></EventStruct>" for e, k in events)
		return (f"<cwmp:Inform><DeviceId><Manufacturer>Acme</Manufacturer><OUI>202BC1</OUI>"
			f"<ProductClass>BM632w</ProductClass><SerialNumber>{self.serial}</SerialNumber></DeviceId>"
			f'<Event SOAP-ENC:arrayType="cwmp:EventStruct[{len(events)}]">{each}</Event><MaxEnvelopes>1</MaxEnvelopes>'
			f"<CurrentTime>2026-11-27T10:00:00Z</CurrentTime><RetryCount>0</RetryCount>"
			f'<ParameterList SOAP-ENC:arrayType="cwmp:ParameterValueStruct[{len(self.parameters)}]">'
			f"{values_of(self.parameters)}</ParameterList></cwmp:Inform>")

	def fault(self, code):
		return (f"<SOAP-ENV:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>"
			f"<FaultCode>{code}</FaultCode><FaultString>no</FaultString></cwmp:Fault></detail></SOAP-ENV:Fault>")

	def post(self, connection, body, identifier="1"):
		octets = (ENVELOPE % (identifier, body)).encode() if body else b""
		headers = {**self.headers, **({"Cookie": self.cookie} if self.cookie else {})}
		if body:
			headers.update({"Content-Type": "text/xml", "SOAPAction": ""})
		answer = request(self.port, "POST", "/acs", octets, headers, connection)
		if answer.headers.get("Set-Cookie"):
			self.cookie = answer.headers["Set-Cookie"].split(";")[0]
		return answer

	def answer(self, octets):
		"""The body of the answer to an RPC, and its ID."""
		envelope = ElementTree.fromstring(octets)
		identifier = envelope.find(f"{{{SOAP}}}Header/{{{CWMP}}}ID").text
		rpc = envelope.find(f"{{{SOAP}}}Body")[0]
		method = rpc.tag.split("}")[1]
		self.asked.append(method)
		said = self.answers.get(method, lambda _: 9000)(rpc)
		return (self.fault(said) if isinstance(said, int) else said), identifier

	def session(self, *events, says=()):
		"""A whole session: Inform, what the device says of itself, then what it is asked. What was asked."""
		self.cookie, self.asked = None, []
		connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
		self.post(connection, self.inform(*(events or [("2 PERIODIC", "")]))).expect(200)
		for body in says:
			self.post(connection, body, "2").expect(200)
		answer = self.post(connection, None)
		while answer.status == 200:
			body, identifier = self.answer(answer.octets)
			answer = self.post(connection, body, identifier)
		answer.expect(204)
		connection.close()
		return self.asked


def quoted(text):
	return urllib.parse.quote(text, safe="")
