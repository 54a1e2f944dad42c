/* make-certificates FOLDER: the usual set of tests/support/certificates.h, for tests that are no C.
 */
#include "tests/support/certificates.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
	struct certificates certificates;

	if (argc != 2) {
		fprintf(stderr, "usage: make-certificates FOLDER\n");
		return 2;
	}
	return certificates_open_in(&certificates, argv[1]) ? 1 : 0;
}
