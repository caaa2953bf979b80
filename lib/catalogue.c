/* SPDX-License-Identifier: ISC */
/*
 * The writing and reading of every message that crosses a wall.
 */
#include <string.h>

#include "lib/catalogue.h"

static int
done(const struct msg *m)
{
	return (msg_end(m) ? 0 : -1);
}

void
put_tell_start(struct msg *m, const struct tell_start *t)
{
	uint32_t	i;

	msg_put_u32(m, t->nkeys);
	for (i = 0; i < t->nkeys; i++)
		msg_put_blob(m, t->keys[i].blob, t->keys[i].len);
}

int
get_tell_start(struct msg *m, struct tell_start *t)
{
	uint32_t	i;

	if ((t->nkeys = msg_get_u32(m)) > HOSTKEYS_MAX)
		return (-1);
	for (i = 0; i < t->nkeys; i++)
		t->keys[i].blob = msg_get_blob(m, KEY_MAX, &t->keys[i].len);
	return (done(m));
}

void
put_ask_sign(struct msg *m, const struct ask_sign *a)
{
	msg_put_blob(m, a->transcript, a->len);
	msg_put_u8(m, a->hash_len);
	msg_put_u8(m, a->sig_hash_len);
}

static int
is_hash_len(uint8_t len)
{
	return (len == 32 || len == 48 || len == 64);
}

int
get_ask_sign(struct msg *m, struct ask_sign *a)
{
	a->transcript = msg_get_blob(m, TRANSCRIPT_MAX, &a->len);
	a->hash_len = msg_get_u8(m);
	a->sig_hash_len = msg_get_u8(m);
	if (!is_hash_len(a->hash_len) ||
	    (a->sig_hash_len != 0 && !is_hash_len(a->sig_hash_len)))
		msg_bad(m);
	return (done(m));
}

void
put_answer_sign(struct msg *m, const struct answer_sign *a)
{
	msg_put_blob(m, a->sig, a->len);
}

int
get_answer_sign(struct msg *m, struct answer_sign *a)
{
	a->sig = msg_get_blob(m, SIG_MAX, &a->len);
	return (done(m));
}

void
put_ask_auth(struct msg *m, const struct ask_auth *a)
{
	msg_put_str(m, a->login);
	msg_put_str(m, a->alg);
	msg_put_blob(m, a->key, a->key_len);
	msg_put_blob(m, a->sig, a->sig_len);
	msg_put_u8(m, a->sk_flags);
	msg_put_u32(m, a->sk_counter);
}

int
get_ask_auth(struct msg *m, struct ask_auth *a)
{
	a->login = msg_get_str(m, LOGIN_MAX);
	a->alg = msg_get_str(m, ALG_MAX);
	a->key = msg_get_blob(m, KEY_MAX, &a->key_len);
	a->sig = msg_get_blob(m, SIG_MAX, &a->sig_len);
	a->sk_flags = msg_get_u8(m);
	a->sk_counter = msg_get_u32(m);
	return (done(m));
}

void
put_answer_auth(struct msg *m, const struct answer_auth *a)
{
	msg_put_u8(m, a->dest);
	msg_put_str(m, a->text);
}

int
get_answer_auth(struct msg *m, struct answer_auth *a)
{
	if ((a->dest = msg_get_u8(m)) >= DEST_END_OF_LIST)
		msg_bad(m);
	a->text = msg_get_str(m, SENTENCE_MAX);
	return (done(m));
}

static void
add_verdict(struct msg *m, const struct verdict *v)
{
	msg_put_u8(m, v->ok);
	msg_put_str(m, v->sentence);
}

static void
take_verdict(struct msg *m, struct verdict *v)
{
	if ((v->ok = msg_get_u8(m)) > 1)
		msg_bad(m);
	v->sentence = msg_get_str(m, SENTENCE_MAX);
}

void
put_verdict(struct msg *m, const struct verdict *v)
{
	add_verdict(m, v);
}

