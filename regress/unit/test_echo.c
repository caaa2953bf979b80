/* SPDX-License-Identifier: ISC */
/*
 * What of a person's typing may be kept, by what the host shows: the ways in
 * which shells, editors and programs that read passwords echo.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "child/echo.h"

static struct echo	*echo;
static struct timespec	 now;
static char		 kept[16384];	/* all that was said; "~": hidden */
static unsigned		 pieces;
static int		 says;		/* what the callback returns */
static struct timespec	 last;

static int
said(void *arg, const struct timespec *when, const uint8_t *p, size_t len)
{
	size_t	n = strlen(kept);

	assert_ptr_equal(arg, &pieces);
	assert_true(n + len + 2 < sizeof(kept));
	/* in the order of time, and not from the future */
	assert_true(when->tv_sec > last.tv_sec || (when->tv_sec ==
	    last.tv_sec && when->tv_nsec >= last.tv_nsec));
	assert_true(when->tv_sec <= now.tv_sec);
	last = *when;
	if (len == 0)
		kept[n++] = '~';
	else
		memcpy(kept + n, p, len);
	kept[n + len] = '\0';
	pieces++;
	return (says);
}

static void
begin(void)
{
	echo_free(echo);
	echo = echo_new(said, &pieces);
	kept[0] = '\0';
	pieces = 0;
	says = 0;
	now = (struct timespec){ .tv_sec = 1000000000, .tv_nsec = 999000000 };
	last = now;
}

static void
after_ms(long ms)
{
	now.tv_nsec += ms % 1000 * 1000000;
	now.tv_sec += ms / 1000 + now.tv_nsec / 1000000000;
	now.tv_nsec %= 1000000000;
}

static void
typed(const char *s)
{
	assert_int_equal(echo_typed(echo, &now, (const uint8_t *)s,
	    strlen(s)), 0);
	after_ms(20);
}

static void
shown(const char *s)
{
	assert_int_equal(echo_shown(echo, &now, (const uint8_t *)s,
	    strlen(s)), 0);
	after_ms(20);
}

/* Each letter on its own, with the echo that a terminal makes of it. */
static void
types(const char *s)
{
	char	c[2] = "";

	for (; *s != '\0'; s++) {
		c[0] = *s;
		typed(c);
		shown(*s == '\r' ? "\r\n" : c);
	}
}

/* Each letter on its own, without any echo. */
static void
types_blind(const char *s)
{
	char	c[2] = "";

	for (; *s != '\0'; s++) {
		c[0] = *s;
		typed(c);
	}
}

static void
ends_with(const char *wanted)
{
	assert_int_equal(echo_end(echo), 0);
	assert_string_equal(kept, wanted);
	echo_free(echo);
	echo = NULL;
}

static void
test_shell(void **state)
{
	(void)state;
	begin();
	shown("host> ");
	types("echo a b\r");
	shown("a b\r\nhost> ");
	types("ls\r");
	shown("file1 file2\r\nhost> ");
	typed("\003");
	shown("^C\r\nhost> ");
	typed("\004");
	ends_with("echo a b\rls\r\003\004");
}

/* What is kept has the time at which it was typed, letter by letter. */
static void
test_times(void **state)
{
	(void)state;
	begin();
	types("abc\r");
	assert_int_equal(pieces, 4);
	assert_int_equal(last.tv_sec, 1000000001);
	assert_in_range(last.tv_nsec, 118000000, 120000000);
	begin();
	typed("three words pasted");
	shown("three words pasted");
	typed("\r");
	assert_int_equal(pieces, 2);
	ends_with("three words pasted\r");
}

static void
test_password(void **state)
{
	(void)state;
	begin();
	shown("host> ");
	types("sudo id\r");
	shown("[sudo] password for bart: ");
	types_blind("hunter2");
	typed("\r");
	shown("\r\nuid=0(root) gid=0(root) groups=0(root)\r\nhost> ");
	types("exit\r");
	ends_with("sudo id\r~\rexit\r");
}

/* It ends without a new line, and with words that begin like the password. */
static void
test_password_of_read(void **state)
{
	(void)state;
	begin();
	types("read -s x\r");
	types_blind("hunter2");
	typed("\r");
	shown("hunted\r\nhost> ");
	types("ls\r");
	ends_with("read -s x\r~\rls\r");
}

/* The answer alone says that nothing was echoed, however little it is. */
static void
test_password_then_prompt(void **state)
{
	(void)state;
	begin();
	types_blind("hunter2");
	typed("\r");
	shown("$ ");
	types("ls\r");
	ends_with("~\rls\r");
}

static void
test_password_corrected(void **state)
{
	(void)state;
	begin();
	types_blind("hunted\177r2");
	typed("\r");
	shown("\r\nok\r\n");
	ends_with("~\177~\r");
}

/* How long it was, nobody finds out. */
static void
test_password_length(void **state)
{
	(void)state;
	begin();
	types_blind("a");
	after_ms(4000);
	types_blind("b");
	after_ms(4000);
	types_blind("cd");
	after_ms(4000);
	types_blind("e");
	ends_with("~");
	assert_int_equal(pieces, 1);
}

