/* SPDX-License-Identifier: ISC */
/*
 * How the processes of an instance reach each other by the sockets in its
 * run_dir: the keeper's, and one of each session and each prompt of the admin
 * shell, which lives as long as the socket answers.
 */
#ifndef LIB_REACH_H
#define LIB_REACH_H

#include <stddef.h>
#include <stdint.h>

#define KEEPER_SOCKET	"keeper.sock"

/*
 * What is said on it (lib/ipc.h): the type is an enum record_kind with a struct
 * record as content, acknowledged by the same type with the record's id as
 * content; or one of these, without content where none is told.
 */
enum keeper_message {
	KEEPER_HAND_OVER = 0x40,	/* a new keeper: end, please */
	KEEPER_LOOK,			/* something was edited in the store, or
					   a session is to be stopped */
	/*
	 * From its archivist alone: whose is the session u64, which is said to
	 * have had a recording on the day that began at the UTC second u64?
	 * The answer, of the same type and id, is an u8: enum archive_owner.
	 */
	KEEPER_WHOSE,
	KEEPER_REFUSED			/* a login was: a struct record of an
					   event; no acknowledgement */
};

/* "session-ID.sock", and of a login to the admin shell "shell-PID.sock". */
#define REACH_SOCKET_SIZE	40
char	*reach_session_socket(long long session, char name[REACH_SOCKET_SIZE]);
char	*reach_shell_socket(long pid, char name[REACH_SOCKET_SIZE]);

/* Whether a name in run_dir is one of these two; whether it is the first. */
int	 reach_is_socket(const char *name);
int	 reach_is_session(const char *name);

/*
 * What these understand: one packet of text, answered by one. See
 * monitor/remote.h for the words.
 */
#define REACH_REQUEST_MAX	1024	/* bytes */
#define REACH_ANSWER_MAX	64

/*
 * Asks a session and waits at most ms milliseconds for its answer, which is
 * NUL-terminated. Returns 0, or -1 with errno: ENOENT and ECONNREFUSED, no such
 * session lives in this instance; ETIMEDOUT, it does not answer.
 */
int	 reach_ask(const char *run_dir, int64_t session, const char *request,
	    int ms, char answer[REACH_ANSWER_MAX]);

/*
 * Tells the keeper to look. Never waits. Returns 0, or -1 with errno: there is
 * none just now, and the next one looks when it starts.
 */
int	 reach_keeper_look(const char *run_dir);

#endif
