// SPDX-License-Identifier: MIT
/**
 * The error of wrong input, apart from all that reads files, so that a web page can have it, too.
 */

/** The user's input is wrong. The message says what and where. Exit status 2. */
export class InputError extends Error {}
