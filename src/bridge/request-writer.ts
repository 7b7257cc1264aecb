// SPDX-License-Identifier: MIT
/**
 * RequestWriter: puts a request for the cell into the AGL side's output section.
 *
 * Layout: docs/status-page.md. One request at a time: a second one, written while the cell still
 * reads the first, makes the first fail its checksum.
 * Does not: wait, or look for the outcome; the page has it (REQUEST_SEQUENCE).
 */
import { SharedMemory } from '../hal/shared-memory';
import { CRC32_START, crc32Finish, crc32Update } from '../rt/crc32';
import {
  REQUEST_ARGUMENT_OFFSET,
  REQUEST_BYTES_OFFSET,
  REQUEST_CRC32_OFFSET,
  REQUEST_HEARTBEAT_LIMIT_OFFSET,
  REQUEST_HEARTBEAT_OFFSET,
  REQUEST_KIND_OFFSET,
  REQUEST_MAGIC,
  REQUEST_MAGIC_OFFSET,
  REQUEST_PAYLOAD_OFFSET,
  REQUEST_SEQUENCE_OFFSET,
  REQUEST_VERSION,
  REQUEST_VERSION_OFFSET,
} from '../page/layout';

@final
export class RequestWriter<Memory extends SharedMemory> {
  constructor(readonly requests: Memory) {}

  /** The maximum size of a payload, in bytes. */
  get bytesMaximum(): u32 {
    return this.requests.size() - REQUEST_PAYLOAD_OFFSET;
  }

  /**
   * Writes a request of `kind` (REQUEST_RULE_TABLE, REQUEST_LIVE_VALUES) with the `bytes` bytes at
   * `payload`. Writes the sequence number last, and returns it. It is never 0, and never
   * `finished`, the number of the request that the cell finished last.
   */
  write(kind: u32, payload: usize, bytes: u32, argument: u32, finished: u32): u32 {
    const requests = this.requests;
    const sequence = this.nextSequence(finished);
    const crc = crc32Finish(crc32Update(CRC32_START, payload, bytes));
    for (let offset: u32 = 0; offset < bytes; offset++) {
      requests.write8(REQUEST_PAYLOAD_OFFSET + offset, load<u8>(payload + offset));
    }
    requests.write32(REQUEST_KIND_OFFSET, kind);
    requests.write32(REQUEST_BYTES_OFFSET, bytes);
    requests.write32(REQUEST_CRC32_OFFSET, crc);
    requests.write32(REQUEST_ARGUMENT_OFFSET, argument);
    requests.write32(REQUEST_ARGUMENT_OFFSET + 4, 0);
    requests.write32(REQUEST_VERSION_OFFSET, REQUEST_VERSION);
    requests.write32(REQUEST_MAGIC_OFFSET, REQUEST_MAGIC);
    requests.barrierWrite();
    requests.write32(REQUEST_SEQUENCE_OFFSET, sequence);
    return sequence;
  }

  /**
   * Beats once. The cell takes the bridge for dead after `limitMillis` without a beat; 0: the cell
   * stops watching.
   */
  beat(limitMillis: u32): void {
    const requests = this.requests;
    requests.write32(REQUEST_HEARTBEAT_OFFSET, requests.read32(REQUEST_HEARTBEAT_OFFSET) + 1);
    requests.write32(REQUEST_HEARTBEAT_LIMIT_OFFSET, limitMillis);
  }

  /** The request of an earlier bridge counts, too: the cell may still be reading it. */
  private nextSequence(finished: u32): u32 {
    let sequence = this.requests.read32(REQUEST_SEQUENCE_OFFSET) + 1;
    while (sequence === 0 || sequence === finished) sequence += 1;
    return sequence;
  }
}
