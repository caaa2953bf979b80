/* SPDX-License-Identifier: ISC */
/*
 * What the rules decide, with their patterns; and the operator's hook: what it
 * gets, what it may say, and what becomes of one that fails, is slow, or leaves
 * children behind.
 *
 * valgrind: it does not know pidfd_open(2), which waiting for a hook needs
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xmalloc.h"
#include "monitor/access.h"
#include "regress/unit/db_fixture.h"

#define SHORT_MS	300

static char		 dir[] = "/tmp/test_access.XXXXXX";
static char		*group_names[] = { (char *)"staff" };
static const struct user user = {
	.id = 7, .name = (char *)"bob", .email = (char *)"bob@example.com",
	.comment = (char *)"", .invite_hash = (char *)"SECRET-HASH",
	.groups = { group_names, 1 },
};
static const struct host host = {
	.id = 9, .name = (char *)"web1", .scheme = HOST_SSH,
	.addr = (char *)"2001:db8::1", .port = 2022, .login = (char *)"bart",
	.password_sealed = (char *)"SECRET-PASSWORD", .comment = (char *)"",
	.logging = LOGGING_EVERYTHING,
};

/* A user and a host, each in a group. */
struct scene {
	struct db	*db;
	struct user	 user;
	struct host	 host;
	int64_t		 users, hosts;
	const char	*account;	/* that is asked for, or NULL */
	const char	*login;		/* pattern of the rules to come */
	uint32_t	 allow;		/* and what they allow there */
	uint32_t	 kinds;		/* of the last decision */
	int		 logging, required;	/* of the rules to come */
	struct acl_verdict last;	/* decision */
};

static void
scene_set(struct scene *s, struct db *db)
{
	memset(s, 0, sizeof(*s));
	s->db = db;
	s->logging = ACL_LOGGING_HOST;
	s->user = user;
	s->user.invite_hash = NULL;
	s->host = host;
	s->host.password_sealed = NULL;
	assert_int_equal(user_create(db, &s->user, &s->user.id), DB_OK);
	assert_int_equal(host_create(db, &s->host, &s->host.id), DB_OK);
	assert_int_equal(group_ensure(db, GROUP_USER, "u", "", &s->users),
	    DB_OK);
	assert_int_equal(group_ensure(db, GROUP_HOST, "h", "", &s->hosts),
	    DB_OK);
	assert_int_equal(group_add(db, GROUP_USER, s->users, s->user.id),
	    DB_OK);
	assert_int_equal(group_add(db, GROUP_HOST, s->hosts, s->host.id),
	    DB_OK);
}

/* A rule for the user's group, by a pattern or for the host's group. */
static int64_t
rule(struct scene *s, enum acl_action action, int64_t weight,
    const char *pattern)
{
	const struct acl	a = { .action = action, .weight = weight,
				    .host_pattern = (char *)pattern,
				    .login_pattern = (char *)s->login,
				    .allow = s->allow,
				    .logging = s->logging,
				    .record_required = s->required };
	int64_t			id;

	assert_int_equal(acl_create(s->db, &a, &id), DB_OK);
	assert_int_equal(acl_link(s->db, id, GROUP_USER, s->users), DB_OK);
	if (*pattern == '\0')
		assert_int_equal(acl_link(s->db, id, GROUP_HOST, s->hosts),
		    DB_OK);
	return (id);
}

/* Whether the rules allow it at a time; the reason is one of them or 0. */
static int
allowed_at(struct scene *s, int64_t now, int64_t by)
{
	const struct acl	*decided;
	struct acl_list		*rules;
	struct acl_verdict	 v;
	int			 allowed;

	assert_int_equal(access_rules(s->db, &s->user, &s->host, s->account,
	    now, &s->last), DB_OK);
	s->kinds = s->last.kinds;
	allowed = s->last.action == ACL_ALLOW;
	assert_int_equal(acl_judge(s->db, s->user.id, &s->host, s->account,
	    now, &v, &rules, &decided), DB_OK);
	assert_int_equal(v.action, s->last.action);
	assert_int_equal(v.kinds, s->kinds);
	assert_int_equal(v.logging, s->last.logging);
	assert_int_equal(v.record_required, s->last.record_required);
	if (!allowed)
		assert_int_equal(v.kinds, 0);
	assert_int_equal(decided != NULL ? decided->id : 0, by);
	acl_list_free(rules);
	return (allowed);
}

static int
allowed(struct scene *s, int64_t by)
{
	return (allowed_at(s, 1000, by));
}

