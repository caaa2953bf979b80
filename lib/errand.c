/* SPDX-License-Identifier: ISC */
/*
 * Sending somebody on an errand.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/errand.h"
#include "lib/ipc.h"

int
errand_pair(const struct errand *e, int fds[2])
{
	enum ipc_result	r;
	struct ipc	m;

	if (ipc_pair(fds) == -1)
		return (-1);
	ipc_init(&m, ERRAND_BEGIN, 0);
	put_errand(&m.body, e);
	r = ipc_send(fds[0], &m);
	ipc_free(&m);
	if (r == IPC_OK)
		return (0);
	close(fds[0]);
	close(fds[1]);
	errno = EIO;
	return (-1);
}

int
errand_is_sound(const struct errand *e)
{
	if (e->host <= 0 || e->key < 0 || e->user < 0)
		return (0);
	switch (e->kind) {
	case ERRAND_TEST:
		return (e->other == 0);
	case ERRAND_INSTALL:
		return (e->key == 0 && e->other > 0);
	case ERRAND_REMOVE:
		return (e->key > 0 && e->other > 0 && e->key != e->other);
	default:
		return (0);
	}
}

const char *
errand_stage_name(unsigned stage)
{
	static const char *const	names[ERRAND_STAGES] = {
		[ERRAND_NAME] = "name",
		[ERRAND_CONNECT] = "connection",
		[ERRAND_HOP] = "hop",
		[ERRAND_KEX] = "key exchange",
		[ERRAND_HOSTKEY] = "host key",
		[ERRAND_LOGIN] = "login",
		[ERRAND_WORK] = "authorized_keys",
	};

	return (stage < ERRAND_STAGES ? names[stage] : "?");
}

const char *
errand_result_name(unsigned result)
{
	static const char *const	names[ERRAND_RESULTS] = {
		[ERRAND_OK] = "ok",
		[ERRAND_FAILED] = "failed",
		[ERRAND_NEW] = "new",
		[ERRAND_SKIPPED] = "skipped",
	};

	return (result < ERRAND_RESULTS ? names[result] : "?");
}
