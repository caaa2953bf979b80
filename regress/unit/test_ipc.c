/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes: content, ids, descriptors, and ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sys/socket.h>

#include <fcntl.h>
#include <unistd.h>

#include "lib/ipc.h"

static void
test_content_and_fds(void **state)
{
	struct ipc	p, q;
	int		sv[2], pfd[2];
	char		c = 0;

	(void)state;
	assert_int_equal(ipc_pair(sv), 0);
	assert_int_equal(pipe(pfd), 0);
	ipc_init(&p, 9, 0x01020304);
	msg_put_str(&p.body, "hello");
	p.fds[0] = pfd[1];
	assert_int_equal(ipc_send(sv[0], &p), IPC_OK);
	ipc_free(&p);			/* closes our writing end */
	assert_int_equal(ipc_recv(sv[1], &q), IPC_OK);
	assert_int_equal(q.type, 9);
	assert_int_equal(q.id, 0x01020304);
	assert_string_equal(msg_get_str(&q.body, 10), "hello");
	assert_true(msg_end(&q.body));
	assert_int_not_equal(q.fds[0], -1);
	assert_int_equal(q.fds[1], -1);
	assert_true(fcntl(q.fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(q.fds[0], "x", 1), 1);
	assert_int_equal(read(pfd[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	ipc_free(&q);			/* closes the last writing end */
	assert_int_equal(read(pfd[0], &c, 1), 0);
	close(pfd[0]);
	close(sv[0]);
	assert_int_equal(ipc_recv(sv[1], &q), IPC_CLOSED);
	close(sv[1]);
}

static void
test_largest(void **state)
{
	static uint8_t	data[IPC_BODY_MAX];
	struct ipc	p, q;
	int		sv[2];

	(void)state;
	assert_int_equal(ipc_pair(sv), 0);
	ipc_init(&p, 1, 0);
	msg_put_raw(&p.body, data, sizeof(data));
	assert_int_equal(ipc_send(sv[0], &p), IPC_OK);
	assert_int_equal(ipc_recv(sv[1], &q), IPC_OK);
	assert_int_equal(q.body.len, sizeof(data));
	ipc_free(&q);
	msg_put_u8(&p.body, 0);
	assert_int_equal(ipc_send(sv[0], &p), IPC_BAD);
	ipc_free(&p);
	close(sv[0]);
	close(sv[1]);
}

static void
test_foreign_packets(void **state)
{
	static uint8_t	data[IPC_BODY_MAX + 100];
	struct ipc	q;
	int		sv[2];

	(void)state;
	assert_int_equal(ipc_pair(sv), 0);
	assert_int_equal(send(sv[0], data, 4, 0), 4);
	assert_int_equal(ipc_recv(sv[1], &q), IPC_BAD);
	assert_int_equal(send(sv[0], data, sizeof(data), 0), sizeof(data));
	assert_int_equal(ipc_recv(sv[1], &q), IPC_BAD);
	fcntl(sv[1], F_SETFL, O_NONBLOCK);
	assert_int_equal(ipc_recv(sv[1], &q), IPC_AGAIN);
	close(sv[0]);
	close(sv[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content_and_fds),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_foreign_packets),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
