/* SPDX-License-Identifier: ISC */
/*
 * How long the decision of a login takes: for each of some users and hosts,
 * on a connection that has decided nothing yet, as a spare's has not. Prints
 * the milliseconds of each.
 *
 * usage: decide DRIVER TIMES, with the store's name on standard input (it may
 * hold a password)
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/acl.h"
#include "db/host.h"
#include "db/user.h"
#include "lib/clock.h"

static double
now_ms(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1e3 + ts.tv_nsec / 1e6);
}

static void
decide(const struct db_options *o, const struct user *u, const struct host *h)
{
	struct acl_verdict	 verdict;
	struct db		*db;
	double			 start;
	char			 why[256];

	if (db_open(&db, o, why, sizeof(why)) != DB_OK)
		errx(1, "%s", why);
	start = now_ms();
	if (acl_judge(db, u->id, h, NULL, clock_utc(), &verdict, NULL,
	    NULL) != DB_OK)
		errx(1, "%s", db_error(db));
	printf("%.3f %s\n", now_ms() - start, acl_action_name(verdict.action));
	db_close(db);
}

int
main(int argc, char *argv[])
{
	struct db_options	 o = { .timeout = 0 };
	struct user_list	*users;
	struct host_list	*hosts;
	struct db		*db;
	char			 conn[1024], why[256];
	long			 i, times;

	if (argc != 3 || fgets(conn, sizeof(conn), stdin) == NULL)
		errx(2, "usage: decide DRIVER TIMES <CONN");
	conn[strcspn(conn, "\n")] = '\0';
	o.driver = argv[1];
	o.conn = conn;
	times = strtol(argv[2], NULL, 10);
	if (db_open(&db, &o, why, sizeof(why)) != DB_OK)
		errx(1, "%s", why);
	if (user_list(db, 0, &users) != DB_OK ||
	    host_list(db, 0, &hosts) != DB_OK)
		errx(1, "%s", db_error(db));
	db_close(db);
	/* an odd step, so that users and hosts meet in many ways */
	for (i = 0; i < times; i++)
		decide(&o, &users->v[i * 37 % users->n],
		    &hosts->v[i * 101 % hosts->n]);
	user_list_free(users);
	host_list_free(hosts);
	return (0);
}
