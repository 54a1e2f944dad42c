/* Names: unique ones, topics, and who is told of them. */
#include "core/registry.h"

#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sb_address
holder_of(struct lab *lab, const char *name)
{
	struct sb_address holder = {0};

	assert_int_equal(sb_node_lookup(lab->node, name, &holder), 0);
	return holder;
}

static void
assert_no_holder(struct lab *lab, const char *name)
{
	struct sb_address holder;

	assert_int_equal(sb_node_lookup(lab->node, name, &holder), SB_ENOENT);
}

static void
test_a_unique_name_has_one_holder(void **state)
{
	struct lab *lab = *state;
	static struct probe first = {0}, second = {0};
	struct sb_address holder;

	lab_start(lab, 0, &first);
	lab_start(lab, 1, &second);
	assert_int_equal(sb_register(first.session, "name"), 0);
	assert_int_equal(sb_register(second.session, "name"), SB_EEXIST);
	assert_int_equal(sb_register(first.session, "name"), SB_EEXIST);
	assert_int_equal(sb_lookup(second.session, "name", &holder), 0);
	assert_true(sb_address_equal(holder, first.address));
	assert_true(sb_address_equal(holder_of(lab, "name"), first.address));
}

static void
test_only_its_holder_gives_a_name_back(void **state)
{
	struct lab *lab = *state;
	static struct probe first = {0}, second = {0};

	lab_start(lab, 0, &first);
	lab_start(lab, 0, &second);
	assert_int_equal(sb_register(first.session, "name"), 0);
	assert_int_equal(sb_unregister(second.session, "name"), SB_ENOENT);
	assert_int_equal(sb_unregister(first.session, "name"), 0);
	assert_int_equal(sb_unregister(first.session, "name"), SB_ENOENT);
	assert_no_holder(lab, "name");
	assert_int_equal(sb_register(second.session, "name"), 0);
}

static void
assert_names_gone(struct sb_session *s, struct probe *probe)
{
	struct sb_address holder;

	(void)probe;
	assert_int_equal(sb_lookup(s, "name", &holder), SB_ENOENT);
	assert_int_equal(sb_topic_size(s, "topic"), 0);
}

static void
test_names_go_when_their_session_begins_to_close(void **state)
{
	struct lab *lab = *state;
	static struct probe probe = {.on_closed = assert_names_gone};

	lab_start(lab, 0, &probe);
	assert_int_equal(sb_register(probe.session, "name"), 0);
	assert_int_equal(sb_register(probe.session, "other"), 0);
	assert_int_equal(sb_join(probe.session, "topic"), 0);
	sb_close(probe.session, SB_END_LOCAL);
	assert_no_holder(lab, "name");
	assert_no_holder(lab, "other");
	assert_int_equal(sb_register(probe.session, "name"), SB_GONE);
	assert_int_equal(sb_join(probe.session, "topic"), SB_GONE);
	assert_int_equal(sb_registry_watch(probe.session, SB_NAME_UNIQUE, "name", 1), SB_GONE);
	lab_until_count(lab, &probe.ends, 1);
}

static void
test_a_name_has_1_to_255_octets(void **state)
{
	struct lab *lab = *state;
	static struct probe probe = {0};
	char name[257];

	lab_start(lab, 0, &probe);
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(sb_register(probe.session, ""), SB_EINVAL);
	assert_int_equal(sb_register(probe.session, name), SB_EINVAL);
	assert_int_equal(sb_join(probe.session, name), SB_EINVAL);
	assert_int_equal(sb_registry_watch(probe.session, SB_NAME_TOPIC, "", 1), SB_EINVAL);
	name[255] = '\0';
	assert_int_equal(sb_register(probe.session, name), 0);
	assert_int_equal(sb_join(probe.session, name), 0);
	assert_int_equal(sb_unregister(probe.session, name), 0);
}

