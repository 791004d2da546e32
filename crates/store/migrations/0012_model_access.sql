-- Which models a project may use, as JSON; NULL is every one that is served.
ALTER TABLE projects ADD COLUMN model_access TEXT;
