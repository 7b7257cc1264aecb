/**
 * The version of the firmware, as package.json has it (tests/contract compares them).
 *
 * Does not: have more than 15 characters; there is room for no more.
 */
export const FIRMWARE_VERSION: string = '0.1.0';
