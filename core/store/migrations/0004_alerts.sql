-- Alerts that act: pairs of workers, a chart, folding of repeats, quiet hours, and a log of what was done.
ALTER TABLE alert ADD COLUMN other INTEGER;                     -- the second worker of a finding about two
ALTER TABLE alert ADD COLUMN target INTEGER;                    -- whom the decision in force concerns
ALTER TABLE alert ADD COLUMN chart TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0; -- when it was raised last
ALTER TABLE alert ADD COLUMN shown_at INTEGER NOT NULL DEFAULT 0; -- when its cards were drawn last
ALTER TABLE alert ADD COLUMN held INTEGER NOT NULL DEFAULT 0;   -- 1: waits for the end of the quiet hours
CREATE INDEX alert_held ON alert(id) WHERE held = 1;
CREATE INDEX alert_at ON alert(at);

CREATE TABLE alert_log(        -- append-only: who did what about which alert
  id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL REFERENCES alert(id), at INTEGER NOT NULL, actor INTEGER NOT NULL,
  action TEXT NOT NULL, target INTEGER
) STRICT;
CREATE INDEX alert_log_alert ON alert_log(alert);
CREATE TRIGGER alert_log_no_update BEFORE UPDATE ON alert_log BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER alert_log_no_delete BEFORE DELETE ON alert_log BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE sweep(            -- how far detection has read each job
  job INTEGER PRIMARY KEY, answer INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_closed ON job(closed_at) WHERE state = 'closed';
