// SPDX-License-Identifier: MIT
/** Bytes of a DBC file as text. CANdb++ writes Latin-1 (Windows-1252), other tools UTF-8. */

/** UTF-8, with or without its mark, if the bytes are that; else Windows-1252. */
export function decodeDatabaseText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
