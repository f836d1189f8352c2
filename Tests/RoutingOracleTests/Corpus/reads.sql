SELECT 1

SELECT

SELECT NULL, true, false, 1.5, .5, 1e10, 1., 1.5e-3

SELECT abalance FROM pgbench_accounts WHERE aid = 12345;

SELECT * FROM users

SELECT * FROM public.users AS u WHERE u.id = $1

SELECT u.* FROM users u, orders o WHERE u.id = o.user_id AND o.total > 100.00

SELECT DISTINCT country FROM users ORDER BY country DESC NULLS LAST LIMIT 10 OFFSET 5

SELECT DISTINCT ON (a, b) a, b, lower(c) FROM t ORDER BY a, b

SELECT ALL a FROM t

SELECT a FROM t FETCH FIRST 5 ROWS ONLY

SELECT a FROM t ORDER BY a OFFSET 2 ROWS FETCH NEXT (1 + 1) ROWS WITH TIES

SELECT a FROM t FETCH FIRST (5) ROWS ONLY

SELECT a FROM t LIMIT ALL

SELECT a FROM t LIMIT (SELECT 3)

SELECT count(*) FROM t

SELECT count(DISTINCT a), count(DISTINCT (a, b)), sum(ALL b) FROM t

SELECT count(*) FILTER (WHERE a > 1) FROM t

SELECT array_agg(a ORDER BY b DESC), string_agg(a, ',' ORDER BY a) FROM t

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t

SELECT mode() WITHIN GROUP (ORDER BY a) FROM t

SELECT row_number() OVER () FROM t

SELECT rank() OVER (PARTITION BY a ORDER BY b), lag(a, 1) OVER w FROM t WINDOW w AS (ORDER BY c)

SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t

SELECT sum(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL '1 day' PRECEDING AND UNBOUNDED FOLLOWING) FROM t

SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY (c) ORDER BY (d)) FROM t

SELECT first_value(a) OVER (w ROWS UNBOUNDED PRECEDING) FROM t WINDOW w AS (PARTITION BY b), v AS (w)

SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1

SELECT a, b FROM t GROUP BY (a), (b)

SELECT a FROM t GROUP BY ()

SELECT a, b, sum(c) FROM t GROUP BY ROLLUP (a, b)

SELECT a, b, sum(c) FROM t GROUP BY CUBE (a, (b, c))

SELECT a, b, grouping(a, b) FROM t GROUP BY GROUPING SETS ((a, b), (a), ())

SELECT a FROM t GROUP BY a, ROLLUP (b), CUBE (c, d)

SELECT a FROM t GROUP BY GROUPING SETS (ROLLUP (a, b), CUBE (a), GROUPING SETS ((a), (b))), c

SELECT a FROM t GROUP BY DISTINCT ROLLUP (a, b), ROLLUP (a, c)

SELECT (SELECT max(a) FROM t GROUP BY ROLLUP (b)) FROM u GROUP BY CUBE (x)

SELECT a FROM t UNION SELECT b FROM u

SELECT a FROM t UNION ALL (SELECT b FROM u ORDER BY 1 LIMIT 1) INTERSECT SELECT c FROM v

(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1

((SELECT 1))

(((SELECT a FROM t) EXCEPT (SELECT b FROM u)))

(VALUES (1), (2)) ORDER BY 1

(WITH x AS (SELECT 1) SELECT * FROM x)

VALUES (1, 'a'), (2, 'b')

VALUES (lower('A')), (upper('b'))

TABLE users

TABLE ONLY users

TABLE users ORDER BY 1 LIMIT 2

SELECT * FROM ONLY users

SELECT * FROM ONLY (users)

SELECT * FROM users *

SELECT * FROM a JOIN b ON a.id = b.id

SELECT * FROM a JOIN b ON (a.id = b.id)

SELECT * FROM a JOIN b USING (id)

SELECT * FROM a JOIN b USING (id) AS j

SELECT * FROM a INNER JOIN b USING (id, x) LEFT OUTER JOIN c ON true RIGHT JOIN d ON false FULL JOIN e ON NULL

SELECT * FROM a CROSS JOIN b NATURAL JOIN c NATURAL LEFT JOIN d

SELECT * FROM (a JOIN b USING (id))

SELECT * FROM a JOIN (b JOIN c USING (x)) USING (y)

SELECT * FROM a LEFT JOIN (SELECT 1) s ON true

SELECT * FROM a LEFT OUTER JOIN (b CROSS JOIN c) ON true

SELECT * FROM a NATURAL JOIN (b NATURAL JOIN c)

SELECT * FROM a CROSS JOIN (b CROSS JOIN c)

SELECT * FROM a FULL OUTER JOIN (SELECT 1 AS x) y USING (x)

SELECT * FROM (a CROSS JOIN b) AS j (x, y)

SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x) l

