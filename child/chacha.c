/* SPDX-License-Identifier: ISC */
/*
 * ChaCha20 and Poly1305 for libssh2, from OpenSSL.
 */
#include <string.h>

#include <libssh2.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "child/chacha.h"
#include "lib/log.h"

#define KEY_LEN		32
#define BLOCK_LEN	64
#define COUNTER_LEN	8
#define NONCE_LEN	8
#define TAG_LEN		16
#define KEY_WORD	4	/* where they begin in the state */
#define COUNTER_WORD	12
#define NONCE_WORD	14

#if LIBSSH2_VERSION_NUM == 0x010b01

static EVP_CIPHER_CTX	*cipher;
static EVP_MAC_CTX	*mac;

/* Made once, before anything is forked; one thread uses them. */
static void
contexts_init(void)
{
	EVP_MAC	*poly;

	if (cipher != NULL)
		return;
	poly = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	cipher = EVP_CIPHER_CTX_new();
	mac = EVP_MAC_CTX_new(poly);
	EVP_MAC_free(poly);
	if (cipher == NULL || mac == NULL || EVP_CipherInit_ex(cipher,
	    EVP_chacha20(), NULL, NULL, NULL, 1) != 1)
		fatal("OpenSSL does no ChaCha20 and Poly1305");
}

void
chacha_keysetup(struct chacha_ctx *c, const uint8_t *key, unsigned bits)
{
	if (bits != KEY_LEN * 8)
		panic("ChaCha20 with a key of %u bits", bits);
	memset(c->input, 0, sizeof(c->input));
	memcpy(&c->input[KEY_WORD], key, KEY_LEN);
}

void
chacha_ivsetup(struct chacha_ctx *c, const uint8_t *nonce,
    const uint8_t *counter)
{
	static const uint8_t	zero[COUNTER_LEN];

	memcpy(&c->input[COUNTER_WORD], counter != NULL ? counter : zero,
	    COUNTER_LEN);
	memcpy(&c->input[NONCE_WORD], nonce, NONCE_LEN);
}

void
chacha_encrypt_bytes(struct chacha_ctx *c, const uint8_t *in, uint8_t *out,
    unsigned len)
{
	uint8_t	*counter = (uint8_t *)&c->input[COUNTER_WORD];
	unsigned blocks = (len + BLOCK_LEN - 1) / BLOCK_LEN, i;
	int	 n;

	contexts_init();
	/* OpenSSL's initial value is the counter, and then the nonce */
	if (EVP_CipherInit_ex(cipher, NULL, NULL,
	    (const uint8_t *)&c->input[KEY_WORD], counter, 1) != 1 ||
	    EVP_CipherUpdate(cipher, out, &n, in, len) != 1)
		fatal("ChaCha20 has failed");
	/* little-endian, whatever the machine */
	for (i = 0; i < COUNTER_LEN && blocks > 0; i++) {
		blocks += counter[i];
		counter[i] = blocks;
		blocks >>= 8;
	}
}

void
poly1305_auth(uint8_t tag[16], const uint8_t *data, size_t len,
    const uint8_t key[32])
{
	size_t	n;

	contexts_init();
	if (EVP_MAC_init(mac, key, KEY_LEN, NULL) != 1 ||
	    EVP_MAC_update(mac, data, len) != 1 ||
	    EVP_MAC_final(mac, tag, &n, TAG_LEN) != 1 || n != TAG_LEN)
		fatal("Poly1305 has failed");
}

/* The second block under a key and a nonce of zeroes. */
static const uint8_t	second_block[BLOCK_LEN] = {
	0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a,
	0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d,
	0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69,
	0x12, 0xc6, 0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed,
	0x29, 0xb7, 0x21, 0x76, 0x9c, 0xe6, 0x4e, 0x43,
	0xd5, 0x71, 0x33, 0xb0, 0x74, 0xd8, 0x39, 0xd5,
	0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45,
	0xac, 0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f
};

/* RFC 8439, section 2.5.2. */
static const uint8_t	poly_key[KEY_LEN] = {
	0x85, 0xd6, 0xbe, 0x78, 0x57, 0x55, 0x6d, 0x33,
	0x7f, 0x44, 0x52, 0xfe, 0x42, 0xd5, 0x06, 0xa8,
	0x01, 0x03, 0x80, 0x8a, 0xfb, 0x0d, 0xb2, 0xfd,
	0x4a, 0xbf, 0xf6, 0xaf, 0x41, 0x49, 0xf5, 0x1b
};
static const char	poly_text[] = "Cryptographic Forum Research Group";
static const uint8_t	poly_tag[TAG_LEN] = {
	0xa8, 0x06, 0x1d, 0xc1, 0x30, 0x51, 0x36, 0xc6,
	0xc2, 0x2b, 0x8b, 0xaf, 0x0c, 0x01, 0x27, 0xa9
};

void
chacha_check(void)
{
	static const uint8_t	zero[BLOCK_LEN];
	static const uint8_t	one[COUNTER_LEN] = { 1 };
	struct chacha_ctx	c;
	uint8_t			counted[BLOCK_LEN], set[BLOCK_LEN];
	uint8_t			tag[TAG_LEN];

	chacha_keysetup(&c, zero, KEY_LEN * 8);
	chacha_ivsetup(&c, zero, NULL);
	chacha_encrypt_bytes(&c, zero, counted, 1);
	chacha_encrypt_bytes(&c, zero, counted, sizeof(counted));
	chacha_ivsetup(&c, zero, one);
	chacha_encrypt_bytes(&c, zero, set, sizeof(set));
	poly1305_auth(tag, (const uint8_t *)poly_text, strlen(poly_text),
	    poly_key);
	if (memcmp(counted, second_block, sizeof(counted)) != 0 ||
	    memcmp(set, second_block, sizeof(set)) != 0 ||
	    memcmp(tag, poly_tag, sizeof(tag)) != 0)
		fatal("OpenSSL's ChaCha20 or Poly1305 gives wrong answers");
}

#else

void
chacha_check(void)
{
	/* libssh2 uses its own */
}

#endif
