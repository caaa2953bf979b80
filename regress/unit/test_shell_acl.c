/* SPDX-License-Identifier: ISC */
/*
 * Commands of groups and ACLs, against a real store: what they change, what
 * they refuse, and that what is explained is what decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "db/acl.h"
#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/kinds.h"
#include "db/setting.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/complete.h"

/* The user "bob" in the group "devs", the host "web1" in "ops". */
static void
set_scene(struct trial *t, struct db *db)
{
	struct host	h = { .name = (char *)"web1",
			    .addr = (char *)"web1.example.org", .port = 22,
			    .login = (char *)"root", .comment = (char *)"" };
	struct group	*g;
	int64_t		 bob, host, id;

	trial_begin(t, db);
	bob = add_user(db, "bob", ROLE_STANDARD);
	assert_int_equal(host_create(db, &h, &host), DB_OK);
	assert_int_equal(group_ensure(db, GROUP_USER, "devs", "", &id),
	    DB_OK);
	assert_int_equal(group_add(db, GROUP_USER, id, bob), DB_OK);
	assert_int_equal(group_by_name(db, GROUP_HOST, "ops", &g), DB_OK);
	assert_int_equal(group_add(db, GROUP_HOST, g->id, host), DB_OK);
	group_free(g);
}

/* The JSON that was printed; json_decref() it. */
static json_t *
printed(const struct trial *t)
{
	json_t	*all = json_loads(t->out, 0, NULL);

	assert_non_null(all);
	assert_true(json_is_array(all));
	return (all);
}

/* Member of the i-th object of an array. */
static json_t *
member(const json_t *all, size_t i, const char *name)
{
	json_t	*m = json_object_get(json_array_get(all, i), name);

	assert_non_null(m);
	return (m);
}

static const char *
text(const json_t *all, size_t i, const char *name)
{
	return (json_string_value(member(all, i, name)));
}

static int64_t
generation(struct trial *t)
{
	int64_t	n;

	assert_int_equal(generation_get(t->sh.db, &n), DB_OK);
	return (n);
}

/* The first line has these heads, in this order, and no others. */
static void
assert_header(const struct trial *t, const char *const *heads)
{
	const char	*at = t->out;

	for (; *heads != NULL; heads++) {
		at += strspn(at, " ");
		assert_memory_equal(at, *heads, strlen(*heads));
		at += strlen(*heads);
	}
	assert_int_equal(at[strspn(at, " ")], '\n');
}

/* The verdict of acl explain on bob and web1. */
static void
explains(struct trial *t, const char *verdict)
{
	ok(t, "acl explain bob web1");
	if (strncmp(t->out, verdict, strlen(verdict)) != 0)
		print_error("%s", t->out);
	assert_memory_equal(t->out, verdict, strlen(verdict));
}

static void
test_group_create(void **state)
{
	static const char *const	nouns[] = { "hostgroup", "usergroup" };
	struct trial			t;
	struct event_list		*l;
	struct group			*g;
	char				 line[128];
	int64_t				 id, before;
	size_t				 i;
	int				 kind;

	trial_begin(&t, fixture_use(state)->db);
	for (i = 0; i < 2; i++) {
		kind = i == 0 ? GROUP_HOST : GROUP_USER;
		before = generation(&t);
		snprintf(line, sizeof(line), "%s create --name=web "
		    "--comment 'two words'", nouns[i]);
		ok(&t, line);
		assert_true(generation(&t) > before);
		assert_int_equal(group_by_name(t.sh.db, kind, "web", &g),
		    DB_OK);
		assert_string_equal(g->comment, "two words");
		/* the caller is in a group of users */
		assert_int_equal(g->nmembers, i);
		snprintf(line, sizeof(line), "%" PRId64 "\n", g->id);
		assert_string_equal(t.out, line);
		group_free(g);
		snprintf(line, sizeof(line), "%s create", nouns[i]);
		ok(&t, line);
		id = strtoll(t.out, NULL, 10);
		assert_int_equal(group_get(t.sh.db, kind, id, &g), DB_OK);
		assert_memory_equal(g->name, "group-", 6);
		group_free(g);
	}
	fails(&t, RUN_FAILED, "usergroup create --name=web",
	    "a user group \"web\" already");
	fails(&t, RUN_FAILED, "hostgroup create --name=web",
	    "a host group \"web\" already");
	fails(&t, RUN_FAILED, "hostgroup create --name='a b'", "blanks");
	fails(&t, RUN_FAILED, "usergroup create --name=7", "id");
	fails(&t, RUN_USAGE, "usergroup create web", "too much");
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 4);
	assert_string_equal(l->v[3].domain, "hostgroup");
	assert_string_equal(l->v[3].action, "create");
	assert_string_equal(l->v[3].entity, "web");
	event_list_free(l);
	trial_end(&t);
}

