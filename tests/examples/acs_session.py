#!/usr/bin/env python3
"""sb-acs-session with a device that has another WiFi name and old firmware, and one that has neither."""
import http.client
import re

from program import PATIENCE, Program

ENVELOPE = """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-0">
<e:Header><cwmp:ID>{id}</cwmp:ID></e:Header><e:Body>{body}</e:Body></e:Envelope>"""

INFORM = """<cwmp:Inform><DeviceId><Manufacturer>M</Manufacturer><OUI>00259E</OUI><ProductClass>C</ProductClass>
<SerialNumber>{serial}</SerialNumber></DeviceId><ParameterList><ParameterValueStruct>
<Name>{root}DeviceInfo.SoftwareVersion</Name><Value>1.0</Value></ParameterValueStruct></ParameterList></cwmp:Inform>"""


class Device:
	def __init__(self, port):
		self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
		self.cookie = None

	def post(self, body):
		headers = {"Cookie": self.cookie} if self.cookie else {}
		self.connection.request("POST", "/", body, headers)
		answer = self.connection.getresponse()
		text = answer.read().decode()
		if answer.headers["Set-Cookie"]:
			self.cookie = answer.headers["Set-Cookie"].split(";")[0]
		return answer.status, text

	def inform(self, serial, root):
		status, text = self.post(ENVELOPE.format(id=1, body=INFORM.format(serial=serial, root=root)))
		assert status == 200 and "InformResponse" in text, text
		return self.post("")

	def answer(self, call, body):
		id = re.search(r"ID[^>]*>([^<]*)<", call)[1]
		return self.post(ENVELOPE.format(id=id, body=body))


def values(pairs):
	each = "".join(f"<ParameterValueStruct><Name>{name}</Name><Value>{value}</Value></ParameterValueStruct>" for name, value in pairs)
	return f"<cwmp:GetParameterValuesResponse><ParameterList>{each}</ParameterList></cwmp:GetParameterValuesResponse>"


def old_device(port):
	device, wifi = Device(port), "Device.WiFi.SSID.1.SSID"
	status, call = device.inform("old", "Device.")
	assert status == 200 and f"<string>{wifi}</string>" in call, call
	status, call = device.answer(call, values([
		("Device.DeviceInfo.ModelName", "Box"), ("Device.DeviceInfo.SoftwareVersion", "1.0"), (wifi, "home")]))
	assert "SetParameterValues" in call and f"<Name>{wifi}</Name>" in call and ">Switchboard</Value>" in call, call
	status, call = device.answer(call, "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>")
	assert "<cwmp:Download>" in call and "<CommandKey>2.0</CommandKey>" in call, call
	status, _ = device.answer(call, """<cwmp:DownloadResponse><Status>1</Status><StartTime>0001-01-01T00:00:00Z</StartTime>
<CompleteTime>0001-01-01T00:00:00Z</CompleteTime></cwmp:DownloadResponse>""")
	assert status == 204


def new_device(port):
	device, root = Device(port), "InternetGatewayDevice."
	wifi = root + "LANDevice.1.WLANConfiguration.1.SSID"
	status, call = device.inform("new", root)
	assert f"<string>{wifi}</string>" in call, call
	status, _ = device.answer(call, values([(root + "DeviceInfo.SoftwareVersion", "2.0"), (wifi, "Switchboard")]))
	assert status == 204


def main():
	with Program("sb-acs-session") as program:
		old_device(program.port)
		new_device(program.port)


if __name__ == "__main__":
	main()