static void
test_password_in_stars(void **state)
{
	const char	*p;
	char		 c[2] = "";

	(void)state;
	begin();
	for (p = "hunt*r2"; *p != '\0'; p++) {
		c[0] = *p;
		typed(c);
		shown("*");
	}
	typed("\r");
	shown("\r\n");
	ends_with("~\r");
}

/* Typed before it is asked for. */
static void
test_password_ahead(void **state)
{
	(void)state;
	begin();
	types("sudo id\r");
	types_blind("password1");
	shown("password for bart: ");
	typed("\r");
	shown("\r\nuid=0(root)\r\n");
	ends_with("sudo id\r~\r");
	begin();
	types("sudo id\r");
	types_blind("Pass\r");
	shown("Password: \r\nuid=0(root)\r\n");
	ends_with("sudo id\r~\r");
	begin();
	types("sudo id\r");
	types_blind("password\r");
	shown("password: \r\nuid=0(root)\r\n");
	ends_with("sudo id\r~\r");
}

/* Something else writes on the screen meanwhile. */
static void
test_password_on_a_busy_screen(void **state)
{
	const char	*p;
	char		 c[2] = "";

	(void)state;
	begin();
	for (p = "hunter2"; *p != '\0'; p++) {
		c[0] = *p;
		typed(c);
		shown("\033[24;1H\033[7m12:34 host up 2 users, load 0.22\033[m"
		    "\033[3;4H");
	}
	typed("\r");
	shown("\r\n");
	ends_with("~\r");
	/* a letter that is there by chance is not kept either */
	begin();
	typed("h");
	shown("\033[24;1Hh\033[3;4H");
	types_blind("unter2");
	typed("\r");
	shown("\r\n");
	ends_with("~\r");
}

static void
test_password_pasted(void **state)
{
	(void)state;
	begin();
	typed("hunter2");
	typed("\r");
	shown("\r\n");
	typed("\033[200~hunter2\033[201~");
	typed("\r");
	shown("\r\n");
	ends_with("~\r\033[200~~\033[201~\r");
}

/* Lines at once; the second is read by a program that echoes nothing. */
static void
test_paste_of_lines(void **state)
{
	(void)state;
	begin();
	shown("$ ");
	typed("echo a\recho b\rls\r");
	shown("echo a\r\n");
	shown("a\r\n$ echo b\r\nb\r\n$ ");
	shown("ls\r\nfile\r\n$ ");
	ends_with("echo a\recho b\rls\r");
	begin();
	shown("$ ");
	typed("read -s x\rhunter2\recho done\r");
	shown("read -s x\r\n$ echo done\r\ndone\r\n$ ");
	after_ms(4000);
	types("exit\r");
	ends_with("read -s x\r~\r~\rexit\r");
	/* as editors of lines show what was pasted */
	begin();
	typed("\033[200~echo a\recho b\033[201~");
	shown("\033[7mecho a\r\necho b\033[27m");
	typed("\r");
	shown("\r\n\033[?2004l\ra\r\nb\r\n");
	ends_with("\033[200~echo a\recho b\033[201~\r");
}

/* The echo of a fast hand on a slow line comes in one piece, and late. */
static void
test_late_echo(void **state)
{
	(void)state;
	begin();
	types_blind("echo late");
	typed("\r");
	after_ms(800);
	shown("echo late\r\nlate\r\n$ ");
	types("ls\r");
	ends_with("echo late\rls\r");
}

static void
test_readline(void **state)
{
	(void)state;
	begin();
	types("ecXo");
	typed("\033[D");
	shown("\b");
	typed("\177");
	shown("\b\033[1P");
	/* in the middle of the line the rest is drawn anew */
	typed("h");
	shown("ho\b");
	typed("\005");
	shown("o");
	types(" word\r");
	ends_with("ecXo\033[D\177h\005 word\r");
	/* history and completion */
	begin();
	typed("\033[A");
	shown("ls -l /usr");
	types("/sh");
	typed("\t");
	shown("are/");
	typed("\r");
	shown("\r\n");
	ends_with("\033[A/sh\t\r");
	/* two letters at once, in the middle of a line */
	begin();
	types("ad");
	typed("\033[D");
	shown("\b");
	typed("bc");
	shown("bcd\b");
	typed("\r");
	shown("\r\n");
	ends_with("ad\033[Dbc\r");
}

/* The line so far is drawn again in colours, as zsh and PowerShell do. */
static void
test_coloured(void **state)
{
	(void)state;
	begin();
	typed("l");
	shown("\033[1m\033[31ml\033[0m\033[39m");
	typed("s");
	shown("\b\033[0m\033[32ml\033[32ms\033[39m");
	typed(" ");
	shown("\b\b\033[32mls\033[39m ");
	typed("-");
	shown("-");
	typed("l");
	shown("l");
	typed("\r");
	shown("\r\n");
	ends_with("ls -l\r");
	begin();
	typed("g");
	shown("\033[93mg");
	typed("i");
	shown("\033[1;4H\033[93mgi");
	typed("t");
	shown("\033[1;4H\033[93mgit");
	typed("\r");
	shown("\r\n");
	ends_with("git\r");
	/* a proposal behind the letter */
	begin();
	typed("l");
	shown("l\033[90ms -la\033[m\033[5D");
	typed("s");
	shown("s\033[90m -la\033[m\033[4D");
	typed("\r");
	shown("\033[K\r\n");
	ends_with("ls\r");
}

