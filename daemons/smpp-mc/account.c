/*
 * Accounts: immutable settings in the snapshot, and beside them a state of atomic
 * words that all shards share, one line of cache each. No lock: a bind is a
 * counter, a rate a compare-and-swap.
 */
#include "daemons/smpp-mc/account.h"

#include <string.h>

/* Octets of a source address, at most (data_sm). */
#define SOURCE_MAX 64

static int64_t
read_binds(void *context)
{
	const struct mc_account_state *state = context;

	return (int64_t)atomic_load(&state->binds);
}

void
mc_account_state_init(
	struct mc_account_state *state, struct sb_metrics *metrics, const char *system_id)
{
#define X(field, metric, help)             \
	state->field = sb_metrics_counter( \
		metrics, metric, help, "account", system_id, (const char *)NULL);
	MC_ACCOUNT_COUNTER_MAP(X)
#undef X
	sb_metrics_gauge_read(metrics, read_binds, state, "smpp_mc_binds", "Binds now", "account",
		system_id, (const char *)NULL);
}

/* Takes as long for a wrong password as for a right one: its time tells nothing. */
static bool
password_is(const char *password, struct sb_bytes given)
{
	size_t size = strlen(password);
	uint8_t difference = size != given.size;

	for (size_t i = 0; i < size; i++)
		difference |= (uint8_t)password[i] ^ (i < given.size ? given.data[i] : 0);
	return difference == 0;
}

static bool
reserve_bind(const struct mc_account *account)
{
	_Atomic uint32_t *binds = &account->state->binds;

	/* Counted first: two that come at once do not both get the last place. */
	if (atomic_fetch_add(binds, 1) < account->max_binds)
		return true;
	atomic_fetch_sub(binds, 1);
	return false;
}

uint32_t
mc_account_bind(const struct mc_account *account, enum smpp_state mode, struct sb_bytes password,
	const struct sb_peer *peer, const char **reason)
{
	*reason = "password";
	/* First, so that nobody learns more about an account than that the password is wrong. */
	if (!password_is(account->password, password))
		return SMPP_RINVPASWD;
	*reason = "network";
	if (account->network_count &&
		!sb_networks_contain(account->networks, account->network_count, &peer->address.any))
		return SMPP_RBINDFAIL;
	*reason = "mode";
	if (!(account->modes & 1u << mode))
		return SMPP_RBINDFAIL;
	*reason = "max_binds";
	if (!reserve_bind(account))
		return SMPP_RBINDFAIL;
	*reason = "";
	return SMPP_ROK;
}

/* Once for each bind that was taken: sessions remember it. */
void
mc_account_unbind(const struct mc_account *account)
{
	atomic_fetch_sub(&account->state->binds, 1);
}

static bool
range_has(const struct mc_account *account, struct sb_bytes source)
{
	char text[SOURCE_MAX + 1];

	if (source.size > SOURCE_MAX)
		return false;
	if (source.size)
		memcpy(text, source.data, source.size);
	/* regexec wants a string; the decoder lets no NUL through inside one. */
	text[source.size] = '\0';
	return regexec(&account->range, text, 0, NULL, 0) == 0;
}

uint32_t
mc_account_source_status(
	const struct mc_account *account, uint8_t ton, uint8_t npi, struct sb_bytes source)
{
	if (account->source_tons && (ton > 31 || !(account->source_tons & UINT32_C(1) << ton)))
		return SMPP_RINVSRCTON;
	if (account->source_npis && (npi > 31 || !(account->source_npis & UINT32_C(1) << npi)))
		return SMPP_RINVSRCNPI;
	if (account->has_range && !range_has(account, source))
		return SMPP_RINVSRCADR;
	return SMPP_ROK;
}
