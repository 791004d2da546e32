-- Which service made the code of a phone verification, by its section in the configuration; NULL while none has
-- (verification.md 5.1).

ALTER TABLE phone_verifications ADD COLUMN service TEXT;

-- What the operator calls an organization, with commas between: rules can leave such organizations out (verification.md 6.2).

ALTER TABLE organizations ADD COLUMN tags TEXT NOT NULL DEFAULT '';

-- From which addresses organizations were verified, as keyed prints: an operator looks where one address verifies many
-- (verification.md 7). Kept for thirty days.

CREATE TABLE origin_prints (
  organization TEXT NOT NULL REFERENCES organizations (id),
  print BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (organization, print)
);
CREATE INDEX origin_prints_by_print ON origin_prints (print, at);
CREATE INDEX payment_methods_by_card ON payment_methods (card_print) WHERE card_print IS NOT NULL;
