/* SPDX-License-Identifier: ISC */
/*
 * The shell as a process: one command, lines of input, the prompt on a pty,
 * and the vault behind it.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db/group.h"
#include "db/host.h"
#include "db/key.h"
#include "db/seal.h"
#include "db/user.h"
#include "lib/catalogue.h"
#include "lib/xmalloc.h"
#include "regress/unit/db_fixture.h"
#include "shell/shell.h"

#define WAIT_MS	20000	/* until what must be printed is printed */

/* A shell that runs, and what it has printed so far. */
struct run {
	pid_t	pid;
	int	to, from;	/* its input and output (and error) */
	int	status;		/* exit status, -1 unless it exited */
	char	out[65536];
	size_t	len, seen;
};

static int64_t	user;		/* of the running test */

/* Answers a vault's questions until the socket is closed. */
static void __attribute__((noreturn))
vault_serve(int fd)
{
	static const char	sealed[] = "sealed";
	struct vault_value	v, a;
	struct ipc		q, m;

	while (ipc_recv(fd, &q) == IPC_OK) {
		ipc_init(&m, q.type, q.id);
		if (get_vault_value(&q.body, &v) == -1)
			_exit(1);
		a = v;
		if (q.type == VAULT_SEAL) {
			a.value = (const uint8_t *)sealed;
			a.len = strlen(sealed);
		} else if (strcmp(v.column, SEAL_KEY_COLUMN) == 0 &&
		    v.len == strlen(sealed)) {
			a.value = (const uint8_t *)"the plain text";
			a.len = strlen("the plain text");
		} else {
			a.len = 0;
		}
		put_vault_value(&m.body, &a);
		ipc_send(fd, &m);
		ipc_free(&m);
		ipc_free(&q);
	}
	_exit(0);
}

/* The shell itself, and another process that is its vault. */
static void __attribute__((noreturn))
shell_process(const struct fixture *f, const char *command, int pty)
{
	struct shell_args	a = { .driver = f->driver, .db_conn = f->conn,
				    .user = user, .source = "192.0.2.7:1",
				    .command = command, .pty = pty };
	int			sv[2], status;

	if (ipc_pair(sv) == -1)
		_exit(99);
	switch (fork()) {
	case -1:
		_exit(99);
	case 0:
		close(sv[0]);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		vault_serve(sv[1]);
	}
	close(sv[1]);
	a.vault = sv[0];
	status = shell_main(&a);
	fflush(NULL);
	_exit(status);
}

static void
run_start(struct run *r, const struct fixture *f, const char *command, int pty)
{
	struct winsize	ws = { .ws_row = 24, .ws_col = 100 };
	int		in[2], out[2];

	memset(r, 0, sizeof(*r));
	r->status = -1;
	fflush(NULL);
	if (pty) {
		r->pid = forkpty(&r->to, NULL, NULL, &ws);
		r->from = r->to;
	} else {
		assert_int_equal(pipe(in), 0);
		assert_int_equal(pipe(out), 0);
		r->pid = fork();
	}
	assert_int_not_equal(r->pid, -1);
	if (r->pid == 0) {
		if (!pty) {
			dup2(in[0], STDIN_FILENO);
			dup2(out[1], STDOUT_FILENO);
			dup2(out[1], STDERR_FILENO);
			close(in[0]);
			close(in[1]);
			close(out[0]);
			close(out[1]);
		}
		setenv("TERM", "xterm", 1);
		shell_process(f, command, pty);
	}
	if (!pty) {
		close(in[0]);
		close(out[1]);
		r->to = in[1];
		r->from = out[0];
	}
}

static void
run_type(struct run *r, const char *text)
{
	assert_int_equal(write(r->to, text, strlen(text)), strlen(text));
}

/* Reads some; 0 at the end. */
static int
run_read(struct run *r)
{
	struct pollfd	pfd = { .fd = r->from, .events = POLLIN };
	ssize_t		n;

	if (poll(&pfd, 1, WAIT_MS) != 1)
		fail_msg("no word after: %s", r->out);
	n = read(r->from, r->out + r->len, sizeof(r->out) - 1 - r->len);
	if (n <= 0)
		return (0);	/* a pty's end is EIO */
	r->len += n;
	return (1);
}

