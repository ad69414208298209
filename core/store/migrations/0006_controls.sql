-- Control tasks with their reasons and their record, training and exams, exclusions, and what fitness for a job needs.

CREATE TABLE control(          -- a task whose answer is known: what it teaches, how workers fared on it, whether it still serves
  task INTEGER PRIMARY KEY REFERENCES task(id) ON DELETE CASCADE, job INTEGER NOT NULL,
  teaching INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '',
  origin INTEGER,              -- the ordinary task that it was made from: who answered that one never gets this one
  asked INTEGER NOT NULL DEFAULT 0, ok INTEGER NOT NULL DEFAULT 0, retired_at INTEGER, reason TEXT
) STRICT;
CREATE INDEX control_live ON control(job) WHERE retired_at IS NULL;
CREATE INDEX control_origin ON control(origin) WHERE origin IS NOT NULL;
INSERT INTO control(task, job) SELECT id, job FROM task WHERE gold IS NOT NULL;
CREATE TABLE control_class(    -- a worker's record on controls, by the right answer
  person INTEGER NOT NULL, job INTEGER NOT NULL, label INTEGER NOT NULL, n INTEGER NOT NULL DEFAULT 0, ok INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(person, job, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE control_look(     -- how many control answers a job had when its controls were last looked at
  job INTEGER PRIMARY KEY, answers INTEGER NOT NULL
) STRICT;
CREATE TABLE promotion(        -- a task that was proposed as a control, and what a person said to that
  task INTEGER PRIMARY KEY, job INTEGER NOT NULL, control INTEGER, decision TEXT NOT NULL CHECK(decision IN ('yes', 'no')),
  actor INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_sure ON task(job, confidence DESC) WHERE done = 1 AND gold IS NULL AND reserved = 0;
CREATE INDEX answer_control ON answer(job, id) WHERE control = 1;
CREATE INDEX answer_control_person ON answer(person, id) WHERE control = 1;

ALTER TABLE standing ADD COLUMN control_rate INTEGER;      -- chance of a control (ppm) in the session begun at control_session
ALTER TABLE standing ADD COLUMN control_session INTEGER;

ALTER TABLE job ADD COLUMN workers INTEGER NOT NULL DEFAULT 0;
UPDATE job SET workers = (SELECT count(*) FROM standing s WHERE s.job = job.id);
CREATE TRIGGER job_gains_worker AFTER INSERT ON standing BEGIN UPDATE job SET workers = workers + 1 WHERE id = NEW.job; END;
CREATE TRIGGER job_loses_worker AFTER DELETE ON standing BEGIN UPDATE job SET workers = workers - 1 WHERE id = OLD.job; END;

CREATE TABLE attempt(          -- one try at a job's training or exam
  id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES person(id), job INTEGER NOT NULL REFERENCES job(id),
  kind TEXT NOT NULL CHECK(kind IN ('training', 'exam')), nth INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK(state IN ('open', 'passed', 'failed')),
  asked INTEGER NOT NULL, ok INTEGER NOT NULL DEFAULT 0, score INTEGER, begun_at INTEGER NOT NULL, done_at INTEGER
) STRICT;
CREATE INDEX attempt_person ON attempt(person, job, kind, id);
CREATE TABLE attempt_answer(   -- its questions in order, and the first answer to each
  attempt INTEGER NOT NULL REFERENCES attempt(id), position INTEGER NOT NULL, person INTEGER NOT NULL, task INTEGER NOT NULL REFERENCES task(id),
  label INTEGER, correct INTEGER, paid INTEGER NOT NULL DEFAULT 0, at INTEGER, PRIMARY KEY(attempt, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_answer_seen ON attempt_answer(person, task);
CREATE TABLE declined(         -- jobs whose training or exam a worker did not want now
  person INTEGER NOT NULL, job INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(person, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE exclusion(        -- Toloka's unavailable_for: this task is not for these people
  platform TEXT NOT NULL, user TEXT NOT NULL, job INTEGER NOT NULL, task INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
  PRIMARY KEY(platform, user, job, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_bar(          -- best workers first: the accuracy (ppm) that the job asks for now; 0 when too few reach it
  job INTEGER PRIMARY KEY, bar INTEGER NOT NULL, workers INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
