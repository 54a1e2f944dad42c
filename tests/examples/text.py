#!/usr/bin/env python3
"""sb-text: short and long texts, whole again at the other side."""
import os
import subprocess

PATH = os.path.join(os.environ["SB_BINARY_DIR"], "bin", "sb-text")


def run(*arguments):
	return subprocess.run([PATH, *arguments], capture_output=True, check=False, timeout=60)


def main():
	short = run("hellohello", "packed")
	assert b"GSM 7-bit, 9 octets, 1 parts" in short.stdout, short.stdout
	assert b"e8329bfd4697d9ec37" in short.stdout
	assert b"whole: hellohello" in short.stdout
	for text in ("a€{" * 100, "я😀" * 100):
		for form in ("", "packed"):
			joined = run(text, form).stdout.decode()
			assert f"joined: {text}\n" in joined, joined
	wrong = run(b"ab\xff")
	assert wrong.returncode == 1 and b"at octet 2" in wrong.stderr
	assert run().returncode == 2


if __name__ == "__main__":
	main()
