/* SPDX-License-Identifier: ISC */
/*
 * The daemon's life. Its phases:
 *
 *	STARTING	bound, setup runs
 *	SERVING		listening, keeper and spares are there
 *	DRAINING	SIGTERM: no new connections, sessions live on
 *	ENDING		SIGINT: sessions are being ended
 *	FINISHING	no session is left, the keeper writes the rest
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "child/evp.h"
#include "child/warm.h"
#include "daemon/birth.h"
#include "daemon/daemon.h"
#include "daemon/listener.h"
#include "daemon/loop.h"
#include "daemon/notify.h"
#include "daemon/owner.h"
#include "daemon/places.h"
#include "daemon/pool.h"
#include "daemon/reload.h"
#include "daemon/single.h"
#include "daemon/sources.h"
#include "db/db.h"
#include "lib/clock.h"
#include "lib/harden.h"
#include "lib/log.h"
#include "lib/proctitle.h"
#include "lib/settings.h"
#include "lib/xmalloc.h"

#define CRASH_EVERY_MS	5000	/* a new layout at most so often */
#define SETUP_AGAIN_MS	10000
#define FINISH_MS	15000	/* the keeper's time to write the rest */
#define ERR_MAX		512

enum phase { STARTING, SERVING, DRAINING, ENDING, FINISHING };

static const char *const phase_titles[] = {
	[STARTING] = "daemon: starting",
	[SERVING] = "daemon",
	[DRAINING] = "daemon: draining",
	[ENDING] = "daemon: ending",
	[FINISHING] = "daemon: finishing",
};

static struct {
	struct settings	 settings;
	struct image	*image;
	struct watch	 signals;
	int		 signal_fd;
	enum phase	 phase;
	int		 status;	/* to exit with */
	int		 ready;		/* has been said */
	int		 setup_good;	/* it has succeeded */
	int64_t		 setup_due;	/* 0: no further try */
	int64_t		 crash_due;	/* 0: none to answer */
	int		 hangup;	/* one more SIGHUP while it is asked */
	int64_t		 finish_due;
} d = { .signal_fd = -1 };

static void
enter(enum phase phase)
{
	d.phase = phase;
	proctitle_set("%s", phase_titles[phase]);
}

/* The first spare is there. */
static void
on_spare(void)
{
	if (d.ready || d.phase != SERVING)
		return;
	d.ready = 1;
	log_info("ready");
	notify_ready();
}

/*
 * What a daemon that died left behind counts like our own. Who was about to log
 * in then is found only when all is to end.
 */
static void
adopt_sessions(void)
{
	unsigned	n = pool_adopt();

	if (n > 0)
		log_info("%u %s of the daemon before %s on", n, n == 1 ?
		    "session" : "sessions", n == 1 ? "lives" : "live");
}

static int
serve(void)
{
	char	err[ERR_MAX];

	if (owner_take(d.settings.run_dir, d.image, err, sizeof(err)) == -1) {
		log_error("%s", err);
		return (-1);
	}
	if (listener_start(pool_serve, pool_load, err, sizeof(err)) == -1) {
		log_error("%s", err);
		return (-1);
	}
	single_keeper();
	enter(SERVING);
	if (d.image->reason == IMAGE_START)
		adopt_sessions();
	pool_fill();
	return (0);
}

/* All that the next image needs. Returns 0, or -1 with errno. */
static int
make_image(void)
{
	void	*probe;

	listener_export(d.image);
	single_export(d.image);
	d.image->slots = calloc(pool_size(), sizeof(*d.image->slots));
	if (d.image->slots == NULL)
		return (-1);
	pool_export(d.image);
	sources_export(d.image, clock_mono_ms());
	/* what follows allocates without a way back: see that it can */
	probe = malloc(d.image->nslots * sizeof(*d.image->slots) * 4 +
	    d.image->npenalties * sizeof(*d.image->penalties) * 4 + 65536);
	free(probe);
	return (probe == NULL ? -1 : 0);
}

/* Becomes the next image of itself; returns only if that was impossible. */
static void
re_execute(enum image_reason how)
{
	if (make_image() == 0)
		image_exec(d.image, how, d.settings.program);
	log_error("cannot execute %s: %s; going on", d.settings.program,
	    strerror(errno));
	image_free(d.image);
}

static void
begin_reload(void)
{
	int	r = -1;

	if (reload_is_asking()) {
		d.hangup = 1;
		return;
	}
	d.hangup = 0;
	notify_reloading();
	if (make_image() == 0)
		r = reload_check(d.image, d.settings.program);
	else
		log_error("reload: %s", strerror(errno));
	image_free(d.image);
	if (r == -1 && d.ready)
		notify_ready();
}

/* Goes on with what the check has handed over; returns if that failed. */
static void
take_over(const struct reload_findings *f)
{
	int	settings = d.image->settings, secrets = d.image->secrets;

	log_info("reloading");
	d.image->settings = f->settings;
	d.image->secrets = f->secrets;
	re_execute(IMAGE_RELOADED);
	d.image->settings = settings;
	d.image->secrets = secrets;
}

