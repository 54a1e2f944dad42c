#!/bin/sh
# out_of_tree.sh COMPILER FLAGS: installs into a fresh prefix, moves the example out of the tree,
# builds it there by CMake and with pkg-config, with both libraries each, and runs what came out.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$SB_BINARY_DIR" --prefix "$work/prefix" >/dev/null
cp -r "$SB_SOURCE_DIR/examples/out-of-tree" "$work/shout"

cmake -G Ninja -S "$work/shout" -B "$work/build" -DCMAKE_C_COMPILER="$1" -DCMAKE_C_FLAGS="$2" \
	-DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/build"
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name switchboard.pc)")
export PKG_CONFIG_PATH
make -C "$work/shout" CC="$1" CFLAGS="$2"
# The flags are several words.
"$1" -std=c17 $2 $(pkg-config --cflags switchboard) -o "$work/shout/shout-static" "$work"/shout/*.c \
	$(pkg-config --static --libs switchboard | sed 's/-lswitchboard/-l:libswitchboard.a/')

for program in "$work/build/shout" "$work/build/shout-static" "$work/shout/shout" "$work/shout/shout-static"; do
	echo "$program"
	python3 "$SB_SOURCE_DIR/tests/packaging/shout_client.py" "$program"
done
