/* SPDX-License-Identifier: ISC */
/*
 * The sum of a file that passes.
 *
 * libssh calls the relay while it reads, when this program's EVP functions
 * look for key exchanges in what is hashed: a file is none, whatever it says.
 */
#include <openssl/evp.h>

#include "child/evp.h"
#include "child/sum.h"

static int	off;

void
sums_off(void)
{
	off = 1;
}

void
sum_break(struct sum *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	EVP_MD_CTX_free(s->ctx);
	s->ctx = NULL;
}

void
sum_free(struct sum *s)
{
	EVP_MD_CTX_free(s->ctx);
	s->ctx = NULL;
}

static void
sum_begin(struct sum *s)
{
	if (s->ctx != NULL || s->why != NULL)
		return;
	if (off) {
		sum_break(s, "file-sums is false");
		return;
	}
	s->ctx = EVP_MD_CTX_new();
	if (s->ctx == NULL ||
	    EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) != 1)
		sum_break(s, "there is no SHA-256 here");
}

void
sum_place(struct sum *s, uint64_t offset)
{
	if (!s->begun)
		s->first = offset;
	else if (offset < s->next)
		sum_break(s, "parts of it passed more than once");
	else if (offset > s->next)
		sum_break(s, "it did not pass from its beginning to its end");
	s->begun = 1;
	s->next = offset;
}

void
sum_follow(struct sum *s)
{
	s->begun = 1;
}

void
sum_add(struct sum *s, const void *data, size_t len)
{
	enum evp_side	before;

	s->bytes += len;
	s->next += len;
	if (s->next > s->end)
		s->end = s->next;
	if (s->why != NULL)
		return;
	before = evp_enter(EVP_SIDE_OTHER);
	sum_begin(s);
	if (s->ctx != NULL && EVP_DigestUpdate(s->ctx, data, len) != 1)
		sum_break(s, "SHA-256 failed");
	evp_enter(before);
}

int
sum_take(struct sum *s, uint8_t out[32])
{
	enum evp_side	before = evp_enter(EVP_SIDE_OTHER);

	sum_begin(s);
	if (s->ctx != NULL && EVP_DigestFinal_ex(s->ctx, out, NULL) != 1)
		sum_break(s, "SHA-256 failed");
	evp_enter(before);
	sum_free(s);
	return (s->why == NULL ? 0 : -1);
}
