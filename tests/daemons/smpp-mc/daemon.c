/* The program itself, as it is shipped: started, spoken to over TCP, and stopped. */
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000

struct program {
	pid_t pid;
	int out; /* what it writes to standard error and output */
	char said[8192];
};

static void
program_start(struct program *program, const char *const *arguments)
{
	const char *argv[16] = {"smpp-mc"};
	char path[512];
	int fds[2];

	memset(program, 0, sizeof(*program));
	snprintf(path, sizeof(path), "%s/bin/smpp-mc", getenv("SB_BINARY_DIR"));
	for (int i = 0; arguments[i]; i++)
		argv[i + 1] = arguments[i];
	assert_int_equal(pipe(fds), 0);
	program->pid = fork();
	assert_true(program->pid >= 0);
	if (program->pid == 0) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execv(path, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	program->out = fds[0];
}

/* Reads on until it says `text` (the place behind it), or ends (NULL). */
static const char *
program_says(struct program *program, const char *text)
{
	struct pollfd ready = {.fd = program->out, .events = POLLIN};
	size_t used = strlen(program->said);

	while (!strstr(program->said, text)) {
		ssize_t n;

		assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
		n = read(program->out, program->said + used, sizeof(program->said) - 1 - used);
		if (n <= 0)
			return NULL;
		used += (size_t)n;
	}
	return strstr(program->said, text) + strlen(text);
}

static int
program_end(struct program *program)
{
	int status;

	program_says(program, "\001"); /* never said: until its end */
	close(program->out);
	assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		print_error("%s", program->said);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *
shipped(void)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/daemons/smpp-mc/smpp-mc.conf", getenv("SB_SOURCE_DIR"));
	return path;
}

static unsigned
start_on_any_port(struct program *program)
{
	const char *const arguments[] = {"-c", shipped(), "--set",
		"listener.smpp.address=127.0.0.1:0", "--set", "node.threads=2", "--set",
		"store.path=mem:", NULL};
	const char *port;

	program_start(program, arguments);
	port = program_says(program, "listening name=smpp address=127.0.0.1:");
	assert_non_null(port);
	/* The number may still be on its way. */
	program_says(program, "\n");
	return (unsigned)strtoul(
		strstr(program->said, "address=127.0.0.1:") + strlen("address=127.0.0.1:"), NULL,
		10);
}

/* ---- a client ---- */

static int fd;
static uint8_t in[4096];
static size_t in_size;

static void
client_connect(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	in_size = 0;
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

static void
client_send(const struct smpp_pdu *pdu)
{
	uint8_t octets[1024];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(pdu, &w), 0);
	assert_int_equal(write(fd, octets, sb_writer_size(&w)), sb_writer_size(&w));
}

static struct smpp_pdu
client_take(uint32_t command)
{
	static uint8_t taken[4096];
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	struct smpp_pdu pdu;
	ssize_t size;

	while ((size = smpp_frame(sb_bytes(in, in_size), sizeof(in), NULL)) == 0) {
		ssize_t n;

		assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
		n = read(fd, in + in_size, sizeof(in) - in_size);
		assert_true(n > 0);
		in_size += (size_t)n;
	}
	assert_true(size > 0);
	if (size < 0) /* the compiler does not know that an assertion leaves */
		abort();
	memcpy(taken, in, (size_t)size);
	in_size -= (size_t)size;
	memmove(in, in + size, in_size);
	assert_int_equal(smpp_decode(sb_bytes(taken, (size_t)size), NULL, &pdu, NULL), 0);
	assert_int_equal(pdu.header.command, command);
	return pdu;
}

static void
client_bind(void)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1}};

	pdu.bind.system_id = sb_bytes_text("alice");
	pdu.bind.password = sb_bytes_text("secret1");
	pdu.bind.interface_version = SMPP_VERSION_34;
	client_send(&pdu);
	assert_int_equal(client_take(SMPP_BIND_TRANSCEIVER_RESP).header.status, SMPP_ROK);
}

