/* SPDX-License-Identifier: ISC */
/*
 * What is read of files that pass by sftp: whole and byte by byte, with answers
 * that refuse, lie, come twice or never, and with more of everything than is
 * kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/msg.h"
#include "lib/xmalloc.h"
#include "regress/unit/audit_fixture.h"

static void
packet_begin(struct msg *m, uint8_t type, uint32_t id)
{
	msg_init(m);
	msg_put_u8(m, type);
	msg_put_u32(m, id);
}

static void
packet_give(struct audit *a, enum audit_side side, struct msg *m)
{
	struct msg	whole;

	msg_init(&whole);
	msg_put_blob(&whole, m->data, m->len);
	give(a, side, whole.data, whole.len);
	msg_free(&whole);
	msg_free(m);
}

static struct audit *
sftp_of(uint32_t client, uint32_t host)
{
	struct audit	*a = audit_new("subsystem", "sftp", hear, NULL);
	struct msg	 m;

	assert_non_null(a);
	packet_begin(&m, 1, client);
	packet_give(a, AUDIT_CLIENT, &m);
	packet_begin(&m, 2, host);
	msg_put_text(&m, "posix-rename@openssh.com");
	msg_put_text(&m, "1");
	packet_give(a, AUDIT_HOST, &m);
	return (a);
}

static void
status(struct audit *a, uint32_t id, uint32_t code)
{
	struct msg	m;

	packet_begin(&m, 101, id);
	msg_put_u32(&m, code);
	msg_put_text(&m, "words of the host's");
	msg_put_text(&m, "en");
	packet_give(a, AUDIT_HOST, &m);
}

static void
handle(struct audit *a, uint32_t id, const char *name)
{
	struct msg	m;

	packet_begin(&m, 102, id);
	msg_put_text(&m, name);
	packet_give(a, AUDIT_HOST, &m);
}

static void
ask_open(struct audit *a, uint32_t id, const char *path, uint32_t flags)
{
	struct msg	m;

	packet_begin(&m, 3, id);
	msg_put_text(&m, path);
	msg_put_u32(&m, flags);
	msg_put_u32(&m, 0);
	packet_give(a, AUDIT_CLIENT, &m);
}

static void
open_file(struct audit *a, const char *path, uint32_t flags, const char *name)
{
	ask_open(a, 1, path, flags);
	handle(a, 1, name);
}

static void
ask_close(struct audit *a, uint32_t id, const char *name)
{
	struct msg	m;

	packet_begin(&m, 4, id);
	msg_put_text(&m, name);
	packet_give(a, AUDIT_CLIENT, &m);
}

static void
close_file(struct audit *a, const char *name)
{
	ask_close(a, 2, name);
	status(a, 2, 0);
}

static void
ask_read(struct audit *a, uint32_t id, const char *name, uint64_t offset)
{
	struct msg	m;

	packet_begin(&m, 5, id);
	msg_put_text(&m, name);
	msg_put_u64(&m, offset);
	msg_put_u32(&m, 32768);
	packet_give(a, AUDIT_CLIENT, &m);
}

static void
data(struct audit *a, uint32_t id, const char *text)
{
	struct msg	m;

	packet_begin(&m, 103, id);
	msg_put_text(&m, text);
	packet_give(a, AUDIT_HOST, &m);
}

static void
ask_write(struct audit *a, uint32_t id, const char *name, uint64_t offset,
    const char *text)
{
	struct msg	m;

	packet_begin(&m, 6, id);
	msg_put_text(&m, name);
	msg_put_u64(&m, offset);
	msg_put_text(&m, text);
	packet_give(a, AUDIT_CLIENT, &m);
}

/* A request with one or two strings. */
static void
ask_paths(struct audit *a, uint8_t type, uint32_t id, const char *one,
    const char *two)
{
	struct msg	m;

	packet_begin(&m, type, id);
	msg_put_text(&m, one);
	if (two != NULL)
		msg_put_text(&m, two);
	packet_give(a, AUDIT_CLIENT, &m);
}

#define READ	1
#define WRITE	0x1a		/* and create, and truncate */

static void
test_put(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	open_file(a, "/f", WRITE, "h");
	/* all under way at once */
	ask_write(a, 10, "h", 0, "abc");
	ask_write(a, 11, "h", 3, "def");
	ask_write(a, 12, "h", 6, "");
	ask_close(a, 13, "h");
	status(a, 10, 0);
	status(a, 11, 0);
	status(a, 12, 0);
	heard(0, NULL);
	status(a, 13, 0);
	heard(1, "put /f : ok bytes sum size");
	audit_free(a);
}

