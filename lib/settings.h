/* SPDX-License-Identifier: ISC */
/*
 * What an operator has set, as every process of an instance sees it. The
 * daemon reads flags, environment and file once, and hands this over in a
 * sealed memfd; secrets travel apart, in a second one that only setup, keeper
 * and monitors open.
 */
#ifndef LIB_SETTINGS_H
#define LIB_SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BINDS_MAX	16
#define BANNER_MAX	16384	/* bytes, each line's CR LF counted */

struct settings {
	/* where */
	uint32_t	 nbinds;
	char		*binds[BINDS_MAX];	/* "host:port", ":port" */
	char		*program;		/* this one's absolute path */
	char		*config_file;		/* "" without one */
	char		*db_driver;		/* sqlite3, mysql */
	char		*db_file;		/* SQLite: the file; else "" */
	char		*state_dir;		/* instance id, spool */
	char		*run_dir;		/* sockets */
	char		*logs_dir;		/* recordings */
	char		*empty_dir;		/* where children are rooted */
	/* who; uids are -1 where they cannot be changed (not root) */
	char		*config_user;		/* "admin" */
	char		*healthcheck_user;	/* "healthcheck" */
	char		*first_admin;		/* name of the first user */
	int64_t		 monitor_uid, monitor_gid;
	int64_t		 child_uid, child_gid;
	uint8_t		 keep_dac_override;	/* monitor stays root */
	/* limits */
	int64_t		 idle_timeout_ms;	/* 0: none */
	int64_t		 login_grace_ms;
	int64_t		 connect_timeout_ms;	/* dialling a host */
	uint32_t	 max_auth_tries;
	uint32_t	 max_startups_begin;	/* start:rate:full of sshd */
	uint32_t	 max_startups_rate;	/* per cent */
	uint32_t	 max_startups_full;
	uint32_t	 max_connections;
	/* limits per block of addresses (daemon/sources.h) */
	uint32_t	 source_max_startups;	/* 0: none */
	uint32_t	 source_max_connections; /* 0: none */
	uint32_t	 source_bits4, source_bits6; /* of a block */
	uint8_t		 penalties;		/* whether there are any */
	int64_t		 penalty_crash_ms;	/* what each adds */
	int64_t		 penalty_authfail_ms;
	int64_t		 penalty_noauth_ms;
	int64_t		 penalty_grace_ms;
	int64_t		 penalty_refuse_ms;
	int64_t		 penalty_max_ms, penalty_min_ms;
	uint32_t	 penalty_sources4, penalty_sources6; /* at most */
	uint8_t		 penalty_deny4, penalty_deny6; /* when these are full */
	char		*penalty_exempt;	/* networks, or "none" */
	/* limits in general */
	uint32_t	 max_channels;		/* per connection */
	uint32_t	 spares;		/* pairs kept ready */
	/* silent peers */
	uint8_t		 tcp_keepalive;
	int64_t		 client_alive_ms;	/* 0: never asked */
	uint32_t	 client_alive_max;	/* 0: never given up */
	int64_t		 server_alive_ms;
	uint32_t	 server_alive_max;
	/* words */
	char		*banner;		/* before login, or ""; lines
						   end with CR LF but the
						   last, which has no end */
	char		*recording_notice;	/* one line, or "" */
	int64_t		 recording_reserve;	/* bytes left free on the
						   disk; 0: none */
	/* what becomes of recordings */
	uint8_t		 recording_compress;	/* when they are finished */
	uint32_t	 recording_keep;	/* days; 0: for ever */
	int64_t		 recording_keep_size;	/* bytes of all; 0: any */
	uint8_t		 recording_format;	/* enum recording_format, of
						   what terminals show */
	/* what else */
	uint8_t		 play_own_sessions;	/* by whom they were */
	char		*acl_check_cmd;		/* "" without a hook */
	uint32_t	 log_level;		/* enum log_level */
	uint8_t		 file_sums;		/* in the events of files */
	uint8_t		 log_json;		/* lines are objects */
	uint8_t		 syslog;
	uint8_t		 quiet_start;		/* no greeting on stdout */
};

/*
 * Secrets and what they lie in; only where secrets may be. Each string is
 * malloc'ed, or all lie in one piece of sodium's memory.
 */
struct secret_settings {
	char		*db_conn;		/* file, or DSN with password */
	char		*master_key_file;
	char		*aes_key;		/* an original's, or "" */
	char		*invite_token;		/* preset first invite, or "" */
	void		*locked;		/* that piece, or NULL */
};

/*
 * Sealed, close-on-exec memfds of these. Return a descriptor, or -1 with
 * errno. Readers return 0 or -1; caller frees with the functions below, which
 * wipe. Secrets are read into sodium's memory, and into no other.
 */
int	settings_to_memfd(const struct settings *);
int	settings_from_memfd(int fd, struct settings *);
void	settings_free(struct settings *);
int	secret_settings_to_memfd(const struct secret_settings *);
int	secret_settings_from_memfd(int fd, struct secret_settings *);
void	secret_settings_free(struct secret_settings *);

/* Moves them into sodium's memory. Returns 0, or -1 if there is none. */
int	secret_settings_lock(struct secret_settings *);

/*
 * Makes all but db_conn empty: once the master key is loaded, a process that
 * opens the store now and then needs no other.
 */
void	secret_settings_keep_conn(struct secret_settings *);

#endif