static void
test_weights(void **state)
{
	struct scene	s;
	int64_t		id;

	scene_set(&s, fixture_use(state)->db);
	assert_false(allowed(&s, 0));
	id = rule(&s, ACL_ALLOW, 5, "");
	assert_true(allowed(&s, id));
	rule(&s, ACL_DENY, 6, "");
	assert_true(allowed(&s, id));
	id = rule(&s, ACL_DENY, 5, "*");
	assert_false(allowed(&s, id));
	rule(&s, ACL_ALLOW, 5, "*");
	assert_false(allowed(&s, id));
	id = rule(&s, ACL_ALLOW, 0, "");
	assert_true(allowed(&s, id));
	id = rule(&s, ACL_DENY, 0, "web?");
	assert_false(allowed(&s, id));
}

static void
test_patterns(void **state)
{
	static const struct {
		const char	*pattern;
		int		 fits;
	} cases[] = {
		{ "web1", 1 }, { "web2", 0 }, { "web", 0 }, { "*", 1 },
		{ "web[0-3]", 1 }, { "web[!1]", 0 }, { "?eb1", 1 },
		{ "WEB1", 0 }, { "*b1*", 1 }, { "web\\1", 1 },
		{ "2001:db8::1", 1 }, { "2001:db8:*", 1 }, { "2001:db9:*", 0 },
		{ "[web1", 0 }, { "web1\n", 0 },
	};
	struct scene	s;
	int64_t		id;
	size_t		i;

	scene_set(&s, fixture_use(state)->db);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		id = rule(&s, ACL_ALLOW, 3, cases[i].pattern);
		assert_int_equal(allowed(&s, cases[i].fits ? id : 0),
		    cases[i].fits);
		assert_int_equal(acl_remove(s.db, id), DB_OK);
		rule(&s, ACL_ALLOW, 9, "");
		id = rule(&s, ACL_DENY, 3, cases[i].pattern);
		assert_int_equal(allowed(&s, cases[i].fits ? id : id - 1),
		    !cases[i].fits);
		assert_int_equal(acl_remove(s.db, id), DB_OK);
		assert_int_equal(acl_remove(s.db, id - 1), DB_OK);
	}
}

/* What one rule says of an account; it is removed again. */
static int
of_account(struct scene *s, enum acl_action action, const char *login,
    const char *account)
{
	int64_t	id;
	int	yes;

	s->login = login;
	s->account = account;
	id = rule(s, action, 3, "");
	if (action == ACL_ALLOW) {
		yes = access_rules(s->db, &s->user, &s->host, account, 1000,
		    &s->last) == DB_OK && s->last.action == ACL_ALLOW;
		assert_int_equal(allowed(s, yes ? id : 0), yes);
	} else {
		s->login = "*";
		(void)rule(s, ACL_ALLOW, 9, "");
		yes = access_rules(s->db, &s->user, &s->host, account, 1000,
		    &s->last) == DB_OK && s->last.action == ACL_ALLOW;
		assert_int_equal(allowed(s, yes ? id + 1 : id), yes);
		assert_int_equal(acl_remove(s->db, id + 1), DB_OK);
	}
	assert_int_equal(acl_remove(s->db, id), DB_OK);
	return (yes);
}

static void
host_allows(struct scene *s, uint32_t allow)
{
	s->host.allow = allow;
	assert_int_equal(host_update(s->db, &s->host), DB_OK);
}

/* What the rules that decide allow together, as far as the host does. */
static void
test_kinds(void **state)
{
	const uint32_t	sftp = KIND_BIT(KIND_SFTP), scp = KIND_BIT(KIND_SCP);
	const uint32_t	shell = KIND_BIT(KIND_SHELL);
	struct scene	s;
	int64_t		first, deny;

	scene_set(&s, fixture_use(state)->db);
	s.allow = KINDS_ALL;
	(void)rule(&s, ACL_ALLOW, 9, "");	/* does not decide */
	s.allow = sftp;
	first = rule(&s, ACL_ALLOW, 5, "");
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, sftp);
	s.allow = scp | shell;
	(void)rule(&s, ACL_ALLOW, 5, "web*");
	(void)rule(&s, ACL_ALLOW, 5, "db*");
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, sftp | scp | shell);
	host_allows(&s, sftp | shell | KIND_BIT(KIND_JUMP));
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, sftp | shell);
	host_allows(&s, KINDS_NOTHING);
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, 0);
	host_allows(&s, 0);
	s.host.scheme = HOST_TELNET;
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, shell);
	s.host.scheme = HOST_SSH;
	/* another account's rules are not this one's */
	s.account = "root";
	s.login = "root";
	s.allow = 0;
	first = rule(&s, ACL_ALLOW, 5, "");
	assert_true(allowed(&s, first));
	assert_int_equal(s.kinds, KINDS_DEFAULT);
	s.allow = KINDS_ALL;
	deny = rule(&s, ACL_DENY, 5, "");
	assert_false(allowed(&s, deny));
	assert_int_equal(s.kinds, 0);
}