/* At the machine itself there is nobody to add. */
static void
test_group_local(void **state)
{
	struct trial	 t;
	struct group	*g;

	trial_begin(&t, fixture_use(state)->db);
	t.sh.user_id = 0;
	t.sh.local = "root (local)";
	ok(&t, "usergroup create --name=web");
	assert_int_equal(group_by_name(t.sh.db, GROUP_USER, "web", &g), DB_OK);
	assert_int_equal(g->nmembers, 0);
	group_free(g);
	trial_end(&t);
}

static void
test_group_ls(void **state)
{
	struct trial	 t;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops -w 3 -c why");
	ok(&t, "usergroup ls");
	assert_header(&t, (const char *[]){ "ID", "Name", "Users", "ACLs",
	    "Updated", "Created", "Comment", NULL });
	assert_non_null(strstr(t.out, "\nTotal: 2 user groups.\n"));
	ok(&t, "hostgroup ls");
	assert_header(&t, (const char *[]){ "ID", "Name", "Hosts", "ACLs",
	    "Updated", "Created", "Comment", NULL });
	assert_non_null(strstr(t.out, "\nTotal: 2 host groups.\n"));
	ok(&t, "usergroup ls -q");
	assert_string_equal(t.out, "2\n1\n");
	ok(&t, "hostgroup ls -lq");
	assert_string_equal(t.out, "2\n");
	ok(&t, "usergroup ls --json");
	all = printed(&t);
	assert_string_equal(text(all, 0, "Name"), "devs");
	assert_int_equal(json_integer_value(member(all, 0, "UserCount")), 1);
	assert_int_equal(json_integer_value(member(all, 0, "ACLCount")), 1);
	assert_int_equal(json_integer_value(member(all, 1, "ACLCount")), 0);
	json_decref(all);
	ok(&t, "hostgroup inspect ops default");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 2);
	assert_int_equal(json_integer_value(member(all, 0, "ID")), 2);
	assert_true(json_is_string(member(all, 0, "CreatedAt")));
	assert_true(json_is_string(member(all, 0, "UpdatedAt")));
	assert_true(json_is_null(member(all, 0, "DeletedAt")));
	assert_string_equal(text(all, 0, "Comment"), "");
	assert_string_equal(text(member(all, 0, "Hosts"), 0, "Name"), "web1");
	assert_int_equal(json_integer_value(member(member(all, 0, "ACLs"), 0,
	    "Weight")), 3);
	assert_string_equal(text(member(all, 0, "ACLs"), 0, "Comment"),
	    "why");
	assert_string_equal(text(member(all, 0, "ACLs"), 0, "Action"),
	    "allow");
	assert_true(json_is_null(member(member(all, 0, "ACLs"), 0,
	    "Expiration")));
	assert_int_equal(json_array_size(member(all, 1, "Hosts")), 0);
	assert_int_equal(json_array_size(member(all, 1, "ACLs")), 0);
	json_decref(all);
	ok(&t, "usergroup inspect devs");
	all = printed(&t);
	assert_string_equal(text(member(all, 0, "Users"), 0, "Name"), "bob");
	json_decref(all);
	fails(&t, RUN_FAILED, "usergroup inspect devs nosuch neither",
	    "no user group \"nosuch\", \"neither\"");
	fails(&t, RUN_FAILED, "hostgroup inspect devs", "\"devs\"");
	trial_end(&t);
}