static void
test_a_message_is_receipted_over_tcp(void **state)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM, .sequence = 2}};
	struct program program;
	struct smpp_receipt receipt;
	char id[17];

	(void)state;
	client_connect(start_on_any_port(&program));
	client_bind();
	pdu.submit_sm.source_addr = sb_bytes_text("100");
	pdu.submit_sm.destination_addr = sb_bytes_text("999");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	client_send(&pdu);
	pdu = client_take(SMPP_SUBMIT_SM_RESP);
	assert_int_equal(pdu.header.status, SMPP_ROK);
	memcpy(id, pdu.submit_sm_resp.message_id.data, 17);
	pdu = client_take(SMPP_DELIVER_SM);
	assert_int_equal(smpp_receipt_read(&pdu, &receipt), 0);
	assert_true(sb_bytes_equal(receipt.message_id, sb_bytes_text(id)));
	assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
	pdu = (struct smpp_pdu){
		.header = {SMPP_HEADER_SIZE, SMPP_DELIVER_SM_RESP, 0, pdu.header.sequence}};
	client_send(&pdu);
	pdu = (struct smpp_pdu){.header = {.command = SMPP_UNBIND, .sequence = 3}};
	client_send(&pdu);
	client_take(SMPP_UNBIND_RESP);
	close(fd);
	kill(program.pid, SIGTERM);
	assert_int_equal(program_end(&program), 0);
}

static void
test_a_drain_says_goodbye_to_who_is_bound(void **state)
{
	struct program program;
	struct smpp_pdu pdu;

	(void)state;
	client_connect(start_on_any_port(&program));
	client_bind();
	kill(program.pid, SIGTERM);
	pdu = client_take(SMPP_UNBIND);
	pdu.header.command = SMPP_UNBIND_RESP;
	client_send(&pdu);
	assert_int_equal(program_end(&program), 0);
	close(fd);
}

static void
test_an_address_that_is_not_ours_stops_the_program(void **state)
{
	const char *const nowhere[] = {"-c", shipped(), "--set",
		"listener.smpp.address=192.0.2.1:2775", "--set", "store.path=mem:", NULL};
	struct program program;

	(void)state;
	program_start(&program, nowhere);
	assert_non_null(program_says(&program, "mc.listen_failed "));
	program_says(&program, "\001");
	close(program.out);
	{
		int status;

		waitpid(program.pid, &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	}
}

static int
run_quietly(const char *const *arguments, const char *says)
{
	struct program program;
	int status;

	program_start(&program, arguments);
	if (!program_says(&program, says))
		print_error("%s", program.said);
	program_says(&program, "\001");
	close(program.out);
	assert_non_null(strstr(program.said, says));
	waitpid(program.pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_the_command_line_is_understood(void **state)
{
	const char *const check[] = {"-c", shipped(), "-t", NULL};
	const char *const wrong[] = {
		"-c", shipped(), "--set", "account.alice.window=many", "-t", NULL};
	const char *const version[] = {"--version", NULL};
	const char *const help[] = {"--help", NULL};
	const char *const missing[] = {"-c", "/nowhere/smpp-mc.conf", NULL};

	(void)state;
	assert_int_equal(run_quietly(check, "configuration ok"), 0);
	assert_int_equal(run_quietly(wrong, "--set account.alice.window=many: "), 1);
	assert_int_equal(run_quietly(version, "smpp-mc "), 0);
	assert_int_equal(run_quietly(help, "--set"), 0);
	assert_int_equal(run_quietly(missing, "/nowhere/smpp-mc.conf"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_is_receipted_over_tcp),
		cmocka_unit_test(test_a_drain_says_goodbye_to_who_is_bound),
		cmocka_unit_test(test_an_address_that_is_not_ours_stops_the_program),
		cmocka_unit_test(test_the_command_line_is_understood),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
