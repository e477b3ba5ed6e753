-- The whole current schema. Migrations in src/store/migrations.ts bring older files to this one;
-- PRAGMA user_version counts them. Ids, pubkeys and signatures are binary; times are Unix seconds;
-- `n` is this relay's own sequence and never reused.

CREATE TABLE author (
  n INTEGER PRIMARY KEY,
  pubkey BLOB NOT NULL UNIQUE
) STRICT;

-- Every stored event. `tags` and `content` are the event's own text, so the wire form is rebuilt
-- without loss. `sig` is empty for keeper snapshots: they are signed when they are served. `rank` is
-- the first 48 bits of the id: it orders events of one second, so that every index can be read in
-- the order of answers. A row whose `expires_at` is 0 is hollow: see `tombstone`.
CREATE TABLE event (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  author INTEGER NOT NULL REFERENCES author,
  kind INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  rank INTEGER NOT NULL,
  tags TEXT NOT NULL,
  content TEXT NOT NULL,
  sig BLOB NOT NULL
) STRICT;
CREATE INDEX event_by_time ON event (created_at DESC, rank);
CREATE INDEX event_by_kind ON event (kind, created_at DESC, rank);
CREATE INDEX event_by_author ON event (author, created_at DESC, rank);
CREATE INDEX event_by_author_kind ON event (author, kind, created_at DESC, rank);
CREATE INDEX event_by_expiry ON event (expires_at) WHERE expires_at IS NOT NULL;

-- Single-letter tags, by a 53-bit hash of letter and value. Hashes may collide: readers compare
-- the tags of the rows they get.
CREATE TABLE tag (
  hash INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  event INTEGER NOT NULL REFERENCES event,
  PRIMARY KEY (hash, created_at DESC, rank, event)
) STRICT, WITHOUT ROWID;

-- The one stored version of each replaceable (d = '') and addressable event.
CREATE TABLE latest (
  author INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  d TEXT NOT NULL,
  event INTEGER NOT NULL REFERENCES event,
  PRIMARY KEY (author, kind, d)
) STRICT, WITHOUT ROWID;

