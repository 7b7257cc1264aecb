/** The MCP2515 model: what the machine and the tests import. Its parts are in ./mcp2515/. */
export { Mcp2515 } from './mcp2515/mcp2515.ts';
