/**
 * `explain`: would a relay take this event, here and now, and if not, why, and what then?
 *
 * A dry run on the relay itself, so its policy counts too. The event need not be signed.
 */

import type { Explanation } from '../nsm/explain.ts';
import type { Remedy } from '../refusal.ts';
import { askApi } from './client.ts';
import { readObject } from './input.ts';
import { answered } from './outcome.ts';

/** What commands that ask a relay may be told. */
export type ExplainFlags = { readonly relay: string; readonly json?: boolean };

/** The answer of a relay: an explanation, or that it has the event, and where the machine is. */
type Verdict = Omit<Explanation, 'verdict'> & {
  readonly verdict: Explanation['verdict'] | 'known';
  readonly head: string | null;
  readonly height: number | null;
};

const VERDICTS: Readonly<Record<Verdict['verdict'], string>> = {
  accept: 'would be accepted',
  known: 'is stored already',
  pending: 'would be refused now, but may be accepted later',
  refuse: 'would be refused',
};

const REMEDIES: Readonly<Record<Remedy, string>> = {
  fix: 'sign something else',
  rebase: 'sign the same again on top of the head',
  resend: 'send the same event again later',
  auth: 'authenticate (NIP-42), then send it again',
  none: 'there is nothing that its author can do',
};

/** 0 for an event that would be accepted or is stored, else 1; 2 where there is no answer. */
export function explain(file: string, { relay, json = false }: ExplainFlags): Promise<number> {
  return answered(async () => {
    const { status, answer } = await askApi(relay, 'validate', { event: readObject(file) });
    if (json || status !== 200) console.log(JSON.stringify(answer, null, 2));
    if (status !== 200) return 1;
    const verdict = answer as unknown as Verdict;
    if (!json) console.log(described(verdict));
    return verdict.verdict === 'accept' || verdict.verdict === 'known' ? 0 : 1;
  });
}

function described({ verdict, message, remedy, head, height, state }: Verdict): string {
  const place = height === null ? [] : [`head      ${head ?? 'none'}, height ${height}`];
  return [
    `verdict   ${VERDICTS[verdict]}`,
    ...(message === '' ? [] : [`answer    ${message}`]),
    ...(remedy === null ? [] : [`remedy    ${remedy}: ${REMEDIES[remedy]}`]),
    ...place,
    ...(state === null ? [] : [`state     ${JSON.stringify(state)}`]),
  ].join('\n');
}