static void
test_group_update(void **state)
{
	struct trial	 t;
	struct group	*g;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "hostgroup update ops --name=web -c hi");
	assert_int_equal(group_by_name(t.sh.db, GROUP_HOST, "web", &g), DB_OK);
	assert_string_equal(g->comment, "hi");
	group_free(g);
	ok(&t, "hostgroup update web 1 --comment=");
	assert_int_equal(group_by_name(t.sh.db, GROUP_HOST, "web", &g), DB_OK);
	assert_string_equal(g->comment, "");
	group_free(g);
	ok(&t, "usergroup update 1 --name first");
	fails(&t, RUN_FAILED, "usergroup inspect default", "\"default\"");
	fails(&t, RUN_FAILED, "hostgroup update web -n default",
	    "a host group \"default\" already");
	fails(&t, RUN_FAILED, "hostgroup update web -n a/b", "name");
	fails(&t, RUN_USAGE, "hostgroup update web 1 -n both", "is for one");
	fails(&t, RUN_USAGE, "hostgroup update web", "an option is missing");
	fails(&t, RUN_FAILED, "hostgroup update web nosuch -c x",
	    "\"nosuch\"");
	assert_int_equal(group_by_name(t.sh.db, GROUP_HOST, "web", &g), DB_OK);
	assert_string_equal(g->comment, "");
	group_free(g);
	trial_end(&t);
}

/* A rule that denies loses no group in passing; one that allows may. */
static void
test_group_rm(void **state)
{
	struct trial	 t;
	struct acl	*a;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=default,ops");
	ok(&t, "acl create --ug=devs --hg=ops --action=deny -w 3");
	ok(&t, "acl create --ug=devs --hg=ops --action=deny -w 4");
	fails(&t, RUN_FAILED, "hostgroup rm default ops",
	    "the host group \"ops\" is in ACLs that deny (2, 3): ");
	fails(&t, RUN_FAILED, "usergroup rm devs",
	    "the user group \"devs\" is in ACLs that deny (2, 3): ");
	ok(&t, "hostgroup inspect default ops");
	explains(&t, "Verdict: allow, by ACL 1.");
	ok(&t, "acl rm 2 3");
	ok(&t, "hostgroup rm ops");
	assert_int_equal(acl_get(t.sh.db, 1, &a), DB_OK);
	assert_int_equal(a->host_groups.n, 1);
	acl_free(a);
	explains(&t, "Verdict: deny. No ACL");
	ok(&t, "usergroup rm devs");
	assert_int_equal(acl_get(t.sh.db, 1, &a), DB_OK);
	assert_int_equal(a->user_groups.n, 0);
	acl_free(a);
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "1\n");
	fails(&t, RUN_FAILED, "usergroup rm default devs", "\"devs\"");
	ok(&t, "usergroup inspect default");
	trial_end(&t);
}

static void
test_create(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_USAGE, "acl create", "needs a --usergroup" },
		{ RUN_USAGE, "acl create --ug=devs", "--hostgroup or a" },
		{ RUN_USAGE, "acl create --hg=ops", "needs a --usergroup" },
		{ RUN_USAGE, "acl create --pattern=*", "needs a --usergroup" },
		{ RUN_USAGE, "acl create --ug=devs --pattern=''", "needs" },
		{ RUN_USAGE, "acl create --ug=devs --hg=ops --action=perhaps",
		    "--action: it takes allow or deny" },
		{ RUN_USAGE, "acl create --ug=devs --hg=ops -w -1",
		    "not a number" },
		{ RUN_USAGE, "acl create --ug=devs --hg=ops -e soon",
		    "\"soon\" is not a time" },
		{ RUN_FAILED, "acl create --ug=devs --hg=ops "
		    "-e 1970-01-01T00:00:00Z", "before all time" },
		{ RUN_FAILED, "acl create --ug=devs,nosuch --hg=ops",
		    "no user group \"nosuch\"" },
		{ RUN_FAILED, "acl create --ug=devs --hg=ops,a,b",
		    "no host group \"a\", \"b\"" },
	};
	struct trial	 t;
	struct acl	*a;
	int64_t		 before, now = clock_utc();
	size_t		 i;

	set_scene(&t, fixture_use(state)->db);
	before = count_events(&t);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
	ok(&t, "acl ls -q");
	assert_string_equal(t.out, "");
	assert_int_equal(count_events(&t), before);
	before = generation(&t);
	ok(&t, "acl create --usergroup=devs --ug=default --hostgroup ops "
	    "--hg default --pattern 'web*' --action deny --weight=0 "
	    "--inception='2001-02-03 04:05' --expiration=+8h --comment=why");
	assert_string_equal(t.out, "1\n");
	assert_true(generation(&t) > before);
	assert_int_equal(acl_get(t.sh.db, 1, &a), DB_OK);
	assert_int_equal(a->action, ACL_DENY);
	assert_int_equal(a->weight, 0);
	assert_string_equal(a->host_pattern, "web*");
	assert_string_equal(a->comment, "why");
	assert_in_range(a->inception, 981000000, 981300000);
	assert_in_range(a->expiration, now + 8 * 3600, now + 8 * 3600 + 60);
	assert_int_equal(a->user_groups.n, 2);
	assert_int_equal(a->host_groups.n, 2);
	acl_free(a);
	ok(&t, "acl create --ug devs --pattern 10.0.0.?");
	assert_int_equal(acl_get(t.sh.db, 2, &a), DB_OK);
	assert_int_equal(a->action, ACL_ALLOW);
	assert_int_equal(a->expiration, 0);
	acl_free(a);
	trial_end(&t);
}

