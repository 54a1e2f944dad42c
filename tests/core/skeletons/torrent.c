/*
 * BitTorrent peers on the bare core. A torrent is a session without a connection; its
 * peers hang under a supervisor of its own, and both under one that ties their lives
 * together. The first 48 octets of an accepted connection say which torrent it wants:
 * a session that does nothing else hands it to a peer session on the torrent's shard.
 * Blocks are hashed off the loop, and every peer is told what the torrent has got.
 */
#include "bed.h"

#include <stdio.h>
#include <string.h>

#define HASH      20
#define PREFIX    48 /* of the handshake: up to the hash, which names the torrent */
#define HANDSHAKE 68
#define PIECES    8
#define BLOCK     16
#define MAX_PEERS 3
#define NAME_MAX  64

enum { ID_HAVE = 4, ID_REQUEST = 6, ID_PIECE = 7 };

enum {
	MSG_BLOCK = 1, /* to a torrent: struct block, given */
	MSG_HAVE,      /* to its peers: the index as uint32_t */
};

struct block {
	uint32_t index;
	uint32_t sum; /* what it should be; here in the place of a SHA-1 */
	uint8_t data[BLOCK];
};

static void
name_of(char name[NAME_MAX], const char *kind, const uint8_t hash[HASH])
{
	int size = snprintf(name, NAME_MAX, "%s/", kind);

	for (int i = 0; i < HASH; i++)
		size += snprintf(name + size, NAME_MAX - (size_t)size, "%02x", hash[i]);
}

static uint32_t
sum_of(const uint8_t data[BLOCK])
{
	uint32_t sum = 1;

	for (int i = 0; i < BLOCK; i++)
		sum = sum * 31 + data[i];
	return sum;
}

/* ---- the torrent ---- */

struct torrent {
	uint8_t hash[HASH];
	char peers[NAME_MAX]; /* the topic of its peers */
	bool has[PIECES];
	unsigned wrong;
};

static int
torrent_start(struct sb_session *s, const void *args)
{
	struct torrent *t = sb_state(s);
	char name[NAME_MAX];

	memcpy(t->hash, args, HASH);
	name_of(t->peers, "have", t->hash);
	name_of(name, "torrent", t->hash);
	return sb_register(s, name);
}

/* On a thread of the pool: it may take its time, and knows no session. */
static int
check_block(void *data, size_t size)
{
	const struct block *block = data;

	(void)size;
	return sum_of(block->data) == block->sum ? 0 : SB_ECORRUPT;
}

static void
block_came(struct sb_session *s, struct sb_message *m)
{
	struct block *block = sb_message_take(m);
	uint64_t ref;

	if (!block) {
		sb_fail(s); /* nobody but a peer of ours sends these, and always with a block */
		return;
	}
	if (sb_job(s, check_block, SB_GIVE(block, sizeof(*block), sb_payload_free), 0, &ref))
		sb_payload_free(block); /* as if it had not come: it is asked for again */
}

static void
block_checked(struct sb_session *s, struct torrent *t, const struct sb_message *m)
{
	const struct block *block = m->data;

	if (m->status) {
		t->wrong++;
		return;
	}
	t->has[block->index] = true;
	(void)sb_publish(s, t->peers, MSG_HAVE, 0, &block->index, sizeof(block->index));
}

static void
torrent_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == MSG_BLOCK)
		block_came(s, m);
	else if (m->type == SB_MSG_JOB)
		block_checked(s, sb_state(s), m);
}

static void
torrent_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct torrent *t = sb_state(s);

	sb_fields_add(fields, "wrong", SB_UINT(t->wrong));
}

static const struct sb_module torrent_module = {
	.abi = SB_MODULE_ABI,
	.name = "btp.torrent",
	.state_size = sizeof(struct torrent),
	.start = torrent_start,
	.message = torrent_message,
	.describe = torrent_describe,
};

/* ---- a peer ---- */

enum peer_state { PEER_SHAKING, PEER_TALKING };

struct peer {
	enum peer_state state;
	uint8_t hash[HASH];
	struct sb_address torrent;
	struct sb_timer patience; /* for the connection that it was started for */
};

static void
nobody_came(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_close(s, SB_END_DEADLINE);
}

static int
peer_start(struct sb_session *s, const void *args)
{
	struct peer *p = sb_state(s);
	char name[NAME_MAX];

	memcpy(p->hash, args, HASH);
	name_of(name, "torrent", p->hash);
	sb_timer_start(s, &p->patience, 5000, nobody_came);
	return sb_lookup(s, name, &p->torrent);
}

static int
peer_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct peer *p = sb_state(s);

	(void)peer;
	sb_timer_stop(s, &p->patience);
	return 0;
}

