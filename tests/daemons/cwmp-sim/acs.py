"""An ACS by hand, in a thread, for tests of cwmp-sim: it answers each Inform and asks what a script
of RPCs says, and keeps what the device said. Requests are written as XML, answers read with
regular expressions: what is tested is the simulator, not this."""
import base64
import gzip
import hashlib
import http.server
import re
import socketserver
import threading

ENVELOPE = ('<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
	'xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" '
	'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
	'xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><SOAP-ENV:Header>'
	'<cwmp:ID SOAP-ENV:mustUnderstand="1">{id}</cwmp:ID>{header}</SOAP-ENV:Header>'
	'<SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>')
INFORM_RESPONSE = "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"


def method_of(body):
	"""The name of the Body's element."""
	found = re.search(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", body)
	return found[1] if found else ""


def text_of(body, name):
	found = re.search(rf"<{name}[^>]*>([^<]*)</{name}>", body)
	return found[1] if found else None


def values_of(body):
	"""Name to value of a list of ParameterValueStruct."""
	return dict(re.findall(r"<Name>([^<]*)</Name>\s*<Value[^>]*?(?:/>|>([^<]*)</Value>)", body))


class Acs:
	"""`requests`: bodies that devices are asked, one after the other, whatever the session; a function
	is called with nothing and gives one, None ends the session. `said`: (method, body) of all that came, Informs too."""

	def __init__(self, requests=(), username=None, password=None, scheme="digest", cookies=True, refuse=0,
			header="", tls=None, files=None, answers=None):
		self.requests, self.said, self.heads = list(requests), [], []
		self.username, self.password, self.scheme = username, password, scheme
		self.cookies, self.refuse, self.header = cookies, refuse, header
		self.files, self.put, self.answers = dict(files or {}), {}, dict(answers or {})
		self.changed = threading.Condition()
		self.serial = 0

		class Handler(http.server.BaseHTTPRequestHandler):
			acs = self
			protocol_version = "HTTP/1.1"

			def log_message(self, *_):
				pass

			def do_POST(self):
				self.acs.post(self)

			def do_GET(self):
				self.acs.get(self)

			def do_PUT(self):
				self.acs.put_file(self)

		class Server(socketserver.ThreadingTCPServer):
			allow_reuse_address, daemon_threads, request_queue_size = True, True, 128

		self.server = Server(("127.0.0.1", 0), Handler)
		if tls:
			self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
		self.port = self.server.server_address[1]
		self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
		threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

	def close(self):
		self.server.shutdown()
		self.server.server_close()

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.close()

	# ---- HTTP ----

	def respond(self, handler, status, body=b"", fields=()):
		handler.send_response(status)
		for name, value in fields:
			handler.send_header(name, value)
		if status != 204:
			handler.send_header("Content-Length", str(len(body)))
		handler.end_headers()
		handler.wfile.write(body)

	def body_of(self, handler):
		if handler.headers.get("Transfer-Encoding") == "chunked":
			body = b""
			while size := int(handler.rfile.readline(), 16):
				body += handler.rfile.read(size)
				handler.rfile.readline()
			handler.rfile.readline()
		else:
			body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
		return gzip.decompress(body) if handler.headers.get("Content-Encoding") == "gzip" else body

	def is_proved(self, handler):
		given = handler.headers.get("Authorization", "")
		if self.scheme == "basic":
			return given == "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
		fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
		if not given.startswith("Digest") or fields.get("nonce") != "abc":
			return False
		md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
		first = md5(f"{self.username}:acs:{self.password}")
		second = md5(f"{handler.command}:{fields['uri']}")
		return fields["response"] == md5(
			f"{first}:abc:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{second}")

	def challenge(self, handler):
		value = 'Basic realm="acs"' if self.scheme == "basic" else 'Digest realm="acs", qop="auth", nonce="abc"'
		self.respond(handler, 401, fields=[("WWW-Authenticate", value)])

	def get(self, handler):
		data = self.files.get(handler.path)
		self.respond(handler, 404 if data is None else 200, data or b"")

	def put_file(self, handler):
		with self.changed:
			self.put[handler.path] = self.body_of(handler)
			self.changed.notify_all()
		self.respond(handler, 201)

	# ---- CWMP ----

	def post(self, handler):
		body = self.body_of(handler).decode()
		if self.username and not self.is_proved(handler):
			self.challenge(handler)
			return
		if self.refuse:
			self.refuse -= 1
			self.respond(handler, 503, fields=[("Retry-After", "0")])
			return
		method = method_of(body) if body else ""
		with self.changed:
			self.heads.append(dict(handler.headers))
			if body:
				self.said.append((method, body))
			reply = self.reply_to(method, body)
			self.changed.notify_all()
		fields = [("Content-Type", "text/xml")]
		if self.cookies and method == "Inform":
			fields.append(("Set-Cookie", "session=x; Path=/"))
		if reply is None:
			self.respond(handler, 204)
			return
		reply = reply.encode()
		if "gzip" in handler.headers.get("Accept-Encoding", ""):
			reply = gzip.compress(reply)
			fields.append(("Content-Encoding", "gzip"))
		self.respond(handler, 200, reply, fields)

	def reply_to(self, method, body):
		message_id = re.search(r":ID [^>]*>([^<]*)<", body)
		if method == "Inform":
			return self.envelope(message_id[1], self.answer(method, INFORM_RESPONSE))
		if body and not method.endswith("Response") and method != "Fault":
			return self.envelope(message_id[1], self.answer(method, f"<cwmp:{method}Response/>"))
		if not self.requests:
			return None
		self.serial += 1
		request = self.requests.pop(0)
		if request is None:
			return None
		return self.envelope(f"a{self.serial}", request() if callable(request) else request)

	def answer(self, method, otherwise):
		said = self.answers.get(method, otherwise)
		return said() if callable(said) else said

	def envelope(self, message_id, body):
		return ENVELOPE.format(id=message_id, header=self.header, body=body)

	# ---- for tests ----

	def wait(self, condition, seconds=10):
		with self.changed:
			if not self.changed.wait_for(lambda: condition(self), seconds):
				raise AssertionError(f"it did not come; there came {[m for m, _ in self.said]}")

	def answers_of(self):
		"""What was said but Informs."""
		return [(method, body) for method, body in self.said if method != "Inform"]

	def informs(self):
		return [body for method, body in self.said if method == "Inform"]


def events_of(inform):
	return re.findall(r"<EventCode>([^<]*)</EventCode>", inform)


def rpc(name, arguments=""):
	return f"<cwmp:{name}>{arguments}</cwmp:{name}>"


def names(*each):
	return "<ParameterNames>" + "".join(f"<string>{name}</string>" for name in each) + "</ParameterNames>"


def values(*each, key=""):
	"""(name, type, value) each."""
	structs = "".join(f'<ParameterValueStruct><Name>{name}</Name><Value xsi:type="xsd:{kind}">{value}</Value>'
		"</ParameterValueStruct>" for name, kind, value in each)
	return f"<ParameterList>{structs}</ParameterList><ParameterKey>{key}</ParameterKey>"
