/* SPDX-License-Identifier: ISC */
/*
 * The re-exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/image.h"
#include "lib/harden.h"
#include "lib/memfd.h"
#include "lib/xmalloc.h"

/*
 * A new field goes to the end of its part, is always written, and is read from
 * the version on that brought it.
 */
#define IMAGE_VERSION	4
#define IMAGE_OLDEST	2	/* that can be read */

#define ARGS_MAX	1024
#define ARG_MAX_BYTES	(128 * 1024)
#define VARIABLE	"SSHPORTAL_IMAGE"
#define PREFIX		"SSHPORTAL_"
#define TITLE_ROOM	200	/* bytes that the process title may take */

/* What else of the environment the next image gets. */
static const char *const passed[] = {
	"TZ", "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY",
#if RELAXED
	"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
#endif
};
#define NPASSED	(sizeof(passed) / sizeof(passed[0]))

void
image_init(struct image *im)
{
	memset(im, 0, sizeof(*im));
	im->settings = im->secrets = im->origin = im->keeper_fd =
	    im->owner_fd = im->check_fd = -1;
}

void
image_free(struct image *im)
{
	free(im->slots);
	free(im->penalties);
	im->slots = NULL;
	im->penalties = NULL;
	im->nslots = im->npenalties = 0;
}

static void
put_fd(struct msg *m, int fd)
{
	msg_put_u32(m, fd + 1);
}

static int
get_fd(struct msg *m)
{
	uint32_t	v = msg_get_u32(m);

	if (v > INT32_MAX) {
		msg_bad(m);
		return (-1);
	}
	return ((int)v - 1);
}

static void
put_slot(struct msg *m, const struct image_slot *s)
{
	msg_put_u8(m, s->state);
	msg_put_u32(m, s->pid);
	msg_put_u32(m, s->child);
	put_fd(m, s->fd);
	msg_put_u64(m, s->since);
	msg_put_str(m, s->source);
	msg_put_str(m, s->local);
	msg_put_u8(m, s->adopted);
}

static void
get_slot(struct msg *m, struct image_slot *s, uint32_t version)
{
	s->state = msg_get_u8(m);
	s->pid = msg_get_u32(m);
	s->child = msg_get_u32(m);
	s->fd = get_fd(m);
	s->since = msg_get_u64(m);
	snprintf(s->source, sizeof(s->source), "%s",
	    msg_get_str(m, ADDR_MAX));
	snprintf(s->local, sizeof(s->local), "%s", msg_get_str(m, ADDR_MAX));
	if (version >= 3)
		s->adopted = msg_get_u8(m);
}

static void
put_penalty(struct msg *m, const struct image_penalty *p)
{
	msg_put_u8(m, p->net.family);
	msg_put_u8(m, p->net.bits);
	msg_put_raw(m, p->net.bytes, sizeof(p->net.bytes));
	msg_put_u64(m, p->until);
	msg_put_u8(m, p->cause);
	msg_put_u8(m, p->in_force);
}

static void
get_penalty(struct msg *m, struct image_penalty *p)
{
	const uint8_t	*bytes;

	p->net.family = msg_get_u8(m);
	p->net.bits = msg_get_u8(m);
	bytes = msg_get_raw(m, sizeof(p->net.bytes));
	if (bytes != NULL)
		memcpy(p->net.bytes, bytes, sizeof(p->net.bytes));
	p->until = msg_get_u64(m);
	p->cause = msg_get_u8(m);
	p->in_force = msg_get_u8(m);
}

void
image_encode(struct msg *m, const struct image *im)
{
	size_t	i;

	msg_put_u32(m, IMAGE_VERSION);
	msg_put_u8(m, im->reason);
	put_fd(m, im->settings);
	put_fd(m, im->secrets);
	put_fd(m, im->origin);
	msg_put_u64(m, im->crash_ms);
	msg_put_u32(m, im->keeper);
	put_fd(m, im->keeper_fd);
	put_fd(m, im->owner_fd);
	msg_put_u32(m, im->nlisteners);
	for (i = 0; i < im->nlisteners; i++) {
		put_fd(m, im->listeners[i].fd);
		msg_put_str(m, im->listeners[i].bind);
	}
	msg_put_u32(m, im->nslots);
	for (i = 0; i < im->nslots; i++)
		put_slot(m, &im->slots[i]);
	put_fd(m, im->check_fd);
	msg_put_u32(m, im->npenalties);
	for (i = 0; i < im->npenalties; i++)
		put_penalty(m, &im->penalties[i]);
}

