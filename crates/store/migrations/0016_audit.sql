-- In which project something happened, where that is known; rows written before are found by their target.
ALTER TABLE audit_events ADD COLUMN project TEXT;

-- What auditors ask for: a kind of event, a person or key, a thing, a project, a time.
CREATE INDEX audit_events_by_action ON audit_events (organization, action, sequence);
CREATE INDEX audit_events_by_actor ON audit_events (organization, actor_kind, actor_id, sequence);
CREATE INDEX audit_events_by_target ON audit_events (organization, target_id, sequence);
CREATE INDEX audit_events_by_project ON audit_events (organization, project, sequence);
CREATE INDEX audit_events_by_time ON audit_events (organization, at);
