/* SPDX-License-Identifier: ISC */
/*
 * The asking for secrets.
 *
 * A terminal edits the line itself, as for a password of login(1): only its
 * echo is off, and Ctrl-C is made a second end of line, so that it is read
 * like a character and nobody need handle a signal.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "db/db.h"
#include "shell/cmd.h"
#include "shell/run.h"
#include "shell/secret.h"

#define CTRL_C	3

static char		stdin_buffer[BUFSIZ];
static struct termios	shown;		/* what secret_show() goes back to */
static int		hidden;

void
secret_stdin_begin(void)
{
	setvbuf(stdin, stdin_buffer, _IOFBF, sizeof(stdin_buffer));
}

void
secret_stdin_end(void)
{
	explicit_bzero(stdin_buffer, sizeof(stdin_buffer));
}

void
secret_hide(FILE *in)
{
	struct termios	t;

	if (hidden || tcgetattr(fileno(in), &shown) == -1)
		return;
	t = shown;
	t.c_lflag &= ~(ECHO | ECHOE | ECHOK | ECHONL | ISIG);
	t.c_lflag |= ICANON;
	t.c_iflag |= ICRNL;
	t.c_cc[VEOL] = CTRL_C;
	/* what was typed before has been seen: it is none of the secret */
	hidden = tcsetattr(fileno(in), TCSAFLUSH, &t) == 0;
}

void
secret_show(FILE *in)
{
	if (hidden)
		tcsetattr(fileno(in), TCSADRAIN, &shown);
	hidden = 0;
}

/* The next byte, or EOF. A terminal's are read past stdio's buffer. */
static int
next_byte(FILE *in, int tty)
{
	unsigned char	c;
	ssize_t		n;

	if (!tty)
		return (getc(in));
	do {
		n = read(fileno(in), &c, 1);
	} while (n == -1 && errno == EINTR);
	return (n == 1 ? c : EOF);
}

int
secret_line(FILE *in, char *buf, size_t size)
{
	size_t	n = 0;
	int	c, tty = isatty(fileno(in));

	while ((c = next_byte(in, tty)) != EOF && c != '\n' && c != '\r') {
		if (tty && c == CTRL_C)
			return (-1);
		if (n + 1 < size)
			buf[n++] = (char)c;
	}
	if (c == EOF && n == 0)
		return (-1);
	if (c == '\r' && !tty && (c = getc(in)) != '\n')
		ungetc(c, in);
	buf[n] = '\0';
	return ((int)n);
}

/* On a terminal, with the question before and the line's end after it. */
static int
ask(const struct output *out, FILE *in, const char *what, char *buf)
{
	int	n;

	secret_hide(in);
	output_prompt(out, what);
	n = secret_line(in, buf, SECRET_MAX + 2);
	secret_show(in);
	output_hint(out, "");
	return (n);
}

int
secret_read(struct cmd_call *c, const char *what, char **secret)
{
	FILE	*in = c->sh->in;
	char	*buf = sodium_malloc(SECRET_MAX + 2);
	int	 n = -1;

	*secret = NULL;
	if (buf == NULL)
		return (cmd_fail(c, "no memory for a secret"));
	if (in != NULL && isatty(fileno(in)))
		n = ask(&c->sh->out, in, what, buf);
	else if (in != NULL)
		n = secret_line(in, buf, SECRET_MAX + 2);
	if (n > 0 && n <= SECRET_MAX && memchr(buf, '\0', n) == NULL) {
		*secret = buf;
		return (DB_OK);
	}
	sodium_free(buf);
	if (n > SECRET_MAX)
		return (cmd_fail(c, "the %s is longer than %d bytes", what,
		    SECRET_MAX));
	return (cmd_fail(c, "no %s came: nothing was done", what));
}
