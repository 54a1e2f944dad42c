#!/bin/sh
# Every source looks as .clang-format says.
cd "$SB_SOURCE_DIR" || exit 1
command -v clang-format >/dev/null || { echo "skipped: clang-format is not installed"; exit 77; }
find core protocols daemons examples tests -name node_modules -prune -o -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run -Werror