static void
test_many_names_are_all_found_and_their_memory_returns(void **state)
{
	enum { COUNT = 20000 };
	struct lab *lab = *state;
	static struct probe probe = {0};
	struct sb_address holder;
	char name[16];

	lab_start(lab, 0, &probe);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < COUNT; i++) {
			snprintf(name, sizeof(name), "%d", i);
			assert_int_equal(sb_register(probe.session, name), 0);
		}
		for (int i = 0; i < COUNT; i++) {
			snprintf(name, sizeof(name), "%d", i);
			assert_int_equal(sb_lookup(probe.session, name, &holder), 0);
			/* Half of them now, the other half while the first are gone. */
			if (i % 2)
				assert_int_equal(sb_unregister(probe.session, name), 0);
		}
		for (int i = 0; i < COUNT; i++) {
			snprintf(name, sizeof(name), "%d", i);
			assert_int_equal(sb_unregister(probe.session, name), i % 2 ? SB_ENOENT : 0);
		}
	}
}

static void
test_without_memory_a_name_is_not_taken(void **state)
{
	struct lab *lab = *state;
	static struct probe probe = {0};
	int err;

	lab_start(lab, 0, &probe);
	for (size_t n = 1;; n++) {
		lab->fail_at = n;
		err = sb_register(probe.session, "name");
		lab->fail_at = 0;
		if (!err)
			break;
		assert_int_equal(err, SB_ENOMEM);
		assert_no_holder(lab, "name");
	}
	for (size_t n = 1;; n++) {
		lab->fail_at = n;
		err = sb_join(probe.session, "topic");
		lab->fail_at = 0;
		if (!err)
			break;
		assert_int_equal(err, SB_ENOMEM);
		assert_int_equal(sb_topic_size(probe.session, "topic"), 0);
	}
}

/* ---- topics ---- */

static void
test_a_topic_is_joined_once_by_each_of_many(void **state)
{
	struct lab *lab = *state;
	static struct probe probes[4] = {0};

	for (unsigned i = 0; i < 4; i++) {
		lab_start(lab, i % 2, &probes[i]);
		assert_int_equal(sb_join(probes[i].session, "topic"), 0);
		assert_int_equal(sb_join(probes[i].session, "topic"), SB_EEXIST);
		assert_int_equal(sb_topic_size(probes[0].session, "topic"), i + 1);
	}
	assert_int_equal(sb_leave(probes[1].session, "topic"), 0);
	assert_int_equal(sb_leave(probes[1].session, "topic"), SB_ENOENT);
	assert_int_equal(sb_topic_size(probes[0].session, "topic"), 3);
	assert_no_holder(lab, "topic");
}

static void
test_a_publication_reaches_all_members_but_its_sender(void **state)
{
	struct lab *lab = *state;
	static struct probe probes[5] = {0};

	for (unsigned i = 0; i < 5; i++) {
		lab_start(lab, i % 2, &probes[i]);
		if (i < 4)
			assert_int_equal(sb_join(probes[i].session, "topic"), 0);
	}
	assert_int_equal(sb_publish(probes[0].session, "topic", 7, 42, "hello", 5), 0);
	lab_settle(lab);
	assert_int_equal(probes[0].note_count, 0);
	assert_int_equal(probes[4].note_count, 0);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(probes[i].note_count, 1);
		assert_int_equal(probes[i].notes[0].type, 7);
		assert_int_equal(probes[i].notes[0].ref, 42);
		assert_int_equal(probes[i].notes[0].size, 5);
		assert_memory_equal(probes[i].notes[0].data, "hello", 5);
		assert_true(sb_address_equal(probes[i].notes[0].sender, probes[0].address));
	}
}

static void
test_publishing_to_nobody_says_so(void **state)
{
	struct lab *lab = *state;
	static struct probe probe = {0};

	lab_start(lab, 0, &probe);
	assert_int_equal(sb_publish(probe.session, "topic", 7, 0, NULL, 0), SB_ENOENT);
	assert_int_equal(sb_join(probe.session, "topic"), 0);
	assert_int_equal(sb_publish(probe.session, "topic", 7, 0, NULL, 0), 0);
	assert_int_equal(sb_leave(probe.session, "topic"), 0);
	assert_int_equal(sb_publish(probe.session, "topic", 7, 0, NULL, 0), SB_ENOENT);
}

