/**
 * `npm run conformance -- [url] [quiet milliseconds]`: the tests by URL against any relay, or
 * against one of ours that is started for it.
 *
 * Prints each test as passed, failed or declined. A required test fails, an optional one is
 * declined, and so is one that is about something the relay does not offer. Exits with 1 when a
 * test failed. From relays other than ours it waits for what might still come, 400 ms each time.
 */

import { meet } from '../test/conformance/suite/peer.ts';
import { report } from '../test/conformance/suite/report.ts';
import { startTestRelay } from '../test/support/start-relay.ts';

const [url, quiet = '400'] = process.argv.slice(2);
const ours = url === undefined ? await startTestRelay() : undefined;
const manners = ours ? {} : { quietMs: Number(quiet), patienceMs: 4_000 };
const peer = await meet(ours?.url ?? url ?? '', manners);
const { name = 'nameless', software = 'unknown software', version = '' } = peer.info;
console.log(`${peer.url}: ${name} (${software} ${version})`);
const { failed } = await report(peer, console.log);
await peer.close();
await ours?.stop();
process.exit(failed === 0 ? 0 : 1);
