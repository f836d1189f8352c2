<?php
// PHP's PDO and, where it has no word for a thing, the pgsql extension: prepared statements, COPY, large objects,
// lastInsertId(), cancel.

declare(strict_types=1);
error_reporting(E_ALL);
set_error_handler(function (int $level, string $text): bool {
    throw new ErrorException($text, 0, $level);
});
if (!extension_loaded('pdo_pgsql') || !extension_loaded('pgsql')) {
    fwrite(STDERR, "PHP's extension pdo_pgsql is missing: apt-get install php-pgsql\n");
    exit(1);
}
ini_set('memory_limit', '512M');

const ZONES = ['UTC', 'Asia/Tokyo', 'America/Caracas', 'Europe/Berlin', 'Asia/Kathmandu', 'Africa/Nairobi'];
$options = getopt('', ['port:', 'user:', 'password:', 'database:']);
$options += ['user' => 'postgres', 'password' => '', 'database' => 'postgres'];
mt_srand(18);

function connect(string $more = '', array $attributes = []): PDO
{
    global $options;
    $name = "pgsql:host=127.0.0.1;port={$options['port']};dbname={$options['database']};connect_timeout=20";
    return new PDO($name . $more, $options['user'], $options['password'], $attributes + [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_NUM]);
}

/** A connection of the pgsql extension, apart from all others. */
function plain(): PgSql\Connection
{
    global $options;
    return pg_connect("host=127.0.0.1 port={$options['port']} dbname={$options['database']} user={$options['user']} "
        . "password='{$options['password']}'", PGSQL_CONNECT_FORCE_NEW);
}

function same(mixed $found, mixed $expected, string $what): void
{
    if ($found !== $expected) {
        $texts = array_map(fn ($value) => substr(var_export($value, true), 0, 400), [$found, $expected]);
        throw new Exception("$what: $texts[0] instead of $texts[1]");
    }
}

function run(PDO $client, string ...$texts): void
{
    foreach ($texts as $text) {
        $client->exec($text);
    }
}

function row(PDO $client, string $text, array $values = []): array
{
    $statement = $client->prepare($text);
    $statement->execute($values);
    return $statement->fetch();
}

function refused(string $state, callable $asked): PDOException
{
    try {
        $asked();
    } catch (PDOException $error) {
        same($error->errorInfo[0], $state, $error->getMessage());
        return $error;
    }
    throw new Exception("what must fail with $state was accepted");
}

/** PDO counts its statements, pdo_stmt_00000001 and so on, in every connection. */
function statements(): void
{
    $clients = array_map(fn () => connect(), range(0, 5));
    $prepared = [];
    foreach ($clients as $number => $client) {
        foreach (range(0, 2) as $kind) {
            $prepared[$number][$kind] = $client->prepare(
                "SELECT $number, $kind, ?::int, ?::text, ?::bool, md5(?::bytea)");
        }
    }
    for ($turn = 0; $turn < 20; $turn++) {
        $order = range(0, 5);
        shuffle($order);
        foreach ($order as $number) {
            $kind = mt_rand(0, 2);
            $blob = random_bytes(1 + $kind * 50);
            $statement = $prepared[$number][$kind];
            $statement->bindValue(1, $turn, PDO::PARAM_INT);
            $statement->bindValue(2, $turn % 2 ? 'ä' : null);
            $statement->bindValue(3, $turn % 3 === 0, PDO::PARAM_BOOL);
            $statement->bindValue(4, $blob, PDO::PARAM_LOB);
            $statement->execute();
            $expected = [$number, $kind, $turn, $turn % 2 ? 'ä' : null, $turn % 3 === 0, md5($blob)];
            same($statement->fetchAll(), [$expected], "client $number");
        }
    }
    unset($prepared[0][0], $statement); // DEALLOCATE
    same(row($clients[0], 'SELECT ?::int', [5]), [5], 'a statement after another has gone');
    $prepared[1][0]->execute([1, 'x', 't', 'y']);
    same($prepared[1][0]->fetch()[3], 'x', 'a statement of the same name in another client');
    $emulated = connect('', [PDO::ATTR_EMULATE_PREPARES => true]);
    same(row($emulated, 'SELECT ?::int, ?', [5, "it's"]), [5, "it's"], 'an emulated statement');
    $unnamed = connect('', [PDO::PGSQL_ATTR_DISABLE_PREPARES => true]);
    same(row($unnamed, 'SELECT ?::int, ?::text', [5, "it's"]), [5, "it's"], 'an unnamed statement');
}

