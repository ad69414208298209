-- A ban says what it is about and how far it reaches; one for bad work sets the worker's answers aside, slice by slice.
ALTER TABLE restriction ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE restriction ADD COLUMN requester INTEGER;
ALTER TABLE restriction ADD COLUMN sets_aside INTEGER NOT NULL DEFAULT 0;

CREATE TABLE recount(          -- one pass over a banned worker's answers: sign 1 sets them aside, -1 counts them again
  id INTEGER PRIMARY KEY AUTOINCREMENT, restriction INTEGER NOT NULL REFERENCES restriction(id), sign INTEGER NOT NULL CHECK(sign IN (-1, 1)),
  after_at INTEGER NOT NULL DEFAULT -1, after_id INTEGER NOT NULL DEFAULT 0, over INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX recount_open ON recount(id) WHERE over = 0;
CREATE INDEX recount_restriction ON recount(restriction);

CREATE TABLE recount_job(      -- what a pass did in one job: answers, tasks reopened (or settled), answers wanted more (or fewer)
  recount INTEGER NOT NULL REFERENCES recount(id), job INTEGER NOT NULL REFERENCES job(id),
  answers INTEGER NOT NULL DEFAULT 0, tasks INTEGER NOT NULL DEFAULT 0, wanted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(recount, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE restored(         -- votes that count again after others had taken their place: such a task may hold more than its overlap
  assignment INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER vote_restored AFTER UPDATE OF void ON assignment WHEN OLD.void <> 0 AND NEW.void = 0 AND NEW.state = 'SUBMITTED'
  BEGIN INSERT INTO restored(assignment) VALUES(NEW.id) ON CONFLICT DO NOTHING; END;

CREATE TABLE climate(          -- what is usual in a job, from its newest answers: a cache that the clock renews
  job INTEGER PRIMARY KEY REFERENCES job(id), bought INTEGER NOT NULL,   -- answers there were when it was made
  middle INTEGER, spread INTEGER,                                        -- of the logarithms of the times in ms, in millionths
  crowd INTEGER                                                          -- the usual worker's accuracy on controls, in ppm
) STRICT;
