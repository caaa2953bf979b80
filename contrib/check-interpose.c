/* SPDX-License-Identifier: ISC */
/*
 * Run by configure: do libssh and libssh2 call the EVP functions that the
 * program itself defines?  A server and a client meet over a socketpair and do
 * one key exchange and one public key login; then libssh2 is the client of an
 * exchange.  Exits 0 if the server's side was seen to hash the transcript, to
 * sign, to load a private key and to verify, and libssh2 to hash its own.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <libssh2.h>
#include <openssl/evp.h>

#define SECONDS		30
#define PREIMAGE	"SSH-2.0-"

static int n_hashed, n_signed, n_verified, n_loaded, n_pieces, n_finals;
static bool logged_in;

int
EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t len)
{
	static int (*real)(EVP_MD_CTX *, const void *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	if (len > 4 + strlen(PREIMAGE) &&
	    memcmp((const char *)data + 4, PREIMAGE, strlen(PREIMAGE)) == 0)
		n_hashed++;
	if (len > strlen(PREIMAGE) &&
	    memcmp(data, PREIMAGE, strlen(PREIMAGE)) == 0)
		n_pieces++;
	return real(ctx, data, len);
}

int
EVP_DigestFinal(EVP_MD_CTX *ctx, unsigned char *md, unsigned int *len)
{
	static int (*real)(EVP_MD_CTX *, unsigned char *, unsigned int *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestFinal");
	n_finals++;
	return real(ctx, md, len);
}

int
EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
    const unsigned char *data, size_t len)
{
	static int (*real)(EVP_MD_CTX *, unsigned char *, size_t *,
	    const unsigned char *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestSign");
	n_signed++;
	return real(ctx, sig, siglen, data, len);
}

int
EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t siglen,
    const unsigned char *data, size_t len)
{
	static int (*real)(EVP_MD_CTX *, const unsigned char *, size_t,
	    const unsigned char *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "EVP_DigestVerify");
	n_verified++;
	return real(ctx, sig, siglen, data, len);
}

EVP_PKEY *
EVP_PKEY_new_raw_private_key(int type, ENGINE *e, const unsigned char *key,
    size_t len)
{
	static EVP_PKEY *(*real)(int, ENGINE *, const unsigned char *, size_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT,
		    "EVP_PKEY_new_raw_private_key");
	n_loaded++;
	return real(type, e, key, len);
}

/* A fresh key that went through its text form, as our hollow one does. */
static ssh_key
key_make(void)
{
	ssh_key key = NULL, copy = NULL;
	char *text = NULL;

	if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
	    ssh_pki_export_privkey_base64(key, NULL, NULL, NULL,
	    &text) != SSH_OK ||
	    ssh_pki_import_privkey_base64(text, NULL, NULL, NULL,
	    &copy) != SSH_OK)
		copy = NULL;
	ssh_string_free_char(text);
	ssh_key_free(key);
	return copy;
}

static int
auth_pubkey(ssh_session session, const char *user, struct ssh_key_struct *key,
    char state, void *arg)
{
	(void)session;
	(void)user;
	(void)key;
	(void)arg;
	if (state == SSH_PUBLICKEY_STATE_VALID)
		logged_in = true;
	return SSH_AUTH_SUCCESS;
}

static int
client(int fd)
{
	ssh_session session = ssh_new();
	bool config = false;
	ssh_key key = key_make();

	if (session == NULL || key == NULL ||
	    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &config) ||
	    ssh_options_set(session, SSH_OPTIONS_HOST, "localhost") ||
	    ssh_options_set(session, SSH_OPTIONS_USER, "nobody") ||
	    ssh_options_set(session, SSH_OPTIONS_FD, &fd))
		return 1;
	if (ssh_connect(session) != SSH_OK ||
	    ssh_userauth_publickey(session, NULL, key) != SSH_AUTH_SUCCESS) {
		fprintf(stderr, "client: %s\n", ssh_get_error(session));
		return 1;
	}
	return 0;
}

static int
server(int fd)
{
	struct ssh_server_callbacks_struct cb = {
		.auth_pubkey_function = auth_pubkey
	};
	ssh_bind bind = ssh_bind_new();
	ssh_session session = ssh_new();
	ssh_event event = ssh_event_new();
	bool config = false;
	ssh_key key = key_make();

	if (bind == NULL || session == NULL || event == NULL || key == NULL ||
	    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG,
	    &config) ||
	    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key))
		return 1;
	ssh_callbacks_init(&cb);
	ssh_set_server_callbacks(session, &cb);
	ssh_set_auth_methods(session, SSH_AUTH_METHOD_PUBLICKEY);
	if (ssh_bind_accept_fd(bind, session, fd) != SSH_OK) {
		fprintf(stderr, "server: %s\n", ssh_get_error(bind));
		return 1;
	}
	if (ssh_handle_key_exchange(session) != SSH_OK) {
		fprintf(stderr, "server: %s\n", ssh_get_error(session));
		return 1;
	}
	ssh_event_add_session(event, session);
	while (!logged_in && ssh_event_dopoll(event, 1000) == SSH_OK)
		;
	return 0;
}

/* Whether libssh2 hashes both versions through us, and says when it is done. */
static bool
libssh2_seen(void)
{
	LIBSSH2_SESSION *session;
	int sv[2], r = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1 ||
	    (pid = fork()) == -1)
		return false;
	if (pid == 0) {
		close(sv[0]);
		alarm(SECONDS);
		logged_in = false;	/* wait for the peer's end */
		_exit(server(sv[1]));
	}
	close(sv[1]);
	n_pieces = n_finals = 0;
	if ((session = libssh2_session_init()) != NULL)
		r = libssh2_session_handshake(session, sv[0]);
	close(sv[0]);
	waitpid(pid, NULL, 0);
	fprintf(stderr, "libssh2 %s: handshake %d, versions %d, ends %d\n",
	    libssh2_version(0), r, n_pieces, n_finals);
	return r == 0 && n_pieces >= 2 && n_finals > 0;
}

int
main(void)
{
	int sv[2], error;
	pid_t pid;

	alarm(SECONDS);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1 ||
	    ssh_init() != 0 || (pid = fork()) == -1)
		return 1;
	if (pid == 0) {
		close(sv[0]);
		alarm(SECONDS);
		_exit(client(sv[1]));
	}
	close(sv[1]);
	error = server(sv[0]);
	close(sv[0]);
	waitpid(pid, NULL, 0);
	fprintf(stderr, "libssh %s: logged in %d: hashed %d, signed %d, "
	    "verified %d, loaded %d\n", ssh_version(0), logged_in, n_hashed,
	    n_signed, n_verified, n_loaded);
	return error || !logged_in || !n_hashed || !n_signed ||
	    !n_verified || !n_loaded || !libssh2_seen();
}
