/*
 * Accounts of the file. Errors are reported and reading goes on, so that all of
 * them are told at once; what is filled in their place is only looked at if there
 * were none.
 */
#include "daemons/smpp-mc/config_parts_internal.h"

#include "core/error.h"
#include "daemons/smpp-mc/parcel.h"
#include "protocols/smpp/state.h"

#include <stdlib.h>
#include <string.h>

#define SYSTEM_ID_MAX 15
#define ACCOUNTS_MAX  32768

const char *const mc_bind_words[] = {"transmitter", "receiver", "transceiver", NULL};

static const enum smpp_state bind_states[] = {SMPP_BOUND_TX, SMPP_BOUND_RX, SMPP_BOUND_TRX};

static uint8_t
modes_of(cfg_t *section)
{
	uint8_t modes = 0;

	for (unsigned i = 0; i < cfg_size(section, "bind_types"); i++)
		for (unsigned word = 0; mc_bind_words[word]; word++)
			if (strcmp(cfg_getnstr(section, "bind_types", i), mc_bind_words[word]) == 0)
				modes |= (uint8_t)(1u << bind_states[word]);
	return modes;
}

/* Rules have kept the numbers under 32. */
static uint32_t
bits_of(cfg_t *section, const char *key)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < cfg_size(section, key); i++)
		bits |= UINT32_C(1) << cfg_getnint(section, key, i);
	return bits;
}

static struct sb_network *
networks_of(cfg_t *section, size_t *count)
{
	struct sb_network *networks;

	*count = cfg_size(section, "networks");
	networks = calloc(*count + 1, sizeof(*networks));
	for (size_t i = 0; networks && i < *count; i++)
		sb_network_parse(cfg_getnstr(section, "networks", (unsigned)i), &networks[i]);
	return networks;
}

/* A copy of our own; what lay on the stack is wiped. An error gives an empty one, which nobody will
 * use: the configuration is refused. */
char *
mc_config_password(const struct sb_config *config, cfg_t *section, const char *who)
{
	char password[MC_PASSWORD_MAX + 1];
	char *copy;

	switch (sb_config_secret(config, section, "password", password, sizeof(password))) {
	case 0:
		break;
	case SB_ENOENT:
		sb_config_error(config, section, NULL, "%s needs password or password_file", who);
		/* fall through */
	default:
		return calloc(1, 1);
	}
	copy = strdup(password);
	sb_config_forget(password, sizeof(password));
	return copy;
}

/* Compiled once, with the line at hand if it cannot be. */
static void
range_of(const struct sb_config *config, cfg_t *section, struct mc_account *account)
{
	const char *pattern = cfg_getstr(section, "address_range");
	char reason[128];
	int err;

	if (!pattern || !*pattern)
		return;
	err = regcomp(&account->range, pattern, REG_EXTENDED | REG_NOSUB);
	account->has_range = err == 0;
	if (!err)
		return;
	regerror(err, &account->range, reason, sizeof(reason));
	sb_config_error(
		config, section, "address_range", "address_range \"%s\": %s", pattern, reason);
}

struct mc_rate
mc_config_rate(cfg_t *section)
{
	uint64_t per_second = sb_config_count(section, "throughput", UINT32_MAX);
	struct mc_rate rate = {.burst = (uint32_t)sb_config_count(section, "burst", UINT32_MAX)};

	rate.per_second = per_second == UINT32_MAX ? 0 : (uint32_t)per_second;
	if (!rate.burst)
		rate.burst = rate.per_second;
	return rate;
}

static int
account_fill(const struct sb_config *config, cfg_t *section, struct mc_account *account)
{
	const char *name = cfg_title(section);

	if (!*name || strlen(name) > SYSTEM_ID_MAX)
		sb_config_error(config, section, NULL,
			"the name of an account, its system_id, must have 1 to %d octets",
			SYSTEM_ID_MAX);
	account->system_id = strdup(name);
	account->password = mc_config_password(config, section, "an account");
	account->networks = networks_of(section, &account->network_count);
	if (!account->system_id || !account->password || !account->networks)
		return SB_ENOMEM;
	account->key = mc_text_hash(sb_bytes_text(name));
	account->modes = modes_of(section);
	account->max_binds = (uint32_t)sb_config_count(section, "max_binds", UINT32_MAX);
	account->window = (uint32_t)cfg_getint(section, "window");
	account->deliver_window = (uint32_t)cfg_getint(section, "deliver_window");
	account->queue_percent = (uint32_t)cfg_getint(section, "queue_percent");
	account->source_tons = bits_of(section, "source_ton");
	account->source_npis = bits_of(section, "source_npi");
	account->rate = mc_config_rate(section);
	range_of(config, section, account);
	return 0;
}

static int
by_system_id(const void *left, const void *right)
{
	const struct mc_account *a = left, *b = right;

	return strcmp(a->system_id, b->system_id);
}

int
mc_config_accounts(const struct sb_config *config, struct mc_config *out)
{
	cfg_t *root = sb_config_root(config);
	size_t count = cfg_size(root, "account");
	int err = 0;

	if (count > ACCOUNTS_MAX) {
		sb_config_error(config, root, NULL, "more than %d accounts", ACCOUNTS_MAX);
		return SB_ECONFIG;
	}
	out->accounts = calloc(count + 1, sizeof(*out->accounts));
	if (!out->accounts)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		/* Before it is filled: half a one is freed, too. */
		out->account_count++;
		err = account_fill(
			config, cfg_getnsec(root, "account", (unsigned)i), &out->accounts[i]);
	}
	if (err)
		return err;
	/* Numbered after sorting: the number is the place in the array. */
	qsort(out->accounts, count, sizeof(*out->accounts), by_system_id);
	for (size_t i = 0; i < count; i++)
		out->accounts[i].number = (uint16_t)i;
	return 0;
}
