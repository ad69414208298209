"""The part of tapcrowd that decides: jobs, routing, quality, money; no chat library and no network in here."""
