-- An answer that is kept and paid but no longer counts: its worker was banned, or the answer was rejected.
ALTER TABLE assignment ADD COLUMN void INTEGER NOT NULL DEFAULT 0;
