#!/usr/bin/env python3
"""Who may what: devices that show a password of a list, or one made of their name, over Basic and Digest; that
must be who they say, also by a certificate over TLS; files that ask, too; the API's tokens; and what a
configuration may not say."""
import base64
import hashlib
import http.client
import os
import re
import ssl
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from life import BINARY, PATIENCE, SOURCE, Cpe, Daemon, request, until # noqa: E402

SECRET = "0123456789abcdef"
LISTENERS = '''
listener "cwmp" { address = "127.0.0.1:0" }
listener "api" { address = "127.0.0.1:0" }
store { path = "mem:" }
'''


def derived(name):
	"""As docs/acs.md says, with its own line of shell."""
	with open(os.path.join(SOURCE, "docs", "acs.md"), encoding="utf-8") as page:
		line = re.search(r"^\$ (printf %s .*)$", page.read(), re.M)[1]
	line = line.replace("202BC1-BM632w-000000", name)
	return subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


def basic(name, password):
	return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def digest(challenge, name, password, method="POST", uri="/acs"):
	"""RFC 2617 with MD5 and qop, as devices have it."""
	said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
	md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
	a1, a2 = md5(f"{name}:{said['realm']}:{password}"), md5(f"{method}:{uri}")
	response = md5(f"{a1}:{said['nonce']}:00000001:abc:auth:{a2}")
	return {"Authorization": f'Digest username="{name}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
		f'algorithm=MD5, qop=auth, nc=00000001, cnonce="abc", response="{response}"'}


def configured(folder, text):
	path = os.path.join(folder, "who.conf")
	with open(path, "w", encoding="utf-8") as file:
		file.write(text)
	return path


def inform(cpe):
	"""The answer to an Inform with the headers that the device has."""
	cpe.cookie = None
	return cpe.post(None, cpe.inform(("2 PERIODIC", "")))


def fault_of(answer):
	return re.search(rb"<FaultCode>(\d+)</FaultCode>", answer.octets)


def test_digest(folder):
	config = configured(folder, LISTENERS + f'''
devices {{ authentication = digest_md5 secret = "{SECRET}" must_match = true }}
credential "operator" {{ password = "of the list" }}
files {{ authentication = true }}
''')
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		cpe = Cpe(daemon.port("cwmp"))
		challenge = inform(cpe).expect(401).headers["WWW-Authenticate"]
		cpe.headers = digest(challenge, cpe.name, derived(cpe.name))
		inform(cpe).expect(200)
		cpe.headers = digest(challenge, cpe.name, "wrong")
		inform(cpe).expect(401)
		# Somebody whom we know, and who is not this device.
		cpe.headers = digest(challenge, "operator", "of the list")
		assert fault_of(inform(cpe).expect(200))[1] == b"8001"
		daemon.logged("acs.device_refused")
		test_files(daemon, cpe, challenge)


def test_files(daemon, cpe, challenge):
	"""The device is told a name and a password, and needs them."""
	cpe.headers, told = digest(challenge, cpe.name, derived(cpe.name)), {}
	cpe.answers["Download"] = lambda rpc: told.update({e.tag: e.text for e in rpc}) or (
		"<cwmp:DownloadResponse><Status>0</Status><StartTime/><CompleteTime/></cwmp:DownloadResponse>")
	request(daemon.port("api"), "PUT", "/files/fw.bin", b"firmware").expect(201)
	request(daemon.port("api"), "POST", f"/devices/{cpe.name}/tasks", {"method": "download", "file": "fw.bin"}).expect(201)
	cpe.session()
	assert told["Username"] == cpe.name and told["Password"] == derived(cpe.name), told
	path = "/" + told["URL"].split("/", 3)[3]
	asked = request(cpe.port, "GET", path).expect(401).headers["WWW-Authenticate"]
	fetched = request(cpe.port, "GET", path, None, digest(asked, told["Username"], told["Password"], "GET", path))
	assert fetched.expect(200).octets == b"firmware"


def test_basic(folder):
	config = configured(folder, LISTENERS + '''
devices { authentication = basic username = "cpe" password = "shared" }
credential "202BC1-BM632w-7" { password = "of 7" }
''')
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		cpe = Cpe(daemon.port("cwmp"))
		for name, password, status in (("cpe", "shared", 200), ("202BC1-BM632w-7", "of 7", 200), ("202BC1-BM632w-7", "shared", 401), ("x", "", 401)):
			cpe.headers = basic(name, password)
			assert inform(cpe).status == status, (name, password)


