/* SPDX-License-Identifier: ISC */
/*
 * The proof that somebody holds the private half of a key: a signature of a
 * text that the portal made for them a moment ago.
 */
#ifndef SHELL_PROOF_H
#define SHELL_PROOF_H

struct shell;
struct sshsig;

#define PROOF_SPACE	"userkey@sshportal"	/* ssh-keygen -n */
#define PROOF_SIZE	64			/* a challenge, with NUL */

/*
 * The text to be signed by whoever is at the shell, good for ten minutes at
 * least. Returns 0, or -1 when there is nobody to make it: at the machine
 * itself, or when the monitor refuses.
 */
int	proof_challenge(struct shell *, char out[PROOF_SIZE]);

/*
 * Whether a signature proves it: 1 or 0. The text may have had a newline
 * behind it.
 */
int	proof_check(struct shell *, const struct sshsig *);

#endif