static void
test_get(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	open_file(a, "/f", READ, "h");
	ask_read(a, 10, "h", 0);
	ask_read(a, 11, "h", 3);
	ask_read(a, 12, "h", 6);
	data(a, 10, "abc");
	data(a, 11, "de");
	status(a, 12, 1);
	ask_read(a, 13, "h", 5);
	status(a, 13, 1);
	close_file(a, "h");
	heard(1, "get /f : ok bytes sum size");
	audit_free(a);
}

/* The order of the answers is not the order of the file. */
static void
test_disorder(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	open_file(a, "/f", READ, "h");
	ask_read(a, 10, "h", 0);
	ask_read(a, 11, "h", 3);
	data(a, 11, "def");
	data(a, 10, "abc");
	close_file(a, "h");
	heard(1, "get /f : ok bytes; parts of it passed more than once");
	open_file(a, "/g", WRITE, "h");
	ask_write(a, 10, "h", 0, "abc");
	ask_write(a, 11, "h", 100, "def");
	status(a, 10, 0);
	status(a, 11, 0);
	close_file(a, "h");
	heard(2, "put /g : ok bytes size; it did not pass from its beginning "
	    "to its end");
	audit_free(a);
}

/* What the host says counts, not what was asked for. */
static void
test_refusals(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	ask_open(a, 1, "/secret", READ);
	status(a, 1, 3);
	heard(1, "get /secret : permission denied");
	ask_open(a, 1, "/new", WRITE);
	status(a, 1, 4);
	heard(2, "put /new : failure");
	ask_paths(a, 13, 2, "/gone", NULL);
	status(a, 2, 2);
	heard(3, "remove /gone : no such file");
	ask_paths(a, 18, 3, "/a", "/b");
	status(a, 3, 99);
	heard(4, "rename /a /b: status 99");
	open_file(a, "/full", WRITE, "h");
	ask_write(a, 10, "h", 0, "abc");
	ask_write(a, 11, "h", 3, "def");
	status(a, 10, 0);
	status(a, 11, 4);
	close_file(a, "h");
	heard(5, "put /full : failure bytes sum confirmed size");
	open_file(a, "/quota", WRITE, "h");
	ask_close(a, 2, "h");
	status(a, 2, 15);
	heard(6, "put /quota : quota exceeded bytes sum size");
	audit_free(a);
}

static void
test_changes(void **state)
{
	struct audit	*a = sftp_of(3, 3);
	struct msg	 m;

	(void)state;
	ask_paths(a, 15, 1, "/d", NULL);
	status(a, 1, 0);
	heard(1, "rmdir /d : ok");
	/* OpenSSH: first what it leads to */
	ask_paths(a, 20, 1, "target", "/link");
	status(a, 1, 0);
	heard(2, "symlink /link target: ok");
	packet_begin(&m, 200, 5);
	msg_put_text(&m, "hardlink@openssh.com");
	msg_put_text(&m, "/old");
	msg_put_text(&m, "/new");
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 5, 0);
	heard(3, "link /new /old: ok");
	packet_begin(&m, 200, 5);
	msg_put_text(&m, "posix-rename@openssh.com");
	msg_put_text(&m, "/old");
	msg_put_text(&m, "/new");
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 5, 0);
	heard(4, "rename /old /new: ok");
	packet_begin(&m, 200, 5);
	msg_put_text(&m, "statvfs@openssh.com");
	msg_put_text(&m, "/");
	packet_give(a, AUDIT_CLIENT, &m);
	packet_begin(&m, 201, 5);
	packet_give(a, AUDIT_HOST, &m);
	heard(4, "rename /old /new: ok");
	packet_begin(&m, 200, 5);
	msg_put_text(&m, "burn@example.com");
	packet_give(a, AUDIT_CLIENT, &m);
	packet_begin(&m, 201, 5);
	packet_give(a, AUDIT_HOST, &m);
	heard(5, "extension burn@example.com : ok");
	/* from one open file into another */
	open_file(a, "/from", READ, "a");
	open_file(a, "/to", WRITE, "b");
	packet_begin(&m, 200, 6);
	msg_put_text(&m, "copy-data");
	msg_put_text(&m, "a");
	msg_put_u64(&m, 0);
	msg_put_u64(&m, 77);
	msg_put_text(&m, "b");
	msg_put_u64(&m, 0);
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 6, 0);
	heard(6, "copy /from /to: ok bytes");
	/* and one that says nothing but that there is no sum */
	packet_begin(&m, 200, 6);
	msg_put_text(&m, "copy-data");
	msg_put_text(&m, "c");
	msg_put_u64(&m, 0);
	msg_put_u64(&m, 0);
	msg_put_text(&m, "b");
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 6, 0);
	close_file(a, "b");
	heard(7, "put /to : ok bytes size; the host copied into it from "
	    "elsewhere");
	audit_free(a);
	heard(8, "get /from : cut bytes sum");
}

