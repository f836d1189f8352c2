// pgx 4: a cache of named statements, batches, COPY, its pool, database/sql, large objects, notifications, cancel.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	dice "math/rand"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
	"github.com/jackc/pgx/v4/stdlib"
)

var (
	port     = flag.Int("port", 5432, "")
	user     = flag.String("user", "postgres", "")
	password = flag.String("password", "", "")
	database = flag.String("database", "postgres", "")
	zones    = []string{
		"UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"}
	background = context.Background()
)

// What goes wrong is a panic: the part ends, and main says which it was.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func same(found, expected interface{}, what string) {
	if texts := [2]string{fmt.Sprint(found), fmt.Sprint(expected)}; texts[0] != texts[1] {
		panic(fmt.Sprintf("%s: %.400s instead of %.400s", what, texts[0], texts[1]))
	}
}

func words(more string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password='%s' dbname=%s sslmode=disable connect_timeout=20 %s",
		*port, *user, *password, *database, more)
}

func connect(more string) *pgx.Conn {
	client, err := pgx.Connect(background, words(more))
	must(err)
	return client
}

func several(count int, body func([]*pgx.Conn)) {
	clients := make([]*pgx.Conn, count)
	for i := range clients {
		clients[i] = connect("")
	}
	body(clients)
	for _, client := range clients {
		must(client.Close(background))
	}
}

// Whatever asks: a connection, a transaction, a pool.
type asker interface {
	Exec(context.Context, string, ...interface{}) (pgconn.CommandTag, error)
	QueryRow(context.Context, string, ...interface{}) pgx.Row
}

func run(client asker, texts ...string) {
	for _, text := range texts {
		_, err := client.Exec(background, text)
		must(err)
	}
}

func number(client asker, text string, values ...interface{}) (found int) {
	must(client.QueryRow(background, text, values...).Scan(&found))
	return
}

func word(client asker, text string, values ...interface{}) (found string) {
	must(client.QueryRow(background, text, values...).Scan(&found))
	return
}

func refused(state string, err error) *pgconn.PgError {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		panic(fmt.Sprintf("%v instead of %s", err, state))
	}
	same(answer.Code, state, answer.Message)
	return answer
}

func fails(client asker, state string, text string, values ...interface{}) *pgconn.PgError {
	_, err := client.Exec(background, text, values...)
	return refused(state, err)
}

func blobOf(size int) []byte {
	blob := make([]byte, size)
	_, err := rand.Read(blob)
	must(err)
	return blob
}

// Names that the program chooses, and those of pgx's cache, which has room for three.
func statements() {
	clients := make([]*pgx.Conn, 6)
	for i := range clients {
		clients[i] = connect("statement_cache_capacity=3")
		for _, name := range []string{"one", "two"} {
			_, err := clients[i].Prepare(background, name, fmt.Sprintf("SELECT %d, '%s', $1::int + %d", i, name, i))
			must(err)
		}
	}
	for turn := 0; turn < 20; turn++ {
		for _, i := range dice.Perm(len(clients)) {
			var client, sum, kind int
			var name string
			expected := []string{"one", "two"}[dice.Intn(2)]
			must(clients[i].QueryRow(background, expected, turn).Scan(&client, &name, &sum))
			same([]interface{}{client, name, sum}, []interface{}{i, expected, turn + i}, "a named statement")
			wanted, blob := dice.Intn(6), blobOf(dice.Intn(300))
			text := fmt.Sprintf("SELECT %d, $1::int, $2::bytea, $3::int[], $4::timestamptz, $5::text", wanted)
			var bytesBack []byte
			var array []int32
			var moment time.Time
			var null *string
			now := time.Unix(int64(turn), 1000)
			row := clients[i].QueryRow(background, text, turn, blob, []int32{1, int32(turn)}, now, nil)
			must(row.Scan(&kind, &sum, &bytesBack, &array, &moment, &null))
			same([]interface{}{kind, sum, array, null == nil}, []interface{}{wanted, turn, []int{1, turn}, true}, "a row")
			same(bytes.Equal(blob, bytesBack) && now.Equal(moment), true, "bytes and a moment")
		}
	}
	must(clients[0].Deallocate(background, "one"))
	_, err := clients[0].PgConn().ExecPrepared(background, "one", [][]byte{[]byte("1")}, nil, nil).Close()
	refused("26000", err)
	same(clients[1].QueryRow(background, "one", 1).Scan(new(int), new(string), new(int)), nil, "another client's")
	for _, client := range clients {
		must(client.Close(background))
	}
	described := connect("statement_cache_mode=describe")
	same(number(described, "SELECT $1::int", 5), 5, "the unnamed statement")
	must(described.Close(background))
	simple, err := pgx.ParseConfig(words(""))
	must(err)
	simple.PreferSimpleProtocol = true
	client, err := pgx.ConnectConfig(background, simple)
	must(err)
	same(word(client, "SELECT $1 || 'x'", "it's"), "it'sx", "the simple protocol")
	must(client.Close(background))
}