static void
test_a_publication_keeps_its_place_among_the_posts_of_its_sender(void **state)
{
	struct lab *lab = *state;

	static struct probe senders[2], members[2];

	for (unsigned shard = 0; shard < 2; shard++) {
		struct probe *sender = &senders[shard], *member = &members[shard];

		lab_start(lab, 0, sender);
		lab_start(lab, shard, member);
		assert_int_equal(sb_join(member->session, "topic"), 0);
		assert_int_equal(sb_post(sender->session, member->address, 1, 1, SB_NOTHING), 0);
		assert_int_equal(sb_publish(sender->session, "topic", 1, 2, NULL, 0), 0);
		assert_int_equal(sb_post(sender->session, member->address, 1, 3, SB_NOTHING), 0);
		assert_int_equal(sb_publish(sender->session, "topic", 1, 4, NULL, 0), 0);
		lab_settle(lab);
		assert_int_equal(member->note_count, 4);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(member->notes[i].ref, i + 1);
		sb_close(member->session, SB_END_LOCAL);
		sb_close(sender->session, SB_END_LOCAL);
		lab_settle(lab);
	}
}

/* The one that hears it first makes others leave, ends, or joins. */
static void
disturb(struct sb_session *s, struct probe *probe, struct sb_message *m)
{
	struct probe *all = probe->context;

	(void)m;
	sb_leave(s, "topic");
	sb_leave(all[1].session, "topic"); /* the next one */
	sb_close(all[2].session, SB_END_LOCAL);
	assert_int_equal(sb_join(all[4].session, "topic"), 0);
}

static void
test_who_leaves_or_joins_during_the_delivery_gets_nothing(void **state)
{
	struct lab *lab = *state;
	static struct probe all[5] = {0}, sender = {0};

	lab_start(lab, 1, &sender);
	for (unsigned i = 0; i < 5; i++)
		lab_start(lab, 0, &all[i]);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(sb_join(all[i].session, "topic"), 0);
	all[0].on_message = disturb;
	all[0].context = all;
	assert_int_equal(sb_publish(sender.session, "topic", 1, 1, NULL, 0), 0);
	lab_settle(lab);
	assert_int_equal(all[0].note_count, 1);
	assert_int_equal(all[1].note_count, 0);
	assert_int_equal(all[2].note_count, 0);
	assert_int_equal(all[3].note_count, 1);
	assert_int_equal(all[4].note_count, 0);
	assert_int_equal(sb_topic_size(sender.session, "topic"), 2);
}

static void
leave_and_remember(struct sb_session *s, struct probe *probe, struct sb_message *m)
{
	(void)probe;
	(void)m;
	sb_leave(s, "topic");
}

static void
test_a_topic_may_end_during_its_own_delivery(void **state)
{
	struct lab *lab = *state;
	static struct probe members[3] = {0}, sender = {0};

	lab_start(lab, 0, &sender);
	for (unsigned i = 0; i < 3; i++) {
		members[i].on_message = leave_and_remember;
		lab_start(lab, 0, &members[i]);
		assert_int_equal(sb_join(members[i].session, "topic"), 0);
	}
	assert_int_equal(sb_publish(sender.session, "topic", 1, 1, NULL, 0), 0);
	assert_int_equal(sb_publish(sender.session, "topic", 1, 2, NULL, 0), 0);
	lab_settle(lab);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(members[i].note_count, 1);
	assert_int_equal(sb_topic_size(sender.session, "topic"), 0);
}

static void
keep(struct sb_session *s, struct probe *probe, struct sb_message *m)
{
	(void)s;
	probe->context = sb_message_keep(m);
}

static void
test_a_published_message_can_be_kept(void **state)
{
	struct lab *lab = *state;
	static struct probe sender = {0}, member = {.on_message = keep};
	struct sb_message *kept;

	lab_start(lab, 0, &sender);
	lab_start(lab, 1, &member);
	assert_int_equal(sb_join(member.session, "topic"), 0);
	assert_int_equal(sb_publish(sender.session, "topic", 1, 1, "stays", 5), 0);
	lab_settle(lab);
	kept = member.context;
	assert_memory_equal(kept->data, "stays", 5);
	assert_null(sb_message_take(kept));
	sb_message_free(member.session, kept);
}