int
get_verdict(struct msg *m, struct verdict *v)
{
	take_verdict(m, v);
	return (done(m));
}

static void
add_hop(struct msg *m, const struct target_hop *h)
{
	msg_put_str(m, h->host);
	msg_put_str(m, h->addr);
	msg_put_u32(m, h->port);
	msg_put_str(m, h->account);
	msg_put_u8(m, h->has_password);
	msg_put_u8(m, h->legacy);
	msg_put_blob(m, h->key, h->key_len);
	msg_put_str(m, h->hostkey_type);
}

static void
take_hop(struct msg *m, struct target_hop *h)
{
	uint32_t	port;

	h->host = msg_get_str(m, NAME_MAX_BYTES);
	h->addr = msg_get_str(m, NAME_MAX_BYTES);
	if ((port = msg_get_u32(m)) > UINT16_MAX)
		msg_bad(m);
	h->port = (uint16_t)port;
	h->account = msg_get_str(m, HOST_LOGIN_MAX);
	h->has_password = msg_get_u8(m);
	h->legacy = msg_get_u8(m);
	h->key = msg_get_blob(m, KEY_MAX, &h->key_len);
	h->hostkey_type = msg_get_str(m, ALG_MAX);
}

static void
add_target(struct msg *m, const struct answer_target *a)
{
	size_t	i;

	add_verdict(m, &a->verdict);
	msg_put_u8(m, a->scheme);
	msg_put_u8(m, a->nhops);
	for (i = 0; i < a->nhops; i++)
		add_hop(m, &a->hops[i]);
}

/* A yes has a host, a no has none. */
static void
take_target(struct msg *m, struct answer_target *a)
{
	size_t	i;

	take_verdict(m, &a->verdict);
	if ((a->scheme = msg_get_u8(m)) > SCHEME_TELNET)
		msg_bad(m);
	a->nhops = msg_get_u8(m);
	if (a->nhops > HOPS_MAX || (a->nhops > 0) != a->verdict.ok) {
		a->nhops = 0;
		msg_bad(m);
	}
	for (i = 0; i < a->nhops; i++)
		take_hop(m, &a->hops[i]);
}

void
put_answer_target(struct msg *m, const struct answer_target *a)
{
	add_target(m, a);
}

int
get_answer_target(struct msg *m, struct answer_target *a)
{
	take_target(m, a);
	return (done(m));
}

void
put_tell_errand(struct msg *m, const struct tell_errand *t)
{
	add_target(m, &t->target);
	msg_put_str(m, t->input);
}

int
get_tell_errand(struct msg *m, struct tell_errand *t)
{
	take_target(m, &t->target);
	t->input = msg_get_str(m, COMMAND_MAX);
	return (done(m));
}

void
put_ask_hostkey(struct msg *m, const struct ask_hostkey *a)
{
	msg_put_u8(m, a->hop);
	msg_put_blob(m, a->transcript, a->len);
}

int
get_ask_hostkey(struct msg *m, struct ask_hostkey *a)
{
	a->hop = msg_get_u8(m);
	a->transcript = msg_get_blob(m, TRANSCRIPT_MAX, &a->len);
	return (done(m));
}

void
put_ask_up_sign(struct msg *m, const struct ask_up_sign *a)
{
	msg_put_u8(m, a->hop);
	msg_put_blob(m, a->data, a->len);
}

int
get_ask_up_sign(struct msg *m, struct ask_up_sign *a)
{
	a->hop = msg_get_u8(m);
	a->data = msg_get_blob(m, SIGN_DATA_MAX, &a->len);
	return (done(m));
}

void
put_ask_up_password(struct msg *m, const struct ask_up_password *a)
{
	msg_put_u8(m, a->hop);
}

int
get_ask_up_password(struct msg *m, struct ask_up_password *a)
{
	a->hop = msg_get_u8(m);
	return (done(m));
}

void
put_answer_password(struct msg *m, const struct answer_password *a)
{
	msg_put_str(m, a->password);
}

