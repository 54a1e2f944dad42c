# cmake -DFROM=file -DTO=file.c -DNAME=name -DHEADER=path/to/header.h -P embed.cmake
#
# Makes of a file the source of `const unsigned char name[]` and `const size_t name_size`, which the
# header declares.
file(READ ${FROM} octets HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
	"\\1\n" octets "${octets}")
get_filename_component(from ${FROM} NAME)
file(WRITE ${TO} "/* Made from ${from} by the build. */
#include \"${HEADER}\"

const unsigned char ${NAME}[] = {
${octets}
};
const size_t ${NAME}_size = sizeof(${NAME});
")
