/**
 * Management of machines, beyond NIP-86: list, freeze and hide them.
 *
 * Frozen, a machine takes nothing more until the freeze is lifted; everybody still sees it. Hidden,
 * it takes nothing and nobody sees anything of it; its record stays as it is. A freeze that follows
 * from what was signed (an equivocation, a void fork) is not the operator's to lift.
 */
import { parseDefinition } from '../nsm/definition.ts';
import type { Frozen } from '../nsm/view.ts';
import { isRefusal } from '../refusal.ts';
import {
  changing,
  type Failure,
  fail,
  hexAndReason,
  type Methods,
  nothing,
  type Office,
  page,
  shown,
  telling,
} from './method.ts';

const LIFTABLE: readonly string[] = ['operator', 'rules'];

/** Methods about machines. */
export const MACHINES: Methods = {
  listmachines: telling(page, (asked, { store, access }) => {
    const { machines, next } = store.machineList.page({}, asked);
    const { isHidden } = access.rules();
    return {
      machines: machines.map(({ n: _, id, value, ...rest }) => ({
        ...{ machine: id, ...rest, value: JSON.parse(value) as unknown, hidden: isHidden(id) },
      })),
      next,
    };
  }),
  freezemachine: changing(hexAndReason, ({ subject }, office) => {
    const machine = office.machines.machine(subject);
    if (!machine) return fail('this relay hosts no such machine');
    if (machine.frozen) return fail(`the machine is frozen already: ${machine.frozen.cause}`);
    const frozen: Frozen = { at: machine.head.id, cause: 'operator' };
    return setFrozen(office, subject, frozen);
  }),
  unfreezemachine: changing(hexAndReason, ({ subject }, office) => unfreeze(office, subject)),
  hidemachine: changing(hexAndReason, ({ subject, reason }, { store, machines, now }) => {
    if (!machines.machine(subject)) return fail('this relay hosts no such machine');
    return store.administration.put('hidden-machine', { entry: subject, reason, at: now() });
  }),
  unhidemachine: changing(hexAndReason, ({ subject }, { store }) => {
    store.administration.drop('hidden-machine', subject);
    return undefined;
  }),
  listhiddenmachines: telling(nothing, (_, { store }) =>
    store.administration
      .list('hidden-machine')
      .map(({ entry, reason }) => ({ machine: entry, ...shown(reason) })),
  ),
};

function unfreeze(office: Office, id: string): Failure | undefined {
  const { store, machines } = office;
  const machine = machines.machine(id);
  if (!machine) return fail('this relay hosts no such machine');
  if (!machine.frozen) return fail('the machine is not frozen');
  const { cause } = machine.frozen;
  if (!LIFTABLE.includes(cause)) return fail(`what froze the machine is on record: ${cause}`);
  const event = store.events.read(machine.n);
  if (!event || isRefusal(parseDefinition(event, machines.view.rules))) {
    return fail('its definition was removed, or is refused by the rule set of today');
  }
  // The operator has decided: from here on the rule set of today counts.
  if (cause === 'rules') store.machines.setRules(machine.n, machines.view.rules.hash);
  return setFrozen(office, id, null);
}

function setFrozen(
  { store, machines, keeper }: Office,
  id: string,
  frozen: Frozen | null,
): undefined {
  const machine = machines.machine(id);
  if (!machine) throw new Error(`machine ${id} vanished while it was frozen or let go`);
  store.machines.freeze(machine.n, frozen && JSON.stringify(frozen));
  machines.reload(id);
  keeper.mark(id, true);
}