int
get_answer_password(struct msg *m, struct answer_password *a)
{
	a->password = msg_get_str(m, PASSWORD_MAX);
	return (done(m));
}

void
put_ask_channel_open(struct msg *m, const struct ask_channel_open *a)
{
	msg_put_u32(m, a->channel);
	msg_put_str(m, a->type);
	msg_put_str(m, a->detail);
	msg_put_u8(m, a->pty);
	msg_put_u32(m, a->cols);
	msg_put_u32(m, a->rows);
}

int
get_ask_channel_open(struct msg *m, struct ask_channel_open *a)
{
	a->channel = msg_get_u32(m);
	a->type = msg_get_str(m, ALG_MAX);
	a->detail = msg_get_str(m, COMMAND_MAX);
	a->pty = msg_get_u8(m);
	a->cols = msg_get_u32(m);
	a->rows = msg_get_u32(m);
	return (done(m));
}

void
put_answer_channel_open(struct msg *m, const struct answer_channel_open *a)
{
	size_t	i;

	add_verdict(m, &a->verdict);
	for (i = 0; i < RECORDING_FILES; i++)
		msg_put_u8(m, a->formats[i]);
	msg_put_u8(m, a->required);
	msg_put_u64(m, a->limit);
	msg_put_u64(m, a->reserve);
	msg_put_str(m, a->unrecorded);
	msg_put_str(m, a->from);
	msg_put_str(m, a->to);
}

int
get_answer_channel_open(struct msg *m, struct answer_channel_open *a)
{
	size_t	i;

	take_verdict(m, &a->verdict);
	for (i = 0; i < RECORDING_FILES; i++) {
		if ((a->formats[i] = msg_get_u8(m)) >= RECORDING_FORMATS)
			msg_bad(m);
	}
	a->required = msg_get_u8(m);
	a->limit = msg_get_u64(m);
	a->reserve = msg_get_u64(m);
	a->unrecorded = msg_get_str(m, SENTENCE_MAX);
	a->from = msg_get_str(m, PEER_MAX);
	a->to = msg_get_str(m, PEER_MAX);
	return (done(m));
}

static void
add_channel_close(struct msg *m, const struct ask_channel_close *a)
{
	msg_put_u32(m, a->channel);
	msg_put_u64(m, a->bytes_in);
	msg_put_u64(m, a->bytes_out);
	msg_put_u8(m, a->how);
	msg_put_u32(m, a->status);
	msg_put_str(m, a->signal);
}

static void
take_channel_close(struct msg *m, struct ask_channel_close *a)
{
	a->channel = msg_get_u32(m);
	a->bytes_in = msg_get_u64(m);
	a->bytes_out = msg_get_u64(m);
	if ((a->how = msg_get_u8(m)) >= CHANNEL_END_END_OF_LIST)
		msg_bad(m);
	a->status = msg_get_u32(m);
	a->signal = msg_get_str(m, ALG_MAX);
}

void
put_ask_channel_close(struct msg *m, const struct ask_channel_close *a)
{
	add_channel_close(m, a);
}

int
get_ask_channel_close(struct msg *m, struct ask_channel_close *a)
{
	take_channel_close(m, a);
	return (done(m));
}

void
put_ask_file(struct msg *m, const struct ask_file *a)
{
	msg_put_u32(m, a->channel);
	msg_put_blob(m, a->ops, a->len);
}

int
get_ask_file(struct msg *m, struct ask_file *a)
{
	a->channel = msg_get_u32(m);
	a->ops = msg_get_blob(m, FILE_OPS_MAX, &a->len);
	return (done(m));
}