static void
test_ls(void **state)
{
	struct trial	 t;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops -w 42 -c test");
	ok(&t, "acl create --ug=devs,default --pattern='w*' --action=deny "
	    "-e 2001-02-03T04:05:06Z");
	ok(&t, "acl ls");
	assert_header(&t, (const char *[]){ "ID", "Weight", "User groups",
	    "Host groups", "Host pattern", "Action", "Inception",
	    "Expiration", "Updated", "Created", "Comment", NULL });
	assert_non_null(strstr(t.out, "\nTotal: 2 ACLs.\n"));
	ok(&t, "acl ls --quiet");
	assert_string_equal(t.out, "2\n1\n");
	ok(&t, "acl ls --latest -q");
	assert_string_equal(t.out, "2\n");
	ok(&t, "acl inspect 1 2");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 2);
	assert_int_equal(json_integer_value(member(all, 0, "ID")), 1);
	assert_int_equal(json_integer_value(member(all, 0, "Weight")), 42);
	assert_string_equal(text(all, 0, "Action"), "allow");
	assert_string_equal(text(all, 0, "HostPattern"), "");
	assert_string_equal(text(all, 0, "Comment"), "test");
	assert_true(json_is_string(member(all, 0, "CreatedAt")));
	assert_true(json_is_string(member(all, 0, "UpdatedAt")));
	assert_true(json_is_null(member(all, 0, "DeletedAt")));
	assert_true(json_is_null(member(all, 0, "Inception")));
	assert_string_equal(text(member(all, 0, "HostGroups"), 0, "Name"),
	    "ops");
	assert_string_equal(text(member(all, 1, "UserGroups"), 1, "Name"),
	    "devs");
	assert_string_equal(text(all, 1, "Expiration"),
	    "2001-02-03T04:05:06Z");
	json_decref(all);
	fails(&t, RUN_FAILED, "acl inspect 1 7 x", "no ACL \"7\", \"x\"");
	fails(&t, RUN_FAILED, "acl rm 1 7", "no ACL \"7\"");
	ok(&t, "acl rm 1");
	ok(&t, "acl ls -q");
	assert_string_equal(t.out, "2\n");
	trial_end(&t);
}

static void
test_update(void **state)
{
	struct trial	 t;
	struct acl	*a;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops -w 42 -i +1h -e +2h");
	ok(&t, "acl create --ug=devs --hg=ops -w 43");
	ok(&t, "acl update 1 2 --weight=0 -a deny -c why --pattern='w*' "
	    "--unset-inception --unset-expiration --ug default "
	    "--unassign-usergroup=devs --assign-hostgroup=default,ops");
	assert_int_equal(acl_get(t.sh.db, 1, &a), DB_OK);
	assert_int_equal(a->weight, 0);
	assert_int_equal(a->action, ACL_DENY);
	assert_int_equal(a->inception, 0);
	assert_int_equal(a->expiration, 0);
	assert_string_equal(a->comment, "why");
	assert_string_equal(a->host_pattern, "w*");
	assert_int_equal(a->user_groups.n, 1);
	assert_string_equal(a->user_groups.name[0], "default");
	assert_int_equal(a->host_groups.n, 2);
	acl_free(a);
	assert_int_equal(acl_get(t.sh.db, 2, &a), DB_OK);
	assert_int_equal(a->weight, 0);
	acl_free(a);
	/* what is not named stays */
	ok(&t, "acl update 1 -e '2001-02-03 04:05'");
	assert_int_equal(acl_get(t.sh.db, 1, &a), DB_OK);
	assert_int_equal(a->action, ACL_DENY);
	assert_string_equal(a->comment, "why");
	assert_in_range(a->expiration, 981000000, 981300000);
	acl_free(a);
	ok(&t, "acl update 1 --unassign-hostgroup=ops,default");
	fails(&t, RUN_FAILED, "acl update 1 --pattern=",
	    "ACL 1 would be left without a host group and a pattern");
	fails(&t, RUN_FAILED, "acl update 2 1 --unassign-usergroup=default",
	    "ACL 2 would be left without a user group");
	fails(&t, RUN_FAILED, "acl update 2 --unassign-usergroup=nosuch",
	    "no user group \"nosuch\"");
	fails(&t, RUN_USAGE, "acl update 2 --hg=ops --unassign-hostgroup=ops",
	    "not both");
	fails(&t, RUN_USAGE, "acl update 2 -e +1h --unset-expiration",
	    "do not go together");
	fails(&t, RUN_USAGE, "acl update 2 -a perhaps", "allow or deny");
	fails(&t, RUN_USAGE, "acl update 2", "an option is missing");
	fails(&t, RUN_FAILED, "acl update 2 7 -c x", "no ACL \"7\"");
	assert_int_equal(acl_get(t.sh.db, 2, &a), DB_OK);
	assert_int_equal(a->user_groups.n, 1);
	assert_string_equal(a->comment, "why");
	acl_free(a);
	trial_end(&t);
}

