-- An invitation names the projects it is to, as JSON: [{"id": "proj_…", "role": "member"}].

ALTER TABLE invites ADD COLUMN projects TEXT NOT NULL DEFAULT '[]';