/* Where two requests have one id, each gets its own answer. */
static void
test_one_id(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	ask_paths(a, 17, 7, "/there", NULL);		/* stat */
	ask_paths(a, 13, 7, "/there", NULL);
	status(a, 7, 2);
	heard(0, NULL);
	status(a, 7, 0);
	heard(1, "remove /there : ok");
	/* and what nobody asked means nothing */
	status(a, 7, 0);
	status(a, 8, 0);
	data(a, 9, "abc");
	handle(a, 10, "h");
	ask_paths(a, 13, 8, "/later", NULL);
	heard(1, "remove /there : ok");
	status(a, 8, 3);
	heard(2, "remove /later : permission denied");
	audit_free(a);
}

/* A host that answers with something else. */
static void
test_odd_answers(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	ask_paths(a, 13, 1, "/a", NULL);
	handle(a, 1, "h");
	heard(1, "remove /a : an answer that is none");
	ask_open(a, 2, "/b", READ);
	data(a, 2, "abc");
	heard(2, "get /b : an answer that is none");
	open_file(a, "/c", READ, "h");
	ask_read(a, 3, "h", 0);
	handle(a, 3, "other");
	close_file(a, "h");
	heard(3, "get /c : ok bytes sum");
	audit_free(a);
}

static void
test_cut(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	open_file(a, "/f", WRITE, "h");
	ask_write(a, 10, "h", 0, "abc");
	status(a, 10, 0);
	ask_write(a, 11, "h", 3, "def");
	ask_paths(a, 13, 12, "/gone", NULL);
	audit_free(a);
	assert_string_equal(said[0], "remove /gone : no answer");
	heard(2, "put /f : cut bytes sum confirmed size");
}

/* Some clients do not wait for the answers to their last requests. */
static void
test_hasty(void **state)
{
	struct audit	*a = sftp_of(3, 3);

	(void)state;
	open_file(a, "/f", WRITE, "h");
	ask_write(a, 10, "h", 0, "abc");
	status(a, 10, 0);
	ask_close(a, 11, "h");
	audit_free(a);
	heard(1, "put /f : no answer bytes sum size");
	a = sftp_of(3, 3);
	open_file(a, "/f", READ, "h");
	ask_read(a, 10, "h", 0);
	data(a, 10, "abc");
	ask_read(a, 11, "h", 3);
	status(a, 11, 1);
	audit_free(a);
	heard(2, "get /f : ok bytes sum size");
}

/* In the middle of a packet's data, too. */
static void
test_cut_data(void **state)
{
	struct audit	*a = sftp_of(3, 3);
	const char	 part[] = "\0\0\0\x40\6\0\0\0\1\0\0\0\1h"
			    "\0\0\0\0\0\0\0\0\0\0\0\x30" "abc";

	(void)state;
	open_file(a, "/f", WRITE, "h");
	give(a, AUDIT_CLIENT, part, sizeof(part) - 1);
	audit_free(a);
	heard(1, "put /f : cut bytes sum confirmed size");
}

static void
test_not_sftp(void **state)
{
	struct audit	*a = audit_new("subsystem", "sftp", hear, NULL);

	(void)state;
	give(a, AUDIT_CLIENT, "ls\nexit\n", 8);
	heard(1, "unknown sftp : ; it is not sftp");
	give(a, AUDIT_CLIENT, "ls\nexit\n", 8);
	audit_free(a);
	heard(1, "unknown sftp : ; it is not sftp");
	forget();
	a = audit_new("exec", "/usr/lib/openssh/sftp-server -e", hear, NULL);
	give(a, AUDIT_CLIENT, "\0\0\0\5\3\0\0\0\3", 9);
	heard(1, "unknown sftp-server : ; it is not sftp");
	audit_free(a);
	forget();
	a = sftp_of(3, 3);
	open_file(a, "/f", READ, "h");
	give(a, AUDIT_HOST, "\0\0\0\0", 4);
	assert_string_equal(said[0], "get /f : not known bytes sum");
	heard(2, "unknown sftp : ; a packet of no possible length");
	audit_free(a);
}