function transactions(): void
{
    [$one, $two] = [connect(), connect()];
    run($one, 'DROP TABLE IF EXISTS pdo_rows', 'CREATE TABLE pdo_rows (i int PRIMARY KEY)');
    $one->beginTransaction();
    run($one, 'INSERT INTO pdo_rows VALUES (1)', 'SAVEPOINT s');
    refused('23505', fn () => run($one, 'INSERT INTO pdo_rows VALUES (1)'));
    refused('25P02', fn () => run($one, 'SELECT 1'));
    run($one, 'ROLLBACK TO s', 'INSERT INTO pdo_rows VALUES (2)');
    $two->beginTransaction();
    same(row($two, 'SELECT count(*) FROM pdo_rows'), [0], 'rows before their commit');
    $two->rollBack();
    $one->commit();
    $one->beginTransaction();
    run($one, 'DELETE FROM pdo_rows');
    same($one->inTransaction(), true, 'what the driver knows of its transaction');
    $one->rollBack();
    same($one->inTransaction(), false, 'what the driver knows of its transaction');
    $two->beginTransaction();
    run($two, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
    same(row($two, 'SHOW transaction_isolation'), ['serializable'], 'the isolation');
    same($two->query('SELECT i FROM pdo_rows ORDER BY i')->fetchAll(PDO::FETCH_COLUMN), [1, 2], 'rows');
    $scroll = $two->prepare('SELECT generate_series(1, 100)', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
    $scroll->execute();
    same($scroll->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_ABS, 90), [90], 'a cursor that scrolls');
    same($scroll->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_PRIOR), [89], 'a cursor that scrolls back');
    $scroll = null;
    $two->commit();
    run($one, 'DROP TABLE pdo_rows');
}

function large(): void
{
    $client = connect();
    [$text, $blob] = [str_repeat('grün ', 1000000), random_bytes(5000000)];
    $statement = $client->prepare('SELECT ?::text, ?::bytea');
    $statement->bindValue(1, $text);
    $statement->bindValue(2, $blob, PDO::PARAM_LOB);
    $statement->execute();
    $found = $statement->fetch();
    same(md5($found[0]) . md5(stream_get_contents($found[1])), md5($text) . md5($blob), 'large values');
    $rows = $client->query("SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i")->fetchAll();
    same([count($rows), $rows[49999]], [50000, [50000, str_repeat('y', 100)]], 'a large result');
    $client->beginTransaction();
    $oid = $client->pgsqlLOBCreate();
    $stream = $client->pgsqlLOBOpen($oid, 'w');
    fwrite($stream, $blob);
    fclose($stream);
    $stream = $client->pgsqlLOBOpen($oid, 'r');
    same(md5(stream_get_contents($stream)), md5($blob), 'a large object');
    fclose($stream);
    $client->pgsqlLOBUnlink($oid);
    $client->commit();
}

/** PDO cannot cancel; the pgsql extension can, in the middle of a query that was sent without waiting for it. */
function cancel(): void
{
    [$client, $other, $begin] = [plain(), connect(), microtime(true)];
    pg_send_query($client, 'SELECT pg_sleep(20)');
    usleep(300000);
    same(pg_cancel_query($client), true, 'the cancel request');
    same(microtime(true) - $begin < 5, true, 'the cancel in time');
    same(row($other, 'SELECT 1 FROM pg_sleep(0.1)'), [1], 'another client');
    same(pg_fetch_row(pg_query($client, 'SELECT 2 FROM pg_sleep(0.1)')), ['2'], 'the client after its cancel');
    $other->beginTransaction();
    run($other, 'SET LOCAL statement_timeout = 100');
    refused('57014', fn () => row($other, 'SELECT pg_sleep(20)'));
    $other->rollBack();
    same(row($other, 'SHOW statement_timeout'), ['0'], 'the timeout after its transaction');
    pg_close($client);
}

