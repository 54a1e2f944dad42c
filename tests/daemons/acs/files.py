#!/usr/bin/env python3
"""Files: put as they come, fetched whole and in parts, replaced, deleted, bounded; brought by devices, once;
there after a kill, and what was being written then is not."""
import hashlib
import http.client
import json
import os
import random
import socket
import sqlite3
import sys
import tempfile

sys.dont_write_bytecode = True
from life import PATIENCE, Answer, Cpe, Daemon, request, until # noqa: E402

PIECE = 65536


def octets(size):
	return random.Random(size).randbytes(size)


def path_of(url):
	return "/" + url.split("/", 3)[3]


def slow_put(port, name, size, sent):
	"""Some octets of a file, and then nothing."""
	connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
	connection.putrequest("PUT", f"/files/{name}")
	connection.putheader("Content-Length", str(size))
	connection.endheaders()
	connection.send(octets(sent))
	return connection


class Files:
	def __init__(self, daemon):
		self.api, self.cwmp = daemon.port("api"), daemon.port("cwmp")

	def put(self, name, body, query="", headers=()):
		return request(self.api, "PUT", f"/files/{name}{query}", body, headers)

	def about(self, name):
		return request(self.api, "GET", f"/files/{name}")

	def content(self, name, **headers):
		return request(self.api, "GET", f"/files/{name}/content", None, headers)

	def url(self, name):
		"""What devices are told; the shard that is asked may hear of a file a moment later."""
		return path_of(until(lambda: self.about(name).expect(200).json().get("url"), "url"))

	def fetch(self, path, method="GET", headers=()):
		return request(self.cwmp, method, path, None, headers)


def test_sizes(files):
	for size in (0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 17, 3 << 20):
		body = octets(size)
		said = files.put("sizes.bin", body, "?version=2&fileType=1%20Firmware%20Upgrade%20Image").expect(201).json()
		assert said["size"] == size and said["sha256"] == hashlib.sha256(body).hexdigest(), said
		assert said["version"] == "2" and said["fileType"] == "1 Firmware Upgrade Image", said
		until(lambda: files.content("sizes.bin").octets == body, "content")
		assert files.fetch(files.url("sizes.bin")).expect(200).octets == body


def test_chunked(files):
	body = octets(3 * PIECE + 5)
	files.put("chunked.bin", (body[i:i + 10000] for i in range(0, len(body), 10000))).expect(201)
	assert files.fetch(files.url("chunked.bin")).octets == body


def test_ranges(files):
	body = octets(3 * PIECE + 5)
	files.put("ranges.bin", body).expect(201)
	path = files.url("ranges.bin")
	for text, begin, end in (("0-0", 0, 1), ("10-19", 10, 20), (f"{PIECE - 1}-{PIECE}", PIECE - 1, PIECE + 1), ("-5", len(body) - 5, len(body)),
			(f"{2 * PIECE}-", 2 * PIECE, len(body)), ("5-999999999", 5, len(body))):
		answer = files.fetch(path, headers={"Range": f"bytes={text}"}).expect(206)
		assert answer.octets == body[begin:end], text
		assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(body)}", answer.headers
	files.fetch(path, headers={"Range": f"bytes={len(body)}-"}).expect(416)
	whole = files.fetch(path).expect(200)
	assert files.fetch(path, headers={"If-None-Match": whole.headers["ETag"]}).expect(304).octets == b""
	head = files.fetch(path, "HEAD").expect(200)
	assert head.octets == b"" and head.headers["Content-Length"] == str(len(body))


def test_who_may_fetch(files):
	files.put("mine.bin", b"mine").expect(201)
	path = files.url("mine.bin")
	files.fetch(path).expect(200)
	token, name = path.split("/")[2:]
	for wrong in (f"/files/{'A' * len(token)}/{name}", f"/files/{token}/other.bin", f"/files/{token[:-1]}/{name}", f"/files/{name}"):
		files.fetch(wrong).expect(404)
	files.fetch(path, "DELETE").expect(405)
	files.put("mine.bin", b"newer").expect(201)
	until(lambda: files.fetch(path).status == 404, "end of the old address")
	request(files.api, "DELETE", "/files/mine.bin").expect(204)
	files.about("mine.bin").expect(404, "file_not_found")


def test_names_and_bounds(files):
	for name in (".hidden", "a%2Fb", "a%20b", "x" * 129, "%00"):
		assert files.put(name, b"x").status in (400, 404), name
	files.put("x.bin", b"x", f"?version={'9' * 65}").expect(400, "bad_query")
	files.put("x.bin", b"x", "?colour=red").expect(400, "bad_query")
	Answer(slow_put(files.api, "x.bin", (4 << 20) + 1, 0).getresponse()).expect(413, "too_large")
	body = octets(4 << 20) + b"x"
	files.put("x.bin", (body[i:i + 65536] for i in range(0, len(body), 65536))).expect(413)
	files.about("x.bin").expect(404, "file_not_found")


