/**
 * The bounds on what one client, one event and one machine may take of the relay.
 *
 * `docs/limits.md` says of each what happens at it; `scripts/limits-docs.ts` fails without a row.
 */

import { z } from 'zod';
import { integer, yes } from './values.ts';

/**
 * The least that `limits.eventBytesMax` may be: a definition of 64 KiB (PROTOCOL §3) of which every
 * character is escaped, plus room for its tags. Less would refuse machines that are legal.
 */
const EVENT_BYTES_MIN = 2 * 65_536 + 8_192;

/** Bytes a frame needs around its event: `["EVENT",…]`, white space, and a subscription id. */
export const FRAME_BYTES = 1_024;

/** The group `limits` of the configuration. */
export const limits = z.strictObject({
  messageBytesMax: integer(
    { min: EVENT_BYTES_MIN + FRAME_BYTES, max: 16_777_216, default: 262_144 },
    'Longest frame from a client, in bytes; a longer one closes the connection. At least 1,024 ' +
      'more than limits.eventBytesMax.',
  ),
  eventBytesMax: integer(
    { min: EVENT_BYTES_MIN, max: 16_000_000, default: 196_608 },
    'Largest event, in bytes of JSON. The least value lets every definition through that the ' +
      'protocol allows.',
  ),
  contentCharactersMax: integer(
    { min: 65_536, max: 16_000_000, default: 131_072 },
    'Longest content of an event, in Unicode characters as NIP-11 counts.',
  ),
  tagsMax: integer({ min: 100, max: 100_000, default: 2_000 }, 'Most tags on an event.'),
  subscriptionsMax: integer(
    { min: 1, max: 100_000, default: 200 },
    'Most open subscriptions of one connection; a REQ beyond that is answered with CLOSED.',
  ),
  filtersMax: integer({ min: 1, max: 1_000, default: 20 }, 'Most filters in one REQ or COUNT.'),
  filterValuesMax: integer(
    { min: 10, max: 100_000, default: 2_000 },
    'Most values in all lists of one filter together; a follow list has to fit.',
  ),
  subscribedValuesMax: integer(
    { min: 100, max: 10_000_000, default: 20_000 },
    'Most values in all filters of the open subscriptions of one connection; a REQ beyond that ' +
      'is answered with CLOSED.',
  ),
  limitMax: integer(
    { min: 1, max: 100_000, default: 1_000 },
    'Most stored events that one filter returns; a higher limit in a filter is lowered to this.',
  ),
  limitDefault: integer(
    { min: 1, max: 100_000, default: 500 },
    'Stored events that a filter without a limit returns; at most limits.limitMax.',
  ),
  createdAtFutureSeconds: integer(
    { min: 60, max: 31_536_000, default: 900 },
    'How far created_at may lie ahead of the clock, in seconds; for machine kinds it is always 60.',
  ),
  createdAtPastSeconds: integer(
    { min: 0, max: 3_153_600_000, default: 0 },
    'How far created_at may lie in the past, in seconds, save for definitions and transitions; ' +
      '0 is no bound.',
  ),
  connectionsMax: integer(
    { min: 1, max: 1_000_000, default: 10_000 },
    'Most websockets and event streams at a time; a further one is turned away with HTTP 503.',
  ),
  connectionsPerAddressMax: integer(
    { min: 1, max: 1_000_000, default: 5_000 },
    'Most websockets and event streams at a time from one address; a further one is turned away ' +
      'with HTTP 429. Not applied when rate.enabled is false.',
  ),
  connectionsPerKeyMax: integer(
    { min: 1, max: 1_000_000, default: 1_000 },
    'Most websockets at a time on which one key is authenticated (NIP-42); AUTH on a further one ' +
      'is refused. Not applied when rate.enabled is false.',
  ),
  keysPerConnectionMax: integer(
    { min: 1, max: 10_000, default: 100 },
    'Most keys that authenticate on one connection; AUTH by a further one is refused.',
  ),
  pendingEventsMax: integer(
    { min: 1, max: 1_000_000, default: 4_096 },
    'Most events that wait for their signature check or for being written; further ones are ' +
      'refused as overloaded.',
  ),
  pendingEventsPerConnectionMax: integer(
    { min: 1, max: 1_000_000, default: 256 },
    'The share of one connection in limits.pendingEventsMax; beyond it the relay reads no more ' +
      'from that client until half of it is answered.',
  ),
  sendQueueBytesMax: integer(
    { min: 1_048_576, max: 1_073_741_824, default: 4_194_304 },
    'Most bytes waiting for a slow reader; a connection beyond that is closed.',
  ),
  sendQueuesBytesMax: integer(
    { min: 16_777_216, max: 1_099_511_627_776, default: 536_870_912 },
    'Most bytes waiting for all slow readers together; beyond it the connection for which most ' +
      'is waiting is closed.',
  ),
  chainMax: integer(
    { min: 1, max: 10_000_000, default: 50_000 },
    'Most transitions of one machine; the next one is refused as quota.',
  ),
  poolEventsMax: integer(
    { min: 1, max: 1_000_000, default: 4_096 },
    'Most events that wait for a machine, prior or head that has not come yet; beyond it the ' +
      'oldest are forgotten, and all of them when the relay stops.',
  ),
  poolEventsPerMissingMax: integer(
    { min: 1, max: 1_000_000, default: 16 },
    'Most of them that wait for the same event; a further one is refused as pool-full.',
  ),
  poolEventsPerMachineMax: integer(
    { min: 1, max: 1_000_000, default: 256 },
    'Most of them that name the same machine; a further one is refused as pool-full.',
  ),
  poolEventsPerAuthorMax: integer(
    { min: 1, max: 1_000_000, default: 512 },
    'Most of them by one author; a further one is refused as pool-full.',
  ),
  poolBytesMax: integer(
    { min: EVENT_BYTES_MIN, max: 1_073_741_824, default: 16_777_216 },
    'Size of all of them as JSON, in bytes; beyond it the oldest are forgotten.',
  ),
  poolSeconds: integer(
    { min: 1, max: 86_400, default: 600 },
    'How long one of them waits, in seconds.',
  ),
  httpBodyBytesMax: integer(
    { min: EVENT_BYTES_MIN + FRAME_BYTES, max: 16_777_216, default: 1_048_576 },
    'Largest body of an HTTP request, in bytes; a larger one gets status 413.',
  ),
  heartbeatSeconds: integer(
    { min: 1, max: 3_600, default: 30 },
    'Seconds between two pings; a connection that missed a whole interval is closed.',
  ),
  idleSeconds: integer(
    { min: 0, max: 31_536_000, default: 3_600 },
    'Seconds after which a connection is closed that has no subscription and sends nothing; 0 ' +
      'keeps it.',
  ),
});

