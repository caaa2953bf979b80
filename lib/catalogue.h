/* SPDX-License-Identifier: ISC */
/*
 * Everything that crosses a wall between two of our processes: the requests of
 * a child, its monitor's answers, and what the monitor says to the daemon and
 * the keeper. Each message has a struct, and beside each other in
 * catalogue.c a function that writes it and one that reads it.
 *
 * A decoder returns 0, or -1 when a field is short, too long, or something is
 * left over. Pointers in decoded structs are borrowed from the message.
 */
#ifndef LIB_CATALOGUE_H
#define LIB_CATALOGUE_H

#include <stdint.h>

#include "lib/ipc.h"
#include "lib/recording.h"

/* Longest fields, in bytes. */
#define LOGIN_MAX	512	/* user name of an SSH login */
#define ALG_MAX		64	/* name of an algorithm */
#define KEY_MAX		8192	/* public key, wire form */
#define SIG_MAX		4096	/* signature, bare */
#define TRANSCRIPT_MAX	32768	/* exchange hash input */
#define SIGN_DATA_MAX	16384	/* what an upstream signature covers */
#define NAME_MAX_BYTES	255	/* names of rows */
#define TERM_MAX	128
#define COMMAND_MAX	32768
#define SENTENCE_MAX	2048	/* text for a person */
#define PASSWORD_MAX	4096
#define LOG_TEXT_MAX	8192
#define ADDR_MAX	64	/* "[address]:port" */
#define PEER_MAX	79	/* the same, with an interface's name */
#define VERSION_MAX	256	/* an SSH identification line */
#define HOSTKEYS_MAX	4
#define HOST_LOGIN_MAX	256	/* account on a host */
#define HOPS_MAX	16	/* logins on the way to a host, its own too */
#define PATH_BYTES_MAX	4096	/* of a file's path on a host */
#define FILE_TEXT_MAX	512	/* how an operation on a file went */
#define FILE_SUM_LEN	32	/* SHA-256 */
#define FILE_OP_MAX	(3 * PATH_BYTES_MAX)	/* one, encoded */
#define FILE_OPS_MAX	49152	/* of those in one message */

/*
 * The portal's identification line (RFC 4253, section 4.2). OpenSSH's client
 * says eow@openssh.com, "nobody reads the output any more", only to servers
 * whose software begins with OpenSSH.
 */
#define SERVER_SOFTWARE	"OpenSSH_compatible_sshportal"
#define SERVER_VERSION	"SSH-2.0-" SERVER_SOFTWARE

/*
 * How often the child may ask in a minute, where a client's doing is what
 * makes it ask: the gate ends who asks more often, and the child waits before.
 */
#define REKEYS_A_MINUTE		6000
#define CHANNELS_A_MINUTE	12000
#define WISHES_A_MINUTE		(3 * CHANNELS_A_MINUTE)
#define SHELLS_A_MINUTE		6000
#define JUMPS_A_MINUTE		600
#define FILES_A_MINUTE		6000	/* each many at once */

/* Between child and monitor. Requests first; an answer has ANSWER added. */
enum ask {
	ASK_KEX_SIGN = 1,
	ASK_REKEY_SIGN,
	ASK_AUTH_NONE,
	ASK_AUTH_QUERY,
	ASK_AUTH_KEY,
	ASK_TARGET,
	ASK_HOSTKEY,
	ASK_UP_SIGN,
	ASK_UP_PASSWORD,
	ASK_ENDING,		/* struct sentence, no answer */
	ASK_CHANNEL_OPEN,
	ASK_CHANNEL_CLOSE,
	ASK_SHELL,
	ASK_SHELL_RESIZE,
	ASK_LOG,
	ASK_ERRAND,		/* struct ask_errand, no answer */
	ASK_JUMP,
	ASK_CHANNEL_REQUEST,	/* struct sentence: "agent", "x11", "env";
				   may one be passed on? Answer: a verdict */
	ASK_FILE,		/* struct ask_file, no answer */
	ASK_END_OF_LIST
};
#define ANSWER		0x80