static void
test_explain(void **state)
{
	struct trial	 t;
	struct user	*u;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	explains(&t, "Verdict: deny. No ACL that is in force speaks of this "
	    "user, this host and this account.\n");
	assert_non_null(strstr(t.out,
	    "\nTotal: 0 ACLs of this user and host.\n"));
	ok(&t, "acl create --ug=devs --hg=ops -w 5");
	explains(&t, "Verdict: allow, by ACL 1.\n");
	ok(&t, "acl create --ug=devs --pattern='web*.org' --action=deny -w 5");
	explains(&t, "Verdict: deny, by ACL 2.\n");
	ok(&t, "acl create --ug=devs --pattern=web? -w 4 -c mine -e +1h");
	explains(&t, "Verdict: allow, by ACL 3.\n");
	/* not about this host, not about this user, not now */
	ok(&t, "acl create --ug=devs --pattern='db*' --action=deny");
	ok(&t, "acl create --ug=default --hg=ops --action=deny");
	ok(&t, "acl create --ug=devs --hg=ops --action=deny -i +1h");
	explains(&t, "Verdict: allow, by ACL 3.\n");
	ok(&t, "acl explain --json 2 1");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 4);
	assert_int_equal(json_integer_value(member(all, 0, "ID")), 6);
	assert_true(json_is_false(member(all, 0, "InForce")));
	assert_true(json_is_false(member(all, 0, "Decides")));
	assert_int_equal(json_integer_value(member(all, 1, "ID")), 3);
	assert_true(json_is_true(member(all, 1, "Decides")));
	assert_string_equal(text(all, 1, "Comment"), "mine");
	assert_string_equal(text(member(all, 1, "UserGroups"), 0, "Name"),
	    "devs");
	assert_int_equal(json_integer_value(member(all, 2, "ID")), 2);
	assert_int_equal(json_integer_value(member(all, 3, "ID")), 1);
	json_decref(all);
	ok(&t, "acl update 3 -e 2001-01-01");
	explains(&t, "Verdict: deny, by ACL 2.\n");
	ok(&t, "acl rm 2");
	explains(&t, "Verdict: allow, by ACL 1.\n");
	assert_int_equal(user_by_name(t.sh.db, "bob", &u), DB_OK);
	u->disabled = 1;
	assert_int_equal(user_update(t.sh.db, u), DB_OK);
	user_free(u);
	explains(&t, "Verdict: deny. The account is disabled");
	fails(&t, RUN_FAILED, "acl explain nosuch web1",
	    "no user \"nosuch\"");
	fails(&t, RUN_FAILED, "acl explain bob nosuch",
	    "no host \"nosuch\"");
	fails(&t, RUN_USAGE, "acl explain bob", "USER HOST");
	fails(&t, RUN_USAGE, "acl explain bob web1 web1", "too much");
	trial_end(&t);
}

static const char *
allow_of(json_t *all, size_t i)
{
	return (text(all, i, "Allow"));
}