SELECT * FROM a, LATERAL generate_series(1, a.n) AS g(i)

SELECT * FROM a LEFT JOIN LATERAL unnest(a.arr) WITH ORDINALITY AS u(v, n) ON true

SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) WITH ORDINALITY u(a, b, n)

SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a'])) WITH ORDINALITY AS r(a, b, n)

SELECT * FROM generate_series(1, 10) g

SELECT * FROM generate_series(1, 10) AS g (i) WHERE i IN (1, 2)

SELECT * FROM (VALUES (1, 'a')) AS v (id, name)

SELECT * FROM (VALUES (1, 'a')) v(id, name)

SELECT * FROM t AS x (a, b), u y (c)

SELECT * FROM (SELECT 1) AS s WHERE EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2)

SELECT * FROM t WHERE a IN (SELECT b FROM u) OR a NOT IN (1, 2, 3)

SELECT * FROM t WHERE a = ANY (ARRAY[1, 2]) AND b <> ALL ('{1,2}') AND c > SOME (SELECT 1)

SELECT * FROM t WHERE (a, b) = (SELECT 1, 2)

SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4))

SELECT * FROM t WHERE ROW(a, b) < ROW(1, 2)

SELECT * FROM t WHERE a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 4 AND 3

SELECT * FROM t WHERE a BETWEEN SYMMETRIC (1) AND (2)

SELECT * FROM t WHERE a LIKE 'x%' AND b NOT LIKE '%y' ESCAPE '!' AND c ILIKE 'z' AND d SIMILAR TO '(a|b)'

SELECT * FROM t WHERE a LIKE ('x' || b) AND c NOT LIKE ('y')

SELECT * FROM t WHERE a ILIKE ('x') OR b NOT ILIKE ('%' || c) ESCAPE ('!')

SELECT * FROM t WHERE a NOT SIMILAR TO ('x')

SELECT * FROM t WHERE a ~ '^x' AND b !~* 'y' AND c ~~ 'z' AND d @> '{}' AND e ? 'k' AND f ?| ARRAY['a']

SELECT * FROM t WHERE a IS NULL AND b IS NOT NULL AND c ISNULL OR d NOTNULL

SELECT * FROM t WHERE a IS TRUE AND b IS NOT FALSE AND c IS UNKNOWN

SELECT * FROM t WHERE a IS DISTINCT FROM b AND c IS NOT DISTINCT FROM lower(d)

SELECT * FROM t WHERE a IS DOCUMENT

SELECT * FROM t WHERE (a, b) OVERLAPS (c, d)

SELECT * FROM t WHERE x IS NORMALIZED

SELECT * FROM t WHERE NOT (a AND (b OR NOT c))

SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE b WHEN 1 THEN 'x' WHEN 2 THEN 'y' END FROM t

SELECT CASE WHEN (a) THEN (1) ELSE (2) END FROM t

SELECT coalesce(a, b, 0), nullif(a, ''), greatest(1, 2), least(a, b) FROM t

SELECT cast(a AS integer), cast(b AS varchar(10)), cast(c AS numeric(10, 2)), cast(d AS text) FROM t

SELECT a::int, b::varchar(10), c::numeric(10,2), d::double precision, e::timestamp(3) with time zone FROM t

SELECT a::character varying(10), b::bit varying(4), c::national character varying(5), d::char(3) FROM t

SELECT a::int[], b::text[][], c::int ARRAY[3], d::public.mytype FROM t

SELECT a::mytype(3) FROM t

SELECT a::interval second(3), b::interval day to second, c::time(3), d::timestamptz(3) FROM t

SELECT interval '1 day', interval '1' year, timestamp '2024-01-01', date '2024-01-01', time with time zone '10:00'

SELECT interval '1' second(3), interval(3) '1 day'

SELECT int '1', text 'a', bool 't', float8 '1.5', numeric(10, 2) '1.5', bit '101', char(3) 'abc'

SELECT extract(year FROM now()), extract(epoch FROM a), extract('day' FROM b) FROM t

SELECT position('a' IN b), substring(a FROM 1 FOR 2), substring(a FOR 3), substring(a, 1, 2) FROM t

SELECT substring(a SIMILAR 'x' ESCAPE '#'), overlay(a PLACING 'x' FROM 1 FOR 2) FROM t

SELECT trim(a), trim(both 'x' from a), trim(leading from a), trim(trailing 'y' from lower(a)) FROM t

