/**
 * The entry for clients and custodians: what it offers, and that a browser can run it.
 */

import { describe, expect, it } from 'vitest';
import * as nsm from '../../src/nsm/index.ts';
import { importsOf, readSources } from '../support/sources.ts';

/** Everything that is loaded with a file: files of this repository, and packages by their names. */
function loadedWith(path: string): ReadonlySet<string> {
  const sources = new Map(readSources(['src']).map((source) => [source.path, source]));
  const loaded = new Set([path]);
  for (const reached of loaded) {
    const source = sources.get(reached);
    for (const { target } of source === undefined ? [] : importsOf(source)) loaded.add(target);
  }
  return loaded;
}

describe('headkeeper/nsm', () => {
  it('loads nothing that a browser does not have', () => {
    const loaded = [...loadedWith('src/nsm/index.ts')];
    const isPure = (target: string) => /^src\/(nsm|nostr|rules)\/|^src\/refusal\.ts$/.test(target);
    // These are published for browsers as well as for node.
    const isPortable = (target: string) => /^(@noble\/|canonicalize$|xstate$)/.test(target);
    expect(loaded.filter((target) => !isPure(target) && !isPortable(target))).toEqual([]);
    expect(loaded).toContain('src/nsm/engine.ts');
  });

  it('offers the names that clients build on', () => {
    expect(Object.keys(nsm).sort()).toEqual([
      'BUNDLED_RULES',
      'BUNDLE_PROBLEMS',
      'DEFINITION_KIND',
      'LIMITS',
      'LINT_BUDGET',
      'LINT_WARNINGS',
      'REFUSALS',
      'SNAPSHOT_KIND',
      'TICK',
      'TRANSITION_KIND',
      'activePaths',
      'advance',
      'buildDefinition',
      'buildSnapshot',
      'buildTransition',
      'canonicalJson',
      'checkEquivocation',
      'compareSnapshot',
      'computeState',
      'contentHash',
      'elapse',
      'enabledTypes',
      'eventId',
      'eventLine',
      'explain',
      'headerLine',
      'isLibraryProblem',
      'isRefusal',
      'judge',
      'keeperAddress',
      'keeperSnapshot',
      'lint',
      'makeRuleSet',
      'nextDue',
      'nextTypes',
      'parseDefinition',
      'parseEvent',
      'parseLibrary',
      'parseTransition',
      'readState',
      'rebaseTransition',
      'refusalText',
      'simulate',
      'snapshotContent',
      'verifyBundle',
    ]);
  });
});
