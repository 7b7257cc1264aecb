// SPDX-License-Identifier: MIT
/**
 * Errors for what the emulated board does not model.
 *
 * A silent gap would let a wrong driver pass. So a model either acts like the hardware or throws one of
 * these, which ends the run.
 */

/** The guest or a test used a feature that the model knows but does not imitate. */
export class UnimplementedFeature extends Error {
  override readonly name: string = 'UnimplementedFeature';
  readonly device: string;
  readonly feature: string;

  constructor(device: string, feature: string) {
    super(`${device}: ${feature} is not modelled by the twin`);
    this.device = device;
    this.feature = feature;
  }
}

/** The guest accessed a register that the model does not have. */
export class UnimplementedRegister extends UnimplementedFeature {
  override readonly name: string = 'UnimplementedRegister';
  readonly offset: number;

  constructor(device: string, offset: number, access: 'read' | 'write') {
    super(device, `a ${access} of the register at offset 0x${offset.toString(16)}`);
    this.offset = offset;
  }
}
