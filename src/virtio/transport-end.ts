// SPDX-License-Identifier: MIT
/**
 * TransportEnd: what both ends of virtio over ivshmem keep of a session.
 *
 * Does not: touch the section or the link.
 */
import { Status } from '../rt/status';
import { FEATURES_HIGH_REQUIRED, FEATURES_LOW_REQUIRED } from './transport-registers';

export abstract class TransportEnd {
  /** Why this end last withdrew by itself. `Ok`: it never did. */
  lastFault: Status = Status.Ok;
  /** How often it went back to the start. */
  resets: u32 = 0;
  /** The accepted feature bits. Of the driver valid while `Operating`. */
  featuresLow: u32 = 0;
  featuresHigh: u32 = 0;

  /** True if the features hold all that both ends of this project need. */
  protected get hasRequiredFeatures(): bool {
    return (
      (this.featuresLow & FEATURES_LOW_REQUIRED) === FEATURES_LOW_REQUIRED &&
      (this.featuresHigh & FEATURES_HIGH_REQUIRED) === FEATURES_HIGH_REQUIRED
    );
  }
}
