/* SPDX-License-Identifier: ISC */
/*
 * A lying child in session: what it may still ask once somebody is logged in,
 * and what the monitor makes of it.
 */
#include <sys/ioctl.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "lib/log.h"
#include "lib/sshkey.h"
#include "regress/unit/liar.h"

/* The monitors' log: their standard error, while a test runs. */
static int	log_pipe[2], real_stderr;

static int
catch_log(void **state)
{
	(void)state;
	fflush(stderr);
	return (dup2(log_pipe[1], STDERR_FILENO) == -1 ? -1 : 0);
}

static int
release_log(void **state)
{
	(void)state;
	fflush(stderr);
	return (dup2(real_stderr, STDERR_FILENO) == -1 ? -1 : 0);
}

static int
start(void **state)
{
	int	r = liar_start(state);

	liar_settings.log_level = LOG_LEVEL_INFO;
	return (r);
}

/* Whether the log comes to say this; all before it is read away. */
static int
log_says(const char *text)
{
	static char	all[65536];
	struct pollfd	p = { .fd = log_pipe[0], .events = POLLIN };
	size_t		n = 0;
	ssize_t		r;

	while (n < sizeof(all) - 1 && poll(&p, 1, 20000) == 1) {
		r = read(log_pipe[0], all + n, sizeof(all) - 1 - n);
		if (r <= 0)
			break;
		n += r;
		all[n] = '\0';
		if (strstr(all, text) != NULL)
			return (1);
	}
	return (0);
}

static void
put_exchange(const struct liar *l, int number, const uint8_t *ks, size_t len,
    struct msg *transcript, struct msg *body)
{
	struct ask_sign	a = { .hash_len = 32 };

	liar_transcript(l, number, ks, len, transcript);
	a.transcript = transcript->data;
	a.len = transcript->len;
	msg_init(body);
	put_ask_sign(body, &a);
}

/* A new exchange is signed with the portal's key, over what it came to. */
static void
test_rekey(void **state)
{
	struct answer_sign	 s;
	struct liar		 l;
	struct msg		 t, body;
	struct ipc		 in;
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	EVP_PKEY		*pkey;
	uint8_t			 hash[32];

	(void)state;
	liar_reach(&l, ST_RUN);
	put_exchange(&l, 2, NULL, 0, &t, &body);
	assert_true(liar_ask(&l, ASK_REKEY_SIGN, &body, &in));
	assert_int_equal(get_answer_sign(&in.body, &s), 0);
	EVP_Digest(t.data, t.len, hash, NULL, EVP_sha256(), NULL);
	assert_memory_not_equal(hash, l.session_id, sizeof(hash));
	assert_int_equal(sshkey_from_blob(l.hostkey, l.hostkey_len, &pkey),
	    0);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey),
	    1);
	assert_int_equal(EVP_DigestVerify(ctx, s.sig, s.len, hash,
	    sizeof(hash)), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ipc_free(&in);
	msg_free(&body);
	msg_free(&t);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

/* Not of an exchange in which another key is the host's, nor before login. */
static void
test_rekey_lies(void **state)
{
	struct liar	l;
	struct msg	t, body;

	(void)state;
	liar_reach(&l, ST_RUN);
	put_exchange(&l, 2, liar_alice.blob, liar_alice.len, &t, &body);
	liar_send(&l, ASK_REKEY_SIGN, &body);
	assert_true(liar_ends(&l, MONITOR_GATE));
	msg_free(&body);
	msg_free(&t);

	liar_reach(&l, ST_AUTH);
	put_exchange(&l, 2, NULL, 0, &t, &body);
	liar_send(&l, ASK_REKEY_SIGN, &body);
	assert_true(liar_ends(&l, MONITOR_GATE));
	msg_free(&body);
	msg_free(&t);
}

static void
send_log(struct liar *l, unsigned level, const char *text)
{
	const struct ask_log	a = { level, text };
	struct msg		body;

	msg_init(&body);
	put_ask_log(&body, &a);
	liar_send(l, ASK_LOG, &body);
	msg_free(&body);
}

/* What a child says is its own words, on one line, whatever is in them. */
static void
test_log(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_KEX);
	send_log(&l, LOG_LEVEL_ERROR, "one\nAccepted publickey\033[2J for x");
	assert_true(log_says("child: one\\x0aAccepted publickey\\x1b[2J for "
	    "x\n"));
	liar_bye(&l);

	liar_reach(&l, ST_KEX);
	send_log(&l, LOG_LEVEL_DEBUG + 1, "louder");
	assert_true(liar_ends(&l, MONITOR_GATE));
}