func transactions() {
	several(2, func(clients []*pgx.Conn) {
		one, two := clients[0], clients[1]
		run(one, "DROP TABLE IF EXISTS pgx_rows", "CREATE TABLE pgx_rows (i int PRIMARY KEY)")
		tx, err := one.Begin(background)
		must(err)
		run(tx, "INSERT INTO pgx_rows VALUES (1)")
		inner, err := tx.Begin(background)
		must(err)
		fails(inner, "23505", "INSERT INTO pgx_rows VALUES ($1)", 1)
		fails(inner, "25P02", "SELECT 1")
		must(inner.Rollback(background))
		inner, err = tx.Begin(background)
		must(err)
		run(inner, "INSERT INTO pgx_rows VALUES (2)")
		must(inner.Commit(background))
		must(two.BeginFunc(background, func(other pgx.Tx) error {
			same(number(other, "SELECT count(*) FROM pgx_rows"), 0, "rows before their commit")
			return nil
		}))
		must(tx.Commit(background))
		broken := errors.New("broken")
		same(one.BeginFunc(background, func(tx pgx.Tx) error {
			run(tx, "DELETE FROM pgx_rows")
			return broken
		}), broken, "a transaction that failed")
		modes := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}
		must(two.BeginTxFunc(background, modes, func(tx pgx.Tx) error {
			same(word(tx, "SHOW transaction_isolation"), "serializable", "the isolation")
			same(number(tx, "SELECT sum(i) FROM pgx_rows"), 3, "rows after the commit")
			return nil
		}))
		run(one, "DROP TABLE pgx_rows")
	})
}

// A batch is one pipeline: its error undoes the whole of it.
func batches() {
	several(1, func(clients []*pgx.Conn) {
		run(clients[0], "DROP TABLE IF EXISTS pgx_batch", "CREATE TABLE pgx_batch (i int PRIMARY KEY)")
		for turn := 0; turn < 3; turn++ {
			batch := &pgx.Batch{}
			for i := 0; i < 100; i++ {
				batch.Queue("INSERT INTO pgx_batch VALUES ($1)", turn*100+i)
				batch.Queue("SELECT $1::int", i)
			}
			results := clients[0].SendBatch(background, batch)
			for i := 0; i < 100; i++ {
				_, err := results.Exec()
				must(err)
				var found int
				must(results.QueryRow().Scan(&found))
				same(found, i, "an answer of the batch")
			}
			must(results.Close())
			batch = &pgx.Batch{}
			batch.Queue("INSERT INTO pgx_batch VALUES ($1)", 1000)
			batch.Queue("INSERT INTO pgx_batch VALUES ($1)", turn)
			refused("23505", clients[0].SendBatch(background, batch).Close())
		}
		must(clients[0].BeginFunc(background, func(tx pgx.Tx) error {
			same(number(tx, "SELECT count(*) FROM pgx_batch"), 300, "rows of the batches")
			return nil
		}))
		run(clients[0], "DROP TABLE pgx_batch")
	})
}

func large() {
	several(1, func(clients []*pgx.Conn) {
		text, blob := strings.Repeat("grün ", 1000000), blobOf(5000000)
		var textBack string
		var blobBack []byte
		row := clients[0].QueryRow(background, "SELECT $1::text, $2::bytea", text, blob)
		must(row.Scan(&textBack, &blobBack))
		same(text == textBack && bytes.Equal(blob, blobBack), true, "large values")
		rows, err := clients[0].Query(background, "SELECT i, repeat('y', 100) FROM generate_series(1, 100000) i")
		must(err)
		sum := 0
		for rows.Next() {
			var i int
			must(rows.Scan(&i, &textBack))
			sum += i + len(textBack)
		}
		must(rows.Err())
		same(sum, 5010050000, "the sum of a large result")
		must(clients[0].BeginFunc(background, func(tx pgx.Tx) error {
			objects := tx.LargeObjects()
			oid, err := objects.Create(background, 0)
			must(err)
			object, err := objects.Open(background, oid, pgx.LargeObjectModeRead|pgx.LargeObjectModeWrite)
			must(err)
			_, err = object.Write(blob)
			must(err)
			_, err = object.Seek(0, io.SeekStart)
			must(err)
			blobBack, err = io.ReadAll(object)
			must(err)
			same(bytes.Equal(blob, blobBack), true, "a large object")
			return objects.Unlink(background, oid)
		}))
	})
}

