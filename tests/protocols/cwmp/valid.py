"""Every message that we send is valid against the XSDs of its version: valid.py WRITE_VALID"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

XSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "xsd")


def complaints_about(folder, minor):
	"""What xmllint says of the messages in a folder; the count of messages."""
	messages = sorted(glob.glob(os.path.join(folder, "*.xml")))
	environment = dict(os.environ, XML_CATALOG_FILES=os.path.join(XSD, "catalog-strict.xml"))
	schema = os.path.join(XSD, f"validate-1-{minor}.xsd")
	done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, *messages],
		env=environment, capture_output=True, text=True, check=False)
	lines = [line for line in done.stderr.splitlines() if not line.endswith(" validates")]
	if done.returncode == 0 and not lines:
		return [], len(messages)
	return lines or [f"xmllint ended with {done.returncode}"], len(messages)


def main():
	if not shutil.which("xmllint"):
		print("skipped: xmllint is not installed")
		return 77
	failed = False
	for minor in range(5):
		with tempfile.TemporaryDirectory() as folder:
			subprocess.run([sys.argv[1], folder, str(minor)], check=True)
			complaints, count = complaints_about(folder, minor)
		print(f"1.{minor}: {count} messages, {len(complaints)} complaints")
		print("\n".join(complaints[:40]))
		failed = failed or bool(complaints) or count == 0
	return failed


if __name__ == "__main__":
	sys.exit(main())
