/**
 * What is wrong with rules that were not run yet, and where: the place a reader of the source is at
 * and the one problem reported for it.
 */
import { RULE_LIMITS } from './meter.ts';

/** Why rules are refused; `path` is an RFC 6901 pointer from the rules object, '' for itself. */
export type RuleProblem = {
  readonly code: 'rules-invalid' | 'definition-limits';
  readonly path: string;
  readonly message: string;
};

/** Where in the source the reader is. */
export type Site = {
  readonly path: string;
  /** Expressions around this one, itself included. */
  readonly depth: number;
  /** True within a loop's body, the only place where `it` means something. */
  readonly inLoop: boolean;
  /** Expressions read so far, shared by all sites of one source. */
  readonly count: { nodes: number };
};

/** The site of the rules object itself. */
export function rootSite(): Site {
  return { path: '', depth: 0, inLoop: false, count: { nodes: 0 } };
}

/** The site of a member or item. */
export function at(site: Site, segment: string | number): Site {
  const escaped = String(segment).replaceAll('~', '~0').replaceAll('/', '~1');
  return { ...site, path: `${site.path}/${escaped}` };
}

/** `rules-invalid` at a site. */
export function invalid(site: Site, message: string): RuleProblem {
  return { code: 'rules-invalid', path: site.path, message };
}

/** `definition-limits` at a site. */
export function beyond(site: Site, limit: 'nodes' | 'depth' | 'contextDepth'): RuleProblem {
  const message = {
    nodes: `more than ${RULE_LIMITS.nodes} expressions`,
    depth: `expressions more than ${RULE_LIMITS.depth} deep`,
    contextDepth: `a value more than ${RULE_LIMITS.contextDepth} deep`,
  }[limit];
  return { code: 'definition-limits', path: site.path, message };
}

/** True for a problem among results that are compiled rules or lists of them, never plain JSON. */
export function isProblem(value: unknown): value is RuleProblem {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
