-- Quality rules: the log of what fired and why, how far the journal was read for them, and overlap that a rule added.
CREATE TABLE firing(           -- append-only; `counts` are the worker's counts then: evidence that made a rule fire is spent
  id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, person INTEGER NOT NULL REFERENCES person(id), job INTEGER NOT NULL REFERENCES job(id),
  answer INTEGER,              -- the answer that made it fire, if one did
  evidence TEXT NOT NULL, counts TEXT NOT NULL, action TEXT NOT NULL,
  restriction INTEGER,         -- the restriction that followed, if one did
  before TEXT NOT NULL,        -- what the action replaced, to be put back when the answer is undone
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX firing_worker ON firing(person, job, rule, id);
CREATE INDEX firing_answer ON firing(answer) WHERE answer IS NOT NULL;
CREATE TRIGGER firing_no_update BEFORE UPDATE ON firing BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER firing_no_delete BEFORE DELETE ON firing BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE rules_read(       -- one row: the last line of the journal that rules have looked at
  id INTEGER PRIMARY KEY CHECK(id = 1), event INTEGER NOT NULL
) STRICT;
INSERT INTO rules_read(id, event) VALUES(1, 0);

ALTER TABLE task ADD COLUMN extra INTEGER NOT NULL DEFAULT 0;   -- answers that rules asked for beyond the job's overlap
