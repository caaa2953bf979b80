/* SPDX-License-Identifier: ISC */
/*
 * The person's side.
 *
 * ssh_message_get() is what drives libssh: it polls without waiting, reads at
 * most 4096 bytes, writes what is pending, and hands over requests to be
 * answered at leisure. Everything is called with evp's side switched to it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/ask.h"
#include "child/chan.h"
#include "child/client.h"
#include "child/conn.h"
#include "child/evp.h"
#include "child/forward.h"
#include "child/listen.h"
#include "child/login.h"
#include "child/naming.h"
#include "child/quickack.h"
#include "child/relay.h"
#include "child/streamlocal.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define READ_SIZE	4096	/* libssh's */
#define READS_A_ROUND	32	/* of that size */
#define CLOSE_TRIES	4
#define UNTAKEN_MAX	(512 * 1024)	/* bytes written, not yet flushed */
#define AROUND_PACKET	48	/* bytes on the wire beside what it carries */

#if LIBSSH_VERSION_INT >= SSH_VERSION_INT(0, 12, 0)
#define KEX_QUANTUM ",mlkem768x25519-sha256,sntrup761x25519-sha512," \
		"sntrup761x25519-sha512@openssh.com"
#else
#define KEX_QUANTUM ""
#endif
#define KEX	"curve25519-sha256,curve25519-sha256@libssh.org" KEX_QUANTUM \
		",ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521," \
		"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512," \
		"diffie-hellman-group14-sha256"
#define CIPHERS	"chacha20-poly1305@openssh.com,aes256-gcm@openssh.com," \
		"aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"
#define MACS	"hmac-sha2-256-etm@openssh.com," \
		"hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"
/* No certificates: nothing here checks who issued them. */
#define USER_KEYS "ssh-ed25519,sk-ssh-ed25519@openssh.com," \
		"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384," \
		"ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com," \
		"rsa-sha2-512,rsa-sha2-256"

static int	first_sign_done;

/* libssh signs an exchange: the monitor does. */
static int
sign(const uint8_t *transcript, size_t len, size_t hash_len,
    size_t sig_hash_len, uint8_t *sig, size_t *siglen)
{
	struct ask_sign	a = { .transcript = transcript, .len = len,
			    .hash_len = hash_len,
			    .sig_hash_len = sig_hash_len };
	enum ask	request;

	request = first_sign_done ? ASK_REKEY_SIGN : ASK_KEX_SIGN;
	first_sign_done = 1;
	return (ask_sign(request, &a, sig, siglen));
}

static int
set_options(ssh_bind bind)
{
	static const struct {
		enum ssh_bind_options_e	 what;
		const char		*value;
	} options[] = {
		{ SSH_BIND_OPTIONS_BANNER, SERVER_SOFTWARE },
		{ SSH_BIND_OPTIONS_KEY_EXCHANGE, KEX },
		{ SSH_BIND_OPTIONS_CIPHERS_C_S, CIPHERS },
		{ SSH_BIND_OPTIONS_CIPHERS_S_C, CIPHERS },
		{ SSH_BIND_OPTIONS_HMAC_C_S, MACS },
		{ SSH_BIND_OPTIONS_HMAC_S_C, MACS },
		{ SSH_BIND_OPTIONS_PUBKEY_ACCEPTED_KEY_TYPES, USER_KEYS },
	};
	_Bool	no = 0;
	size_t	i;

	if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG,
	    &no) != 0)
		return (-1);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (ssh_bind_options_set(bind, options[i].what,
		    options[i].value) != 0) {
			log_error("libssh: option %d: %s", options[i].what,
			    ssh_get_error(bind));
			return (-1);
		}
	}
	return (0);
}

/*
 * Compression for who asks for it, and for nobody who has not logged in yet:
 * zlib itself, which begins before, has read much that was made to hurt it.
 */
static int
set_compression(ssh_session ssh)
{
	static const char	methods[] = "none,zlib@openssh.com";

	if (ssh_options_set(ssh, SSH_OPTIONS_COMPRESSION_C_S, methods) != 0)
		return (-1);
	return (ssh_options_set(ssh, SSH_OPTIONS_COMPRESSION_S_C, methods));
}

/* What a key signs with: its type, but RSA never with SHA-1 (RFC 8332). */
static const char *
algorithms(ssh_key key)
{
	if (ssh_key_type(key) == SSH_KEYTYPE_RSA)
		return ("rsa-sha2-512,rsa-sha2-256");
	return (ssh_key_type_to_char(ssh_key_type(key)));
}

/* Offers one key, which libssh owns from then on; -1 if it cannot be. */
static int
offer(ssh_bind bind, const uint8_t *blob, size_t len, char *list, size_t size)
{
	ssh_key	key;
	size_t	used = strlen(list);

	if (evp_hollow_key(blob, len, &key) == -1)
		return (-1);
	if (ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) != 0) {
		ssh_key_free(key);
		return (-1);
	}
	snprintf(list + used, size - used, "%s%s", used == 0 ? "" : ",",
	    algorithms(key));
	return (0);
}

