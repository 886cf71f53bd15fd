-- The administrator has no password: the socket's folder is shared with the probe only, and over the network comes
-- 127.0.0.1, for which there is no such account. Accounts of candidates are made for one database each.
FLUSH PRIVILEGES;
CREATE USER gradekit@localhost IDENTIFIED BY '';
GRANT ALL PRIVILEGES ON *.* TO gradekit@localhost WITH GRANT OPTION;
DELETE FROM mysql.global_priv WHERE User NOT IN ('gradekit', 'mariadb.sys');
DELETE FROM mysql.proxies_priv;
DELETE FROM mysql.db;
FLUSH PRIVILEGES;
