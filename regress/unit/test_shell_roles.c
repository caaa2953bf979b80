/* SPDX-License-Identifier: ISC */
/*
 * Who may do what in the shell: each command against each role, what people
 * without a role see of hosts, sessions and users, and that the store is asked
 * at each command.
 */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/acl.h"
#include "db/group.h"
#include "db/host.h"
#include "db/session.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/complete.h"
#include "shell/lookup.h"

#define PUBKEY	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICVI8Ygzh" \
		"2tU0JXPZ0jCcFFhmzTsFnCKnZ9dEXbvYFQC"

/* One letter for each; "x" is somebody without any role. */
static const struct {
	char		 letter;
	const char	*role;
} people[] = {
	{ 'x', NULL }, { 's', ROLE_STANDARD }, { 'l', ROLE_LISTHOSTS },
	{ 'u', ROLE_AUDITOR }, { 't', ROLE_TRUSTED }, { 'a', ROLE_ADMIN },
};
#define NPEOPLE	(sizeof(people) / sizeof(people[0]))

#define ALL	"xsluta"
#define LISTERS	"lua"
#define READERS	"ua"
#define ADMIN	"a"

/*
 * Every command, in an order in which all work for an administrator, but those
 * that need a monitor, which have a dash. @ is the name of who runs it.
 */
static const struct {
	const char	*who, *line;
} table[] = {
	{ ADMIN, "key create --name=default" },
	{ ADMIN, "host create web1" },
	{ ADMIN, "hostgroup create --name=hg" },
	{ ADMIN, "usergroup create --name=ug" },
	{ ADMIN, "acl create --ug=ug --hg=hg" },
	{ ADMIN, "user invite new@example.org" },
	{ ADMIN, "user create made --key='" PUBKEY "'" },
	{ READERS, "acl explain made web1" },
	{ READERS, "acl inspect 1" },
	{ READERS, "acl ls" },
	{ ADMIN, "acl update 1 -c x" },
	{ READERS, "event inspect 1" },
	{ READERS, "event ls" },
	{ LISTERS, "host inspect web1" },
	{ ADMIN, "host inspect --decrypt web1" },
	{ ALL, "host ls" },
	{ "-", "host test web1" },
	{ ADMIN, "host update web1 -c x" },
	{ READERS, "hostgroup inspect hg" },
	{ READERS, "hostgroup ls" },
	{ ADMIN, "hostgroup update hg -c x" },
	{ READERS, "key inspect default" },
	{ ADMIN, "key inspect --decrypt default" },
	{ READERS, "key ls" },
	{ ALL, "key setup default" },
	{ READERS, "key show default" },
	{ "-", "key rotate default" },
	{ ADMIN, "key update default -c x" },
	{ READERS, "session inspect 1" },
	{ ALL, "session stats" },
	{ "-", "session stop 1" },
	{ ALL, "session ls" },
	{ ALL, "user inspect @" },
	{ READERS, "user inspect made" },
	{ READERS, "user ls" },
	{ ADMIN, "user update made -c x" },
	{ READERS, "usergroup inspect ug" },
	{ READERS, "usergroup ls" },
	{ ADMIN, "usergroup update ug -c x" },
	{ READERS, "userkey inspect made" },
	{ ALL, "userkey ls" },
	{ ALL, "info" },
	{ ALL, "version" },
	{ ALL, "help" },
	{ ALL, "exit" },
	{ ADMIN, "config backup" },
	{ ADMIN, "userkey update made -c x" },
	{ ADMIN, "userkey rm made" },
	{ ADMIN, "user rm made" },
	{ ADMIN, "acl rm 1" },
	{ ADMIN, "usergroup rm ug" },
	{ ADMIN, "hostgroup rm hg" },
	{ ADMIN, "host rm web1" },
	{ ADMIN, "key rm default" },
};
#define NLINES	(sizeof(table) / sizeof(table[0]))

/* What needs standard input, and is tried elsewhere. */
static const char *const	elsewhere[] = { "key import",
				    "config restore",
				    "userkey create", "userkey prove",
				    /* test_shell_recordings.c */
				    "session play", "session watch",
				    "session export", "session grep" };

