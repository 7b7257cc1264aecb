// SPDX-License-Identifier: MIT
/**
 * Finds the message that is a rule's request, and the rule whose answer is a message.
 *
 * Does not: look at data bytes, which the traffic does not state. Each frame of a message whose
 * identifier, kind and length fit may be a request.
 */
import type { Rule, RuleTable } from '../model.ts';
import { hasIdentifier } from '../order/identifiers.ts';
import type { Message } from './traffic.ts';

/** The rule whose answer has the message's identifier. */
export function answerOf({ rules }: RuleTable, message: Message): Rule | undefined {
  const { identifier, extended, remote } = message;
  if (remote) return undefined;
  return rules.find(
    ({ answer }) => answer?.identifier === identifier && answer.extended === extended,
  );
}

/**
 * The messages that may request the rule's answer. AGL's messages are left out: the cell sends
 * them, so it does not receive them.
 */
export function requestsOf({ match, from }: Rule, messages: readonly Message[]): Message[] {
  if (from === 'agl') return [];
  return messages.filter(
    (message) =>
      !message.fromAgl &&
      message.extended === match.extended &&
      (match.remote === 'any' || message.remote === match.remote) &&
      hasIdentifier(match, message.identifier) &&
      (message.remote || message.length >= match.minimumLength),
  );
}