def test_listeners(folder):
	"""Each asks for what it says, and a session goes on wherever its cookie is shown."""
	config = configured(folder, LISTENERS + f'''
listener "open" {{ address = "127.0.0.1:0" serves = cwmp authentication = none }}
devices {{ authentication = digest_md5 secret = "{SECRET}" }}
''')
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		cpe, other = Cpe(daemon.port("cwmp")), Cpe(daemon.port("open"))
		challenge = inform(cpe).expect(401).headers["WWW-Authenticate"]
		inform(other).expect(200)
		other.port = cpe.port
		other.post(None, None).expect(204)
		cpe.headers = digest(challenge, cpe.name, derived(cpe.name))
		inform(cpe).expect(200)


class Own:
	"""A device over Digest, and what the API says of its credentials."""

	def __init__(self, daemon, serial):
		self.api, self.cpe = daemon.port("api"), Cpe(daemon.port("cwmp"), serial)
		self.path = f"/devices/{self.cpe.name}/credentials"

	def put(self, body, which="acs"):
		return request(self.api, "PUT", f"{self.path}/{which}", body)

	def get(self):
		return request(self.api, "GET", self.path)

	def comes(self, username, password):
		"""The status of its Inform, or the fault that answers it."""
		self.cpe.headers = {}
		challenge = inform(self.cpe).expect(401).headers["WWW-Authenticate"]
		self.cpe.headers = digest(challenge, username, password)
		answer = inform(self.cpe)
		fault = fault_of(answer)
		return int(fault[1]) if fault else answer.status


def test_own_credentials(folder):
	"""The shared password is good for the first time, and the old one until the new one was shown."""
	config = configured(folder, LISTENERS.replace("mem:", "own.db") + '''
listener "open" { address = "127.0.0.1:0" serves = cwmp authentication = none }
devices { authentication = digest_md5 username = "cpe" password = "shared" }
''')
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		own, other = Own(daemon, "1"), Own(daemon, "2")
		name = own.cpe.name
		own.get().expect(404, "credentials_not_found")
		assert own.comes("cpe", "shared") == 200
		said = own.put({"password": "one"}).expect(200).json()
		assert (said["acs"]["username"], said["acs"]["used"]) == (name, False) and b"one" not in own.get().octets, said
		assert own.comes("cpe", "shared") == 200, "it has not been told its own yet"
		assert own.comes(name, "one") == 200
		until(lambda: own.get().json()["acs"]["used"], "use")
		assert own.comes("cpe", "shared") == 8001 and other.comes("cpe", "shared") == 200
		# By no door: the other one asks for nothing.
		own.cpe.port, own.cpe.headers = daemon.port("open"), {}
		assert fault_of(inform(own.cpe).expect(200))[1] == b"8001"
		own.cpe.port = daemon.port("cwmp")
		own.put({"username": "new", "password": "two"}).expect(200)
		assert [own.comes(*who) for who in ((name, "one"), ("cpe", "shared"), ("new", "one"))] == [200, 8001, 401]
		other.put({"username": "new", "password": "x"}).expect(409, "conflict")
		other.put({"username": "cpe", "password": "x"}).expect(409, "conflict")
		assert other.comes("new", "two") == 8001, "it is the other device's"
		assert own.comes("new", "two") == 200
		until(lambda: own.comes(name, "one") == 401, "end of the old one")
		other.put({"password": "now", "immediately": True}).expect(200)
		assert other.comes("cpe", "shared") == 8001
		own.put({"username": "them", "password": "request"}, "connection-request").expect(200)
		for body in ({}, {"password": ""}, {"password": "x" * 257}, {"password": "a\nb"}, {"username": "a:b", "password": "x"}, {"password": "x", "user": "y"}):
			own.put(body).expect(400, "bad_body")
		request(own.api, "PUT", "/devices/a%3Ab/credentials/acs", {"password": "x"}).expect(400, "bad_body")
		daemon.kill()
		daemon.process.returncode = 0
	assert b"request" in open(os.path.join(folder, "own.db-wal"), "rb").read(), "where else should it be"
	assert os.stat(os.path.join(folder, "own.db")).st_mode & 0o077 == 0
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		own = Own(daemon, "1")
		assert (own.comes("cpe", "shared"), own.comes("new", "two")) == (8001, 200)
		assert own.get().json()["connectionRequest"]["username"] == "them"
		for which in ("acs", "connection-request"):
			request(own.api, "DELETE", f"{own.path}/{which}").expect(204)
			request(own.api, "DELETE", f"{own.path}/{which}").expect(404, "credentials_not_found")
		assert own.comes("cpe", "shared") == 200
		own.get().expect(404, "credentials_not_found")
	with Daemon(folder, "node.stop_timeout=300ms", "devices.realm=other", config=config, listeners=()) as daemon:
		assert Own(daemon, "2").comes("cpe", "shared") == 8001
		daemon.logged("acs.logins_of_other_realms")
		Own(daemon, "2").put({"password": "anew"}).expect(200)
		assert Own(daemon, "2").comes("cpe", "shared") == 8001, "it had shown its own"
	with Daemon(folder, "node.stop_timeout=300ms", "devices.realm=other", config=config, listeners=()) as daemon:
		own = Own(daemon, "2")
		assert (own.comes("cpe", "shared"), own.comes(own.cpe.name, "anew")) == (8001, 200)