static int
is_listed(const struct cmd_entry *e)
{
	char	*name = xasprintf("%s%s%s", e->noun, e->verb ? " " : "",
	    e->verb ? e->verb : "");
	size_t	 i, n = strlen(name);
	int	 found = 0;

	for (i = 0; i < NLINES; i++)
		found |= strncmp(table[i].line, name, n) == 0 &&
		    (table[i].line[n] == ' ' || table[i].line[n] == '\0');
	for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		found |= strcmp(elsewhere[i], name) == 0;
	if (!found)
		print_error("who may run \"%s\"?\n", name);
	free(name);
	return (found);
}

static void
test_complete_table(void **state)
{
	const struct cmd_entry *const	*e;
	int				 missing = 0;

	(void)state;
	for (e = cmd_table; *e != NULL; e++)
		missing += !is_listed(*e);
	assert_int_equal(missing, 0);
}

/* A line with the name of who runs it; caller frees. */
static char *
line_of(const char *line, const char *name)
{
	const char	*at = strchr(line, '@');

	if (at == NULL || at[1] != '\0')
		return (xstrdup(line));
	return (xasprintf("%.*s%s", (int)(at - line), line, name));
}

static void
add_session(struct db *db, int64_t user, const char *name, const char *host,
    int64_t host_id)
{
	struct session	s = { .user_id = user, .user_name = (char *)name,
			    .host_id = host_id, .host_name = (char *)host,
			    .account = (char *)"root",
			    .instance_id = (char *)"i",
			    .source = (char *)"192.0.2.9:1",
			    .client_version = (char *)"SSH-2.0-x",
			    .error = (char *)"", .comment = (char *)"",
			    .started_at = 1000 };
	int64_t		id;

	assert_int_equal(session_create(db, &s, &id), DB_OK);
}

/*
 * What is refused is refused for want of a role, or, where it is permitted for
 * one's own, because it is somebody else's.
 */
static void
assert_refused(struct trial *t, const char *line)
{
	assert_int_equal(run(t, line), RUN_FAILED);
	assert_string_equal(t->out, "");
	if (strstr(t->err, "your roles do not permit this command: it takes "
	    "admin") == NULL && strstr(t->err, " of yours \"") == NULL &&
	    strstr(t->err, "for administrators only") == NULL)
		fail_msg("%s: %s", line, t->err);
}

static void
test_roles(void **state)
{
	struct trial	 t;
	int64_t		 ids[NPEOPLE];
	char		 name[NPEOPLE][16], *line;
	size_t		 i, k;

	trial_begin(&t, fixture_use(state)->db);
	for (k = 0; k < NPEOPLE; k++) {
		snprintf(name[k], sizeof(name[k]), "p%c", people[k].letter);
		ids[k] = add_user(t.sh.db, name[k], people[k].role);
	}
	add_session(t.sh.db, t.admin, "root", "web1", 1);
	for (i = 0; i < NLINES; i++) {
		for (k = 0; k < NPEOPLE; k++) {
			line = line_of(table[i].line, name[k]);
			t.sh.user_id = ids[k];
			if (strchr(table[i].who, people[k].letter) != NULL)
				ok(&t, line);
			else if (*table[i].who != '-' ||
			    people[k].letter != 'a')
				assert_refused(&t, line);
			free(line);
		}
	}
	trial_end(&t);
}

/* The error names the role that is missing, and those that are there. */
static void
test_refusal(void **state)
{
	struct trial	t;
	int64_t		bob;

	trial_begin(&t, fixture_use(state)->db);
	t.sh.user_id = bob = add_user(t.sh.db, "bob", NULL);
	fails(&t, RUN_FAILED, "host rm web1", "your roles do not permit this "
	    "command: it takes admin, and you have none\n");
	assert_int_equal(user_role_add(t.sh.db, bob, ROLE_STANDARD), DB_OK);
	assert_int_equal(user_role_add(t.sh.db, bob, ROLE_LISTHOSTS), DB_OK);
	fails(&t, RUN_FAILED, "event ls", "it takes admin or auditor, and you "
	    "have listhosts, standard\n");
	assert_int_equal(user_role_remove(t.sh.db, bob, ROLE_LISTHOSTS),
	    DB_OK);
	fails(&t, RUN_FAILED, "host inspect 1", "it takes admin, auditor or "
	    "listhosts, and you have standard\n");
	trial_end(&t);
}

/* A shell of bob, who reaches web1 and web2 by devs and ops, and one host
 * that is called like him; t.admin's group reaches nothing. */
