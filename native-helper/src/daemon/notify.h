/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * Tells systemd a state such as "READY=1" (sd_notify(3)): a datagram to the socket that
 * NOTIFY_SOCKET names. Does nothing if there is none.
 */
void notify_service_manager(const char *state);

#endif