def over_tls(port, context):
	connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
	return connection


def test_certificates(folder):
	"""Each device has one; its common name is the device."""
	subprocess.run([os.path.join(BINARY, "bin", "tests", "support", "make-certificates"), folder], check=True)
	config = configured(folder, f'''
listener "cwmp" {{
	address = "127.0.0.1:0"
	tls {{ certificate = "server.pem" key = "server.key" ca = "ca.pem" verify = required }}
}}
listener "api" {{ address = "127.0.0.1:0" }}
store {{ path = "mem:" }}
devices {{ must_match = true authentication = certificate }}
files {{ authentication = true }}
''')
	context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
	context.check_hostname = False
	context.load_cert_chain(f"{folder}/client.pem", f"{folder}/client.key")
	subject = subprocess.run(["openssl", "x509", "-in", f"{folder}/client.pem", "-noout", "-subject", "-nameopt", "RFC2253"],
		stdout=subprocess.PIPE, check=True, text=True).stdout
	common_name = re.search(r"CN=([^,\n]+)", subject)[1]
	with Daemon(folder, "node.stop_timeout=300ms", config=config, listeners=()) as daemon:
		cpe = Cpe(daemon.port("cwmp"))
		cpe.cookie = None
		answer = cpe.post(over_tls(cpe.port, context), cpe.inform(("1 BOOT", ""))).expect(200)
		assert fault_of(answer)[1] == b"8001", answer.octets
		daemon.logged(f"acs.device_refused.*{common_name}")
		anonymous = ssl.create_default_context(cafile=f"{folder}/ca.pem")
		anonymous.check_hostname = False
		try:
			cpe.post(over_tls(cpe.port, anonymous), cpe.inform(("1 BOOT", "")))
			raise AssertionError("served without a certificate")
		except (ssl.SSLError, OSError):
			pass
		url = request(daemon.port("api"), "PUT", "/files/x", b"x").expect(201) and until(
			lambda: request(daemon.port("api"), "GET", "/files/x").json().get("url"), "url")
		assert url.startswith(f"https://127.0.0.1:{cpe.port}/files/"), url
		fetching = over_tls(cpe.port, context)
		fetching.request("GET", "/" + url.split("/", 3)[3])
		assert fetching.getresponse().read() == b"x", "the certificate says who asks"
		fetching.close()


def test_refused_configurations(folder):
	for text, says in (('listener "api" { address = "0.0.0.0:0" }', "the API needs a token section"),
			('script "x" { file = "nowhere.lua" }', "nowhere.lua"), ('token "x" { token = "short" }', "16 octets")):
		config = configured(folder, LISTENERS.replace('listener "api" { address = "127.0.0.1:0" }', "") + text)
		done = subprocess.run([os.path.join(BINARY, "bin", "acs"), "-t", "-c", config], stderr=subprocess.PIPE, text=True, check=False)
		assert done.returncode == 1 and says in done.stderr, done.stderr
	done = subprocess.run([os.path.join(BINARY, "bin", "acs"), "-t", "-c", os.path.join(SOURCE, "daemons", "acs", "acs.conf")],
		stdout=subprocess.PIPE, text=True, check=True)
	assert done.stdout == "configuration ok\n", done.stdout


def main():
	with tempfile.TemporaryDirectory() as folder:
		test_refused_configurations(folder)
		test_digest(folder)
		test_basic(folder)
		test_listeners(folder)
		test_own_credentials(folder)
		test_certificates(folder)


if __name__ == "__main__":
	main()
