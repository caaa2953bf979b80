/* SPDX-License-Identifier: ISC */
/*
 * Commands run against a real store, with a sealer of our own: what they
 * print, what they change, what they refuse, and what they leave in the audit
 * log. And a walk over the table of all commands.
 */
#include <sys/stat.h>
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
#include <locale.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "db/event.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/seal.h"
#include "db/session.h"
#include "db/user.h"
#include "lib/clock.h"
#include "lib/token.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "regress/unit/shell_trial.h"
#include "shell/cmd_entries.h"
#include "shell/complete.h"
#include "shell/help.h"
#include "shell/lookup.h"

#define SECRET	"tr0ub4dor&3"

static int64_t
count_hosts(struct trial *t)
{
	int64_t	n;

	assert_int_equal(host_count(t->sh.db, &n), DB_OK);
	return (n);
}

static void
add_keys(struct trial *t)
{
	ok(t, "key create --name=default");
	ok(t, "key create --name=host");
}

/* Member of the i-th object of the JSON that was printed. */
static json_t *
member(json_t *all, size_t i, const char *name)
{
	json_t	*m = json_object_get(json_array_get(all, i), name);

	assert_non_null(m);
	return (m);
}

static void
test_host_create(void **state)
{
	struct trial	 t;
	struct host	*h;

	trial_begin(&t, fixture_use(state)->db);
	fails(&t, RUN_FAILED, "host create web1", "no key \"default\"");
	add_keys(&t);
	assert_int_equal(run(&t, "host create bart@web1.example.org:2022 "
	    "-c 'my \"host\"' -g ops,default --logging=input"), RUN_OK);
	assert_string_equal(t.err, "");
	assert_string_equal(t.out, "1\n");
	assert_int_equal(host_by_name(t.sh.db, "web1", &h), DB_OK);
	assert_string_equal(h->addr, "web1.example.org");
	assert_string_equal(h->login, "bart");
	assert_int_equal(h->port, 2022);
	assert_string_equal(h->key_name, "default");
	assert_string_equal(h->comment, "my \"host\"");
	assert_int_equal(h->logging, LOGGING_INPUT);
	assert_int_equal(h->groups.n, 2);
	assert_null(h->password_sealed);
	host_free(h);
	ok(&t, "host create --name=inner --hop web1 -k default 10.0.0.7");
	assert_int_equal(host_by_name(t.sh.db, "inner", &h), DB_OK);
	assert_string_equal(h->hop_name, "web1");
	assert_string_equal(h->login, "root");
	assert_int_equal(h->groups.n, 1);
	host_free(h);
	ok(&t, "host create 192.168.7.9");
	assert_int_equal(host_by_name(t.sh.db, "192.168.7.9", &h), DB_OK);
	host_free(h);
	ok(&t, "host create telnet://[2001:db8::1]");
	assert_int_equal(host_by_name(t.sh.db, "2001:db8::1", &h), DB_OK);
	assert_int_equal(h->port, 23);
	assert_int_equal(h->scheme, HOST_TELNET);
	host_free(h);
	trial_end(&t);
}

/* Sealed for its own row, in the URL or not; shown by nothing. */
static void
test_password(void **state)
{
	static const char *const	lines[] = {
		"host create 'u:" SECRET "@h1'",
		"host create u@h2 --password='" SECRET "'",
		"host create u@h3 -p '" SECRET "'",
	};
	struct trial		 t;
	struct host		*h;
	struct event_list	*l;
	char			 name[8];
	void			*plain;
	size_t			 i, len;

	trial_begin(&t, fixture_use(state)->db);
	for (i = 0; i < 3; i++) {
		ok(&t, lines[i]);
		snprintf(name, sizeof(name), "h%zu", i + 1);
		assert_int_equal(host_by_name(t.sh.db, name, &h), DB_OK);
		assert_int_equal(h->key_id, 0);
		assert_null(strstr(h->password_sealed, SECRET));
		assert_int_equal(trial_open(&t, SEAL_HOST_TABLE,
		    SEAL_HOST_COLUMN, h->id, h->password_sealed, &plain, &len),
		    0);
		assert_int_equal(len, strlen(SECRET));
		assert_memory_equal(plain, SECRET, len);
		sodium_free(plain);
		host_free(h);
	}
	ok(&t, "host ls");
	assert_null(strstr(t.out, SECRET));
	ok(&t, "host ls --json");
	assert_null(strstr(t.out, SECRET));
	assert_null(strstr(t.out, "sealed"));
	ok(&t, "event ls");
	assert_null(strstr(t.out, SECRET));
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 3);
	for (i = 0; i < l->n; i++)
		assert_null(strstr(l->v[i].args, SECRET));
	assert_non_null(strstr(l->v[2].args, "[\"u:****@h1\"]"));
	event_list_free(l);
	/* nor by errors */
	fails(&t, RUN_FAILED, "host create 'u:" SECRET "@h1'", "already");
	assert_null(strstr(t.err, SECRET));
	fails(&t, RUN_FAILED, "host create 'u:" SECRET "@h:0'", "port");
	assert_null(strstr(t.err, SECRET));
	trial_end(&t);
}

