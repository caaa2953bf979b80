/* SPDX-License-Identifier: ISC */
/*
 * A shell under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "db/event.h"
#include "db/group.h"
#include "db/user.h"
#include "lib/xmalloc.h"
#include "regress/unit/shell_trial.h"

/* "$1$table.column.row:" and the bytes turned around; no cipher, but bound. */
static int
trial_seal(void *arg, const char *table, const char *column, int64_t row,
    const void *plain, size_t len, char **sealed)
{
	const struct trial	*t = arg;
	char			*hex;
	unsigned char		*flipped;
	size_t			 i;

	*sealed = NULL;
	if (t->refuse)
		return (-1);
	flipped = xmalloc(len);
	for (i = 0; i < len; i++)
		flipped[i] = ~((const unsigned char *)plain)[i];
	hex = xmalloc(2 * len + 1);
	sodium_bin2hex(hex, 2 * len + 1, flipped, len);
	*sealed = xasprintf("$1$%s.%s.%lld:%s", table, column, (long long)row,
	    hex);
	free(flipped);
	free(hex);
	return (0);
}

int
trial_open(void *arg, const char *table, const char *column, int64_t row,
    const char *sealed, void **plain, size_t *len)
{
	const struct trial	*t = arg;
	char			*place;
	unsigned char		*p;
	size_t			 i, size = strlen(sealed) / 2 + 1;
	int			 r = -1;

	*plain = NULL;
	*len = 0;
	place = xasprintf("$1$%s.%s.%lld:", table, column, (long long)row);
	if (!t->refuse && strncmp(sealed, place, strlen(place)) == 0) {
		p = sodium_malloc(size);
		sodium_hex2bin(p, size, sealed + strlen(place),
		    strlen(sealed) - strlen(place), NULL, len, NULL);
		for (i = 0; i < *len; i++)
			p[i] = ~p[i];
		*plain = p;
		r = 0;
	}
	free(place);
	return (r);
}

/* Challenges of this moment, and of ten minutes ago. */
static int
trial_challenge(void *arg, int before, char *out, size_t size)
{
	(void)arg;
	snprintf(out, size, "sshportal-%s", before ? "before" : "now");
	return (0);
}

int64_t
add_user(struct db *db, const char *name, const char *role)
{
	struct user	u = { .name = (char *)name, .email = (char *)"" };
	int64_t		id;

	assert_int_equal(user_create(db, &u, &id), DB_OK);
	if (role != NULL)
		assert_int_equal(user_role_add(db, id, role), DB_OK);
	return (id);
}

void
trial_begin(struct trial *t, struct db *db)
{
	int64_t	id;

	memset(t, 0, sizeof(*t));
	t->sealer.seal = trial_seal;
	t->sealer.open = trial_open;
	t->sealer.arg = t;
	t->sh.db = db;
	t->sh.source = "192.0.2.7:4711";
	t->sh.sealer = &t->sealer;
	t->sh.challenge = trial_challenge;
	t->sh.user_id = t->admin = add_user(db, "root", ROLE_ADMIN);
	assert_int_equal(group_ensure(db, GROUP_USER, "default", "", &id),
	    DB_OK);
	assert_int_equal(group_ensure(db, GROUP_HOST, "default", "", &id),
	    DB_OK);
	assert_int_equal(group_ensure(db, GROUP_HOST, "ops", "", &id), DB_OK);
}

void
trial_end(struct trial *t)
{
	free(t->out);
	free(t->err);
}

int
run(struct trial *t, const char *line)
{
	int	status;

	free(t->out);
	free(t->err);
	t->sh.out.out = open_memstream(&t->out, &t->outlen);
	t->sh.out.err = open_memstream(&t->err, &t->errlen);
	status = run_line(&t->sh, line);
	fclose(t->sh.out.out);
	fclose(t->sh.out.err);
	return (status);
}

void
ok(struct trial *t, const char *line)
{
	int	status = run(t, line);

	if (status != RUN_OK)
		print_error("%s: %s", line, t->err);
	assert_int_equal(status, RUN_OK);
	assert_string_equal(t->err, "");
}

void
fails(struct trial *t, int status, const char *line, const char *says)
{
	assert_int_equal(run(t, line), status);
	assert_string_equal(t->out, "");
	assert_memory_equal(t->err, "error: ", strlen("error: "));
	if (strstr(t->err, says) == NULL)
		print_error("%s: %s", line, t->err);
	assert_non_null(strstr(t->err, says));
	if (status == RUN_USAGE)
		assert_int_equal(t->err[strlen(t->err) - 1], '\n');
	else
		assert_ptr_equal(strchr(t->err, '\n'),
		    t->err + strlen(t->err) - 1);
}

int64_t
count_events(struct trial *t)
{
	int64_t	n;

	assert_int_equal(event_count(t->sh.db, &n), DB_OK);
	return (n);
}
