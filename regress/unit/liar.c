/* SPDX-License-Identifier: ISC */
/*
 * A child that lies.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "db/db.h"
#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/user.h"
#include "db/userkey.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/reach.h"
#include "lib/settings.h"
#include "lib/sshkey.h"
#include "lib/unixsock.h"
#include "lib/xmalloc.h"
#include "monitor/monitor.h"
#include "monitor/secrets.h"
#include "monitor/setup.h"
#include "monitor/state.h"
#include "regress/unit/liar.h"

#define PATIENCE_MS	20000	/* for a slow machine */
#define CLIENT_VERSION	"SSH-2.0-liar"

struct db		*liar_db;
struct liar_key		 liar_alice, liar_bob, liar_nobody;
char			*liar_dir;

struct settings		liar_settings;
struct secret_settings	liar_secrets;
static int			listener = -1;	/* web1 and pass1 */

static char *
in_dir(const char *name)
{
	return (xasprintf("%s/%s", liar_dir, name));
}

static void
settings_make(void)
{
	liar_settings.program = xstrdup("/nonexistent");
	liar_settings.config_file = xstrdup("");
	liar_settings.db_driver = xstrdup("sqlite3");
	liar_settings.db_file = in_dir("db");
	liar_settings.state_dir = in_dir("state");
	liar_settings.run_dir = in_dir("state/run");
	liar_settings.logs_dir = in_dir("log");
	liar_settings.empty_dir = in_dir("state/empty");
	liar_settings.config_user = xstrdup("admin");
	liar_settings.healthcheck_user = xstrdup("healthcheck");
	liar_settings.first_admin = xstrdup("root");
	liar_settings.acl_check_cmd = xstrdup("");
	liar_settings.monitor_uid = liar_settings.monitor_gid = -1;
	liar_settings.child_uid = liar_settings.child_gid = -1;
	liar_settings.login_grace_ms = 60000;
	liar_settings.connect_timeout_ms = 5000;
	liar_settings.max_auth_tries = 6;
	liar_settings.max_channels = 10;
	liar_settings.max_connections = 10;
	liar_settings.quiet_start = 1;
	liar_settings.log_level = LOG_LEVEL_ERROR;
	liar_secrets.db_conn = xstrdup(liar_settings.db_file);
	liar_secrets.master_key_file = in_dir("db.key");
	liar_secrets.aes_key = xstrdup("");
	liar_secrets.invite_token = xstrdup(LIAR_INVITE);
}

static void
must(int status, const char *what)
{
	if (status != 0)
		fail_msg("%s: %s", what, liar_db != NULL ?
		    db_error(liar_db) : strerror(errno));
}