static int64_t
set_scene(struct trial *t, struct db *db)
{
	int64_t	bob;

	trial_begin(t, db);
	bob = add_user(db, "bob", ROLE_STANDARD);
	ok(t, "key create --name=default");
	ok(t, "usergroup create --name=devs");
	ok(t, "user update bob --assign-group devs");
	ok(t, "host create root@192.0.2.1 --name=web1 -g ops -c 'the first'");
	ok(t, "host create 'deploy:s3cret@192.0.2.2' --name=web2 -g ops");
	ok(t, "host create 192.0.2.3 --name=db1");
	ok(t, "host create 192.0.2.4 --name=bob -g ops");
	ok(t, "acl create --ug=devs --hg=ops");
	t->sh.user_id = bob;
	return (bob);
}

static void
test_own_hosts(void **state)
{
	struct trial	 t;
	json_t		*all, *web2;
	int64_t		 bob;

	bob = set_scene(&t, fixture_use(state)->db);
	ok(&t, "host ls");
	assert_memory_equal(t.out, "ID Name Login    Accounts Groups Comment",
	    40);
	assert_non_null(strstr(t.out, "\n 1 web1 web1     root     ops    the "
	    "first\n"));
	assert_non_null(strstr(t.out, "\n 4 bob  host:bob root     ops"));
	assert_non_null(strstr(t.out, "\nTotal: 3 hosts.\n"));
	assert_null(strstr(t.out, "db1"));
	assert_null(strstr(t.out, "192.0.2"));
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "4\n2\n1\n");
	ok(&t, "host ls -lq");
	assert_string_equal(t.out, "4\n");
	ok(&t, "host ls --json");
	assert_null(strstr(t.out, "192.0.2"));
	all = json_loads(t.out, 0, NULL);
	assert_int_equal(json_array_size(all), 3);
	web2 = json_array_get(all, 1);
	assert_int_equal(json_object_size(web2), 6);
	assert_string_equal(json_string_value(json_object_get(web2,
	    "Accounts")), "deploy");
	json_decref(all);
	/* a rule that denies takes one away, the end of the other all */
	t.sh.user_id = t.admin;
	ok(&t, "acl create --ug=devs --pattern='web2*' --action=deny");
	t.sh.user_id = bob;
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "4\n1\n");
	t.sh.user_id = t.admin;
	ok(&t, "acl update 1 --expiration 2001-01-01");
	t.sh.user_id = bob;
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "");
	/* accounts that a rule names, where the own one is not allowed */
	t.sh.user_id = t.admin;
	ok(&t, "acl create --ug=devs --pattern=web1 --login=git");
	ok(&t, "acl create --ug=devs --pattern=bob --login='d*'");
	ok(&t, "acl create --ug=devs --pattern=bob --login=root");
	ok(&t, "acl create --ug=devs --pattern=web1 --login=git2");
	ok(&t, "acl create --ug=devs --pattern=web1 --login=git2 -a deny");
	t.sh.user_id = bob;
	ok(&t, "host ls");
	assert_non_null(strstr(t.out, "\n 1 web1 git+web1 git      ops "));
	assert_non_null(strstr(t.out, "\n 4 bob  host:bob root, d* ops"));
	assert_non_null(strstr(t.out, "Total: 2 hosts.\n"));
	ok(&t, "session ls --host web1");
	fails(&t, RUN_FAILED, "session ls --host web2", "no host of yours");
	/* who may list hosts sees all of all */
	assert_int_equal(user_role_add(t.sh.db, bob, ROLE_LISTHOSTS), DB_OK);
	ok(&t, "host ls");
	assert_non_null(strstr(t.out, "192.0.2.3"));
	assert_non_null(strstr(t.out, "Total: 4 hosts.\n"));
	trial_end(&t);
}

static unsigned	seed;

/* A number that is as random as the test is repeatable. */
static unsigned
dice(unsigned sides)
{
	seed = seed * 1103515245u + 12345u;
	return ((seed >> 16) % sides);
}

