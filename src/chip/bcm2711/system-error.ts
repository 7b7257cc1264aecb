/**
 * Whether an SError is pending at the core (ISR_EL1.A): one read of a core register. The SError is never
 * taken, and its cause is unknown.
 */
import { system_error_pending } from '../../abi/bsp';

export function systemErrorPending(): bool {
  return system_error_pending() !== 0;
}