/* Waits until text was printed, after what was waited for before. */
static void
run_expect(struct run *r, const char *text)
{
	char	*p;

	while ((p = strstr(r->out + r->seen, text)) == NULL) {
		if (!run_read(r))
			fail_msg("ended without \"%s\": %s", text,
			    r->out + r->seen);
	}
	r->seen = p + strlen(text) - r->out;
}

/* Reads all and returns the exit status. */
static int
run_end(struct run *r)
{
	int	status;

	while (run_read(r))
		continue;
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	/* its vault is ours now, and ends with it */
	assert_int_not_equal(waitpid(-1, NULL, 0), -1);
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (r->from != r->to)
		close(r->from);
	close(r->to);
	return (r->status);
}

static const struct fixture *
begin(void **state)
{
	const struct fixture	*f = fixture_use(state);
	struct user		 u = { .name = (char *)"root",
				    .email = (char *)"" };
	int64_t			 id;

	assert_int_equal(user_create(f->db, &u, &user), DB_OK);
	assert_int_equal(user_role_add(f->db, user, ROLE_ADMIN), DB_OK);
	assert_int_equal(group_ensure(f->db, GROUP_HOST, "default", "", &id),
	    DB_OK);
	return (f);
}

/* Characters of a line. */
static int
width(const char *line)
{
	int	n = 0;

	for (; *line != '\0' && *line != '\r' && *line != '\n'; line++)
		n += (*line & 0xc0) != 0x80;
	return (n);
}

static void
test_one_command(void **state)
{
	const struct fixture	*f = begin(state);
	struct host		*h;
	struct run		 r;

	run_start(&r, f, "host create root:secret@web1", 0);
	assert_int_equal(run_end(&r), 0);
	assert_string_equal(r.out, "1\n");
	assert_int_equal(host_by_name(f->db, "web1", &h), DB_OK);
	assert_string_equal(h->password_sealed, "sealed");
	host_free(h);
	run_start(&r, f, "host rm nosuch", 0);
	assert_int_equal(run_end(&r), 1);
	assert_string_equal(r.out, "error: no host \"nosuch\"\n");
	run_start(&r, f, "host nosuch", 0);
	assert_int_equal(run_end(&r), 2);
	run_start(&r, f, "key create --name=k", 0);
	assert_int_equal(run_end(&r), 0);
	run_start(&r, f, "key inspect k --decrypt", 0);
	assert_int_equal(run_end(&r), 0);
	assert_non_null(strstr(r.out, "\"PrivKey\": \"the plain text\""));
	/* with a terminal, lines fit it */
	run_start(&r, f, "host create web2 --password x --comment="
	    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
	    0);
	assert_int_equal(run_end(&r), 0);
	run_start(&r, f, "host ls", 1);
	assert_int_equal(run_end(&r), 0);
	assert_non_null(strstr(r.out, "web2"));
	assert_true(width(strchr(r.out, '\n') + 1) <= 100);
	run_start(&r, f, "host ls", 0);
	assert_int_equal(run_end(&r), 0);
	assert_true(width(strchr(r.out, '\n') + 1) > 100);
}

static void
test_input(void **state)
{
	const struct fixture	*f = begin(state);
	struct run		 r;
	char			*line;

	run_start(&r, f, NULL, 0);
	run_type(&r, "# a remark\n\nversion\nhost rm nosuch\nhost zzz\n");
	run_type(&r, "host ls -q\nkey create --name=k\r\n");
	close(r.to);
	r.to = r.from;
	assert_int_equal(run_end(&r), 2);
	run_expect(&r, "sshportal ");
	run_expect(&r, "error: no host \"nosuch\"\n");
	run_expect(&r, "error: \"zzz\" is not a command");
	run_expect(&r, "\n1\n");
	/* no prompt, no greeting, and "exit" ends it */
	assert_null(strstr(r.out, "config>"));
	run_start(&r, f, NULL, 0);
	run_type(&r, "exit\nversion\n");
	close(r.to);
	r.to = r.from;
	assert_int_equal(run_end(&r), 0);
	assert_string_equal(r.out, "");
	/* a line without end is refused, the next one runs */
	run_start(&r, f, NULL, 0);
	line = xmalloc(50001);
	memset(line, 'a', 50000);
	line[50000] = '\0';
	run_type(&r, line);
	free(line);
	run_type(&r, "\nversion");
	close(r.to);
	r.to = r.from;
	assert_int_equal(run_end(&r), 2);
	run_expect(&r, "error: the line is too long\nsshportal ");
}

