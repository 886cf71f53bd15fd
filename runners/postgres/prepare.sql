-- Roles of candidates see only the databases that are made for them.
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
-- A lock that a candidate's session holds must not hold us up.
ALTER ROLE gradekit SET lock_timeout = '3s';