function failures(): void
{
    $client = connect();
    run($client, 'DROP TABLE IF EXISTS pdo_checked',
        'CREATE TABLE pdo_checked (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO pdo_checked VALUES (1, 1)');
    for ($turn = 0; $turn < 3; $turn++) {
        refused('42601', fn () => row($client, 'SELECT 1 FORM nothing'));
        $unique = refused('23505', fn () => row($client, 'INSERT INTO pdo_checked VALUES (?, 1)', [1]));
        same(str_contains($unique->getMessage(), 'Key (id)=(1) already exists.'), true, $unique->getMessage());
        refused('23514', fn () => row($client, 'INSERT INTO pdo_checked VALUES (2, ?)', [0]));
        refused('42P01', fn () => row($client, 'SELECT * FROM pdo_nowhere WHERE i = ?', [0]));
        refused('22P02', fn () => row($client, 'SELECT ?::int', ['five']));
        same(row($client, 'SELECT ?::int', [5]), [5], 'the client after errors');
    }
    $client->beginTransaction();
    run($client, 'INSERT INTO pdo_checked VALUES (3, 3)');
    refused('22012', fn () => row($client, 'SELECT 1 / ?::int', [0]));
    refused('25P02', fn () => run($client, 'SELECT 1'));
    $client->rollBack();
    $client->beginTransaction();
    same(row($client, 'SELECT count(*) FROM pdo_checked'), [1], 'rows of what failed');
    $client->commit();
    run($client, 'DROP TABLE pdo_checked');
}

function reconnects(): void
{
    for ($turn = 0; $turn < 15; $turn++) {
        $client = connect(";application_name=turn$turn");
        same(row($client, 'SHOW application_name'), ["turn$turn"], 'the name');
        $client = null;
    }
    $wrong = refused('08006', fn () => connect(';dbname=nowhere'));
    same(str_contains($wrong->getMessage(), 'database "nowhere" does not exist'), true, $wrong->getMessage());
    $client = connect();
    try {
        row($client, 'SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)');
        throw new Exception('a terminated session answered');
    } catch (PDOException $error) {
        same(preg_match('/^(57P01|HY000|08...)$/', $error->errorInfo[0]), 1, $error->getMessage());
    }
    try {
        $found = row($client, 'SELECT 6'); // Egret keeps its clients when a server is lost
    } catch (PDOException) {
        $found = row(connect(), 'SELECT 6');
    }
    same($found, [6], 'the way on');
}

function settings(): void
{
    $clients = [];
    foreach (ZONES as $number => $zone) {
        $clients[] = connect(";application_name=pdo$number;options='-c geqo_seed=0.1$number'");
        run($clients[$number], "SET TIME ZONE '$zone'", "SET work_mem = '" . ($number + 1) . "MB'");
    }
    $text = "SELECT current_setting('application_name'), current_setting('timezone'), current_setting('work_mem'), "
        . "current_setting('geqo_seed'), ?::int";
    for ($turn = 0; $turn < 20; $turn++) {
        foreach ($clients as $number => $client) {
            $expected = ["pdo$number", ZONES[$number], ($number + 1) . 'MB', rtrim("0.1$number", '0'), $turn];
            same(row($client, $text, [$turn]), $expected, "client $number");
            if (mt_rand(0, 3) === 0) {
                $client->beginTransaction();
                run($client, "SET work_mem = '77MB'");
                same(row($client, 'SHOW work_mem'), ['77MB'], 'SET in its transaction');
                $client->rollBack();
            }
        }
    }
}

function copying(): void
{
    $client = connect();
    run($client, 'DROP TABLE IF EXISTS pdo_copy', 'CREATE TABLE pdo_copy (i int, t text)');
    $lines = array_map(fn (int $number) => "$number\tline $number\n", range(0, 19999));
    same($client->pgsqlCopyFromArray('pdo_copy', $lines), true, 'COPY');
    refused('22P02', fn () => $client->pgsqlCopyFromArray('pdo_copy', array_fill(0, 5000, "no\tno\n")));
    $client->beginTransaction();
    $found = $client->pgsqlCopyToArray('pdo_copy');
    sort($found, SORT_NATURAL);
    same($found, $lines, 'the lines');
    $client->commit();
    run($client, 'DROP TABLE pdo_copy');
}