-- NIP-09: what an author deleted, kept for events that arrive later. Addresses up to created_at.
CREATE TABLE deleted_id (
  id BLOB NOT NULL,
  author INTEGER NOT NULL,
  PRIMARY KEY (id, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE deleted_address (
  author INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  d TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (author, kind, d)
) STRICT, WITHOUT ROWID;

-- NIP-62: who asked to vanish, and up to which time; `done` is 0 until all of it is removed.
CREATE TABLE vanished (
  author INTEGER PRIMARY KEY REFERENCES author,
  created_at INTEGER NOT NULL,
  done INTEGER NOT NULL
) STRICT;

-- One row per machine. `head` is a transition's event, null at the initial state; `state` is the
-- canonical state at the head. `revision` counts changes of head, finality or freeze; `kept` is
-- the revision that the stored keeper snapshot shows, `keeper` the event that is it; `next_due` is
-- when the first timer of the state at the head is due. `links` is `inferred` once a transition was
-- taken that does not name the one before it. `final_height` is null while nothing is endorsed;
-- `final` is the deepest endorsed transition, null for the initial state. `activity` is the number of
-- the last transition that was accepted, on whatever branch; before the first, of the definition.
CREATE TABLE machine (
  event INTEGER PRIMARY KEY REFERENCES event,
  head INTEGER REFERENCES event,
  height INTEGER NOT NULL,
  head_time INTEGER NOT NULL,
  status TEXT NOT NULL,
  value TEXT NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  keeper INTEGER REFERENCES event,
  next_due INTEGER,
  rules TEXT NOT NULL,
  forks TEXT NOT NULL,
  frozen TEXT,
  final INTEGER REFERENCES transition,
  final_height INTEGER,
  title TEXT,
  first_seen INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  activity INTEGER NOT NULL,
  links TEXT NOT NULL DEFAULT 'strict'
) STRICT;
CREATE UNIQUE INDEX machine_by_activity ON machine (activity);
CREATE UNIQUE INDEX machine_by_keeper ON machine (keeper);
CREATE INDEX machine_by_due ON machine (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX machine_unkept ON machine (event) WHERE kept < revision;

-- The tree of accepted transitions. `prior` null stands for the initial state. `state` is the
-- canonical state at every 64th height; the hash is there always.
CREATE TABLE transition (
  event INTEGER PRIMARY KEY REFERENCES event,
  machine INTEGER NOT NULL REFERENCES machine,
  prior INTEGER REFERENCES transition,
  height INTEGER NOT NULL,
  canonical INTEGER NOT NULL,
  type TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  status TEXT NOT NULL,
  value TEXT NOT NULL,
  state_hash BLOB NOT NULL,
  state TEXT
) STRICT;
CREATE INDEX transition_by_machine ON transition (machine, height);
CREATE INDEX transition_beside ON transition (machine, prior) WHERE canonical = 0;

-- Who takes part: author of the definition, pubkeys in the initial context, authors of transitions.
-- In order of appearance.
CREATE TABLE participant (
  n INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine,
  author INTEGER NOT NULL REFERENCES author,
  UNIQUE (machine, author)
) STRICT;
CREATE INDEX participant_by_author ON participant (author, machine);

-- Every valid snapshot by a machine's designated custodian, superseded ones included: without
-- them equivocation could be hidden by replacing one. `head` null endorses the initial state. Of
-- those this relay signed itself there is only the newest: each of its heads descends from the last.
CREATE TABLE endorsement (
  id BLOB PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine,
  head INTEGER REFERENCES transition,
  author INTEGER NOT NULL REFERENCES author,
  d TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  event TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX endorsement_by_machine ON endorsement (machine, created_at);
CREATE INDEX endorsement_by_coordinate ON endorsement (author, d);

-- Machines whose designated custodian is this relay, each at a `d` of its own, and the head it last
-- signed: null for the initial state. `height` is null while it has signed nothing.
CREATE TABLE custody (
  machine INTEGER PRIMARY KEY REFERENCES machine,
  d TEXT NOT NULL UNIQUE,
  head INTEGER REFERENCES transition,
  height INTEGER
) STRICT;

-- How often this relay has signed as a custodian, in its one row; compared with a file beside the
-- database, which a backup does not hold.
CREATE TABLE custody_count (n INTEGER NOT NULL) STRICT;
INSERT INTO custody_count VALUES (0);

-- Signed events that contradict the canonical chain and were refused: transitions that do not build
-- on the head (`prior` is their link), snapshots of a state that is not so (`prior` is the claimed
-- head). Bounded; not stored in the sense of the protocol.
CREATE TABLE evidence (
  id BLOB PRIMARY KEY,
  kind INTEGER NOT NULL,
  machine INTEGER NOT NULL REFERENCES machine,
  prior BLOB,
  author INTEGER NOT NULL REFERENCES author,
  created_at INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  event TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_by_machine ON evidence (machine, kind, prior);
CREATE INDEX evidence_by_author ON evidence (author, created_at);

-- The last refusals of signed machine events. Bounded; the oldest go first.
CREATE TABLE refusal (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL,
  kind INTEGER NOT NULL,
  machine BLOB,
  author BLOB NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX refusal_by_id ON refusal (id);

-- Events that were removed, by the operator or at their author's wish, and are not stored again
-- (PROTOCOL §9). Of a machine's definition or transition the event row stays, hollow: without tags,
-- content and signature, under the hash of its author's key, and with an expires_at of 0, so that
-- the chain holds and no reader is sent it.
CREATE TABLE tombstone (
  id BLOB PRIMARY KEY,
  machine INTEGER REFERENCES machine,
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_by_time ON tombstone (cause, at);
CREATE INDEX tombstone_by_machine ON tombstone (machine) WHERE machine IS NOT NULL;

-- What the operator has set while the relay ran (NIP-86): entries of lists by the list's name, texts
-- that stand for those of the configuration, roles and who has them, methods granted to others.
CREATE TABLE listed (
  list TEXT NOT NULL,
  entry TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (list, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE role (
  id TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  description TEXT NOT NULL,
  color TEXT NOT NULL,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE assignment (
  pubkey TEXT NOT NULL,
  what TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (what, name, pubkey)
) STRICT, WITHOUT ROWID;

-- Every change an operator asked for: the request as it came, the signed event (NIP-98) that covers
-- it, and what became of it. Nothing is ever removed.
CREATE TABLE admin_log (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  method TEXT NOT NULL,
  request TEXT NOT NULL,
  error TEXT,
  auth_id BLOB NOT NULL UNIQUE,
  auth TEXT NOT NULL
) STRICT;

-- What is left of a quota: the moment, in milliseconds, at which the bucket of a subject is full
-- again. A full one needs no row.
CREATE TABLE quota (
  name TEXT NOT NULL,
  machine INTEGER NOT NULL,
  author INTEGER NOT NULL,
  full_at INTEGER NOT NULL,
  PRIMARY KEY (name, machine, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_by_time ON quota (full_at);