/* What a monitor says unasked. */
enum tell {
	TELL_START = 0x40,	/* struct tell_start, once, before anything */
	TELL_CONNECTION,	/* no content; fds[0] is the client's socket */
	TELL_SHELL_EXIT,	/* struct tell_shell_exit */
	TELL_STOP,		/* struct sentence: say it, end the session */
	TELL_ERRAND,		/* instead of a connection: struct tell_errand,
				   fds[0] the host's socket */
	TELL_WARN		/* struct sentence: say it on each terminal that
				   there is and will be; "": no more */
};

/* The host keys to offer, in order of preference, public halves (wire). */
struct tell_start {
	uint32_t	 nkeys;
	struct {
		const uint8_t	*blob;
		size_t		 len;
	}		 keys[HOSTKEYS_MAX];
};

/* KEX_SIGN, REKEY_SIGN: what libssh hashed (RFC 4253, section 8). */
struct ask_sign {
	const uint8_t	*transcript;
	size_t		 len;
	uint8_t		 hash_len;	/* 32, 48 or 64: SHA-256, -384, -512 */
	uint8_t		 sig_hash_len;	/* of the hash in the signature, the
					   same, or 0: none (Ed25519) */
};

/*
 * Answer to KEX_SIGN and REKEY_SIGN (as OpenSSL makes it) and to UP_SIGN (as
 * in an SSH signature, without its algorithm's name); empty: refused.
 */
struct answer_sign {
	const uint8_t	*sig;
	size_t		 len;
};

/* AUTH_NONE has only the login; AUTH_QUERY no signature. */
struct ask_auth {
	const char	*login;
	const char	*alg;		/* signature algorithm */
	const uint8_t	*key;		/* public key, wire form */
	size_t		 key_len;
	const uint8_t	*sig;		/* as OpenSSL takes it: ECDSA in DER */
	size_t		 sig_len;
	uint8_t		 sk_flags;	/* sk-… keys: what the token signed */
	uint32_t	 sk_counter;
};

/* What a login leads to. */
enum destination {
	DEST_REFUSED,		/* not authenticated */
	DEST_HOST,		/* ASK_TARGET next */
	DEST_SHELL,		/* ASK_SHELL on each session channel */
	DEST_NOTICE,		/* text is all there is: a greeting, OK */
	DEST_END_OF_LIST
};

/* Answer to AUTH_NONE, AUTH_QUERY, AUTH_KEY. */
struct answer_auth {
	uint8_t		 dest;		/* enum destination */
	const char	*text;		/* DEST_NOTICE: to print; DEST_REFUSED:
					   banner to show, or "" */
};

/* A yes, or a no with the reason that the person reads. */
struct verdict {
	uint8_t		 ok;
	const char	*sentence;	/* "" when ok */
};

enum scheme {
	SCHEME_SSH,
	SCHEME_TELNET
};

/* A host to log in to. */
struct target_hop {
	const char	*host;		/* its name here, for messages */
	const char	*addr;		/* where its hop connects to */
	uint16_t	 port;
	const char	*account;	/* login there */
	uint8_t		 has_password;	/* UP_PASSWORD may be asked */
	uint8_t		 legacy;	/* old algorithms are permitted */
	const uint8_t	*key;		/* to log in with; key_len 0: none */
	size_t		 key_len;
	const char	*hostkey_type;	/* of the pinned key, or "" */
};

/*
 * Answer to TARGET; fds[0] is the socket, connecting done, to the first of the
 * hops. The last is the person's host.
 */
struct answer_target {
	struct verdict	 verdict;	/* the rest only when ok */
	uint8_t		 scheme;	/* enum scheme, of the host */
	uint8_t		 nhops;		/* 1 when it is reached directly */
	struct target_hop hops[HOPS_MAX];
};

/* The host's key is in the transcript, so that it needs no field of its own. */
struct ask_hostkey {
	uint8_t		 hop;		/* whose: index among the hops */
	const uint8_t	*transcript;	/* exchange hash input with the host */
	size_t		 len;
};

