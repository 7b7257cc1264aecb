/**
 * What other MCP2515 drivers clock over SPI for the same acts, counted from their source.
 *
 * Source: each project's driver as named; data frame of 8 bytes; RX is one isolated frame until the
 * driver is idle again, `send` the submission of a frame, `reply` from INT to the request to send
 * at the best that the driver's structure allows. Does not: hold anything that was measured.
 */
export interface PeerDriver {
  readonly name: string;
  /** SPI bytes and chip selects. */
  readonly receive: readonly [bytes: number, chipSelects: number];
  readonly send: readonly [bytes: number, chipSelects: number];
  readonly reply: readonly [bytes: number, chipSelects: number];
}

export const PEER_DRIVERS: readonly PeerDriver[] = [
  { name: 'linuxMcp251x', receive: [26, 4], send: [15, 2], reply: [41, 6] },
  { name: 'linuxMcp251xBefore2022', receive: [22, 3], send: [15, 2], reply: [37, 5] },
  { name: 'zephyrCanMcp2515', receive: [17, 2], send: [15, 2], reply: [32, 4] },
  { name: 'wmtMcp25xx', receive: [16, 2], send: [17, 3], reply: [33, 5] },
  { name: 'tinyGoMcp2515', receive: [18, 3], send: [21, 4], reply: [39, 7] },
  { name: 'riotMcp2515', receive: [20, 3], send: [28, 6], reply: [48, 9] },
  { name: 'ovms3', receive: [22, 3], send: [17, 3], reply: [39, 6] },
  { name: 'acan2515', receive: [26, 5], send: [15, 2], reply: [41, 7] },
  { name: 'autowpArduinoMcp2515', receive: [26, 5], send: [25, 4], reply: [48, 8] },
  { name: 'nuttxMcp2515', receive: [28, 4], send: [15, 2], reply: [43, 6] },
  { name: 'coryjfowlerMcpCanLib', receive: [28, 6], send: [26, 5], reply: [54, 11] },
  { name: 'davidcole1340Mcp2515Rs', receive: [32, 8], send: [36, 9], reply: [65, 16] },
];