static void
assert_recorded(struct scene *s, int64_t by, enum host_logging logging,
    int required)
{
	assert_int_equal(allowed_at(s, 1000, by), 1);
	assert_int_equal(s->last.logging, logging);
	assert_int_equal(s->last.record_required, required);
}

static void
host_records(struct scene *s, enum host_logging logging, int required)
{
	s->host.logging = logging;
	s->host.record_required = required;
	assert_int_equal(host_update(s->db, &s->host), DB_OK);
}

/* The most that the host or a rule that decides wants, and never less. */
static void
test_recorded(void **state)
{
	struct scene	s;
	int64_t		first, deny;

	scene_set(&s, fixture_use(state)->db);
	s.logging = LOGGING_FULL;
	s.required = 1;
	(void)rule(&s, ACL_ALLOW, 9, "");	/* does not decide */
	(void)rule(&s, ACL_ALLOW, 5, "db*");	/* another host's */
	s.logging = ACL_LOGGING_HOST;
	s.required = 0;
	first = rule(&s, ACL_ALLOW, 5, "");
	host_records(&s, LOGGING_INPUT, 0);
	assert_recorded(&s, first, LOGGING_INPUT, 0);
	s.logging = LOGGING_DISABLED;
	(void)rule(&s, ACL_ALLOW, 5, "web*");
	assert_recorded(&s, first, LOGGING_INPUT, 0);
	s.logging = LOGGING_EVERYTHING;
	(void)rule(&s, ACL_ALLOW, 5, "");
	assert_recorded(&s, first, LOGGING_EVERYTHING, 0);
	host_records(&s, LOGGING_FULL, 1);
	assert_recorded(&s, first, LOGGING_FULL, 1);
	host_records(&s, LOGGING_DISABLED, 0);
	assert_recorded(&s, first, LOGGING_EVERYTHING, 0);
	s.logging = ACL_LOGGING_HOST;
	s.required = 1;
	(void)rule(&s, ACL_ALLOW, 5, "");
	assert_recorded(&s, first, LOGGING_EVERYTHING, 1);
	/* required of a host where nothing would be: everything is */
	first = rule(&s, ACL_ALLOW, 4, "");
	assert_recorded(&s, first, LOGGING_EVERYTHING, 1);
	deny = rule(&s, ACL_DENY, 4, "");
	assert_false(allowed_at(&s, 1000, deny));
	assert_int_equal(s.last.logging, LOGGING_DISABLED);
	assert_int_equal(s.last.record_required, 0);
}

/* The host's own account is "bart". */
static void
test_accounts(void **state)
{
	static const struct {
		const char	*login, *account;
		int		 allow, deny;	/* what is then allowed */
	} cases[] = {
		{ "", NULL, 1, 0 }, { "", "bart", 1, 0 },
		{ "", "root", 0, 0 }, { "", "Bart", 0, 0 },
		{ "root", NULL, 0, 1 }, { "root", "bart", 0, 1 },
		{ "root", "root", 1, 0 }, { "root", "roots", 0, 1 },
		{ "*", NULL, 1, 0 }, { "*", "root", 1, 0 },
		{ "b*t", NULL, 1, 0 }, { "b*t", "bart", 1, 0 },
		{ "dep*", "deploy", 1, 0 }, { "dep*", "dep", 1, 0 },
		{ "dep*", "xdeploy", 0, 1 }, { "app-[0-9]", "app-7", 1, 0 },
		{ "app-[0-9]", "app-x", 0, 1 },
		/* denied in any case, allowed only as it is written */
		{ "root", "Root", 0, 0 }, { "ROOT", "root", 0, 0 },
	};
	struct scene	s;
	size_t		i;

	scene_set(&s, fixture_use(state)->db);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (of_account(&s, ACL_ALLOW, cases[i].login,
		    cases[i].account) != cases[i].allow)
			fail_msg("allow --login='%s': %s", cases[i].login,
			    cases[i].account);
		if (of_account(&s, ACL_DENY, cases[i].login,
		    cases[i].account) != cases[i].deny)
			fail_msg("deny --login='%s': %s", cases[i].login,
			    cases[i].account);
	}
}

