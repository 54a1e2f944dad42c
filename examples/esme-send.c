/*
 * sb-esme-send [OPTIONS] HOST:PORT NUMBER TEXT
 *
 * Sends a UTF-8 text to a number and waits until its delivery receipts say what
 * became of it. A text that is too long for one message goes in parts, and each
 * part has a receipt of its own. It is a program without a loop: the blocking
 * client of protocols/smpp/client.h turns it while it waits.
 */
#include <switchboard/core/error.h>
#include <switchboard/core/tls.h>
#include <switchboard/protocols/smpp/client.h>
#include <switchboard/protocols/smpp/receipt.h>
#include <switchboard/protocols/smpp/text.h>
#include <switchboard/protocols/smpp/udh.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARTS_MAX 255
#define ID_SIZE   66

/* How it ended: the exit code. */
enum outcome {
	DELIVERED = 0,
	FAILED = 1, /* no connection, no memory, ... */
	USAGE = 2,
	REFUSED = 3,     /* the bind, or a part, was refused */
	UNDELIVERED = 4, /* a receipt says so */
	NO_RECEIPT = 5,  /* in time */
};

struct part {
	char id[ID_SIZE]; /* what the centre calls it */
	bool has_receipt;
};

struct sending {
	struct smpp_client *client;
	const char *number, *source, *text;
	unsigned wait_s;
	unsigned parts, receipts;
	enum outcome outcome;
	struct part part[PARTS_MAX];
};

/* ---- sending ---- */

static void
addresses(const struct sending *sending, struct smpp_submit_sm *message)
{
	bool is_international = *sending->number == '+';
	const char *source = sending->source;

	message->destination_addr = sb_bytes_text(sending->number + is_international);
	message->dest_addr_ton = is_international ? SMPP_TON_INTERNATIONAL : SMPP_TON_UNKNOWN;
	message->dest_addr_npi = SMPP_NPI_E164;
	message->source_addr = sb_bytes_text(source);
	/* A name, where it is no number. */
	if (strspn(source, "0123456789") == strlen(source))
		message->source_addr_npi = SMPP_NPI_E164;
	else
		message->source_addr_ton = SMPP_TON_ALPHANUMERIC;
}

static enum outcome
submit(struct sending *sending, const struct smpp_text_part *text)
{
	struct part *part = &sending->part[sending->parts++];
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	const struct smpp_client_event *event;
	struct sb_bytes id;
	int err;

	addresses(sending, &pdu.submit_sm);
	pdu.submit_sm.registered_delivery = 1;
	smpp_text_fill(text, &pdu);
	err = smpp_client_request(sending->client, &pdu, 0, &event);
	if (err) {
		printf("part %u: %s\n", text->number, sb_error_text(err));
		return FAILED;
	}
	if (event->pdu.header.status != SMPP_ROK) {
		printf("part %u: refused, %s\n", text->number,
			smpp_status_name(event->pdu.header.status));
		return REFUSED;
	}
	id = event->pdu.submit_sm_resp.message_id;
	snprintf(part->id, sizeof(part->id), "%.*s", (int)id.size, (const char *)id.data);
	printf("part %u: accepted as %s\n", text->number, part->id);
	return DELIVERED;
}

static enum outcome
send_text(struct sending *sending)
{
	const struct smpp_text_options options = {.ref = (uint16_t)time(NULL)};
	struct smpp_text_plan plan;
	struct smpp_text_part part;
	enum outcome outcome = DELIVERED;
	int err = smpp_text_plan(sb_bytes_text(sending->text), &options, &plan);

	if (err) {
		printf("the text cannot be sent: %s\n", sb_error_text(err));
		return FAILED;
	}
	while (outcome == DELIVERED) {
		uint8_t octets[SMPP_TEXT_PART_SIZE_MAX];
		struct sb_writer w = sb_writer_of(octets, sizeof(octets));

		if (smpp_text_next(&plan, &w, &part))
			break;
		outcome = submit(sending, &part);
	}
	return outcome;
}

/* ---- receipts ---- */

static void
note_receipt(struct sending *sending, const struct smpp_receipt *receipt)
{
	for (unsigned i = 0; i < sending->parts; i++) {
		struct part *part = &sending->part[i];

		if (part->has_receipt ||
			!sb_bytes_equal(receipt->message_id, sb_bytes_text(part->id)))
			continue;
		printf("part %u: %s\n", i + 1, smpp_message_state_text(receipt->state));
		if (!receipt->has_state || !smpp_message_state_is_final(receipt->state))
			return;
		part->has_receipt = true;
		sending->receipts++;
		if (receipt->state != SMPP_STATE_DELIVERED)
			sending->outcome = UNDELIVERED;
		return;
	}
}

