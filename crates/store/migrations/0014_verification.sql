-- Which service made the code of a phone verification, by its section in the configuration; NULL while none has
-- (verification.md 5.1).

ALTER TABLE phone_verifications ADD COLUMN service TEXT;

-- What the operator calls an organization, with commas between: rules can leave such organizations out (verification.md 6.2).

ALTER TABLE organizations ADD COLUMN tags TEXT NOT NULL DEFAULT '';
