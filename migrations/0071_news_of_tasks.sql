-- no transaction
-- Before a unit is closed, news of tasks that no worker has carried yet are looked through (akson/record/worklist.sql, `untold`). All news
-- were read for them: while no worker runs there are many, and a client that closes a unit paid for each. 140 is Task.
DROP INDEX CONCURRENTLY IF EXISTS news_of_tasks;
CREATE INDEX CONCURRENTLY news_of_tasks ON news (owner, seq) WHERE 140 = ANY (types);