static void
test_event(void **state)
{
	struct trial		 t;
	struct event_list	*l;

	trial_begin(&t, fixture_use(state)->db);
	add_keys(&t);
	ok(&t, "host create web1");
	ok(&t, "host create web2 --comment='a b'");
	ok(&t, "host ls");
	ok(&t, "host r web1 2");
	assert_int_equal(event_list(t.sh.db, 0, 0, &l), DB_OK);
	assert_int_equal(l->n, 5);
	assert_string_equal(l->v[0].domain, "host");
	assert_string_equal(l->v[0].action, "rm");
	assert_string_equal(l->v[0].entity, "web1, web2");
	assert_non_null(strstr(l->v[0].args, "[\"web1\",\"2\"]"));
	assert_int_equal(l->v[0].author_id, t.admin);
	assert_string_equal(l->v[0].author_name, "root");
	assert_string_equal(l->v[0].source, "192.0.2.7:4711");
	assert_string_equal(l->v[1].action, "create");
	assert_string_equal(l->v[1].entity, "web2");
	assert_non_null(strstr(l->v[1].args,
	    "[\"web2\",\"--comment=a b\"]"));
	event_list_free(l);
	trial_end(&t);
}

/* What is refused leaves nothing: no row, no event. */
static void
test_nothing_done(void **state)
{
	static const struct {
		int		 status;
		const char	*line, *says;
	} cases[] = {
		{ RUN_FAILED, "host create web1", "\"web1\" already" },
		{ RUN_FAILED, "host create h:0", "port \"0\"" },
		{ RUN_FAILED, "host create http://h", "scheme \"http\"" },
		{ RUN_FAILED, "host create h --group=default,nosuch,neither",
		    "no host group \"nosuch\", \"neither\"" },
		{ RUN_FAILED, "host create h --key=nosuch",
		    "no key \"nosuch\"" },
		{ RUN_FAILED, "host create h --key=host", "own host key" },
		{ RUN_FAILED, "host create h --hop=nosuch",
		    "no host \"nosuch\"" },
		{ RUN_FAILED, "host create h --name=admin", "\"admin\"" },
		{ RUN_FAILED, "host create admin", "\"admin\"" },
		{ RUN_FAILED, "host create healthcheck.example.org",
		    "\"healthcheck\"" },
		{ RUN_FAILED, "host create h --name=a:b", "\"a:b\"" },
		{ RUN_FAILED, "host create h --name=a+b", "\"a+b\"" },
		{ RUN_FAILED, "host create h --name=7", "\"7\"" },
		{ RUN_FAILED, "host create h --name=''", "empty" },
		{ RUN_USAGE, "host create h --logging=some",
		    "disabled, input, everything or full" },
		{ RUN_USAGE, "host create", "is missing" },
		{ RUN_USAGE, "host create h h2", "\"h2\" is too much" },
		{ RUN_USAGE, "host create h --colour=red", "\"--colour\"" },
		{ RUN_FAILED, "host rm web1 nosuch neither",
		    "no host \"nosuch\", \"neither\"" },
		{ RUN_FAILED, "host rm web1", "reached through \"web1\"" },
		{ RUN_USAGE, "host rm", "HOST is missing" },
		{ RUN_FAILED, "key create --name=default", "already" },
		{ RUN_USAGE, "key create --type=dsa", "ed25519, ecdsa or rsa" },
		{ RUN_FAILED, "key create --type=rsa --length=1024", "" },
		{ RUN_FAILED, "key create --type=rsa --length=99999999999",
		    "" },
		{ RUN_FAILED, "key create --type=ecdsa --length=255", "" },
		{ RUN_FAILED, "user invite bob", "not an e-mail" },
		{ RUN_FAILED, "user invite admin@example.org", "\"admin\"" },
		{ RUN_FAILED, "user invite bob@example.org --group=nosuch",
		    "no user group \"nosuch\"" },
		{ RUN_FAILED, "user invite b@example.org --expires 2001-01-01",
		    "expired already" },
		{ RUN_USAGE, "user invite b@example.org --expires never",
		    "is not a time" },
		{ RUN_USAGE, "host list", "\"list\" is not a command" },
		{ RUN_USAGE, "hots ls", "did you mean: host" },
		{ RUN_USAGE, "zzz", "there are: acl, config, event" },
		{ RUN_USAGE, "host", "a verb is missing" },
		{ RUN_USAGE, "key s default", "setup, show" },
		{ RUN_USAGE, "host rm 'web1", "quote" },
		{ RUN_USAGE, "host rm web1\nhost ls", "one command" },
		{ RUN_USAGE, "event ls --limit=many", "not a number" },
		{ RUN_USAGE, "help nosuch", "not a command" },
	};
	struct trial	 t;
	struct host	*h;
	struct user	*u;
	int64_t		 events, hosts;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	add_keys(&t);
	ok(&t, "host create web1");
	ok(&t, "host create inner --hop=web1");
	events = count_events(&t);
	hosts = count_hosts(&t);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fails(&t, cases[i].status, cases[i].line, cases[i].says);
		assert_int_equal(count_events(&t), events);
		assert_int_equal(count_hosts(&t), hosts);
	}
	t.refuse = 1;
	fails(&t, RUN_FAILED, "host create u:p@h", "");
	fails(&t, RUN_FAILED, "key create --name=k", "");
	assert_int_equal(count_events(&t), events);
	assert_int_equal(count_hosts(&t), hosts);
	t.refuse = 0;
	assert_int_equal(host_by_name(t.sh.db, "h", &h), DB_NOTFOUND);
	assert_int_equal(user_by_name(t.sh.db, "bob", &u), DB_NOTFOUND);
	/* together they go, in whatever order */
	ok(&t, "host rm web1 inner 1");
	assert_int_equal(count_hosts(&t), hosts - 2);
	trial_end(&t);
}