/*
 * The check has ended. Who has sent a SIGHUP since it began may have changed
 * what it had read already: it is asked again, once for all of them.
 */
static void
end_reload(enum reload_news news, const struct reload_findings *f)
{
	int	again = d.hangup || news == RELOAD_STALE;

	if (news == RELOAD_GOOD && !again && d.phase == SERVING)
		take_over(f);
	if (news == RELOAD_GOOD) {
		close(f->settings);
		close(f->secrets);
	}
	if (d.phase != SERVING)
		return;
	if (again)
		begin_reload();
	else if (d.ready)
		notify_ready();
}

/*
 * Somebody may know our memory layout by now. A program that was replaced on
 * disk may not understand this image's settings: that is a reload.
 */
static void
answer_crash(int64_t now)
{
	d.crash_due = 0;
	if (d.phase != SERVING)
		return;
	if (places_program_changed(d.settings.program)) {
		begin_reload();
		return;
	}
	log_info("executing anew for another memory layout");
	d.image->crash_ms = now;
	re_execute(d.setup_good ? IMAGE_CRASH : IMAGE_RELOADED);
}

static void
note_crash(void)
{
	int64_t	now = clock_mono_ms();

	if (d.crash_due != 0 || d.phase != SERVING)
		return;
	d.crash_due = now;
	if (d.image->crash_ms != 0 &&
	    d.image->crash_ms + CRASH_EVERY_MS > now)
		d.crash_due = d.image->crash_ms + CRASH_EVERY_MS;
}

static void
setup_ended(int ok)
{
	d.setup_good |= ok;
	if (d.phase == STARTING) {
		if (!ok || serve() == -1) {
			d.status = 1;
			enter(FINISHING);
		}
		return;
	}
	if (d.phase != SERVING)
		return;
	pool_hold(0);
	if (!ok) {
		log_error("setup failed: trying again in %d s",
		    SETUP_AGAIN_MS / 1000);
		d.setup_due = clock_mono_ms() + SETUP_AGAIN_MS;
	}
}

static void
on_reaped(pid_t pid, int status)
{
	enum single_news	s;
	enum reload_news	r;
	struct reload_findings	f;
	enum pool_news		p;

	if ((p = pool_reaped(pid, status)) != POOL_NOT_OURS) {
		if (p == POOL_CRASHED)
			note_crash();
	} else if ((s = single_reaped(pid, status)) != SINGLE_NOT_OURS) {
		if (s != SINGLE_KEEPER_ENDED)
			setup_ended(s == SINGLE_SETUP_DONE);
	} else if ((r = reload_reaped(pid, status, &f)) != RELOAD_NOT_OURS)
		end_reload(r, &f);
	/* else an orphan: child or shell of a monitor that has ended */
}

static void
reap(void)
{
	pid_t	pid;
	int	status;

	while ((pid = birth_reap(&status)) > 0)
		on_reaped(pid, status);
}

static void
stop_accepting(void)
{
	if (d.phase < DRAINING)
		notify_stopping();
	if (d.phase == SERVING)
		adopt_sessions();	/* the lock is ours, and so are they */
	single_leave();
	owner_leave(d.image);
	listener_stop();
}

static void
on_terminate(void)
{
	if (d.phase >= DRAINING)
		return;
	log_info("Received signal 15; terminating.");
	if (d.phase == STARTING)
		d.status = 1;
	stop_accepting();
	pool_drain();
	enter(DRAINING);
}

static void
on_interrupt(void)
{
	int	again = d.phase >= ENDING;

	log_info("Received signal 2; ending all sessions.");
	if (d.phase == STARTING)
		d.status = 1;
	stop_accepting();
	pool_end(again);
	if (!again)
		enter(ENDING);
}

static void
on_hangup(void)
{
	if (d.phase == SERVING)
		begin_reload();
	else
		log_info("Received signal 1; not now.");
}

static void
on_signals(void *arg)
{
	struct signalfd_siginfo	si;

	(void)arg;
	while (read(d.signal_fd, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGTERM:
			on_terminate();
			break;
		case SIGINT:
			on_interrupt();
			break;
		case SIGHUP:
			on_hangup();
			break;
		}
	}
}

/* What is due; returns when the next thing is. */
static int64_t
tick(int64_t now)
{
	int64_t	when = LOOP_NEVER;

	if (d.crash_due != 0 && d.crash_due <= now && !reload_is_asking())
		answer_crash(now);
	if (d.setup_due != 0 && d.setup_due <= now) {
		d.setup_due = 0;
		if (d.phase == SERVING && single_setup(1) == -1)
			d.setup_due = now + SETUP_AGAIN_MS;
	}
	if (d.crash_due > now)
		when = d.crash_due;
	if (d.setup_due != 0)
		when = loop_earlier(when, d.setup_due);
	when = loop_earlier(when, listener_tick(now));
	when = loop_earlier(when, pool_tick(now));
	when = loop_earlier(when, single_tick(now));
	return (loop_earlier(when, reload_tick(now)));
}

