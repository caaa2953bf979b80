/* SPDX-License-Identifier: ISC */
/*
 * The self-test of interposition: a server with a hollow key and a client
 * meet in this process over a socketpair. If the client accepts the exchange,
 * the signature came from the signer and not from the hollow key; if the
 * server's verification left a signature, that function stands too. Then
 * libssh2 is the client, of whose exchange a transcript with the server's key
 * must be left.
 */
/* libssh 0.12 has another ssh_pki_generate(), 0.11 only this one. */
#define SSH_SUPPRESS_DEPRECATED

#include <sys/socket.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh2.h>
#include <openssl/evp.h>

#include "child/evp.h"
#include "lib/msg.h"

#define ROUNDS		10000	/* of a few dozen that it takes */
#define ED25519_LEN	32

struct peers {
	int		fds[2];		/* server, client */
	ssh_bind	bind;
	ssh_session	server, client;
	ssh_key		hollow, user;
	int		exchanged;	/* server: keys are agreed on */
	int		connected;	/* client: the same */
	int		verified;	/* server: a signature was caught */
	int		logged_in;	/* client */
};

static EVP_PKEY	*test_key;	/* what the monitor would have */
static uint8_t	 test_pub[ED25519_LEN];

static const EVP_MD *
digest(size_t hash_len)
{
	return (hash_len == 32 ? EVP_sha256() : hash_len == 48 ?
	    EVP_sha384() : EVP_sha512());
}

/* Signs as the monitor does. */
static int
test_sign(const uint8_t *transcript, size_t len, size_t hash_len,
    size_t sig_hash_len, uint8_t *sig, size_t *siglen)
{
	enum evp_side	 before = evp_enter(EVP_SIDE_OTHER);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 hash[EVP_MAX_MD_SIZE];
	unsigned	 n;
	int		 r = -1;

	if (ctx != NULL && sig_hash_len == 0 &&
	    EVP_Digest(transcript, len, hash, &n, digest(hash_len),
	    NULL) == 1 && n == hash_len &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, test_key) == 1 &&
	    EVP_DigestSign(ctx, sig, siglen, hash, n) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	evp_enter(before);
	return (r);
}

static int
make_hollow(ssh_key *key)
{
	size_t		 len = sizeof(test_pub);
	struct msg	 blob;
	int		 r;

	if ((test_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")) == NULL ||
	    EVP_PKEY_get_raw_public_key(test_key, test_pub, &len) != 1)
		return (-1);
	msg_init(&blob);
	msg_put_text(&blob, "ssh-ed25519");
	msg_put_blob(&blob, test_pub, len);
	r = evp_hollow_key(blob.data, blob.len, key);
	msg_free(&blob);
	return (r);
}

static int
start_server(struct peers *p)
{
	enum evp_side	before;
	_Bool		no = 0;
	int		ok;

	if (make_hollow(&p->hollow) == -1)
		return (-1);
	before = evp_enter(EVP_SIDE_CLIENT);
	ok = (p->bind = ssh_bind_new()) != NULL &&
	    (p->server = ssh_new()) != NULL &&
	    ssh_bind_options_set(p->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG,
	    &no) == 0 &&
	    ssh_bind_options_set(p->bind, SSH_BIND_OPTIONS_IMPORT_KEY,
	    p->hollow) == 0 &&
	    ssh_bind_accept_fd(p->bind, p->server, p->fds[0]) == SSH_OK;
	if (ok) {
		ssh_set_blocking(p->server, 0);
		ssh_set_auth_methods(p->server, SSH_AUTH_METHOD_PUBLICKEY);
	}
	evp_enter(before);
	return (ok ? 0 : -1);
}

static int
start_client(struct peers *p)
{
	_Bool	no = 0;

	if ((p->client = ssh_new()) == NULL ||
	    ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &p->user) != SSH_OK ||
	    ssh_options_set(p->client, SSH_OPTIONS_PROCESS_CONFIG,
	    &no) != 0 ||
	    /* else it wants a home directory, which not every uid has */
	    ssh_options_set(p->client, SSH_OPTIONS_SSH_DIR, "/") != 0 ||
	    ssh_options_set(p->client, SSH_OPTIONS_HOST, "localhost") != 0 ||
	    ssh_options_set(p->client, SSH_OPTIONS_USER, "test") != 0 ||
	    ssh_options_set(p->client, SSH_OPTIONS_FD, &p->fds[1]) != 0)
		return (-1);
	ssh_set_blocking(p->client, 0);
	return (0);
}

