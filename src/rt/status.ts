// SPDX-License-Identifier: MIT
/**
 * Status: the numbered results of every function that can fail.
 *
 * A new status is a row in formats/statuses.ts.
 * Does not: carry values. A function that wants to name one keeps it in a field.
 */
export { Status } from '../../build/generated/status';
