/* SPDX-License-Identifier: ISC */
/*
 * Stores for tests: files in a directory of their own, and databases on a
 * MariaDB server that belongs to this program alone.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <mysql.h>
#include <sqlite3.h>

#include "db_fixture.h"
#include "db/migrations.h"
#include "lib/clock.h"
#include "lib/xmalloc.h"

#define START_MS	60000

static struct {
	char	*dir;
	char	*socket;
	int	 port;
	pid_t	 pid;
	pid_t	 owner;		/* of us who forked it */
	int	 state;		/* 0 not tried, 1 runs, -1 missing */
	int	 databases;
} server;

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *
make_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;

	dir = xasprintf("%s/dbtest.XXXXXX", tmp != NULL ? tmp : "/var/tmp");
	if (mkdtemp(dir) == NULL)
		err(1, "%s", dir);
	return dir;
}

static const char *
find_program(const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (access(*paths, X_OK) == 0)
			return *paths;
	return NULL;
}

static int
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "no free port");
	close(fd);
	return ntohs(sin.sin_port);
}

/*
 * A server does not run as root; it dies with us if we cannot end it.  One that
 * starts removes the temporary tables that it finds: its TMPDIR is its own.
 */
static pid_t
spawn(const char *const argv[])
{
	const struct passwd *pw = getpwnam("nobody");
	pid_t pid, parent = getpid();
	char *log;
	int fd;

	if ((pid = fork()) != 0)
		return pid;
	log = xasprintf("%s/log", server.dir);
	if (geteuid() == 0 && (pw == NULL || setgroups(0, NULL) == -1 ||
	    setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (getppid() != parent || fd == -1 || chdir("/") == -1 ||
	    setenv("TMPDIR", server.dir, 1) == -1)
		_exit(126);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* The directory goes when this program does: show what the server said. */
static void
server_failed(const char *program)
{
	char *path = xasprintf("%s/log", server.dir), line[512];
	FILE *log = fopen(path, "r");

	while (log != NULL && fgets(line, sizeof(line), log) != NULL)
		fprintf(stderr, "%s", line);
	errx(1, "%s failed", program);
}

static MYSQL *
server_connect(void)
{
	MYSQL *my = mysql_init(NULL);

	if (mysql_real_connect(my, NULL, "root", "", NULL, 0, server.socket,
	    0) != NULL)
		return my;
	mysql_close(my);
	return NULL;
}

static void
server_query(const char *sql)
{
	MYSQL *my = server_connect();

	if (my == NULL || mysql_real_query(my, sql, strlen(sql)) != 0)
		errx(1, "%s: %s", sql, my != NULL ? mysql_error(my) :
		    "no connection");
	mysql_close(my);
}

static void
server_stop(void)
{
	if (server.dir == NULL || server.owner != getpid())
		return;
	if (server.pid > 0) {
		kill(server.pid, SIGTERM);
		waitpid(server.pid, NULL, 0);
	}
	mysql_library_end();
	remove_tree(server.dir);
	free(server.dir);
	free(server.socket);
}

static int
server_wait(void)
{
	int64_t until = clock_mono_ms() + START_MS;
	MYSQL *my;

	while (clock_mono_ms() < until) {
		if ((my = server_connect()) != NULL) {
			mysql_close(my);
			return 0;
		}
		if (waitpid(server.pid, NULL, WNOHANG) == server.pid) {
			server.pid = 0;
			return -1;
		}
		usleep(50000);
	}
	return -1;
}

static void
server_files(const char *install)
{
	char *data = xasprintf("--datadir=%s/data", server.dir);
	const char *const argv[] = {
		install, "--no-defaults", data,
		"--auth-root-authentication-method=normal", "--skip-test-db",
		NULL
	};
	int status;
	pid_t pid;

	if ((pid = spawn(argv)) == -1 || waitpid(pid, &status, 0) == -1 ||
	    status != 0)
		server_failed(install);
	free(data);
}

static void
server_spawn(const char *daemon)
{
	char *data = xasprintf("--datadir=%s/data", server.dir);
	char *sock = xasprintf("--socket=%s", server.socket);
	char *port = xasprintf("--port=%d", server.port);
	char *pid = xasprintf("--pid-file=%s/pid", server.dir);
	const char *const argv[] = {
		daemon, "--no-defaults", data, sock, port,
		pid, "--bind-address=127.0.0.1", "--skip-networking=0",
		"--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
		"--innodb-buffer-pool-size=32M", "--performance-schema=0",
		"--skip-name-resolve", NULL
	};

	if ((server.pid = spawn(argv)) == -1)
		err(1, "fork");
	free(data);
	free(sock);
	free(port);
	free(pid);
}

/* Returns 0, or -1 if the machine has no server. */
static int
server_start(void)
{
	static const char *const daemons[] = {
		"/usr/sbin/mariadbd", "/usr/sbin/mysqld", NULL
	};
	static const char *const installers[] = {
		"/usr/bin/mariadb-install-db", "/usr/bin/mysql_install_db",
		NULL
	};
	const char *daemon = find_program(daemons);
	const char *install = find_program(installers);
	const struct passwd *pw = getpwnam("nobody");

	if (daemon == NULL || install == NULL)
		return -1;
	server.owner = getpid();
	server.dir = make_dir();
	server.socket = xasprintf("%s/sock", server.dir);
	server.port = free_port();
	if (geteuid() == 0 &&
	    (pw == NULL || chown(server.dir, pw->pw_uid, pw->pw_gid) == -1))
		err(1, "%s", server.dir);
	atexit(server_stop);
	server_files(install);
	server_spawn(daemon);
	if (server_wait() == -1)
		server_failed(daemon);
	server_query("CREATE USER portal@'%' IDENTIFIED BY 'p:w@d/1'''");
	return 0;
}

int
fixture_port(void)
{
	return server.port;
}

int
fixture_try(const struct fixture *f, int setup, struct db **db, char *err,
    size_t errlen)
{
	const struct db_options o = { .driver = f->driver, .conn = f->conn,
	    .setup = setup };

	return db_open(db, &o, err, errlen);
}

struct db *
fixture_open(const struct fixture *f)
{
	struct db *db;
	char why[256];

	if (fixture_try(f, 0, &db, why, sizeof(why)) != DB_OK)
		fail_msg("%s", why);
	return db;
}

static void
fixture_schema(struct fixture *f)
{
	struct db *db;
	char why[512];

	if (fixture_try(f, 1, &db, why, sizeof(why)) != DB_OK)
		errx(1, "%s", why);
	if (migrations_apply(db) != DB_OK)
		errx(1, "%s", db_error(db));
	db_close(db);
	f->db = fixture_open(f);
}

/* DB=sqlite3 or DB=mysql in the environment leaves the other one out. */
static int
wanted(const char *driver)
{
	const char *db = getenv("DB");

	return db == NULL || *db == '\0' || strcmp(db, driver) == 0;
}

int
fixture_sqlite_empty(void **state)
{
	struct fixture *f;

	*state = f = xcalloc(1, sizeof(*f));
	if (!wanted("sqlite3"))
		return 0;
	f->driver = "sqlite3";
	f->dir = make_dir();
	f->path = xasprintf("%s/portal.db", f->dir);
	f->conn = xstrdup(f->path);
	return 0;
}

int
fixture_mysql_empty(void **state)
{
	struct fixture *f;
	char *sql;

	*state = f = xcalloc(1, sizeof(*f));
	if (!wanted("mysql"))
		return 0;
	if (server.state == 0)
		server.state = server_start() == 0 ? 1 : -1;
	if (server.state == -1)
		return 0;
	f->driver = "mysql";
	f->dir = make_dir();
	f->path = xasprintf("portal%d", ++server.databases);
	f->conn = xasprintf("portal:" FIXTURE_PASSWORD
	    "@tcp(127.0.0.1:%d)/%s?parseTime=true", server.port, f->path);
	sql = xasprintf("CREATE DATABASE %s", f->path);
	server_query(sql);
	free(sql);
	sql = xasprintf("GRANT ALL ON %s.* TO portal@'%%'", f->path);
	server_query(sql);
	free(sql);
	return 0;
}

int
fixture_sqlite(void **state)
{
	fixture_sqlite_empty(state);
	if (((struct fixture *)*state)->driver != NULL)
		fixture_schema(*state);
	return 0;
}

int
fixture_mysql(void **state)
{
	fixture_mysql_empty(state);
	if (((struct fixture *)*state)->driver != NULL)
		fixture_schema(*state);
	return 0;
}

int
fixture_end(void **state)
{
	struct fixture *f = *state;
	char *sql;

	db_close(f->db);
	if (f->driver != NULL && strcmp(f->driver, "mysql") == 0) {
		sql = xasprintf("DROP DATABASE %s", f->path);
		server_query(sql);
		free(sql);
	}
	if (f->dir != NULL)
		remove_tree(f->dir);
	free(f->dir);
	free(f->conn);
	free(f->path);
	free(f);
	return 0;
}

struct fixture *
fixture_use(void **state)
{
	struct fixture *f = *state;

	if (f->driver == NULL)
		skip();
	return f;
}

static void
sqlite_sql(const char *path, const char *sql)
{
	sqlite3 *h;
	char *msg = NULL;

	if (sqlite3_open(path, &h) != SQLITE_OK ||
	    sqlite3_exec(h, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s: %s", sql, msg != NULL ? msg : "cannot open");
	sqlite3_close(h);
}

void
fixture_sql(const struct fixture *f, const char *sql)
{
	MYSQL *my;

	if (strcmp(f->driver, "sqlite3") == 0) {
		sqlite_sql(f->path, sql);
		return;
	}
	my = server_connect();
	if (my == NULL || mysql_select_db(my, f->path) != 0 ||
	    mysql_real_query(my, sql, strlen(sql)) != 0)
		fail_msg("%s: %s", sql, my != NULL ? mysql_error(my) :
		    "no connection");
	mysql_close(my);
}

void
fixture_kill_connections(const struct fixture *f)
{
	MYSQL *my = server_connect();
	MYSQL_RES *res;
	MYSQL_ROW row;
	char *sql;

	assert_non_null(my);
	sql = xasprintf("SELECT CONCAT('KILL ', id) FROM"
	    " information_schema.processlist WHERE db = '%s'", f->path);
	assert_int_equal(mysql_query(my, sql), 0);
	free(sql);
	res = mysql_store_result(my);
	assert_true(mysql_num_rows(res) > 0);
	while ((row = mysql_fetch_row(res)) != NULL)
		assert_int_equal(mysql_query(my, row[0]), 0);
	mysql_free_result(res);
	mysql_close(my);
}

void
fixture_race(const struct fixture *f, int n,
    int (*fn)(const struct fixture *, int), int *results)
{
	pid_t pids[64];
	int gate[2], i, status;
	char byte;

	assert_true(n <= 64);
	assert_int_equal(pipe(gate), 0);
	for (i = 0; i < n; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		/* The gate opens when the parent closes its end. */
		close(gate[1]);
		while (read(gate[0], &byte, 1) > 0)
			continue;
		_exit(fn(f, i));
	}
	close(gate[0]);
	close(gate[1]);
	for (i = 0; i < n; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		results[i] = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	}
}