struct ask_up_sign {
	uint8_t		 hop;
	const uint8_t	*data;
	size_t		 len;
};

struct ask_up_password {
	uint8_t		 hop;
};

struct answer_password {
	const char	*password;
};

/*
 * CHANNEL_OPEN is asked when a session channel's program is known, so that
 * the detail is the command.
 */
struct ask_channel_open {
	uint32_t	 channel;	/* the child's number for it */
	const char	*type;		/* shell, exec, subsystem */
	const char	*detail;	/* command, subsystem's name */
	uint8_t		 pty;
	uint32_t	 cols, rows;
};

/* Answer to CHANNEL_OPEN; fds[i] is a recording of formats[i]. */
struct answer_channel_open {
	struct verdict	 verdict;
	uint8_t		 formats[RECORDING_FILES]; /* enum recording_format */
	uint8_t		 required;	/* no recording: no session */
	uint64_t	 limit;		/* bytes of what was shown; 0: all */
	uint64_t	 reserve;	/* bytes that stay free on the disk */
	const char	*unrecorded;	/* to be said on a terminal, or "" */
	const char	*from, *to;	/* of a capture: "address:port" */
};

enum channel_end {
	CHANNEL_END_NONE,	/* no status came */
	CHANNEL_END_STATUS,
	CHANNEL_END_SIGNAL,
	CHANNEL_END_END_OF_LIST
};

/* No answer. */
struct ask_channel_close {
	uint32_t	 channel;
	uint64_t	 bytes_in;	/* from the person */
	uint64_t	 bytes_out;	/* to the person, stderr too */
	uint8_t		 how;		/* enum channel_end */
	uint32_t	 status;
	const char	*signal;	/* name without SIG, or "" */
};

/*
 * What was done to a host's files on a channel, as the child has seen it pass:
 * struct file_op, each encoded as a blob. No answer.
 */
struct ask_file {
	uint32_t	 channel;
	const uint8_t	*ops;
	size_t		 len;		/* FILE_OPS_MAX at most */
};

enum file_action {
	FILE_GET,
	FILE_PUT,
	FILE_REMOVE,
	FILE_RENAME,		/* path to other */
	FILE_MKDIR,
	FILE_RMDIR,
	FILE_SETSTAT,
	FILE_SYMLINK,		/* path leads to other */
	FILE_LINK,		/* path is another name of other */
	FILE_COPY,		/* path to other, by the host itself */
	FILE_EXTENSION,		/* path: the name of a request that nobody
				   here knows */
	FILE_RSYNC,		/* path: the command; bytes from the person, */
	FILE_GIT,		/* confirmed: to the person */
	FILE_UNKNOWN,		/* why: from here on nothing is known */
	FILE_ACTIONS
};

/* Which of the numbers of a struct file_op say something. */
enum file_has {
	FILE_HAS_SIZE = 1,
	FILE_HAS_BYTES = 2,
	FILE_HAS_CONFIRMED = 4,
	FILE_HAS_OFFSET = 8,
	FILE_HAS_SUM = 16,
	FILE_HAS_MODE = 32,
	FILE_HAS_OWNER = 64,
	FILE_HAS_TIME = 128,
	FILE_HAS_APPEND = 256,		/* written at the end, wherever */
	FILE_HAS_CUT = 512,		/* a path was longer than is kept */
	FILE_HAS_ALL = 1023
};

struct file_op {
	uint8_t		 action;	/* enum file_action */
	uint8_t		 up;		/* of a copy: from the person */
	uint32_t	 has;		/* enum file_has */
	const uint8_t	*path, *other;	/* any bytes */
	size_t		 path_len, other_len;	/* PATH_BYTES_MAX at most */
	const char	*result;	/* "ok", or why not; "": not known */
	const char	*why;		/* why there is no sum, or "" */
	uint64_t	 size;		/* of the file, or to cut it to */
	uint64_t	 bytes;		/* that went through */
	uint64_t	 confirmed;	/* of those, by the host */
	uint64_t	 offset;	/* of the first of them in the file */
	uint32_t	 mode, uid, gid, time;
	uint8_t		 sum[FILE_SUM_LEN];
};

