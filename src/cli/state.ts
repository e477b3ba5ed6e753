/**
 * `state`: the state of a machine as a relay computed it, at the head or at any transition.
 */

import { askApi } from './client.ts';
import { answered } from './outcome.ts';

/** What `state` may be told. */
export type StateFlags = {
  readonly relay: string;
  /** A transition of the machine; the machine's own id for the initial state. */
  readonly at?: string;
};

/** Prints the answer as JSON: 0 for a state, 1 for a machine or transition that is not there. */
export function state(machine: string, { relay, at }: StateFlags): Promise<number> {
  return answered(async () => {
    const query = at === undefined ? '' : `?at=${encodeURIComponent(at)}`;
    const path = `machines/${encodeURIComponent(machine)}/state${query}`;
    const { status, answer } = await askApi(relay, path);
    console.log(JSON.stringify(answer, null, 2));
    return status === 200 ? 0 : 1;
  });
}
