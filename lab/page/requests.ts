// SPDX-License-Identifier: MIT
/**
 * Requests to the cell, written into root's output section as the bridge writes them.
 *
 * Source: docs/status-page.md, "Requests".
 * Does not: wait for the answer, which is on the status page (`request`).
 */
import { crc32 } from '../../cell-config/crc32.ts';
import { NUMBERS, REQUEST } from '../../formats/status-page.ts';

/** The words of a request. A test may change any of them to make a bad request. */
export interface Request {
  readonly magic: number;
  /** Version in the lower half, zero above. */
  readonly version: number;
  readonly kind: number;
  readonly bytes: number;
  readonly crc32: number;
  readonly argument: number;
  readonly payload: Uint8Array;
}

/** A new rule table: a whole rules.bin. */
export function ruleTableRequest(rules: Uint8Array): Request {
  return request(NUMBERS.REQUEST_RULE_TABLE, 0, rules);
}

/** Bytes for answers with live values, from byte `first` (0 to 63) on. */
export function liveValuesRequest(first: number, values: readonly number[]): Request {
  return request(NUMBERS.REQUEST_LIVE_VALUES, first, Uint8Array.from(values));
}

function request(kind: number, argument: number, payload: Uint8Array): Request {
  return {
    magic: NUMBERS.REQUEST_MAGIC,
    version: NUMBERS.REQUEST_VERSION,
    kind,
    bytes: payload.length,
    crc32: crc32(payload),
    argument,
    payload,
  };
}

export class RequestWriter {
  readonly #section: Buffer;
  #sequence = 0;

  /** `section` is root's output section. */
  constructor(section: Buffer) {
    this.#section = section;
  }

  /** Writes a request, its sequence number last. Returns that number. */
  write(request: Request): number {
    this.#sequence += 1;
    this.writeBody(request);
    this.#section.writeUInt32LE(this.#sequence, REQUEST.REQUEST_SEQUENCE_OFFSET.at);
    return this.#sequence;
  }

  /**
   * Writes everything except the sequence number, like a peer that changes a request after writing
   * it.
   */
  writeBody(request: Request): void {
    const section = this.#section;
    section.writeUInt32LE(request.magic, REQUEST.REQUEST_MAGIC_OFFSET.at);
    section.writeUInt32LE(request.version, REQUEST.REQUEST_VERSION_OFFSET.at);
    section.writeUInt32LE(request.kind, REQUEST.REQUEST_KIND_OFFSET.at);
    section.writeUInt32LE(request.bytes, REQUEST.REQUEST_BYTES_OFFSET.at);
    section.writeUInt32LE(request.crc32, REQUEST.REQUEST_CRC32_OFFSET.at);
    section.writeUInt32LE(request.argument, REQUEST.REQUEST_ARGUMENT_OFFSET.at);
    section.writeUInt32LE(0, REQUEST.REQUEST_ARGUMENT_OFFSET.at + 4);
    section.set(request.payload, REQUEST.REQUEST_PAYLOAD_OFFSET.at);
  }
}