static void
test_a_shard_that_is_behind_misses_publications_and_counts_them(void **state)
{
	enum { SIZE = 1 << 20, FIT = 15 };
	struct lab *lab = *state;
	static struct probe sender = {0}, member = {0};
	struct sb_counter *missed =
		sb_metrics_counter(sb_node_metrics(lab->node), "sb_publish_missed_total", "", NULL);
	char *data = calloc(1, SIZE);

	lab_start(lab, 0, &sender);
	lab_start(lab, 1, &member);
	assert_int_equal(sb_join(member.session, "topic"), 0);
	for (unsigned i = 0; i < FIT + 2; i++)
		assert_int_equal(sb_publish(sender.session, "topic", 1, i, data, SIZE), 0);
	assert_int_equal(sb_counter_value(missed), 2);
	lab_settle(lab);
	assert_int_equal(member.note_count, FIT);
	assert_int_equal(sb_publish(sender.session, "topic", 1, 99, data, SIZE), 0);
	lab_settle(lab);
	assert_int_equal(member.note_count, FIT + 1);
	free(data);
}

/* ---- watchers ---- */

static void
assert_event(const struct note *note, uint64_t ref, enum sb_name_kind kind,
	struct sb_address holder, bool is_held)
{
	struct sb_name_event event;

	assert_int_equal(note->type, SB_MSG_NAME);
	assert_int_equal(note->ref, ref);
	assert_int_equal(note->size, sizeof(event));
	memcpy(&event, note->data, sizeof(event));
	assert_int_equal(event.kind, kind);
	assert_int_equal(event.is_held, is_held);
	assert_true(sb_address_equal(event.holder, holder));
}

static void
test_a_watcher_is_told_of_the_holder_and_of_each_change(void **state)
{
	struct lab *lab = *state;
	static struct probe watcher = {0}, first = {0}, second = {0};
	struct sb_address gone;

	lab_start(lab, 0, &watcher);
	lab_start(lab, 1, &first);
	lab_start(lab, 0, &second);
	gone = first.address;
	assert_int_equal(sb_register(first.session, "name"), 0);
	assert_int_equal(sb_registry_watch(watcher.session, SB_NAME_UNIQUE, "name", 5), 0);
	assert_int_equal(sb_registry_watch(watcher.session, SB_NAME_UNIQUE, "name", 6), SB_EEXIST);
	sb_close(first.session, SB_END_LOCAL);
	assert_int_equal(sb_register(second.session, "name"), 0);
	assert_int_equal(sb_unregister(second.session, "name"), 0);
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 4);
	assert_event(&watcher.notes[0], 5, SB_NAME_UNIQUE, gone, true);
	assert_event(&watcher.notes[1], 5, SB_NAME_UNIQUE, gone, false);
	assert_event(&watcher.notes[2], 5, SB_NAME_UNIQUE, second.address, true);
	assert_event(&watcher.notes[3], 5, SB_NAME_UNIQUE, second.address, false);
}

static void
test_a_watcher_of_a_topic_is_told_of_its_members(void **state)
{
	struct lab *lab = *state;
	static struct probe watcher = {0}, members[3] = {0};

	lab_start(lab, 0, &watcher);
	for (unsigned i = 0; i < 3; i++)
		lab_start(lab, i % 2, &members[i]);
	assert_int_equal(sb_join(members[0].session, "topic"), 0);
	assert_int_equal(sb_join(members[1].session, "topic"), 0);
	assert_int_equal(sb_registry_watch(watcher.session, SB_NAME_TOPIC, "topic", 9), 0);
	assert_int_equal(sb_join(members[2].session, "topic"), 0);
	assert_int_equal(sb_leave(members[0].session, "topic"), 0);
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 4);
	assert_event(&watcher.notes[0], 9, SB_NAME_TOPIC, members[0].address, true);
	assert_event(&watcher.notes[1], 9, SB_NAME_TOPIC, members[1].address, true);
	assert_event(&watcher.notes[2], 9, SB_NAME_TOPIC, members[2].address, true);
	assert_event(&watcher.notes[3], 9, SB_NAME_TOPIC, members[0].address, false);
}