static ssize_t
shake(struct sb_session *s, struct peer *p, struct sb_bytes in)
{
	char topic[NAME_MAX];

	if (in.size < HANDSHAKE)
		return 0;
	name_of(topic, "have", p->hash);
	if (sb_join(s, topic))
		return SB_EPROTO;
	p->state = PEER_TALKING;
	(void)sb_write(s, in.data, PREFIX);
	(void)sb_write(s, "-SB0001-------------", HANDSHAKE - PREFIX);
	return HANDSHAKE;
}

static int
give_block(struct sb_session *s, struct peer *p, struct sb_reader *r)
{
	struct block *block = sb_payload_new(s, sizeof(*block));
	struct sb_bytes data;
	int err;

	if (!block)
		return SB_ENOMEM;
	block->index = sb_get_u32(r);
	block->sum = sb_get_u32(r);
	data = sb_get_bytes(r, BLOCK);
	err = sb_reader_failed(r) || block->index >= PIECES ? SB_EPROTO : 0;
	if (!err) {
		memcpy(block->data, data.data, BLOCK);
		err = sb_post(s, p->torrent, MSG_BLOCK, 0,
			SB_GIVE(block, sizeof(*block), sb_payload_free));
	}
	if (err)
		sb_payload_free(block);
	return err;
}

/* 13 octets ask for as many as they like: sb_frame minds the output, too. */
static int
answer_request(struct sb_session *s)
{
	static const uint8_t piece[4 + 1 + 16384] = {0, 0, 0x40, 1, ID_PIECE};

	return sb_write(s, piece, sizeof(piece));
}

/* The size of the message at the front, 0 when it is not there yet, or SB_EPROTO. */
static ssize_t
wire_read(struct sb_session *s, struct sb_bytes in, uint8_t *id, struct sb_reader *body)
{
	struct sb_reader r = sb_reader_of(in);
	uint32_t size = sb_get_u32(&r), whole;

	if (sb_reader_failed(&r))
		return 0;
	if (!sb_u32_add(size, 4, &whole) || sb_need(s, whole))
		return SB_EPROTO;
	*body = sb_reader_of(sb_get_bytes(&r, size));
	if (sb_reader_failed(&r))
		return 0;
	*id = sb_get_u8(body);
	return (ssize_t)whole;
}

static int
handle(struct sb_session *s, struct peer *p, uint8_t id, struct sb_reader *body)
{
	switch (id) {
	case ID_REQUEST:
		return answer_request(s);
	case ID_PIECE:
		return give_block(s, p, body);
	default:
		return 0;
	}
}

static ssize_t
talk(struct sb_session *s, struct peer *p, struct sb_bytes in)
{
	struct sb_reader body;
	size_t used = 0;
	ssize_t size;
	uint8_t id;

	while ((size = wire_read(s, sb_bytes(in.data + used, in.size - used), &id, &body)) > 0) {
		if (!sb_frame(s))
			break;
		if (handle(s, p, id, &body))
			return SB_EPROTO;
		used += (size_t)size;
	}
	return size < 0 ? size : (ssize_t)used;
}

static ssize_t
peer_received(struct sb_session *s, struct sb_bytes in)
{
	struct peer *p = sb_state(s);
	ssize_t used = 0, more;

	if (p->state == PEER_SHAKING) {
		used = shake(s, p, in);
		if (used <= 0)
			return used;
	}
	more = talk(s, p, sb_bytes(in.data + used, in.size - (size_t)used));
	return more < 0 ? more : used + more;
}

static void
peer_message(struct sb_session *s, struct sb_message *m)
{
	uint8_t have[9] = {0, 0, 0, 5, ID_HAVE};
	struct sb_writer w = sb_writer_of(have + 5, 4);
	uint32_t index;

	if (m->type != MSG_HAVE)
		return;
	memcpy(&index, m->data, sizeof(index));
	sb_put_u32(&w, index);
	(void)sb_write(s, have, sizeof(have));
}

static const struct sb_module peer_module = {
	.abi = SB_MODULE_ABI,
	.name = "btp.peer",
	.state_size = sizeof(struct peer),
	.max_frame = 32 << 10,
	.start = peer_start,
	.connected = peer_connected,
	.received = peer_received,
	.message = peer_message,
};

/* ---- who wants which torrent ---- */

struct door {
	struct sb_address peer; /* who takes the connection; null: not known yet */
};

/* A peer session for it, on the torrent's shard, counted there against the torrent's bound. */
static int
ask_for_peer(struct sb_session *s, const uint8_t hash[HASH])
{
	struct sb_child_spec spec = {
		.module = &peer_module, .args = hash, .args_size = HASH, .shard = SB_SHARD_SAME};
	struct sb_address peers;
	char name[NAME_MAX];
	uint64_t ref;
	int err;

	name_of(name, "peers", hash);
	err = sb_lookup(s, name, &peers);
	if (!err)
		err = sb_start_child(s, peers, &spec, &ref);
	if (!err)
		sb_hold(s, "torrent");
	return err;
}