/* The host keys, of each kind one; a client takes what it knows us by. */
static int
set_hostkeys(ssh_bind bind, const struct tell_start *start)
{
	char		list[HOSTKEYS_MAX * ALG_MAX] = "";
	uint32_t	i;

	for (i = 0; i < start->nkeys; i++) {
		if (offer(bind, start->keys[i].blob, start->keys[i].len, list,
		    sizeof(list)) == -1)
			log_error("host key %u of %u cannot be offered",
			    i + 1, start->nkeys);
	}
	if (*list != '\0')
		return (ssh_bind_options_set(bind,
		    SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, list));
	log_error("no host key of a kind that can be offered");
	return (-1);
}

/* O_APPEND means nothing to a socket; the sandbox wants it. */
static int
set_nonblocking(int fd)
{
	return (fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND));
}

static int
no_session(const struct client *c)
{
	log_error("libssh: no session: %s",
	    c->bind != NULL ? ssh_get_error(c->bind) : "memory");
	return (-1);
}

int
client_prepare(struct client *c, const struct tell_start *start)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		r = 0;

	evp_set_signer(sign);
	if ((c->bind = ssh_bind_new()) == NULL ||
	    (c->ssh = ssh_new()) == NULL || set_options(c->bind) == -1 ||
	    set_compression(c->ssh) != 0 ||
	    set_hostkeys(c->bind, start) != 0)
		r = no_session(c);
	evp_enter(before);
	return (r);
}

int
client_start(struct client *c, int fd)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		r = 0;

	c->state = CLIENT_KEX;
	c->fd = fd;
	if (set_nonblocking(fd) == -1 ||
	    ssh_bind_accept_fd(c->bind, c->ssh, fd) != SSH_OK ||
	    set_nonblocking(fd) == -1)
		r = no_session(c);
	ssh_set_blocking(c->ssh, 0);
	ssh_set_counters(c->ssh, &c->bytes, &c->packets);
	ssh_set_auth_methods(c->ssh, SSH_AUTH_METHOD_PUBLICKEY);
	evp_enter(before);
	return (r);
}

/* Bytes written since the start, about as they are on the wire. */
static uint64_t
written(const struct client *c)
{
	return (c->packets.out_bytes +
	    c->packets.out_packets * AROUND_PACKET);
}

/*
 * Each request may have an answer, and libssh keeps what the socket does not
 * take: who asks on and on and reads nothing would fill the memory.
 */
static int
is_stuck(const struct client *c)
{
	return (!client_writable(c) &&
	    written(c) - c->flushed > UNTAKEN_MAX);
}

short
client_events(const struct client *c)
{
	if (c->state == CLIENT_GONE)
		return (0);
	if (is_stuck(c))
		return (POLLOUT);
	return (client_writable(c) ? POLLIN : POLLIN | POLLOUT);
}

int
client_wait(const struct client *c)
{
	return (c->state == CLIENT_OPEN ? alive_wait(&c->alive) :
	    login_wait(c));
}

int
client_writable(const struct client *c)
{
	return ((ssh_get_poll_flags(c->ssh) & SSH_WRITE_PENDING) == 0);
}

void
client_release(struct client *c)
{
#ifdef HAVE_SSH_RELEASE_MEMORY
	ssh_release_memory(c->ssh);
#else
	(void)c;	/* a stock libssh keeps up to 64 KB in each of four */
#endif
}

/* Beside other channels only this one ends. */
static void
refuse_open(struct conn *conn, ssh_message msg, const char *sentence)
{
	log_verbose("channel refused: %s", sentence);
	client_refuse(&conn->client, msg, TAILQ_EMPTY(&conn->channels) ?
	    sentence : NULL);
}

static void
handle_open(struct conn *conn, ssh_message msg)
{
	const char	*why = NULL;

	if (conn->nchannels >= conn->settings->max_channels)
		why = "sshportal: too many channels";
	else if (ssh_message_subtype(msg) == SSH_CHANNEL_DIRECT_TCPIP ||
	    streamlocal_is_open(msg))
		why = forward_new(conn, msg);
	else if (ssh_message_subtype(msg) == SSH_CHANNEL_SESSION)
		chan_new(conn, msg);
	else
		why = "sshportal: channels of this kind are not supported";
	if (why != NULL)
		refuse_open(conn, msg, why);
}