func cancel() {
	several(2, func(clients []*pgx.Conn) {
		begin := time.Now()
		time.AfterFunc(300*time.Millisecond, func() { must(clients[0].PgConn().CancelRequest(background)) })
		fails(clients[0], "57014", "SELECT pg_sleep(20)")
		same(time.Since(begin) < 5*time.Second, true, "the cancel in time")
		same(number(clients[1], "SELECT 1 FROM pg_sleep(0.1)"), 1, "another client")
		same(number(clients[0], "SELECT 2 FROM pg_sleep(0.1)"), 2, "the client after its cancel")
		must(clients[0].PgConn().CancelRequest(background)) // of nothing
		same(number(clients[1], "SELECT 3 FROM pg_sleep(0.1)"), 3, "another client after a cancel of nothing")
	})
	// A context that ends closes the connection; what it was doing has to stop, too.
	client := connect("application_name=pgx_hasty")
	hasty, stop := context.WithTimeout(background, 200*time.Millisecond)
	defer stop()
	_, err := client.Exec(hasty, "SELECT pg_sleep(20), 'hasty'")
	same(err != nil && client.IsClosed(), true, "a connection whose context has ended is closed")
	several(1, func(clients []*pgx.Conn) {
		text := "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(20), %'"
		left := 1
		for turn := 0; turn < 50 && left > 0; turn++ {
			time.Sleep(100 * time.Millisecond)
			must(clients[0].BeginFunc(background, func(tx pgx.Tx) error {
				left = number(tx, text)
				return nil
			}))
		}
		same(left, 0, "statements whose client has gone")
	})
}

func failures() {
	several(1, func(clients []*pgx.Conn) {
		client := clients[0]
		run(client, "DROP TABLE IF EXISTS pgx_checked; CREATE TABLE pgx_checked (id int CONSTRAINT one_only PRIMARY KEY, "+
			"n int CHECK (n > 0)); INSERT INTO pgx_checked VALUES (1, 1)")
		for turn := 0; turn < 3; turn++ {
			same(fails(client, "42601", "SELECT 1 FORM nothing").Position, 15, "the position")
			unique := fails(client, "23505", "INSERT INTO pgx_checked VALUES ($1, 1)", 1)
			same(unique.ConstraintName+unique.Detail, "one_onlyKey (id)=(1) already exists.", "the error")
			fails(client, "23514", "INSERT INTO pgx_checked VALUES (2, $1)", 0)
			fails(client, "42P01", "SELECT * FROM pgx_nowhere WHERE i = $1", 0)
			fails(client, "22P02", "SELECT $1::text::int", "five")
			same(number(client, "SELECT $1::int", 5), 5, "the client after errors")
		}
		tx, err := client.Begin(background)
		must(err)
		run(tx, "INSERT INTO pgx_checked VALUES (3, 3)")
		fails(tx, "22012", "SELECT 1 / $1::int", 0)
		fails(tx, "25P02", "SELECT 1")
		must(tx.Rollback(background))
		must(client.BeginFunc(background, func(tx pgx.Tx) error {
			same(number(tx, "SELECT count(*) FROM pgx_checked"), 1, "rows of what failed")
			return nil
		}))
		run(client, "DROP TABLE pgx_checked")
	})
}