/* What a rule and a host allow: set, shown, back to the default, explained. */
static void
test_kinds(void **state)
{
	struct trial	 t;
	struct host	*h;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops --allow=scp --allow=sftp,agent");
	ok(&t, "acl create --ug=devs --hg=ops -w 3 --allow=all");
	ok(&t, "acl create --ug=devs --pattern='web*' --allow default");
	ok(&t, "acl inspect 1 2 3");
	all = printed(&t);
	assert_string_equal(allow_of(all, 0), "sftp,scp,agent");
	assert_string_equal(allow_of(all, 1), "all");
	assert_string_equal(allow_of(all, 2), "");
	json_decref(all);
	ok(&t, "acl ls");
	assert_non_null(strstr(t.out, " sftp,scp,agent\n"));
	ok(&t, "acl update 3 --allow=jump");
	explains(&t, "Verdict: allow, by ACL 1.\n"
	    "Allowed there: sftp,scp,agent.\n"
	    "  ACL 1 allows sftp,scp,agent.\n  ACL 3 allows jump.\n"
	    "  The host allows all but jump.\n");
	ok(&t, "host update web1 --allow=jump,sftp");
	ok(&t, "acl explain bob web1 --json");
	all = printed(&t);
	assert_string_equal(text(all, 0, "Grants"), "sftp");
	assert_string_equal(text(all, 1, "Grants"), "jump");
	assert_string_equal(text(all, 2, "Grants"), "");
	assert_string_equal(allow_of(all, 2), "all");
	json_decref(all);
	ok(&t, "host inspect web1");
	all = printed(&t);
	assert_string_equal(allow_of(all, 0), "sftp,jump");
	json_decref(all);
	ok(&t, "host update web1 --allow=default");
	ok(&t, "acl update 1 3 --allow=default");
	ok(&t, "host create telnet://192.0.2.9 --name=tel --allow=shell,x11");
	assert_int_equal(host_by_name(t.sh.db, "tel", &h), DB_OK);
	assert_int_equal(h->allow, KIND_BIT(KIND_SHELL) | KIND_BIT(KIND_X11));
	assert_int_equal(host_kinds(h), KIND_BIT(KIND_SHELL));
	host_free(h);
	ok(&t, "host ls --json");
	all = printed(&t);
	assert_string_equal(allow_of(all, 0), "shell,x11");
	assert_string_equal(allow_of(all, 1), "");
	json_decref(all);
	explains(&t, "Verdict: allow, by ACL 1.\n"
	    "Allowed there: all but jump.\n");
	fails(&t, RUN_USAGE, "acl update 1 --allow=none", "it takes shell");
	fails(&t, RUN_USAGE, "acl update 1 --allow=", "name what is allowed");
	fails(&t, RUN_USAGE, "host update web1 --allow=,", "name what is");
	fails(&t, RUN_FAILED, "acl update 1 --action=deny --allow=sftp",
	    "denies everything");
	ok(&t, "acl update 1 --action=deny --allow=default");
	explains(&t, "Verdict: deny, by ACL 1.\nID");
	trial_end(&t);
}

