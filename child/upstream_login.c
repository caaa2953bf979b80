/* SPDX-License-Identifier: ISC */
/*
 * The host's side, from the handshake to the login: nothing is proved to a
 * host before the monitor knows its key. The monitor signs, so that libssh2
 * waits for it in the middle of its call.
 */
#include <stdlib.h>
#include <string.h>

#include "child/ask.h"
#include "child/conn.h"
#include "child/evp.h"
#include "child/upstream.h"
#include "child/upstream_int.h"
#include "lib/xmalloc.h"

#define ROUNDS_MAX	16	/* of questions that a host may ask */

/* Frees and forgets the password. */
static void
forget_password(struct upstream *up)
{
	if (up->password != NULL) {
		explicit_bzero(up->password, strlen(up->password));
		free(up->password);
	}
	up->password = NULL;
}

static void
ready(struct upstream *up)
{
	forget_password(up);
	up->wiping = 0;
	up->state = UP_READY;
}

static void
ended(struct upstream *up)
{
	if (up->goodbye != NULL)
		upstream_lost(up, "it ended the connection during the login "
		    "as %s: %s", up->account_name, up->goodbye);
	else
		upstream_lost(up, "it ended the connection during the login "
		    "as %s", up->account_name);
}

static void
refused(struct upstream *up)
{
	forget_password(up);
	if (up->goodbye != NULL)
		ended(up);
	else if (up->sign.weak)
		upstream_lost(up, "it takes the portal's RSA key only with "
		    "SHA-1: an administrator can give it a key of another "
		    "type, or permit old algorithms with \"host update "
		    "--legacy %s\"", up->host);
	else
		upstream_lost(up, "the login as %s was refused: %s",
		    up->account_name, up->key_len > 0 ?
		    "is the portal's key in its authorized_keys? An "
		    "administrator's \"key setup\" prints how to put it there" :
		    "an administrator has to look at its password");
}

/* What is tried first, or after a key was refused. */
static void
next_method(struct upstream *up)
{
	if (up->state == UP_KEY_ASKED && up->key != NULL)
		up->state = UP_LOGIN_KEY;
	else if (up->has_password)
		up->state = UP_PASSWORD_ASKED;
	else
		refused(up);
}

/* The monitor's word on the host's key. */
static void
hostkey_answered(void *arg, struct ipc *m)
{
	struct upstream	*up = arg;
	struct verdict	 v;

	if (get_verdict(&m->body, &v) == -1)
		ask_malformed("answer about a host key");
	if (up->state != UP_KEY_ASKED)
		return;
	up->shown = 1;
	if (v.ok) {
		next_method(up);
		return;
	}
	up->state = UP_DEAD;
	up->lost = xstrdup(v.sentence);
}

/* The handshake has failed. */
static void
no_connection(struct upstream *up, int rc)
{
	char	*why = NULL;

	if (rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_METHOD_NONE)
		why = offer_explain(&up->offered, up->legacy, up->host);
	if (why != NULL)
		upstream_lost(up, "%s", why);
	else
		upstream_lost(up, "no SSH connection could be made (%s)",
		    upstream_error(up));
	free(why);
	msg_free(&up->offered);
}

static int
handshake(struct upstream *up)
{
	enum evp_side		 before;
	struct ask_hostkey	 a = { .hop = up->hop };
	struct msg		 transcript;
	const char		*key;
	size_t			 len;
	int			 rc, type;

	before = evp_enter(EVP_SIDE_HOST);
	rc = libssh2_session_handshake(up->ssh, up->fd);
	evp_enter(before);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return (UP_AGAIN);
	if (rc != 0) {
		no_connection(up, rc);
		return (UP_FAILED);
	}
	msg_free(&up->offered);
	key = libssh2_session_hostkey(up->ssh, &len, &type);
	if (key == NULL || len > KEY_MAX) {
		upstream_lost(up, "it has no usable host key");
		return (UP_FAILED);
	}
	if (evp_take_exchange(&transcript) == -1) {
		upstream_lost(up, "its key exchange is too long");
		return (UP_FAILED);
	}
	a.transcript = transcript.data;
	a.len = transcript.len;
	up->state = UP_KEY_ASKED;
	ask_hostkey(&a, hostkey_answered, up);
	msg_free(&transcript);
	return (UP_AGAIN);
}

static void
sign_answered(void *arg, struct ipc *m)
{
	struct upstream		*up = arg;
	struct answer_sign	 a;

	if (get_answer_sign(&m->body, &a) == -1)
		ask_malformed("signature for a host");
	up->sign.answered = 1;
	up->sign.len = a.len;
	free(up->sign.sig);
	up->sign.sig = a.len == 0 ? NULL : (uint8_t *)xmemdup0(a.sig, a.len);
}

/* Of RSA the monitor refuses SHA-1; all others have but one algorithm. */
static int
is_rsa(const struct upstream *up)
{
	struct msg	m;

	msg_borrow(&m, up->key, up->key_len);
	msg_want_text(&m, "ssh-rsa");
	return (!m.error);
}