/* Whatever the rules say, some accounts there are not. */
static void
test_hostile_accounts(void **state)
{
	static const char *const	bad[] = { "", "a\n", "\033[2J", "a\tb",
					    "\x7f", "caf\xff", "\xc2\x9b",
					    "\xe2\x80\xae" };
	char				longest[DB_NAME_MAX + 2];
	struct scene			s;
	int64_t				id;
	size_t				i;

	scene_set(&s, fixture_use(state)->db);
	s.login = "*";
	id = rule(&s, ACL_ALLOW, 3, "");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(acl_account_valid(bad[i]));
		s.account = bad[i];
		assert_false(allowed(&s, 0));
	}
	memset(longest, 'x', sizeof(longest));
	longest[DB_NAME_MAX] = '\0';
	s.account = longest;
	assert_true(acl_account_valid(longest));
	assert_true(allowed(&s, id));
	longest[DB_NAME_MAX] = 'x';
	longest[DB_NAME_MAX + 1] = '\0';
	assert_false(acl_account_valid(longest));
	assert_false(allowed(&s, 0));
	s.account = "DOMAIN\\jo\xc3\xab smith";
	assert_true(allowed(&s, id));
}

static void
set_times(struct scene *s, int64_t id, int64_t from, int64_t to)
{
	struct acl	*a;

	assert_int_equal(acl_get(s->db, id, &a), DB_OK);
	a->inception = from;
	a->expiration = to;
	assert_int_equal(acl_update(s->db, a), DB_OK);
	acl_free(a);
}

/* When the rules change, and when they allow it no more. */
static void
expect_ends(struct scene *s, int64_t now, int64_t changes_at, int64_t ends_at)
{
	struct acl_verdict	v;

	assert_int_equal(acl_judge(s->db, s->user.id, &s->host, NULL, now, &v,
	    NULL, NULL), DB_OK);
	assert_int_equal(v.changes_at, changes_at);
	assert_int_equal(v.ends_at, ends_at);
}

/* The end of what is allowed, of rules that follow and cover each other. */
static void
test_ends(void **state)
{
	struct scene	 s;
	int64_t		 first, second, deny;

	scene_set(&s, fixture_use(state)->db);
	first = rule(&s, ACL_ALLOW, 5, "web*");
	expect_ends(&s, 100, 0, 0);
	set_times(&s, first, 0, 1000);
	expect_ends(&s, 100, 1000, 1000);
	expect_ends(&s, 1000, 0, 0);
	second = rule(&s, ACL_ALLOW, 6, "web*");
	expect_ends(&s, 100, 1000, 0);
	set_times(&s, second, 900, 2000);
	expect_ends(&s, 100, 900, 2000);
	set_times(&s, second, 1001, 2000);
	expect_ends(&s, 100, 1000, 1000);
	set_times(&s, second, 0, 0);
	deny = rule(&s, ACL_DENY, 1, "*");
	set_times(&s, deny, 500, 600);
	expect_ends(&s, 100, 500, 500);
	expect_ends(&s, 550, 600, 0);	/* it is denied now */
	expect_ends(&s, 700, 1000, 0);
	/* what speaks of another host ends nothing here */
	(void)rule(&s, ACL_DENY, 1, "db*");
	expect_ends(&s, 1500, 0, 0);
}

/* Weights decide among the rules that speak of the account, and why is told. */
static void
test_account_weights(void **state)
{
	const struct acl	*by;
	struct acl_list		*l;
	struct acl_verdict	 v;
	struct scene		 s;
	int64_t			 own, deploy, not_root;

	scene_set(&s, fixture_use(state)->db);
	own = rule(&s, ACL_ALLOW, 5, "");
	s.login = "*";
	deploy = rule(&s, ACL_ALLOW, 6, "web*");
	s.login = "root";
	not_root = rule(&s, ACL_DENY, 4, "");
	assert_true(allowed(&s, own));
	s.account = "deploy";
	assert_true(allowed(&s, deploy));
	s.account = "root";
	assert_false(allowed(&s, not_root));
	assert_int_equal(acl_judge(s.db, s.user.id, &s.host, "root", 1000,
	    &v, &l, &by), DB_OK);
	assert_int_equal(l->n, 3);
	assert_int_equal(l->v[0].account, ACL_ACCOUNT_FITS);
	assert_string_equal(l->v[0].login_pattern, "root");
	assert_int_equal(l->v[1].account, ACL_NOT_OWN_ACCOUNT);
	assert_int_equal(l->v[2].account, ACL_ACCOUNT_FITS);
	acl_list_free(l);
	assert_int_equal(acl_judge(s.db, s.user.id, &s.host, NULL, 1000,
	    &v, &l, &by), DB_OK);
	assert_int_equal(l->v[0].account, ACL_ACCOUNT_DIFFERS);
	assert_int_equal(l->v[1].account, ACL_OWN_ACCOUNT);
	acl_list_free(l);
	s.login = "";
	rule(&s, ACL_DENY, 4, "*");
	s.account = "deploy";
	assert_false(allowed(&s, not_root + 1));
	s.account = NULL;
	assert_false(allowed(&s, not_root + 1));
}

