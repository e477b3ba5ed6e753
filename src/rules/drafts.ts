/**
 * Objects that one run of an action has made and nobody else can see yet.
 *
 * Values are never changed, so a write copies the objects on its way. 256 operations on one large
 * object would copy it 256 times; what this run copied itself is changed in place instead. The
 * invariant: a draft stands in one place. Whatever is written elsewhere as a value is no draft any
 * more, nor is anything in it.
 */
import { isList, isObject, type Json, type JsonList, type JsonObject, sizeOf } from './json.ts';

type Draft = { readonly members: { [name: string]: Json }; size: number };

/** The drafts of a run, each with its number of members, by the object itself. */
export type Drafts = Map<JsonObject, Draft>;

/** How many members or items a container has; for a draft nothing is counted. */
export function countOf(drafts: Drafts, container: JsonList | JsonObject): number {
  if (isList(container)) return container.length;
  return drafts.get(container)?.size ?? sizeOf(container);
}

/** The object with a member set. The name is not one of the forbidden ones. */
export function withMember(
  drafts: Drafts,
  object: JsonObject,
  { name, value }: { readonly name: string; readonly value: Json },
): JsonObject {
  const draft = draftOf(drafts, object);
  if (!Object.hasOwn(draft.members, name)) draft.size += 1;
  draft.members[name] = value;
  return draft.members;
}

/** The object without a member that it has. */
export function withoutMember(drafts: Drafts, object: JsonObject, name: string): JsonObject {
  const draft = draftOf(drafts, object);
  delete draft.members[name];
  draft.size -= 1;
  return draft.members;
}

/** For a value that is about to stand in one more place. Walks all of it: its size was paid. */
export function disown(drafts: Drafts, value: Json): void {
  if (drafts.size === 0) return;
  if (isList(value)) {
    for (const item of value) disown(drafts, item);
  } else if (isObject(value)) {
    drafts.delete(value);
    for (const member of Object.values(value)) disown(drafts, member);
  }
}

function draftOf(drafts: Drafts, object: JsonObject): Draft {
  const known = drafts.get(object);
  if (known !== undefined) return known;
  const draft: Draft = { members: { ...object }, size: sizeOf(object) };
  drafts.set(draft.members, draft);
  return draft;
}
