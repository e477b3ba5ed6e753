/**
 * `verify`: does a proof bundle hold, as far as anybody can see offline?
 *
 * Nothing is asked of any relay. What is printed was computed here from signed events; what only
 * the relay says, or what a bundle cannot show, is called so.
 */

import { isHex64, tagValues } from '../nostr/event.ts';
import { type ProofReport, type Proven, verifyBundle } from '../nsm/proof.ts';
import { chooseBackend } from '../verify/backend.ts';
import { packRecords } from '../verify/record.ts';
import { readBytes, rulesWith } from './input.ts';
import { answered, Unable } from './outcome.ts';

/** What `verify` may be told. */
export type VerifyFlags = {
  readonly json?: boolean;
  /** Pubkey of the relay that is expected. */
  readonly keeper?: string;
  /** A folder of libraries besides the bundled ones. */
  readonly libraries?: string;
};

/** 0 when the bundle holds, else 1; 2 when it cannot be read, or was made under other rules. */
export function verify(file: string, flags: VerifyFlags): Promise<number> {
  return answered(async () => {
    const { keeper, libraries, json = false } = flags;
    if (keeper !== undefined && !isHex64(keeper))
      throw new Unable('--keeper: not 64 lower-case hex');
    const { backend } = await chooseBackend();
    const report = verifyBundle(readBytes(file), {
      ...(keeper === undefined ? {} : { keeper }),
      rules: rulesWith(libraries),
      verify: (event) => backend.verify(packRecords([event]), 0),
    });
    console.log(json ? JSON.stringify(asJson(report), null, 2) : described(file, report));
    if (report.verdict === 'unknown-rules') throw new Unable(report.says);
    return report.verdict === 'valid' ? 0 : 1;
  });
}

/** The report with snake_case members, as the API has them. */
function asJson(report: ProofReport): object {
  if (report.verdict !== 'valid') return report;
  const { computed, definition, ...proven } = report;
  const { value, context, output = null } = computed.state;
  const title = tagValues(definition, 'title')[0] ?? null;
  return {
    ...proven,
    title,
    author: definition.pubkey,
    value,
    context,
    output,
    state_hash: computed.hash,
  };
}

function described(file: string, report: ProofReport): string {
  switch (report.verdict) {
    case 'valid':
      return [`${file}: valid`, ...provenLines(report)].join('\n');
    case 'invalid':
      return `${file}:${report.line}: ${report.problem}: ${report.says}`;
    case 'unknown-rules':
      return `${file}: ids and signatures verify; the states were not checked`;
  }
}

function provenLines(proven: Proven): readonly string[] {
  const { machine, definition, head, height, status, computed, rules, keeper } = proven;
  const title = tagValues(definition, 'title')[0];
  const rows: readonly (readonly [string, string])[] = [
    ['machine', title === undefined ? machine : `${machine} ${shown(title)}`],
    ['author', definition.pubkey],
    ['head', head === null ? 'the initial state' : `${head} at height ${height}`],
    ['state', `${status} ${shown(computed.state.value)}`],
    ['context', shown(computed.state.context)],
    ['hash', computed.hash],
    ['rules', `${rules.name} ${rules.hash}`],
    ['order', orderLine(proven)],
    ['keeper', `${keeper.pubkey} at ${new Date(keeper.created_at * 1_000).toISOString()}`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(8)} ${value}`);
}

/** JSON that says nothing to a terminal: what strangers wrote may not redraw or reverse a line. */
function shown(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Whose word the order of the transitions is. */
function orderLine({ links, frozen, custodian, final_height: final, height }: Proven): string {
  if (links === 'inferred') return 'the word of the relay alone: transitions are not linked';
  if (frozen === 'proven') {
    return `frozen at height ${height}: custodian ${custodian?.pubkey} endorsed two branches`;
  }
  const said = frozen === null ? '' : ' (frozen, says the relay)';
  if (final === null) return `that of the relay, endorsed by nobody${said}`;
  return `final up to height ${final}, by custodian ${custodian?.pubkey}${said}`;
}
