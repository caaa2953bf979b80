/* SPDX-License-Identifier: ISC */
/*
 * host test -- go to hosts and log in, step by step
 */
#include <stdlib.h>

#include "db/db.h"
#include "lib/errand.h"
#include "lib/xmalloc.h"
#include "shell/cmd.h"
#include "shell/cmd_entries.h"
#include "shell/errand.h"

#define SECONDS_MAX	(ERRAND_MS_MAX / 1000)

static const struct field	test_fields[] = {
	{ "ID", "ID", FIELD_INT },
	{ "Host", "Host", FIELD_TEXT },
	{ "Step", "Step", FIELD_TEXT },
	{ "Result", "Result", FIELD_TEXT },
	{ "ms", "Milliseconds", FIELD_INT },
	{ "Detail", "Detail", FIELD_TEXT },
	{ NULL, NULL, FIELD_INT }
};

static const struct cmd_opt	test_opts[] = {
	{ .name = "timeout", .letter = 't', .kind = VALUE_NUMBER,
	    .arg = "SECONDS", .brief = "time for each host, 1 to 30",
	    .fallback = "30" },
	{ .name = "json", .kind = VALUE_FLAG, .brief = "as a JSON array" },
	{ .name = NULL }
};

static void
put_step(struct result *r, const struct ref *host, const char *step,
    const char *result, int64_t ms, const char *text)
{
	result_row(r);
	result_number(r, host->id);
	result_text(r, host->name);
	result_text(r, step);
	result_text(r, result);
	result_number(r, ms);
	result_text(r, text);
}

static void
put_job(struct result *r, const struct ref *host, const struct errand_job *j)
{
	const struct errand_step	*s;
	size_t				 i;

	for (i = 0; i < j->n; i++) {
		s = &j->news[i].step;
		put_step(r, host, errand_stage_name(s->stage),
		    errand_result_name(s->result), s->ms, j->news[i].text);
	}
	if (j->error != NULL)
		put_step(r, host, "test", errand_result_name(ERRAND_FAILED), 0,
		    j->error);
}

static int
host_test_exec(struct cmd_call *c)
{
	size_t			 i, n = c->targets.n;
	int64_t			 seconds = opt_number(c, "timeout");
	struct errand_job	*jobs;

	if (seconds < 1 || seconds > SECONDS_MAX)
		return (cmd_fail(c, "--timeout is 1 to %d seconds",
		    SECONDS_MAX));
	jobs = xcalloc(n, sizeof(*jobs));
	for (i = 0; i < n; i++) {
		jobs[i].e.kind = ERRAND_TEST;
		jobs[i].e.host = c->targets.v[i].id;
		jobs[i].e.ms = (uint32_t)seconds * 1000;
	}
	errands_run(c->sh, jobs, n);
	for (i = 0; i < n; i++) {
		put_job(&c->result, &c->targets.v[i], &jobs[i]);
		c->failed |= jobs[i].failed;
	}
	errands_free(jobs, n);
	free(jobs);
	return (DB_OK);
}

const struct cmd_entry cmd_host_test = {
	.noun = "host", .verb = "test",
	.brief = "go to hosts and log in, step by step",
	.opts = test_opts,
	.operands = { "HOST", VALUE_HOST, 1, CMD_MANY },
	.role = NEED_ADMIN,
	.fields = test_fields, .things = "steps",
	.exec = host_test_exec,
};