static void
run_setup(void)
{
	int	status, fd = secret_settings_to_memfd(&liar_secrets);
	pid_t	pid;

	assert_true(fd != -1);
	if ((pid = fork()) == 0)
		_exit(setup_main(fd, &liar_settings));
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
key_make(struct liar_key *k)
{
	must(sshkey_generate("ed25519", 0, &k->pkey, NULL, 0), "key");
	must(sshkey_blob(k->pkey, &k->blob, &k->len), "key");
}

static void
key_unmake(struct liar_key *k)
{
	EVP_PKEY_free(k->pkey);
	free(k->blob);
	memset(k, 0, sizeof(*k));
}

static void
add_user(const char *name, const char *role, const struct liar_key *k)
{
	const struct user	u = { .name = (char *)name,
				    .email = (char *)"",
				    .comment = (char *)"" };
	struct userkey		uk = { .type = (char *)"ssh-ed25519",
				    .blob = k->blob, .bloblen = k->len,
				    .comment = (char *)"" };
	int64_t			id, group;

	must(user_create(liar_db, &u, &uk.user_id), name);
	must(user_role_add(liar_db, uk.user_id, role), role);
	must(userkey_create(liar_db, &uk, &id), name);
	must(group_ensure(liar_db, GROUP_USER, GROUP_DEFAULT, "", &group),
	    "group");
	must(group_add(liar_db, GROUP_USER, group, uk.user_id), "group");
}

static void
add_host(const char *name, uint16_t port, int granted, const char *password)
{
	struct host	 h = { .name = (char *)name, .scheme = HOST_SSH,
			    .addr = (char *)"127.0.0.1", .port = port,
			    .login = (char *)"bart",
			    .comment = (char *)"",
			    .logging = LOGGING_EVERYTHING };
	struct key	*k;
	int64_t		 id, group;

	must(key_by_name(liar_db, KEY_DEFAULT, &k), "key");
	h.key_id = password == NULL ? k->id : 0;
	key_free(k);
	if (password != NULL)
		must(host_create_sealed(liar_db, &h, password,
		    secrets_sealer(), &id), name);
	else
		must(host_create(liar_db, &h, &id), name);
	if (!granted)
		return;
	must(group_ensure(liar_db, GROUP_HOST, GROUP_DEFAULT, "", &group),
	    "group");
	must(group_add(liar_db, GROUP_HOST, group, id), "group");
}

/* It has this account, and lies behind another host (NULL: behind none). */
static void
put_behind(const char *name, const char *hop, const char *account)
{
	struct host	*h, *via;

	must(host_by_name(liar_db, name, &h), name);
	if (hop != NULL) {
		must(host_by_name(liar_db, hop, &via), hop);
		h->hop_id = via->id;
		host_free(via);
	}
	free(h->login);
	h->login = xstrdup(account);
	must(host_update(liar_db, h), name);
	host_free(h);
}

/* One more host key of the portal's. */
static void
add_host_key(const char *name, const char *kind, unsigned bits)
{
	struct key	 k = { .name = (char *)name, .type = (char *)kind,
			    .length = bits, .comment = (char *)"" };
	EVP_PKEY	*pkey;
	char		*pem;
	size_t		 len;
	int64_t		 id;

	must(sshkey_generate(kind, bits, &pkey, NULL, 0), name);
	must(sshkey_blob(pkey, &k.pub_blob, &k.pub_bloblen), name);
	must(sshkey_write_private(pkey, &pem, &len), name);
	must(key_create_sealed(liar_db, &k, pem, len, secrets_sealer(), &id),
	    name);
	sodium_free(pem);
	free(k.pub_blob);
	EVP_PKEY_free(pkey);
}

static uint16_t
listen_somewhere(int *fd)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr =
				    htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&sin, &len), 0);
	return (ntohs(sin.sin_port));
}

void
liar_open(void)
{
	struct db_options	o = { .driver = "sqlite3",
				    .conn = liar_settings.db_file };
	char			err[512];

	if (db_open(&liar_db, &o, err, sizeof(err)) != DB_OK)
		fail_msg("%s", err);
}

void
liar_close(void)
{
	db_close(liar_db);
	liar_db = NULL;
}

int
liar_start(void **state)
{
	char		err[512];
	uint16_t	port, closed_port;
	int		closed;

	(void)state;
	liar_dir = xstrdup("/var/tmp/test_liar.XXXXXX");
	if (sodium_init() == -1 || mkdtemp(liar_dir) == NULL)
		return (-1);
	settings_make();
	run_setup();
	liar_open();
	if (secrets_load_key(&liar_settings, &liar_secrets, err,
	    sizeof(err)) != 0)
		fail_msg("%s", err);
	key_make(&liar_alice);
	key_make(&liar_bob);
	key_make(&liar_nobody);
	add_host_key(KEY_HOST_RSA, "rsa", 2048);
	add_host_key(KEY_HOST_ECDSA, "ecdsa", 256);
	add_user("alice", ROLE_ADMIN, &liar_alice);
	add_user("bob", ROLE_STANDARD, &liar_bob);
	port = listen_somewhere(&listener);
	assert_int_equal(listen(listener, 1024), 0);
	/* Bound and not listening: nobody else gets it. */
	closed_port = listen_somewhere(&closed);
	add_host("web1", port, 1, NULL);
	add_host("pass1", port, 1, "opensesame");
	add_host("down1", closed_port, 1, NULL);
	add_host("dark1", port, 0, NULL);
	add_host("gate1", port, 0, NULL);
	add_host("gate2", port, 0, "opengate");
	add_host("deep1", port, 1, NULL);
	put_behind("gate1", NULL, "jump");
	put_behind("gate2", "gate1", "jump2");
	put_behind("deep1", "gate2", "bart");
	liar_close();
	return (0);
}