static void
get_listeners(struct msg *m, struct image *im)
{
	size_t	i, n = msg_get_u32(m);

	if (n > IMAGE_LISTENERS_MAX) {
		msg_bad(m);
		return;
	}
	for (i = 0; i < n; i++) {
		im->listeners[i].fd = get_fd(m);
		snprintf(im->listeners[i].bind,
		    sizeof(im->listeners[i].bind), "%s",
		    msg_get_str(m, IMAGE_BIND_MAX));
	}
	im->nlisteners = n;
}

static void
get_slots(struct msg *m, struct image *im, uint32_t version)
{
	size_t	i, n = msg_get_u32(m);

	if (n > IMAGE_SLOTS_MAX || n > m->len) {
		msg_bad(m);
		return;
	}
	im->slots = xcalloc(n + 1, sizeof(*im->slots));
	for (i = 0; i < n; i++)
		get_slot(m, &im->slots[i], version);
	im->nslots = n;
}

static void
get_penalties(struct msg *m, struct image *im)
{
	size_t	i, n = msg_get_u32(m);

	if (n > IMAGE_PENALTIES_MAX || n > m->len) {
		msg_bad(m);
		return;
	}
	im->penalties = xcalloc(n + 1, sizeof(*im->penalties));
	for (i = 0; i < n; i++)
		get_penalty(m, &im->penalties[i]);
	im->npenalties = n;
}

int
image_decode(struct msg *m, struct image *im)
{
	uint32_t	version = msg_get_u32(m);

	image_init(im);
	if (version < IMAGE_OLDEST || version > IMAGE_VERSION) {
		errno = EPROTONOSUPPORT;
		return (-1);
	}
	im->reason = msg_get_u8(m);
	im->settings = get_fd(m);
	im->secrets = get_fd(m);
	im->origin = get_fd(m);
	im->crash_ms = msg_get_u64(m);
	im->keeper = msg_get_u32(m);
	im->keeper_fd = get_fd(m);
	im->owner_fd = get_fd(m);
	get_listeners(m, im);
	get_slots(m, im, version);
	if (version >= 3)
		im->check_fd = get_fd(m);
	if (version >= 4)
		get_penalties(m, im);
	if (msg_end(m) && im->reason < IMAGE_REASON_END_OF_LIST)
		return (0);
	image_free(im);
	image_init(im);
	errno = EPROTO;
	return (-1);
}

static int
set_cloexec(int fd, int on)
{
	return (fd == -1 ? 0 : fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0));
}

/* Whether the next program gets the image's descriptors. */
static int
close_image(const struct image *im, int on)
{
	size_t	i;
	int	r;

	r = set_cloexec(im->settings, on) | set_cloexec(im->secrets, on) |
	    set_cloexec(im->origin, on) | set_cloexec(im->keeper_fd, on) |
	    set_cloexec(im->owner_fd, on) | set_cloexec(im->check_fd, on);
	for (i = 0; i < im->nlisteners; i++)
		r |= set_cloexec(im->listeners[i].fd, on);
	for (i = 0; i < im->nslots; i++)
		r |= set_cloexec(im->slots[i].fd, on);
	return (r);
}

int
image_take(struct image *im)
{
	const char	*value = getenv(VARIABLE);
	struct msg	 m;
	long		 fd;
	char		*end;
	int		 r, saved;

	if (value == NULL)
		return (0);
	fd = strtol(value, &end, 10);
	if (*value == '\0' || *end != '\0' || fd < 3 || fd > INT32_MAX) {
		errno = EINVAL;
		return (-1);
	}
	unsetenv(VARIABLE);
	if (memfd_read(fd, &m) == -1)
		return (-1);
	close(fd);
	r = image_decode(&m, im);
	saved = errno;
	msg_free(&m);
	if (r == 0)
		return (close_image(im, 1) == 0 ? 1 : -1);
	errno = saved;
	return (-1);
}

