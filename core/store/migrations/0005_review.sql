-- Review, rejection, appeal and expert rulings. An answer under review is not paid yet: its pay stays in the job's `reserved`.
ALTER TABLE assignment ADD COLUMN expert INTEGER NOT NULL DEFAULT 0;   -- 1: a contested task in an expert's hands, at the expert price

CREATE TABLE review(           -- one answer that is paid only when accepted
  id INTEGER PRIMARY KEY AUTOINCREMENT, assignment INTEGER NOT NULL UNIQUE REFERENCES assignment(id), answer INTEGER NOT NULL,
  task INTEGER NOT NULL, job INTEGER NOT NULL, person INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK(state IN ('pending', 'accepted', 'rejected', 'appealed', 'upheld', 'overturned')),
  settled INTEGER NOT NULL DEFAULT 0 CHECK(settled IN (0, 1, 2)),      -- the money: 0 held, 1 paid, 2 back in escrow
  second INTEGER NOT NULL DEFAULT 0,                                    -- 1: two reviewers judge it, blind to each other
  panel INTEGER NOT NULL DEFAULT 0,                                     -- how many may judge its appeal
  reason TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', fix INTEGER, argument TEXT NOT NULL DEFAULT '',
  ready_at INTEGER NOT NULL, due_at INTEGER NOT NULL, claimed_by INTEGER, claimed_until INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL
) STRICT;
CREATE INDEX review_queue ON review(job, state, ready_at) WHERE settled = 0;
CREATE INDEX review_due ON review(due_at) WHERE settled = 0;
CREATE INDEX review_job ON review(job, settled);
CREATE INDEX review_person ON review(person, job);

CREATE TABLE review_vote(      -- what one reviewer said; it takes effect when it can no longer be undone
  id INTEGER PRIMARY KEY AUTOINCREMENT, review INTEGER NOT NULL REFERENCES review(id), reviewer INTEGER NOT NULL REFERENCES person(id),
  stage INTEGER NOT NULL CHECK(stage IN (1, 2)),                        -- 1 the review, 2 the appeal
  choice TEXT NOT NULL CHECK(choice IN ('accept', 'reject', 'skip')), reason TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  fix INTEGER, at INTEGER NOT NULL, effective INTEGER NOT NULL DEFAULT 0, UNIQUE(review, reviewer, stage)
) STRICT;
CREATE INDEX review_vote_due ON review_vote(at) WHERE effective = 0 AND choice <> 'skip';

CREATE TABLE escalation(       -- a task whose label is in doubt: for an expert, or for a reviewer to look at the label
  id INTEGER PRIMARY KEY AUTOINCREMENT, task INTEGER NOT NULL UNIQUE REFERENCES task(id), job INTEGER NOT NULL,
  goes_to TEXT NOT NULL CHECK(goes_to IN ('expert', 'reviewer')), cause TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open'
    CHECK(state IN ('open', 'done', 'lapsed')),
  at INTEGER NOT NULL, due_at INTEGER NOT NULL, claimed_by INTEGER, claimed_until INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX escalation_open ON escalation(job, goes_to, at) WHERE state = 'open';
CREATE INDEX escalation_due ON escalation(due_at) WHERE state = 'open';
CREATE TABLE escalation_skip(escalation INTEGER NOT NULL, person INTEGER NOT NULL, PRIMARY KEY(escalation, person)) STRICT, WITHOUT ROWID;

CREATE TABLE ruling(           -- a label that a person decided: it stands above the votes, with a stated weight
  id INTEGER PRIMARY KEY AUTOINCREMENT, task INTEGER NOT NULL REFERENCES task(id), job INTEGER NOT NULL, rank INTEGER NOT NULL,
  source TEXT NOT NULL CHECK(source IN ('expert', 'recheck', 'fix', 'audit')), ref INTEGER NOT NULL, person INTEGER NOT NULL,
  label INTEGER NOT NULL, weight INTEGER NOT NULL, at INTEGER NOT NULL, UNIQUE(source, ref)
) STRICT;
CREATE INDEX ruling_task ON ruling(task);
CREATE INDEX ruling_job ON ruling(job);

CREATE TABLE prompt(           -- a question to which the person's next typed text is the answer
  person INTEGER PRIMARY KEY REFERENCES person(id), kind TEXT NOT NULL, card INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE TABLE review_notice(    -- when reviewers or experts of a job were last told that work waits
  job INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(job, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX skill_holders ON skill(name, value);

-- Make, check, fix: typed answers, and the chained job whose classification tasks check them.
CREATE TABLE draft(            -- typed and not sent yet
  assignment INTEGER PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE made(             -- append-only: the text of an answer whose label is 0
  answer INTEGER PRIMARY KEY REFERENCES answer(id), task INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX made_task ON made(task);
CREATE TRIGGER made_no_update BEFORE UPDATE ON made BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER made_no_delete BEFORE DELETE ON made BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TABLE chain(            -- a job of typed answers and the job that checks them
  job INTEGER PRIMARY KEY REFERENCES job(id), checks INTEGER NOT NULL UNIQUE REFERENCES job(id)
) STRICT;
CREATE TABLE check_task(       -- which answer under review a check task judges
  task INTEGER PRIMARY KEY REFERENCES task(id), review INTEGER NOT NULL UNIQUE REFERENCES review(id), job INTEGER NOT NULL,
  applied INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX check_task_open ON check_task(job) WHERE applied = 0;
CREATE INDEX review_task ON review(task);