def upload_path(files, cpe, name):
	"""Where a device is told to upload to."""
	told = []
	cpe.answers["Upload"] = lambda rpc: told.append(rpc.find("URL").text) or (
		"<cwmp:UploadResponse><Status>1</Status><StartTime>0001-01-01T00:00:00Z</StartTime>"
		"<CompleteTime>0001-01-01T00:00:00Z</CompleteTime></cwmp:UploadResponse>")
	request(files.api, "POST", f"/devices/{cpe.name}/tasks",
		{"method": "upload", "file": name, "FileType": "1 Vendor Configuration File"}).expect(201)
	cpe.session()
	return path_of(told[0])


def test_uploads(files, cpe):
	path = upload_path(files, cpe, "backup.cfg")
	files.fetch(path).expect(405)
	device = Cpe(files.cwmp, "L" * 64)
	device.session()
	said = request(files.api, "POST", f"/devices/{device.name}/tasks", {"method": "upload", "file": "n" * 128}).expect(400, "bad_body").json()
	assert "over 256 characters" in said["detail"], said
	request(files.cwmp, "PUT", path.replace("backup", "other"), b"x").expect(404)
	# Once, also at the same moment: the first has the place, until it gives up.
	first = socket.create_connection(("127.0.0.1", files.cwmp), PATIENCE)
	first.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\nExpect: 100-continue\r\n\r\n".encode())
	assert first.recv(100).startswith(b"HTTP/1.1 100 "), "it has the place"
	request(files.cwmp, "PUT", path, b"another").expect(409)
	first.close()
	until(lambda: request(files.cwmp, "PUT", path, b"the configuration").status == 201, "the place again")
	said = until(lambda: files.about("backup.cfg").status == 200 and files.about("backup.cfg").json(), "file")
	assert said["device"] == cpe.name and said["size"] == 17, said
	assert files.content("backup.cfg").octets == b"the configuration"
	# Once: whoever sees the address later cannot change what the device brought.
	until(lambda: request(files.cwmp, "PUT", path, b"another").status == 409, "refusal")


def test_downloads(files, cpe):
	told = {}
	def download(rpc):
		told.update({e.tag: e.text for e in rpc})
		return ("<cwmp:DownloadResponse><Status>0</Status><StartTime>0001-01-01T00:00:00Z</StartTime>"
			"<CompleteTime>0001-01-01T00:00:00Z</CompleteTime></cwmp:DownloadResponse>")
	cpe.answers["Download"] = download
	files.put("fw.bin", octets(1000), "?fileType=1%20Firmware%20Upgrade%20Image").expect(201)
	task = request(files.api, "POST", f"/devices/{cpe.name}/tasks", {"method": "download", "file": "fw.bin"}).expect(201).json()
	cpe.session()
	assert told["FileType"] == "1 Firmware Upgrade Image" and told["FileSize"] == "1000", told
	assert files.fetch(path_of(told["URL"])).expect(200).octets == octets(1000)
	done = request(files.api, "GET", f"/devices/{cpe.name}/tasks/{task['id']}").expect(200).json()
	assert done["state"] == "done", done


def pieces(folder):
	with sqlite3.connect(f"file:{folder}/acs.db?mode=ro", uri=True) as db:
		return db.execute("SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM chunk)").fetchone()


def test_kill(folder):
	with Daemon(folder) as daemon:
		files = Files(daemon)
		files.put("stays.bin", octets(2 * PIECE)).expect(201)
		half = slow_put(files.api, "half.bin", 20 * PIECE, 10 * PIECE)
		until(lambda: pieces(folder)[1] > 5, "pieces of half a file")
		daemon.kill()
		daemon.process.returncode = 0
		half.close()
	with Daemon(folder) as daemon:
		files = Files(daemon)
		assert files.content("stays.bin").octets == octets(2 * PIECE)
		files.about("half.bin").expect(404, "file_not_found")
		until(lambda: pieces(folder) == (1, 2), "end of half a file")


def main():
	with tempfile.TemporaryDirectory() as folder:
		test_kill(folder)
		with Daemon(folder, "store.path=mem:", "files.limit=4MiB") as daemon:
			files, cpe = Files(daemon), Cpe(daemon.port("cwmp"))
			cpe.session(("0 BOOTSTRAP", ""))
			test_sizes(files)
			test_chunked(files)
			test_ranges(files)
			test_who_may_fetch(files)
			test_names_and_bounds(files)
			test_downloads(files, cpe)
			test_uploads(files, cpe)
			assert json.loads(request(files.api, "GET", "/files").octets)["files"]


if __name__ == "__main__":
	main()
