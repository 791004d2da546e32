-- When what an organization has been excused from, or has proven for a time, ends: compared with the clock at every use.
ALTER TABLE organization_requirements ADD COLUMN until BIGINT;

UPDATE organization_requirements SET until =
  (SELECT v.until FROM organization_verifications v
   WHERE v.organization = organization_requirements.organization AND v.status IN ('exempt', 'verified'))
  WHERE requirement = 'organization';
UPDATE organization_requirements SET until =
  (SELECT s.due_at FROM standings s
   WHERE s.organization = organization_requirements.organization AND s.requirement = 'phone')
  WHERE requirement = 'phone' AND how = 'waived';
