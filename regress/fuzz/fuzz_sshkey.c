/* SPDX-License-Identifier: ISC */
/*
 * Public keys of people and hosts, lines and files of keys that somebody
 * pastes. What is taken must come out as it went in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "lib/sshkey.h"
#include "lib/xmalloc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_blob(const uint8_t *data, size_t len)
{
	struct sshkey_info	 info;
	EVP_PKEY		*pkey;
	uint8_t			*blob;
	char			*line;
	size_t			 n;
	int			 known = sshkey_info(data, len, &info);

	if (sshkey_from_blob(data, len, &pkey) == 0) {
		if (known == -1)
			abort();
		/* an sk-… key has an application that no EVP_PKEY has */
		if (strncmp(info.type, "sk-", 3) != 0 &&
		    sshkey_blob(pkey, &blob, &n) == 0) {
			if (n != len || memcmp(blob, data, n) != 0)
				abort();
			free(blob);
		}
		EVP_PKEY_free(pkey);
	}
	line = sshkey_line(data, len, "a comment");
	if ((line != NULL) != (known == 0))
		abort();
	free(line);
}

static void
try_line(const char *text)
{
	char	 err[256], *comment;
	uint8_t	*blob;
	size_t	 n;

	if (sshkey_parse_line(text, &blob, &n, &comment, err,
	    sizeof(err)) == -1)
		return;
	try_blob(blob, n);
	free(blob);
	free(comment);
}

static void
try_private(const void *text, size_t len)
{
	char		 err[256];
	EVP_PKEY	*pkey;

	if (sshkey_read_private(text, len, &pkey, err, sizeof(err)) == 0)
		EVP_PKEY_free(pkey);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char	*text;

	if (len == 0 || sodium_init() == -1)
		return (0);
	switch (data[0] % 3) {
	case 0:
		try_blob(data + 1, len - 1);
		break;
	case 1:
		text = xmemdup0((const char *)data + 1, len - 1);
		try_line(text);
		free(text);
		break;
	default:
		try_private(data + 1, len - 1);
	}
	return (0);
}
