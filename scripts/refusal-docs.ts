/**
 * `docs/refusals.md`, derived from `src/refusal.ts`.
 *
 * The table of refusals is in order of precedence, and so is the page: a group begins at a code and
 * holds all codes until the next group begins, so a new refusal is never left out.
 */

import { REFUSALS, type RefusalCode, type Remedy, type Scope } from '../src/refusal.ts';
import { cell, wrap } from './markdown.ts';

type Group = { readonly from: RefusalCode; readonly title: string; readonly says: string };

const GROUPS: readonly Group[] = [
  {
    from: 'bad-event',
    title: 'The form of an event',
    says: `Looked at before anything else, on the event alone: whether it is a NIP-01 event whose id
is its hash, and whether it is of a size this relay takes (the limits in the NIP-11 document).`,
  },
  {
    from: 'kind-not-accepted',
    title: 'What this relay takes, and from whom',
    says: `The operator's choice of kinds and authors, proof of work (NIP-13), and protected events
(NIP-70). Another relay may well take the same event.`,
  },
  {
    from: 'from-future',
    title: 'Time',
    says: `\`created_at\` against this relay's clock, and expiry (NIP-40). For machine kinds a date
more than 60 seconds ahead is refused on every way in: it would fire timers that are not due.`,
  },
  {
    from: 'rate-limited',
    title: 'Load and signature',
    says: `How much one address sends, whether the signature is true, and whether the relay has room
for another event now. Apart from a bad signature, the same event is welcome later.`,
  },
  {
    from: 'deleted',
    title: 'Deletion and replacement',
    says: `What NIP-01 and NIP-09 do to ordinary events, and what they may not do to machines: those
are append-only, so nothing that belongs to one can be deleted or expire.`,
  },
  {
    from: 'definition-limits',
    title: 'Definitions (kind 7500)',
    says: `A definition is read closely once, so that no later event can meet a machine that cannot
run. What is malformed is refused everywhere; an engine, guard or feature that is merely missing
here may be found on another relay.`,
  },
  {
    from: 'machine-ref',
    title: 'The form of a transition (kind 7501)',
    says: `The tags and the payload of a transition, seen without its machine. The rules for JSON,
numbers and text hold for definitions too.`,
  },
  {
    from: 'unknown-machine',
    title: 'The place of a transition in its machine',
    says: `Whether the machine and the transition it builds on are known, and whether that is the
head. \`rebase\` means: read the head named in the message, look at the state again, and sign a new
transition on top of it.`,
  },
  {
    from: 'machine-finished',
    title: 'The step a transition asks for',
    says: `What the machine itself says, in the state the transition builds on. These are final for
that event: a later state is reached by other events on top of another head.`,
  },
  {
    from: 'snapshot-ref',
    title: 'Snapshots (kind 30078)',
    says: `A snapshot is stored only if the state it claims is the one this relay computed at the
transition it names. A false one never displaces a true one.`,
  },
  {
    from: 'pool-full',
    title: 'The relay itself',
    says: `Nothing is wrong with the event, as far as is known. Send the same bytes again later.`,
  },
];

const REMEDIES: Readonly<Record<Remedy, string>> = {
  fix: 'sign another event; this one will not be taken',
  rebase: 'fetch the head named in the message and sign again on top of it',
  resend: 'send the same bytes later',
  auth: 'authenticate (NIP-42), then send the same bytes again',
  none: 'give up; nothing the sender can do helps',
};

const SCOPES: Readonly<Record<Scope, string>> = {
  everywhere: 'every conforming relay, for ever',
  chain: 'whoever sees the machine as this relay does now',
  here: 'perhaps only this relay: its policy, abilities or load',
};

/** The whole page. */
export function refusalsPage(): string {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  const starts = GROUPS.map(({ from }) => codes.indexOf(from));
  const sections = GROUPS.map(({ title, says }, at) => {
    const rows = codes.slice(starts[at], starts[at + 1]).map(tableRow);
    return `## ${title}\n\n${wrap(says)}\n\n${TABLE_HEAD}\n${rows.join('\n')}\n`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

const meanings = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([word, says]) => `- \`${word}\`: ${says}`)
    .join('\n');

const INTRODUCTION = `# Refusals

<!-- Written by \`npm run docs\` from src/refusal.ts. -->

An event that is not stored is answered with \`OK false\` and a text of this form; its first word
is a prefix of NIP-01 or NIP-42:

    <prefix>: <code>: [key=value… — ]<sentence>
    invalid: stale-head: head=<id> height=7 — sign again on top of the head

Codes are stable and never reused; sentences may change. Over HTTP the same code is the last part of
the problem type, \`/problems/<code>\`. The keys are \`head\`, \`height\`, \`missing\`, \`path\`
(a JSON pointer), \`limit\`, \`retry_after\` (seconds) and \`conflict\`. When several refusals
apply, the first in the order of this page is given.

The remedy says what the sender should do:

${meanings(REMEDIES)}

Refused by:

${meanings(SCOPES)}
`;

const TABLE_HEAD = '| code | prefix | remedy | refused by | sentence |\n|---|---|---|---|---|';

function tableRow(code: RefusalCode): string {
  const { prefix, remedy, scope, says } = REFUSALS[code];
  return `| <a id="${code}"></a>\`${code}\` | ${prefix} | ${remedy} | ${scope} | ${cell(says)} |`;
}