/* A process that has set a locale decides as one that has not. */
static void
test_locale(void **state)
{
	struct scene	s;
	int64_t		id;

	scene_set(&s, fixture_use(state)->db);
	s.host.name = (char *)"caf\xc3\xa9";
	rule(&s, ACL_ALLOW, 3, "caf?");
	id = rule(&s, ACL_ALLOW, 4, "caf??");
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_true(allowed(&s, id));
	assert_non_null(setlocale(LC_CTYPE, "C"));
	assert_true(allowed(&s, id));
	s.host.name = (char *)"caf\xff\xff";
	assert_true(allowed(&s, id));
}

static void
test_times(void **state)
{
	struct scene	 s;
	struct acl	*a;
	int64_t		 id;

	scene_set(&s, fixture_use(state)->db);
	id = rule(&s, ACL_ALLOW, 3, "web*");
	assert_int_equal(acl_get(s.db, id, &a), DB_OK);
	a->inception = 1000;
	a->expiration = 2000;
	assert_int_equal(acl_update(s.db, a), DB_OK);
	acl_free(a);
	assert_false(allowed_at(&s, 999, 0));
	assert_true(allowed_at(&s, 1000, id));
	assert_true(allowed_at(&s, 1999, id));
	assert_false(allowed_at(&s, 2000, 0));
}