static void
handle_global(struct conn *conn, ssh_message msg)
{
	int	port = ssh_message_global_request_port(msg);
	int	cancel;

	switch (ssh_message_subtype(msg)) {
	case SSH_GLOBAL_REQUEST_TCPIP_FORWARD:
		listen_request(conn, msg, port, 0);
		return;
	case SSH_GLOBAL_REQUEST_CANCEL_TCPIP_FORWARD:
		listen_request(conn, msg, port, 1);
		return;
	}
	if (streamlocal_is_listen(msg, &cancel)) {
		listen_request(conn, msg, FORWARD_UNIX, cancel);
		return;
	}
	ssh_message_reply_default(msg);
	ssh_message_free(msg);
}

/* A request came: each kind has its file. */
static void
handle(struct conn *conn, ssh_message msg)
{
	conn->client.heard = conn->client.packets.in_packets;
	switch (ssh_message_type(msg)) {
	case SSH_REQUEST_AUTH:
		login_message(conn, msg);
		ssh_message_free(msg);
		break;
	case SSH_REQUEST_CHANNEL_OPEN:
		conn->wishes++;
		handle_open(conn, msg);
		break;
	case SSH_REQUEST_CHANNEL:
		conn->wishes++;
		chan_request(conn, msg);
		break;
	case SSH_REQUEST_GLOBAL:
		conn->wishes++;
		handle_global(conn, msg);
		break;
	default:
		/* service: accepted */
		ssh_message_reply_default(msg);
		ssh_message_free(msg);
		break;
	}
}

/* Exchanges the first keys. */
static void
run_kex(struct client *c)
{
	char		words[SENTENCE_MAX / 2];
	uint64_t	had;
	int		r;

	do {
		had = c->bytes.in_bytes;
		r = ssh_handle_key_exchange(c->ssh);
	} while (r == SSH_AGAIN && c->bytes.in_bytes != had);
	if (r == SSH_OK)
		c->state = CLIENT_AUTH;
	else if (r != SSH_AGAIN) {
		if (ssh_is_connected(c->ssh))
			log_info("no keys with this client: %s",
			    escape_into(words, sizeof(words),
			    ssh_get_error(c->ssh)));
		c->state = CLIENT_GONE;
	}
}

/* Handles requests until there are none; what a round may read is bounded. */
static void
run_messages(struct conn *conn)
{
	struct client	*c = &conn->client;
	ssh_message	 msg;
	uint64_t	 had;
	int		 reads = READS_A_ROUND;

	/* less than a read's worth: the socket is empty, or poll says more */
	do {
		had = c->bytes.in_bytes;
		while (c->state != CLIENT_GONE &&
		    (msg = ssh_message_get(c->ssh)) != NULL)
			handle(conn, msg);
		naming_settled();
		login_check(c);
		if (client_writable(c))
			c->flushed = written(c);
	} while (c->bytes.in_bytes - had >= READ_SIZE && --reads > 0 &&
	    c->state != CLIENT_GONE && !is_stuck(c));
}

/*
 * After an error libssh reads nothing more, and says so to nobody: the socket
 * would be ready for ever. An end of the connection is one too, but no news.
 */
static void
check_broken(struct client *c)
{
	char	words[SENTENCE_MAX / 2], *why;

	if ((ssh_get_status(c->ssh) & SSH_CLOSED_ERROR) == 0)
		return;
	if (ssh_is_connected(c->ssh)) {
		why = xasprintf("sshportal: the client broke the protocol: %s",
		    escape_into(words, sizeof(words), ssh_get_error(c->ssh)));
		if (c->state == CLIENT_OPEN)
			ask_ending(why);
		else
			log_info("%s", why);
		client_disconnect(c, why);
		free(why);
	}
	c->state = CLIENT_GONE;
}

/*
 * keepalive@openssh.com, with the wish for an answer. While libssh awaits one
 * it asks no second time, and the first call after it came only takes note of
 * that. Any call may read: what it found is handled by the caller.
 */
static void
ask_client(struct client *c)
{
	uint64_t	sent = c->packets.out_packets;

	ssh_send_keepalive(c->ssh);
	if (c->packets.out_packets == sent)
		ssh_send_keepalive(c->ssh);
}

/* All packets of the client's are signs of life. */
static void
check_alive(struct conn *conn)
{
	static const char	 silent[] = "sshportal: the client answers no "
				    "more: no reply to keepalives";
	struct client		*c = &conn->client;

	switch (alive_check(&c->alive, c->packets.in_packets)) {
	case ALIVE_ASK:
		ask_client(c);
		run_messages(conn);
		break;
	case ALIVE_GONE:
		ask_ending(silent);
		c->state = CLIENT_GONE;
		break;
	case ALIVE_WELL:
		break;
	}
}

