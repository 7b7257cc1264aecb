// SPDX-License-Identifier: MIT
/**
 * RuleOrder: keeps the answers of one rule in the order in which they were decided, also if they have different
 * identifiers.
 *
 * An answer that is decided while an earlier one of its rule waits or is in the chip counts as no stronger than that:
 * so it is behind it in the list, and by TXP in the chip. The same holds for one with an identifier that such an answer
 * has: equal identifiers keep their order, too. When the earlier one has left, it gets the strength of its own.
 *
 * The tag that a frame waits with names its rule. Answers of a rule with one identifier have none, and cost nothing here
 * until one of another rule counts as weaker than it is.
 * Does not: use SPI, or say which rules have different identifiers (src/responder/program-check.ts).
 */
import { Frame } from '../../can/frame';
import { arbitrationField } from '../../can/identifier';
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { AnyParts } from '../parts';
import { Haste } from './haste';
import { TransmitSlots } from './slots';
import { WaitingList } from './waiting-list';

/** Places of the list that a step looks at: each is compared with all before it. */
const PIECE_PLACES: u32 = 4;

@final
export class RuleOrder<Parts extends AnyParts> {
  /** Some answer counts as weaker than it is, or did. */
  isUsed: bool = false;
  /** Of `renew`: its next place of the list, whether it found such an answer, whether it is through. */
  private place: u32 = 0;
  private isFound: bool = false;
  private isDone: bool = false;
  private changes: u32 = 0;

  constructor(
    private readonly answers: WaitingList,
    private readonly slots: TransmitSlots<Parts>,
    private readonly haste: Haste<Parts>,
  ) {}

  /** What an answer counts as that is decided now. `own`: the strength of its identifier; `tag`: of its rule; 0: none. */
  strengthOf(identifier: u32, own: u32, tag: u32): u32 {
    const answers = this.answers;
    const strength = this.weakest(identifier, own, tag, u32.MAX_VALUE, answers.length);
    if (strength === own) return own;
    this.isUsed = true;
    this.slots.holdBack(own, false);
    return strength;
  }

  /** An answer has left the list, or was added: `renew` begins anew. */
  restart(): void {
    this.place = 0;
    this.isDone = false;
    this.isFound = false;
  }

  /**
   * Gives answers the strength that they have now that others have left: a piece in each step. `changes`: of
   * TransmitBuffers. True: there may be more to be done.
   */
  renew(changes: u32): bool {
    if (this.changes !== changes) this.restart();
    this.changes = changes;
    if (this.isDone) return false;
    if (this.place === 0 && this.renewChip()) return true;
    const answers = this.answers;
    const end = min<u32>(this.place + PIECE_PLACES, answers.length);
    // loop: at most PIECE_PLACES
    while (this.place < end) {
      const place = this.place++;
      const frame = answers.at(place);
      const before = answers.strengthAt(place);
      const tag = answers.tagAt(place);
      const strength = this.changed(frame, before, tag, u32.MAX_VALUE, place);
      if (strength === before) continue;
      answers.remove(place);
      if (this.slots.mayDisplace(answers, strength)) this.haste.begin(strength);
      answers.put(changetype<usize>(frame), strength, tag);
      return true;
    }
    if (this.place < answers.length) return true;
    this.isDone = true;
    this.isUsed = this.isFound;
    return false;
  }

  /** The same of one in the chip. False: there is none. */
  private renewChip(): bool {
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.slots.all[buffer]);
      if ((this.slots.underWay & slot.bit) === 0 || slot.isAgl) continue;
      const frame = changetype<Frame>(slot.frame);
      const strength = this.changed(frame, slot.strength, slot.tag, slot.sequence, 0);
      if (strength === slot.strength) continue;
      slot.strength = strength;
      return true;
    }
    return false;
  }

  /** What `frame` counts as now; `before`: until now. */
  private changed(frame: Frame, before: u32, tag: u32, sequence: u32, end: u32): u32 {
    const own = arbitrationField(frame.identifier);
    if (before === own) return own;
    const strength = this.weakest(frame.identifier, own, tag, sequence, end);
    if (strength !== own) this.isFound = true;
    return strength;
  }

  /** The place of the answer that has the weakest identifier of those that wait, the latest of equals. Only if one waits. */
  weakestPlace(): u32 {
    const answers = this.answers;
    let found = answers.length - 1;
    let weakest = arbitrationField(answers.at(found).identifier);
    // loop: at most ANSWERS_WAITING_MAXIMUM. None is weaker than what it counts as.
    for (let place = found; place !== 0 && answers.strengthAt(place - 1) > weakest; place--) {
      const own = arbitrationField(answers.at(place - 1).identifier);
      if (own <= weakest) continue;
      weakest = own;
      found = place - 1;
    }
    return found;
  }

  /**
   * `own`, or the strength of the weakest answer that has to leave before: of those in the chip that were requested
   * before `sequence`, and of those that wait before `end`. Of the latter the last one found is the weakest.
   */
  private weakest(identifier: u32, own: u32, tag: u32, sequence: u32, end: u32): u32 {
    let strength = own;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.slots.all[buffer]);
      if ((this.slots.underWay & slot.bit) === 0 || slot.isAgl || slot.sequence >= sequence)
        continue;
      const isEqual = changetype<Frame>(slot.frame).identifier === identifier;
      if (isEqual || (tag !== 0 && slot.tag === tag)) strength = max<u32>(strength, slot.strength);
    }
    const answers = this.answers;
    // loop: at most ANSWERS_WAITING_MAXIMUM
    for (let place = end; place !== 0; place--) {
      const isEqual = answers.at(place - 1).identifier === identifier;
      if (isEqual || (tag !== 0 && answers.tagAt(place - 1) === tag)) {
        return max<u32>(strength, answers.strengthAt(place - 1));
      }
    }
    return strength;
  }
}