SELECT trim(both ('x') from (a)) FROM t

SELECT normalize(a), normalize(a, nfc) FROM t

SELECT collation for (a) FROM t

SELECT current_date, current_time, current_timestamp(3), localtime(0), localtimestamp, current_timestamp

SELECT current_user, session_user, user, current_role, current_catalog, current_schema

SELECT now() AT TIME ZONE 'utc', a AT TIME ZONE ('Europe/Berlin') FROM t

SELECT a COLLATE "C", b COLLATE pg_catalog."default" FROM t

SELECT ARRAY[1, 2, 3], ARRAY[[1, 2], [3, 4]], ARRAY(SELECT a FROM t), a[1], a[1:2], a[:], (b).c, (b).c[1] FROM t

SELECT a -> 'x' ->> 'y', a #>> '{a,b}', a @? '$.x' FROM t

SELECT json_build_object('a', 1, 'b', jsonb_build_object('c', 2)), to_jsonb(t), row_to_json(t) FROM t

SELECT jsonb_path_query(a, '$.x[*] ? (@ > 1)') FROM t

SELECT j ->> 'k' FROM t, jsonb_array_elements(t.list) AS e(j)

SELECT 1 + 2 * 3 - 4 / 5 % 6 ^ 7, -1, +2, - - 3, @ -5, |/ 25, ||/ 27, 5 # 3, ~1, 1 << 2, 3 >> 1, 1 & 2 | 3

SELECT a || b || 'c', a <> b, a != b, a <= b, a >= b FROM t

SELECT a = b, not a, a and b or c from t

SELECT a AS "select", b AS "from", c "x y", d AS into, e AS update, f AS delete, g AS insert, h AS for FROM t

SELECT t.update, t.delete, t.insert, t.into, t.for, t.share FROM t

SELECT a, update, delete FROM t

SELECT a + update, b FROM t WHERE share = 1 AND key = 2 AND no = 3

SELECT 1 AS one, 2 two, 3 AS "three", 4 AS over, 5 AS filter

SELECT update FROM t ORDER BY insert, delete

SELECT name, value, data, type, version, path, status, role, level, temp, local, session FROM t

SELECT "insert", "update" FROM "delete" WHERE "into" = 'into'

SELECT 'insert into x; delete from y' AS s

SELECT 'it''s', 'a'
'b' FROM t WHERE false

SELECT $$insert into t$$, $tag$ $$ nested $$ $tag$, $x$delete$x$

SELECT E'it\'s', E'\\', e'\x41', B'101', X'1F', N'text', b'', U&'d\0061t', U&'d!0061t' UESCAPE '!'

SELECT /* comment */ 1 -- another

SELECT /* nested /* comment */ ; DELETE FROM t */ 1

/* leading */ SELECT 1

-- leading
/* SQLAlchemy app=x */ SELECT users.id FROM users WHERE users.id = 1

SELECT 1;

SELECT 1 ; ; /* done */ ; --

; SELECT 1

WITH a AS (SELECT 1) SELECT * FROM a

WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b

WITH a(x) AS (SELECT 1), b(y, z) AS (SELECT 1, 2) SELECT * FROM a, b

WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT * FROM a, b

WITH a (x) AS MATERIALIZED (SELECT 1) TABLE a

WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t

WITH RECURSIVE t AS (SELECT 1 AS n UNION SELECT n + 1 FROM t), u(a) AS (SELECT 1) SELECT * FROM t, u

WITH RECURSIVE t(id, parent) AS (SELECT 1, 2 UNION ALL SELECT c.id, c.parent FROM c JOIN t ON c.parent = t.id) SEARCH DEPTH FIRST BY id SET ord CYCLE id SET is_cycle USING path SELECT * FROM t ORDER BY ord

WITH x AS (WITH y AS (SELECT 1), z(a) AS (SELECT 2) SELECT * FROM y, z), w(b) AS (SELECT 3) SELECT * FROM x, w

WITH a AS (SELECT 1) (SELECT * FROM a) UNION ALL (SELECT 2)

WITH a AS (VALUES (1)) VALUES (2)

WITH update AS (SELECT 1), delete(x) AS (SELECT 2) SELECT * FROM update, delete

SELECT (WITH a AS (SELECT 1) SELECT * FROM a)

SELECT * FROM (WITH a(b) AS (SELECT 1), c(d) AS (SELECT 2) SELECT * FROM a, c) s

SELECT pg_catalog.lower('A'), pg_catalog.count(*) FROM t

SELECT "lower"('A'), pg_catalog."lower"('B'), "pg_catalog".lower('C')