/*
 * A connection to a host of the inventory, for the person's own client to log
 * in through: the only address that a child may name. Answer: a verdict; with
 * a yes, fds[0] is the socket, connecting done.
 */
struct ask_jump {
	uint32_t	 channel;	/* the child's number for it */
	const char	*host;		/* a host's name, or its address */
	uint32_t	 port;
};

/*
 * The command interpreter. Answer: a verdict with fds[0] the pty's master, or
 * without a pty fds[0] a stream socket (its input and output) and fds[1] the
 * reading end of its standard error.
 */
struct ask_shell {
	uint32_t	 channel;
	uint8_t		 pty;
	const char	*term;
	uint32_t	 cols, rows;
	uint8_t		 has_command;
	const char	*command;
};

/* No answer. */
struct ask_shell_resize {
	uint32_t	 channel;
	uint32_t	 cols, rows;
};

struct tell_shell_exit {
	uint32_t	 channel;
	uint32_t	 status;	/* exit status; 255: killed */
};

/* No answer. */
struct ask_log {
	uint8_t		 level;		/* enum log_level */
	const char	*text;
};

struct sentence {
	const char	*text;
};

/*
 * Between a shell and its monitor, on a socket of their own: single values
 * are sealed for the store, or opened for an administrator. The answer has the
 * same type; an empty value says that it was refused. VAULT_ERRAND has a
 * struct errand; its answer is a verdict, with a yes fds[0] is where the
 * errand's news come from (enum errand_says). VAULT_CHALLENGE names no place;
 * row is 0 for the challenge of now and 1 for the one before it.
 */
enum vault {
	VAULT_SEAL = 1,
	VAULT_OPEN,
	VAULT_ERRAND,
	VAULT_CHALLENGE
};
#define VAULT_MAX	32768

struct vault_value {
	const char	*table, *column;
	int64_t		 row;
	const uint8_t	*value;
	size_t		 len;
};

/*
 * An errand: what the portal itself does on a host, in nobody's session, for
 * an administrator. A monitor that has found its person to be one, or the
 * machine's own administrator, writes the errand into a socket pair, keeps
 * that end, and has the other carried to a spare pair, which reads it there
 * and then tells the news.
 */
enum errand_kind {
	ERRAND_TEST,		/* goes there and logs in: changes nothing */
	ERRAND_INSTALL,		/* puts `other` beside the host's key, there */
	ERRAND_REMOVE,		/* logs in with `key`, takes `other` away */
	ERRAND_KINDS
};
#define ERRAND_MS_MAX	30000	/* for all of it */

struct errand {
	uint8_t		 kind;		/* enum errand_kind */
	int64_t		 host;
	int64_t		 key;		/* this key and no other way; 0: as
					   people's logins do it */
	int64_t		 other;		/* a key, or 0 */
	uint32_t	 ms;		/* ERRAND_MS_MAX at most; 0: that */
	/* For whom; a shell's own words on it are not heeded. */
	int64_t		 user;		/* 0: the machine's administrator */
	const char	*user_name;	/* of that one; else "" */
	const char	*source;	/* where they are */
};

enum errand_says {
	ERRAND_BEGIN = 1,	/* struct errand: the first word, and the only
				   one of who sends it */
	ERRAND_STEP,		/* struct errand_step, in the stages' order;
				   ERRAND_STEPS_MAX of them */
	ERRAND_END		/* all was said; no content */
};

enum errand_stage {
	ERRAND_NAME,		/* to an address */
	ERRAND_CONNECT,
	ERRAND_HOP,		/* a login on the way; once for each */
	ERRAND_KEX,
	ERRAND_HOSTKEY,
	ERRAND_LOGIN,
	ERRAND_WORK,		/* what is to be done there */
	ERRAND_STAGES
};
#define ERRAND_STEPS_MAX	(ERRAND_STAGES + HOPS_MAX)

