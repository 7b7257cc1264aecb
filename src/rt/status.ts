/**
 * Status: the numbered results of every function that can fail.
 *
 * Does not: carry values. A function that wants to name one keeps it in a field.
 * A number is never given a second meaning: new entries take new numbers, old ones stay reserved.
 */
export enum Status {
  /** Done. */
  Ok = 0,
  /** Nothing there to take. Nobody's fault. */
  Empty = 1,
  /** No room; the caller keeps, or drops and counts. Load, or a consumer that is behind. */
  Full = 2,
  /** Not finished yet; ask again later. Nobody's fault. */
  Busy = 3,
  /** A bounded wait ran out. Hardware, or whoever was waited for. */
  Timeout = 4,

  /** The inmate command line has a key the cell does not know. Whoever wrote the command line. */
  CommandLineUnknownKey = 10,
  /** A command-line value is not a number, out of range, or missing. Whoever wrote it. */
  CommandLineBadValue = 11,
  /** The command line has no end within its 256 bytes. Whoever loaded it. */
  CommandLineTooLong = 12,

  /** The crystal makes a bit rate that is more than 0.5 % off the wanted one. Wrong `osc` or `bitrate`. */
  BitRateInexact = 17,
  /** SPI0 moves bytes faster or slower than its divider says. core_freq is not fixed at 500 MHz. */
  SpiClockUnexpected = 18,
  /** What is read over SPI at the wanted clock is wrong at times; a slower one is in use. SPI signal quality. */
  SpiClockLowered = 19,

  /** No bit timing of the chip comes within 5 % of the bit rate. Wrong `osc` or `bitrate`. */
  BitRateImpossible = 20,
  /** Every register reads 0x00: MISO stuck low, no power, or not the chip. Wiring. */
  ChipSilentLow = 21,
  /** Every register reads 0xff: nothing drives MISO. HAT absent, chip select or pin function. */
  ChipSilentHigh = 22,
  /** The chip answers, but stays out of configuration mode after reset. Oscillator or SPI clock. */
  ChipNotInConfigurationMode = 23,
  /** Normal mode not reached: 11 recessive bits never seen. Bus stuck, transceiver, bit rate. */
  ChipNotInNormalMode = 24,
  /** A register read back differs from what was written. SPI signal quality or too fast a clock. */
  RegisterVerifyMismatch = 25,
  /** The SPI clock cannot be divided down to the wanted rate, or is above the chip's. Wrong `spi`. */
  SpiClockImpossible = 26,
  /** The SPI block did not finish a transfer in its time. SoC clock stopped, or wrong page. */
  SpiTimeout = 27,
  /** `idle=wfi`, and the cell config does not grant an interrupt: it polls. Cell config, or `int`. */
  IdleNotGranted = 28,
  /** Somebody else uses the events of the GPIO block. Linux: a driver with interrupts of GPIO 0-27. */
  IdleDisturbed = 29,

  /** No "JHCOMM" signature in the communication region. Cell config, or not under Jailhouse. */
  CommRegionMagic = 30,
  /** Communication region of another ABI revision. Jailhouse too old or too new. */
  CommRegionRevision = 31,
  /** No ivshmem device on the virtual PCI bus. Cell config. */
  IvshmemAbsent = 32,
  /** The ivshmem link has another number of peers than two. Cell config. */
  IvshmemPeers = 33,
  /** The cell's peer identifier is not the expected one. Cell config. */
  IvshmemIdentity = 34,
  /** The shared section is too small, or has output sections it should not have. Cell config. */
  IvshmemSectionSize = 35,
  /** The shared section is not where this board expects it. Cell config. */
  IvshmemAddress = 36,
  /** The ivshmem device speaks another protocol than the two virtio-can roles. Cell config. */
  IvshmemProtocol = 37,
  /** No ivshmem device for status page and requests. Cell config of another version. */
  ControlAbsent = 38,
  /** The control device's memory has another size or place than this board has mapped. Cell config. */
  ControlUnfit = 39,

