#!/bin/sh
# out_of_tree.sh COMPILER FLAGS: installs into a fresh prefix, moves the example out of the tree,
# builds it there by CMake (both libraries) and by make with pkg-config, and runs what came out.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$SB_BINARY_DIR" --prefix "$work/prefix" >/dev/null
cp -r "$SB_SOURCE_DIR/examples/out-of-tree" "$work/shout"

cmake -G Ninja -S "$work/shout" -B "$work/build" -DCMAKE_C_COMPILER="$1" -DCMAKE_C_FLAGS="$2" \
	-DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/build"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name switchboard.pc)") \
	make -C "$work/shout" CC="$1" CFLAGS="$2"

for program in "$work/build/shout" "$work/build/shout-static" "$work/shout/shout"; do
	echo "$program"
	python3 "$SB_SOURCE_DIR/tests/packaging/shout_client.py" "$program"
done
