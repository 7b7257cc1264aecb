/**
 * What a status says, in words, where no record has a sentence of its own for it (src/page/sentences.ts): for
 * people who read `canwarden status` and `canwarden trace`. The words are those of docs/troubleshooting.md.
 *
 * Does not: go into the cell; its console names more, from values that no record has.
 */
import { Status } from '../rt/status';

/** The words; empty of a status that has a sentence, and of a number that is none. */
export function statusWords(status: u32): string {
  switch (status as Status) {
    case Status.Ok:
      return 'done';
    case Status.Empty:
      return 'nothing there to take';
    case Status.Full:
      return 'no room';
    case Status.Busy:
      return 'not finished yet';
    case Status.Timeout:
      return 'a bounded wait ran out';
    case Status.CommandLineUnknownKey:
      return 'the command line has a key that the cell does not know';
    case Status.CommandLineBadValue:
      return 'a value of the command line is no number, out of range or missing';
    case Status.CommandLineTooLong:
      return 'the command line has no end within 256 bytes';
    case Status.BitRateInexact:
      return 'the crystal makes a bit rate that is more than 0.5 % off the wanted one';
    case Status.SpiClockUnexpected:
      return 'a transfer takes less or more time than the divider of SPI0 says; a faster clock is divided down to what was asked for, a slower one is kept';
    case Status.SpiClockLowered:
      return 'what was written to the chip read back wrong at the wanted clock; a slower one is in use (5, 2 or 1 MHz)';
    case Status.BitRateImpossible:
      return 'no bit timing of the chip comes within 5 % of the rate';
    case Status.ChipSilentLow:
      return 'the MCP2515 is silent: every register reads 0x00';
    case Status.ChipSilentHigh:
      return 'the MCP2515 is silent: every register reads 0xff';
    case Status.ChipNotInConfigurationMode:
      return 'the MCP2515 answers but does not stay in configuration mode after reset';
    case Status.ChipNotInNormalMode:
      return 'the MCP2515 does not join the bus: 11 recessive bits were never seen; tried again every 100 ms';
    case Status.RegisterVerifyMismatch:
      return 'a register of the MCP2515 reads back differently from what was written';
    case Status.SpiClockImpossible:
      return "the SPI rate cannot be made, or is above the chip's 10 MHz";
    case Status.SpiTimeout:
      return 'an SPI transfer did not end in its time';
    case Status.IdleNotGranted:
      return "'idle=wfi', and an interrupt is not the cell's: it polls";
    case Status.CommRegionMagic:
      return 'no communication region at 0x80000000';
    case Status.CommRegionRevision:
      return 'a communication region of another ABI revision';
    case Status.IvshmemAbsent:
      return 'no ivshmem device on the virtual PCI bus';
    case Status.IvshmemPeers:
      return 'the ivshmem link has not two peers';
    case Status.IvshmemIdentity:
      return 'the ivshmem link gives the cell another peer number than expected';
    case Status.IvshmemSectionSize:
      return 'the shared section is too small, or output sections are not empty';
    case Status.IvshmemAddress:
      return 'the shared section is at another address';
    case Status.IvshmemProtocol:
      return 'the ivshmem device has neither of the two virtio-can roles';
    case Status.ControlAbsent:
      return 'no ivshmem device for status page and requests (0x4057)';
    case Status.ControlUnfit:
      return 'the sections of the control device have another size or place';
    case Status.PeerNotReady:
      return 'the other side did not become ready in time; the cell tries again';
    case Status.TransportRevision:
      return 'an unknown revision of the shared header';
    case Status.FeaturesRefused:
      return 'a needed feature is missing, or the set was refused';
    case Status.QueueTooSmall:
      return "the peer's queues are too small";
    case Status.RingIndexBad:
      return 'an impossible ring index or descriptor number in shared memory';
    case Status.RingLengthBad:
      return 'an impossible length or address in shared memory';
    case Status.ControlRefused:
      return 'the peer refused to start or stop';
    case Status.TransactionTimeout:
      return 'the peer did not acknowledge in time';
    case Status.MessageBad:
      return 'a virtio-can message with an unknown type, flag, identifier or length';
    case Status.ListenOnly:
      return 'nothing is sent in listen-only mode';
    case Status.RulesMagic:
      return 'no rule table: the image does not begin with CWRL';
    case Status.RulesVersion:
      return 'the rule table has another format version or record size';
    case Status.RulesSize:
      return "the rule table's size is impossible or not what its counts say";
    case Status.RulesCrc:
      return "the rule table's CRC-32 is wrong";
    case Status.RulesCount:
      return 'the rule table has more rules than the cell can hold';
    case Status.RulesIdentifierRange:
      return 'an identifier or mask of a rule is out of range';
    case Status.RulesOverlap:
      return 'two rules of the table match one same frame';
    case Status.RulesField:
      return 'another field of the rule table has a value that is not allowed';
    case Status.RequestUnknown:
      return 'a request of a kind the cell does not know';
    case Status.RequestSize:
      return 'a request that is empty or too large, or about live values above 63';
    case Status.RequestCrc:
      return 'a request changed while it was read';
    case Status.RequestOld:
      return 'the request was there before the cell started';
    case Status.RequestTimeout:
      return 'new rules waited 2 s for answers under way to leave the chip; the old rules stay';
    case Status.ShutdownRequested:
      return 'Jailhouse asked, the cell shut down';
    case Status.TrapMemory:
      return 'memory outside the module or the mapping was touched';
    case Status.TrapArithmetic:
      return 'division by zero or integer overflow';
    case Status.TrapUnreachable:
      return 'a point that is never to be reached';
    case Status.TrapException:
      return 'an exception of the core other than a memory fault';
    case Status.TrapInterrupt:
      return 'an interrupt, though the cell enables none';
    default:
      return '';
  }
}
