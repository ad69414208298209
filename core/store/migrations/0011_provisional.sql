-- A verdict is provisional until it has stood some refits of what is believed of its workers; and jobs without takers.
ALTER TABLE task ADD COLUMN stood INTEGER NOT NULL DEFAULT 0;  -- refits that the verdict has stood; 5 are enough (core.store.provisional)
CREATE INDEX task_provisional ON task(job, position) WHERE done = 1 AND gold IS NULL AND answers > 0 AND stood < 5;
CREATE INDEX task_begun_reserved ON task(job, answers, position) WHERE want > 0 AND gold IS NULL AND reserved = 1;
CREATE INDEX reservation_task ON reservation(task);
