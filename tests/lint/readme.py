#!/usr/bin/env python3
"""readme.py [TREE]: the module that README.md shows is examples/echo.c, word for word."""
import re
import sys

from house import conclude, root_of, text_of


def main():
	root = root_of(sys.argv)
	shown = re.findall(r"^```c\n(.*?)^```$", text_of(root, "README.md"), re.MULTILINE | re.DOTALL)
	complaints = []
	if text_of(root, "examples/echo.c") not in shown:
		complaints.append("README.md: no ```c block is examples/echo.c, word for word")
	conclude(complaints, "README")


if __name__ == "__main__":
	main()
