// SPDX-License-Identifier: MIT
/**
 * A round of the loop, as a cell with nothing to do has it from one look at INT to the next: the look, a walk over
 * objects of which none is ready, and a read of the counter.
 *
 * As many instructions as the cell's round (`npm run twin -- --measure` says how many nanoseconds they are on the
 * twin), of the same sort: loads that need the load before them, comparisons, branches.
 * Does not: run the cell's own tasks, which are in the other image.
 */
import { counter_read } from '../abi/bsp';
import { GpioInputLine } from '../chip/bcm2711/gpio';

/** Chosen so that a round has the instructions of the cell's; `tests/image/measure.test.ts` compares the two. */
const PLACES: u32 = 93;
/** Of a place: the address of the next one, and a word that says whether it is ready. */
const PLACE_BYTES: u32 = 8;

@final
export class Round {
  private readonly places: usize = heap.alloc(PLACES * PLACE_BYTES);
  private ready: u32 = 0;

  constructor(private readonly line: GpioInputLine) {
    for (let place: u32 = 0; place < PLACES; place++) {
      const next = place + 1 === PLACES ? 0 : place + 1;
      const address = this.places + place * PLACE_BYTES;
      store<usize>(address, this.places + next * PLACE_BYTES);
      store<u32>(address, 0, 4);
    }
  }

  /** Ticks of `rounds` rounds. */
  ticks(rounds: u32): u64 {
    const before = counter_read();
    for (let round: u32 = 0; round < rounds; round++) this.once();
    return counter_read() - before;
  }

  private once(): void {
    if (this.line.isAsserted()) this.ready++;
    let place = this.places;
    for (let left: u32 = PLACES; left !== 0; left--) {
      if (load<u32>(place, 4) !== 0) this.ready++;
      place = load<usize>(place);
    }
    counter_read();
  }
}
