/* SPDX-License-Identifier: ISC */
/*
 * A session's own socket, run_dir/session-ID.sock (SOCK_SEQPACKET), by which
 * others of the same instance reach it. That it answers says that the session
 * lives.
 *
 * A request is one packet of text without NUL, and so is its answer:
 *	stop REASON	the person reads the reason, the session ends: "ok"
 *	revalidate	may the person still be there? "ok", "stopped", or
 *			"away" when the store cannot be asked
 * Anything else: "what".
 */
#ifndef MONITOR_REMOTE_H
#define MONITOR_REMOTE_H

#include "lib/reach.h"

struct jump;
struct monitor;

#define REMOTE_REQUEST_MAX	REACH_REQUEST_MAX

/*
 * The listening socket of the session, or of one of its jumps, is ready. Only
 * our own uid and root get in.
 */
void	remote_accept(struct monitor *, int listener, struct jump *);

/* A jump is gone: so are those who asked it. */
void	remote_forget(struct monitor *, const struct jump *);

/* m->peers[i] is ready: a request, or its end. */
void	remote_serve(struct monitor *, int i);

#endif