static void
test_names_and_topics_are_separate_spaces(void **state)
{
	struct lab *lab = *state;
	static struct probe watcher = {0}, probe = {0};

	lab_start(lab, 0, &watcher);
	lab_start(lab, 0, &probe);
	assert_int_equal(sb_registry_watch(watcher.session, SB_NAME_UNIQUE, "same", 1), 0);
	assert_int_equal(sb_join(probe.session, "same"), 0);
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 0);
	assert_int_equal(sb_register(probe.session, "same"), 0);
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 1);
}

static void
test_a_watch_ends_with_unwatch_and_with_its_session(void **state)
{
	struct lab *lab = *state;
	static struct probe watcher = {0}, other = {0}, holder = {0};

	lab_start(lab, 0, &watcher);
	lab_start(lab, 0, &other);
	lab_start(lab, 0, &holder);
	assert_int_equal(sb_registry_watch(watcher.session, SB_NAME_UNIQUE, "name", 1), 0);
	assert_int_equal(sb_registry_watch(other.session, SB_NAME_UNIQUE, "name", 1), 0);
	assert_int_equal(sb_registry_unwatch(watcher.session, SB_NAME_UNIQUE, "name"), 0);
	assert_int_equal(sb_registry_unwatch(watcher.session, SB_NAME_UNIQUE, "name"), SB_ENOENT);
	sb_close(other.session, SB_END_LOCAL);
	assert_int_equal(sb_register(holder.session, "name"), 0);
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 0);
	assert_int_equal(other.note_count, 0);
}

static void
test_without_memory_a_watch_does_not_begin(void **state)
{
	struct lab *lab = *state;
	static struct probe watcher = {0}, members[2] = {0};
	int err;

	lab_start(lab, 0, &watcher);
	for (unsigned i = 0; i < 2; i++) {
		lab_start(lab, i, &members[i]);
		assert_int_equal(sb_join(members[i].session, "topic"), 0);
	}
	for (size_t n = 1;; n++) {
		lab->fail_at = n;
		err = sb_registry_watch(watcher.session, SB_NAME_TOPIC, "topic", n);
		lab->fail_at = 0;
		if (!err)
			break;
		assert_int_equal(err, SB_ENOMEM);
		lab_settle(lab);
		assert_int_equal(watcher.note_count, 0);
	}
	lab_settle(lab);
	assert_int_equal(watcher.note_count, 2);
}

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_unique_name_has_one_holder),
		TEST(test_only_its_holder_gives_a_name_back),
		TEST(test_names_go_when_their_session_begins_to_close),
		TEST(test_a_name_has_1_to_255_octets),
		TEST(test_many_names_are_all_found_and_their_memory_returns),
		TEST(test_without_memory_a_name_is_not_taken),
		TEST(test_a_topic_is_joined_once_by_each_of_many),
		TEST(test_a_publication_reaches_all_members_but_its_sender),
		TEST(test_publishing_to_nobody_says_so),
		TEST(test_a_publication_keeps_its_place_among_the_posts_of_its_sender),
		TEST(test_who_leaves_or_joins_during_the_delivery_gets_nothing),
		TEST(test_a_topic_may_end_during_its_own_delivery),
		TEST(test_a_published_message_can_be_kept),
		TEST(test_a_shard_that_is_behind_misses_publications_and_counts_them),
		TEST(test_a_watcher_is_told_of_the_holder_and_of_each_change),
		TEST(test_a_watcher_of_a_topic_is_told_of_its_members),
		TEST(test_names_and_topics_are_separate_spaces),
		TEST(test_a_watch_ends_with_unwatch_and_with_its_session),
		TEST(test_without_memory_a_watch_does_not_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
