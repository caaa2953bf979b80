/* SPDX-License-Identifier: ISC */
/*
 * Signatures of texts, as "ssh-keygen -Y sign" makes them (PROTOCOL.sshsig of
 * OpenSSH). They come from people: nothing of them ends the process.
 */
#ifndef LIB_SSHSIG_H
#define LIB_SSHSIG_H

#include <stddef.h>
#include <stdint.h>

#define SSHSIG_BEGIN	"-----BEGIN SSH SIGNATURE-----"
#define SSHSIG_END	"-----END SSH SIGNATURE-----"
#define SSHSIG_TEXT_MAX	65536		/* bytes of its text */

/* All but raw is borrowed from it, and not NUL-terminated. */
struct sshsig {
	uint8_t		*raw;
	const uint8_t	*key;		/* public key, wire form */
	size_t		 key_len;
	const uint8_t	*space;		/* what it was signed for */
	size_t		 space_len;
	const uint8_t	*reserved;
	size_t		 reserved_len;
	const uint8_t	*hash;		/* the name of the text's hash */
	size_t		 hash_len;
	const uint8_t	*sig;		/* algorithm and signature */
	size_t		 sig_len;
};

/*
 * Reads the text, from the line that begins it to the one that ends it.
 * Returns 0, or -1 when it is none; sshsig_free() in any case.
 */
int	sshsig_read(struct sshsig *, const char *text);

/*
 * Whether it covers these bytes, made for this namespace, by a key and an
 * algorithm as verify_sig_key() takes them. 1 or 0.
 */
int	sshsig_verify(const struct sshsig *, const char *space,
	    const void *data, size_t len);

void	sshsig_free(struct sshsig *);

#endif