static int
remove_one(const char *path, const struct stat *sb, int what, struct FTW *f)
{
	(void)sb;
	(void)what;
	(void)f;
	return (remove(path));
}

int
liar_stop(void **state)
{
	(void)state;
	secrets_forget();
	key_unmake(&liar_alice);
	key_unmake(&liar_bob);
	key_unmake(&liar_nobody);
	settings_free(&liar_settings);
	secret_settings_free(&liar_secrets);
	close(listener);
	nftw(liar_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(liar_dir);
	return (0);
}

/* A message, within reason; 0: hung up. */
static int
receive(int fd, struct ipc *p)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };

	if (poll(&pfd, 1, PATIENCE_MS) != 1)
		fail_msg("no word from the monitor");
	return (ipc_recv(fd, p) == IPC_OK);
}

static void
expect(int fd, uint8_t type, struct ipc *p)
{
	if (!receive(fd, p))
		fail_msg("the monitor has ended");
	assert_int_equal(p->type, type);
}

/* Hands the monitor a client. */
static void
connect_client(struct liar *l)
{
	const struct ctl_connection	c = { "192.0.2.7:4711",
					    "127.0.0.1:2222" };
	struct ipc			out, in;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    l->client), 0);
	ipc_init(&out, CTL_CONNECTION, 0);
	put_ctl_connection(&out.body, &c);
	out.fds[0] = l->client[0];
	assert_int_equal(ipc_send(l->ctl, &out), IPC_OK);
	out.fds[0] = -1;
	ipc_free(&out);
	expect(l->gate, TELL_CONNECTION, &in);
	assert_true(in.fds[0] != -1);
	ipc_free(&in);
}

void
liar_spare(struct liar *l)
{
	struct tell_start	start;
	struct ipc		in;
	int			ctl[2], gate[2], fd, i;

	assert_null(liar_db);
	memset(l, 0, sizeof(*l));
	l->upstream = -1;
	assert_int_equal(ipc_pair(ctl), 0);
	assert_int_equal(ipc_pair(gate), 0);
	fd = secret_settings_to_memfd(&liar_secrets);
	if ((l->monitor = fork()) == 0) {
		close(ctl[0]);
		close(gate[0]);
		secrets_forget();
		monitor_run(ctl[1], gate[1], 0, fd, &liar_settings);
	}
	close(fd);
	close(ctl[1]);
	close(gate[1]);
	l->ctl = ctl[0];
	l->gate = gate[0];
	expect(l->gate, TELL_START, &in);
	assert_int_equal(get_tell_start(&in.body, &start), 0);
	assert_int_equal(start.nkeys, 3);
	l->hostkey_len = start.keys[0].len;
	assert_true(l->hostkey_len <= sizeof(l->hostkey));
	memcpy(l->hostkey, start.keys[0].blob, l->hostkey_len);
	for (i = 0; i < 2; i++) {
		l->other[i].len = start.keys[i + 1].len;
		assert_true(l->other[i].len <= sizeof(l->other[i].blob));
		memcpy(l->other[i].blob, start.keys[i + 1].blob,
		    l->other[i].len);
	}
	ipc_free(&in);
	expect(l->ctl, CTL_SPARE, &in);
	ipc_free(&in);
}

void
liar_birth(struct liar *l)
{
	liar_spare(l);
	connect_client(l);
}

void
liar_send(struct liar *l, uint8_t type, const struct msg *body)
{
	struct ipc	out;

	ipc_init(&out, type, ++l->ids);
	if (body != NULL)
		out.body = *body;
	/* A monitor that has ended is noticed when reading. */
	(void)ipc_send(l->gate, &out);
}

