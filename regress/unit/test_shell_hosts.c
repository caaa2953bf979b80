/* SPDX-License-Identifier: ISC */
/*
 * Commands that look at hosts and change them, against a real store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "db/event.h"
#include "db/host.h"
#include "db/user.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"

#define SECRET	"tr0ub4dor&3"

static struct host *
host_of(struct trial *t, const char *name)
{
	struct host	*h;

	assert_int_equal(host_by_name(t->sh.db, name, &h), DB_OK);
	return (h);
}

static void
begin(struct trial *t, void **state)
{
	trial_begin(t, fixture_use(state)->db);
	ok(t, "key create --name=default");
	ok(t, "key create --name=host");
	ok(t, "key create --name=other");
	ok(t, "host create web1");
	ok(t, "host create web2");
	ok(t, "host create web3 --hop=web2");
}

static void
pin(struct trial *t, const char *name)
{
	struct host	*h = host_of(t, name);
	unsigned char	*pinned;
	size_t		 len;

	assert_int_equal(host_pin_key(t->sh.db, h->id, "ssh-ed25519", "abc", 3,
	    &pinned, &len), DB_OK);
	free(pinned);
	host_free(h);
}

static void
assert_password(struct trial *t, const char *name, const char *password)
{
	struct host	*h = host_of(t, name);
	void		*plain;
	size_t		 len;

	assert_int_equal(trial_open(t, SEAL_HOST_TABLE, SEAL_HOST_COLUMN,
	    h->id, h->password_sealed, &plain, &len), 0);
	assert_int_equal(len, strlen(password));
	assert_memory_equal(plain, password, len);
	sodium_free(plain);
	host_free(h);
}

static void
test_update(void **state)
{
	struct trial	 t;
	struct host	*h;
	int64_t		 id;

	begin(&t, state);
	h = host_of(&t, "web1");
	id = h->id;
	host_free(h);
	ok(&t, "host update web1 -n shop --url=bart@shop.example.org:2022 "
	    "--comment='the shop'");
	assert_string_equal(t.out, "");
	h = host_of(&t, "shop");
	assert_int_equal(h->id, id);
	assert_string_equal(h->addr, "shop.example.org");
	assert_string_equal(h->login, "bart");
	assert_int_equal(h->port, 2022);
	assert_string_equal(h->comment, "the shop");
	assert_string_equal(h->key_name, "default");
	host_free(h);
	assert_int_equal(run(&t, "host update shop web2 --key=other "
	    "--logging=input --assign-group=ops --unassign-group default"),
	    RUN_OK);
	h = host_of(&t, "web2");
	assert_string_equal(h->key_name, "other");
	assert_int_equal(h->logging, LOGGING_INPUT);
	assert_int_equal(h->groups.n, 1);
	assert_string_equal(h->groups.name[0], "ops");
	host_free(h);
	ok(&t, "host update web2 --unset-key --set-hop=shop -l everything");
	ok(&t, "host update web3 --unset-hop");
	h = host_of(&t, "web2");
	assert_int_equal(h->key_id, 0);
	assert_string_equal(h->hop_name, "shop");
	assert_int_equal(h->logging, LOGGING_EVERYTHING);
	host_free(h);
	h = host_of(&t, "web3");
	assert_int_equal(h->hop_id, 0);
	host_free(h);
	ok(&t, "host update web2 --unset-hop --url telnet://[2001:db8::1]");
	h = host_of(&t, "web2");
	assert_int_equal(h->scheme, HOST_TELNET);
	assert_int_equal(h->port, 23);
	host_free(h);
	pin(&t, "shop");
	ok(&t, "host update shop --comment=''");
	h = host_of(&t, "shop");
	assert_int_equal(h->host_keylen, 3);
	assert_string_equal(h->comment, "");
	host_free(h);
	ok(&t, "host update shop --reset-hostkey");
	h = host_of(&t, "shop");
	assert_null(h->host_key);
	host_free(h);
	trial_end(&t);
}

/* Sealed for each row; in no event, whichever way it came. */
static void
test_password(void **state)
{
	struct trial		 t;
	struct event_list	*l;
	struct host		*h;
	size_t			 i;

	begin(&t, state);
	ok(&t, "host update web1 web2 --password='" SECRET "'");
	assert_password(&t, "web1", SECRET);
	assert_password(&t, "web2", SECRET);
	ok(&t, "host update web3 --url='u:" SECRET "@h'");
	assert_password(&t, "web3", SECRET);
	ok(&t, "host update web3 -u=u:" "second" "@h");
	assert_password(&t, "web3", "second");
	/* a URL without one leaves it alone */
	ok(&t, "host update web3 --url=u@h2");
	assert_password(&t, "web3", "second");
	ok(&t, "host update web3 --unset-password");
	h = host_of(&t, "web3");
	assert_null(h->password_sealed);
	host_free(h);
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	for (i = 0; i < l->n; i++) {
		assert_null(strstr(l->v[i].args, SECRET));
		assert_null(strstr(l->v[i].args, "second"));
	}
	assert_non_null(strstr(l->v[2].args, "[\"web3\",\"-u=u:****@h\"]"));
	assert_non_null(strstr(l->v[3].args,
	    "[\"web3\",\"--url=u:****@h\"]"));
	event_list_free(l);
	fails(&t, RUN_FAILED, "host update web1 --url='u:" SECRET "@h:0'",
	    "port");
	assert_null(strstr(t.err, SECRET));
	t.refuse = 1;
	fails(&t, RUN_FAILED, "host update web3 -p x", "cannot be sealed");
	trial_end(&t);
}

