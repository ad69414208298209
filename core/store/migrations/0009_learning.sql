-- The learning loop: what an audit suspects and what people made of it; models, which of them is live, and why.
CREATE TABLE audit(            -- one finished audit run; shares in parts per million
  run INTEGER PRIMARY KEY REFERENCES batch_run(id), job INTEGER NOT NULL REFERENCES job(id), answers INTEGER NOT NULL, labelled INTEGER NOT NULL,
  error INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, weight INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_job ON audit(job, run);

CREATE TABLE suspect(          -- a label or a control's gold that is probably wrong; `decision` is a person's word on it
  id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES audit(run), job INTEGER NOT NULL, task INTEGER NOT NULL REFERENCES task(id),
  kind TEXT NOT NULL CHECK(kind IN ('label', 'gold')), label INTEGER NOT NULL, suggested INTEGER NOT NULL, suspicion INTEGER NOT NULL,
  reason TEXT NOT NULL, decision TEXT CHECK(decision IN ('fix', 'keep', 'expert')), actor INTEGER, decided_at INTEGER, UNIQUE(run, task, kind)
) STRICT;
CREATE INDEX suspect_open ON suspect(job, run, suspicion DESC) WHERE decision IS NULL;
CREATE INDEX suspect_task ON suspect(task) WHERE decision IS NOT NULL;

CREATE TABLE model(            -- a folder that a finetune run left; one a job is live
  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job(id), run INTEGER NOT NULL UNIQUE REFERENCES batch_run(id),
  folder TEXT NOT NULL, hash TEXT NOT NULL, state TEXT NOT NULL CHECK(state IN ('candidate', 'live', 'retired', 'refused')),
  parent INTEGER, metrics TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', actor INTEGER, at INTEGER NOT NULL, decided_at INTEGER
) STRICT;
CREATE UNIQUE INDEX model_live ON model(job) WHERE state = 'live';
CREATE INDEX model_job ON model(job, id);
ALTER TABLE model ADD COLUMN displaced INTEGER;  -- the model that was live when this one went live: what a rollback brings back
ALTER TABLE model ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;  -- rolled back: 1 while its labels and priors are being taken back, 2 after

CREATE TABLE model_label(      -- a task that only a model labelled: done without answers until people speak or the model is withdrawn
  task INTEGER PRIMARY KEY REFERENCES task(id), job INTEGER NOT NULL, model INTEGER NOT NULL REFERENCES model(id),
  label INTEGER NOT NULL, confidence INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX model_label_model ON model_label(model);
CREATE INDEX prior_model ON prior(model);
