/**
 * Who signs the keeper snapshots of a relay.
 */

/** The `self` key of a relay's information document (NIP-11); undefined when it names none. */
export async function keeperSource(url: string): Promise<string | undefined> {
  const headers = { accept: 'application/nostr+json' };
  const answer = await fetch(url.replace(/^ws/, 'http'), { headers });
  const { self } = (await answer.json()) as { readonly self?: string };
  return self;
}