static void
add_rule(struct trial *t, int64_t now)
{
	static const char *const	patterns[] = { "", "h1*", "*[02468]",
					    "192.0.2.?", "h?3" };
	static const char *const	logins[] = { "", "", "", "git", "d*" };
	struct acl	a = { .action = dice(4) ? ACL_ALLOW : ACL_DENY,
			    .weight = dice(9), .comment = (char *)"" };
	int64_t		id;
	int		i;

	a.host_pattern = (char *)patterns[dice(5)];
	a.login_pattern = (char *)logins[dice(5)];
	a.inception = dice(5) ? 0 : now + 1000;
	a.expiration = dice(5) ? 0 : now - 1000;
	assert_int_equal(acl_create(t->sh.db, &a, &id), DB_OK);
	for (i = 0; i < 2; i++) {
		assert_int_equal(acl_link(t->sh.db, id, GROUP_USER,
		    1 + dice(3)), DB_OK);
		assert_int_equal(acl_link(t->sh.db, id, GROUP_HOST,
		    1 + dice(3)), DB_OK);
	}
}

/* Of some accounts, those are listed that a login gets; returns how many. */
static int
assert_agree(struct db *db, int64_t user, const struct host *h, int64_t now,
    const struct db_names *listed)
{
	static const char *const	some[] = { "root", "git", "d*" };
	struct acl_verdict		 v;
	size_t				 i, k;
	int				 n = 0;

	for (i = 0; i < 3; i++) {
		assert_int_equal(acl_judge(db, user, h, i == 0 ? NULL :
		    some[i], now, &v, NULL, NULL), DB_OK);
		for (k = 0; k < listed->n; k++) {
			if (strcmp(listed->name[k], some[i]) == 0)
				break;
		}
		/* an account that fits a pattern is not listed for it */
		if (v.action == ACL_ALLOW && i == 0)
			assert_true(k < listed->n);
		else if (v.action == ACL_DENY)
			assert_int_equal(k, listed->n);
		n += v.action == ACL_ALLOW;
	}
	return (n);
}

/* What is listed is what logins get: the two agree on random rules. */
static void
test_judges_agree(void **state)
{
	struct trial		 t;
	struct host_list	*l;
	struct host		 h = { .addr = NULL, .port = 22,
				    .login = (char *)"root",
				    .comment = (char *)"" };
	struct db_names		 accounts[40];
	char			 name[16], addr[24];
	int64_t			 users[3], id, now = clock_utc();
	size_t			 i, k, n = 0;

	seed = 4711;
	trial_begin(&t, fixture_use(state)->db);
	assert_int_equal(db_begin(t.sh.db), DB_OK);
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "g%zu", i);
		assert_int_equal(group_ensure(t.sh.db, GROUP_USER, name, "",
		    &id), DB_OK);
		assert_int_equal(group_ensure(t.sh.db, GROUP_HOST, name, "",
		    &id), DB_OK);
	}
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "h%zu", i);
		snprintf(addr, sizeof(addr), "192.0.2.%zu", i);
		h.name = name;
		h.addr = addr;
		assert_int_equal(host_create(t.sh.db, &h, &id), DB_OK);
		for (k = 0; k < 2; k++)
			assert_int_equal(group_add(t.sh.db, GROUP_HOST,
			    1 + dice(3), id), DB_OK);
	}
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "u%zu", i);
		users[i] = add_user(t.sh.db, name, NULL);
		for (k = 0; k < 2; k++)
			assert_int_equal(group_add(t.sh.db, GROUP_USER,
			    1 + dice(3), users[i]), DB_OK);
	}
	for (i = 0; i < 25; i++)
		add_rule(&t, now);
	assert_int_equal(db_commit(t.sh.db), DB_OK);
	assert_int_equal(host_list(t.sh.db, 0, &l), DB_OK);
	assert_int_equal(l->n, 40);
	for (i = 0; i < 3; i++) {
		memset(accounts, 0, sizeof(accounts));
		assert_int_equal(acl_judge_hosts(t.sh.db, users[i], l->v, l->n,
		    now, accounts), DB_OK);
		for (k = 0; k < l->n; k++) {
			n += assert_agree(t.sh.db, users[i], &l->v[k], now,
			    &accounts[k]);
			db_names_free(&accounts[k]);
		}
	}
	assert_in_range(n, 10, 350);	/* else it shows nothing */
	host_list_free(l);
	trial_end(&t);
}