/* Uses nothing: the peer session reads the handshake from its first octet. */
static ssize_t
door_received(struct sb_session *s, struct sb_bytes in)
{
	struct door *d = sb_state(s);

	if (in.size < PREFIX) {
		(void)sb_need(s, PREFIX);
		return 0;
	}
	if (memcmp(in.data, "\023BitTorrent protocol", 20) != 0)
		return SB_EPROTO;
	if (sb_address_is_null(d->peer))
		return ask_for_peer(s, in.data + PREFIX - HASH);
	return sb_hand_over(s, d->peer, 0);
}

static void
door_message(struct sb_session *s, struct sb_message *m)
{
	struct door *d = sb_state(s);

	if (m->type != SB_MSG_REPLY)
		return;
	if (m->status) {
		sb_close(s, SB_END_LIMIT);
		return;
	}
	d->peer = ((const struct sb_child_started *)m->data)->address;
	sb_resume(s);
}

static const struct sb_module door_module = {
	.abi = SB_MODULE_ABI,
	.name = "btp.door",
	.state_size = sizeof(struct door),
	.max_frame = 1024,
	.received = door_received,
	.message = door_message,
};

/* ---- the supervision of one torrent ---- */

static void
add_torrent(struct bed *bed, const uint8_t hash[HASH], int shard)
{
	char peers_name[NAME_MAX];
	struct sb_supervisor_options peers = {.max_children = MAX_PEERS, .name = peers_name};
	struct sb_child_spec children[] = {
		{.id = "peers",
			.module = &sb_supervisor_module,
			.args = &peers,
			.args_size = sizeof(peers),
			.restart = SB_PERMANENT,
			.shard = SB_SHARD_SAME},
		{.id = "torrent",
			.module = &torrent_module,
			.args = hash,
			.args_size = HASH,
			.restart = SB_PERMANENT,
			.shard = SB_SHARD_SAME},
	};
	struct sb_supervisor_options tree = {
		.strategy = SB_ONE_FOR_ALL, .children = children, .child_count = 2};
	struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = &tree,
		.args_size = sizeof(tree),
		.restart = SB_PERMANENT,
		.shard = shard};

	name_of(peers_name, "peers", hash);
	assert_int_equal(sb_node_start_child(bed->node, &spec), 0);
}

/* ---- the far end ---- */

static const uint8_t hashes[2][HASH] = {"twenty octets of one", "twenty of the other."};

static struct sim_peer *
far_connect(struct bed *bed, uint16_t port, const uint8_t hash[HASH])
{
	struct sim_peer *peer = sim_connect(bed->sim, port);

	sim_send(peer, "\023BitTorrent protocol\0\0\0\0\0\0\0\0", PREFIX - HASH);
	sim_send(peer, hash, HASH);
	sim_send(peer, "-XX0001-abcdefghijkl", HANDSHAKE - PREFIX);
	return peer;
}

static void
far_shaken(struct bed *bed, struct sim_peer *peer, const uint8_t hash[HASH])
{
	struct sb_bytes in = bed_receive(bed, peer, HANDSHAKE);

	assert_memory_equal(in.data + PREFIX - HASH, hash, HASH);
	sim_consume(peer, HANDSHAKE);
}

static void
far_send_block(struct sim_peer *peer, uint32_t index, const char *text, bool is_right)
{
	uint8_t data[BLOCK] = {0}, octets[64];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	memcpy(data, text, strlen(text));
	sb_put_u32(&w, 1 + 4 + 4 + BLOCK);
	sb_put_u8(&w, ID_PIECE);
	sb_put_u32(&w, index);
	sb_put_u32(&w, sum_of(data) + !is_right);
	sb_put_bytes(&w, data, BLOCK);
	sim_send(peer, octets, sb_writer_size(&w));
}

static void
far_told(struct bed *bed, struct sim_peer *peer, uint8_t index)
{
	const uint8_t have[9] = {0, 0, 0, 5, ID_HAVE, 0, 0, 0, index};

	assert_memory_equal(bed_receive(bed, peer, sizeof(have)).data, have, sizeof(have));
	sim_consume(peer, sizeof(have));
}

static uint16_t
begin(struct bed *bed, uint64_t seed)
{
	char name[NAME_MAX];

	bed_init(bed, 3, seed);
	for (int i = 0; i < 2; i++) {
		add_torrent(bed, hashes[i], 1 + i);
		name_of(name, "torrent", hashes[i]);
		(void)bed_name(bed, name);
	}
	return bed_listen(bed, &door_module, NULL, NULL);
}

