"""acs and cwmp-sim, as children: started, asked, ended."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["SB_SOURCE_DIR"], "tests", "daemons", "acs"))
from life import CONFIG, PATIENCE, Daemon, request, until # noqa: E402,F401

SIMULATOR = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "cwmp-sim")
NAME = "001122-Simulator-SIM{:06d}"


class Simulator:
	"""A running cwmp-sim. `end` waits for its own end; leaving asks for it."""

	def __init__(self, url, *options, quick=True):
		command = [SIMULATOR, "--json", "--quiet", "--reboot", "20ms", *(["--retry", "50ms"] if quick else []),
			*options, url]
		self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

	def end(self, status=0):
		try:
			out, err = self.process.communicate(timeout=PATIENCE)
		finally:
			self.process.kill()
		assert self.process.returncode == status, (self.process.returncode, err)
		return json.loads(out)

	def stop(self):
		if self.process.poll() is None:
			self.process.terminate()
			err = self.process.communicate(timeout=PATIENCE)[1]
			assert "Sanitizer" not in err, err

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.stop()


class Bed(unittest.TestCase):
	"""One acs for all tests of a class, on a store in memory; SETTINGS are its own, and MORE at the end of the shipped
	configuration."""
	SETTINGS, MORE = (), ""
	SCHEME = "http"

	@classmethod
	def setUpClass(cls):
		cls.folder = tempfile.TemporaryDirectory()
		config = os.path.join(cls.folder.name, "acs.conf")
		with open(CONFIG) as shipped, open(config, "w") as file:
			file.write(shipped.read() + cls.MORE)
		cls.daemon = Daemon(cls.folder.name, "store.path=mem:", "connection_request.device_burst=1000",
			*cls.settings(), config=config)
		cls.daemon.__enter__()
		cls.api, cls.cwmp = cls.daemon.port("api"), cls.daemon.port("cwmp")
		cls.url = f"{cls.SCHEME}://127.0.0.1:{cls.cwmp}/acs"

	@classmethod
	def settings(cls):
		return cls.SETTINGS

	@classmethod
	def tearDownClass(cls):
		cls.daemon.__exit__(None, None, None)
		cls.folder.cleanup()

	def ask(self, method, path, body=None, status=200):
		answer = request(self.api, method, path, body).expect(status)
		return answer.json() if answer.octets else None

	def simulate(self, *options):
		simulator = Simulator(self.url, *options)
		self.addCleanup(simulator.stop)
		return simulator

	def known(self, device):
		"""The device, once its first session is over."""
		def look():
			answer = request(self.api, "GET", f"/devices/{device}")
			return answer.status == 200 and not answer.json()["inSession"] and answer.json()
		return until(look, f"device {device}")

	def do(self, device, task, state="done", wait=15):
		"""A task, with the device asked to come; how it ended."""
		task = self.ask("POST", f"/devices/{device}/tasks?wait={wait}&connect=true", {"attempts": 1, **task}, 201)
		assert task["state"] == state, task
		return task.get("result")
