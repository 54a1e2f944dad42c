/* How we write to a device of which nothing is known. */
#include "protocols/cwmp/encode.h"

#include <string.h>

static const char *const uris[] = {
	[CWMP_1_0] = "urn:dslforum-org:cwmp-1-0",
	[CWMP_1_1] = "urn:dslforum-org:cwmp-1-1",
	[CWMP_1_2] = "urn:dslforum-org:cwmp-1-2",
	[CWMP_1_3] = "urn:dslforum-org:cwmp-1-2",
	[CWMP_1_4] = "urn:dslforum-org:cwmp-1-2",
};

void
cwmp_dialect_init(struct cwmp_dialect *dialect, enum cwmp_version version)
{
	*dialect = (struct cwmp_dialect){
		.version = version,
		.env = "SOAP-ENV",
		.enc = "SOAP-ENC",
		.xsd = "xsd",
		.xsi = "xsi",
		.cwmp = "cwmp",
	};
	strcpy(dialect->uri, uris[version]);
}
