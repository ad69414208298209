-- Plans that requesters asked for; workers who want to be called, invitations to them, and tasks held for them.
CREATE TABLE plan(             -- a plan still to be made, for a chat
  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job(id), platform TEXT NOT NULL, chat TEXT NOT NULL,
  at INTEGER NOT NULL, UNIQUE(job, platform, chat)
) STRICT;

CREATE TABLE on_call(          -- who wants to be called, and when not: quiet hours as written, empty for the house's
  person INTEGER PRIMARY KEY REFERENCES person(id), quiet TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT 'UTC', at INTEGER NOT NULL
) STRICT;

CREATE TABLE invitation(       -- one call by name; what became of it has no consequence for the worker
  id INTEGER PRIMARY KEY AUTOINCREMENT, person INTEGER NOT NULL REFERENCES person(id), job INTEGER NOT NULL REFERENCES job(id),
  tasks INTEGER NOT NULL, gain INTEGER NOT NULL,       -- how many tasks they help with most, and by how much (millionths of a nat)
  novice INTEGER NOT NULL DEFAULT 0,                   -- 1: invited to get to know them
  state TEXT NOT NULL DEFAULT 'sent' CHECK(state IN ('sent', 'accepted', 'declined')), at INTEGER NOT NULL, decided_at INTEGER
) STRICT;
CREATE INDEX invitation_person ON invitation(person, at);
CREATE INDEX invitation_job ON invitation(job, at);

CREATE TABLE hold(             -- a task that waits for an invited worker until then
  task INTEGER PRIMARY KEY REFERENCES task(id), invitation INTEGER NOT NULL REFERENCES invitation(id),
  person INTEGER NOT NULL, job INTEGER NOT NULL, until INTEGER NOT NULL
) STRICT;
CREATE INDEX hold_until ON hold(until);
CREATE INDEX hold_invitation ON hold(invitation);