static void
send_ending(struct liar *l, const char *text)
{
	const struct sentence	s = { text };
	struct msg		body;

	msg_init(&body);
	put_sentence(&body, &s);
	liar_send(l, ASK_ENDING, &body);
	msg_free(&body);
}

/* Why it ends: said by whom it concerns, and once. */
static void
test_ending(void **state)
{
	struct liar	l;

	(void)state;
	liar_reach(&l, ST_RUN);
	send_ending(&l, "the host\r\nhung up");
	assert_true(log_says("user bob: the host\\x0d\\x0ahung up session="));
	assert_int_equal(liar_bye(&l), MONITOR_DONE);

	liar_reach(&l, ST_RUN);
	send_ending(&l, "one");
	send_ending(&l, "two");
	assert_true(liar_ends(&l, MONITOR_GATE));
}

static void
send_resize(struct liar *l, uint32_t channel, uint32_t cols, uint32_t rows)
{
	const struct ask_shell_resize	a = { channel, cols, rows };
	struct msg			body;

	msg_init(&body);
	put_ask_shell_resize(&body, &a);
	liar_send(l, ASK_SHELL_RESIZE, &body);
	msg_free(&body);
}

/* The descriptor of a new shell's terminal. */
static int
open_shell(struct liar *l, uint32_t channel)
{
	const struct ask_shell	a = { .channel = channel, .pty = 1,
				    .term = "dumb", .cols = 80, .rows = 24,
				    .command = "" };
	struct verdict		v;
	struct msg		body;
	struct ipc		in;
	int			fd;

	msg_init(&body);
	put_ask_shell(&body, &a);
	assert_true(liar_ask(l, ASK_SHELL, &body, &in));
	assert_int_equal(get_verdict(&in.body, &v), 0);
	assert_true(v.ok);
	fd = ipc_take_fd(&in, 0);
	assert_true(fd != -1);
	ipc_free(&in);
	msg_free(&body);
	return (fd);
}

/* A terminal has the size that was told last; of another's nothing happens. */
static void
test_resize(void **state)
{
	struct winsize	ws;
	struct liar	l;
	int		fd;

	(void)state;
	liar_reach(&l, ST_SHELL);
	fd = open_shell(&l, 3);
	assert_int_equal(ioctl(fd, TIOCGWINSZ, &ws), 0);
	assert_int_equal(ws.ws_col, 80);
	send_resize(&l, 3, 132, 43);
	send_resize(&l, 4, 10, 10);
	/* what comes after has been read after */
	send_log(&l, LOG_LEVEL_ERROR, "resized");
	assert_true(log_says("child: resized\n"));
	assert_int_equal(ioctl(fd, TIOCGWINSZ, &ws), 0);
	assert_int_equal(ws.ws_col, 132);
	assert_int_equal(ws.ws_row, 43);
	close(fd);
	assert_int_equal(liar_bye(&l), MONITOR_DONE);
}

#define WITH_LOG(test)	\
	cmocka_unit_test_setup_teardown(test, catch_log, release_log)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rekey),
		cmocka_unit_test(test_rekey_lies),
		WITH_LOG(test_log),
		WITH_LOG(test_ending),
		WITH_LOG(test_resize),
	};

	/* what no test reads has room */
	if (pipe(log_pipe) == -1 ||
	    fcntl(log_pipe[1], F_SETPIPE_SZ, 1 << 20) == -1 ||
	    (real_stderr = dup(STDERR_FILENO)) == -1)
		return (1);
	return (cmocka_run_group_tests(tests, start, liar_stop));
}