/* libssh2 wants a signature; it frees what it is given. */
static int
sign(LIBSSH2_SESSION *ssh, unsigned char **sig, size_t *len,
    const unsigned char *data, size_t data_len, void **abstract)
{
	struct upstream		*up = *libssh2_session_abstract(ssh);
	struct ask_up_sign	 a = { .hop = up->hop, .data = data,
				    .len = data_len };

	(void)abstract;
	if (!up->sign.asked) {
		if (data_len > SIGN_DATA_MAX || up->sign.times++ == 3)
			return (-1);
		up->sign.asked = 1;
		ask_up_sign(&a, sign_answered, up);
	}
	if (!up->sign.answered)
		return (LIBSSH2_ERROR_EAGAIN);
	up->sign.asked = up->sign.answered = 0;
	if (up->sign.sig == NULL) {
		up->sign.weak = is_rsa(up);
		return (-1);
	}
	*sig = up->sign.sig;
	*len = up->sign.len;
	up->sign.sig = NULL;
	return (0);
}

/* What came of a method: logged in, refused, or the connection is gone. */
static int
attempted(struct upstream *up, int rc)
{
	switch (rc) {
	case LIBSSH2_ERROR_EAGAIN:
		return (UP_AGAIN);
	case 0:
		ready(up);
		return (UP_OK);
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
		if (up->state == UP_LOGIN_KEY) {
			refused(up);	/* sshd: too many failures */
			return (UP_FAILED);
		}
		ended(up);
		return (UP_FAILED);
	}
	return (UP_FAILED);
}

/*
 * Once more with SHA-1, where that is permitted: some say that they know better
 * and then do not take it.
 */
static int
try_old(struct upstream *up)
{
	if (!up->legacy || up->sign.old || !is_rsa(up))
		return (0);
	up->sign.old = 1;
	return (libssh2_session_method_pref(up->ssh, LIBSSH2_METHOD_SIGN_ALGO,
	    "ssh-rsa") == 0);
}

static int
login_key(struct upstream *up)
{
	int	r, rc;

	rc = libssh2_userauth_publickey(up->ssh, up->account, up->key,
	    up->key_len, sign, NULL);
	if (rc == LIBSSH2_ERROR_METHOD_NONE)
		up->sign.weak = is_rsa(up);
	r = attempted(up, rc);
	if (r == UP_FAILED && up->state == UP_LOGIN_KEY && !try_old(up))
		next_method(up);
	return (r);
}

static void
password_answered(void *arg, struct ipc *m)
{
	struct upstream		*up = arg;
	struct answer_password	 a;

	if (get_answer_password(&m->body, &a) == -1)
		ask_malformed("password");
	if (up->state != UP_PASSWORD_ASKED)
		return;
	up->password = xstrdup(a.password);
	up->state = UP_LOGIN_PASSWORD;
}

static int
ask_password(struct upstream *up)
{
	if (up->has_password) {
		up->has_password = 0;	/* may be asked for once */
		ask_up_password(up->hop, password_answered, up);
	}
	return (UP_AGAIN);
}

static int
login_password(struct upstream *up)
{
	int	r;

	r = attempted(up, libssh2_userauth_password_ex(up->ssh, up->account,
	    strlen(up->account), up->password, strlen(up->password), NULL));
	if (r == UP_FAILED && up->state == UP_LOGIN_PASSWORD)
		up->state = UP_LOGIN_PROMPT;
	return (r);
}

/*
 * keyboard-interactive (RFC 4256): the password to the first prompt that
 * hides what is typed, once; nothing to any other.
 */
static void
answer_prompts(const char *name, int name_len, const char *instruction,
    int instruction_len, int n, const LIBSSH2_USERAUTH_KBDINT_PROMPT *prompts,
    LIBSSH2_USERAUTH_KBDINT_RESPONSE *responses, void **abstract)
{
	struct upstream	*up = *abstract;
	const char	*word;
	int		 i;

	(void)name;
	(void)name_len;
	(void)instruction;
	(void)instruction_len;
	if (up->rounds++ == ROUNDS_MAX)
		upstream_lost(up, "it asks and asks, and lets nobody in");
	for (i = 0; i < n; i++) {
		word = "";
		if (!prompts[i].echo && !up->prompted) {
			up->prompted = 1;
			word = up->password;
		}
		responses[i].text = xstrdup(word);
		responses[i].length = strlen(word);
	}
}

static int
login_prompt(struct upstream *up)
{
	int	r;

	r = attempted(up, libssh2_userauth_keyboard_interactive_ex(up->ssh,
	    up->account, strlen(up->account), answer_prompts));
	if (r == UP_FAILED && up->state == UP_LOGIN_PROMPT)
		refused(up);
	return (r);
}

int
upstream_login_step(struct upstream *up)
{
	switch (up->state) {
	case UP_WAY:
		return (upstream_way_step(up));
	case UP_HANDSHAKE:
		return (handshake(up));
	case UP_LOGIN_KEY:
		return (login_key(up));
	case UP_PASSWORD_ASKED:
		return (ask_password(up));
	case UP_LOGIN_PASSWORD:
		return (login_password(up));
	case UP_LOGIN_PROMPT:
		return (login_prompt(up));
	default:
		return (UP_AGAIN);
	}
}
