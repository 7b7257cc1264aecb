/**
 * Requests to the cell, written into root's output section as the bridge does.
 *
 * Source: docs/status-page.md, "Requests".
 * Does not: wait for the answer; the status page has it (`request`).
 */
import { crc32 } from 'node:zlib';
import * as at from './layout.ts';

/** A request as it is written; a test may change any part of it to make a bad one. */
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
  return request(at.REQUEST_RULE_TABLE, 0, rules);
}

/** Bytes for answers with live values, from byte `first` (0 to 63) on. */
export function liveValuesRequest(first: number, values: readonly number[]): Request {
  return request(at.REQUEST_LIVE_VALUES, first, Uint8Array.from(values));
}

function request(kind: number, argument: number, payload: Uint8Array): Request {
  return {
    magic: at.REQUEST_MAGIC,
    version: at.REQUEST_VERSION,
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
    this.#section.writeUInt32LE(this.#sequence, at.REQUEST_SEQUENCE_OFFSET);
    return this.#sequence;
  }

  /** Everything but the sequence number: what a peer does that changes its mind. */
  writeBody(request: Request): void {
    const section = this.#section;
    section.writeUInt32LE(request.magic, at.REQUEST_MAGIC_OFFSET);
    section.writeUInt32LE(request.version, at.REQUEST_VERSION_OFFSET);
    section.writeUInt32LE(request.kind, at.REQUEST_KIND_OFFSET);
    section.writeUInt32LE(request.bytes, at.REQUEST_BYTES_OFFSET);
    section.writeUInt32LE(request.crc32, at.REQUEST_CRC32_OFFSET);
    section.writeUInt32LE(request.argument, at.REQUEST_ARGUMENT_OFFSET);
    section.writeUInt32LE(0, at.REQUEST_ARGUMENT_OFFSET + 4);
    section.set(request.payload, at.REQUEST_PAYLOAD_OFFSET);
  }
}