/* Environment of the next image; nothing of it is a secret. */
static char **
make_environment(int fd)
{
	char	**env = xcalloc(NPASSED + 3, sizeof(*env));
	size_t	  i, n = 0;

	env[n++] = xasprintf(VARIABLE "=%d", fd);
	for (i = 0; i < NPASSED; i++) {
		if (getenv(passed[i]) != NULL)
			env[n++] = xasprintf("%s=%s", passed[i],
			    getenv(passed[i]));
	}
	env[n++] = xasprintf("SSHPORTAL_TITLE=%*s", TITLE_ROOM, "");
	return (env);
}

static void
free_strings(char **v)
{
	size_t	i;

	for (i = 0; v != NULL && v[i] != NULL; i++)
		free(v[i]);
	free(v);
}

/* The image as a memfd that survives an exec. */
static int
image_write(const struct image *im, enum image_reason how)
{
	struct image	 copy = *im;
	struct msg	 m;
	int		 fd;

	copy.reason = how;
	msg_init(&m);
	image_encode(&m, &copy);
	fd = memfd_write("image", &m);
	msg_free(&m);
	return (fd);
}

void
image_exec(const struct image *im, enum image_reason how, const char *program)
{
	char	 name[] = "sshportal", verb[] = "server", check[] = "--check";
	char	*argv[] = { name, verb, how == IMAGE_CHECK ? check : NULL,
		    NULL };
	char	**env;
	int	 fd, saved;

	if ((fd = image_write(im, how)) == -1)
		return;
	env = make_environment(fd);
	if (set_cloexec(fd, 0) == 0 && close_image(im, 0) == 0)
		execve(program, argv, env);
	saved = errno;
	close_image(im, 1);
	close(fd);
	free_strings(env);
	errno = saved;
}

static void
put_strings(struct msg *m, char *const *v, size_t n)
{
	size_t	i;

	msg_put_u32(m, n);
	for (i = 0; i < n; i++)
		msg_put_str(m, v[i]);
}

static char **
get_strings(struct msg *m, int *count)
{
	char	**v;
	size_t	  i, n = msg_get_u32(m);

	*count = 0;
	if (n > ARGS_MAX) {
		msg_bad(m);
		n = 0;
	}
	v = xcalloc(n + 1, sizeof(*v));
	for (i = 0; i < n; i++)
		v[i] = xstrdup(msg_get_str(m, ARG_MAX_BYTES));
	*count = n;
	return (v);
}

/* Our variables of the environment, borrowed; caller frees the array. */
static char **
our_variables(size_t *count)
{
	char	**v;
	size_t	  i, n = 0;

	for (i = 0; environ[i] != NULL; i++)
		;
	v = xcalloc(i + 1, sizeof(*v));
	for (i = 0; environ[i] != NULL; i++) {
		if (strncmp(environ[i], PREFIX, strlen(PREFIX)) == 0 &&
		    strchr(environ[i], '=') != NULL)
			v[n++] = environ[i];
	}
	*count = n;
	return (v);
}

int
image_origin_save(const char *program, int argc, char **argv)
{
	struct msg	  m;
	char		**env;
	size_t		  n;
	int		  fd;

	msg_init(&m);
	msg_put_str(&m, program);
	put_strings(&m, argv, argc);
	env = our_variables(&n);
	put_strings(&m, env, n);
	free(env);
	fd = memfd_write("origin", &m);
	msg_free(&m);
	return (fd);
}

/* NAME=value, as putenv(3) but with a copy. */
static void
set_variable(char *text)
{
	char	*equals = strchr(text, '=');

	if (equals == NULL)
		return;
	*equals = '\0';
	setenv(text, equals + 1, 1);
}

int
image_origin_load(int fd, char **program, int *argc, char ***argv)
{
	struct msg	  m;
	char		**env;
	int		  i, n, ok;

	if (memfd_read(fd, &m) == -1)
		return (-1);
	*program = xstrdup(msg_get_str(&m, ARG_MAX_BYTES));
	*argv = get_strings(&m, argc);
	env = get_strings(&m, &n);
	ok = msg_end(&m);
	for (i = 0; ok && i < n; i++)
		set_variable(env[i]);
	free_strings(env);
	msg_free(&m);
	if (ok)
		return (0);
	free(*program);
	free_strings(*argv);
	errno = EPROTO;
	return (-1);
}
