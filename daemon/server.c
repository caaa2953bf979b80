/* SPDX-License-Identifier: ISC */
/*
 * The first image. Its memory has seen secrets, so that it ends by executing
 * the program again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child/evp.h"
#include "daemon/banner.h"
#include "daemon/daemon.h"
#include "daemon/flags.h"
#include "daemon/import_flags.h"
#include "daemon/listener.h"
#include "daemon/notify.h"
#include "daemon/owner.h"
#include "daemon/places.h"
#include "daemon/reload.h"
#include "daemon/server.h"
#include "lib/harden.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "monitor/access.h"
#include "monitor/backup.h"
#include "monitor/local.h"
#include "monitor/setup.h"
#include "monitor/verify.h"

#define FIRST_FD	3

static int
say(const char *text)
{
	fprintf(stderr, "sshportal: %s\n", text);
	return (1);
}

/* A command line that is not to be understood. */
static int
say_usage(const char *err)
{
	say(err);
	say("\"sshportal server --help\" lists all flags");
	return (EXIT_USAGE);
}

/*
 * Reads everything that the flags lead to into c. Returns 0, or an exit status
 * after saying why.
 */
static int
load_settings(const struct flags *o, struct conf *c)
{
	char			err[CONF_ERR_MAX];
	enum flags_result	r;

	if ((r = flags_load(o, c, err, sizeof(err))) != FLAGS_OK) {
		say(err);
		return (r == FLAGS_USAGE ? EXIT_USAGE : 1);
	}
	if (places_find(c, err, sizeof(err)) == -1 ||
	    places_own(c, err, sizeof(err)) == -1)
		return (say(err));
	if (c->debug)
		c->s.log_level = LOG_LEVEL_DEBUG;
	return (0);
}

/* The same from the words of a command line. */
static int
read_settings(struct flags *o, int argc, char **argv, struct conf *c)
{
	char	err[CONF_ERR_MAX];

	if (flags_parse(o, argc, argv, err, sizeof(err)) == -1)
		return (say_usage(err));
	return (o->help ? 0 : load_settings(o, c));
}

/*
 * And what only those need who serve: the banner, the program that has a say
 * in who gets in, the token that the first administrator is invited with.
 */
static int
read_for_server(struct flags *o, int argc, char **argv, struct conf *c)
{
	char	err[CONF_ERR_MAX];
	int	status;

	status = read_settings(o, argc, argv, c);
	if (status != 0 || o->help)
		return (status);
	if (banner_load(c, err, sizeof(err)) == -1 ||
	    access_hook_check(c->s.acl_check_cmd, err, sizeof(err)) == -1 ||
	    setup_check_preset(c->p.invite_token, err, sizeof(err)) == -1)
		return (say(err));
	return (0);
}

/* Makes the memfds of settings and secrets. Returns 0, or -1 with errno. */
static int
fill_image(struct image *im, const struct conf *c)
{
	int	settings, secrets;

	if ((settings = settings_to_memfd(&c->s)) == -1)
		return (-1);
	if ((secrets = secret_settings_to_memfd(&c->p)) == -1) {
		close(settings);
		return (-1);
	}
	if (im->settings != -1)
		close(im->settings);
	if (im->secrets != -1)
		close(im->secrets);
	im->settings = settings;
	im->secrets = secrets;
	return (0);
}

/* Sockets of systemd are the first listeners. */
static void
take_listen_fds(struct image *im)
{
	int	i, n = notify_listen_fds();

	for (i = 0; i < n; i++) {
		im->listeners[i].fd = FIRST_FD + i;
		im->listeners[i].bind[0] = '\0';
	}
	im->nlisteners = n;
}

static int
start(struct conf *c, int argc, char **argv)
{
	struct image	im;

	image_init(&im);
	c->s.program = places_program(argv[0]);
	if (c->s.program == NULL) {
		say("this program's own path is not to be found");
		return (1);
	}
	take_listen_fds(&im);
	im.origin = image_origin_save(c->s.program, argc, argv);
	if (im.origin == -1 || fill_image(&im, c) == -1) {
		fprintf(stderr, "sshportal: memfd: %s\n", strerror(errno));
		return (1);
	}
	/* what else we were started with is not passed on */
	close_range(FIRST_FD, ~0U, CLOSE_RANGE_CLOEXEC);
	image_exec(&im, IMAGE_START, c->s.program);
	fprintf(stderr, "sshportal: cannot execute %s: %s\n", c->s.program,
	    strerror(errno));
	return (1);
}