static void
test_own_sessions(void **state)
{
	struct trial	t;
	int64_t		bob;

	bob = set_scene(&t, fixture_use(state)->db);
	add_session(t.sh.db, t.admin, "root", "web1", 1);
	add_session(t.sh.db, bob, "bob", "web1", 1);
	add_session(t.sh.db, bob, "bob", "web2", 2);
	add_session(t.sh.db, t.admin, "bob", "web1", 1);
	ok(&t, "session ls");
	assert_non_null(strstr(t.out, "\nTotal: 2 sessions.\n"));
	ok(&t, "session ls -q");
	assert_string_equal(t.out, "3\n2\n");
	ok(&t, "session ls -q --host=web1");
	assert_string_equal(t.out, "2\n");
	ok(&t, "session ls -q --user=bob --active --limit=1");
	assert_string_equal(t.out, "3\n");
	ok(&t, "session inspect 2");
	assert_non_null(strstr(t.out, "\"web1\""));
	fails(&t, RUN_FAILED, "session inspect 2 1",
	    "no session of yours \"1\"\n");
	fails(&t, RUN_FAILED, "session inspect 99",
	    "no session of yours \"99\"\n");
	/* whether there is such a row is not told */
	fails(&t, RUN_FAILED, "session ls --user=root",
	    "no user of yours \"root\"\n");
	fails(&t, RUN_FAILED, "session ls --user=nosuch",
	    "no user of yours \"nosuch\"\n");
	fails(&t, RUN_FAILED, "session ls --host=db1",
	    "no host of yours \"db1\"\n");
	t.sh.user_id = t.admin;
	ok(&t, "session ls -q");
	assert_string_equal(t.out, "4\n3\n2\n1\n");
	trial_end(&t);
}

static void
test_own_account(void **state)
{
	struct trial	t;

	set_scene(&t, fixture_use(state)->db);
	t.sh.user_id = t.admin;
	ok(&t, "user create made --key='" PUBKEY "'");
	t.sh.user_id = add_user(t.sh.db, "eve", ROLE_STANDARD);
	ok(&t, "userkey ls");
	assert_string_equal(t.out, "Total: 0 user keys.\n");
	fails(&t, RUN_FAILED, "userkey inspect 1", "no user key of yours");
	fails(&t, RUN_FAILED, "userkey inspect made", "no user key of yours");
	fails(&t, RUN_FAILED, "user inspect made", "no user of yours");
	ok(&t, "user inspect eve");
	assert_non_null(strstr(t.out, "\"standard\""));
	t.sh.user_id = t.admin + 2;
	ok(&t, "userkey ls");
	assert_non_null(strstr(t.out, " made "));
	ok(&t, "userkey inspect made 1");
	assert_non_null(strstr(t.out, "ssh-ed25519"));
	trial_end(&t);
}