/* Words in an editor of texts; its commands are not echoed. */
static void
test_editor(void **state)
{
	const char	*p;
	char		 out[64];
	unsigned	 column = 1;

	(void)state;
	begin();
	typed("i");
	shown("\033[24;1H\033[1m-- INSERT --\033[m\033[1;1H");
	for (p = "one two three"; *p != '\0'; p++) {
		char	c[2] = { *p, '\0' };

		typed(c);
		column++;
		snprintf(out, sizeof(out), "%c\033[24;70H1,%u\033[8CAll"
		    "\033[1;%uH", *p, column, column);
		shown(out);
	}
	typed("\033");
	shown("\033[24;1H\033[K\033[1;12H");
	typed(":");
	shown("\033[24;1H:");
	types("wq");
	typed("\r");
	ends_with("~one two three\033:wq\r");
}

static void
test_letters_of_the_world(void **state)
{
	(void)state;
	begin();
	types_blind("");
	typed("\xc3\xa9");
	shown("\xc3\xa9");
	typed("\xe2\x82\xac\xf0\x9f\x98\x80");
	shown("\xe2\x82\xac\xf0\x9f\x98\x80");
	typed("\r");
	ends_with("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r");
}

/* Keys as sequences: kept where they name no letter, whole or not at all. */
static void
test_sequences(void **state)
{
	static const char *const	keys[] = { "\033[A", "\033OP",
	    "\033[15~", "\033[1;5C", "\033[<0;12;3M", "\033[I", "\t", "\033" };
	static const char *const	other[] = { "\033[97u", "\033[27;2;65~",
	    "\033Oq", "\033[65;30;65;1;0;1_", "\033]11;rgb:12/34/56\033\\" };
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		begin();
		typed(keys[i]);
		ends_with(keys[i]);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		begin();
		typed(other[i]);
		shown("97;65q");
		assert_int_equal(echo_end(echo), 0);
		assert_null(strpbrk(kept, "0123456789Oq"));
		assert_non_null(strchr(kept, '~'));
	}
	echo_free(echo);
	echo = NULL;
}

/* More than can wait is hidden, and what comes then is not confused by it. */
static void
test_too_much(void **state)
{
	static char	bulk[100000];

	(void)state;
	memset(bulk, 'x', sizeof(bulk) - 1);
	begin();
	types("cat >f\r");
	typed(bulk);
	shown(bulk);
	typed("\r");
	shown("\r\n");
	types("ls\r");
	ends_with("cat >f\r~\rls\r");
	/* line after line, each echoed at once */
	begin();
	for (int i = 0; i < 500; i++)
		types("0123456789\r");
	assert_int_equal(echo_end(echo), 0);
	assert_int_equal(strlen(kept), 500 * 11);
	assert_null(strchr(kept, '~'));
}

static void
test_failure(void **state)
{
	(void)state;
	begin();
	typed("a");
	shown("a");
	says = -1;
	assert_int_equal(echo_typed(echo, &now, (const uint8_t *)"\r", 1), -1);
	echo_free(echo);
	echo = NULL;
}

/* Whatever comes from either side, in whatever order. */
static void
test_noise(void **state)
{
	static const char	from[] = "ab1\r\n\033[A;~Om\t\177\xc3\xa9$ ";
	char			piece[64];
	unsigned		seed, i, n;

	(void)state;
	for (seed = 1; seed <= 300; seed++) {
		begin();
		srandom(seed);
		for (i = 0; i < 300; i++) {
			for (n = 0; n < (unsigned)random() % 40; n++)
				piece[n] = from[(unsigned)random() %
				    (sizeof(from) - 1)];
			piece[n] = '\0';
			if (random() % 2 == 0)
				typed(piece);
			else
				shown(piece);
			if (strlen(kept) > 8000)
				kept[0] = '\0';
			if (random() % 50 == 0)
				after_ms(5000);
		}
		assert_int_equal(echo_end(echo), 0);
	}
}

static int
finish(void **state)
{
	(void)state;
	echo_free(echo);
	echo = NULL;
	return (0);
}

#define T(name)	cmocka_unit_test_teardown(name, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_shell),
		T(test_times),
		T(test_password),
		T(test_password_of_read),
		T(test_password_then_prompt),
		T(test_password_corrected),
		T(test_password_length),
		T(test_password_in_stars),
		T(test_password_ahead),
		T(test_password_on_a_busy_screen),
		T(test_password_pasted),
		T(test_paste_of_lines),
		T(test_late_echo),
		T(test_readline),
		T(test_coloured),
		T(test_editor),
		T(test_letters_of_the_world),
		T(test_sequences),
		T(test_too_much),
		T(test_failure),
		T(test_noise),
	};

	return (cmocka_run_group_tests_name("echo", tests, NULL, NULL));
}
