#include "protocols/erps/pace.h"

#include "protocols/erps/tag.h"

#define MS UINT64_C(1000000)

/* What Erps.Client never exceeds: its identifiers, and phash2. */
#define ERPS_IDENTIFIER_MAX 11
#define ERPS_REF_MIN        256
#define ERPS_REF_END        (INT64_C(1) << 27)

/* One step that fits is chance: a client that calls ten times a second takes one in some months,
 * and would lose packets from then on. Two in a row are none. */
#define ORDERLY_STEPS 2

/* The last of those answers may have come between two polls, and the call by chance: the one that
 * leaves early leaves time for the poll. */
#define EARLY_MS 10
/* So often an answer must have been read sooner than that. */
#define PROOFS 3

void
erps_pace_init(struct erps_pace *pace, enum erps_pacing pacing)
{
	*pace = (struct erps_pace){
		.last_ref = -1,
		.is_paced = pacing != ERPS_PACING_NEVER,
		.can_prove = pacing == ERPS_PACING_AUTO,
	};
}

static void
is_not_erps(struct erps_pace *pace)
{
	pace->is_paced = pace->is_paced && !pace->can_prove;
}

void
erps_pace_came(struct erps_pace *pace, const struct erps_packet *packet)
{
	bool is_long_keepalive =
		packet->type == ERPS_KEEPALIVE && packet->octets.size != ERPS_KEEPALIVE_SIZE;

	if (!pace->is_paced)
		return;
	if (is_long_keepalive || packet->identifier.size > ERPS_IDENTIFIER_MAX ||
		erps_type_is_extension(packet->type) || erps_packet_has_authentication(packet))
		is_not_erps(pace);
}

/* As the BEAM writes a hash: small ones in one octet, others in four. */
static bool
could_be_hash(struct erps_pace *pace, struct erps_term ref, int64_t *value)
{
	if (!erps_get_integer(ref, value) || *value < 0 || *value >= ERPS_REF_END)
		return false;
	if (*value >= ERPS_REF_MIN)
		return *ref.data == ERPS_TAG_INTEGER;
	return *ref.data == ERPS_TAG_SMALL_INTEGER && pace->small_refs++ == 0;
}

/* Counted upwards or downwards, in steps of any size, or the same again. */
static bool
is_in_order(struct erps_pace *pace, int64_t ref)
{
	int64_t step = ref - pace->last_ref;
	bool is_first = pace->last_ref < 0;
	bool is_step = step == 0 || step == 1 || step == pace->last_step;

	pace->last_ref = ref;
	pace->last_step = is_first ? 0 : step;
	pace->steps = is_first || !is_step ? 0 : pace->steps + 1;
	return pace->steps == ORDERLY_STEPS;
}

static void
judge_ref(struct erps_pace *pace, struct erps_term ref)
{
	int64_t value;

	if (!could_be_hash(pace, ref, &value) || is_in_order(pace, value))
		is_not_erps(pace);
}

/* After an answer that left early. */
static void
judge_early(struct erps_pace *pace, bool is_prompt)
{
	pace->is_early = false;
	pace->must_rest = is_prompt;
	pace->proofs = is_prompt ? pace->proofs + 1 : 0;
	if (pace->proofs == PROOFS)
		is_not_erps(pace);
}

static void
judge_time(struct erps_pace *pace, uint64_t now)
{
	bool is_first = pace->is_answer && !pace->has_called;
	bool is_prompt = is_first && now - pace->left_at < ERPS_PACE_PROMPT_MS * MS;

	pace->has_called = true;
	if (!is_prompt)
		pace->prompt = pace->proofs = 0;
	if (pace->is_early)
		judge_early(pace, is_prompt);
	else if (is_prompt && pace->prompt < ERPS_PACE_PROMPT)
		pace->prompt++;
}

void
erps_pace_called(struct erps_pace *pace, uint64_t now, struct erps_term ref)
{
	if (!pace->is_paced || !pace->can_prove)
		return;
	judge_ref(pace, ref);
	judge_time(pace, now);
}

static bool
has_read_all(const struct erps_pace *pace)
{
	return pace->is_answer && pace->has_called && pace->prompt == ERPS_PACE_PROMPT &&
	       !pace->must_rest;
}

uint64_t
erps_pace_due(const struct erps_pace *pace, uint64_t now)
{
	uint64_t gap_ms = has_read_all(pace) ? EARLY_MS : ERPS_PACE_GAP_MS;
	uint64_t due = pace->left_at + gap_ms * MS;

	if (!pace->is_paced || pace->left_at == 0 || now >= due)
		return 0;
	return due;
}

void
erps_pace_left(struct erps_pace *pace, uint64_t now, uint8_t type)
{
	if (!pace->has_called)
		pace->prompt = pace->proofs = 0;
	pace->is_early = pace->left_at > 0 && now < pace->left_at + ERPS_PACE_GAP_MS * MS;
	pace->must_rest = pace->must_rest && pace->is_early;
	pace->is_answer = type == ERPS_REPLY || type == ERPS_ERROR;
	pace->has_called = false;
	pace->left_at = now;
}

void
erps_turn_init(struct erps_turn *turn, enum erps_pacing pacing)
{
	*turn = (struct erps_turn){
		.is_paced = pacing != ERPS_PACING_NEVER,
		.can_prove = pacing == ERPS_PACING_AUTO,
	};
}

uint64_t
erps_turn_due(const struct erps_turn *turn, uint64_t now)
{
	if (!turn->is_paced)
		return 0;
	if (turn->awaits_answer)
		return UINT64_MAX;
	return now < turn->free_at ? turn->free_at : 0;
}

void
erps_turn_left(struct erps_turn *turn, uint64_t now, uint8_t type)
{
	if (type == ERPS_CALL)
		turn->awaits_answer = true;
	else
		turn->free_at = now + ERPS_PACE_PAUSE_MS * MS;
}

void
erps_turn_answered(struct erps_turn *turn)
{
	turn->awaits_answer = false;
}

void
erps_turn_proved(struct erps_turn *turn)
{
	turn->is_paced = turn->is_paced && !turn->can_prove;
}