int
liar_ask(struct liar *l, uint8_t type, const struct msg *body,
    struct ipc *answer)
{
	liar_send(l, type, body);
	if (!receive(l->gate, answer))
		return (0);
	assert_int_equal(answer->type, type | ANSWER);
	assert_int_equal(answer->id, l->ids);
	return (1);
}

const char *
liar_ask_session(int64_t session, const char *request)
{
	static char	answer[64];
	char		name[REACH_SOCKET_SIZE];
	struct pollfd	p = { .events = POLLIN };
	ssize_t		n;

	reach_session_socket(session, name);
	p.fd = unixsock_connect(liar_settings.run_dir, name, SOCK_SEQPACKET);
	assert_true(p.fd != -1);
	assert_int_equal(send(p.fd, request, strlen(request), 0),
	    strlen(request));
	assert_int_equal(poll(&p, 1, 20000), 1);
	n = recv(p.fd, answer, sizeof(answer) - 1, 0);
	assert_true(n > 0);
	answer[n] = '\0';
	close(p.fd);
	return (answer);
}

void
liar_transcript(const struct liar *l, int number, const uint8_t *ks,
    size_t ks_len, struct msg *m)
{
	uint8_t	init[64] = { 20, number }, secret[32] = { 9, number };
	int	i;

	msg_init(m);
	msg_put_text(m, CLIENT_VERSION);
	msg_put_text(m, SERVER_VERSION);
	msg_put_blob(m, init, sizeof(init));
	msg_put_blob(m, init, sizeof(init));
	msg_put_blob(m, ks != NULL ? ks : l->hostkey,
	    ks != NULL ? ks_len : l->hostkey_len);
	for (i = 0; i < 3; i++)
		msg_put_blob(m, secret, sizeof(secret));
}

void
liar_kex(struct liar *l, int number)
{
	struct answer_sign	 s;
	struct ask_sign		 a = { .hash_len = 32 };
	struct ipc		 in;
	struct msg		 t, body;
	EVP_MD_CTX		*ctx;
	EVP_PKEY		*pkey;

	liar_transcript(l, number, NULL, 0, &t);
	a.transcript = t.data;
	a.len = t.len;
	msg_init(&body);
	put_ask_sign(&body, &a);
	assert_true(liar_ask(l, ASK_KEX_SIGN, &body, &in));
	assert_int_equal(get_answer_sign(&in.body, &s), 0);
	l->session_id_len = 32;
	EVP_Digest(t.data, t.len, l->session_id, NULL, EVP_sha256(), NULL);
	assert_int_equal(sshkey_from_blob(l->hostkey, l->hostkey_len, &pkey),
	    0);
	ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey),
	    1);
	assert_int_equal(EVP_DigestVerify(ctx, s.sig, s.len, l->session_id,
	    32), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ipc_free(&in);
	msg_free(&body);
	msg_free(&t);
}

static void
put_login(const struct liar *l, const char *login, const char *method,
    const struct liar_key *named, struct msg *data)
{
	msg_init(data);
	msg_put_blob(data, l->session_id, l->session_id_len);
	msg_put_u8(data, 50);
	msg_put_text(data, login);
	msg_put_text(data, "ssh-connection");
	msg_put_text(data, method);
	msg_put_u8(data, 1);
	msg_put_text(data, "ssh-ed25519");
	msg_put_blob(data, named->blob, named->len);
}

static size_t
sign_login_data(struct msg *data, const struct liar_key *signer,
    uint8_t sig[128])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 len = 128;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL,
	    signer->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, data->data,
	    data->len), 1);
	EVP_MD_CTX_free(ctx);
	msg_free(data);
	return (len);
}

size_t
liar_sign(const struct liar *l, const char *login,
    const struct liar_key *signer, const struct liar_key *named,
    uint8_t sig[128])
{
	struct msg	data;

	put_login(l, login, "publickey", named, &data);
	return (sign_login_data(&data, signer, sig));
}

