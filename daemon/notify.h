/* SPDX-License-Identifier: ISC */
/*
 * What systemd is told, if it started us: see sd_notify(3).
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* Harmless without NOTIFY_SOCKET; failures are of no consequence. */
void	notify_ready(void);
void	notify_reloading(void);
void	notify_stopping(void);

/*
 * Number of sockets handed to us from descriptor 3 on, see sd_listen_fds(3); at
 * most IMAGE_LISTENERS_MAX, else none.
 */
int	notify_listen_fds(void);

#endif