static void
test_ls(void **state)
{
	struct trial	 t;
	json_t		*all;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "host ls");
	assert_string_equal(t.out, "Total: 0 hosts.\n");
	ok(&t, "host ls --json");
	assert_string_equal(t.out, "[]\n");
	ok(&t, "host ls -q");
	assert_string_equal(t.out, "");
	add_keys(&t);
	ok(&t, "host create web1 --comment='h\xc3\xb6st'");
	ok(&t, "host create bob@[::1]:2222 --name=web2 --hop=web1");
	ok(&t, "host ls");
	assert_memory_equal(t.out, "ID Name URL ", 12);
	assert_non_null(strstr(t.out, "\n 2 web2 ssh://bob@[::1]:2222 default "
	    "default now "));
	assert_non_null(strstr(t.out, "h\xc3\xb6st"));
	assert_true(strstr(t.out, "web2") < strstr(t.out, "\n 1 web1"));
	assert_non_null(strstr(t.out, "\nTotal: 2 hosts.\n"));
	ok(&t, "host ls --quiet");
	assert_string_equal(t.out, "2\n1\n");
	ok(&t, "host ls -lq");
	assert_string_equal(t.out, "2\n");
	ok(&t, "host ls --json");
	all = json_loads(t.out, 0, NULL);
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(json_string_value(member(all, 0, "URL")),
	    "ssh://bob@[::1]:2222");
	assert_string_equal(json_string_value(json_object_get(member(all, 0,
	    "Hop"), "Name")), "web1");
	assert_true(json_is_null(member(all, 1, "Hop")));
	json_decref(all);
	trial_end(&t);
}