enum errand_result {
	ERRAND_OK,
	ERRAND_FAILED,		/* what comes after it is not tried */
	ERRAND_NEW,		/* of a host key: not known yet */
	ERRAND_SKIPPED,
	ERRAND_RESULTS
};

struct errand_step {
	uint8_t		 stage;		/* enum errand_stage */
	uint8_t		 result;	/* enum errand_result */
	uint32_t	 ms;		/* that it took */
	const char	*text;		/* how, or why not; for people */
};

/* Log in there; then, unless it is empty, give this to a shell of the host. */
struct tell_errand {
	struct answer_target	 target;
	const char		*input;
};

/* How far a child came: ERRAND_HOP, KEX with a failure, LOGIN, WORK. */
struct ask_errand {
	uint8_t		 stage;		/* enum errand_stage */
	uint8_t		 ok;
	uint32_t	 status;	/* WORK: the exit status */
	const char	*text;		/* why not; WORK: what came out */
};

/* Between monitor and daemon. */
enum ctl {
	CTL_SPARE = 1,		/* monitor: ready; struct ctl_spare */
	CTL_CONNECTION,		/* daemon: fds[0] a client; ctl_connection */
	CTL_AUTHENTICATED,	/* monitor: the login's grace time is over */
	CTL_RETIRE,		/* daemon: a spare is no longer wanted */
	CTL_ERRAND		/* either: fds[0] an errand's socket */
};

struct ctl_spare {
	uint32_t	 child_pid;
};

struct ctl_connection {
	const char	*source;	/* "address:port", "[v6]:port" */
	const char	*local;		/* the address that it came in on */
};

/* Why a monitor ended: its exit status, which the daemon acts upon. */
enum monitor_exit {
	MONITOR_DONE,		/* the connection ended, whoever ended it */
	MONITOR_FATAL,		/* environment (fatal's own status) */
	MONITOR_NO_LOGIN,	/* ended before anybody was authenticated */
	MONITOR_AUTH_FAILED,	/* … after keys were refused */
	MONITOR_GRACE,		/* LoginGraceTime passed */
	MONITOR_GATE,		/* the child asked what it may not */
	MONITOR_CHILD_CRASHED,	/* SEGV and its kin: a new layout is due */
	MONITOR_STOPPED,	/* by an administrator or the daemon */
	MONITOR_SPARE,		/* a spare: retired, or its store was gone */
	MONITOR_STUCK,		/* its child does not move */
	MONITOR_ACCOUNT		/* as NO_LOGIN; the account may not log in */
};

/*
 * Between a monitor and the keeper: what must be written, each under an id of
 * its own so that it is written exactly once. An acknowledgement is the same
 * type with only the id.
 */
enum record_kind {
	RECORD_SESSION_END = 1,	/* struct record_session */
	RECORD_CHANNEL_OPEN,	/* struct record_channel */
	RECORD_CHANNEL_CLOSE,	/* struct record_channel */
	RECORD_EVENT,		/* struct record_event */
	RECORD_END_OF_LIST
};
#define RECORD_ID_BYTES	16	/* random bytes */

struct record {
	uint8_t		 id[RECORD_ID_BYTES];
	uint8_t		 kind;		/* enum record_kind */
	int64_t		 at;		/* UTC seconds when it happened */
	int64_t		 session;	/* its row, or 0 */
	union {
		struct {
			uint64_t	 bytes_in, bytes_out;
			const char	*error;
		}		 session_end;
		struct {
			uint32_t	 channel;
			const char	*type, *detail;
			uint8_t		 refused;
			const char	*reason;	/* why refused */
			const char	*recording;	/* base of its files'
							   names, or "" */
		}		 channel_open;
		struct ask_channel_close channel_close;
		struct {
			int64_t		 author;	/* user id or 0 */
			const char	*author_name, *source;
			const char	*domain, *action, *entity;
			const char	*args;		/* JSON */
		}		 event;
	};
};

