-- Which service made the code of a phone verification, by its section in the configuration; NULL while none has
-- (verification.md 5.1).

ALTER TABLE phone_verifications ADD COLUMN service TEXT;