static void
test_refused(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_USAGE, "host update", "HOST is missing" },
		{ RUN_USAGE, "host update web1", "an option is missing" },
		{ RUN_USAGE, "host update web1 web2 --name=x",
		    "--name is for one host only" },
		{ RUN_USAGE, "host update web1 web2 --url=x",
		    "--url is for one host only" },
		{ RUN_USAGE, "host update web1 --hop=web2 --unset-hop",
		    "do not go together" },
		{ RUN_USAGE, "host update web1 --key=other --unset-key",
		    "do not go together" },
		{ RUN_USAGE, "host update web1 -p x --unset-password",
		    "do not go together" },
		{ RUN_FAILED, "host update web1 -u=u:p@h --unset-password",
		    "do not go together" },
		{ RUN_FAILED, "host update web1 -p ''", "an empty password" },
		{ RUN_USAGE, "host update web1 -l some", "\"some\"" },
		{ RUN_FAILED, "host update web1 nosuch neither -c x",
		    "no host \"nosuch\", \"neither\"" },
		{ RUN_FAILED, "host update web1 -c x -k nosuch",
		    "no key \"nosuch\"" },
		{ RUN_FAILED, "host update web1 -c x -k host",
		    "own host key" },
		{ RUN_FAILED, "host update web1 -c x -o nosuch",
		    "no host \"nosuch\"" },
		{ RUN_FAILED, "host update web1 -c x -g nosuch",
		    "no host group \"nosuch\"" },
		{ RUN_FAILED, "host update web1 -c x --unassign-group=nosuch",
		    "no host group \"nosuch\"" },
		{ RUN_FAILED, "host update web1 -c x -n web2",
		    "a host \"web2\" already" },
		{ RUN_FAILED, "host update web1 -n healthcheck",
		    "portal's own" },
		{ RUN_FAILED, "host update web1 -c x -u http://h",
		    "scheme \"http\"" },
		/* the first would do, and nothing of it remains */
		{ RUN_FAILED, "host update web1 web2 -c x --hop=web2",
		    "through itself" },
		{ RUN_FAILED, "host update web1 web2 -c x --hop=web3",
		    "through itself" },
		{ RUN_FAILED, "host update web1 --hop=tele1",
		    "\"tele1\" is a telnet host" },
		{ RUN_FAILED, "host update tele1 --hop=web1",
		    "cannot lie behind" },
		{ RUN_FAILED, "host create telnet://t2 --hop=web1",
		    "cannot lie behind" },
		{ RUN_FAILED, "host update web2 --url=telnet://web2",
		    "which therefore cannot be a telnet host" },
		{ RUN_FAILED, "host create behind --hop=tele1",
		    "\"tele1\" is a telnet host" },
		{ RUN_FAILED, "host inspect web1 nosuch",
		    "no host \"nosuch\"" },
		{ RUN_USAGE, "host inspect", "HOST is missing" },
	};
	struct trial	 t;
	struct host	*h;
	int64_t		 events;
	size_t		 i;

	begin(&t, state);
	ok(&t, "host create telnet://192.0.2.9 --name=tele1");
	events = count_events(&t);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
		h = host_of(&t, "web1");
		assert_string_equal(h->comment, "");
		assert_int_equal(h->hop_id, 0);
		host_free(h);
		assert_int_equal(count_events(&t), events);
	}
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	fails(&t, RUN_FAILED, "host update web1 -c x", "roles");
	trial_end(&t);
}

static json_t *
member(json_t *all, size_t i, const char *name)
{
	json_t	*m = json_object_get(json_array_get(all, i), name);

	assert_non_null(m);
	return (m);
}