/** PHP has no threads: several processes of this program, each with a connection of its own. */
function crowd(): void
{
    global $argv;
    $client = connect();
    run($client, 'DROP TABLE IF EXISTS pdo_money', 'CREATE TABLE pdo_money (id int PRIMARY KEY, n int)',
        'INSERT INTO pdo_money SELECT i, 1000 FROM generate_series(0, 9) i');
    $crowd = [];
    for ($seed = 0; $seed < 8; $seed++) {
        $words = [PHP_BINARY, ...$argv];
        $crowd[] = proc_open($words, [STDIN, STDERR, STDERR], $pipes, null, ['SEED' => "$seed"] + getenv());
    }
    foreach ($crowd as $process) {
        while (($state = proc_get_status($process))['running']) {
            usleep(10000);
        }
        same($state['exitcode'], 0, 'a process');
    }
    $client->beginTransaction();
    same(row($client, 'SELECT sum(n) FROM pdo_money'), [10000], 'the money');
    $client->commit();
    run($client, 'DROP TABLE pdo_money');
}

function transfers(int $seed): void
{
    mt_srand($seed);
    $client = connect();
    $move = $client->prepare('UPDATE pdo_money SET n = n + ? WHERE id = ?');
    $look = $client->prepare("SELECT $seed * 100 + ?::int");
    for ($turn = 0; $turn < 12; $turn++) {
        $source = mt_rand(0, 8);
        $client->beginTransaction();
        $move->execute([-1, $source]);
        $move->execute([1, mt_rand($source + 1, 9)]);
        $client->commit();
        $look->execute([$turn]);
        same($look->fetchAll(), [[$seed * 100 + $turn]], "process $seed");
    }
}

/** lastInsertId() asks for lastval(), or for currval() of the sequence that it is given. */
function keys(): void
{
    run(connect(), 'DROP TABLE IF EXISTS pdo_keys', 'CREATE TABLE pdo_keys (id serial, t text)');
    $last = 0;
    foreach ([null, 'pdo_keys_id_seq'] as $sequence) {
        $one = connect();
        $one->beginTransaction();
        run($one, "INSERT INTO pdo_keys (t) VALUES ('a')");
        same($one->lastInsertId($sequence), (string) ++$last, 'lastInsertId() in its transaction');
        $one->commit();
        $one = null;
        $clients = array_map(fn () => connect(), range(0, 5));
        foreach ($clients as $client) {
            $client->prepare('INSERT INTO pdo_keys (t) VALUES (?)')->execute(['a']);
        }
        unset($client);
        while ($clients) {
            $last++;
            try {
                same(array_shift($clients)->lastInsertId($sequence), (string) $last, "lastInsertId($sequence)");
            } catch (PDOException $error) {
                if ($error->errorInfo[0] !== '55000' || getenv('LOST_KEYS') === false) {
                    throw $error; // see is_key in target.py
                }
            }
        }
    }
    run(connect(), 'DROP TABLE pdo_keys');
}

function notifications(): void
{
    [$one, $two] = [connect(), connect()];
    run($one, 'LISTEN pdo_news');
    foreach (['a', 'b'] as $text) {
        row($two, "SELECT pg_notify('pdo_news', ?)", [$text]);
    }
    $heard = [];
    foreach (range(1, 2) as $_) {
        $heard[] = $one->pgsqlGetNotify(PDO::FETCH_ASSOC, 10000)['payload'] ?? null;
    }
    same($heard, ['a', 'b'], 'the notifications');
    run($one, 'UNLISTEN *');
}

if (getenv('SEED') !== false) {
    transfers((int) getenv('SEED'));
    exit(0);
}
$parts = ['statements', 'transactions', 'large', 'cancel', 'failures', 'reconnects', 'settings', 'copying', 'crowd',
    'keys', 'notifications'];
if (getenv('PARTS') !== false) {
    $parts = array_values(array_intersect($parts, explode(',', getenv('PARTS'))));
}
foreach ($parts as $part) {
    $begin = microtime(true);
    try {
        $part();
    } catch (Throwable $error) {
        fwrite(STDERR, "$part: failed\n$error\n");
        exit(1);
    }
    fprintf(STDERR, "%s: %.2f s\n", $part, microtime(true) - $begin);
}
echo implode(' ', $parts), "\n";
