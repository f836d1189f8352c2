import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;

/**
 * PostgreSQL's JDBC driver: statements that become S_1, S_2, ... after some uses, binary transfer, portals with a fetch
 * size, batches, COPY, generated keys, two phases.
 */
class DriverJdbc {
    interface Body {
        void run() throws Exception;
    }

    static final String[] ZONES = {
        "UTC", "Asia/Tokyo", "America/Caracas", "Europe/Berlin", "Asia/Kathmandu", "Africa/Nairobi"
    };
    static String port, user = "postgres", password = "", database = "postgres";

    static Connection connect(String... words) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "20");
        properties.setProperty("socketTimeout", "40");
        for (int i = 0; i < words.length; i += 2) properties.setProperty(words[i], words[i + 1]);
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, properties);
    }

    static List<Connection> several(int count, String... words) throws SQLException {
        List<Connection> made = new ArrayList<>();
        for (int i = 0; i < count; i++) made.add(connect(words));
        return made;
    }

    static void close(List<Connection> connections) throws SQLException {
        for (Connection connection : connections) connection.close();
    }

    static void check(boolean isSo, String what) {
        if (!isSo) throw new AssertionError(what);
    }

    static void run(Connection connection, String... texts) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String text : texts) statement.execute(text);
        }
    }

    static PreparedStatement prepare(Connection connection, String text, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(text);
        for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
        return statement;
    }

    static String value(Connection connection, String text, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, text, values)) {
            ResultSet rows = statement.executeQuery();
            check(rows.next(), text + " has no row");
            return rows.getString(1);
        }
    }

    static void expect(String expected, Connection connection, String text, Object... values) throws SQLException {
        String found = value(connection, text, values);
        check(expected.equals(found), text + " gave " + found + " instead of " + expected);
    }

    static SQLException refused(String state, Body body) throws Exception {
        try {
            body.run();
        } catch (SQLException error) {
            check(state.equals(error.getSQLState()), error.getSQLState() + " instead of " + state + ": " + error);
            return error;
        }
        throw new AssertionError("what must fail with " + state + " was accepted");
    }

    /** The first statement that a connection uses often enough is S_1, the second S_2, whatever their texts are. */
    static void statements() throws Exception {
        List<Connection> clients = several(6, "prepareThreshold", "1", "preparedStatementCacheQueries", "4");
        Random dice = new Random(14);
        for (int turn = 0; turn < 60; turn++) {
            for (int number = 0; number < clients.size(); number++) {
                int kind = dice.nextInt(6);
                byte[] blob = new byte[kind * 100];
                dice.nextBytes(blob);
                String text = "SELECT " + number + ", " + kind + ", ?::int, ?::text, ?::bytea, ?::int[], ?::date";
                try (PreparedStatement statement = clients.get(number).prepareStatement(text)) {
                    statement.setInt(1, turn);
                    statement.setString(2, kind == 0 ? null : "ä" + turn);
                    statement.setBytes(3, blob);
                    statement.setArray(4, clients.get(number).createArrayOf("int4", new Integer[] {turn, null}));
                    statement.setObject(5, LocalDate.of(2024, 1, 1 + kind));
                    ResultSet row = statement.executeQuery();
                    row.next();
                    String found = row.getInt(1) + " " + row.getInt(2) + " " + row.getInt(3) + " " + row.getString(4)
                        + " " + Arrays.toString((Object[]) row.getArray(6).getArray())
                        + " " + row.getObject(7, LocalDate.class);
                    String expected = number + " " + kind + " " + turn + " " + (kind == 0 ? "null" : "ä" + turn)
                        + " [" + turn + ", null] 2024-01-0" + (1 + kind);
                    check(found.equals(expected), "client " + number + " read " + found + ", not " + expected);
                    check(Arrays.equals(row.getBytes(5), blob), "client " + number + " read other bytes");
                }
            }
        }
        run(clients.get(0), "DEALLOCATE ALL");
        expect("5", clients.get(0), "SELECT ?::int", 5);
        run(clients.get(0), "DISCARD ALL");
        expect("6", clients.get(0), "SELECT ?::int", 6);
        expect("7", clients.get(1), "SELECT ?::int", 7);
        close(clients);
        changes();
    }

    /** With autosave=always the driver heals what "cached plan must not change result type" breaks. */
    static void changes() throws Exception {
        try (Connection one = connect("prepareThreshold", "1", "autosave", "always"); Connection two = connect()) {
            run(two, "DROP TABLE IF EXISTS jdbc_changing", "CREATE TABLE jdbc_changing AS SELECT 1 AS one");
            one.setAutoCommit(false);
            expect("1", one, "SELECT * FROM jdbc_changing");
            expect("1", one, "SELECT * FROM jdbc_changing");
            one.commit();
            run(two, "ALTER TABLE jdbc_changing ALTER one TYPE text");
            expect("1", one, "SELECT * FROM jdbc_changing");
            one.commit();
            run(two, "DROP TABLE jdbc_changing");
        }
    }

    static void transactions() throws Exception {
        try (Connection one = connect(); Connection two = connect()) {
            run(one, "DROP TABLE IF EXISTS jdbc_rows", "CREATE TABLE jdbc_rows (i int PRIMARY KEY)");
            one.setAutoCommit(false);
            two.setAutoCommit(false);
            run(one, "INSERT INTO jdbc_rows VALUES (1)");
            Savepoint point = one.setSavepoint("s");
            refused("23505", () -> run(one, "INSERT INTO jdbc_rows VALUES (1)"));
            refused("25P02", () -> run(one, "SELECT 1"));
            one.rollback(point);
            run(one, "INSERT INTO jdbc_rows VALUES (2)");
            one.releaseSavepoint(point);
            expect("0", two, "SELECT count(*) FROM jdbc_rows");
            two.rollback();
            one.commit();
            run(one, "DELETE FROM jdbc_rows");
            one.rollback();
            expect("1,2", two, "SELECT string_agg(i::text, ',' ORDER BY i) FROM jdbc_rows");
            two.commit();
            two.setReadOnly(true);
            two.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            expect("serializable", two, "SHOW transaction_isolation");
            expect("on", two, "SHOW transaction_read_only");
            refused("25006", () -> run(two, "INSERT INTO jdbc_rows VALUES (3)"));
            two.rollback();
            two.setReadOnly(false);
            try (PreparedStatement statement = prepare(two, "SELECT generate_series(1, ?)", 1000)) {
                statement.setFetchSize(70);
                ResultSet rows = statement.executeQuery();
                long sum = 0;
                while (rows.next()) {
                    sum += rows.getInt(1);
                    // Another statement between the fetches of a portal.
                    if (rows.getInt(1) % 200 == 0) expect("9", two, "SELECT ?::int", 9);
                }
                check(sum == 500500, "the portal lost rows: " + sum);
            }
            two.commit();
            run(one, "DROP TABLE jdbc_rows");
            one.commit();
        }
    }

    static void batches() throws Exception {
        try (Connection client = connect("reWriteBatchedInserts", "true"); Connection other = connect()) {
            run(client, "DROP TABLE IF EXISTS jdbc_batch", "CREATE TABLE jdbc_batch (i int PRIMARY KEY, t text)");
            for (Connection connection : new Connection[] {client, other}) {
                int offset = connection == client ? 0 : 1000;
                connection.setAutoCommit(false);
                PreparedStatement batch = connection.prepareStatement("INSERT INTO jdbc_batch VALUES (?, ?)");
                for (int i = 0; i < 1000; i++) {
                    batch.setInt(1, offset + i);
                    batch.setString(2, "text " + i);
                    batch.addBatch();
                }
                check(batch.executeBatch().length == 1000, "another number of results of a batch");
                connection.commit();
                batch.setInt(1, 5000 + offset);
                batch.setString(2, "new");
                batch.addBatch();
                batch.setInt(1, 5);
                batch.setString(2, "old");
                batch.addBatch();
                try {
                    batch.executeBatch();
                    check(false, "a batch with a duplicate key was accepted");
                } catch (BatchUpdateException error) {
                    check("23505".equals(error.getSQLState()), "a batch: " + error);
                }
                connection.rollback();
            }
            expect("2000", client, "SELECT count(*) FROM jdbc_batch");
            run(client, "DROP TABLE jdbc_batch");
            client.commit();
        }
    }

    static void large() throws Exception {
        try (Connection client = connect("prepareThreshold", "-1")) {
            String text = "grün ".repeat(1_000_000);
            byte[] blob = new byte[5_000_000];
            new Random(15).nextBytes(blob);
            try (PreparedStatement statement = prepare(client, "SELECT ?::text, ?::bytea, md5(?)", text, blob, blob)) {
                ResultSet row = statement.executeQuery();
                row.next();
                check(row.getString(1).equals(text) && Arrays.equals(row.getBytes(2), blob), "large values changed");
            }
            try (Statement statement = client.createStatement()) {
                ResultSet rows = statement.executeQuery("SELECT i, repeat('y', 100) FROM generate_series(1, 100000) i");
                long sum = 0;
                while (rows.next()) sum += rows.getInt(1) + rows.getString(2).length();
                check(sum == 5010050000L, "rows of a large result were lost: " + sum);
            }
            client.setAutoCommit(false);
            var objects = client.unwrap(PGConnection.class).getLargeObjectAPI();
            long oid = objects.createLO();
            try (var object = objects.open(oid)) {
                object.write(blob);
                object.seek(0);
                check(Arrays.equals(object.read(blob.length), blob), "the large object came back changed");
            }
            objects.delete(oid);
            client.commit();
        }
    }

    static void cancel() throws Exception {
        try (Connection client = connect(); Connection other = connect()) {
            long begin = System.nanoTime();
            Statement statement = client.createStatement();
            Thread thread = new Thread(() -> {
                try {
                    Thread.sleep(300);
                    statement.cancel();
                } catch (Exception error) {
                    throw new AssertionError(error);
                }
            });
            thread.start();
            refused("57014", () -> statement.execute("SELECT pg_sleep(20)"));
            thread.join();
            expect("1", other, "SELECT 1 FROM pg_sleep(0.1)");
            expect("2", client, "SELECT 2 FROM pg_sleep(0.1)");
            statement.setQueryTimeout(1);
            refused("57014", () -> statement.execute("SELECT pg_sleep(20)"));
            expect("3", client, "SELECT 3 FROM pg_sleep(0.1)");
            check(System.nanoTime() - begin < 7_000_000_000L, "the cancels came late");
        }
    }

    static void failures() throws Exception {
        try (Connection client = connect("prepareThreshold", "2")) {
            run(client, "DROP TABLE IF EXISTS jdbc_checked", "CREATE TABLE jdbc_checked (id int CONSTRAINT one_only "
                + "PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO jdbc_checked VALUES (1, 1)");
            for (int turn = 0; turn < 5; turn++) {
                PSQLException syntax = (PSQLException) refused("42601", () -> run(client, "SELECT 1 FORM nothing"));
                check(syntax.getServerErrorMessage().getPosition() == 15, "another position");
                PSQLException unique = (PSQLException) refused(
                    "23505", () -> prepare(client, "INSERT INTO jdbc_checked VALUES (?, 1)", 1).execute());
                check("one_only".equals(unique.getServerErrorMessage().getConstraint()), "another constraint");
                refused("23514", () -> prepare(client, "INSERT INTO jdbc_checked VALUES (2, ?)", 0).execute());
                refused("42P01", () -> prepare(client, "SELECT * FROM jdbc_nowhere WHERE i = ?", 0).execute());
                refused("22012", () -> value(client, "SELECT 1 / ?::int", 0));
                expect("5", client, "SELECT ?::int", 5);
            }
            client.setAutoCommit(false);
            run(client, "INSERT INTO jdbc_checked VALUES (3, 3)");
            refused("22012", () -> value(client, "SELECT 1 / ?::int", 0));
            refused("25P02", () -> value(client, "SELECT 1 / ?::int", 1));
            client.rollback();
            expect("1", client, "SELECT count(*) FROM jdbc_checked");
            run(client, "DROP TABLE jdbc_checked");
            client.commit();
        }
    }

    static void reconnects() throws Exception {
        for (int turn = 0; turn < 15; turn++) {
            try (Connection client = connect("ApplicationName", "turn " + turn)) {
                expect("turn " + turn, client, "SHOW application_name");
                check(client.isValid(5), "a new connection is not valid");
            }
        }
        refused("28P01", () -> connect("password", "wrong"));
        Connection client = connect();
        try {
            value(client, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)");
            check(false, "a terminated session answered");
        } catch (SQLException error) {
            check(error.getSQLState().matches("57P01|08.*"), "a terminated session: " + error.getSQLState());
        }
        if (client.isClosed()) client = connect(); // Egret keeps its clients when a server is lost
        expect("6", client, "SELECT ?::int", 6);
        client.close();
    }

    static void settings() throws Exception {
        List<Connection> clients = new ArrayList<>();
        for (int number = 0; number < ZONES.length; number++) {
            clients.add(connect("options", "-c work_mem=" + (number + 1) + "MB", "prepareThreshold", "1"));
            run(clients.get(number), "SET timezone = '" + ZONES[number] + "'");
            clients.get(number).setClientInfo("ApplicationName", "jdbc " + number);
        }
        Random dice = new Random(16);
        for (int turn = 0; turn < 20; turn++) {
            for (int number = 0; number < ZONES.length; number++) {
                Connection client = clients.get(number);
                String expected = "jdbc " + number + " " + ZONES[number] + " " + (number + 1) + "MB " + turn;
                expect(expected, client, "SELECT current_setting('application_name') || ' ' || current_setting("
                    + "'timezone') || ' ' || current_setting('work_mem') || ' ' || ?", "" + turn);
                check(("jdbc " + number).equals(client.getClientInfo("ApplicationName")), "another's name");
                if (dice.nextInt(4) == 0) {
                    client.setAutoCommit(false);
                    run(client, "SET work_mem = '77MB'");
                    expect("77MB", client, "SHOW work_mem");
                    client.rollback();
                    client.setAutoCommit(true);
                }
            }
        }
        close(clients);
    }

    static void copy() throws Exception {
        try (Connection client = connect()) {
            run(client, "DROP TABLE IF EXISTS jdbc_copy", "CREATE TABLE jdbc_copy (i int, t text)");
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < 50000; i++) lines.append(i).append("\tline ").append(i).append('\n');
            CopyManager manager = client.unwrap(PGConnection.class).getCopyAPI();
            long count = manager.copyIn("COPY jdbc_copy FROM STDIN", new StringReader(lines.toString()));
            check(count == 50000, "COPY counts " + count + " rows");
            StringReader wrong = new StringReader("no\tno\n".repeat(9999));
            refused("22P02", () -> manager.copyIn("COPY jdbc_copy FROM STDIN", wrong));
            try {
                manager.copyIn("COPY jdbc_copy FROM STDIN", new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("broken");
                    }
                });
                check(false, "an error of the client's in its COPY was not told");
            } catch (IOException error) {
                check("broken".equals(error.getMessage()), "another error: " + error);
            }
            client.setAutoCommit(false);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            manager.copyOut("COPY (TABLE jdbc_copy ORDER BY i) TO STDOUT", out);
            check(out.toString(StandardCharsets.UTF_8).contentEquals(lines), "COPY gave back other lines");
            run(client, "DROP TABLE jdbc_copy");
            client.commit();
        }
    }

    static void crowd() throws Exception {
        ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
        try (Connection client = connect()) {
            run(client, "DROP TABLE IF EXISTS jdbc_money", "CREATE TABLE jdbc_money (id int PRIMARY KEY, n int)",
                "INSERT INTO jdbc_money SELECT i, 1000 FROM generate_series(0, 9) i");
            List<Thread> threads = new ArrayList<>();
            for (int seed = 0; seed < 16; seed++) {
                int number = seed;
                threads.add(new Thread(() -> {
                    try {
                        transfers(number);
                    } catch (Throwable error) {
                        wrong.add(error);
                    }
                }));
            }
            for (Thread thread : threads) thread.start();
            for (Thread thread : threads) thread.join();
            check(wrong.isEmpty(), wrong.toString());
            client.setAutoCommit(false);
            expect("10000", client, "SELECT sum(n) FROM jdbc_money");
            run(client, "DROP TABLE jdbc_money");
            client.commit();
        }
    }

    static void transfers(int seed) throws Exception {
        Random dice = new Random(seed);
        try (Connection client = connect("prepareThreshold", "2")) {
            for (int turn = 0; turn < 15; turn++) {
                int source = dice.nextInt(9), sink = source + 1 + dice.nextInt(9 - source);
                client.setAutoCommit(false);
                prepare(client, "UPDATE jdbc_money SET n = n - 1 WHERE id = ?", source).executeUpdate();
                prepare(client, "UPDATE jdbc_money SET n = n + 1 WHERE id = ?", sink).executeUpdate();
                client.commit();
                client.setAutoCommit(true);
                expect("" + (seed * 100 + turn), client, "SELECT ?::int * 100 + ?::int", seed, turn);
            }
        }
    }

    /** Whether lastval() answered as it should; see is_key in target.py. */
    static void expectKey(int expected, Connection client) throws SQLException {
        try {
            expect("" + expected, client, "SELECT lastval()");
        } catch (SQLException error) {
            if (!"55000".equals(error.getSQLState()) || System.getenv("LOST_KEYS") == null) throw error;
        }
    }

    static void keys() throws Exception {
        try (Connection one = connect()) {
            run(one, "DROP TABLE IF EXISTS jdbc_keys", "CREATE TABLE jdbc_keys (id serial, t text)");
            one.setAutoCommit(false);
            run(one, "INSERT INTO jdbc_keys (t) VALUES ('a')");
            expect("1", one, "SELECT lastval()");
            one.commit();
        }
        List<Connection> clients = several(6);
        for (int number = 0; number < clients.size(); number++) {
            PreparedStatement insert = clients.get(number).prepareStatement(
                "INSERT INTO jdbc_keys (t) VALUES (?)", Statement.RETURN_GENERATED_KEYS);
            insert.setString(1, "a");
            insert.executeUpdate();
            ResultSet made = insert.getGeneratedKeys();
            check(made.next() && made.getInt("id") == number + 2, "another generated key");
        }
        for (int number = 0; number < clients.size(); number++) {
            expectKey(number + 2, clients.get(number));
            clients.get(number).close();
        }
        try (Connection one = connect()) {
            run(one, "DROP TABLE jdbc_keys");
        }
    }

    static void notifications() throws Exception {
        try (Connection one = connect(); Connection two = connect()) {
            run(one, "LISTEN jdbc_news");
            for (int i = 0; i < 3; i++) value(two, "SELECT pg_notify('jdbc_news', ?)", "" + i);
            StringBuilder heard = new StringBuilder();
            for (int turn = 0; turn < 20 && heard.length() < 3; turn++) {
                for (PGNotification each : one.unwrap(PGConnection.class).getNotifications(500)) {
                    heard.append(each.getParameter());
                }
            }
            check(heard.toString().equals("012"), "the notifications were " + heard);
            run(one, "UNLISTEN *");
        }
    }

    static void play(String name, Body body, List<String> ended) throws Exception {
        String parts = System.getenv("PARTS");
        if (parts != null && !Arrays.asList(parts.split(",")).contains(name)) return;
        long begin = System.nanoTime();
        try {
            body.run();
        } catch (Throwable error) {
            System.err.println(name + ": failed");
            throw error;
        }
        System.err.printf("%s: %.2f s%n", name, (System.nanoTime() - begin) / 1e9);
        ended.add(name);
    }

    public static void main(String[] words) throws Exception {
        for (int i = 0; i + 1 < words.length; i += 2) {
            switch (words[i]) {
                case "--port" -> port = words[i + 1];
                case "--user" -> user = words[i + 1];
                case "--password" -> password = words[i + 1];
                case "--database" -> database = words[i + 1];
                default -> throw new IllegalArgumentException(words[i]);
            }
        }
        List<String> ended = new ArrayList<>();
        play("statements", DriverJdbc::statements, ended);
        play("transactions", DriverJdbc::transactions, ended);
        play("batches", DriverJdbc::batches, ended);
        play("large", DriverJdbc::large, ended);
        play("cancel", DriverJdbc::cancel, ended);
        play("failures", DriverJdbc::failures, ended);
        play("reconnects", DriverJdbc::reconnects, ended);
        play("settings", DriverJdbc::settings, ended);
        play("copy", DriverJdbc::copy, ended);
        play("crowd", DriverJdbc::crowd, ended);
        play("keys", DriverJdbc::keys, ended);
        play("notifications", DriverJdbc::notifications, ended);
        System.out.println(String.join(" ", ended));
    }
}