static void
answer(struct peers *p, ssh_message msg)
{
	static struct evp_verified	v;

	if (ssh_message_type(msg) == SSH_REQUEST_AUTH &&
	    ssh_message_subtype(msg) == SSH_AUTH_METHOD_PUBLICKEY) {
		if (evp_take_verified(&v) == 0 && v.len > 0)
			p->verified = 1;
		ssh_message_auth_reply_success(msg, 0);
	} else
		ssh_message_reply_default(msg);
	ssh_message_free(msg);
}

/* Returns -1 when the server has given up. */
static int
step_server(struct peers *p)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	ssh_message	msg;
	int		r = SSH_OK;

	if (!p->exchanged) {
		r = ssh_handle_key_exchange(p->server);
		p->exchanged = r == SSH_OK;
	} else {
		while ((msg = ssh_message_get(p->server)) != NULL)
			answer(p, msg);
	}
	evp_enter(before);
	return (r == SSH_OK || r == SSH_AGAIN ? 0 : -1);
}

static int
step_client(struct peers *p)
{
	int	r;

	if (!p->connected) {
		r = ssh_connect(p->client);
		p->connected = r == SSH_OK;
		return (r == SSH_OK || r == SSH_AGAIN ? 0 : -1);
	}
	r = ssh_userauth_publickey(p->client, NULL, p->user);
	p->logged_in = r == SSH_AUTH_SUCCESS;
	return (p->logged_in || r == SSH_AUTH_AGAIN ? 0 : -1);
}

static void
peers_free(struct peers *p)
{
	if (p->client != NULL)
		ssh_free(p->client);
	if (p->server != NULL)
		ssh_free(p->server);
	if (p->bind != NULL)
		ssh_bind_free(p->bind);
	ssh_key_free(p->user);
	EVP_PKEY_free(test_key);
	test_key = NULL;
	evp_set_signer(NULL);
}

/* One step of libssh2's: 1 when keys are agreed on, -1 when it gave up. */
static int
step_libssh2(LIBSSH2_SESSION *ssh, int fd)
{
	enum evp_side	before = evp_enter(EVP_SIDE_HOST);
	int		r = libssh2_session_handshake(ssh, fd);

	evp_enter(before);
	if (r == LIBSSH2_ERROR_EAGAIN)
		return (0);
	return (r == 0 ? 1 : -1);
}

/* Whether libssh2's exchange was caught, and had the server's key. */
static int
exchange_caught(void)
{
	struct msg	 m;
	const uint8_t	*ks = NULL;
	size_t		 len = 0;
	int		 i, r;

	if (evp_take_exchange(&m) == -1)
		return (0);
	for (i = 0; i < 5; i++)
		ks = msg_get_blob(&m, m.len, &len);
	r = ks != NULL && len > ED25519_LEN &&
	    memcmp(ks + len - ED25519_LEN, test_pub, ED25519_LEN) == 0;
	msg_free(&m);
	return (r);
}

static int
test_libssh2(void)
{
	struct peers	 p = { .fds = { -1, -1 } };
	LIBSSH2_SESSION	*ssh;
	int		 i, met = 0, caught = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, p.fds) == -1)
		return (-1);
	evp_set_signer(test_sign);
	ssh = libssh2_session_init();
	if (ssh != NULL && start_server(&p) == 0) {
		libssh2_session_set_blocking(ssh, 0);
		for (i = 0; i < ROUNDS && met == 0; i++) {
			if (step_server(&p) == -1)
				break;
			met = step_libssh2(ssh, p.fds[1]);
		}
		caught = exchange_caught();
	}
	if (ssh != NULL)
		libssh2_session_free(ssh);
	close(p.fds[1]);
	peers_free(&p);
	return (met == 1 && caught ? 0 : -1);
}

static int
test_libssh(void)
{
	struct peers	p = { .fds = { -1, -1 } };
	int		i, r = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, p.fds) == -1)
		return (-1);
	evp_set_signer(test_sign);
	if (start_server(&p) == 0 && start_client(&p) == 0) {
		for (i = 0; i < ROUNDS && !p.logged_in; i++) {
			if (step_server(&p) == -1 || step_client(&p) == -1)
				break;
		}
		if (p.logged_in && p.verified)
			r = 0;
	}
	peers_free(&p);
	return (r);
}

int
evp_self_test(void)
{
	return (test_libssh() == 0 && test_libssh2() == 0 ? 0 : -1);
}
