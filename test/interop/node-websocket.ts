/**
 * Gives Node 20 the global WebSocket that browsers have and most libraries take for granted.
 */

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