SELECT lower (a), upper
 (b), count /* x */ (*) FROM t

SELECT version(), current_setting('server_version'), inet_server_port(), inet_server_addr(), now()

SELECT to_char(now(), 'YYYY-MM-DD'), date_trunc('day', now()), age(now(), a) FROM t

SELECT md5(a), encode(b, 'hex'), decode(c, 'base64'), format('%s', d) FROM t

SELECT left(a, 1), right(b, 2), lpad(c, 3), repeat('x', 2), reverse(d), split_part(e, ',', 1) FROM t

SELECT left ('abc', 1), right ('abc', 2)

SELECT x.left FROM x

SELECT make_interval(days => 10), make_date(2024, 1, 1)

SELECT concat(VARIADIC ARRAY['a', 'b'])

SELECT count(*) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t

SELECT * FROM t WHERE a = $1 AND b = $2::text AND c IN ($3, $4) LIMIT $5

SELECT * FROM "Schema"."Table" WHERE "Column" = 1

SELECT * FROM s.t, db.s.t

SELECT café, 日本語 FROM naïve WHERE Ünïcode = 'ß'

SELECT a FROM t FOR READ ONLY

SELECT * FROM users WHERE email = 'insert@update.delete' AND bio LIKE '%for update%'

SELECT id, title FROM posts WHERE to_tsvector('english', body) @@ to_tsquery('cat & rat') ORDER BY ts_rank(to_tsvector(body), plainto_tsquery('cat')) DESC

SELECT u.id, u.name, COALESCE(p.title, 'none') AS title FROM users u LEFT JOIN posts p ON p.user_id = u.id WHERE u.active ORDER BY u.created_at DESC LIMIT 20 OFFSET 40

SELECT "auth_user"."id", "auth_user"."password" FROM "auth_user" WHERE ("auth_user"."is_active" AND "auth_user"."username" = 'x') LIMIT 21

SELECT t0.id AS t0_id, t0.created FROM orders t0 WHERE t0.status IN ('a','b') AND t0.created >= date_trunc('month', now()) GROUP BY 1, 2

SELECT "users".* FROM "users" WHERE "users"."deleted_at" IS NULL ORDER BY "users"."id" ASC LIMIT $1

SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 LIMIT $2

select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share from (select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation from part, lineitem, orders where p_partkey = l_partkey) as all_nations group by o_year order by o_year

select c_custkey from customer, orders where c_custkey = o_custkey and o_orderdate >= date '1993-10-01' and o_orderdate < date '1993-10-01' + interval '3' month

select s_name from supplier where s_suppkey in (select ps_suppkey from partsupp where ps_availqty > (select 0.5 * sum(l_quantity) from lineitem where l_partkey = ps_partkey))

select cntrycode, count(*) as numcust from (select substring(c_phone from 1 for 2) as cntrycode from customer where substring(c_phone from 1 for 2) in ('13', '31')) as custsale group by cntrycode

COPY t TO STDOUT

COPY s.t TO STDOUT

COPY "T" ("A", b) TO STDOUT

COPY t (a, b) TO STDOUT WITH (FORMAT csv, HEADER true, FORCE_QUOTE (a, b), DELIMITER ',')

COPY t TO STDOUT CSV HEADER DELIMITER AS ';' QUOTE '"' FORCE QUOTE a, b

COPY t TO STDOUT WITH BINARY

COPY BINARY t TO STDOUT

COPY (SELECT a, lower(b) FROM t WHERE c = 1) TO STDOUT

COPY (SELECT 1) TO STDOUT WITH (FORMAT binary)

COPY (VALUES (1), (2)) TO STDOUT

COPY (WITH a(x) AS (SELECT 1) SELECT * FROM a) TO STDOUT (FORMAT text)

COPY (TABLE t) TO stdout;

EXPLAIN SELECT 1

EXPLAIN ANALYZE SELECT * FROM t

EXPLAIN ANALYSE VERBOSE SELECT * FROM t

EXPLAIN VERBOSE WITH a(x) AS (SELECT 1) SELECT * FROM a

EXPLAIN (COSTS off) SELECT lower(a) FROM t

EXPLAIN (ANALYZE, BUFFERS true, FORMAT json) SELECT * FROM t

EXPLAIN (ANALYZE 1, TIMING 'off', SUMMARY on) (SELECT 1)

EXPLAIN (SELECT 1)

EXPLAIN ((SELECT 1) UNION (SELECT 2))

EXPLAIN ANALYZE (SELECT 1)

EXPLAIN VALUES (1)

EXPLAIN TABLE t
