/**
 * How the emulated board says that it does not model something.
 *
 * A silent gap would let a wrong driver pass, so a model either does what the hardware does or
 * throws one of these, which ends the run.
 */

/** The guest, or a test, used a feature that the model knows of and does not imitate. */
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

/** The guest touched a register that the model does not have. */
export class UnimplementedRegister extends UnimplementedFeature {
  override readonly name: string = 'UnimplementedRegister';
  readonly offset: number;

  constructor(device: string, offset: number, access: 'read' | 'write') {
    super(device, `a ${access} of the register at offset 0x${offset.toString(16)}`);
    this.offset = offset;
  }
}