void	put_tell_start(struct msg *, const struct tell_start *);
int	get_tell_start(struct msg *, struct tell_start *);
void	put_ask_sign(struct msg *, const struct ask_sign *);
int	get_ask_sign(struct msg *, struct ask_sign *);
void	put_answer_sign(struct msg *, const struct answer_sign *);
int	get_answer_sign(struct msg *, struct answer_sign *);
void	put_ask_auth(struct msg *, const struct ask_auth *);
int	get_ask_auth(struct msg *, struct ask_auth *);
void	put_answer_auth(struct msg *, const struct answer_auth *);
int	get_answer_auth(struct msg *, struct answer_auth *);
void	put_verdict(struct msg *, const struct verdict *);
int	get_verdict(struct msg *, struct verdict *);
void	put_answer_target(struct msg *, const struct answer_target *);
int	get_answer_target(struct msg *, struct answer_target *);
void	put_ask_hostkey(struct msg *, const struct ask_hostkey *);
int	get_ask_hostkey(struct msg *, struct ask_hostkey *);
void	put_ask_up_sign(struct msg *, const struct ask_up_sign *);
int	get_ask_up_sign(struct msg *, struct ask_up_sign *);
void	put_ask_up_password(struct msg *, const struct ask_up_password *);
int	get_ask_up_password(struct msg *, struct ask_up_password *);
void	put_answer_password(struct msg *, const struct answer_password *);
int	get_answer_password(struct msg *, struct answer_password *);
void	put_ask_channel_open(struct msg *, const struct ask_channel_open *);
int	get_ask_channel_open(struct msg *, struct ask_channel_open *);
void	put_answer_channel_open(struct msg *,
	    const struct answer_channel_open *);
int	get_answer_channel_open(struct msg *, struct answer_channel_open *);
void	put_ask_channel_close(struct msg *, const struct ask_channel_close *);
int	get_ask_channel_close(struct msg *, struct ask_channel_close *);
void	put_ask_file(struct msg *, const struct ask_file *);
int	get_ask_file(struct msg *, struct ask_file *);
void	put_file_op(struct msg *, const struct file_op *);
int	get_file_op(struct msg *, struct file_op *);
void	put_ask_jump(struct msg *, const struct ask_jump *);
int	get_ask_jump(struct msg *, struct ask_jump *);
void	put_ask_shell(struct msg *, const struct ask_shell *);
int	get_ask_shell(struct msg *, struct ask_shell *);
void	put_ask_shell_resize(struct msg *, const struct ask_shell_resize *);
int	get_ask_shell_resize(struct msg *, struct ask_shell_resize *);
void	put_tell_shell_exit(struct msg *, const struct tell_shell_exit *);
int	get_tell_shell_exit(struct msg *, struct tell_shell_exit *);
void	put_ask_log(struct msg *, const struct ask_log *);
int	get_ask_log(struct msg *, struct ask_log *);
void	put_ask_errand(struct msg *, const struct ask_errand *);
int	get_ask_errand(struct msg *, struct ask_errand *);
void	put_tell_errand(struct msg *, const struct tell_errand *);
int	get_tell_errand(struct msg *, struct tell_errand *);
void	put_errand(struct msg *, const struct errand *);
int	get_errand(struct msg *, struct errand *);
void	put_errand_step(struct msg *, const struct errand_step *);
int	get_errand_step(struct msg *, struct errand_step *);
void	put_sentence(struct msg *, const struct sentence *);
int	get_sentence(struct msg *, struct sentence *);
void	put_vault_value(struct msg *, const struct vault_value *);
int	get_vault_value(struct msg *, struct vault_value *);
void	put_ctl_spare(struct msg *, const struct ctl_spare *);
int	get_ctl_spare(struct msg *, struct ctl_spare *);
void	put_ctl_connection(struct msg *, const struct ctl_connection *);
int	get_ctl_connection(struct msg *, struct ctl_connection *);
void	put_record(struct msg *, const struct record *);
int	get_record(struct msg *, struct record *);

#endif