/* Version 5 wishes for access, not for flags; 6 has links of its own. */
static void
test_versions(void **state)
{
	struct audit	*a = sftp_of(6, 6);
	struct msg	 m;

	(void)state;
	packet_begin(&m, 3, 1);
	msg_put_text(&m, "/f");
	msg_put_u32(&m, 2);
	msg_put_u32(&m, 1);
	packet_give(a, AUDIT_CLIENT, &m);
	handle(a, 1, "h");
	ask_write(a, 5, "h", 0, "abc");
	status(a, 5, 0);
	close_file(a, "h");
	heard(1, "put /f : ok bytes sum size");
	packet_begin(&m, 21, 3);
	msg_put_text(&m, "/link");
	msg_put_text(&m, "target");
	msg_put_u8(&m, 1);
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 3, 0);
	heard(2, "symlink /link target: ok");
	audit_free(a);
	forget();
	a = sftp_of(7, 7);
	heard(1, "unknown sftp : ; this version of sftp is not known here");
	audit_free(a);
}

static void
test_attributes(void **state)
{
	struct audit	*a = sftp_of(3, 3);
	struct msg	 m;

	(void)state;
	open_file(a, "/f", WRITE, "h");
	packet_begin(&m, 10, 5);
	msg_put_text(&m, "h");
	msg_put_u32(&m, 4);
	msg_put_u32(&m, 0100644);
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 5, 3);
	heard(1, "setstat /f : permission denied");
	packet_begin(&m, 10, 5);
	msg_put_text(&m, "h");
	msg_put_u32(&m, 1);
	msg_put_u64(&m, 12345);
	packet_give(a, AUDIT_CLIENT, &m);
	status(a, 5, 0);
	heard(2, "setstat /f : ok size");
	close_file(a, "h");
	audit_free(a);
	heard(3, "put /f : ok bytes sum size");
}

/* Paths longer than any that is kept. */
static void
test_long_paths(void **state)
{
	struct audit	*a = sftp_of(3, 3);
	char		*path = xmalloc(20001);
	size_t		 len;

	(void)state;
	for (len = 4000; len <= 20000; len += 4000) {
		memset(path, 'x', len);
		path[len] = '\0';
		ask_paths(a, 18, 1, path, path);
		status(a, 1, 0);
		ask_paths(a, 13, 1, "/short", NULL);
		status(a, 1, 0);
		assert_string_equal(said[nsaid - 1], "remove /short : ok");
	}
	assert_int_equal(nsaid, 10);
	free(path);
	audit_free(a);
}

/* More open files, and more requests, than are followed. */
static void
test_many(void **state)
{
	struct audit	*a = sftp_of(3, 3);
	char		 name[32];
	unsigned	 i;

	(void)state;
	for (i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "/%u", i);
		open_file(a, name, WRITE, name);
	}
	assert_int_equal(nsaid, 600 - 512);
	assert_string_equal(said[0], "put /512 : ok; too many files are open "
	    "at once");
	close_file(a, "/3");
	assert_int_equal(nsaid, 600 - 512 + 1);
	audit_free(a);
	assert_int_equal(nsaid, 600);
	forget();
	a = sftp_of(3, 3);
	for (i = 0; i < 20000 && nsaid == 0; i++)
		ask_paths(a, 17, i, "/there", NULL);
	assert_true(i > 10000 && i < 20000);
	heard(1, "unknown sftp : ; more requests than can be followed have no "
	    "answer");
	audit_free(a);
}

static void
test_commands(void **state)
{
	static const char *const	none[] = { "", "ls", "scp", "scp -V",
					    "scp -t -f x", "echo scp -t x",
					    "rsync -a a b", "git status",
					    "sudo", "cat sftp-server" };
	struct audit			*a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(audit_new("exec", none[i], hear, NULL));
	assert_null(audit_new("subsystem", "netconf", hear, NULL));
	assert_null(audit_new("shell", "", hear, NULL));
	a = audit_new("exec", "A=1 rsync --server -a . /x", hear, NULL);
	give(a, AUDIT_CLIENT, "abc", 3);
	give(a, AUDIT_HOST, "abc", 3);
	audit_free(a);
	heard(1, "rsync A=1 rsync --server -a . /x :  bytes confirmed");
	a = audit_new("exec", "git-upload-pack '/x.git'", hear, NULL);
	audit_free(a);
	heard(2, "git git-upload-pack '/x.git' :  bytes confirmed");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		BOTH(test_put), BOTH(test_get), BOTH(test_disorder),
		BOTH(test_refusals), BOTH(test_changes), BOTH(test_one_id),
		BOTH(test_odd_answers), BOTH(test_cut), BOTH(test_hasty),
		BOTH(test_cut_data),
		BOTH(test_not_sftp), BOTH(test_versions),
		BOTH(test_attributes), BOTH(test_long_paths), BOTH(test_many),
		BOTH(test_commands),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
