SELECT 'a'
'b', f(1)

SELECT E'a\'' , f(1)

SELECT E'a'
'b\', f(1) --'

SELECT E'a' -- comment '
  'b\', f(1) --'

SELECT B'1'
'0', f(1)

SELECT 'a\', f(1) --'

SELECT $a$b$a$, f(1)

SELECT $a$ $b$ $a $a$, 1

SELECT a$b$c, 'x$b$y' FROM t

SELECT $1, $2$x$3$x$

SELECT $é$ f(1) $é$

SELECT "a""b", "c" FROM "d""e(f"

SELECT "a""b"(1)

SELECT U&"d\0061t\+000061" FROM t

SELECT U&"d!0061t" UESCAPE '!' FROM t

SELECT u&'\0441' , U & b FROM t

SELECT U&"lower"('A')

SELECT e, b, x, n, u FROM t

SELECT e.a, b."c", x.d FROM t e, u b, v x

SELECT n'abc', N'it''s'

SELECT x'1F', X'00'::bit(8)

SELECT 1--f(1)
, 2

SELECT 1-- f(1)

SELECT 1 - -2, 1 -/* */-2, 3 --

SELECT 1*/* f(1) */2

SELECT 1 +/* ; */ 2

SELECT 1 /* /* */ f(1) */ , 2

SELECT 1 /*/ f(1) /*/ */ */

SELECT 1 /***/ , f(1)

SELECT 1 /**//* x */ , 2 /****** ; ******/

SELECT 1.5, 1., .5, 1.e5, 1e5, 1e+5, 1e-5, 5.e-3

SELECT a.b.c, a . b, a
.
b FROM t

SELECT lower
-- comment (
(a) FROM t

SELECT a::text::varchar(3)::public.x, b FROM t

SELECT a[1:2], a[:], a[b:c], a[1::int] FROM t

SELECT a <-> b, a @@ b, a &&& b, a ##b FROM t

SELECT a >= ALL(SELECT 1), b FROM t

SELECT "SELECT", "pg_class" FROM t

SELECT "a;b" FROM "c--d"

SELECT "a/*b" FROM "c*/d"

SELECT ';' ; 

SELECT '--' , '/*' , $$ ' $$ , '*/'

SELECT 日本語(1)

SELECT été FROM t WHERE "naïve" = 'ï'

SELECT lowér(a) FROM t

SELECT Lower(A), COUNT(*), CoAlEsCe(b, 1) FROM T

SELECT current_timestampx(1)

SELECT current_timestam(1)

SELECT selectx(1), xselect FROM t

SELECT lower_(1)

SELECT lowe(1)

SELECT count_(*), _count FROM t

SELECT 	lower(a)FROM(t)

SELECT(1)

SELECT*FROM t

SELECT"a"FROM"t"

SELECT'a'

SELECT$1

SELECT-1

SELECT.5

SELECT@-1

select(select(select 1))

SELECT 1 FROM t WHERE a='x'AND b=2OR c=3

SELECT a FROM t WHERE b IN(1)AND(c)

SELECT ((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))

SELECT $$a$$$b$c$b$, 1

SELECT '' , '''', '''''' , ''''';'

SELECT E'\\', 'f(1)'

SELECT E'''\'''';''', 1

SELECT E'\'', f(1), E'\''

SELECT "", 1

(TABLE t)

 	
 SELECT 1

SELECT 1 ;;; ;

;;;

-- only

/* only */

SELECT 1 WHERE 'a' LIKE 'b' ESCAPE ''

SELECT a AS "f(1)" FROM t

SELECT f FROM (SELECT 1) f

SELECT f (1) FROM t

SELECT t.f, (t).f FROM t

SELECT (t).f.g FROM t

SELECT s.f.g(1)

SELECT pg_catalog . lower ( 'A' )

SELECT pg_catalog./* x */lower('A')

SELECT x.pg_catalog.lower('A')

SELECT lower.pg_catalog('A')

SHOW work_mem

SHOW a.b

SHOW TIME ZONE

SHOW TRANSACTION ISOLATION LEVEL

SHOW SESSION AUTHORIZATION

show "work_mem";

COPY t(a)TO STDOUT

COPY binary TO STDOUT

COPY binary FROM STDIN

COPY binary (a) TO STDOUT

COPY(SELECT 1)TO STDOUT

SELECT a FROM t ORDER BY a USING <, b

SELECT a FROM t ORDER BY a USING OPERATOR(pg_catalog.<), f(b)

SELECT xmlconcat('<a/>', '<b/>'), xmlparse(content '<a/>'), xmlexists('//a' PASSING b) FROM t

SELECT * FROM xmltable('/a' PASSING x COLUMNS b int PATH 'c', d FOR ORDINALITY)

SELECT * FROM json_to_record('{}') AS x(a int, b varchar(10), c numeric(3, 1))

SELECT * FROM json_to_recordset('[]') x(a int, b text)

SELECT nothing FROM t WHERE notify = 1 AND "listen" = 2 AND lock = 3

SELECT CURRENT_DATE - interval '1' day, a FROM t

SELECT treat(a AS text) FROM t