func reconnects() {
	for turn := 0; turn < 15; turn++ {
		client := connect(fmt.Sprintf("application_name=turn%d", turn))
		same(word(client, "SHOW application_name"), fmt.Sprintf("turn%d", turn), "the name")
		must(client.Close(background))
	}
	_, err := pgx.Connect(background, words("")+" password=wrong")
	refused("28P01", err)
	_, err = pgx.Connect(background, words("")+" dbname=nowhere")
	refused("3D000", err)
	client := connect("")
	_, err = client.Exec(background, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || !regexp.MustCompile("^(57P01|08...)$").MatchString(answer.Code) {
		panic(fmt.Sprintf("a terminated session: %v", err))
	}
	if client.Ping(background) != nil { // Egret keeps its clients when a server is lost
		client = connect("")
	}
	same(number(client, "SELECT 6"), 6, "the way on")
	must(client.Close(background))
}

func settings() {
	clients := make([]*pgx.Conn, len(zones))
	for i, zone := range zones {
		clients[i] = connect(fmt.Sprintf("application_name=pgx%d timezone=%s geqo_seed=0.1%d", i, zone, i+1))
		run(clients[i], fmt.Sprintf("SET work_mem = '%dMB'", i+1))
	}
	names := []string{"application_name", "timezone", "geqo_seed", "work_mem"}
	text := "SELECT current_setting('" + strings.Join(names, "') || ' ' || current_setting('") + "') || ' ' || $1::int"
	for turn := 0; turn < 20; turn++ {
		for _, i := range dice.Perm(len(clients)) {
			expected := fmt.Sprintf("pgx%d %s 0.1%d %dMB %d", i, zones[i], i+1, i+1, turn)
			same(word(clients[i], text, turn), expected, fmt.Sprintf("client %d", i))
			same(clients[i].PgConn().ParameterStatus("TimeZone"), zones[i], "the zone that the driver was told")
			if dice.Intn(3) == 0 {
				tx, err := clients[i].Begin(background)
				must(err)
				run(tx, "SET work_mem = '77MB'")
				same(word(tx, "SHOW work_mem"), "77MB", "SET in its transaction")
				must(tx.Rollback(background))
			}
		}
	}
	for _, client := range clients {
		must(client.Close(background))
	}
}

func copying() {
	several(1, func(clients []*pgx.Conn) {
		client, lines := clients[0], &strings.Builder{}
		run(client, "DROP TABLE IF EXISTS pgx_copy", "CREATE TABLE pgx_copy (i int, t text)")
		rows := make([][]interface{}, 20000)
		for i := range rows {
			rows[i] = []interface{}{int32(i), fmt.Sprintf("line %d", i)}
			fmt.Fprintf(lines, "%d\tline %d\n", i, i)
		}
		count, err := client.CopyFrom(background, pgx.Identifier{"pgx_copy"}, []string{"i", "t"}, pgx.CopyFromRows(rows))
		must(err)
		same(count, 20000, "rows of COPY")
		wrong := strings.NewReader(strings.Repeat("no\tno\n", 5000))
		_, err = client.PgConn().CopyFrom(background, wrong, "COPY pgx_copy FROM STDIN")
		refused("22P02", err)
		must(client.BeginFunc(background, func(tx pgx.Tx) error {
			found := &strings.Builder{}
			_, err = client.PgConn().CopyTo(background, found, "COPY (TABLE pgx_copy ORDER BY i) TO STDOUT")
			same(found.String() == lines.String(), true, "the lines")
			return err
		}))
		run(client, "DROP TABLE pgx_copy")
	})
}

// Many goroutines on pgx's own pool, and on that of database/sql.
func crowd() {
	pool, err := pgxpool.Connect(background, words("pool_max_conns=10"))
	must(err)
	run(pool, "DROP TABLE IF EXISTS pgx_money", "CREATE TABLE pgx_money (id int PRIMARY KEY, n int)",
		"INSERT INTO pgx_money SELECT i, 1000 FROM generate_series(0, 9) i")
	config, err := pgx.ParseConfig(words(""))
	must(err)
	standard := stdlib.OpenDB(*config)
	standard.SetMaxOpenConns(10)
	var group sync.WaitGroup
	wrong := make(chan interface{}, 100)
	for seed := 0; seed < 20; seed++ {
		group.Add(1)
		go func(seed int) {
			defer group.Done()
			defer func() {
				if reason := recover(); reason != nil {
					wrong <- reason
				}
			}()
			for turn := 0; turn < 10; turn++ {
				source := (seed + turn) % 9
				if seed%2 == 0 {
					transfer(pool, source, seed*100+turn)
				} else {
					transferStandard(standard, source, seed*100+turn)
				}
			}
		}(seed)
	}
	group.Wait()
	close(wrong)
	for reason := range wrong {
		panic(reason)
	}
	must(pool.BeginFunc(background, func(tx pgx.Tx) error {
		same(number(tx, "SELECT sum(n) FROM pgx_money"), 10000, "the money")
		return nil
	}))
	run(pool, "DROP TABLE pgx_money")
	must(standard.Close())
	pool.Close()
}

func transfer(pool *pgxpool.Pool, source int, mark int) {
	must(pool.BeginFunc(background, func(tx pgx.Tx) error {
		_, err := tx.Exec(background, "UPDATE pgx_money SET n = n - $1 WHERE id = $2", 1, source)
		must(err)
		_, err = tx.Exec(background, "UPDATE pgx_money SET n = n + $1 WHERE id = $2", 1, source+1)
		return err
	}))
	same(number(pool, "SELECT $1::int", mark), mark, "an answer")
}

func transferStandard(standard *sql.DB, source int, mark int) {
	tx, err := standard.Begin()
	must(err)
	_, err = tx.Exec("UPDATE pgx_money SET n = n - $1 WHERE id = $2", 1, source)
	must(err)
	_, err = tx.Exec("UPDATE pgx_money SET n = n + $1 WHERE id = $2", 1, source+1)
	must(err)
	must(tx.Commit())
	var found int
	must(standard.QueryRow("SELECT $1::int", mark).Scan(&found))
	same(found, mark, "an answer of database/sql")
}

func keys() {
	several(1, func(clients []*pgx.Conn) {
		run(clients[0], "DROP TABLE IF EXISTS pgx_keys", "CREATE TABLE pgx_keys (id serial, t text)")
		must(clients[0].BeginFunc(background, func(tx pgx.Tx) error {
			run(tx, "INSERT INTO pgx_keys (t) VALUES ('a')")
			same(number(tx, "SELECT lastval()"), 1, "lastval() in its transaction")
			return nil
		}))
	})
	several(6, func(clients []*pgx.Conn) {
		for i, client := range clients {
			same(number(client, "INSERT INTO pgx_keys (t) VALUES ($1) RETURNING id", "a"), i+2, "RETURNING")
		}
		for i, client := range clients {
			var found int
			var answer *pgconn.PgError
			err := client.QueryRow(background, "SELECT lastval()").Scan(&found)
			// See is_key in target.py.
			_, mayBeLost := os.LookupEnv("LOST_KEYS")
			if !mayBeLost || !errors.As(err, &answer) || answer.Code != "55000" {
				must(err)
				same(found, i+2, fmt.Sprintf("lastval() of client %d", i))
			}
			must(client.Close(background))
		}
	})
	several(1, func(clients []*pgx.Conn) { run(clients[0], "DROP TABLE pgx_keys") })
}

func notifications() {
	several(2, func(clients []*pgx.Conn) {
		run(clients[0], "LISTEN pgx_news")
		for i := 0; i < 3; i++ {
			_, err := clients[1].Exec(background, "SELECT pg_notify('pgx_news', $1)", fmt.Sprint(i))
			must(err)
		}
		heard, stop := context.WithTimeout(background, 10*time.Second)
		defer stop()
		for i := 0; i < 3; i++ {
			message, err := clients[0].WaitForNotification(heard)
			must(err)
			same(message.Payload, i, "a notification")
		}
		run(clients[0], "UNLISTEN *")
	})
}

func main() {
	flag.Parse()
	parts := []struct {
		name string
		body func()
	}{
		{"statements", statements}, {"transactions", transactions}, {"batches", batches}, {"large", large},
		{"cancel", cancel}, {"failures", failures}, {"reconnects", reconnects}, {"settings", settings},
		{"copying", copying}, {"crowd", crowd}, {"keys", keys}, {"notifications", notifications},
	}
	var ended []string
	for _, part := range parts {
		if chosen := os.Getenv("PARTS"); chosen != "" && !strings.Contains(","+chosen+",", ","+part.name+",") {
			continue
		}
		begin := time.Now()
		func() {
			defer func() {
				if reason := recover(); reason != nil {
					fmt.Fprintf(os.Stderr, "%s: failed\n", part.name)
					panic(reason)
				}
			}()
			part.body()
		}()
		fmt.Fprintf(os.Stderr, "%s: %.2f s\n", part.name, time.Since(begin).Seconds())
		ended = append(ended, part.name)
	}
	fmt.Println(strings.Join(ended, " "))
}
