/**
 * Whether an SError waits at the core (ISR_EL1.A): one read of a register of the core.
 *
 * Does not: take it, or say what has failed; nothing does.
 */
import { system_error_pending } from '../../abi/bsp';

export function systemErrorPending(): bool {
  return system_error_pending() !== 0;
}