int
server_main(int argc, char **argv)
{
	struct conf	c;
	struct flags	o;
	int		status;

	harden_dumps();
	conf_init(&c);
	status = read_for_server(&o, argc - 2, argv + 2, &c);
	if (status == 0) {
		if (o.help)
			flags_usage(stdout);
		else if (o.check)
			puts("configuration is good");
		else
			status = start(&c, argc, argv);
	}
	conf_free(&c);
	return (status);
}

int
server_verify(int argc, char **argv)
{
	struct conf	c;
	struct flags	o;
	struct image	im;
	int		status;

	harden_dumps();
	image_init(&im);
	conf_init(&c);
	status = read_settings(&o, argc - 2, argv + 2, &c);
	if (status != 0 || o.help) {
		if (o.help)
			fputs("usage: sshportal verify [flags as of the "
			    "server]\n", stdout);
		conf_free(&c);
		return (status);
	}
	log_init("verify", c.s.log_level);
	c.s.program = places_program(argv[0]);
	if (c.s.program == NULL || fill_image(&im, &c) == -1)
		status = say("memfd: no room for the settings");
	secret_settings_free(&c.p);
	if (status == 0)
		status = verify_main(im.secrets, &c.s);
	conf_free(&c);
	return (status);
}

int
server_admin(int argc, char **argv)
{
	struct conf	c;
	struct flags	o;
	char		err[CONF_ERR_MAX];
	int		status, used;

	harden_dumps();
	if (flags_parse_head(&o, argc - 2, argv + 2, &used, err,
	    sizeof(err)) == -1)
		return (say_usage(err));
	if (o.help) {
		fputs("usage: sshportal admin [flags as of the server] "
		    "[COMMAND]\n\"sshportal admin help\" lists the commands; "
		    "without one there is a prompt.\n", stdout);
		return (0);
	}
	conf_init(&c);
	if ((status = load_settings(&o, &c)) == 0) {
		log_init("admin", c.s.log_level);
		if (secret_settings_lock(&c.p) == -1)
			fatal("no locked memory for the settings");
		status = local_main(&c.s, &c.p, argv + 2 + used,
		    argc - 2 - used);
	}
	conf_free(&c);
	return (status);
}

static const char backup_usage[] =
    "usage: sshportal backup [flags as of the server] FILE\n";

int
server_backup(int argc, char **argv)
{
	struct conf	c;
	struct flags	o;
	char		err[CONF_ERR_MAX];
	int		status, used;

	harden_dumps();
	if (flags_parse_head(&o, argc - 2, argv + 2, &used, err,
	    sizeof(err)) == -1)
		return (say_usage(err));
	if (o.help) {
		fputs(backup_usage, stdout);
		return (0);
	}
	if (argc - 2 - used != 1) {
		fputs(backup_usage, stderr);
		return (EXIT_USAGE);
	}
	conf_init(&c);
	if ((status = load_settings(&o, &c)) == 0) {
		log_init("backup", c.s.log_level);
		if (secret_settings_lock(&c.p) == -1)
			fatal("no locked memory for the settings");
		status = backup_main(&c.s, &c.p, argv[2 + used]);
	}
	conf_free(&c);
	return (status);
}

/* --aes-key-file beats the flag of the server and the environment. */
static int
load_aes_key(const struct import_flags *f, struct conf *c)
{
	char	err[CONF_ERR_MAX], *key;

	if (f->aes_key_file == NULL)
		return (0);
	key = import_flags_key(f->aes_key_file, err, sizeof(err));
	if (key == NULL)
		return (say(err));
	explicit_bzero(c->p.aes_key, strlen(c->p.aes_key));
	free(c->p.aes_key);
	c->p.aes_key = key;
	return (0);
}

static int
import_run(const struct import_flags *f, const struct flags *o)
{
	struct conf	c;
	int		status;

	conf_init(&c);
	if ((status = load_settings(o, &c)) == 0 &&
	    (status = load_aes_key(f, &c)) == 0) {
		log_init("import", c.s.log_level);
		if (secret_settings_lock(&c.p) == -1)
			fatal("no locked memory for the settings");
		status = import_main(&c.s, &c.p, &f->options);
	}
	conf_free(&c);
	return (status);
}

