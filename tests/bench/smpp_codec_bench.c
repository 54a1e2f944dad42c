/*
 * smpp-codec-bench [NAME REPEATS]: nanoseconds a PDU for the codec's hot paths: one
 * line each, the best of some rounds, so that a busy machine shows less. With a name
 * one of them so many times, and nothing is measured: for who counts instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocols/smpp/answer.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/print.h"

#define ROUNDS    9
#define REPEATS   200000
#define DIFFERENT 64 /* PDUs in turn, so that no branch is learnt by heart */
#define PDU_BYTES 512

struct job {
	const char *name;
	const char *what;
	void (*run)(size_t turn);
};

static uint8_t submits[DIFFERENT][PDU_BYTES];
static struct sb_bytes frames[DIFFERENT];
static struct smpp_pdu decoded[DIFFERENT];
static uint8_t out[PDU_BYTES];
static char line[2048];
static volatile size_t sink;

static struct sb_bytes
digits(char *buf, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf[i] = (char)('0' + rand() % 10);
	return sb_bytes(buf, size);
}

static void
make_submit(size_t i)
{
	char source[16], destination[16];
	uint8_t tlv_octets[32];
	struct sb_writer tlvs = sb_writer_of(tlv_octets, sizeof(tlv_octets));
	struct sb_writer w = sb_writer_of(submits[i], sizeof(submits[i]));
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_SUBMIT_SM, .sequence = (uint32_t)i + 1},
		.submit_sm =
			{
				.service_type = sb_bytes_text(i % 3 ? "" : "CMT"),
				.source_addr_ton = 1,
				.source_addr_npi = 1,
				.source_addr = digits(source, 5 + (size_t)rand() % 10),
				.dest_addr_ton = 1,
				.dest_addr_npi = 1,
				.destination_addr = digits(destination, 10 + (size_t)rand() % 5),
				.validity_period = sb_bytes_text(i % 4 ? "" : "000001000000000R"),
				.registered_delivery = 1,
				.short_message = sb_bytes_text("twenty octets of txt"),
			},
	};

	if (i % 8 == 0)
		smpp_put_tlv_u16(&tlvs, SMPP_TAG_USER_MESSAGE_REFERENCE, (uint16_t)i);
	pdu.tlvs = sb_bytes(tlv_octets, sb_writer_size(&tlvs));
	if (smpp_encode(&pdu, &w) || sb_writer_size(&w) == 0)
		abort();
	frames[i] = sb_bytes(submits[i], sb_writer_size(&w));
	if (smpp_decode(frames[i], NULL, &decoded[i], NULL))
		abort();
}

static void
run_decode(size_t turn)
{
	struct smpp_pdu pdu;
	struct smpp_decode_error error;
	size_t need;

	if (smpp_frame(frames[turn % DIFFERENT], 1 << 17, &need) > 0 &&
		smpp_decode(frames[turn % DIFFERENT], NULL, &pdu, &error) == 0)
		sink += pdu.submit_sm.short_message.size;
}

static void
run_encode_submit_sm_resp(size_t turn)
{
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	smpp_put_submit_sm_resp(&w, SMPP_ROK, (uint32_t)turn, sb_bytes_text("0000018d3f2a4c91"));
	sink += sb_writer_size(&w);
}

static void
run_encode_deliver_sm(size_t turn)
{
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct smpp_pdu *pdu = &decoded[turn % DIFFERENT];

	pdu->header.command = SMPP_DELIVER_SM;
	if (smpp_encode(pdu, &w) == 0)
		sink += sb_writer_size(&w);
}

static void
run_enquire_link_resp(size_t turn)
{
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	smpp_put_enquire_link_resp(&w, (uint32_t)turn);
	sink += sb_writer_size(&w);
}

static void
run_print(size_t turn)
{
	sink += smpp_pdu_print(line, sizeof(line), &decoded[turn % DIFFERENT], NULL);
}

static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double
best_of(void (*run)(size_t turn), size_t repeats)
{
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns();
		double each;

		for (size_t turn = 0; turn < repeats; turn++)
			run(turn);
		each = (now_ns() - start) / (double)repeats;
		best = each < best ? each : best;
	}
	return best;
}

static const struct job jobs[] = {
	{"decode", "decode submit_sm (20 octets of text)", run_decode},
	{"encode-response", "encode submit_sm_resp (16 octets of id)", run_encode_submit_sm_resp},
	{"encode", "encode deliver_sm (20 octets of text)", run_encode_deliver_sm},
	{"encode-header", "encode enquire_link_resp", run_enquire_link_resp},
	{"print", "print submit_sm", run_print},
};

static int
repeat(const char *name, size_t repeats)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (strcmp(jobs[i].name, name) != 0)
			continue;
		for (size_t turn = 0; turn < repeats; turn++)
			jobs[i].run(turn);
		return 0;
	}
	fprintf(stderr, "smpp-codec-bench: no %s\n", name);
	return 2;
}

int
main(int argc, char **argv)
{
	srand(1);
	for (size_t i = 0; i < DIFFERENT; i++)
		make_submit(i);
	if (argc == 3)
		return repeat(argv[1], strtoul(argv[2], NULL, 10));
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		printf("%-42s %8.1f ns\n", jobs[i].what, best_of(jobs[i].run, REPEATS));
	return 0;
}
