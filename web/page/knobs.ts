// SPDX-License-Identifier: MIT
/** What a person does to the board: buttons, sliders and choices, and their state for a link. */
import type { Snapshot } from '../protocol.ts';
import type { BoardClient } from './client.ts';
import { button, element } from './elements.ts';
import type { SharedState } from './share.ts';

export type KnobState = Omit<SharedState, 'rules' | 'frame'>;

const FIRST: KnobState = {
  ...{ bitrate: 500_000, load: 0, speed: 1 },
  ...{ flood: false, linux: true, wire: true },
};

export class Knobs {
  readonly #client: BoardClient;
  readonly #load = element('load', HTMLInputElement);
  readonly #bitrate = element('bitrate', HTMLSelectElement);
  readonly #speed = element('speed', HTMLSelectElement);
  #state: KnobState;

  /** `restart`: the bit rate is another, which only a new board can have. */
  constructor(client: BoardClient, given: Partial<KnobState>, restart: () => void) {
    this.#client = client;
    const { bitrate, load, speed, flood, linux, wire } = { ...FIRST, ...given };
    this.#state = { bitrate, load, speed, flood, linux, wire };
    this.#bitrate.value = `${bitrate}`;
    this.#speed.value = `${speed}`;
    this.#load.value = `${load}`;
    this.#showLoad();
    this.#load.oninput = () => {
      this.#state = { ...this.#state, load: Number(this.#load.value) };
      this.#showLoad();
      client.send({ kind: 'load', percent: this.#state.load });
    };
    this.#bitrate.onchange = () => {
      this.#state = { ...this.#state, bitrate: Number(this.#bitrate.value) };
      restart();
    };
    this.#speed.onchange = () => this.#setSpeed(Number(this.#speed.value));
    button('linux').onclick = () => {
      this.#state = { ...this.#state, linux: !this.#state.linux };
      client.send({ kind: 'linux', on: this.#state.linux });
    };
    button('flood').onclick = () => {
      this.#state = { ...this.#state, flood: !this.#state.flood };
      client.send({ kind: 'flood', on: this.#state.flood });
    };
    button('wire').onclick = () => {
      this.#state = { ...this.#state, wire: !this.#state.wire };
      client.send({ kind: 'interrupt wire', whole: this.#state.wire });
    };
    button('demo').onclick = () => client.send({ kind: 'demo' });
    for (const step of document.querySelectorAll<HTMLButtonElement>('[data-step]')) {
      step.onclick = () => this.#step(step.dataset.step ?? '');
    }
  }

  get state(): KnobState {
    return this.#state;
  }

  /** Tells a new board all of it. */
  apply(): void {
    const { load, flood, linux, wire, speed } = this.#state;
    if (load > 0) this.#client.send({ kind: 'load', percent: load });
    if (flood) this.#client.send({ kind: 'flood', on: true });
    if (!linux) this.#client.send({ kind: 'linux', on: false });
    if (!wire) this.#client.send({ kind: 'interrupt wire', whole: false });
    this.#client.send({ kind: 'speed', factor: speed });
  }

  /** The buttons say what they do next. */
  show({ linux, flood, interruptWire }: Snapshot): void {
    label('linux', !linux, linux ? 'Crash Linux' : 'Start Linux');
    label('flood', flood, flood ? 'End the flood' : 'Flood the bus');
    label('wire', !interruptWire, interruptWire ? 'Cut the INT wire' : 'Mend the INT wire');
  }

  /** Stepping makes the time stand still in between. */
  #step(by: string): void {
    if (this.#state.speed !== 0) {
      this.#speed.value = '0';
      this.#setSpeed(0);
    }
    this.#client.send({ kind: 'step', by: by === 'frame' || by === 'spi' ? by : Number(by) });
  }

  #setSpeed(speed: number): void {
    this.#state = { ...this.#state, speed };
    this.#client.send({ kind: 'speed', factor: speed });
  }

  #showLoad(): void {
    element('load-shown', HTMLOutputElement).value = `${this.#state.load} %`;
  }
}

function label(id: string, isPressed: boolean, text: string): void {
  const found = button(id);
  if (found.textContent === text) return;
  found.textContent = text;
  found.setAttribute('aria-pressed', String(isPressed));
}