/* The clock of the machine will do: it is a person who waits. */
static enum outcome
await_receipts(struct sending *sending)
{
	time_t until = time(NULL) + sending->wait_s;

	while (sending->receipts < sending->parts) {
		const struct smpp_client_event *event;
		struct smpp_receipt receipt;
		time_t now = time(NULL);
		ssize_t count = now < until ? smpp_client_wait_for_pdus(sending->client,
						      (uint32_t)(until - now) * 1000, &event, 1)
					    : 0;

		if (count == 0) {
			printf("%u of %u receipts in %u s\n", sending->receipts, sending->parts,
				sending->wait_s);
			return NO_RECEIPT;
		}
		if (count < 0) {
			printf("lost: %s\n", sb_error_text((int)count));
			return FAILED;
		}
		/* Answered by the client itself; messages of others are none of our affair. */
		if (event->kind == SMPP_CLIENT_PDU && !smpp_receipt_read(&event->pdu, &receipt))
			note_receipt(sending, &receipt);
	}
	return sending->outcome;
}

/* ---- the program ---- */

static int
usage(void)
{
	fputs("usage: sb-esme-send [--system-id ID] [--password WORD | environment SMPP_PASSWORD]\n"
	      "                    [--source NUMBER] [--wait SECONDS] [--tls] [--ca FILE]\n"
	      "                    HOST:PORT NUMBER TEXT\n"
	      "0 delivered, 1 failed, 2 this, 3 refused, 4 not delivered, 5 no receipt in time\n",
		stderr);
	return USAGE;
}

/* The certificate is checked as soon as there is something to check it by. */
static int
make_tls(const char *ca, struct sb_tls **tls)
{
	const struct sb_tls_options options = {
		.ca = ca, .verify = ca ? SB_TLS_VERIFY_REQUIRED : SB_TLS_VERIFY_NONE};
	char reason[256];
	int err = sb_tls_client_new(tls, &options, reason, sizeof(reason));

	if (err)
		fprintf(stderr, "sb-esme-send: %s\n", reason);
	return err;
}

struct arguments {
	struct smpp_client_options client;
	struct sending sending;
	const char *ca;
	bool is_tls;
	char host[256];
};

static bool
read_options(struct arguments *a, int argc, char **argv)
{
	static const struct option options[] = {
		{"system-id", required_argument, NULL, 'u'},
		{"password", required_argument, NULL, 'p'},
		{"source", required_argument, NULL, 's'},
		{"wait", required_argument, NULL, 'w'},
		{"tls", no_argument, NULL, 't'},
		{"ca", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	int option;

	a->client.esme.password = getenv("SMPP_PASSWORD");
	a->sending.source = "";
	a->sending.wait_s = 60;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'u':
			a->client.esme.system_id = optarg;
			break;
		case 'p':
			a->client.esme.password = optarg;
			break;
		case 's':
			a->sending.source = optarg;
			break;
		case 'w':
			a->sending.wait_s = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			a->ca = optarg;
			a->is_tls = true;
			break;
		case 't':
			a->is_tls = true;
			break;
		default:
			return false;
		}
	}
	return optind + 3 == argc;
}

static bool
read_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 1 || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* HOST:PORT, [::1]:2775, or a host alone, which ::1 is, too. */
static bool
read_address(struct arguments *a, const char *text)
{
	bool has_brackets = *text == '[';
	const char *last = strrchr(text, has_brackets ? ']' : ':');
	size_t size = strlen(text);

	if (has_brackets && last)
		size = (size_t)(last - ++text);
	else if (last && last == strchr(text, ':'))
		size = (size_t)(last - text);
	if (size == 0 || size >= sizeof(a->host) || (has_brackets && !last))
		return false;
	snprintf(a->host, sizeof(a->host), "%.*s", (int)size, text);
	a->client.esme.host = a->host;
	text += size + has_brackets;
	return !*text || (*text == ':' && read_port(text + 1, &a->client.esme.port));
}

static enum outcome
run(struct arguments *a)
{
	struct sending *sending = &a->sending;
	uint32_t status = 0;
	enum outcome outcome;
	int err = smpp_client_open(&sending->client, &a->client, &status);

	if (err == SB_EACCES) {
		printf("bind refused, %s\n", smpp_status_name(status));
		return REFUSED;
	}
	if (err) {
		printf("no connection: %s\n", sb_error_text(err));
		return FAILED;
	}
	outcome = send_text(sending);
	if (outcome == DELIVERED)
		outcome = await_receipts(sending);
	smpp_client_stop(sending->client);
	return outcome;
}

int
main(int argc, char **argv)
{
	static struct arguments a;
	enum outcome outcome = FAILED;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(&a, argc, argv) || !read_address(&a, argv[optind]))
		return usage();
	a.sending.number = argv[optind + 1];
	a.sending.text = argv[optind + 2];
	if (!a.is_tls || make_tls(a.ca, &a.client.esme.tls) == 0)
		outcome = run(&a);
	sb_tls_free(a.client.esme.tls);
	return outcome;
}