static void
test_keys(void **state)
{
	static const char *const	lines[] = {
		"key create -n k1", "key create -n k2 --type=ecdsa",
		"key create -n k3 --type=ecdsa --length=521",
		"key create -n k4 --type=rsa --length 2048 -c note",
	};
	static const char *const	types[] = { "ed25519", "ecdsa",
					    "ecdsa", "rsa" };
	static const int		lengths[] = { 256, 256, 521, 2048 };
	struct trial	 t;
	json_t		*all;
	size_t		 i;

	trial_begin(&t, fixture_use(state)->db);
	for (i = 0; i < 4; i++)
		ok(&t, lines[i]);
	ok(&t, "key inspect 1 k2 k3 k4 1");
	assert_null(strstr(t.out, "PRIVATE"));
	all = json_loads(t.out, 0, NULL);
	assert_int_equal(json_array_size(all), 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(json_integer_value(member(all, i, "ID")),
		    i + 1);
		assert_string_equal(json_string_value(member(all, i, "Type")),
		    types[i]);
		assert_int_equal(json_integer_value(member(all, i, "Length")),
		    lengths[i]);
		assert_memory_equal(json_string_value(member(all, i,
		    "Fingerprint")), "SHA256:", 7);
		assert_string_equal(json_string_value(member(all, i,
		    "PrivKey")), "");
	}
	assert_memory_equal(json_string_value(member(all, 0, "PubKey")),
	    "ssh-ed25519 AAAA", 16);
	assert_string_equal(json_string_value(member(all, 3, "Comment")),
	    "note");
	json_decref(all);
	ok(&t, "key ls");
	assert_non_null(strstr(t.out, "Total: 4 keys.\n"));
	ok(&t, "host create web1 --key=k2");
	ok(&t, "key show k2");
	assert_non_null(strstr(t.out, "Hosts:           web1\n"));
	assert_non_null(strstr(t.out, "ecdsa-sha2-nistp256 AAAA"));
	assert_null(strstr(t.out, "PRIVATE"));
	ok(&t, "key create");
	ok(&t, "key ls -l");
	assert_non_null(strstr(t.out, " key-"));
	trial_end(&t);
}

/* Private halves: for administrators, and not without a trace. */
static void
test_decrypt(void **state)
{
	struct trial		 t;
	struct event_list	*l;
	int64_t			 events;

	trial_begin(&t, fixture_use(state)->db);
	add_keys(&t);
	events = count_events(&t);
	ok(&t, "key inspect --decrypt default");
	assert_non_null(strstr(t.out, "BEGIN PRIVATE KEY"));
	assert_int_equal(count_events(&t), events + 1);
	assert_int_equal(event_list(t.sh.db, 0, 1, &l), DB_OK);
	assert_string_equal(l->v[0].action, "inspect");
	assert_string_equal(l->v[0].entity, "default");
	event_list_free(l);
	t.refuse = 1;
	fails(&t, RUN_FAILED, "key inspect --decrypt default", "decrypted");
	t.refuse = 0;
	t.sh.user_id = add_user(t.sh.db, "auditor1", ROLE_AUDITOR);
	ok(&t, "key inspect default");
	fails(&t, RUN_FAILED, "key inspect --decrypt default",
	    "administrators");
	trial_end(&t);
}

