/* SPDX-License-Identifier: ISC */
/*
 * sshportal: what it is called with decides what it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "daemon/healthcheck.h"
#include "daemon/server.h"
#include "lib/proctitle.h"
#include "monitor/secrets.h"

static int	show_help(int, char **);
static int	show_version(int, char **);
static int	make_key(int, char **);

static const struct {
	const char	*name;
	const char	*brief;
	int		(*run)(int argc, char **argv);
} commands[] = {
	{ "server", "serve (\"sshportal server --help\" lists the flags)",
	    server_main },
	{ "healthcheck", "ask a portal whether it is well",
	    healthcheck_main },
	{ "verify", "check the audit log (flags as of the server)",
	    server_verify },
	{ "admin", "the admin shell on this machine (flags as of the server, "
	    "COMMAND)", server_admin },
	{ "backup", "copy the SQLite database while it is used (flags as of "
	    "the server, FILE)", server_backup },
	{ "import", "take over an original sshportal (\"sshportal import "
	    "--help\")", server_import },
	{ "genkey", "print a new master key", make_key },
	{ "version", "print the version", show_version },
	{ "help", "print this", show_help },
};
#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *f)
{
	size_t	i;

	fputs("usage: sshportal COMMAND [flags]\n\n", f);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-12s %s\n", commands[i].name,
		    commands[i].brief);
}

/* The command's name without dashes, so that --version and -h work too. */
static const char *
command_name(const char *word)
{
	if (strcmp(word, "-h") == 0)
		return ("help");
	if (strcmp(word, "-v") == 0)
		return ("version");
	return (strncmp(word, "--", 2) == 0 ? word + 2 : word);
}

static int
show_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	usage(stdout);
	return (0);
}

static int
show_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("sshportal " PACKAGE_VERSION);
	return (0);
}

#define GENKEY_USAGE	"usage: sshportal genkey"

static int
make_key(int argc, char **argv)
{
	char	text[SECRETS_KEY_TEXT_SIZE];

	(void)argv;
	if (argc == 3 && strcmp(command_name(argv[2]), "help") == 0) {
		puts(GENKEY_USAGE);
		return (0);
	}
	if (argc > 2) {
		fputs(GENKEY_USAGE "\n", stderr);
		return (EXIT_USAGE);
	}
	if (sodium_init() == -1) {
		fputs("sshportal: no source of random bytes\n", stderr);
		return (1);
	}
	secrets_make_key_text(text);
	puts(text);
	sodium_memzero(text, sizeof(text));
	return (fflush(stdout) == 0 ? 0 : 1);
}

/* Descriptors 0 to 2 are never a socket or a secret. */
static void
fill_standard_descriptors(void)
{
	int	fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct image	im;
	const char	*name;
	size_t		 i;
	int		 r;

	proctitle_init(argc, argv);
	fill_standard_descriptors();
	if ((r = image_take(&im)) == -1) {
		fprintf(stderr, "sshportal: what the process before has left "
		    "cannot be taken over: %s\n", errno == EPROTONOSUPPORT ?
		    "it is of a release that this one does not know: stop "
		    "that portal and start this one" : strerror(errno));
		return (1);
	}
	if (r == 1) {
		r = server_image(&im);
		image_free(&im);
		return (r);
	}
	if (argc < 2) {
		usage(stderr);
		return (EXIT_USAGE);
	}
	name = command_name(argv[1]);
	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return (commands[i].run(argc, argv));
	}
	fprintf(stderr, "sshportal: %s: there is no such command\n", argv[1]);
	usage(stderr);
	return (EXIT_USAGE);
}
