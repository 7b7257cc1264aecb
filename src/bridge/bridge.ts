/**
 * The AGL side of the link: makes the end that the cell leaves to it.
 *
 * The host program (or the twin) maps the ivshmem device at the addresses of linux-end.ts, and
 * calls `step` after an interrupt, a frame of the interface, or a millisecond.
 * Does not: find out the role; the host program reads it from the device's class code.
 */
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { LinuxBackEnd } from './back-end';
import { LinuxEnd, REGISTER_PAGE_ADDRESS, SECTION_ADDRESS, STATE_TABLE_ADDRESS } from './end';
import { LinuxFrontEnd } from './front-end';

/** The roles by number, as the host program names them. */
export enum Role {
  /** virtio-can device, class code 0xffc024 on this side. */
  BackEnd = 0,
  /** virtio-can driver, class code 0xff8024 on this side. */
  FrontEnd = 1,
}

/** Two pages: the least that Linux's virtio_ivshmem takes. */
export const SECTION_BYTES_MINIMUM: u32 = 0x2000;

/** Makes the end of `role` on a R/W section of `sectionBytes` bytes. Only at start-up. */
export function createEnd(sectionBytes: u32, role: u32): LinuxEnd {
  const link = new IvshmemLink(REGISTER_PAGE_ADDRESS, STATE_TABLE_ADDRESS);
  const section = new SharedSection(SECTION_ADDRESS, sectionBytes);
  if (role === (Role.FrontEnd as u32)) return new LinuxFrontEnd(section, link);
  return new LinuxBackEnd(section, link);
}
