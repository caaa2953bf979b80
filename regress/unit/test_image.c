/* SPDX-License-Identifier: ISC */
/*
 * What one image of the daemon leaves to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/image.h"
#include "lib/memfd.h"

static const struct image_slot	slots[] = {
	{ .state = 4, .pid = 4711, .child = 4712, .fd = 9,
	    .since = INT64_C(1) << 40, .source = "192.0.2.7:50000",
	    .local = "192.0.2.1:2222" },
	{ .state = 0, .fd = 10, .source = "[2001:db8::7]:1" },
	{ .state = 1, .pid = 5, .fd = -1 },
	{ .state = 4, .pid = 6, .fd = 11, .adopted = 1 },
};
#define NSLOTS	(sizeof(slots) / sizeof(slots[0]))

static const struct image_penalty	penalties[] = {
	{ .net = { 4, 32, { 192, 0, 2, 7 } }, .until = INT64_C(1) << 41,
	    .cause = 2, .in_force = 1 },
	{ .net = { 6, 64, { 0x20, 1, 0xd, 0xb8, 1, 2, 3, 4 } }, .until = 5 },
};

static void
fill(struct image *im)
{
	image_init(im);
	im->reason = IMAGE_CRASH;
	im->settings = 3;
	im->secrets = 4;
	im->origin = 5;
	im->crash_ms = 123456789012;
	im->keeper = 99;
	im->keeper_fd = 6;
	im->owner_fd = 9;
	im->check_fd = 12;
	im->nlisteners = 2;
	im->listeners[0].fd = 7;
	snprintf(im->listeners[0].bind, sizeof(im->listeners[0].bind),
	    ":2222");
	im->listeners[1].fd = 8;
	im->slots = (struct image_slot *)slots;
	im->nslots = NSLOTS;
	im->penalties = (struct image_penalty *)penalties;
	im->npenalties = 2;
}

static void
assert_same_slot(const struct image_slot *a, const struct image_slot *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->child, b->child);
	assert_int_equal(a->fd, b->fd);
	assert_int_equal(a->since, b->since);
	assert_string_equal(a->source, b->source);
	assert_string_equal(a->local, b->local);
	assert_int_equal(a->adopted, b->adopted);
}

static void
test_round_trip(void **state)
{
	struct image	a, b;
	struct msg	m;
	size_t		i;

	(void)state;
	fill(&a);
	msg_init(&m);
	image_encode(&m, &a);
	assert_int_equal(image_decode(&m, &b), 0);
	assert_int_equal(b.reason, IMAGE_CRASH);
	assert_int_equal(b.settings, 3);
	assert_int_equal(b.secrets, 4);
	assert_int_equal(b.origin, 5);
	assert_int_equal(b.crash_ms, a.crash_ms);
	assert_int_equal(b.keeper, 99);
	assert_int_equal(b.keeper_fd, 6);
	assert_int_equal(b.owner_fd, 9);
	assert_int_equal(b.check_fd, 12);
	assert_int_equal(b.nlisteners, 2);
	assert_int_equal(b.listeners[0].fd, 7);
	assert_string_equal(b.listeners[0].bind, ":2222");
	assert_int_equal(b.listeners[1].fd, 8);
	assert_string_equal(b.listeners[1].bind, "");
	assert_int_equal(b.nslots, NSLOTS);
	for (i = 0; i < NSLOTS; i++)
		assert_same_slot(&slots[i], &b.slots[i]);
	assert_int_equal(b.npenalties, 2);
	for (i = 0; i < 2; i++) {
		assert_true(network_equal(&penalties[i].net,
		    &b.penalties[i].net));
		assert_int_equal(b.penalties[i].until, penalties[i].until);
		assert_int_equal(b.penalties[i].cause, penalties[i].cause);
		assert_int_equal(b.penalties[i].in_force,
		    penalties[i].in_force);
	}
	free(b.slots);
	free(b.penalties);
	msg_free(&m);
}

/* Cut anywhere, or with something added, it is refused. */
static void
test_short_and_trailing(void **state)
{
	struct image	a, b;
	struct msg	whole, m;
	size_t		len;

	(void)state;
	fill(&a);
	msg_init(&whole);
	image_encode(&whole, &a);
	for (len = 0; len < whole.len; len++) {
		msg_borrow(&m, whole.data, len);
		assert_int_equal(image_decode(&m, &b), -1);
		assert_null(b.slots);
		assert_null(b.penalties);
	}
	msg_put_u8(&whole, 0);
	assert_int_equal(image_decode(&whole, &b), -1);
	msg_free(&whole);
}

/* A version that is not known is refused for that, whatever follows. */
static void
test_other_version(void **state)
{
	static const uint8_t	versions[] = { 0, 1, 0x7f };
	struct image		a, b;
	struct msg		m;
	size_t			i;

	(void)state;
	fill(&a);
	msg_init(&m);
	image_encode(&m, &a);
	for (i = 0; i < sizeof(versions); i++) {
		m.data[3] = versions[i];
		m.off = m.error = 0;
		errno = 0;
		assert_int_equal(image_decode(&m, &b), -1);
		assert_int_equal(errno, EPROTONOSUPPORT);
		assert_null(b.slots);
	}
	msg_free(&m);
}

