/* SPDX-License-Identifier: ISC */
/*
 * SSH keys as people, files and the wire have them: made, read from text,
 * written as text, named and measured. Everything here parses what users
 * paste; nothing of it ever ends the process.
 *
 * A blob is a public key in SSH wire form (RFC 4253, section 6.6; RFC 5656;
 * RFC 8709). Functions that return int return 0, or -1 with a sentence in err
 * (errlen bytes; NULL and 0 are allowed); results come through pointers.
 */
#ifndef LIB_SSHKEY_H
#define LIB_SSHKEY_H

#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;			/* OpenSSL's EVP_PKEY */

#define SSHKEY_BLOB_MAX		16384	/* bytes of a blob */
#define SSHKEY_TEXT_MAX		65536	/* bytes of a key's text */
#define SSHKEY_FINGERPRINT_SIZE	51	/* "SHA256:", 43 characters, NUL */
#define SSHKEY_RSA_BITS_MIN	2048	/* of keys that are made here */
#define SSHKEY_RSA_BITS_MAX	8192

/* What a blob is. Strings are constants. */
struct sshkey_info {
	const char	*type;	/* "ssh-ed25519", "ecdsa-sha2-nistp256", ... */
	const char	*kind;	/* "ed25519", "ecdsa", "rsa", "ed25519-sk",
				   "ecdsa-sk" */
	unsigned	 bits;	/* as ssh-keygen -l counts them */
};

/* Private keys */

/*
 * Makes a key pair: kind "ed25519", "ecdsa" (256, 384, 521 bits) or "rsa"
 * (SSHKEY_RSA_BITS_MIN to _MAX); bits 0 is the kind's usual length (256, 256,
 * 3072). Caller frees with EVP_PKEY_free().
 */
int	sshkey_generate(const char *kind, unsigned bits,
	    struct evp_pkey_st **pkey, char *err, size_t errlen);

/*
 * Reads a private key without passphrase: OpenSSH's own format, or PEM
 * (PKCS#8, RSA, EC). The text need not end with a NUL. Kinds and curves other
 * than those of sshkey_generate() are refused, RSA of less than 1024 bits
 * too. Caller frees with EVP_PKEY_free().
 */
int	sshkey_read_private(const void *text, size_t len,
	    struct evp_pkey_st **pkey, char *err, size_t errlen);

/*
 * The private key as PKCS#8 PEM, the form in which the store keeps it (sealed):
 * NUL-terminated, *len without the NUL, in sodium_malloc'ed memory that the
 * caller sodium_free's.
 */
int	sshkey_write_private(struct evp_pkey_st *, char **pem, size_t *len);

/* Public keys */

/* The public half of a pair as a blob; caller frees. */
int	sshkey_blob(struct evp_pkey_st *, uint8_t **blob, size_t *len);

/*
 * The public key of a blob, to verify with; of sk-… keys, the one in the
 * token. The blob must be well-formed to its last byte, an EC point on its
 * curve, an RSA modulus of 1024 to 16384 bits. Caller frees with
 * EVP_PKEY_free(). Returns 0 or -1.
 */
int	sshkey_from_blob(const void *blob, size_t len,
	    struct evp_pkey_st **pkey);

/*
 * What a blob is: type, kind and length; well-formed to its last byte, but
 * points and moduli are not looked at. -1: not a blob of a kind known here
 * (certificates are not).
 */
int	sshkey_info(const void *blob, size_t len, struct sshkey_info *);

/* "SHA256:…" of any bytes, as ssh-keygen -l prints it; returns out. */
char	*sshkey_fingerprint(const void *blob, size_t len,
	    char out[SSHKEY_FINGERPRINT_SIZE]);

/*
 * "type base64 comment" without newline, fit for authorized_keys; comment may
 * be NULL, and its control bytes are left out. Caller frees; NULL when it is
 * not a blob.
 */
char	*sshkey_line(const void *blob, size_t len, const char *comment);

/*
 * Reads a line of a .pub or authorized_keys file (options before the type are
 * skipped): *blob is the caller's to free; *comment, unless NULL, too.
 */
int	sshkey_parse_line(const char *line, uint8_t **blob, size_t *len,
	    char **comment, char *err, size_t errlen);

#endif
