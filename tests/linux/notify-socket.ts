// SPDX-License-Identifier: MIT
/**
 * The service manager's end of sd_notify(3): a datagram socket that a service sends its state to.
 *
 * Node has no datagram sockets of this family; the C library's are called through koffi. Source:
 * unix(7).
 */
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const PATH_BYTES = 108;

type Receive = (handle: number, bytes: Buffer, length: number, flags: number) => number;

export class NotifySocket {
  readonly #handle: number;
  readonly #receive: Receive;
  readonly #received: string[] = [];

  constructor(path: string) {
    const library = koffi.load('libc.so.6');
    const socket = library.func('int socket(int domain, int type, int protocol)') as (
      ...values: number[]
    ) => number;
    const bind = library.func('int bind(int handle, const void *address, uint length)') as (
      handle: number,
      address: Buffer,
      length: number,
    ) => number;
    this.#receive = library.func(
      'int64 recv(int handle, _Out_ void *bytes, size_t length, int flags)',
    ) as Receive;
    const address = Buffer.alloc(2 + PATH_BYTES);
    address.writeUInt16LE(AF_UNIX);
    address.write(path, 2);
    this.#handle = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (bind(this.#handle, address, address.length) !== 0) throw new Error(`no socket at ${path}`);
  }

  /** Every message so far, oldest first. */
  messages(): readonly string[] {
    const bytes = Buffer.alloc(4096);
    for (;;) {
      const length = Number(this.#receive(this.#handle, bytes, bytes.length, MSG_DONTWAIT));
      if (length <= 0) return this.#received;
      this.#received.push(bytes.toString('utf8', 0, length));
    }
  }
}