void
put_file_op(struct msg *m, const struct file_op *f)
{
	msg_put_u8(m, f->action);
	msg_put_u8(m, f->up);
	msg_put_u32(m, f->has);
	msg_put_blob(m, f->path, f->path_len);
	msg_put_blob(m, f->other, f->other_len);
	msg_put_str(m, f->result);
	msg_put_str(m, f->why);
	msg_put_u64(m, f->size);
	msg_put_u64(m, f->bytes);
	msg_put_u64(m, f->confirmed);
	msg_put_u64(m, f->offset);
	msg_put_u32(m, f->mode);
	msg_put_u32(m, f->uid);
	msg_put_u32(m, f->gid);
	msg_put_u32(m, f->time);
	msg_put_raw(m, f->sum, sizeof(f->sum));
}

int
get_file_op(struct msg *m, struct file_op *f)
{
	const uint8_t	*sum;

	if ((f->action = msg_get_u8(m)) >= FILE_ACTIONS)
		msg_bad(m);
	if ((f->up = msg_get_u8(m)) > 1)
		msg_bad(m);
	if (((f->has = msg_get_u32(m)) & ~(uint32_t)FILE_HAS_ALL) != 0)
		msg_bad(m);
	f->path = msg_get_blob(m, PATH_BYTES_MAX, &f->path_len);
	f->other = msg_get_blob(m, PATH_BYTES_MAX, &f->other_len);
	f->result = msg_get_str(m, FILE_TEXT_MAX);
	f->why = msg_get_str(m, FILE_TEXT_MAX);
	f->size = msg_get_u64(m);
	f->bytes = msg_get_u64(m);
	f->confirmed = msg_get_u64(m);
	f->offset = msg_get_u64(m);
	f->mode = msg_get_u32(m);
	f->uid = msg_get_u32(m);
	f->gid = msg_get_u32(m);
	f->time = msg_get_u32(m);
	if ((sum = msg_get_raw(m, sizeof(f->sum))) != NULL)
		memcpy(f->sum, sum, sizeof(f->sum));
	return (done(m));
}

void
put_ask_jump(struct msg *m, const struct ask_jump *a)
{
	msg_put_u32(m, a->channel);
	msg_put_str(m, a->host);
	msg_put_u32(m, a->port);
}

int
get_ask_jump(struct msg *m, struct ask_jump *a)
{
	a->channel = msg_get_u32(m);
	a->host = msg_get_str(m, NAME_MAX_BYTES);
	a->port = msg_get_u32(m);
	return (done(m));
}

void
put_ask_shell(struct msg *m, const struct ask_shell *a)
{
	msg_put_u32(m, a->channel);
	msg_put_u8(m, a->pty);
	msg_put_str(m, a->term);
	msg_put_u32(m, a->cols);
	msg_put_u32(m, a->rows);
	msg_put_u8(m, a->has_command);
	msg_put_str(m, a->command);
}

int
get_ask_shell(struct msg *m, struct ask_shell *a)
{
	a->channel = msg_get_u32(m);
	a->pty = msg_get_u8(m);
	a->term = msg_get_str(m, TERM_MAX);
	a->cols = msg_get_u32(m);
	a->rows = msg_get_u32(m);
	a->has_command = msg_get_u8(m);
	a->command = msg_get_str(m, COMMAND_MAX);
	return (done(m));
}

void
put_ask_shell_resize(struct msg *m, const struct ask_shell_resize *a)
{
	msg_put_u32(m, a->channel);
	msg_put_u32(m, a->cols);
	msg_put_u32(m, a->rows);
}

int
get_ask_shell_resize(struct msg *m, struct ask_shell_resize *a)
{
	a->channel = msg_get_u32(m);
	a->cols = msg_get_u32(m);
	a->rows = msg_get_u32(m);
	return (done(m));
}

void
put_tell_shell_exit(struct msg *m, const struct tell_shell_exit *t)
{
	msg_put_u32(m, t->channel);
	msg_put_u32(m, t->status);
}

int
get_tell_shell_exit(struct msg *m, struct tell_shell_exit *t)
{
	t->channel = msg_get_u32(m);
	t->status = msg_get_u32(m);
	return (done(m));
}

void
put_ask_log(struct msg *m, const struct ask_log *a)
{
	msg_put_u8(m, a->level);
	msg_put_str(m, a->text);
}