/* A script that the hook may be; caller frees the path. */
static char *
script(const char *body)
{
	char	*path = xasprintf("%s/hook", dir);
	FILE	*f;

	unlink(path);
	assert_non_null(f = fopen(path, "w"));
	fprintf(f, "#!/bin/sh\n%s\n", body);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return (path);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static const char	*asked;		/* account, or NULL */

static int
run(const char *body, int verdict, int64_t ms)
{
	char	*path = script(body);
	int	 r;

	r = access_hook(path, verdict, &user, &host, asked, ms, nothing,
	    NULL);
	free(path);
	return (r);
}

/* Contents of a file in dir, or ""; caller frees. */
static char *
contents(const char *name)
{
	char	*path = xasprintf("%s/%s", dir, name), text[4096];
	size_t	 n = 0;
	FILE	*f;

	if ((f = fopen(path, "r")) != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	free(path);
	return (xmemdup0(text, n));
}

static void
test_words(void **state)
{
	(void)state;
	assert_int_equal(run("echo allow", 0, ACCESS_HOOK_MS), 1);
	assert_int_equal(run("printf allow", 1, ACCESS_HOOK_MS), 1);
	assert_int_equal(run("printf ' allow \\n\\n'", 1, ACCESS_HOOK_MS), 1);
	assert_int_equal(run("echo deny", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo Allow", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo allowed", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo allow deny", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo deny; echo allow", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo allow >&2", 1, ACCESS_HOOK_MS), 0);
	assert_int_equal(run("echo $1", 1, ACCESS_HOOK_MS), 1);
	assert_int_equal(run("echo $1", 0, ACCESS_HOOK_MS), 0);
}

static void
test_failing(void **state)
{
	(void)state;
	assert_int_equal(run("echo allow; exit 1", 1, ACCESS_HOOK_MS), -1);
	assert_int_equal(run("echo allow; kill -9 $$", 1, ACCESS_HOOK_MS),
	    -1);
	assert_int_equal(access_hook("/nonexistent/hook", 1, &user, &host,
	    NULL, ACCESS_HOOK_MS, nothing, NULL), -1);
	/* More than it may say, at once and for ever. */
	assert_int_equal(run("echo allow; yes", 1, SHORT_MS), -1);
}

static void
test_slow(void **state)
{
	int64_t	began = clock_mono_ms(), took;

	(void)state;
	assert_int_equal(run("echo allow; exec tail -f /dev/null", 1,
	    SHORT_MS), -1);
	took = clock_mono_ms() - began;
	assert_true(took >= SHORT_MS);
	assert_true(took < SHORT_MS + 3000);
}

/* The pid that a script wrote is gone, or a zombie that nobody waits for. */
static void
assert_dead(const char *name)
{
	char	*text = contents(name), *path, state = 'Z';
	long	 pid = strtol(text, NULL, 10);
	int	 tries;
	FILE	*f;

	assert_true(pid > 1);
	path = xasprintf("/proc/%ld/stat", pid);
	for (tries = 0; tries < 200; tries++) {
		if ((f = fopen(path, "r")) == NULL)
			break;
		if (fscanf(f, "%*d %*s %c", &state) != 1)
			state = 'Z';
		fclose(f);
		if (state == 'Z')
			break;
		usleep(10000);
	}
	assert_true(tries < 200);
	free(path);
	free(text);
}

static void
test_children_are_killed(void **state)
{
	int64_t	began = clock_mono_ms();
	char	*body;

	(void)state;
	/* One that holds the pipe open must neither delay nor survive. */
	body = xasprintf("tail -f /dev/null & echo $! >%s/pid; echo allow",
	    dir);
	assert_int_equal(run(body, 1, ACCESS_HOOK_MS), 1);
	assert_true(clock_mono_ms() - began < ACCESS_HOOK_MS);
	assert_dead("pid");
	free(body);
	body = xasprintf("tail -f /dev/null & echo $! >%s/pid; wait", dir);
	assert_int_equal(run(body, 1, SHORT_MS), -1);
	assert_dead("pid");
	free(body);
}

static void
test_arguments(void **state)
{
	char	*body, *user_text, *host_text;

	(void)state;
	body = xasprintf("[ $# = 3 ] || exit 1; printf %%s \"$2\" >%s/user; "
	    "printf %%s \"$3\" >%s/host; env >%s/env; echo allow", dir, dir,
	    dir);
	assert_int_equal(run(body, 1, ACCESS_HOOK_MS), 1);
	user_text = contents("user");
	host_text = contents("host");
	assert_string_equal(user_text, "{\"ID\":7,\"Name\":\"bob\","
	    "\"Email\":\"bob@example.com\",\"Comment\":\"\",\"Roles\":[],"
	    "\"Groups\":[{\"Name\":\"staff\"}]}");
	assert_string_equal(host_text, "{\"ID\":9,\"Name\":\"web1\","
	    "\"URL\":\"ssh://bart@[2001:db8::1]:2022\",\"Comment\":\"\","
	    "\"Groups\":[],\"Logging\":\"everything\","
	    "\"Account\":\"bart\"}");
	free(user_text);
	free(host_text);
	asked = "deploy";
	assert_int_equal(run(body, 1, ACCESS_HOOK_MS), 1);
	asked = NULL;
	host_text = contents("host");
	assert_non_null(strstr(host_text, "\"URL\":\"ssh://bart@"));
	assert_non_null(strstr(host_text, "\"Account\":\"deploy\"}"));
	free(host_text);
	free(body);
}

static void
test_no_descriptor_leaks(void **state)
{
	int	fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd > 2);
	assert_int_equal(run("for f in 3 4 5 6 7 8 9; do "
	    "[ ! -e /proc/$$/fd/$f ] || [ -f /proc/$$/fd/$f ] || exit 1; "
	    "done; echo allow", 1, ACCESS_HOOK_MS), 1);
	close(fd);
}

static void
no_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static int
set_up(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL ? -1 : 0);
}

static int
tear_down(void **state)
{
	static const char *const	names[] = { "hook", "pid", "user",
					    "host", "env" };
	char				*path;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = xasprintf("%s/%s", dir, names[i]);
		unlink(path);
		free(path);
	}
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(test_weights),
		ON_BOTH(test_patterns),
		ON_BOTH(test_kinds),
		ON_BOTH(test_recorded),
		ON_BOTH(test_accounts),
		ON_BOTH(test_hostile_accounts),
		ON_BOTH(test_account_weights),
		ON_SQLITE(test_locale),
		ON_BOTH(test_times), ON_BOTH(test_ends),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_children_are_killed),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_no_descriptor_leaks),
	};

	log_set_sink(no_log);
	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
