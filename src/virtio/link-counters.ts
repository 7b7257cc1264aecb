// SPDX-License-Identifier: MIT
/**
 * LinkCounters: events at one end of the ring since start. Each counter wraps at 2^32.
 *
 * The status page gets the fields in the order of `at`. A new counter is a row in formats/counters.ts.
 * Does not: know which end it belongs to. "Sent" is towards the peer, "received" from it.
 */
export { LINK_COUNTERS, LinkCounters } from '../../build/generated/counters';