static void
test_inspect(void **state)
{
	struct trial		 t;
	struct event_list	*l;
	json_t			*all;
	int64_t			 events;

	begin(&t, state);
	ok(&t, "host update web1 -p '" SECRET "' -c hi");
	pin(&t, "web1");
	events = count_events(&t);
	ok(&t, "host inspect web1 web3 1");
	assert_null(strstr(t.out, SECRET));
	assert_null(strstr(t.out, "hosts.password"));
	assert_non_null(all = json_loads(t.out, 0, NULL));
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(json_string_value(member(all, 0, "Name")),
	    "web1");
	assert_string_equal(json_string_value(member(all, 0, "URL")),
	    "ssh://root@web1");
	assert_string_equal(json_string_value(member(all, 0, "HostKey")),
	    "YWJj");
	assert_string_equal(json_string_value(member(all, 0, "Password")),
	    "");
	assert_true(json_is_true(member(all, 0, "HasPassword")));
	assert_true(json_is_null(member(all, 0, "DeletedAt")));
	assert_string_equal(json_string_value(json_object_get(member(all, 0,
	    "SSHKey"), "Name")), "default");
	assert_true(json_is_null(member(all, 1, "HostKey")));
	assert_string_equal(json_string_value(json_object_get(member(all, 1,
	    "Hop"), "Name")), "web2");
	assert_int_equal(json_integer_value(member(all, 1, "HopID")), 2);
	json_decref(all);
	assert_int_equal(count_events(&t), events);
	ok(&t, "host inspect --decrypt web1 web2");
	assert_non_null(strstr(t.out, SECRET));
	assert_int_equal(count_events(&t), events + 1);
	assert_int_equal(event_list(t.sh.db, 0, 1, &l), DB_OK);
	assert_string_equal(l->v[0].action, "inspect");
	assert_string_equal(l->v[0].entity, "web1, web2");
	assert_null(strstr(l->v[0].args, SECRET));
	event_list_free(l);
	t.refuse = 1;
	fails(&t, RUN_FAILED, "host inspect --decrypt web1",
	    "could not be decrypted");
	t.refuse = 0;
	t.sh.user_id = add_user(t.sh.db, "lister", ROLE_LISTHOSTS);
	ok(&t, "host inspect web1");
	fails(&t, RUN_FAILED, "host inspect --decrypt web1",
	    "passwords are for administrators");
	t.sh.user_id = add_user(t.sh.db, "bob", ROLE_STANDARD);
	fails(&t, RUN_FAILED, "host inspect web1", "roles");
	trial_end(&t);
}

static void
input(struct trial *t, const char *text)
{
	if (t->sh.in != NULL)
		fclose(t->sh.in);
	assert_non_null(t->sh.in = fmemopen((void *)text, strlen(text), "r"));
}

/* Without a value it is a line of standard input, and nothing of it stays. */
static void
test_password_read(void **state)
{
	static const char *const	made[] = {
		"host create u@h0 --password", "host create u@h1 --password=-",
		"host create -p=- u@h2", "host create u@h3 -p -",
		"host create --password --comment=x u@h4",
		"host create u@h5 -cx -p", "host create --password -- u@h6",
	};
	struct trial	 t;
	char		 name[8], *all;
	size_t		 i;

	begin(&t, state);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		input(&t, i % 2 == 0 ? SECRET "\nnext line\n" : SECRET);
		ok(&t, made[i]);
		snprintf(name, sizeof(name), "h%zu", i);
		assert_password(&t, name, SECRET);
	}
	input(&t, "another\r\n");
	ok(&t, "host update h0 h1 --password");
	assert_password(&t, "h0", "another");
	assert_password(&t, "h1", "another");
	input(&t, "another");
	fails(&t, RUN_USAGE, "host update h0 --password --unset-password",
	    "do not go together");
	for (i = 0; i < 3; i++) {
		input(&t, i == 0 ? "\n" : i == 1 ? "\r\nx\n" : "\n\n");
		fails(&t, RUN_FAILED, "host update h0 --password",
		    "no password came");
	}
	all = xmalloc(3000);
	memset(all, 'x', 2999);
	all[2999] = '\0';
	input(&t, all);
	fails(&t, RUN_FAILED, "host update h0 --password",
	    "longer than 1024 bytes");
	free(all);
	fclose(t.sh.in);
	t.sh.in = NULL;
	fails(&t, RUN_FAILED, "host update h0 --password", "no password came");
	assert_password(&t, "h0", "another");
	/* a value that follows is one, whatever it looks like */
	ok(&t, "host update h0 --password --nonsense");
	assert_password(&t, "h0", "--nonsense");
	ok(&t, "event ls --json --limit=0");
	assert_null(strstr(t.out, SECRET));
	assert_null(strstr(t.out, "nonsense"));
	assert_non_null(strstr(t.out, "\"--password\""));
	/* who may not is not asked */
	t.sh.user_id = add_user(t.sh.db, "reader", ROLE_AUDITOR);
	input(&t, SECRET);
	fails(&t, RUN_FAILED, "host update h0 --password", "roles");
	assert_int_equal(fgetc(t.sh.in), SECRET[0]);
	fclose(t.sh.in);
	trial_end(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_BOTH(test_update),
		ON_BOTH(test_password),
		ON_BOTH(test_password_read),
		ON_BOTH(test_refused),
		ON_BOTH(test_inspect),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