/* What is recorded: by whose wish, and whether it must be. */
static void
test_recorded(void **state)
{
	struct trial	 t;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops --logging=input");
	ok(&t, "acl create --ug=devs --hg=ops --record=required "
	    "--allow=default,jump");
	ok(&t, "acl create --ug=devs --pattern='web*' -l full");
	ok(&t, "acl inspect 1 2 3");
	all = printed(&t);
	assert_string_equal(text(all, 0, "Logging"), "input");
	assert_string_equal(text(all, 0, "Record"), "");
	assert_string_equal(text(all, 1, "Logging"), "");
	assert_string_equal(text(all, 1, "Record"), "required");
	assert_string_equal(text(all, 2, "Logging"), "full");
	json_decref(all);
	ok(&t, "host update web1 --allow=default,jump --logging=disabled");
	explains(&t, "Verdict: allow, by ACL 1.\nAllowed there: all.\n"
	    "  ACL 1 allows all but jump.\n  ACL 2 allows all.\n"
	    "  ACL 3 allows all but jump.\n  The host allows all.\n"
	    "Recorded there: full, and no session without it.\n"
	    "  ACL 1 asks for input.\n"
	    "  ACL 2 requires it.\n"
	    "  ACL 3 asks for full.\n  The host asks for disabled.\n"
	    "No jump leads there, for it could not be recorded.\n");
	ok(&t, "acl update 2 3 --logging=host --record=possible");
	ok(&t, "acl update 1 --logging=disabled");
	explains(&t, "Verdict: allow, by ACL 1.\nAllowed there: all.\n"
	    "  ACL 1 allows all but jump.\n  ACL 2 allows all.\n"
	    "  ACL 3 allows all but jump.\n  The host allows all.\n"
	    "Recorded there: nothing.\n  ACL 1 asks for disabled.\n"
	    "  The host asks for disabled.\n");
	ok(&t, "acl explain bob web1 --json");
	all = printed(&t);
	assert_string_equal(text(all, 0, "Logging"), "disabled");
	json_decref(all);
	ok(&t, "host update web1 --logging=everything --record=required");
	ok(&t, "host inspect web1");
	all = printed(&t);
	assert_string_equal(text(all, 0, "Record"), "required");
	json_decref(all);
	ok(&t, "host ls");
	assert_non_null(strstr(t.out, " required\n"));
	fails(&t, RUN_FAILED, "host update web1 --logging=disabled",
	    "choose another --logging, or --record=possible");
	fails(&t, RUN_FAILED, "acl update 1 --record=required",
	    "choose another --logging, or --record=possible");
	ok(&t, "host update web1 --logging=disabled --record=possible");
	fails(&t, RUN_USAGE, "host update web1 --logging=host", "everything");
	fails(&t, RUN_USAGE, "acl update 1 --record=perhaps", "required");
	fails(&t, RUN_FAILED, "acl create --ug=devs --hg=ops --action=deny "
	    "--record=required", "nothing to record");
	fails(&t, RUN_FAILED, "acl create --ug=devs --hg=ops --action=deny "
	    "--logging=full", "nothing to record");
	ok(&t, "host create u:p@192.0.2.77 --name=w --record=required");
	fails(&t, RUN_FAILED, "host create u:p@192.0.2.78 --name=v "
	    "--logging=disabled --record=required", "--record=possible");
	trial_end(&t);
}

/* Accounts on the host, whose own is "root": who may be which, and why. */
static void
test_account(void **state)
{
	struct trial	 t;
	struct acl	*a;
	struct host	*h;
	json_t		*all;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops -w 5");
	ok(&t, "acl create --ug=devs --hg=ops -w 6 --login='dep*'");
	ok(&t, "acl create --ug=devs --hg=ops -w 4 --login=deputy -a deny");
	ok(&t, "acl inspect 2 1");
	all = printed(&t);
	assert_string_equal(text(all, 0, "LoginPattern"), "dep*");
	assert_string_equal(text(all, 1, "LoginPattern"), "");
	json_decref(all);
	explains(&t, "Verdict: allow, by ACL 1.\n");
	ok(&t, "acl explain bob web1 --login=root");
	assert_memory_equal(t.out, "Verdict: allow, by ACL 1.\n", 26);
	ok(&t, "acl explain bob web1 --login=nobody");
	assert_memory_equal(t.out, "Verdict: deny. No ACL", 21);
	assert_non_null(strstr(t.out, "not the host's own"));
	assert_non_null(strstr(t.out, "does not fit"));
	assert_non_null(strstr(t.out, "\nTotal: 3 ACLs"));
	ok(&t, "acl explain bob web1 --login=deputy");
	assert_memory_equal(t.out, "Verdict: deny, by ACL 3.\n", 25);
	ok(&t, "acl explain bob web1 --login=deploy --json");
	all = printed(&t);
	assert_int_equal(json_array_size(all), 3);
	assert_string_equal(text(all, 0, "Account"), "does not fit");
	assert_string_equal(text(all, 1, "Account"), "not the host's own");
	assert_string_equal(text(all, 2, "Account"), "fits");
	assert_string_equal(text(all, 2, "LoginPattern"), "dep*");
	assert_true(json_is_true(member(all, 2, "Decides")));
	json_decref(all);
	ok(&t, "acl update 3 --login=");
	ok(&t, "acl explain bob web1 --login=deploy");
	assert_memory_equal(t.out, "Verdict: deny, by ACL 3.\n", 25);
	assert_int_equal(acl_get(t.sh.db, 3, &a), DB_OK);
	assert_string_equal(a->login_pattern, "");
	acl_free(a);
	ok(&t, "acl update 3 -w 9");
	ok(&t, "acl explain bob web1 --login=deploy");
	assert_memory_equal(t.out, "Verdict: allow, by ACL 2.\n", 26);
	assert_null(strstr(t.out, "a password and no key"));
	assert_int_equal(host_by_name(t.sh.db, "web1", &h), DB_OK);
	assert_int_equal(host_set_password(t.sh.db, h->id, "sealed"), DB_OK);
	host_free(h);
	ok(&t, "acl explain bob web1 --login=deploy");
	assert_non_null(strstr(t.out, "a password and no key"));
	ok(&t, "acl explain bob web1");
	assert_null(strstr(t.out, "a password and no key"));
	fails(&t, RUN_FAILED, "acl explain bob web1 --login=",
	    "cannot be an account");
	fails(&t, RUN_FAILED, "acl explain bob web1 --login=a\033b",
	    "\"a\\x1bb\" cannot be an account");
	trial_end(&t);
}

