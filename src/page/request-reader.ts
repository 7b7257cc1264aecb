// SPDX-License-Identifier: MIT
/**
 * RequestReader: copies a request of AGL's out of shared memory, in bounded pieces.
 *
 * Each word is read once. A payload that changes while it is copied fails its checksum. The caller
 * checks what the payload says. A request is new when its sequence number differs from that of the
 * last one. A request from before the cell's start is not carried out: it may be about the rules of
 * an earlier start.
 * Does not: trust anything that is not copied.
 */
import { SharedMemory } from '../hal/shared-memory';
import { CRC32_START, crc32Finish, crc32Update } from '../rt/crc32';
import { Status } from '../rt/status';
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
} from './layout';

/** Bytes copied in one step. */
const COPY_BYTES: u32 = 64;

@final
export class RequestReader<Memory extends SharedMemory> {
  /** Sequence number of the last request taken; 0: none. */
  sequence: u32 = 0;
  /** Kind of the request, REQUEST_... */
  kind: u32 = 0;
  /** Bytes of its payload. */
  bytes: u32 = 0;
  argument: u32 = 0;
  private crc32: u32 = 0;
  private destination: usize = 0;
  private copied: u32 = 0;
  private crc: u32 = 0;

  constructor(private readonly section: Memory) {}

  /** At start: takes the request that is there as old. Returns true if there is one. */
  skip(): bool {
    const sequence = this.section.read32(REQUEST_SEQUENCE_OFFSET);
    if (!this.isRequest) return false;
    this.sequence = sequence;
    return sequence !== 0;
  }

  /**
   * Looks for a new request, in one load when there is none. Returns true when there is one; then
   * `kind`, `bytes` and `argument` describe it.
   */
  poll(): bool {
    const section = this.section;
    const sequence = section.read32(REQUEST_SEQUENCE_OFFSET);
    if (sequence === this.sequence || sequence === 0) return false;
    section.barrierRead();
    if (!this.isRequest) return false;
    this.sequence = sequence;
    this.kind = section.read32(REQUEST_KIND_OFFSET);
    this.bytes = section.read32(REQUEST_BYTES_OFFSET);
    this.crc32 = section.read32(REQUEST_CRC32_OFFSET);
    this.argument = section.read32(REQUEST_ARGUMENT_OFFSET);
    return true;
  }

  /**
   * Begins to copy the payload to `destination`: 8-aligned, with room for `limit` bytes, a multiple
   * of 8. `step` copies it. `RequestSize`: the payload is empty or larger than `limit`.
   */
  begin(destination: usize, limit: u32): Status {
    if (this.bytes === 0 || this.bytes > limit) return Status.RequestSize;
    if (this.bytes > this.section.size() - REQUEST_PAYLOAD_OFFSET) return Status.RequestSize;
    this.destination = destination;
    this.copied = 0;
    this.crc = CRC32_START;
    return Status.Ok;
  }

  /**
   * Copies the next piece. `Busy`: there is more. `Ok`: the payload is complete. Else `RequestCrc`.
   */
  step(): Status {
    const start = this.copied;
    const left = this.bytes - start;
    const bytes = left < COPY_BYTES ? left : COPY_BYTES;
    const address = this.destination + start;
    // loop: at most 8, COPY_BYTES
    for (let position: u32 = 0; position < bytes; position += 8) {
      const value = this.section.read64(REQUEST_PAYLOAD_OFFSET + start + position);
      store<u64>(address + position, value);
    }
    this.crc = crc32Update(this.crc, address, bytes);
    this.copied = start + bytes;
    if (this.copied < this.bytes) return Status.Busy;
    // Finish all reads before the outcome tells AGL that it may write the next request.
    this.section.barrierFull();
    return crc32Finish(this.crc) === this.crc32 ? Status.Ok : Status.RequestCrc;
  }

  /** The bridge's heartbeat, and the milliseconds that it may stand still; 0: there is none. */
  get heartbeat(): u32 {
    return this.section.read32(REQUEST_HEARTBEAT_OFFSET);
  }

  get heartbeatLimitMillis(): u32 {
    return this.section.read32(REQUEST_HEARTBEAT_LIMIT_OFFSET);
  }

  /** True when magic and version are right. */
  private get isRequest(): bool {
    return (
      this.section.read32(REQUEST_MAGIC_OFFSET) === REQUEST_MAGIC &&
      this.section.read32(REQUEST_VERSION_OFFSET) === REQUEST_VERSION
    );
  }
}