int
get_ask_log(struct msg *m, struct ask_log *a)
{
	a->level = msg_get_u8(m);
	a->text = msg_get_str(m, LOG_TEXT_MAX);
	return (done(m));
}

void
put_ask_errand(struct msg *m, const struct ask_errand *a)
{
	msg_put_u8(m, a->stage);
	msg_put_u8(m, a->ok);
	msg_put_u32(m, a->status);
	msg_put_str(m, a->text);
}

int
get_ask_errand(struct msg *m, struct ask_errand *a)
{
	a->stage = msg_get_u8(m);
	if (a->stage != ERRAND_HOP && a->stage != ERRAND_KEX &&
	    a->stage != ERRAND_LOGIN && a->stage != ERRAND_WORK)
		msg_bad(m);
	if ((a->ok = msg_get_u8(m)) > 1)
		msg_bad(m);
	a->status = msg_get_u32(m);
	a->text = msg_get_str(m, SENTENCE_MAX);
	return (done(m));
}

void
put_errand(struct msg *m, const struct errand *e)
{
	msg_put_u8(m, e->kind);
	msg_put_u64(m, e->host);
	msg_put_u64(m, e->key);
	msg_put_u64(m, e->other);
	msg_put_u32(m, e->ms);
	msg_put_u64(m, e->user);
	msg_put_str(m, e->user_name);
	msg_put_str(m, e->source);
}

int
get_errand(struct msg *m, struct errand *e)
{
	if ((e->kind = msg_get_u8(m)) >= ERRAND_KINDS)
		msg_bad(m);
	e->host = msg_get_u64(m);
	e->key = msg_get_u64(m);
	e->other = msg_get_u64(m);
	if ((e->ms = msg_get_u32(m)) > ERRAND_MS_MAX)
		msg_bad(m);
	e->user = msg_get_u64(m);
	e->user_name = msg_get_str(m, NAME_MAX_BYTES);
	e->source = msg_get_str(m, ADDR_MAX);
	return (done(m));
}

void
put_errand_step(struct msg *m, const struct errand_step *s)
{
	msg_put_u8(m, s->stage);
	msg_put_u8(m, s->result);
	msg_put_u32(m, s->ms);
	msg_put_str(m, s->text);
}

int
get_errand_step(struct msg *m, struct errand_step *s)
{
	if ((s->stage = msg_get_u8(m)) >= ERRAND_STAGES)
		msg_bad(m);
	if ((s->result = msg_get_u8(m)) >= ERRAND_RESULTS)
		msg_bad(m);
	s->ms = msg_get_u32(m);
	s->text = msg_get_str(m, SENTENCE_MAX);
	return (done(m));
}

void
put_sentence(struct msg *m, const struct sentence *s)
{
	msg_put_str(m, s->text);
}

int
get_sentence(struct msg *m, struct sentence *s)
{
	s->text = msg_get_str(m, SENTENCE_MAX);
	return (done(m));
}

void
put_vault_value(struct msg *m, const struct vault_value *v)
{
	msg_put_str(m, v->table);
	msg_put_str(m, v->column);
	msg_put_u64(m, v->row);
	msg_put_blob(m, v->value, v->len);
}

int
get_vault_value(struct msg *m, struct vault_value *v)
{
	v->table = msg_get_str(m, NAME_MAX_BYTES);
	v->column = msg_get_str(m, NAME_MAX_BYTES);
	v->row = msg_get_u64(m);
	v->value = msg_get_blob(m, VAULT_MAX, &v->len);
	return (done(m));
}

void
put_ctl_spare(struct msg *m, const struct ctl_spare *c)
{
	msg_put_u32(m, c->child_pid);
}

int
get_ctl_spare(struct msg *m, struct ctl_spare *c)
{
	c->child_pid = msg_get_u32(m);
	return (done(m));
}

