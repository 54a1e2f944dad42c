#!/usr/bin/env python3
"""links.py [TREE]: what the pages link to is there: the file, and the heading where one is named."""
import os
import re
import sys

from house import conclude, root_of, text_of

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def pages(root):
	yield "README.md"
	for folder, _, files in os.walk(os.path.join(root, "docs")):
		for name in sorted(files):
			if name.endswith(".md"):
				yield os.path.relpath(os.path.join(folder, name), root)


def anchors(text):
	"""The names that a reader's browser gives to headings."""
	for heading in HEADING.findall(FENCE.sub("", text)):
		yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def complaints_on(root, page):
	text = text_of(root, page)
	for target in LINK.findall(FENCE.sub("", text)):
		if re.match(r"[a-z]+:", target):
			continue
		path, _, anchor = target.partition("#")
		found = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
		if not os.path.exists(os.path.join(root, found)):
			yield f"{page}: {target} is not there"
		elif anchor and anchor not in anchors(text_of(root, found)):
			yield f"{page}: {target}: no such heading"


def main():
	root = root_of(sys.argv)
	conclude([c for page in pages(root) for c in complaints_on(root, page)], "links")


if __name__ == "__main__":
	main()
