/**
 * A listening socket that a supervisor has opened (systemd socket activation): connections wait in
 * it while the relay restarts, instead of being refused.
 */

import type { Environment } from './environment.ts';

/** The first descriptor that is passed on; the protocol has no other. */
const FIRST_DESCRIPTOR = 3;

/** The descriptor to listen on; undefined when none was meant for this process. */
export function inheritedSocket(
  env: Environment = process.env,
  pid: number = process.pid,
): number | undefined {
  const isMeant = env['LISTEN_PID'] === String(pid);
  return isMeant && Number(env['LISTEN_FDS']) >= 1 ? FIRST_DESCRIPTOR : undefined;
}
