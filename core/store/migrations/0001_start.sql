-- Integers everywhere: time in ms since the epoch, money in micro-units, confidence in parts per million.

CREATE TABLE inbox(            -- every command obeyed, with the toast it got: a redelivered one is answered the same way
  key TEXT PRIMARY KEY, at INTEGER NOT NULL, toast TEXT NOT NULL DEFAULT '', alert INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox(at);

CREATE TABLE poison(           -- commands whose handling failed every time, put aside so that others go on
  key TEXT PRIMARY KEY, at INTEGER NOT NULL, tries INTEGER NOT NULL, what TEXT NOT NULL, error TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person(
  id INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT NOT NULL, user TEXT NOT NULL, lang TEXT NOT NULL DEFAULT '',
  chat TEXT NOT NULL DEFAULT '', agreed INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'new'
    CHECK(state IN ('new', 'active', 'paused', 'gone')),
  waiting_job INTEGER, created_at INTEGER NOT NULL,
  UNIQUE(platform, user)
) STRICT;
CREATE INDEX person_chat ON person(platform, chat);

CREATE TABLE consent(          -- append-only: what was shown, in which language, and the decision
  id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES person(id), version INTEGER NOT NULL,
  digest TEXT NOT NULL, lang TEXT NOT NULL, decision TEXT NOT NULL CHECK(decision IN ('accept', 'decline')), at INTEGER NOT NULL
) STRICT;

CREATE TABLE skill(            -- 0..100 with a time to live
  person INTEGER NOT NULL REFERENCES person(id), name TEXT NOT NULL, value INTEGER NOT NULL CHECK(value BETWEEN 0 AND 100),
  expires_at INTEGER, PRIMARY KEY(person, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE restriction(
  id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES person(id), job INTEGER, until INTEGER,
  reason TEXT NOT NULL, actor INTEGER NOT NULL, at INTEGER NOT NULL, lifted_at INTEGER
) STRICT;
CREATE INDEX restriction_person ON restriction(person) WHERE lifted_at IS NULL;

CREATE TABLE job(
  id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, requester INTEGER NOT NULL REFERENCES person(id),
  platform TEXT NOT NULL, chat TEXT NOT NULL, spec TEXT NOT NULL, title TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('importing', 'draft', 'open', 'paused', 'closing', 'closed')), reason TEXT,
  priority INTEGER NOT NULL DEFAULT 5, reserved INTEGER NOT NULL DEFAULT 0,
  price INTEGER NOT NULL, fee INTEGER NOT NULL, asset TEXT NOT NULL, budget INTEGER NOT NULL,
  tasks INTEGER NOT NULL DEFAULT 0, controls INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  answers INTEGER NOT NULL DEFAULT 0, control_answers INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0,
  duration_ms INTEGER NOT NULL DEFAULT 0, progress_card INTEGER, progress_shown INTEGER NOT NULL DEFAULT -1,
  created_at INTEGER NOT NULL, opened_at INTEGER, deadline INTEGER, answered_at INTEGER, closing_at INTEGER, closed_at INTEGER
) STRICT;
CREATE INDEX job_open ON job(state) WHERE state IN ('open', 'paused', 'closing');
CREATE INDEX job_chat ON job(platform, chat);

CREATE TABLE task(
  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job(id), position INTEGER NOT NULL, ref TEXT NOT NULL,
  columns TEXT NOT NULL, gold INTEGER, reserved INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  answers INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0, want INTEGER NOT NULL DEFAULT 0, reports INTEGER NOT NULL DEFAULT 0,
  label INTEGER, confidence INTEGER NOT NULL DEFAULT 0, UNIQUE(job, ref),
  CHECK(answers >= 0 AND active >= 0 AND want >= 0)
) STRICT;
CREATE INDEX task_queue ON task(job, answers DESC, position) WHERE want > 0 AND gold IS NULL AND reserved = 0;
CREATE INDEX task_control ON task(job, answers, position) WHERE gold IS NOT NULL AND reserved = 0;

CREATE TABLE reservation(      -- Toloka's reserved_for: this task is for these people only
  platform TEXT NOT NULL, user TEXT NOT NULL, job INTEGER NOT NULL, task INTEGER NOT NULL REFERENCES task(id),
  PRIMARY KEY(platform, user, job, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment(
  id INTEGER PRIMARY KEY AUTOINCREMENT, task INTEGER NOT NULL REFERENCES task(id), job INTEGER NOT NULL REFERENCES job(id),
  person INTEGER NOT NULL REFERENCES person(id), control INTEGER NOT NULL, state TEXT NOT NULL
    CHECK(state IN ('ACTIVE', 'SUBMITTED', 'SKIPPED', 'EXPIRED')),
  label INTEGER, leased_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, done_at INTEGER, answer INTEGER, nth INTEGER NOT NULL DEFAULT 0,
  weight INTEGER,              -- accuracy (ppm) that its worker was believed to have when answering
  UNIQUE(task, person), CHECK(state <> 'SUBMITTED' OR (label IS NOT NULL AND weight IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX assignment_live ON assignment(person) WHERE state = 'ACTIVE';
CREATE INDEX assignment_due ON assignment(expires_at) WHERE state = 'ACTIVE';
CREATE INDEX assignment_person ON assignment(person, done_at);

CREATE TABLE answer(           -- append-only: every tap that counted, and every undo of one
  id INTEGER PRIMARY KEY AUTOINCREMENT, assignment INTEGER NOT NULL, task INTEGER NOT NULL, job INTEGER NOT NULL, person INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('answer', 'skip', 'report', 'undo')), label INTEGER, control INTEGER NOT NULL,
  correct INTEGER, fast INTEGER NOT NULL DEFAULT 0, duration_ms INTEGER NOT NULL DEFAULT 0, skips_before INTEGER NOT NULL DEFAULT 0,
  undoes INTEGER UNIQUE REFERENCES answer(id), at INTEGER NOT NULL
) STRICT;
CREATE INDEX answer_job ON answer(job, id);

CREATE TABLE standing(         -- what is known of a worker in a job; integers that undo restores exactly
  person INTEGER NOT NULL REFERENCES person(id), job INTEGER NOT NULL REFERENCES job(id),
  prior_ok INTEGER NOT NULL DEFAULT 0, prior_n INTEGER NOT NULL DEFAULT 0,
  answers INTEGER NOT NULL DEFAULT 0, cant INTEGER NOT NULL DEFAULT 0, controls INTEGER NOT NULL DEFAULT 0, control_ok INTEGER NOT NULL DEFAULT 0,
  compared INTEGER NOT NULL DEFAULT 0, agreed INTEGER NOT NULL DEFAULT 0, skips INTEGER NOT NULL DEFAULT 0, skips_in_row INTEGER NOT NULL DEFAULT 0,
  fast INTEGER NOT NULL DEFAULT 0, duration_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(person, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE session(
  person INTEGER PRIMARY KEY REFERENCES person(id), job INTEGER NOT NULL REFERENCES job(id), done INTEGER NOT NULL DEFAULT 0,
  earned INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL, live_card INTEGER, over INTEGER NOT NULL DEFAULT 0, started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE card(             -- every message with buttons: what it is about and, once sent, where it is
  id INTEGER PRIMARY KEY AUTOINCREMENT, nonce TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, ref INTEGER NOT NULL, person INTEGER,
  platform TEXT NOT NULL, chat TEXT NOT NULL, message TEXT, at INTEGER NOT NULL
) STRICT;
CREATE INDEX card_ref ON card(ref, kind);

CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT, op TEXT NOT NULL, platform TEXT NOT NULL, chat TEXT NOT NULL, card TEXT NOT NULL,
  card_id INTEGER, message TEXT, files TEXT NOT NULL DEFAULT '', priority INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 0, error TEXT, at INTEGER NOT NULL   -- state: 0 waiting, 1 said, 2 given up
) STRICT;
CREATE INDEX outbox_waiting ON outbox(id) WHERE state = 0;

CREATE TABLE alert(
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, job INTEGER, person INTEGER, evidence TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK(state IN ('open', 'acted', 'ignored')), action TEXT, restriction INTEGER, actor INTEGER,
  times INTEGER NOT NULL DEFAULT 1, at INTEGER NOT NULL, acted_at INTEGER
) STRICT;

CREATE TABLE label(            -- the aggregated answer of a task, as a batch run found it
  task INTEGER NOT NULL REFERENCES task(id), job INTEGER NOT NULL, run INTEGER NOT NULL, label INTEGER NOT NULL,
  confidence INTEGER NOT NULL, majority INTEGER NOT NULL, answers INTEGER NOT NULL, PRIMARY KEY(task, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_run(
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, job INTEGER NOT NULL, claim TEXT NOT NULL, final INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'queued' CHECK(state IN ('queued', 'running', 'done', 'failed')), folder TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, UNIQUE(job, kind, claim)
) STRICT;

CREATE TABLE schedule_run(     -- one row per window of a scheduled job: whoever inserts it runs it
  name TEXT NOT NULL, claim TEXT NOT NULL, at INTEGER NOT NULL, finished_at INTEGER, outcome TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(name, claim)
) STRICT, WITHOUT ROWID;

CREATE TABLE event(            -- append-only journal of decisions: who did what to which job or person, and why
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, actor INTEGER, job INTEGER, person INTEGER, body TEXT NOT NULL
) STRICT;

CREATE TABLE pending_upload(   -- half of a job (items or job file) that waits for its other half
  person INTEGER NOT NULL, platform TEXT NOT NULL, chat TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(person, platform, chat)
) STRICT;

-- Double entry: postings first, the entry row last; its insert is the seal.
CREATE TABLE account(
  id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, asset TEXT NOT NULL,
  floor INTEGER,               -- NULL only for the world outside, which may go negative
  balance INTEGER NOT NULL DEFAULT 0, CHECK(floor IS NULL OR balance >= floor)
) STRICT;
CREATE TABLE entry(
  id TEXT PRIMARY KEY,         -- the caller's idempotency key
  digest TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, reverses TEXT UNIQUE REFERENCES entry(id)
) STRICT, WITHOUT ROWID;
CREATE TABLE posting(
  entry TEXT NOT NULL REFERENCES entry(id) DEFERRABLE INITIALLY DEFERRED, account INTEGER NOT NULL REFERENCES account(id),
  amount INTEGER NOT NULL CHECK(amount <> 0 AND abs(amount) < 1000000000000000), PRIMARY KEY(entry, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX posting_account ON posting(account);

CREATE TRIGGER posting_open BEFORE INSERT ON posting WHEN EXISTS(SELECT 1 FROM entry WHERE id = NEW.entry)
  BEGIN SELECT RAISE(ABORT, 'entry is sealed'); END;
CREATE TRIGGER posting_apply AFTER INSERT ON posting
  BEGIN UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.account; END;
CREATE TRIGGER entry_seal BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'entry needs two postings') WHERE (SELECT count(*) FROM posting WHERE entry = NEW.id) < 2;
  SELECT RAISE(ABORT, 'entry does not balance') WHERE EXISTS(
    SELECT 1 FROM posting p JOIN account a ON a.id = p.account WHERE p.entry = NEW.id GROUP BY a.asset HAVING sum(p.amount) <> 0);
END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER answer_no_update BEFORE UPDATE ON answer BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER answer_no_delete BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'append only'); END;
