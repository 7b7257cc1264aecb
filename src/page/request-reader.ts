// SPDX-License-Identifier: MIT
/**
 * RequestReader: takes a request of AGL's out of shared memory, in bounded pieces.
 *
 * Does not: believe anything it has not copied. Each word is read once; a payload that changes while it
 * is copied fails its checksum. What it says is for the board to check.
 *
 * A request is new while its sequence number is another than that of the last one. One that was there
 * before the cell started is not carried out: it may be about another start's rules.
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
  /** Sequence number of the request taken last; 0: none. */
  sequence: u32 = 0;
  /** What it asks for, REQUEST_... */
  kind: u32 = 0;
  /** Bytes of its payload. */
  bytes: u32 = 0;
  argument: u32 = 0;
  private crc32: u32 = 0;
  private destination: usize = 0;
  private copied: u32 = 0;
  private crc: u32 = 0;

  constructor(private readonly section: Memory) {}

  /** At start: what is there now is not new. True if there was a request. */
  skip(): bool {
    const sequence = this.section.read32(REQUEST_SEQUENCE_OFFSET);
    if (!this.isRequest) return false;
    this.sequence = sequence;
    return sequence !== 0;
  }

  /**
   * Looks for a new request: one load when there is none. True: `kind`, `bytes` and `argument` are what
   * it says.
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
   * The payload of `poll`'s request goes to `destination`, which has room for `limit` bytes, a multiple
   * of 8, 8-aligned. `RequestSize` when it is empty or larger; else `step` copies it.
   */
  begin(destination: usize, limit: u32): Status {
    if (this.bytes === 0 || this.bytes > limit) return Status.RequestSize;
    if (this.bytes > this.section.size() - REQUEST_PAYLOAD_OFFSET) return Status.RequestSize;
    this.destination = destination;
    this.copied = 0;
    this.crc = CRC32_START;
    return Status.Ok;
  }

  /** Copies the next piece: `Busy` while there is more, `Ok` when all is there, else `RequestCrc`. */
  step(): Status {
    const start = this.copied;
    const left = this.bytes - start;
    const bytes = left < COPY_BYTES ? left : COPY_BYTES;
    const address = this.destination + start;
    for (let position: u32 = 0; position < bytes; position += 8) {
      const value = this.section.read64(REQUEST_PAYLOAD_OFFSET + start + position);
      store<u64>(address + position, value);
    }
    this.crc = crc32Update(this.crc, address, bytes);
    this.copied = start + bytes;
    if (this.copied < this.bytes) return Status.Busy;
    // All of it must have been read before anything says that AGL may write the next one.
    this.section.barrierFull();
    return crc32Finish(this.crc) === this.crc32 ? Status.Ok : Status.RequestCrc;
  }

  /** The bridge's heartbeat, and how long it may stand still in milliseconds; 0: there is none. */
  get heartbeat(): u32 {
    return this.section.read32(REQUEST_HEARTBEAT_OFFSET);
  }

  get heartbeatLimitMillis(): u32 {
    return this.section.read32(REQUEST_HEARTBEAT_LIMIT_OFFSET);
  }

  /** The magic and the version are there. */
  private get isRequest(): bool {
    return (
      this.section.read32(REQUEST_MAGIC_OFFSET) === REQUEST_MAGIC &&
      this.section.read32(REQUEST_VERSION_OFFSET) === REQUEST_VERSION
    );
  }
}
