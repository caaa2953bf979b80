/* SPDX-License-Identifier: ISC */
/*
 * The health check logs in as anybody may and reads "OK". It is an SSH client
 * like others: nothing is secret in it, and root gives up what root may do
 * before a byte is read.
 */
#include <sys/prctl.h>

#include <grp.h>
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/address.h"
#include "daemon/healthcheck.h"
#include "daemon/server.h"
#include "lib/escape.h"

#define DEFAULT_ADDR	"localhost:2222"
#define DEFAULT_USER	"healthcheck"
#define NOBODY		65534
#define TIMEOUT_S	10
#define AGAIN_S		1

struct check {
	struct address	 addr;
	const char	*user;
	int		 wait;
	int		 quiet;
};

static void
usage(FILE *f)
{
	fputs("usage: sshportal healthcheck [--addr=HOST:PORT] [--user=NAME] "
	    "[--wait] [--quiet]\n\n"
	    "  -a, --addr=HOST:PORT  portal to ask (default " DEFAULT_ADDR
	    ")\n"
	    "  -u, --user=NAME       its healthcheck-user (default "
	    DEFAULT_USER ")\n"
	    "  -w, --wait            until it answers\n"
	    "  -q, --quiet           say nothing\n", f);
}

/* The value of flag -L or --name in the words, NULL when it is another. */
static const char *
flag_value(const char *word, const char *name, char letter, char **next,
    int *used)
{
	size_t	len = strlen(name);

	*used = 0;
	if (word[0] != '-')
		return (NULL);
	if (word[1] == letter && word[2] != '\0')
		return (word + 2 + (word[2] == '='));
	if (strncmp(word, "--", 2) == 0 &&
	    strncmp(word + 2, name, len) == 0 && word[2 + len] == '=')
		return (word + 3 + len);
	if ((word[1] == letter && word[2] == '\0') ||
	    (word[1] == '-' && strcmp(word + 2, name) == 0)) {
		*used = 1;
		return (*next);
	}
	return (NULL);
}

static int
is_flag(const char *word, const char *name, char letter)
{
	return (word[0] == '-' && ((word[1] == letter && word[2] == '\0') ||
	    (word[1] == '-' && strcmp(word + 2, name) == 0)));
}

static int
complain(const char *word, const char *why)
{
	fprintf(stderr, "sshportal: healthcheck: %s: %s\n", word, why);
	usage(stderr);
	return (EXIT_USAGE);
}

/* Returns 0, or an exit status. */
static int
parse(struct check *c, char **words)
{
	const char	*value;
	int		 used;

	for (; *words != NULL; words++) {
		if (is_flag(*words, "wait", 'w'))
			c->wait = 1;
		else if (is_flag(*words, "quiet", 'q'))
			c->quiet = 1;
		else if ((value = flag_value(*words, "addr", 'a', words + 1,
		    &used)) != NULL) {
			if (address_parse(&c->addr, value) == -1)
				return (complain(value,
				    "is not HOST:PORT"));
			words += used;
		} else if ((value = flag_value(*words, "user", 'u', words + 1,
		    &used)) != NULL) {
			c->user = value;
			words += used;
		} else
			return (complain(*words, "there is no such flag, or "
			    "it wants a value"));
	}
	return (0);
}

/* A process that reads what a network says needs none of root's rights. */
static void
drop(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(NOBODY, NOBODY, NOBODY) == -1)
		_exit(1);
}

/* Reads what the portal says on a channel. Returns NULL if it is "OK". */
static const char *
read_ok(ssh_channel ch)
{
	char	text[64];
	int	n = 0, r;

	while (n < (int)sizeof(text) - 1) {
		r = ssh_channel_read_timeout(ch, text + n,
		    sizeof(text) - 1 - n, 0, TIMEOUT_S * 1000);
		if (r <= 0)
			break;
		n += r;
	}
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return (strcmp(text, "OK") == 0 ? NULL : "did not say OK");
}

static const char *
ask_channel(ssh_session s)
{
	ssh_channel	 ch = ssh_channel_new(s);
	const char	*why = "no session";

	if (ch == NULL)
		return ("no memory");
	if (ssh_channel_open_session(ch) == SSH_OK &&
	    ssh_channel_request_shell(ch) == SSH_OK)
		why = read_ok(ch);
	ssh_channel_free(ch);
	return (why);
}

static void
set_options(ssh_session s, const struct check *c)
{
	unsigned	port = strtoul(c->addr.port, NULL, 10);
	long		timeout = TIMEOUT_S;
	int		no = 0;

	ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
	ssh_options_set(s, SSH_OPTIONS_SSH_DIR, "/");
	ssh_options_set(s, SSH_OPTIONS_HOST,
	    *c->addr.host != '\0' ? c->addr.host : "localhost");
	ssh_options_set(s, SSH_OPTIONS_PORT, &port);
	ssh_options_set(s, SSH_OPTIONS_USER, c->user);
	ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &timeout);
	ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
	ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
}

/* One attempt. Returns whether the portal is well; says why not. */
static int
ask(const struct check *c)
{
	ssh_session	 s = ssh_new();
	const char	*why;
	char		 shown[512];

	if (s == NULL)
		return (0);
	set_options(s, c);
	if (ssh_connect(s) != SSH_OK)
		why = ssh_get_error(s);
	else if (ssh_userauth_none(s, NULL) != SSH_AUTH_SUCCESS)
		why = "the login was refused";
	else
		why = ask_channel(s);
	if (why != NULL && !c->quiet)
		fprintf(stderr, "sshportal: healthcheck: %s:%s: %s\n",
		    c->addr.host, c->addr.port,
		    escape_into(shown, sizeof(shown), why));
	ssh_disconnect(s);
	ssh_free(s);
	return (why == NULL);
}

int
healthcheck_main(int argc, char **argv)
{
	struct check	c = { .user = DEFAULT_USER };
	int		status;

	address_parse(&c.addr, DEFAULT_ADDR);
	if (argc > 2 && is_flag(argv[2], "help", 'h')) {
		usage(stdout);
		return (0);
	}
	if ((status = parse(&c, argv + 2)) != 0)
		return (status);
	drop();
	while (!ask(&c)) {
		if (!c.wait)
			return (1);
		sleep(AGAIN_S);
	}
	if (!c.quiet)
		puts("OK");
	return (0);
}
