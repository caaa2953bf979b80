/* SPDX-License-Identifier: ISC */
/*
 * Kinds of channels, of what a child asks for.
 *
 * A command is given to a shell of the host's, of whose kind nothing is known:
 * bash, csh, fish, cmd.exe. Somebody who may copy files and no more must not
 * get that shell to run anything else, so what is let pass as scp or sftp is
 * what no shell reads in another way: words of letters, digits and a few signs
 * that mean nothing to any of them, or the same with blanks in single quotes.
 * Quotes, since libssh2 and others put each name in them; no backslash among
 * them, which to fish would end them elsewhere, and none of the signs of
 * cmd.exe, to which they are no quotes at all, "%" among them, nor of
 * PowerShell, to which "," and "@" make several words of one. All else is
 * exec: patterns, variables, options that name a program (-S, -o, -D of scp),
 * rsync, git.
 *
 * And no terminal: a file server needs none, and with one there are keys that
 * stop it.
 *
 * What cannot be seen from here: whether the file that the host finds as scp
 * is scp. Who can write into a directory of that account's PATH, or its
 * .bashrc, can have other things run there; that is the host's to prevent.
 */
#include <string.h>

#include "lib/catalogue.h"
#include "monitor/kind.h"

#define LETTERS	"abcdefghijklmnopqrstuvwxyz" "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PLAIN	LETTERS "0123456789" "_-./:+=~"
#define SCP_FLAGS	"vrpdqtf"
#define WORD_SIZE	16	/* of a word's beginning, which is all that
				   is looked at */

/*
 * File servers where systems have them. The whole path, for one in a home
 * directory may be anybody's.
 */
static const char *const sftp_servers[] = {
	"/usr/lib/openssh/sftp-server",
	"/usr/lib/sftp-server",
	"/usr/lib/ssh/sftp-server",
	"/usr/lib/misc/sftp-server",
	"/usr/lib64/misc/sftp-server",
	"/usr/libexec/sftp-server",
	"/usr/libexec/openssh/sftp-server",
};

static int
is_plain(char ch)
{
	/* bytes of UTF-8 are no shell's signs */
	return ((unsigned char)ch >= 0x80 ||
	    (ch != '\0' && strchr(PLAIN, ch) != NULL));
}

/*
 * The next word, of which the beginning is kept. Returns 1, 0 at the end, or
 * -1 for what a shell may read in its own way.
 */
static int
next_word(const char **s, char word[WORD_SIZE])
{
	const char	*p = *s + strspn(*s, " ");
	size_t		 n = 0;
	int		 quoted = 0;

	if (*p == '\0')
		return (0);
	for (; *p != '\0' && (*p != ' ' || quoted); p++) {
		if (*p == '\'') {
			quoted = !quoted;
			continue;
		}
		if (!is_plain(*p) && !(quoted && *p == ' '))
			return (-1);
		if (n + 1 < WORD_SIZE)
			word[n++] = *p;
	}
	word[n] = '\0';
	*s = p;
	return (quoted ? -1 : 1);
}

/* Flags in one word, "-rpt"; *modes counts those that make it a server. */
static int
are_flags(const char *word, int *modes)
{
	if (word[0] != '-' || word[1] == '\0' ||
	    strlen(word) + 1 >= WORD_SIZE ||
	    word[1 + strspn(word + 1, SCP_FLAGS)] != '\0')
		return (0);
	for (word++; *word != '\0'; word++)
		*modes += *word == 't' || *word == 'f';
	return (1);
}

/*
 * "scp", flags of its server side with one -t or -f, perhaps "--", and names.
 * Without "--" no name may look like an option, for there are versions that
 * take options from among names.
 */
int
kind_is_scp(const char *command)
{
	char	word[WORD_SIZE];
	int	r, modes = 0, names = 0, only_names = 0;

	if (strncmp(command, "scp ", 4) != 0)
		return (0);
	command += 4;
	while ((r = next_word(&command, word)) == 1) {
		if (only_names || (word[0] != '-' && word[0] != '\0')) {
			names++;
			continue;
		}
		if (names > 0)
			return (0);
		if (strcmp(word, "--") == 0)
			only_names = 1;
		else if (!are_flags(word, &modes))
			return (0);
	}
	return (r == 0 && modes == 1 && names > 0);
}

int
kind_is_sftp_server(const char *command)
{
	size_t	i;

	for (i = 0; i < sizeof(sftp_servers) / sizeof(sftp_servers[0]); i++) {
		if (strcmp(command, sftp_servers[i]) == 0)
			return (1);
	}
	return (0);
}

static enum kind
kind_of_command(const struct ask_channel_open *a)
{
	if (a->pty)
		return (KIND_EXEC);
	if (kind_is_scp(a->detail))
		return (KIND_SCP);
	return (kind_is_sftp_server(a->detail) ? KIND_SFTP : KIND_EXEC);
}

/* A subsystem is a program of the host's that nobody here knows, but one. */
static enum kind
kind_of_subsystem(const struct ask_channel_open *a)
{
	return (!a->pty && strcmp(a->detail, "sftp") == 0 ? KIND_SFTP :
	    KIND_EXEC);
}

int
kind_of(const struct ask_channel_open *a, enum kind *k)
{
	static const enum kind	others[] = { KIND_SHELL, KIND_FORWARD_LOCAL,
				    KIND_FORWARD_REMOTE, KIND_AGENT,
				    KIND_X11 };
	size_t			i;

	if (strcmp(a->type, "exec") == 0) {
		*k = kind_of_command(a);
		return (0);
	}
	if (strcmp(a->type, "subsystem") == 0) {
		*k = kind_of_subsystem(a);
		return (0);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(a->type, kind_name(others[i])) == 0) {
			*k = others[i];
			return (0);
		}
	}
	return (-1);
}
