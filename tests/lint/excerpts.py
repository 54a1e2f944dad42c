#!/usr/bin/env python3
"""excerpts.py [TREE]: the C that the guide shows stands in sources that are built and tested, as it is."""
import os
import re
import sys

from house import conclude, root_of, sources, text_of

GUIDES = ("docs/cwmp.md", "docs/erps.md", "docs/http.md", "docs/smpp-text.md",
	"docs/writing-a-protocol.md")
BLOCK = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def complaints_on(root, guide, texts):
	text = text_of(root, guide)
	for match in BLOCK.finditer(text):
		if not any(match[1] in source for source in texts):
			line = text.count("\n", 0, match.start()) + 1
			yield f"{guide}:{line}: stands in no source of examples/ or tests/examples/"


def main():
	root = root_of(sys.argv)
	texts = [text_of(root, path) for path in sources(root, ("examples", "tests/examples"))]
	guides = [guide for guide in GUIDES if os.path.exists(os.path.join(root, guide))]
	complaints = [complaint for guide in guides for complaint in complaints_on(root, guide, texts)]
	conclude(complaints, "excerpts")


if __name__ == "__main__":
	main()
