/* SPDX-License-Identifier: ISC */
/*
 * The shell has no master key: what must be sealed or opened goes to its
 * monitor, which checks the role by itself. So does whoever is to be sent on an
 * errand.
 */
#ifndef SHELL_VAULT_H
#define SHELL_VAULT_H

#include <stddef.h>

struct errander;
struct sealer;

/*
 * A sealer and an errander that ask through the socket at *fd
 * (lib/catalogue.h, enum vault), which must stay where it is as long as they
 * are used.
 */
void	vault_init(struct sealer *, struct errander *, int *fd);

/*
 * For struct shell: the challenge of now, or the one before, for whoever is
 * logged in; arg is the monitor's socket. Returns 0, or -1.
 */
int	vault_challenge(void *arg, int before, char *out, size_t size);

#endif