void
client_run(struct conn *conn)
{
	struct client	*c = &conn->client;
	enum evp_side	 before = evp_enter(EVP_SIDE_CLIENT);

	if (c->state == CLIENT_KEX)
		run_kex(c);
	if (c->state != CLIENT_KEX && c->state != CLIENT_GONE)
		run_messages(conn);
	if (c->state == CLIENT_OPEN)
		check_alive(conn);
	if (c->state != CLIENT_GONE && c->state != CLIENT_KEX)
		check_broken(c);
	if (c->state != CLIENT_GONE && !ssh_is_connected(c->ssh) &&
	    c->state != CLIENT_KEX)
		c->state = CLIENT_GONE;
	if (c->state != CLIENT_GONE && !conn->started)
		quickack(c->fd);
	evp_enter(before);
}

void
client_disconnect(struct client *c, const char *why)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);

	if (ssh_is_connected(c->ssh)) {
		if (why != NULL)
			ssh_session_set_disconnect_message(c->ssh, why);
		ssh_disconnect(c->ssh);
	}
	evp_enter(before);
}

ssh_channel
client_accept(ssh_message msg, ssh_channel_callbacks callbacks)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	ssh_channel	channel;

	channel = ssh_message_channel_request_open_reply_accept(msg);
	if (channel != NULL)
		ssh_set_channel_callbacks(channel, callbacks);
	evp_enter(before);
	return (channel);
}

static int
open_kind(const struct chan *c)
{
	const struct forward	*f = c->forward;

	switch (c->kind) {
	case CHAN_AGENT:
		return (ssh_channel_open_auth_agent(c->ssh));
	case CHAN_X11:
		return (ssh_channel_open_x11(c->ssh, f->source,
		    f->source_port));
	case CHAN_REMOTE:
		if (f->port == FORWARD_UNIX)
			return (streamlocal_open_back(c->ssh, f->host));
		return (ssh_channel_open_reverse_forward(c->ssh, f->host,
		    f->port, f->source, f->source_port));
	default:
		return (SSH_ERROR);
	}
}

int
client_open(struct chan *c)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		r;

	if (c->ssh == NULL) {
		c->ssh = ssh_channel_new(c->conn->client.ssh);
		if (c->ssh != NULL)
			ssh_set_channel_callbacks(c->ssh, &c->callbacks);
	}
	r = c->ssh == NULL ? SSH_ERROR : open_kind(c);
	if (r == SSH_ERROR && c->ssh != NULL) {
		ssh_channel_free(c->ssh);
		c->ssh = NULL;
	}
	evp_enter(before);
	return (r);
}

void
client_refuse(struct client *c, ssh_message msg, const char *sentence)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);

	if (sentence == NULL) {
		ssh_message_reply_default(msg);
	} else {
		client_disconnect(c, sentence);
		c->state = CLIENT_GONE;
	}
	ssh_message_free(msg);
	evp_enter(before);
}

void
client_listening(struct client *c, ssh_message msg, int ok, int port)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);

	(void)c;
	if (ok)
		ssh_message_global_request_reply_success(msg, port);
	else
		ssh_message_reply_default(msg);
	ssh_message_free(msg);
	evp_enter(before);
}

void
client_free(ssh_channel channel)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);

	ssh_channel_free(channel);
	evp_enter(before);
}

size_t
client_window(ssh_channel channel)
{
	return (ssh_channel_window_size(channel));
}

int
client_write(ssh_channel channel, const void *data, size_t len, int is_stderr)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		n;

	n = is_stderr ? ssh_channel_write_stderr(channel, data, len) :
	    ssh_channel_write(channel, data, len);
	evp_enter(before);
	return (n);
}

size_t
client_read(ssh_channel channel, void *data, size_t len)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		n;

	/* not ssh_channel_read_nonblocking(): it calls our own callback */
	n = ssh_channel_read_timeout(channel, data, len, 0, 0);
	evp_enter(before);
	return (n > 0 ? n : 0);
}

void
client_eof(ssh_channel channel)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);

	ssh_channel_send_eof(channel);
	evp_enter(before);
}

void
client_close(struct chan *c)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	int		i;

	if (c->end.how == CHANNEL_END_SIGNAL)
		ssh_channel_request_send_exit_signal(c->ssh, c->end.signal,
		    c->exit.core, c->exit.message, "");
	else if (c->end.how == CHANNEL_END_STATUS)
		ssh_channel_request_send_exit_status(c->ssh, c->end.status);
	/* it gives up half way when the socket is full */
	for (i = 0; i < CLOSE_TRIES; i++) {
		if (ssh_channel_close(c->ssh) != SSH_AGAIN)
			break;
	}
	evp_enter(before);
}

int
client_reply(struct client *c, ssh_message msg, int ok)
{
	enum evp_side	before = evp_enter(EVP_SIDE_CLIENT);
	uint64_t	sent = c->packets.out_packets;

	if (ok)
		ssh_message_channel_request_reply_success(msg);
	else
		ssh_message_reply_default(msg);
	ssh_message_free(msg);
	evp_enter(before);
	return (c->packets.out_packets != sent);
}