/* What a trusted bob adds, and what is refused: nothing of that stays. */
static void
test_trusted(void **state)
{
	static const char *const	bad[][2] = {
		{ "host create u:p@h", "no host group of yours \"default\": "
		    "name one with --group\n" },
		{ "host create u:p@h -g ops,default",
		    "no host group of yours \"default\"\n" },
		{ "host create u:p@h -g nosuch", "of yours \"nosuch\"\n" },
		{ "host create telnet://u:p@h -g ops", "telnet" },
		{ "host create u:p@h -g ops --logging=disabled", "recorded" },
		{ "host create u:p@h:80 -g ops --allow=jump",
		    "only administrators allow jumps" },
		{ "host create u:p@h:80 -g ops --allow=all",
		    "only administrators allow jumps" },
		{ "host create u:p@h -g ops --hop=db1",
		    "no host of yours \"db1\"" },
		{ "host create u:p@h -g ops --hop=only-git",
		    "\"only-git\" cannot be your hop" },
		{ "host create u:p@h -g ops --name=db7",
		    "would not let you log in to \"db7\" as \"u\"" },
		/* the key that opens db1, too, by default or by name */
		{ "host create 192.0.2.9 -g ops", "the key \"default\" may "
		    "open more than you may" },
		{ "host create root:p@192.0.2.9 -g ops -k default",
		    "may open more" },
		{ "host create 192.0.2.9 -g ops -k unused", "may open more" },
		/* another account than those of the key's hosts */
		{ "host create root@192.0.2.9 -g ops -k ops",
		    "may open more" },
		{ "host create git@192.0.2.9 -g ops -k ops", "may open more" },
		{ "host create deploy@192.0.2.9 -g ops -k host", "own host" },
		/* more than they may do on the key's host, or on the hop */
		{ "host create deploy@192.0.2.9 -g ops -k files",
		    "may open more" },
		{ "host create u:p@h -g ops --hop=files",
		    "\"files\" cannot be your hop" },
		{ "host update web2 -c x", "it takes admin, and" },
		{ "host rm web2", "it takes admin, and" },
	};
	struct trial	 t;
	struct host	*h;
	int64_t		 bob, n, before, events;
	size_t		 i;

	bob = set_scene(&t, fixture_use(state)->db);
	t.sh.user_id = t.admin;
	ok(&t, "key create --name=ops");
	ok(&t, "key create --name=unused");
	ok(&t, "key create --name=host");
	ok(&t, "host create deploy@192.0.2.5 --name=app -g ops -k ops");
	ok(&t, "host create root@192.0.2.6 --name=only-git");
	ok(&t, "acl create --ug=devs --pattern=only-git --login=git");
	ok(&t, "acl create --ug=devs --pattern='db*' --action=deny");
	ok(&t, "key create --name=files");
	ok(&t, "host create deploy@192.0.2.9 --name=files -k files");
	ok(&t, "acl create --ug=devs --pattern=files --allow=sftp");
	ok(&t, "user update bob -r trusted");
	t.sh.user_id = bob;
	assert_int_equal(host_count(t.sh.db, &before), DB_OK);
	events = count_events(&t);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fails(&t, RUN_FAILED, bad[i][0], bad[i][1]);
		assert_int_equal(host_count(t.sh.db, &n), DB_OK);
		assert_int_equal(n, before);
	}
	assert_int_equal(count_events(&t), events);
	ok(&t, "host create 'u:s3cret@192.0.2.7' --name=mine -g ops --hop=app");
	assert_int_equal(host_by_name(t.sh.db, "mine", &h), DB_OK);
	assert_non_null(h->password_sealed);
	assert_string_equal(h->hop_name, "app");
	assert_string_equal(h->groups.name[0], "ops");
	host_free(h);
	ok(&t, "host create deploy@192.0.2.8 --name=app2 -g ops -k ops");
	ok(&t, "host create deploy@192.0.2.9 --name=files2 -g ops -k files "
	    "--allow=sftp");
	assert_int_equal(count_events(&t), events + 3);
	ok(&t, "host ls");
	assert_non_null(strstr(t.out, " mine "));
	/* without the role it is over */
	assert_int_equal(user_role_remove(t.sh.db, bob, ROLE_TRUSTED), DB_OK);
	fails(&t, RUN_FAILED, "host create u:p@h -g ops", "it takes admin or "
	    "trusted, and you have standard\n");
	trial_end(&t);
}

/* Help shows what one may run. */
static void
test_help(void **state)
{
	struct trial	t;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "help");
	assert_non_null(strstr(t.out, "\nevent\n"));
	t.sh.user_id = add_user(t.sh.db, "bob", ROLE_STANDARD);
	ok(&t, "help");
	assert_null(strstr(t.out, "event"));
	assert_null(strstr(t.out, "update"));
	assert_non_null(strstr(t.out, "host\n  ls "));
	ok(&t, "host help");
	assert_null(strstr(t.out, "create"));
	assert_non_null(strstr(t.out, "\n  ls "));
	ok(&t, "help event");
	assert_non_null(strstr(t.out, "permit none of its commands"));
	ok(&t, "event --help");
	assert_non_null(strstr(t.out, "permit none of its commands"));
	assert_int_equal(run(&t, "host"), RUN_USAGE);
	assert_null(strstr(t.err, "create"));
	ok(&t, "host rm --help");
	assert_non_null(strstr(t.out, "\nIt takes the role admin.\n"));
	ok(&t, "host ls --help");
	assert_non_null(strstr(t.out, "\nWithout the role admin, auditor or "
	    "listhosts, it is for what is one's own.\n"));
	trial_end(&t);
}

static void
assert_completes(struct trial *t, const char *line, const char *names)
{
	struct completion	 c;
	char			 all[1024] = "";
	size_t			 i, n = 0;

	complete_line(&t->sh, line, &c);
	for (i = 0; i < c.names.n; i++)
		n += snprintf(all + n, sizeof(all) - n, "%s%s",
		    i > 0 ? " " : "", c.names.name[i]);
	assert_string_equal(all, names);
	complete_free(&c);
}

