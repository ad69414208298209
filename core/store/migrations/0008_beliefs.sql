-- What the router believes of a job's crowd, refitted as answers come in, and what a model says of tasks beforehand.
CREATE TABLE belief(
  job INTEGER PRIMARY KEY REFERENCES job(id), mark INTEGER NOT NULL, body BLOB NOT NULL, answers INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE prior(            -- class shares in parts per million, calibrated and out of sample
  task INTEGER PRIMARY KEY REFERENCES task(id), job INTEGER NOT NULL, shares TEXT NOT NULL, model INTEGER NOT NULL
) STRICT;
CREATE INDEX prior_job ON prior(job);
ALTER TABLE job ADD COLUMN belief INTEGER NOT NULL DEFAULT 0;  -- the mark of its belief: names the body's content, 0 for none
ALTER TABLE job ADD COLUMN priors INTEGER NOT NULL DEFAULT 0;  -- how many of its tasks have a prior
