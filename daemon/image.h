/* SPDX-License-Identifier: ISC */
/*
 * The re-exec. One image of the program reads flags, environment and file, and
 * leaves settings and secrets to the next one in sealed memfds, so that the
 * daemon's memory has never held a secret. The same way carries listening
 * sockets and the table of live monitors over a reload, an upgrade and the
 * answer to a crash.
 *
 * The memfd that describes all this is named by the variable SSHPORTAL_IMAGE.
 * Its form has a version: a newer program reads what an older one left, and an
 * older one refuses what it does not know, in the check and thus in time. The
 * settings have none: the program that wrote them is the one that reads them.
 */
#ifndef DAEMON_IMAGE_H
#define DAEMON_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/catalogue.h"
#include "lib/msg.h"
#include "lib/network.h"

#define IMAGE_LISTENERS_MAX	64
#define IMAGE_SLOTS_MAX		(1024 * 1024)
#define IMAGE_BIND_MAX		256
#define IMAGE_PENALTIES_MAX	16384

/* What the next image is to do with it. */
enum image_reason {
	IMAGE_START,		/* be the daemon */
	IMAGE_CHECK,		/* read the settings again, hand them over */
	IMAGE_RELOAD,		/* of version 2: read them again, RELOADED */
	IMAGE_RELOADED,		/* be the daemon, with new settings */
	IMAGE_CRASH,		/* be the daemon, as before */
	IMAGE_REASON_END_OF_LIST
};

struct image_listener {
	int	fd;
	char	bind[IMAGE_BIND_MAX + 1]; /* as set; "": socket activation */
};

/*
 * A live monitor, or (pid 0) a client that waits for one. An adopted monitor is
 * the child of a daemon that died; its fd is a pidfd.
 */
struct image_slot {
	uint8_t		state;		/* enum pool_state */
	pid_t		pid;
	pid_t		child;		/* 0: not known */
	int		fd;		/* ctl, or the client's socket; or -1 */
	uint8_t		adopted;
	int64_t		since;		/* monotonic ms */
	char		source[ADDR_MAX + 1];
	char		local[ADDR_MAX + 1];
};

/* A block of addresses that has a penalty (daemon/sources.h). */
struct image_penalty {
	struct network	net;
	int64_t		until;		/* monotonic ms */
	uint8_t		cause;		/* enum penalty */
	uint8_t		in_force;
};

struct image {
	enum image_reason	 reason;
	int			 settings;	/* memfds; -1: not yet made */
	int			 secrets;
	int			 origin;
	int			 check_fd;	/* CHECK: where to hand over */
	int64_t			 crash_ms;	/* last CRASH, 0: never */
	pid_t			 keeper;	/* 0: none */
	int			 keeper_fd;	/* -1: none */
	int			 owner_fd;	/* lock, -1: not held */
	size_t			 nlisteners;
	struct image_listener	 listeners[IMAGE_LISTENERS_MAX];
	size_t			 nslots;
	struct image_slot	*slots;
	size_t			 npenalties;
	struct image_penalty	*penalties;
};

/* Nothing in it, no descriptors. */
void	image_init(struct image *);

/* Frees slots and penalties; descriptors stay open. */
void	image_free(struct image *);

/*
 * Its form in a memfd; decoding returns 0, or -1 with errno: EPROTO if it is
 * not one of ours, EPROTONOSUPPORT if its version is not known here.
 */
void	image_encode(struct msg *, const struct image *);
int	image_decode(struct msg *, struct image *);

/*
 * Takes the image that this process was executed with, its descriptors made
 * close-on-exec again. Returns 1, 0 when there is none, or -1 with errno.
 */
int	image_take(struct image *);

/*
 * Executes the program with it; how is IMAGE_*. All descriptors that the image
 * does not name must be close-on-exec. Returns only when that failed, with
 * errno; everything is then as before.
 */
void	image_exec(const struct image *, enum image_reason how,
	    const char *program);

/*
 * The origin: program, command line and environment as the operator gave them,
 * in a memfd that only a reload reads. Returns it, or -1 with errno.
 */
int	image_origin_save(const char *program, int argc, char **argv);

/*
 * Reads it: sets the environment's SSHPORTAL_ variables, and the others return
 * what the caller frees. Returns 0, or -1 with errno.
 */
int	image_origin_load(int fd, char **program, int *argc, char ***argv);

#endif
