-- Roles of candidates see only the databases that are made for them.
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
-- A lock that a candidate's session holds must not hold us up.
ALTER ROLE gradekit SET lock_timeout = '3s';
-- In this database, to which nobody else may connect: what was counted is the administrator's to read and to reset.
CREATE EXTENSION pg_stat_statements;