/* Runs the line that "key setup" prints in a home of its own. */
static int
run_setup(const char *shell, const char *line, const char *home)
{
	pid_t	pid = fork();
	int	status;

	if (pid == 0) {
		setenv("HOME", home, 1);
		execlp(shell, shell, "-c", line, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

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

static void
write_file(const char *dir, const char *name, const char *text)
{
	char	*path = xasprintf("%s/%s", dir, name);
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
test_setup(void **state)
{
	static const char *const	shells[] = { "sh", "dash", "bash" };
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	char		*home, *keys, *key, *start;
	size_t		 i;

	trial_begin(&t, f->db);
	add_keys(&t);
	fails(&t, RUN_FAILED, "key setup host", "own host key");
	ok(&t, "key setup default");
	assert_ptr_equal(strchr(t.out, '\n'), t.out + t.outlen - 1);
	start = strstr(t.out, "ssh-ed25519 AAAA");
	key = xasprintf("%.*s sshportal\n", (int)strcspn(start, "\""), start);
	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		home = xasprintf("%s/home of %s", f->dir, shells[i]);
		assert_int_equal(mkdir(home, 0700), 0);
		assert_int_equal(run_setup(shells[i], t.out, home), 0);
		assert_int_equal(run_setup(shells[i], t.out, home), 0);
		keys = slurp(home, ".ssh/authorized_keys");
		assert_string_equal(keys, key);
		free(keys);
		assert_int_equal(run_setup("sh", "test $(stat -c %a%a "
		    "\"$HOME/.ssh\" \"$HOME/.ssh/authorized_keys\" | "
		    "tr -d '\\n') = 700700600600", home), 0);
		/* a last line without an end, and a key that is a remark */
		write_file(home, ".ssh/authorized_keys", "#");
		keys = xasprintf("#%sssh-rsa AAAA other", key);
		write_file(home, ".ssh/authorized_keys", keys);
		free(keys);
		assert_int_equal(run_setup(shells[i], t.out, home), 0);
		keys = slurp(home, ".ssh/authorized_keys");
		start = xasprintf("#%sssh-rsa AAAA other\n%s", key, key);
		assert_string_equal(keys, start);
		free(start);
		free(keys);
		free(home);
	}
	free(key);
	trial_end(&t);
}

static void
test_invite(void **state)
{
	struct trial	 t;
	struct user	*u;
	char		 hash[TOKEN_HASH_SIZE], token[TOKEN_SIZE + 1];
	int64_t		 id, now = clock_utc();

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user invite bob@example.org --comment=hi");
	assert_int_equal(sscanf(t.out, "%" SCNd64 "\ninvite:%27s\n", &id,
	    token), 2);
	assert_int_equal(strlen(token), TOKEN_SIZE - 1);
	token_hash("abc", hash);
	assert_string_equal(hash, "bddd813c634239723171ef3fee98579b"
	    "94964e3bb1cb3e427262c8c068d52319");
	token_hash(token, hash);
	assert_int_equal(user_by_invite(t.sh.db, hash, now, &u), DB_OK);
	assert_int_equal(u->id, id);
	assert_string_equal(u->name, "bob");
	assert_string_equal(u->email, "bob@example.org");
	assert_string_equal(u->comment, "hi");
	assert_int_equal(u->groups.n, 1);
	assert_true(user_is(u, ROLE_STANDARD));
	assert_false(user_is(u, ROLE_ADMIN));
	assert_in_range(u->invite_expires_at, now + 7 * 86400,
	    now + 7 * 86400 + 60);
	user_free(u);
	fails(&t, RUN_FAILED, "user invite bob@example.com", "\"bob\" already");
	fails(&t, RUN_FAILED, "user invite bob@example.org --name=bob2",
	    "\"bob\" has this e-mail");
	ok(&t, "user invite eve@example.com --expires +1h -n eva");
	ok(&t, "user ls");
	assert_non_null(strstr(t.out, "eva"));
	assert_non_null(strstr(t.out, "invited"));
	assert_null(strstr(t.out, token));
	assert_null(strstr(t.out, hash));
	assert_non_null(strstr(t.out, "Total: 3 users.\n"));
	ok(&t, "user ls --json");
	assert_null(strstr(t.out, hash));
	ok(&t, "event ls --json");
	assert_null(strstr(t.out, token));
	trial_end(&t);
}

static void
test_history(void **state)
{
	struct trial	 t;
	struct session	 s = { .user_name = (char *)"bob",
			    .host_name = (char *)"web1",
			    .account = (char *)"root",
			    .instance_id = (char *)"i", .source =
			    (char *)"192.0.2.9:1", .client_version =
			    (char *)"SSH-2.0-\033[2J", .error = (char *)"",
			    .comment = (char *)"", .started_at = 1000 };
	int64_t		 id;
	int		 i;

	trial_begin(&t, fixture_use(state)->db);
	assert_int_equal(db_begin(t.sh.db), DB_OK);
	for (i = 0; i < 120; i++)
		assert_int_equal(session_create(t.sh.db, &s, &id), DB_OK);
	assert_int_equal(db_commit(t.sh.db), DB_OK);
	assert_int_equal(session_close(t.sh.db, 120, 1065, "lost\033c", 1, 2),
	    DB_OK);
	ok(&t, "session ls");
	assert_non_null(strstr(t.out, "\nTotal: 100 of 120 sessions.\n"));
	assert_non_null(strstr(t.out, "1m5s"));
	assert_non_null(strstr(t.out, "lost\\x1bc"));
	assert_null(strchr(t.out, '\033'));
	ok(&t, "session ls --limit 0 -q");
	assert_memory_equal(t.out, "120\n119\n", 8);
	ok(&t, "session ls -a --limit=5");
	assert_non_null(strstr(t.out, "\nTotal: 5 of 119 sessions.\n"));
	assert_null(strstr(t.out, "closed"));
	ok(&t, "session ls -al --json");
	assert_non_null(strstr(t.out, "\"ID\": 119"));
	assert_null(strchr(t.out, '\033'));
	ok(&t, "event ls");
	assert_string_equal(t.out, "Total: 0 events.\n");
	add_keys(&t);
	ok(&t, "event ls --limit=1");
	assert_non_null(strstr(t.out, "Total: 1 of 2 events.\n"));
	trial_end(&t);
}

/* Who is no longer welcome finds out with the next command. */
static void
test_closed(void **state)
{
	struct trial	 t;
	struct user	*u;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "user ls");
	assert_int_equal(user_role_remove(t.sh.db, t.admin, ROLE_ADMIN),
	    DB_OK);
	fails(&t, RUN_FAILED, "user ls", "do not permit");
	assert_int_equal(t.sh.done, 0);
	assert_int_equal(user_role_add(t.sh.db, t.admin, ROLE_ADMIN), DB_OK);
	assert_int_equal(user_get(t.sh.db, t.admin, &u), DB_OK);
	u->disabled = 1;
	assert_int_equal(user_update(t.sh.db, u), DB_OK);
	user_free(u);
	fails(&t, RUN_FAILED, "user ls", "account was closed");
	assert_int_equal(t.sh.done, 1);
	trial_end(&t);
}

/* Rows made by other hands may be called anything. */
static void
test_hostile(void **state)
{
	struct trial	t;
	struct host	h = { .name = (char *)"x\033]0;p\007wned; rm -rf $(ls)",
			    .addr = (char *)"h", .port = 22,
			    .login = (char *)"r\x1b[2J",
			    .comment = (char *)"\xe2\x80\xae" "evil" };
	int64_t		id;

	trial_begin(&t, fixture_use(state)->db);
	assert_int_equal(host_create(t.sh.db, &h, &id), DB_OK);
	ok(&t, "host ls");
	assert_null(strchr(t.out, '\033'));
	assert_null(strstr(t.out, "\xe2\x80\xae"));
	assert_non_null(strstr(t.out, "x\\x1b]0;p\\x07wned"));
	ok(&t, "host ls --json");
	assert_null(strchr(t.out, '\033'));
	fails(&t, RUN_FAILED, "host rm 'a\033[2J'", "a\\x1b[2J");
	fails(&t, RUN_USAGE, "'\033[2J'", "\\x1b[2J");
	fails(&t, RUN_USAGE, "host ls '--\033[2J'", "\\x1b[2J");
	ok(&t, "host rm 'x\033]0;p\007wned; rm -rf $(ls)'");
	ok(&t, "event ls");
	assert_null(strchr(t.out, '\033'));
	trial_end(&t);
}

static void
test_small(void **state)
{
	struct trial	t;

	trial_begin(&t, fixture_use(state)->db);
	ok(&t, "");
	assert_string_equal(t.out, "");
	ok(&t, "  \t ");
	ok(&t, "version");
	assert_memory_equal(t.out, "sshportal ", 10);
	ok(&t, "info");
	assert_non_null(strstr(t.out, "User:            root\n"));
	ok(&t, "h");
	assert_memory_equal(t.out, "acl\n  create ", 13);
	ok(&t, "--help");
	ok(&t, "host help");
	assert_non_null(strstr(t.out, "\n  create "));
	ok(&t, "host h cr");
	assert_memory_equal(t.out, "usage: host create ", 19);
	ok(&t, "help host create");
	assert_memory_equal(t.out, "usage: host create ", 19);
	ok(&t, "host -h");
	ok(&t, "help host");
	assert_string_equal(t.err, "");
	assert_int_equal(t.sh.done, 0);
	ok(&t, "exit");
	assert_int_equal(t.sh.done, 1);
	trial_end(&t);
}

/* What TAB makes of a line: all names with blanks between, what it inserts. */
static void
assert_completes(struct trial *t, const char *line, const char *names,
    const char *insert)
{
	struct completion	 c;
	char			 all[1024] = "";
	size_t			 i, n = 0;

	complete_line(&t->sh, line, &c);
	for (i = 0; i < c.names.n; i++)
		n += snprintf(all + n, sizeof(all) - n, "%s%s",
		    i > 0 ? " " : "", c.names.name[i]);
	assert_string_equal(all, names);
	assert_string_equal(c.insert != NULL ? c.insert : "", insert);
	complete_free(&c);
}

static void
test_complete(void **state)
{
	struct trial	t;

	trial_begin(&t, fixture_use(state)->db);
	add_keys(&t);
	ok(&t, "host create web1");
	ok(&t, "host create web-two");
	assert_completes(&t, "ho", "host hostgroup", "st");
	assert_completes(&t, "host ", "create inspect ls rm test update", "");
	assert_completes(&t, "host c", "create", "reate ");
	assert_completes(&t, "host rm ", "web-two web1", "web");
	assert_completes(&t, "host rm web1 web-", "web-two", "two ");
	assert_completes(&t, "host rm 'web-", "web-two", "two' ");
	assert_completes(&t, "host rm nosuch", "", "");
	assert_completes(&t, "host create --lo", "--logging", "gging ");
	assert_completes(&t, "host create --logging=i", "--logging=input",
	    "nput ");
	assert_completes(&t, "host create --logging e", "everything",
	    "verything ");
	assert_completes(&t, "host create -g ops,d", "ops,default", "efault ");
	assert_completes(&t, "host create --key=", "--key=default --key=host",
	    "");
	assert_completes(&t, "help hostg", "hostgroup", "roup ");
	assert_completes(&t, "help host r", "rm", "m ");
	assert_completes(&t, "nosuch ", "", "");
	t.sh.user_id = add_user(t.sh.db, "bob", ROLE_STANDARD);
	assert_completes(&t, "", "exit help host info key session user "
	    "userkey version", "");
	assert_completes(&t, "key ", "setup", "setup ");
	assert_completes(&t, "host rm w", "", "");
	trial_end(&t);
}

/* Reading goes on while another connection writes. */
static void
test_beside(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct trial	 t;
	struct db	*other;

	trial_begin(&t, f->db);
	other = fixture_open(f);
	assert_int_equal(db_begin(other), DB_OK);
	add_user(other, "bob", NULL);
	ok(&t, "user ls -q");
	assert_string_equal(t.out, "1\n");
	assert_int_equal(db_commit(other), DB_OK);
	ok(&t, "user ls -q");
	assert_string_equal(t.out, "2\n1\n");
	db_close(other);
	trial_end(&t);
}

/* What the store cannot do is an error in one line, and no row is left. */
static void
test_store_fails(void **state)
{
	struct fixture	*f = fixture_use(state);
	struct trial	 t;

	trial_begin(&t, f->db);
	add_keys(&t);
	fixture_sql(f, "ALTER TABLE events RENAME TO elsewhere");
	fails(&t, RUN_FAILED, "host create web1", "");
	fails(&t, RUN_FAILED, "event ls", "");
	assert_int_equal(count_hosts(&t), 0);
	fixture_sql(f, "ALTER TABLE elsewhere RENAME TO events");
	ok(&t, "host create web1");
	trial_end(&t);
}

/* A command too long for its event is cut there, and only there. */
static void
test_long_args(void **state)
{
	char			 line[30100];
	struct trial		 t;
	struct event_list	*l;
	struct host		*h;
	json_t			*all, *args;

	trial_begin(&t, fixture_use(state)->db);
	add_keys(&t);
	memset(line, '\001', sizeof(line));
	memcpy(line, "host create web1 --comment=", 27);
	line[27 + 30000] = '\0';
	ok(&t, line);
	assert_int_equal(host_by_name(t.sh.db, "web1", &h), DB_OK);
	assert_int_equal(strlen(h->comment), 30000);
	host_free(h);
	assert_int_equal(event_list(t.sh.db, 0, 1, &l), DB_OK);
	assert_true(strlen(l->v[0].args) <= DB_TEXT_MAX);
	all = json_loads(l->v[0].args, 0, NULL);
	args = json_object_get(all, "Args");
	assert_int_equal(json_array_size(args), 2);
	assert_string_equal(json_string_value(json_array_get(args, 0)),
	    "web1");
	json_decref(all);
	event_list_free(l);
	trial_end(&t);
}

/* Every entry is whole, and its help can be printed. */
static void
test_table(void **state)
{
	const struct cmd_entry *const	*e;
	const struct cmd_opt		*o, *p;
	const struct field		*f;
	char				*text;

	(void)state;
	for (e = cmd_table; *e != NULL; e++) {
		assert_non_null((*e)->noun);
		assert_non_null((*e)->brief);
		assert_non_null((*e)->exec);
		assert_in_range((*e)->role, NEED_ANYONE, NEED_ADMIN);
		assert_ptr_equal(lookup_entry((*e)->noun, (*e)->verb), *e);
		if ((*e)->flags & CMD_WRITES) {
			assert_int_equal((*e)->whole != 0 ? (*e)->whole :
			    (*e)->role, NEED_ADMIN);
			assert_non_null((*e)->verb);
		}
		if ((*e)->own_fields != NULL)
			assert_in_range((*e)->whole, NEED_LISTER, NEED_ADMIN);
		f = (*e)->fields;
		if (f != NULL) {
			assert_non_null((*e)->things);
			/* sums of sessions are no rows of the store */
			if (!((*e)->flags & CMD_FACTS) &&
			    *e != &cmd_session_stats) {
				assert_int_equal(f->kind, FIELD_INT);
				assert_string_equal(f->json, "ID");
			}
		}
		for (o = (*e)->opts; o != NULL && o->name != NULL; o++) {
			assert_non_null(o->brief);
			assert_int_equal(o->kind == VALUE_FLAG, o->arg == NULL);
			assert_int_equal(o->kind == VALUE_CHOICE,
			    o->choices != NULL);
			assert_int_not_equal(o->letter, 'h');
			for (p = o + 1; p->name != NULL; p++) {
				assert_string_not_equal(o->name, p->name);
				assert_true(o->letter == 0 ||
				    o->letter != p->letter);
			}
		}
		text = help_entry(*e);
		assert_memory_equal(text, "usage: ", 7);
		assert_non_null(strstr(text, (*e)->brief));
		free(text);
		text = help_all(NULL);
		assert_non_null(strstr(text, (*e)->brief));
		free(text);
	}
	assert_null(lookup_entry("host", NULL));
	assert_null(lookup_entry("host", "nosuch"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_table),
		ON_BOTH(test_host_create),
		ON_BOTH(test_password),
		ON_BOTH(test_event),
		ON_BOTH(test_nothing_done),
		ON_SQLITE(test_ls),
		ON_SQLITE(test_keys),
		ON_SQLITE(test_decrypt),
		ON_SQLITE(test_setup),
		ON_BOTH(test_invite),
		ON_BOTH(test_history),
		ON_BOTH(test_closed),
		ON_SQLITE(test_hostile),
		ON_SQLITE(test_small),
		ON_SQLITE(test_complete),
		ON_BOTH(test_beside),
		ON_SQLITE(test_store_fails),
		ON_BOTH(test_long_args),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