/* The operator's program is not asked, and that is said. */
static void
test_explain_hook(void **state)
{
	struct settings	s = { .acl_check_cmd = (char *)"/bin/false" };
	struct trial	t;

	set_scene(&t, fixture_use(state)->db);
	t.sh.settings = &s;
	explains(&t, "Verdict: deny. No ACL");
	assert_non_null(strstr(t.out, "--acl-check-cmd has the last word"));
	s.acl_check_cmd = (char *)"";
	explains(&t, "Verdict: deny. No ACL");
	assert_null(strstr(t.out, "--acl-check-cmd"));
	trial_end(&t);
}

/* The first operand is a user, the second a host. */
static void
test_complete(void **state)
{
	static const struct {
		const char	*line, *name;
	} cases[] = {
		{ "acl explain b", "bob" },
		{ "acl explain bob w", "web1" },
		{ "acl explain --json b", "bob" },
		{ "acl explain --json bob ", "web1" },
		{ "acl update ", "1" },
		{ "acl update 1 --ug de", "devs" },
		{ "acl update --ug 1 ", "1" },
		{ "acl update 1 --allow=s", "--allow=sftp" },
		{ "acl update 1 --allow sftp,forward-r",
		    "sftp,forward-remote" },
		{ "host update web1 --allow j", "jump" },
	};
	struct completion	 c;
	struct trial		 t;
	size_t			 i, k;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		complete_line(&t.sh, cases[i].line, &c);
		for (k = 0; k < c.names.n; k++) {
			if (strncmp(c.names.name[k], cases[i].name,
			    strlen(cases[i].name)) == 0)
				break;
		}
		if (k == c.names.n)
			fail_msg("\"%s\" is not completed", cases[i].line);
		complete_free(&c);
	}
	trial_end(&t);
}

static void
test_roles(void **state)
{
	static const char *const	reads[] = { "acl ls", "acl inspect 1",
					    "acl explain bob web1",
					    "hostgroup ls",
					    "hostgroup inspect ops",
					    "usergroup ls",
					    "usergroup inspect devs" };
	static const char *const	writes[] = {
		"acl create --ug=devs --pattern=x", "acl rm 1",
		"acl update 1 -c x", "hostgroup create", "hostgroup rm ops",
		"hostgroup update ops -c x", "usergroup create",
		"usergroup rm devs", "usergroup update devs -c x",
	};
	struct trial			t;
	int64_t				auditor, bob;
	size_t				i;

	set_scene(&t, fixture_use(state)->db);
	ok(&t, "acl create --ug=devs --hg=ops");
	auditor = add_user(t.sh.db, "auditor", ROLE_AUDITOR);
	bob = add_user(t.sh.db, "eve", ROLE_STANDARD);
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		t.sh.user_id = auditor;
		ok(&t, reads[i]);
		t.sh.user_id = bob;
		fails(&t, RUN_FAILED, reads[i], "do not permit");
	}
	for (i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		t.sh.user_id = auditor;
		fails(&t, RUN_FAILED, writes[i], "do not permit");
		t.sh.user_id = bob;
		fails(&t, RUN_FAILED, writes[i], "do not permit");
	}
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_group_create),
		ON_SQLITE(test_group_local),
		ON_BOTH(test_group_ls),
		ON_BOTH(test_group_update),
		ON_BOTH(test_group_rm),
		ON_BOTH(test_create),
		ON_BOTH(test_ls),
		ON_BOTH(test_update),
		ON_BOTH(test_explain),
		ON_BOTH(test_kinds),
		ON_BOTH(test_recorded),
		ON_BOTH(test_account),
		ON_SQLITE(test_explain_hook),
		ON_SQLITE(test_complete),
		ON_SQLITE(test_roles),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
