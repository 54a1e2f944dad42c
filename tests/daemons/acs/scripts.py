#!/usr/bin/env python3
"""Session scripts in the program itself: the example, with a stored file and a tag."""
import os
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
from life import CONFIG, PATIENCE, SOURCE, Cpe, Daemon, request # noqa: E402

FIRMWARE = b"not much of a firmware"
WIFI = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID"
MODEL = "InternetGatewayDevice.DeviceInfo.ModelName"


class Api:
	def __init__(self, daemon):
		self.port = daemon.port("api")

	def __call__(self, method, path, body=None):
		return request(self.port, method, path, body)


def test_the_example(api, daemon):
	"""A device gets its name, is told where its firmware is, fetches it, and is old no more."""
	cpe = Cpe(daemon.port("cwmp"), "E1", {WIFI: "Factory", MODEL: "Gate"})
	told = []

	def download(rpc):
		told.append({each.tag: each.text or "" for each in rpc})
		return "<cwmp:DownloadResponse><Status>1</Status><StartTime/><CompleteTime/></cwmp:DownloadResponse>"

	cpe.answers["Download"] = download
	assert cpe.session() == ["GetParameterValues", "SetParameterValues"], cpe.asked
	assert cpe.parameters[WIFI] == "Switchboard"
	daemon.logged("there is no file firmware-2.0.bin")
	api("PUT", "/files/firmware-2.0.bin", FIRMWARE).expect(201)
	assert cpe.session() == ["GetParameterValues", "Download"], cpe.asked
	assert told[0]["FileSize"] == str(len(FIRMWARE)) and told[0]["CommandKey"] == "2.0", told
	with urllib.request.urlopen(told[0]["URL"], timeout=PATIENCE) as file:
		assert file.read() == FIRMWARE
	assert [d["device"] for d in api("GET", "/devices?tag=old-firmware").json()["devices"]] == [cpe.name]
	cpe.parameters["InternetGatewayDevice.DeviceInfo.SoftwareVersion"] = "2.0"
	assert cpe.session() == ["GetParameterValues"], cpe.asked
	assert api("GET", f"/devices/{cpe.name}").json()["tags"] == []


def main():
	with tempfile.TemporaryDirectory() as folder:
		config = os.path.join(folder, "acs.conf")
		example = os.path.join(SOURCE, "examples", "provision.lua")
		with open(config, "w", encoding="utf-8") as file:
			file.write(open(CONFIG, encoding="utf-8").read() + f'script "provision" {{ file = "{example}" }}\n')
		with Daemon(folder, "store.path=mem:", config=config) as daemon:
			test_the_example(Api(daemon), daemon)


if __name__ == "__main__":
	main()
