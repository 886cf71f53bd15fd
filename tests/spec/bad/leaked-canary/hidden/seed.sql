-- GK-CANARY-6f1c0b7e5a92d438
select 1;