static void
test_prompt(void **state)
{
	const struct fixture	*f = begin(state);
	struct winsize		 ws = { .ws_row = 24, .ws_col = 60 };
	struct run		 r;
	size_t			 from;

	run_start(&r, f, NULL, 1);
	run_expect(&r, "Welcome to sshportal ");
	run_expect(&r, "config> ");
	run_type(&r, "host create web-one --password=x\r");
	run_expect(&r, "\r\n1\r\n");
	run_expect(&r, "config> ");
	/* TAB: what two nouns share, a verb, an option; a list */
	run_type(&r, "hos\t c\tweb-two --pass\tx\r");
	run_expect(&r, "\r\n2\r\n");
	run_expect(&r, "config> ");
	run_type(&r, "host rm we\t\t");
	run_expect(&r, "web-one  web-two");
	run_expect(&r, "config> ");
	/* Ctrl-C gives it up, wherever the cursor is; the next line is whole */
	run_type(&r, "\002\002\003");
	run_expect(&r, "^C\r\n");
	run_expect(&r, "config> ");
	run_type(&r, "host ls -q\r");
	run_expect(&r, "\r\n2\r\n1\r\n");
	run_expect(&r, "config> ");
	/* history, errors, resizing */
	run_type(&r, "\020\r");
	run_expect(&r, "\r\n2\r\n1\r\n");
	run_type(&r, "host rm nosuch\r");
	run_expect(&r, "error: no host \"nosuch\"");
	run_expect(&r, "config> ");
	/* the editor's own command line is out of reach */
	run_type(&r, "\033xbind -v\r");
	run_expect(&r, "error: \"bind\" is not a command");
	run_expect(&r, "config> ");
	assert_int_equal(ioctl(r.to, TIOCSWINSZ, &ws), 0);
	run_type(&r, "host rm web-two\r");
	run_expect(&r, "config> ");
	run_type(&r, "host paint web-one\r");
	run_expect(&r, "is not a command of \"host\"");
	run_expect(&r, "config> ");
	from = r.seen;
	run_type(&r, "host create w3 --password=x --comment=cccccccccccccccccc"
	    "cccccccccccccccccccccccccccccccccccccc\rhost ls\r");
	run_expect(&r, "Total: 2 hosts.");
	assert_null(strstr(r.out + from, "cccccccccccccccccccccccccccccccccc"
	    "cccccccccccccccccccccc now"));
	run_expect(&r, "config> ");
	/* typed while a command may still run */
	run_type(&r, "host ls\r\004");
	assert_int_equal(run_end(&r), 0);
	run_start(&r, f, NULL, 1);
	run_expect(&r, "config> ");
	run_type(&r, "host rm nosuch\rexit\r");
	assert_int_equal(run_end(&r), 0);
}

static void
test_refused(void **state)
{
	const struct fixture	*f = begin(state);
	struct fixture		 nowhere = *f;
	struct user		*u;
	struct run		 r;

	nowhere.conn = (char *)"/nonexistent/sshportal.db";
	run_start(&r, &nowhere, "version", 0);
	assert_int_equal(run_end(&r), 1);
	assert_string_equal(r.out,
	    "sshportal: the database is away, try again later\n");
	assert_int_equal(user_get(f->db, user, &u), DB_OK);
	u->disabled = 1;
	assert_int_equal(user_update(f->db, u), DB_OK);
	user_free(u);
	run_start(&r, f, "version", 0);
	assert_int_equal(run_end(&r), 1);
	assert_string_equal(r.out, "sshportal: your account was closed\n");
	user += 1000;
	run_start(&r, f, NULL, 1);
	assert_int_equal(run_end(&r), 1);
	assert_string_equal(r.out, "sshportal: your account was closed\r\n");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		ON_SQLITE(test_one_command),
		ON_SQLITE(test_input),
		ON_SQLITE(test_prompt),
		ON_SQLITE(test_refused),
	};

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