static const char import_usage[] =
    "usage: sshportal import --from=sqlite:FILE|mysql:DSN|json:FILE\n"
    "           [--aes-key-file=FILE] [--dry-run] [--replace]\n"
    "           [flags as of the server]\n"
    "Takes over all that an original sshportal has, and its host key.\n";

int
server_import(int argc, char **argv)
{
	struct import_flags	f;
	struct flags		o;
	char			err[CONF_ERR_MAX];
	int			status;

	harden_dumps();
	if (import_flags_parse(&f, argc - 2, argv + 2, err,
	    sizeof(err)) == -1 ||
	    flags_parse(&o, f.argc, f.argv, err, sizeof(err)) == -1) {
		say(err);
		fputs(import_usage, stderr);
		status = EXIT_USAGE;
	} else if (o.help) {
		fputs(import_usage, stdout);
		status = 0;
	} else if (f.options.source == IMPORT_NOWHERE) {
		fputs(import_usage, stderr);
		status = EXIT_USAGE;
	} else
		status = import_run(&f, &o);
	free(f.argv);
	return (status);
}

/* The origin's settings. Returns 0, or an exit status after saying why. */
static int
reread_settings(const struct image *im, struct conf *c)
{
	struct flags	  o;
	char		**argv, *program;
	int		  argc, i, status;

	if (image_origin_load(im->origin, &program, &argc, &argv) == -1)
		return (say("the command line of the start is not readable"));
	if (argc >= 2)
		status = read_for_server(&o, argc - 2, argv + 2, c);
	else
		status = say("the command line of the start is empty");
	c->s.program = program;
	for (i = 0; i < argc; i++)
		free(argv[i]);
	free(argv);
	return (status);
}

/* All that can fail in a start. Returns 0, or 1 after saying why. */
static int
rehearse(const struct image *im, const struct conf *c)
{
	char	err[CONF_ERR_MAX];

	if (evp_self_test() == -1)
		return (say("the SSH library cannot be kept from the host "
		    "key on this system"));
	if (owner_stays(c->s.run_dir, im, err, sizeof(err)) == -1 ||
	    listener_try(&c->s, im, err, sizeof(err)) == -1)
		return (say(err));
	return (0);
}

/* The settings go to the daemon, which need not read anything again. */
static int
hand_over(struct image *im, const struct conf *c)
{
	struct settings	s;
	struct ipc	out;
	int		sent;

	if (fill_image(im, c) == -1 ||
	    settings_from_memfd(im->settings, &s) == -1)
		return (say("memfd: no room for the settings"));
	settings_free(&s);
	ipc_init(&out, RELOAD_FINDINGS, 0);
	out.fds[0] = im->settings;
	out.fds[1] = im->secrets;
	sent = ipc_send(im->check_fd, &out) == IPC_OK;
	ipc_free(&out);
	return (sent ? 0 : say("the portal that runs does not listen"));
}

static int
check_image(struct image *im)
{
	struct conf	c;
	int		status;

	conf_init(&c);
	if ((status = reread_settings(im, &c)) == 0)
		status = rehearse(im, &c);
	if (status == 0 && im->check_fd != -1)
		status = hand_over(im, &c);
	if (status == 0)
		puts("configuration is good");
	conf_free(&c);
	return (status);
}

/*
 * A daemon of version 2 was told that all is good, and has become this program
 * to read it once more. Its own settings are not for us to read: should ours be
 * bad now, all that is left is to say so.
 */
static int
reload_image(struct image *im)
{
	struct conf	c;

	log_init("daemon", LOG_LEVEL_INFO);
	conf_init(&c);
	if (reread_settings(im, &c) != 0 || fill_image(im, &c) == -1) {
		log_error("reload: the settings were good just now and are "
		    "not any more: start the portal again; its sessions live");
		return (1);
	}
	image_exec(im, IMAGE_RELOADED, c.s.program);
	log_error("cannot execute %s: %s", c.s.program, strerror(errno));
	return (1);
}

int
server_image(struct image *im)
{
	harden_dumps();
	switch (im->reason) {
	case IMAGE_CHECK:
		return (check_image(im));
	case IMAGE_RELOAD:
		return (reload_image(im));
	default:
		return (daemon_main(im));
	}
}
