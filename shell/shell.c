/* SPDX-License-Identifier: ISC */
/*
 * Birth and death of a shell, and the two ways without a prompt.
 */
#include <sys/ioctl.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/db.h"
#include "db/seal.h"
#include "db/user.h"
#include "lib/proctitle.h"
#include "lib/xmalloc.h"
#include "shell/entity.h"
#include "shell/errand.h"
#include "shell/line.h"
#include "shell/run.h"
#include "shell/sandbox.h"
#include "shell/secret.h"
#include "shell/shell.h"
#include "shell/vault.h"
#include "shell/words.h"

#define WIDTH_UNKNOWN	80	/* columns of a terminal that does not say */

/* Reads away the rest of a line. */
static void
skip_line(FILE *in)
{
	int	c;

	do {
		c = getc(in);
	} while (c != '\n' && c != EOF);
}

/*
 * Commands from a file or a pipe, one a line; those that begin with # are
 * remarks. A failure does not end it.
 */
static int
run_input(struct shell *sh, FILE *in)
{
	char	*line = xmalloc(LINE_BYTES_MAX + 2);
	int	 r, status = RUN_OK;

	while (!sh->done && fgets(line, LINE_BYTES_MAX + 2, in) != NULL) {
		if (strlen(line) > LINE_BYTES_MAX && strchr(line, '\n') == NULL)
			skip_line(in);
		if (line[strspn(line, " \t")] == '#')
			continue;
		if ((r = run_line(sh, line)) != RUN_OK)
			status = r;
	}
	explicit_bzero(line, LINE_BYTES_MAX + 2);
	free(line);
	return (status);
}

static int
terminal_width(void)
{
	struct winsize	ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_col == 0)
		return (WIDTH_UNKNOWN);
	return (ws.ws_col);
}

/* What a terminal calls itself comes from the client, and names a file. */
static void
check_term(void)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.";
	const char		*term = getenv("TERM");

	if (term == NULL || *term == '\0' || *term == '.' ||
	    strlen(term) > 64 || term[strspn(term, plain)] != '\0')
		setenv("TERM", "dumb", 1);
}

/* The store, and the person's row in it; -1 after a sentence. */
static int
shell_open(struct shell *sh, const struct shell_args *a, struct user **me)
{
	struct db_options	o = { .driver = a->driver, .conn = a->db_conn,
				    .password = a->db_password };
	char			err[CMD_ERROR_MAX] = "";

	sh->db = a->local != NULL ? a->db : NULL;
	if ((sh->db == NULL && db_open(&sh->db, &o, NULL, 0) != DB_OK) ||
	    (run_identify(sh, me, err) != DB_OK && err[0] == '\0')) {
		fprintf(stderr, "sshportal: the database is away, "
		    "try again later\n");
		return (-1);
	}
	if (err[0] != '\0') {
		fprintf(stderr, "sshportal: %s\n", err);
		return (-1);
	}
	return (0);
}

/* One command, a prompt, or lines of input. */
static int
shell_run(struct shell *sh, const struct shell_args *a, const char *name)
{
	if (a->local != NULL && a->nwords > 0)
		return (run_words(sh, a->words, a->nwords));
	if (a->command != NULL)
		return (run_line(sh, a->command));
	return (a->pty ? line_loop(sh, name) : run_input(sh, stdin));
}

int
shell_main(const struct shell_args *a)
{
	int		 vault = a->vault, status;
	struct errander	 errander;
	struct sealer	 sealer;
	struct shell	 sh = { .user_id = a->user, .source = a->source,
			    .sealer = &sealer, .errander = &errander,
			    .settings = a->settings,
			    .local = a->local, .in = stdin,
			    .out = { .out = stdout, .err = stderr } };
	struct user	*me = NULL;
	const char	*title = a->local != NULL ? "admin" : "shell";

	proctitle_set("%s", title);
	setlocale(LC_CTYPE, "C.UTF-8");
	sandbox_shell();
	entity_wipe_freed();
	check_term();
	vault_init(&sealer, &errander, &vault);
	secret_stdin_begin();
	if (a->local != NULL) {
		sh.sealer = a->sealer;
		sh.errander = a->errander;
	} else {
		sh.challenge = vault_challenge;
		sh.challenge_arg = &vault;
	}
	if (a->pty)
		sh.out.width = terminal_width();
	if (shell_open(&sh, a, &me) == -1) {
		db_close(sh.db);
		return (RUN_FAILED);
	}
	proctitle_set("%s %s", title, me->name);
	status = shell_run(&sh, a, me->name);
	if (output_flush(&sh.out) == -1 && status == RUN_OK)
		status = RUN_FAILED;
	user_free(me);
	db_close(sh.db);
	secret_stdin_end();
	return (status);
}