void
put_ctl_connection(struct msg *m, const struct ctl_connection *c)
{
	msg_put_str(m, c->source);
	msg_put_str(m, c->local);
}

int
get_ctl_connection(struct msg *m, struct ctl_connection *c)
{
	c->source = msg_get_str(m, ADDR_MAX);
	c->local = msg_get_str(m, ADDR_MAX);
	return (done(m));
}

static void
put_record_event(struct msg *m, const struct record *r)
{
	msg_put_u64(m, r->event.author);
	msg_put_str(m, r->event.author_name);
	msg_put_str(m, r->event.source);
	msg_put_str(m, r->event.domain);
	msg_put_str(m, r->event.action);
	msg_put_str(m, r->event.entity);
	msg_put_str(m, r->event.args);
}

static void
get_record_event(struct msg *m, struct record *r)
{
	r->event.author = msg_get_u64(m);
	r->event.author_name = msg_get_str(m, NAME_MAX_BYTES);
	r->event.source = msg_get_str(m, ADDR_MAX);
	r->event.domain = msg_get_str(m, NAME_MAX_BYTES);
	r->event.action = msg_get_str(m, NAME_MAX_BYTES);
	r->event.entity = msg_get_str(m, NAME_MAX_BYTES);
	r->event.args = msg_get_str(m, COMMAND_MAX);
}

/* What an older version has left in the spool knows of no recording. */
static void
get_record_channel_open(struct msg *m, struct record *r)
{
	r->channel_open.channel = msg_get_u32(m);
	r->channel_open.type = msg_get_str(m, ALG_MAX);
	r->channel_open.detail = msg_get_str(m, COMMAND_MAX);
	r->channel_open.refused = msg_get_u8(m);
	r->channel_open.reason = msg_get_str(m, SENTENCE_MAX);
	r->channel_open.recording = m->off < m->len ?
	    msg_get_str(m, NAME_MAX_BYTES) : "";
}

void
put_record(struct msg *m, const struct record *r)
{
	msg_put_raw(m, r->id, sizeof(r->id));
	msg_put_u8(m, r->kind);
	msg_put_u64(m, r->at);
	msg_put_u64(m, r->session);
	switch (r->kind) {
	case RECORD_SESSION_END:
		msg_put_u64(m, r->session_end.bytes_in);
		msg_put_u64(m, r->session_end.bytes_out);
		msg_put_str(m, r->session_end.error);
		break;
	case RECORD_CHANNEL_OPEN:
		msg_put_u32(m, r->channel_open.channel);
		msg_put_str(m, r->channel_open.type);
		msg_put_str(m, r->channel_open.detail);
		msg_put_u8(m, r->channel_open.refused);
		msg_put_str(m, r->channel_open.reason);
		msg_put_str(m, r->channel_open.recording);
		break;
	case RECORD_CHANNEL_CLOSE:
		add_channel_close(m, &r->channel_close);
		break;
	case RECORD_EVENT:
		put_record_event(m, r);
		break;
	}
}

int
get_record(struct msg *m, struct record *r)
{
	const uint8_t	*id;

	memset(r, 0, sizeof(*r));
	if ((id = msg_get_raw(m, sizeof(r->id))) != NULL)
		memcpy(r->id, id, sizeof(r->id));
	r->kind = msg_get_u8(m);
	r->at = msg_get_u64(m);
	r->session = msg_get_u64(m);
	switch (r->kind) {
	case RECORD_SESSION_END:
		r->session_end.bytes_in = msg_get_u64(m);
		r->session_end.bytes_out = msg_get_u64(m);
		r->session_end.error = msg_get_str(m, SENTENCE_MAX);
		break;
	case RECORD_CHANNEL_OPEN:
		get_record_channel_open(m, r);
		break;
	case RECORD_CHANNEL_CLOSE:
		take_channel_close(m, &r->channel_close);
		break;
	case RECORD_EVENT:
		get_record_event(m, r);
		break;
	default:
		msg_bad(m);
	}
	return (done(m));
}