static void
test_completion(void **state)
{
	struct trial	t;

	set_scene(&t, fixture_use(state)->db);
	assert_completes(&t, "session ls --host ", "bob web1 web2");
	assert_completes(&t, "session ls --user=", "--user=bob");
	assert_completes(&t, "user inspect ", "bob");
	assert_completes(&t, "userkey inspect ", "bob");
	assert_completes(&t, "key setup ", "default");
	assert_completes(&t, "host inspect ", "");
	assert_completes(&t, "event ", "");
	assert_int_equal(user_role_add(t.sh.db, t.sh.user_id, ROLE_TRUSTED),
	    DB_OK);
	assert_completes(&t, "host create --group ", "ops");
	assert_completes(&t, "host create --hop=web", "--hop=web1 --hop=web2");
	t.sh.user_id = t.admin;
	assert_completes(&t, "session ls --host ", "bob db1 web1 web2");
	assert_completes(&t, "user inspect ", "bob root");
	trial_end(&t);
}

/* Roles and the account are what the store says now. */
static void
test_changes(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	struct user	*u;
	struct db	*other;
	int64_t		 bob;

	trial_begin(&t, f->db);
	other = fixture_open(f);
	t.sh.user_id = bob = add_user(t.sh.db, "bob", ROLE_AUDITOR);
	ok(&t, "user ls");
	assert_int_equal(user_role_remove(other, bob, ROLE_AUDITOR), DB_OK);
	fails(&t, RUN_FAILED, "user ls", "do not permit");
	assert_completes(&t, "event ", "");
	assert_int_equal(user_role_add(other, bob, ROLE_ADMIN), DB_OK);
	ok(&t, "user ls");
	assert_int_equal(user_get(other, bob, &u), DB_OK);
	u->expires_at = clock_utc() - 1;
	assert_int_equal(user_update(other, u), DB_OK);
	fails(&t, RUN_FAILED, "info", "account was closed");
	assert_int_equal(t.sh.done, 1);
	t.sh.done = u->expires_at = 0;
	assert_int_equal(user_update(other, u), DB_OK);
	ok(&t, "info");
	user_free(u);
	assert_int_equal(user_remove(other, bob), DB_OK);
	fails(&t, RUN_FAILED, "key setup default", "account was closed");
	assert_int_equal(t.sh.done, 1);
	db_close(other);
	trial_end(&t);
}

/* Runs a line with this input, which is freed. */
static int
run_with(struct trial *t, const char *line, char *input)
{
	int	status;

	assert_non_null(t->sh.in = fmemopen(input, strlen(input), "r"));
	status = run(t, line);
	fclose(t->sh.in);
	t->sh.in = NULL;
	free(input);
	return (status);
}

/* Runs a line of sh, which is freed. */
static void
command(char *line)
{
	pid_t	pid = fork();
	int	status;

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(line);
}

/* What a file of the test holds; caller frees. */
static char *
slurp(const char *dir, const char *name)
{
	char	*path = xasprintf("%s/%s", dir, name), *text = NULL;
	size_t	 size = 0;
	FILE	*f = fopen(path, "r");

	assert_non_null(f);
	assert_int_not_equal(getdelim(&text, &size, '\0', f), -1);
	fclose(f);
	free(path);
	return (text);
}

/* A proof by the key k of what is said, as stock ssh-keygen makes it. */
static char *
proof(const char *dir, const char *said)
{
	command(xasprintf("cd %s && echo %s | ssh-keygen -q -Y sign "
	    "-n userkey@sshportal -f k 2>/dev/null >sig", dir, said));
	return (slurp(dir, "sig"));
}

static void
new_key(const char *dir)
{
	command(xasprintf("cd %s && rm -f k k.pub && ssh-keygen -q -t ed25519 "
	    "-N '' -C new -f k", dir));
}