/* ---- tests ---- */

static void
test_a_connection_goes_to_the_torrent_that_its_hash_names(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim_peer *peers[4];
		struct bed bed;
		uint16_t port = begin(&bed, seed);

		for (int i = 0; i < 4; i++)
			peers[i] = far_connect(&bed, port, hashes[i % 2]);
		for (int i = 0; i < 4; i++)
			far_shaken(&bed, peers[i], hashes[i % 2]);
		/* Both peers of the first torrent hear of its block, nobody of the second. */
		far_send_block(peers[0], 3, "wrong", false);
		far_send_block(peers[0], 5, "hello", true);
		far_told(&bed, peers[0], 5);
		far_told(&bed, peers[2], 5);
		bed_run_ms(&bed, 1000);
		for (int i = 0; i < 4; i++)
			assert_int_equal(sim_received(peers[i]).size, 0);
		bed_fini(&bed);
	}
}

static void
test_a_torrent_takes_no_more_peers_than_its_bound(void **state)
{
	struct sim_peer *peers[MAX_PEERS + 1];
	struct bed bed;
	uint16_t port;

	(void)state;
	port = begin(&bed, 1);
	for (int i = 0; i < MAX_PEERS; i++) {
		peers[i] = far_connect(&bed, port, hashes[0]);
		far_shaken(&bed, peers[i], hashes[0]);
	}
	peers[MAX_PEERS] = far_connect(&bed, port, hashes[0]);
	bed_ended(&bed, peers[MAX_PEERS]);
	assert_int_equal(sim_received(peers[MAX_PEERS]).size, 0);
	sim_finish(peers[0]);
	bed_ended(&bed, peers[0]);
	far_shaken(&bed, far_connect(&bed, port, hashes[0]), hashes[0]);
	bed_fini(&bed);
}

static void
test_an_unknown_hash_and_another_protocol_get_no_answer(void **state)
{
	static const uint8_t unknown[HASH] = "a hash of no torrent";
	struct sim_peer *peers[2];
	struct bed bed;
	uint16_t port;

	(void)state;
	port = begin(&bed, 1);
	peers[0] = far_connect(&bed, port, unknown);
	peers[1] = sim_connect(bed.sim, port);
	sim_send(peers[1], "GET / HTTP/1.1\r\nHost: tracker.example\r\n\r\n        ", 50);
	for (int i = 0; i < 2; i++) {
		bed_ended(&bed, peers[i]);
		assert_int_equal(sim_received(peers[i]).size, 0);
	}
	bed_fini(&bed);
}

/* More than output_hard, all asked for in one piece. */
static void
test_a_greedy_peer_is_served_at_its_own_pace(void **state)
{
	enum { REQUESTS = 400, PIECE = 4 + 1 + 16384 };
	static const uint8_t request[17] = {0, 0, 0, 13, ID_REQUEST};
	struct sim_peer *peer;
	struct bed bed;
	uint16_t port;

	(void)state;
	port = begin(&bed, 1);
	peer = far_connect(&bed, port, hashes[1]);
	far_shaken(&bed, peer, hashes[1]);
	sim_stall(peer, true);
	for (int i = 0; i < REQUESTS; i++)
		sim_send(peer, request, sizeof(request));
	bed_run_ms(&bed, 1000);
	sim_stall(peer, false);
	(void)bed_receive(&bed, peer, REQUESTS * (size_t)PIECE);
	bed_fini(&bed);
}

/* A torrent's fault takes its peers with it; both are there again, and the other never noticed. */
static void
test_peers_end_with_their_torrent(void **state)
{
	struct sim_peer *own, *other;
	char name[NAME_MAX];
	struct bed bed;
	uint16_t port;

	(void)state;
	port = begin(&bed, 1);
	own = far_connect(&bed, port, hashes[0]);
	other = far_connect(&bed, port, hashes[1]);
	far_shaken(&bed, own, hashes[0]);
	far_shaken(&bed, other, hashes[1]);
	name_of(name, "torrent", hashes[0]);
	sb_node_post(bed.node, bed_name(&bed, name), MSG_BLOCK, 0, SB_NOTHING);
	bed_ended(&bed, own);
	(void)bed_name(&bed, name);
	far_shaken(&bed, far_connect(&bed, port, hashes[0]), hashes[0]);
	assert_false(sim_has_ended(other));
	bed_fini(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_goes_to_the_torrent_that_its_hash_names),
		cmocka_unit_test(test_a_torrent_takes_no_more_peers_than_its_bound),
		cmocka_unit_test(test_an_unknown_hash_and_another_protocol_get_no_answer),
		cmocka_unit_test(test_a_greedy_peer_is_served_at_its_own_pace),
		cmocka_unit_test(test_peers_end_with_their_torrent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
