/* SPDX-License-Identifier: ISC */
/*
 * The child's side of the gate: each request to the monitor as a function.
 *
 * Before login, and for the signature of a new key exchange, the child waits;
 * all else is answered later, to a function that the request names. What the
 * monitor says meanwhile is kept in its order.
 *
 * Strings longer than the catalogue allows must not be passed. A gate that is
 * gone ends the process: without its monitor a child is nothing.
 */
#ifndef CHILD_ASK_H
#define CHILD_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/catalogue.h"
#include "lib/ipc.h"
#include "lib/log.h"

/*
 * Gets the answer to a request: its content is read with get_…(), descriptors
 * are taken with ipc_take_fd(); the rest is freed afterwards. A decoder that
 * fails is a bug of the monitor's: ask_malformed().
 */
typedef void ask_reply(void *arg, struct ipc *);

/* Gets what the monitor says unasked (enum tell). */
typedef void ask_tell(void *arg, struct ipc *);

/* The gate's descriptor, which becomes non-blocking; once. */
void	ask_init(int gate);
int	ask_fd(void);

/* Ends the process: the monitor said what cannot be. */
void	ask_malformed(const char *what) __attribute__((noreturn));

/* Waits for the monitor to say this; caller frees with ipc_free(). */
void	ask_wait_tell(enum tell, struct ipc *);

/* Waits for whatever it says next; caller frees. */
void	ask_wait_next(struct ipc *);

/* Hands out all answers that are there, and what was said to fn. */
void	ask_receive(ask_tell *fn, void *arg);

/* Whether messages were kept that ask_receive() would hand out. */
int	ask_waiting(void);

/*
 * Whether this may be asked now, and then it counts as asked: child/pace.h.
 * If not, ask_pause() says in how many milliseconds something may, until all
 * who were told no have tried again; -1: nobody was.
 */
int	ask_may(enum ask);
int	ask_pause(void);

/*
 * Signs an exchange hash: request is ASK_KEX_SIGN or ASK_REKEY_SIGN, *siglen
 * the room in sig, then the length. Waits, also for its turn. Returns 0, or -1:
 * refused.
 */
int	ask_sign(enum ask request, const struct ask_sign *, uint8_t *sig,
	    size_t *siglen);

/*
 * Asks about a person: request is ASK_AUTH_NONE, ASK_AUTH_QUERY or
 * ASK_AUTH_KEY. Waits. *text is the answer's, the caller frees it.
 */
enum destination ask_auth(enum ask request, const struct ask_auth *,
	    char **text);

/* For the host behind the login name: struct answer_target. */
void	ask_target(ask_reply *, void *arg);

/* Whether this is the host's key: struct verdict. */
void	ask_hostkey(const struct ask_hostkey *, ask_reply *, void *arg);

/* For the signature of a login there: struct answer_sign. */
void	ask_up_sign(const struct ask_up_sign *, ask_reply *, void *arg);

/* For the password of a login there: struct answer_password. */
void	ask_up_password(uint8_t hop, ask_reply *, void *arg);

/* Tells why the session ends; the first reason counts. */
void	ask_ending(const char *sentence);

/* Whether a program may start: struct verdict, fds[0] a recording. */
void	ask_channel_open(const struct ask_channel_open *, ask_reply *,
	    void *arg);

/* For a connection to a host of the inventory: struct verdict, fds[0]. */
void	ask_jump(const struct ask_jump *, ask_reply *, void *arg);

/* Whether "agent", "x11" or "env" may be passed on: struct verdict. */
void	ask_channel_request(const char *what, ask_reply *, void *arg);

/* Reports the end of a channel; no answer. */
void	ask_channel_close(const struct ask_channel_close *);

/*
 * Tells of files; no answer. The first wants ask_may(ASK_FILE), the second
 * waits for its turn: for what is left at the end.
 */
void	ask_file(const struct ask_file *);
void	ask_file_last(const struct ask_file *);

/* For a command interpreter: struct verdict, fds[0], fds[1]. */
void	ask_shell(const struct ask_shell *, ask_reply *, void *arg);
void	ask_shell_resize(const struct ask_shell_resize *);

/* Tells how far an errand came; no answer. */
void	ask_errand(const struct ask_errand *);

/* The child's only log; a log_sink. */
void	ask_log(enum log_level, const char *line);

#endif