  /** The peer did not become ready in time; tried again later. Bridge not started on the AGL side. */
  PeerNotReady = 40,
  /** The virtio-over-ivshmem header has an unknown revision. Bridge of another version. */
  TransportRevision = 41,
  /** The peer does not offer a feature that is needed, or refused the accepted set. Peer. */
  FeaturesRefused = 42,
  /** The peer's queues are smaller than the least usable size. Peer. */
  QueueTooSmall = 43,
  /** A ring index or descriptor number read from shared memory is impossible. Peer. */
  RingIndexBad = 44,
  /** A length or address read from shared memory is impossible. Peer. */
  RingLengthBad = 45,
  /** The peer answered a control message (start, stop) with a refusal. Peer. */
  ControlRefused = 46,
  /** The peer did not acknowledge a register write in time. Peer hung or gone. */
  TransactionTimeout = 47,
  /** A virtio-can message has an unknown type, flag, identifier or length. Peer. */
  MessageBad = 48,
  /** The bridge's heartbeat stands still though its state is READY. Linux has panicked or hangs. */
  PeerSilent = 49,

  /** Nothing but errors on the bus, no frame ever received. Wrong `osc` or `bitrate`, or wiring. */
  BusOnlyErrors = 50,
  /** No frame of the cell is acknowledged. Alone on the bus, wiring, wrong `osc` or `bitrate`. */
  NotAcknowledged = 51,
  /** The controller went bus-off: too many errors while sending. Bus, wiring, bit rate. */
  BusOff = 52,
  /** The controller lost its settings by itself. Brown-out, or something resets it. */
  ChipLostSettings = 53,
  /** A frame waits, and INT is not asserted. INT not wired, or the wrong pin. */
  InterruptSilent = 54,
  /** INT is asserted, and nothing waits. INT shorted, or the wrong pin. */
  InterruptStuck = 55,
  /** Frames were lost in the controller: read too late. Load. */
  ReceiveOverflow = 56,
  /** Nothing is sent in listen-only mode. Whoever chose `mode=listen-only`. */
  ListenOnly = 57,
  /** A frame was not sent within `txtimeout-ms`, and was taken back. Bus busy, or no acknowledge. */
  TransmitTimeout = 58,
  /** An urgent answer was dropped: as many waited as may. Stronger frames, no acknowledge, or requests too fast. */
  AnswerDropped = 59,

  /** The rules image does not begin with the magic "CWRL". Not a rules file; nothing loaded. */
  RulesMagic = 60,
  /** The rules image is of another format version or has other record sizes. Compiler version. */
  RulesVersion = 61,
  /** The rules image's total size is impossible or not what its counts say. Damaged file. */
  RulesSize = 62,
  /** The rules image's CRC-32 is wrong. Damaged or truncated file. */
  RulesCrc = 63,
  /** The rules image has more rules than the cell can hold. Too many rules. */
  RulesCount = 64,
  /** A rule's identifier or mask is out of range. Rules file. */
  RulesIdentifierRange = 65,
  /** Two rules match one same frame. Rules file. */
  RulesOverlap = 66,
  /** Another field of the header or of a rule has a value that is not allowed. Rules file. */
  RulesField = 67,

  /** A request of AGL's is of a kind the cell does not know. Bridge of another version. */
  RequestUnknown = 70,
  /** A request's payload is empty or too large, or it is about live values that are not there. Bridge. */
  RequestSize = 71,
  /** A request's CRC-32 is wrong: it changed while it was read. Bridge, or two of them. */
  RequestCrc = 72,
  /** The request was there before the cell started, and is not carried out. Ask again. */
  RequestOld = 73,
  /** New rules waited in vain for answers to leave the chip; the old ones stay. Bus. */
  RequestTimeout = 74,

  /** The hypervisor asked the cell to shut down, and it did. Nobody's fault. */
  ShutdownRequested = 80,
  /** A step of the loop took longer than its bound. Memory or bus of the SoC busy, or a defect. */
  StepLate = 81,

  /** Trap: memory outside the module or the cell's mapping was touched. Defect in the cell. */
  TrapMemory = 90,
  /** Trap: division by zero or integer overflow. Defect in the cell. */
  TrapArithmetic = 91,
  /** Trap: a point that is never to be reached, or memory exhausted at start-up. Defect. */
  TrapUnreachable = 92,
  /** Trap: an exception of the core other than a memory fault. Defect, or hardware. */
  TrapException = 93,
  /** Trap: an interrupt, though the cell enables none. Defect, or cell config. */
  TrapInterrupt = 94,
  /** An SError of the core is pending, which the cell masks: an access has failed late. Hardware. */
  SystemErrorPending = 95,
}
