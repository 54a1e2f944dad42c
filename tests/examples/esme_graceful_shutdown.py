#!/usr/bin/env python3
"""sb-esme-graceful-shutdown: both ESMEs bind, and at the end both unbind and have their unbind_resp."""
import os
import re
import signal
import subprocess

PATIENCE = 60


def start(*arguments):
	path = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "sb-esme-graceful-shutdown")
	return subprocess.Popen([path, *arguments], stderr=subprocess.PIPE, text=True)


def count(log, pattern):
	return len(re.findall(pattern, log))


def check(status, log):
	assert status == 0, f"it ended with {status}: {log}"
	assert count(log, r"esme\.bound .*module=graceful\.esme") == 2, log
	assert count(log, r"smpp\.unbinding .*module=graceful\.esme .*why=drain") == 2, log
	assert count(log, r"smpp\.unbound .*module=graceful\.esme .*by=us") == 2, log
	assert count(log, r"smpp\.unbound .*module=graceful\.mc .*by=peer") == 2, log
	ended = re.findall(r"graceful\.ended .*why=drain submitted=(\d+) answered=(\d+) lost=(\d+)", log)
	assert len(ended) == 2 and all(int(a) > 0 and a == b and c == "0" for a, b, c in ended), log
	# In that order: nobody ends before the node drains, the centre ends last.
	assert log.index("node.draining") < log.index("smpp.unbinding"), log
	assert log.index("graceful.ended") < log.index("node.stopped"), log


def main():
	by_time = start("1")
	log = by_time.stderr.read()
	check(by_time.wait(PATIENCE), log)

	by_signal = start()
	log = ""
	while count(log, r"esme\.bound") < 2:
		log += by_signal.stderr.readline()
	by_signal.send_signal(signal.SIGTERM)
	log += by_signal.stderr.read()
	check(by_signal.wait(PATIENCE), log)


if __name__ == "__main__":
	main()
