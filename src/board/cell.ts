/**
 * Cell: the running cell, as the image sees it.
 *
 * Used by: src/image/cell.ts. One step takes one frame from the CAN controller, or, when there is
 * none, does one bounded piece of the work that can wait; so an urgent frame waits for one at most.
 * Does not: know registers, rings or rules; the parts do.
 */
import { Loop } from '../rt/loop';
import { microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { AcknowledgeTask } from './acknowledge-task';
import { CellParts, createParts } from './cell-parts';
import { ForwardTask, ReceiveTask, TransmitPollTask, WaitingAnswerTask } from './cell-tasks';
import { ControlPage } from './control-page';
import { ControlRequests } from './control-requests';
import { FrameObserver } from './frame-observer';
import { FromAglTask } from './from-agl-task';
import { startUp } from './start-up';
import { faultStatus } from './fault-status';
import { FaultUpkeep } from './fault-upkeep';
import { Idle } from './idle';
import { StepWatch } from './step-watch';
import { Upkeep } from './upkeep';
import { UrgentAnswers } from './urgent-answers';

/** Steps without a look at the clock: messages of the hypervisor wait no longer than these. */
const UPKEEP_STEPS_MAXIMUM: u32 = 64;
/** How soon a sent frame is looked for: no frame is shorter than 47 bits. */
const TRANSMIT_POLL_BITS: u32 = 16;

@final
export class Cell {
  private readonly background: Loop = new Loop();
  private stepsToUpkeep: u32 = UPKEEP_STEPS_MAXIMUM;

  constructor(
    private readonly parts: CellParts,
    private readonly answers: UrgentAnswers,
    private readonly receive: ReceiveTask,
    private readonly transmitPoll: TransmitPollTask,
    private readonly upkeep: Upkeep,
    private readonly faults: FaultUpkeep,
    private readonly watch: StepWatch,
    private readonly page: ControlPage,
    private readonly requests: ControlRequests,
    observer: FrameObserver,
    private readonly idle: Idle,
  ) {
    this.background.add(new AcknowledgeTask(parts));
    this.background.add(new WaitingAnswerTask(parts, answers, observer));
    this.background.add(transmitPoll);
    this.background.add(new FromAglTask(parts, observer));
    this.background.add(new ForwardTask(parts));
  }

  /** Starts everything up; another status than `Ok` has been said, and the cell stays down. */
  start(): Status {
    const parts = this.parts;
    const status = startUp(parts, this.answers);
    this.requests.open();
    this.page.open();
    if (status !== Status.Ok) return status;
    const micros = (TRANSMIT_POLL_BITS * 1_000_000) / parts.settings.bitrate;
    this.transmitPoll.intervalTicks = microsToTicks(micros, parts.clock.ticksPerSecond());
    this.faults.start();
    this.watch.start(parts.spi.clockHertz);
    this.idle.start();
    return status;
  }

  /** One step. `Empty`: nothing was ready; then `rest`. Another status than `Ok`: the cell has ended. */
  step(): Status {
    const receiving = this.receive.ready();
    if (receiving) this.receive.run();
    const worked = receiving || this.background.step() || this.tend();
    this.stepsToUpkeep -= 1;
    if (worked && this.stepsToUpkeep !== 0) {
      this.watch.workEnded();
      return Status.Ok;
    }
    this.stepsToUpkeep = UPKEEP_STEPS_MAXIMUM;
    const status = this.upkeep.run();
    this.page.refresh(this.watch.startTicks);
    this.requests.poll(this.watch.startTicks);
    this.watch.stepEnded();
    if (status === Status.Ok && !worked) return this.poll();
    return status;
  }

  /**
   * After a trap: one line for people, out at once. `kind`: the number of a wasm trap (wasm-rt.h), or
   * 0x100 and the number of the exception vector, with ESR_EL1 in `syndrome`.
   */
  reportFault(kind: u32, syndrome: u32, address: u32, programCounter: u32): void {
    this.idle.close();
    const status = faultStatus(kind, syndrome);
    this.parts.console
      .text('canwarden: stopped by a fault, kind ')
      .hexadecimal(kind, 3)
      .text(', syndrome ')
      .hexadecimal(syndrome, 8)
      .text(', address ')
      .hexadecimal(address, 8)
      .text(', at ')
      .hexadecimal(programCounter, 8)
      .text('. Load and start the cell again (status ')
      .decimal(status)
      .text(')')
      .endLine()
      .flush();
    this.page.fault(status, kind, syndrome, address, programCounter);
  }

  /** The session with AGL, then a character of the console, then of the status page and of a request. */
  private tend(): bool {
    const parts = this.parts;
    if ((parts.linkUsable && parts.agl.step()) || parts.console.step() || this.page.step())
      return true;
    if (!this.requests.busy) return false;
    this.requests.step(this.watch.startTicks);
    return true;
  }

  /** After a step that was `Empty`: sleeps until there may be something to do. */
  rest(): void {
    this.idle.sleep();
    this.watch.startTicks = this.parts.clock.nowTicks();
  }

  /** The cell has ended, and is not to be woken any more. */
  end(): void {
    this.idle.close();
  }

  /** Nothing was ready: until the line, the peer or the clock changes, it stays so. */
  private poll(): Status {
    const transmitTicks = this.transmitPoll.nextTicks;
    const pageTicks = this.page.nextTicks;
    let nextTicks = this.upkeep.nextTicks;
    if (transmitTicks < nextTicks) nextTicks = transmitTicks;
    if (pageTicks < nextTicks) nextTicks = pageTicks;
    // A refresh that has just begun is work.
    if (!this.page.busy && !this.requests.busy) {
      if (this.idle.sleeps) {
        this.idle.deadlineTicks = nextTicks;
        return Status.Empty;
      }
      this.parts.clock.idleUntil(nextTicks);
    }
    this.watch.idled();
    return Status.Ok;
  }
}

/** Makes the cell of this board; nothing is started. Allocates, so only before `start`. */
export function createCell(): Cell {
  const parts = createParts();
  const answers = new UrgentAnswers(parts);
  const faults = new FaultUpkeep(parts, answers);
  const watch = new StepWatch(parts.clock, parts.control);
  const observer = new FrameObserver(parts, answers);
  return new Cell(
    parts,
    answers,
    new ReceiveTask(parts, answers, observer, watch),
    new TransmitPollTask(parts),
    new Upkeep(parts, faults),
    faults,
    watch,
    new ControlPage(parts, watch),
    new ControlRequests(parts, answers),
    observer,
    new Idle(parts),
  );
}