size_t
liar_sign_bound(const struct liar *l, const char *login,
    const struct liar_key *k, const uint8_t *hostkey, size_t len,
    uint8_t sig[128])
{
	struct msg	data;

	put_login(l, login, "publickey-hostbound-v00@openssh.com", k, &data);
	msg_put_blob(&data, hostkey, len);
	return (sign_login_data(&data, k, sig));
}

enum destination
liar_auth(struct liar *l, uint8_t type, const char *login,
    const struct liar_key *k, const uint8_t *sig, size_t len)
{
	struct ask_auth		a = { .login = login, .alg = "ssh-ed25519",
				    .key = k->blob, .key_len = k->len,
				    .sig = sig, .sig_len = len };
	struct answer_auth	answer;
	struct msg		body;
	struct ipc		in;

	if (type == ASK_AUTH_NONE) {
		a.alg = "";
		a.key_len = 0;
	}
	msg_init(&body);
	put_ask_auth(&body, &a);
	assert_true(liar_ask(l, type, &body, &in));
	assert_int_equal(get_answer_auth(&in.body, &answer), 0);
	ipc_free(&in);
	msg_free(&body);
	return (answer.dest);
}

enum destination
liar_login(struct liar *l, const char *login, const struct liar_key *k)
{
	uint8_t	sig[128];
	size_t	len = liar_sign(l, login, k, k, sig);

	return (liar_auth(l, ASK_AUTH_KEY, login, k, sig, len));
}

void
liar_target(struct liar *l)
{
	const struct target_hop	*last;
	struct answer_target	 t;
	struct ipc		 in;
	uint8_t			 i;

	assert_true(liar_ask(l, ASK_TARGET, NULL, &in));
	assert_int_equal(get_answer_target(&in.body, &t), 0);
	if (t.verdict.ok) {
		l->upstream = ipc_take_fd(&in, 0);
		assert_true(l->upstream != -1);
		last = &t.hops[t.nhops - 1];
		assert_true(last->key_len <= sizeof(l->up_blob));
		if (last->key_len > 0)
			memcpy(l->up_blob, last->key, last->key_len);
		l->up_len = last->key_len;
		snprintf(l->account, sizeof(l->account), "%s", last->account);
		for (i = 0; i < t.nhops; i++)
			snprintf(l->accounts[i], sizeof(l->accounts[i]), "%s",
			    t.hops[i].account);
		l->nhops = t.nhops;
	}
	ipc_free(&in);
}

int
liar_hop(struct liar *l, uint8_t hop, const struct liar_key *k)
{
	struct ask_hostkey	a = { .hop = hop };
	struct verdict		v = { 0 };
	struct msg		t, body;
	struct ipc		in;
	int			answered;

	l->hop = hop;
	liar_transcript(l, 7 + hop, k->blob, k->len, &t);
	EVP_Digest(t.data, t.len, l->up_id, NULL, EVP_sha256(), NULL);
	a.transcript = t.data;
	a.len = t.len;
	msg_init(&body);
	put_ask_hostkey(&body, &a);
	if ((answered = liar_ask(l, ASK_HOSTKEY, &body, &in))) {
		assert_int_equal(get_verdict(&in.body, &v), 0);
		ipc_free(&in);
	}
	msg_free(&body);
	msg_free(&t);
	return (answered ? v.ok : -1);
}

int
liar_hostkey(struct liar *l, const struct liar_key *k)
{
	int	ok = liar_hop(l, 0, k);

	assert_true(ok != -1);
	return (ok);
}

static void
put_up_sign(const struct liar *l, const char *user, const uint8_t *blob,
    size_t len, struct msg *data)
{
	msg_init(data);
	msg_put_blob(data, l->up_id, sizeof(l->up_id));
	msg_put_u8(data, 50);
	msg_put_text(data, user);
	msg_put_text(data, "ssh-connection");
	msg_put_text(data, "publickey");
	msg_put_u8(data, 1);
	msg_put_text(data, "ssh-ed25519");
	msg_put_blob(data, blob, len);
}