/* Version 3 had no penalties, and ended before them. */
static void
test_version_3(void **state)
{
	struct image	a, b;
	struct msg	whole, m;

	(void)state;
	fill(&a);
	a.npenalties = 0;
	msg_init(&whole);
	image_encode(&whole, &a);
	whole.data[3] = 3;
	assert_int_equal(image_decode(&whole, &b), -1);
	msg_borrow(&m, whole.data, whole.len - 4);
	assert_int_equal(image_decode(&m, &b), 0);
	assert_int_equal(b.nslots, NSLOTS);
	assert_int_equal(b.npenalties, 0);
	free(b.slots);
	msg_free(&whole);
}

/* What the newer program makes of an image of version 2, byte for byte. */
static void
test_version_2(void **state)
{
	static const uint8_t	old[] = {
		0, 0, 0, 2,				/* version */
		1,					/* CHECK */
		0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6,	/* memfds */
		0, 0, 0, 0, 0, 0, 0, 42,		/* crash_ms */
		0, 0, 0, 99, 0, 0, 0, 7,		/* keeper, its fd */
		0, 0, 0, 10,				/* owner_fd */
		0, 0, 0, 1,				/* listeners */
		0, 0, 0, 8, 0, 0, 0, 4, ':', '2', '2', 0,
		0, 0, 0, 1,				/* slots */
		4, 0, 0, 0, 77, 0, 0, 0, 78,		/* SESSION, pids */
		0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5,	/* fd, since */
		0, 0, 0, 6, '[', ':', ':', ']', '1', 0,	/* source */
		0, 0, 0, 1, 0,				/* local */
	};
	struct image		im;
	struct msg		m;

	(void)state;
	msg_borrow(&m, old, sizeof(old));
	assert_int_equal(image_decode(&m, &im), 0);
	assert_int_equal(im.reason, IMAGE_CHECK);
	assert_int_equal(im.settings, 3);
	assert_int_equal(im.origin, 5);
	assert_int_equal(im.crash_ms, 42);
	assert_int_equal(im.owner_fd, 9);
	assert_int_equal(im.check_fd, -1);
	assert_int_equal(im.nlisteners, 1);
	assert_int_equal(im.listeners[0].fd, 7);
	assert_string_equal(im.listeners[0].bind, ":22");
	assert_int_equal(im.nslots, 1);
	assert_int_equal(im.slots[0].pid, 77);
	assert_int_equal(im.slots[0].child, 78);
	assert_int_equal(im.slots[0].fd, 8);
	assert_string_equal(im.slots[0].source, "[::]1");
	assert_int_equal(im.slots[0].adopted, 0);
	free(im.slots);
}

static void
test_no_image(void **state)
{
	struct image	im;

	(void)state;
	unsetenv("SSHPORTAL_IMAGE");
	assert_int_equal(image_take(&im), 0);
	setenv("SSHPORTAL_IMAGE", "x", 1);
	assert_int_equal(image_take(&im), -1);
	setenv("SSHPORTAL_IMAGE", "0", 1);
	assert_int_equal(image_take(&im), -1);
	unsetenv("SSHPORTAL_IMAGE");
}

/* A descriptor that is not a sealed memfd is not believed. */
static void
test_unsealed(void **state)
{
	struct image	im;
	char		text[16];
	int		fd;

	(void)state;
	assert_true((fd = open("/dev/zero", O_RDONLY)) > 2);
	snprintf(text, sizeof(text), "%d", fd);
	setenv("SSHPORTAL_IMAGE", text, 1);
	assert_int_equal(image_take(&im), -1);
	unsetenv("SSHPORTAL_IMAGE");
	close(fd);
}

static void
test_take(void **state)
{
	struct image	a, b;
	struct msg	m;
	char		text[16];
	int		fd;

	(void)state;
	image_init(&a);
	assert_true((a.settings = open("/dev/null", O_RDONLY)) > 2);
	msg_init(&m);
	image_encode(&m, &a);
	assert_true((fd = memfd_write("image", &m)) > 2);
	msg_free(&m);
	snprintf(text, sizeof(text), "%d", fd);
	setenv("SSHPORTAL_IMAGE", text, 1);
	assert_int_equal(image_take(&b), 1);
	assert_null(getenv("SSHPORTAL_IMAGE"));
	assert_int_equal(b.settings, a.settings);
	assert_int_equal(fcntl(b.settings, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	free(b.slots);
	free(b.penalties);
	close(a.settings);
}

/* The command line and our variables come back, others do not. */
static void
test_origin(void **state)
{
	const char	 *given[] = { "sshportal", "server", "--db-conn=a b",
			    "", NULL };
	char		**argv, *program;
	int		  fd, argc, i;

	(void)state;
	setenv("SSHPORTAL_DATABASE_URL", "user:pass=word@/x", 1);
	setenv("OTHER_VARIABLE", "x", 1);
	assert_true((fd = image_origin_save("/usr/sbin/sshportal", 4,
	    (char **)given)) != -1);
	unsetenv("SSHPORTAL_DATABASE_URL");
	unsetenv("OTHER_VARIABLE");
	assert_int_equal(image_origin_load(fd, &program, &argc, &argv), 0);
	assert_string_equal(program, "/usr/sbin/sshportal");
	assert_int_equal(argc, 4);
	for (i = 0; i < argc; i++) {
		assert_string_equal(argv[i], given[i]);
		free(argv[i]);
	}
	assert_string_equal(getenv("SSHPORTAL_DATABASE_URL"),
	    "user:pass=word@/x");
	assert_null(getenv("OTHER_VARIABLE"));
	unsetenv("SSHPORTAL_DATABASE_URL");
	free(argv);
	free(program);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_short_and_trailing),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_3),
		cmocka_unit_test(test_no_image),
		cmocka_unit_test(test_unsealed),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_origin),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
