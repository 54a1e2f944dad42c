#!/usr/bin/env python3
"""acs killed with SIGKILL under load, again and again on one store: every task that the API has acknowledged is there
afterwards, and what a device was answered stays: a task whose answer was taken, a TransferComplete. By hand:

    SB_SOURCE_DIR=. SB_BINARY_DIR=build/release tests/interop/cwmp/kill.py --rounds 50 [--seed N]
"""
import argparse
import http.client
import os
import random
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from bed import Daemon, Simulator, request # noqa: E402
from life import Cpe # noqa: E402

DEVICES = 4
GONE = (OSError, http.client.HTTPException)
DOWNLOAD_RESPONSE = ("<cwmp:DownloadResponse><Status>1</Status><StartTime>0001-01-01T00:00:00Z</StartTime>"
	"<CompleteTime>0001-01-01T00:00:00Z</CompleteTime></cwmp:DownloadResponse>")
COMPLETE = ("<cwmp:TransferComplete><CommandKey>{key}</CommandKey><FaultStruct><FaultCode>0</FaultCode><FaultString>"
	"</FaultString></FaultStruct><StartTime></StartTime><CompleteTime></CompleteTime></cwmp:TransferComplete>")


class Device(Cpe):
	"""A device, and the person who gives it tasks. What was acknowledged is kept from life to life:
	`promised` tasks, `ended` ones: the device knows that its answer was taken."""

	def __init__(self, serial):
		super().__init__(0, serial)
		self.promised, self.ended = set(), set()
		self.answers["Download"] = self.download

	def download(self, rpc):
		self.key = rpc.find("CommandKey").text
		return DOWNLOAD_RESPONSE

	def live(self, api, cwmp, stop):
		self.port = cwmp
		try:
			while not stop.is_set():
				self.round(api)
		except GONE:
			pass

	def task(self, api, task):
		answer = request(api, "POST", f"/devices/{self.name}/tasks", task)
		if answer.status != 201: # not known yet, or its acs is about to be gone
			return None
		self.promised.add(answer.json()["id"])
		return answer.json()["id"]

	def round(self, api):
		key = f"{self.serial}-{random.randrange(1 << 40)}"
		value = f"value {random.randrange(1000)}"
		setting = self.task(api, {"method": "setParameters",
			"parameters": {"InternetGatewayDevice.DeviceInfo.SoftwareVersion": value}})
		transfer = self.task(api, {"method": "Download", "CommandKey": key, "FileType": "2 Web Content", "URL": "http://x/"})
		# When a session came to its end, every answer in it was taken. Of an older life's, too.
		self.session()
		self.ended.update(one for one in (setting,) if one)
		if transfer:
			self.session(("7 TRANSFER COMPLETE", ""), ("M Download", key), says=[COMPLETE.format(key=key)])
			self.ended.add(transfer)

	def check(self, api):
		"""What is lost."""
		lost = []
		for task in self.promised:
			answer = request(api, "GET", f"/devices/{self.name}/tasks/{task}")
			state = answer.json()["state"] if answer.status == 200 else "gone"
			if state in ("gone", "failed", "expired") or (task in self.ended and state != "done"):
				lost.append((self.name, task, state, task in self.ended))
		return lost


def life(folder, devices, seconds, number):
	"""One life of the daemon, cut short; what the lives before it had promised is looked for first."""
	with Daemon(folder, f"store.path={os.path.join(folder, 'acs.db')}", "tasks.max_results=1000", "tasks.max=1000",
			"tasks.retry=1s") as daemon:
		api, cwmp = daemon.port("api"), daemon.port("cwmp")
		lost = [one for device in devices for one in device.check(api)]
		stop = threading.Event()
		threads = [threading.Thread(target=device.live, args=(api, cwmp, stop)) for device in devices]
		with Simulator(f"http://127.0.0.1:{cwmp}/", "--devices", "20", "--interval", "0", "--first", "1000"):
			for thread in threads:
				thread.start()
			time.sleep(seconds)
			daemon.kill()
		stop.set()
		for thread in threads:
			thread.join()
		daemon.process.returncode = 0 # as it should be
	promised = sum(len(device.promised) for device in devices)
	print(f"life {number}: {promised} tasks promised, {sum(len(device.ended) for device in devices)} known to have ended, "
		f"{len(lost)} lost", flush=True)
	return lost


def main():
	parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
	parser.add_argument("--rounds", type=int, default=4)
	parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
	options = parser.parse_args()
	random.seed(options.seed)
	print(f"seed {options.seed}", flush=True)
	devices = [Device(f"{n:06d}") for n in range(DEVICES)]
	lost = []
	with tempfile.TemporaryDirectory(prefix="sb-kill-", dir=os.environ.get("SB_DISK")) as folder:
		for number in range(options.rounds + 1):
			lost += life(folder, devices, random.uniform(0.3, 1.2), number)
	for one in lost:
		print("lost: device %s, task %s, state %s, known to have ended: %s" % one)
	promised = sum(len(device.promised) for device in devices)
	if not promised:
		print("nothing was promised")
	return 1 if lost or not promised else 0


if __name__ == "__main__":
	sys.exit(main())