static void
test_own_keys(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	int64_t		 bob, events;
	char		*pub, *sig, *both;

	trial_begin(&t, f->db);
	t.sh.user_id = bob = add_user(t.sh.db, "bob", ROLE_STANDARD);
	ok(&t, "userkey prove");
	assert_string_equal(t.out, "sshportal-now\n");
	new_key(f->dir);
	pub = slurp(f->dir, "k.pub");
	events = count_events(&t);
	/* somebody's public half is not enough */
	assert_int_equal(run_with(&t, "userkey create", xstrdup(pub)),
	    RUN_FAILED);
	assert_non_null(strstr(t.err, "\"echo sshportal-now | ssh-keygen -Y "
	    "sign -n userkey@sshportal -f FILE\""));
	assert_int_equal(run_with(&t, "userkey create", proof(f->dir,
	    "sshportal-other")), RUN_FAILED);
	assert_non_null(strstr(t.err, "proves nothing"));
	assert_int_equal(run_with(&t, "userkey create", xstrdup(
	    "-----BEGIN SSH SIGNATURE-----\nU1NI\n")), RUN_FAILED);
	assert_non_null(strstr(t.err, "the signature is damaged"));
	/* for somebody else it is no use either */
	assert_int_equal(run_with(&t, "userkey create root", proof(f->dir,
	    "sshportal-now")), RUN_FAILED);
	assert_non_null(strstr(t.err, "no user of yours \"root\""));
	assert_int_equal(count_events(&t), events);
	/* the proof alone, or with the line for its comment */
	assert_int_equal(run_with(&t, "userkey create --comment=one",
	    proof(f->dir, "sshportal-before")), RUN_OK);
	assert_string_equal(t.out, "1\n");
	assert_int_equal(count_events(&t), events + 1);
	fails(&t, RUN_FAILED, "userkey rm 1", "add another key of yours");
	fails(&t, RUN_FAILED, "userkey rm bob", "add another key of yours");
	new_key(f->dir);
	free(pub);
	pub = slurp(f->dir, "k.pub");
	sig = proof(f->dir, "sshportal-now");
	both = xasprintf("%s%s", pub, sig);
	assert_int_equal(run_with(&t, "userkey create bob", both), RUN_OK);
	ok(&t, "userkey ls");
	assert_non_null(strstr(t.out, " new "));
	assert_non_null(strstr(t.out, "Total: 2 user keys.\n"));
	assert_int_equal(run_with(&t, "userkey create", sig), RUN_FAILED);
	assert_non_null(strstr(t.err, "theirs already"));
	ok(&t, "userkey rm 1");
	fails(&t, RUN_FAILED, "userkey rm 1", "no user key");
	/* an administrator proves nothing, here or for others */
	t.sh.user_id = t.admin;
	new_key(f->dir);
	assert_int_equal(run_with(&t, "userkey create", slurp(f->dir,
	    "k.pub")), RUN_OK);
	ok(&t, "userkey rm bob");
	fails(&t, RUN_FAILED, "userkey rm root", "add another key of yours");
	/* at the machine nobody has an account */
	t.sh.local = "root (local)";
	t.sh.challenge = NULL;
	fails(&t, RUN_FAILED, "userkey prove", "needs no proof");
	assert_int_equal(run_with(&t, "userkey create", xstrdup(pub)),
	    RUN_USAGE);
	assert_non_null(strstr(t.err, "USER is missing"));
	fails(&t, RUN_FAILED, "userkey rm root", "no administrator would be");
	free(pub);
	trial_end(&t);
}

/* A user has a hundred keys, no more. */
static void
test_many_keys(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct userkey	 k = { .type = (char *)"ssh-ed25519",
			    .comment = (char *)"", .bloblen = 8 };
	struct trial	 t;
	unsigned char	 blob[8] = "fill00";
	int64_t		 id;
	int		 i;

	trial_begin(&t, f->db);
	k.user_id = t.admin;
	k.blob = blob;
	assert_int_equal(db_begin(t.sh.db), DB_OK);
	for (i = 0; i < 99; i++) {
		blob[7] = (unsigned char)i;
		assert_int_equal(userkey_create(t.sh.db, &k, &id), DB_OK);
	}
	assert_int_equal(db_commit(t.sh.db), DB_OK);
	new_key(f->dir);
	assert_int_equal(run_with(&t, "userkey create", slurp(f->dir,
	    "k.pub")), RUN_OK);
	new_key(f->dir);
	assert_int_equal(run_with(&t, "userkey create", slurp(f->dir,
	    "k.pub")), RUN_FAILED);
	assert_non_null(strstr(t.err, "there are 100 keys already"));
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_complete_table),
		ON_BOTH(test_roles),
		ON_SQLITE(test_refusal),
		ON_BOTH(test_own_hosts),
		ON_BOTH(test_judges_agree),
		ON_BOTH(test_own_sessions),
		ON_BOTH(test_own_account),
		ON_BOTH(test_trusted),
		ON_SQLITE(test_help),
		ON_BOTH(test_completion),
		ON_BOTH(test_changes),
		ON_BOTH(test_own_keys),
		ON_SQLITE(test_many_keys),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
