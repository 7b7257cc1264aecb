// SPDX-License-Identifier: MIT
/** The page's end of the worker: starts it, and calls who listens to its messages. */
import type { FromBoard, ToBoard } from '../protocol.ts';

type Listener<Kind extends FromBoard['kind']> = (
  message: Extract<FromBoard, { kind: Kind }>,
) => void;

export class BoardClient {
  readonly #worker = new Worker(new URL('../board/worker.ts', import.meta.url), {
    type: 'module',
  });
  readonly #listeners = new Map<string, ((message: FromBoard) => void)[]>();

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromBoard>) => this.#call(data);
    this.#worker.onerror = ({ message }) => this.#call({ kind: 'failed', reason: message });
  }

  send(message: ToBoard): void {
    this.#worker.postMessage(message);
  }

  on<Kind extends FromBoard['kind']>(kind: Kind, listener: Listener<Kind>): void {
    const listeners = this.#listeners.get(kind) ?? [];
    listeners.push(listener as (message: FromBoard) => void);
    this.#listeners.set(kind, listeners);
  }

  #call(message: FromBoard): void {
    for (const listener of this.#listeners.get(message.kind) ?? []) listener(message);
  }
}

/** The built files beside the page. Throws Error for one that is missing. */
export async function fetchFile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`./firmware/${name}`);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