/** The group `rate` of the configuration: how fast, for who may be anybody. */
export const rate = z.strictObject({
  enabled: yes(
    true,
    'Whether the limits per address and per key apply, those of connections included.',
  ),
  eventsPerSecond: integer(
    { min: 1, max: 10_000_000, default: 20_000 },
    'Events a second from one address (of IPv6, from one /64), as a token bucket of that size; ' +
      'further ones are refused as rate-limited.',
  ),
  eventsPerSecondPerAuthor: integer(
    { min: 1, max: 10_000_000, default: 20_000 },
    'Events a second by one author, from wherever they come, as a token bucket of that size; ' +
      'further ones are refused as rate-limited. Only events with a good signature count.',
  ),
  requestsPerSecond: integer(
    { min: 1, max: 10_000_000, default: 20_000 },
    'Other messages but CLOSE, and HTTP requests, a second from one address, as a token bucket ' +
      'of that size; further ones are answered with CLOSED, NOTICE or HTTP 429.',
  ),
});

/** The group `quotas`: how much one author and one machine may take in the long run. */
export const quotas = z.strictObject({
  definitionsPerDay: integer(
    { min: 0, max: 1_000_000, default: 0 },
    'Definitions of one author a day, as a token bucket of that size; 0 is no quota. 10 suits a ' +
      'public relay.',
  ),
  transitionsPerHour: integer(
    { min: 0, max: 1_000_000, default: 0 },
    'Transitions of one author an hour, in all machines together, as a token bucket of that ' +
      'size; 0 is no quota. 600 suits a public relay.',
  ),
  machineTransitionsPerHour: integer(
    { min: 0, max: 1_000_000, default: 0 },
    'Transitions in one machine an hour, by all authors together, as a token bucket of that ' +
      'size; 0 is no quota. 600 suits a public relay.',
  ),
  reservedPerHour: integer(
    { min: 1, max: 1_000_000, default: 10 },
    'Transitions an hour that a participant may make in a machine whatever else the quotas say, ' +
      'so that nobody is kept from disputing what others do.',
  ),
});