int
liar_up_sign(struct liar *l, const char *user, const uint8_t *blob, size_t len)
{
	struct ask_up_sign	a = { .hop = l->hop };
	struct answer_sign	s;
	struct msg		data, body;
	struct ipc		in;
	int			r = -1;

	put_up_sign(l, user, blob, len, &data);
	a.data = data.data;
	a.len = data.len;
	msg_init(&body);
	put_ask_up_sign(&body, &a);
	if (liar_ask(l, ASK_UP_SIGN, &body, &in)) {
		assert_int_equal(get_answer_sign(&in.body, &s), 0);
		r = s.len;
		ipc_free(&in);
	}
	msg_free(&body);
	msg_free(&data);
	return (r);
}

int
liar_password(struct liar *l, char *out, size_t size)
{
	const struct ask_up_password	a = { .hop = l->hop };
	struct answer_password		p;
	struct msg			body;
	struct ipc			in;
	int				r;

	msg_init(&body);
	put_ask_up_password(&body, &a);
	if ((r = liar_ask(l, ASK_UP_PASSWORD, &body, &in))) {
		assert_int_equal(get_answer_password(&in.body, &p), 0);
		snprintf(out, size, "%s", p.password);
		ipc_free(&in);
	}
	msg_free(&body);
	return (r);
}

static void
reach_host(struct liar *l, enum gate_state state)
{
	const char	*login = state == ST_REFUSED ? "dark1" :
			    state == ST_HOP ? "deep1" : "web1";

	assert_int_equal(liar_login(l, login, &liar_bob), DEST_HOST);
	if (state == ST_OPEN)
		return;
	liar_target(l);
	if (state == ST_RUN || state == ST_HOP)
		assert_true(liar_hostkey(l, &liar_alice));
}

void
liar_reach(struct liar *l, enum gate_state state)
{
	liar_birth(l);
	if (state == ST_KEX)
		return;
	liar_kex(l, 1);
	switch (state) {
	case ST_AUTH:
		break;
	case ST_NOTICE:
		assert_int_equal(liar_auth(l, ASK_AUTH_NONE, "healthcheck",
		    &liar_nobody, NULL, 0), DEST_NOTICE);
		break;
	case ST_SHELL:
		assert_int_equal(liar_login(l, "admin", &liar_alice),
		    DEST_SHELL);
		break;
	default:
		reach_host(l, state);
	}
}

static void
hang_up(struct liar *l)
{
	close(l->gate);
	close(l->ctl);
	close(l->client[0]);
	close(l->client[1]);
	if (l->upstream != -1)
		close(l->upstream);
}

static int
reap(struct liar *l)
{
	int64_t	deadline = clock_mono_ms() + PATIENCE_MS;
	int	status;

	while (waitpid(l->monitor, &status, WNOHANG) == 0) {
		if (clock_mono_ms() > deadline) {
			kill(l->monitor, SIGKILL);
			waitpid(l->monitor, &status, 0);
			fail_msg("the monitor does not end");
		}
		usleep(2000);
	}
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

int
liar_ends(struct liar *l, enum monitor_exit wanted)
{
	int	status = reap(l);

	hang_up(l);
	return (status == (int)wanted);
}

int
liar_bye(struct liar *l)
{
	int	status;

	close(l->gate);
	l->gate = open("/dev/null", O_RDONLY | O_CLOEXEC);
	status = reap(l);
	hang_up(l);
	return (status);
}

int
liar_channel_open(struct liar *l, uint32_t number, int *recording)
{
	const struct ask_channel_open	a = { .channel = number,
					    .type = "shell", .detail = "",
					    .pty = 1 };
	struct answer_channel_open	answer;
	struct msg			body;
	struct ipc			in;

	msg_init(&body);
	put_ask_channel_open(&body, &a);
	assert_true(liar_ask(l, ASK_CHANNEL_OPEN, &body, &in));
	assert_int_equal(get_answer_channel_open(&in.body, &answer), 0);
	*recording = ipc_take_fd(&in, 0);
	ipc_free(&in);
	msg_free(&body);
	return (answer.verdict.ok);
}