/* Whether all is over; moves on to FINISHING when no session is left. */
static int
is_over(int64_t now)
{
	if (d.phase < DRAINING || !pool_is_empty())
		return (0);
	if (d.finish_due == 0) {
		enter(FINISHING);
		single_finish();
		d.finish_due = now + FINISH_MS;
	}
	if (d.finish_due <= now)
		single_kill();
	return (single_is_gone() || d.finish_due <= now);
}

static void
run(void)
{
	int64_t	now, when;

	for (;;) {
		now = clock_mono_ms();
		when = tick(now);
		if (is_over(now))
			return;
		if (d.finish_due != 0)
			when = loop_earlier(when, d.finish_due);
		loop_run(when);
	}
}

static void
raise_limits(void)
{
	struct rlimit	rl;
	rlim_t		want = d.settings.max_connections +
			    d.settings.spares + 256;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
		if (rl.rlim_max < want)
			log_info("only %llu file descriptors allowed: that "
			    "is less than max-connections needs",
			    (unsigned long long)rl.rlim_max);
	}
	rl.rlim_cur = rl.rlim_max = 0;
	setrlimit(RLIMIT_CORE, &rl);
}

/* Signals come by descriptor; whatever was ignored before is not. */
static int
catch_signals(void)
{
	static const int	signals[] = { SIGCHLD, SIGTERM, SIGINT,
				    SIGHUP };
	struct sigaction	sa;
	sigset_t		set;
	size_t			i;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&set);
	sa.sa_handler = SIG_DFL;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	if (sigprocmask(SIG_SETMASK, &set, NULL) == -1)
		return (-1);
	d.signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	d.signals.ready = on_signals;
	return (d.signal_fd == -1 ? -1 : loop_add(d.signal_fd, &d.signals));
}

static void
no_standard_input(void)
{
	int	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd > STDERR_FILENO) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
}

/* What an operator should know about the walls that are not there. */
static void
warn_about_walls(void)
{
	if (d.settings.child_uid == -1)
		log_info("not started by root: monitors and children run "
		    "under one uid, all other walls stand");
	else if (d.settings.keep_dac_override)
		log_info("the directory of the state belongs to root: monitors "
		    "stay root, with no capability but CAP_DAC_OVERRIDE");
}

/* Returns 0, or -1 with a sentence in the log. */
static int
prepare(void)
{
	char	err[ERR_MAX];

	harden_dumps();
	raise_limits();
	no_standard_input();
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1 || loop_init() == -1 ||
	    catch_signals() == -1) {
		log_error("start: %s", strerror(errno));
		return (-1);
	}
	child_warm_up();
	db_warm_up(d.settings.db_driver);
	if (evp_self_test() == -1) {
		log_error("the SSH library cannot be kept from the host key "
		    "on this system: not serving");
		return (-1);
	}
	if (listener_bind(&d.settings, d.image, err, sizeof(err)) == -1) {
		log_error("%s", err);
		return (-1);
	}
	single_init(&d.settings, d.image->secrets, d.image);
	if (sources_init(&d.settings, d.image, clock_mono_ms()) == -1 ||
	    pool_init(&d.settings, d.image->secrets, d.image, on_spare) == -1) {
		log_error("no memory for %u connections",
		    d.settings.max_connections);
		return (-1);
	}
	image_free(d.image);
	xmalloc_settle();
	return (0);
}

/*
 * A first start waits for setup. An image that took over serves at once: people
 * are connected, and setup, if it is due at all, may find the store away.
 */
static int
begin(void)
{
	int	first = d.image->reason == IMAGE_START;

	if (d.image->reason == IMAGE_CRASH) {
		d.setup_good = 1;
		return (serve());
	}
	if (single_setup(!first) == -1) {
		log_error("setup: %s", strerror(errno));
		if (first)
			return (-1);
		d.setup_due = clock_mono_ms() + SETUP_AGAIN_MS;
	}
	if (first) {
		warn_about_walls();
		return (0);
	}
	pool_hold(1);
	return (serve());
}

int
daemon_main(struct image *im)
{
	d.image = im;
	if (settings_from_memfd(im->settings, &d.settings) == -1)
		fatal("settings cannot be read");
	log_init("daemon", d.settings.log_level);
	log_as_json(d.settings.log_json);
	if (d.settings.syslog)
		log_to_syslog(1);
	else if (!d.settings.log_json)
		log_to_journal();
	if (im->reason != IMAGE_CRASH)
		log_info("sshportal " PACKAGE_VERSION " %s", im->reason ==
		    IMAGE_START ? "starts" : "has taken over");
	enter(STARTING);
	if (prepare() == -1 || begin() == -1)
		return (1);
	reap();
	run();
	return (d.status);
}
