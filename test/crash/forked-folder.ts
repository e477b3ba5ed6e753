/**
 * What a data folder must hold of forked machines after its relay was killed: endorsements as they
 * were acknowledged, and head, final prefix, freeze and flags as they follow from them.
 */

import { expect } from 'vitest';
import { advance } from '../../src/nsm/advance.ts';
import { parseDefinition } from '../../src/nsm/definition.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { openStore, type Store } from '../../src/store/store.ts';

type Row = {
  readonly event: number;
  readonly prior: number | null;
  readonly height: number;
  readonly canonical: number;
};

/** Checks every machine of a folder; returns how many were reorganised and how many froze. */
export function checkForks(dataDir: string, acknowledged: ReadonlySet<string>) {
  const store = openStore(dataDir, 'full');
  try {
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    const isKept = (id: string) => store.events.find(id) ?? store.endorsements.has(id);
    expect([...acknowledged].filter((id) => !isKept(id))).toEqual([]);
    const machines = store.db.prepare('SELECT event FROM machine').pluck().all() as number[];
    const found = machines.map((n) => checkMachine(store, n));
    const count = (what: 'frozen' | 'reorganised') => found.filter((one) => one[what]).length;
    return { reorganised: count('reorganised'), frozen: count('frozen') };
  } finally {
    store.close();
  }
}

function checkMachine(store: Store, n: number) {
  const row = store.machines.find(n);
  const rows = store.db
    .prepare('SELECT event, prior, height, canonical FROM transition WHERE machine = ?')
    .all(n) as Row[];
  const byEvent = new Map(rows.map((one) => [one.event, one]));
  const pathTo = (event: number | null): readonly (number | null)[] =>
    event === null ? [null] : [...pathTo(byEvent.get(event)?.prior ?? null), event];
  const endorsed = store.db
    .prepare('SELECT DISTINCT head FROM endorsement WHERE machine = ?')
    .pluck()
    .all(n) as (number | null)[];
  const paths = endorsed.map(pathTo);
  const maximal = paths.filter(
    (path) => !paths.some((other) => other !== path && other.includes(path.at(-1) ?? null)),
  );
  const [first = []] = maximal;
  const shared = first.filter((event) => maximal.every((path) => path.includes(event)));
  const isFrozen = maximal.length > 1;

  expect(row?.frozen !== null).toBe(isFrozen);
  expect(row?.final_height).toBe(maximal.length === 0 ? null : shared.length - 1);
  expect(row?.final).toBe(shared.at(-1) ?? null);
  const path = pathTo(row?.head ?? null);
  if (isFrozen) expect(row?.head).toBe(shared.at(-1));
  else expect(path.slice(0, shared.length)).toEqual(shared);
  const canonical = rows.filter((one) => one.canonical === 1).map(({ event }) => event);
  expect(new Set(canonical)).toEqual(new Set(path.slice(1)));
  expect(row?.state).toBe(replay(store, n, path.slice(1)).computed.canonical);
  return { frozen: isFrozen, reorganised: rows.some((one) => one.canonical === 0) };
}

/** The node at the end of a path, from the events alone. */
function replay(store: Store, machine: number, path: readonly (number | null)[]): StateNode {
  const event = store.events.read(machine);
  const definition = event && parseDefinition(event);
  if (!definition || isRefusal(definition)) throw new Error(`definition ${machine} is not whole`);
  const { createdAt, initial } = definition;
  let node: StateNode = { id: null, height: 0, createdAt, computed: initial };
  for (const n of path) {
    const sent = n === null ? undefined : store.events.read(n);
    const transition = sent && parseTransition(sent);
    if (!transition || isRefusal(transition)) throw new Error(`transition ${n} is not whole`);
    expect(transition.prior).toBe(node.id);
    const computed = advance(definition, node, transition);
    if (isRefusal(computed)) throw new Error(`transition ${n}: ${computed.code}`);
    node = { id: sent.id, height: node.height + 1, createdAt: sent.created_at, computed };
  }
  return node;
}
