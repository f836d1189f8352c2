# Perl's DBD::Pg: statements that are prepared on the server at their second use, COPY, asynchronous queries, large
# objects, last_insert_id.

use strict;
use warnings;
use utf8;

use Digest::MD5 qw(md5_hex);
use Encode qw(encode_utf8);
use Getopt::Long;
use List::Util qw(shuffle);
use POSIX qw(_exit);
use Time::HiRes qw(time sleep);

eval { require DBI; require DBD::Pg; DBD::Pg->import(qw(:pg_types :async)); 1 }
    or die "$@: apt-get install libdbd-pg-perl\n";

my @zones = qw(UTC Asia/Tokyo America/Caracas Europe/Berlin Asia/Kathmandu Africa/Nairobi);
my %options = (user => 'postgres', password => '', database => 'postgres');
GetOptions(\%options, 'port=i', 'user=s', 'password=s', 'database=s') or die;
srand 19;

sub connected {
    my ($more, %attributes) = @_;
    my $name = "dbi:Pg:host=127.0.0.1;port=$options{port};dbname=$options{database};connect_timeout=20" . ($more // '');
    return DBI->connect($name, $options{user}, $options{password},
        { RaiseError => 1, PrintError => 0, PrintWarn => 0, AutoCommit => 1, AutoInactiveDestroy => 1, %attributes });
}

sub text {
    my ($value) = @_;
    return 'undef' unless defined $value;
    return '[' . join(', ', map { text($_) } @$value) . ']' if ref $value;
    return $value;
}

sub same {
    my ($found, $expected, $what) = map { text($_) } @_;
    die substr("$what: $found", 0, 400) . ' instead of ' . substr($expected, 0, 400) . "\n" if $found ne $expected;
}

sub row {
    my ($client, $query, @values) = @_;
    return [$client->selectrow_array($query, undef, @values)];
}

sub run {
    my ($client, @texts) = @_;
    $client->do($_) for @texts;
}

sub refused {
    my ($state, $asked) = @_;
    die "what must fail with $state was accepted\n" if eval { $asked->(); 1 };
    same($DBI::state, $state, "$@");
}

# The names are dbdpg_p<process>_1, _2, ...: the same in all connections of this process.
sub statements {
    my @clients = map { connected() } 0 .. 5;
    my @prepared;
    for my $number (0 .. 5) {
        for my $kind (0 .. 2) {
            my $statement = $clients[$number]->prepare("SELECT $number, $kind, ?::int, ?::text, md5(?)");
            $statement->bind_param(3, undef, { pg_type => DBD::Pg::PG_BYTEA() });
            $statement->{pg_switch_prepared} = $kind;
            $prepared[$number][$kind] = $statement;
        }
    }
    for my $turn (0 .. 19) {
        for my $number (shuffle 0 .. 5) {
            my ($kind, $word) = (int rand 3, $turn % 2 ? 'ä' : undef);
            my $blob = pack 'N*', map { rand 2**32 } 0 .. rand 50;
            $prepared[$number][$kind]->execute($turn, $word, $blob);
            same($prepared[$number][$kind]->fetchall_arrayref, [[$number, $kind, $turn, $word, md5_hex($blob)]],
                "client $number");
        }
    }
    undef $prepared[0][1];    # DEALLOCATE
    $prepared[1][1]->execute(1, 'x', 'y');
    same($prepared[1][1]->fetchrow_arrayref->[3], 'x', 'a statement of the same name in another client');
    $prepared[1][1]->finish;
    @prepared = ();
    $_->disconnect for @clients;
}

sub transactions {
    my ($one, $two) = (connected(), connected());
    run($one, 'DROP TABLE IF EXISTS dbd_rows', 'CREATE TABLE dbd_rows (i int PRIMARY KEY)');
    $one->begin_work;
    run($one, 'INSERT INTO dbd_rows VALUES (1)');
    $one->pg_savepoint('s');
    refused('23505', sub { run($one, 'INSERT INTO dbd_rows VALUES (1)') });
    refused('25P02', sub { run($one, 'SELECT 1') });
    same($one->ping, 4, 'ping in a failed transaction');
    $one->pg_rollback_to('s');
    run($one, 'INSERT INTO dbd_rows VALUES (2)');
    $one->pg_release('s');
    $two->begin_work;
    same(row($two, 'SELECT count(*) FROM dbd_rows'), [0], 'rows before their commit');
    $two->rollback;
    $one->commit;
    $one->begin_work;
    run($one, 'DELETE FROM dbd_rows');
    $one->rollback;
    $two->begin_work;
    run($two, 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
    same(row($two, 'SHOW transaction_isolation'), ['serializable'], 'the isolation');
    same($two->selectcol_arrayref('SELECT i FROM dbd_rows ORDER BY i'), [1, 2], 'rows after the commit');
    $two->commit;
    same($two->ping, 1, 'ping');
    run($one, 'DROP TABLE dbd_rows');
    $_->disconnect for $one, $two;
}

sub large {
    my $client = connected();
    my ($words, $blob) = ('grün ' x 1_000_000, join('', map { chr($_ % 256) } 0 .. 255) x 20_000);
    my $statement = $client->prepare('SELECT ?::text, ?, md5(?)');
    $statement->bind_param(1, $words);
    $statement->bind_param($_, $blob, { pg_type => DBD::Pg::PG_BYTEA() }) for 2, 3;
    $statement->execute;
    my $found = $statement->fetchrow_arrayref;
    die "large values came back changed\n" unless $found->[0] eq $words && $found->[1] eq $blob;
    same($found->[2], md5_hex($blob), 'the digest');
    $statement->finish;
    my $rows = $client->selectall_arrayref("SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i");
    same([scalar @$rows, $rows->[-1][0]], [50000, 50000], 'a large result');
    $client->begin_work;
    my $object = $client->pg_lo_creat($client->{pg_INV_WRITE});
    my $handle = $client->pg_lo_open($object, $client->{pg_INV_WRITE});
    $client->pg_lo_write($handle, $blob, length $blob);
    $client->pg_lo_lseek($handle, 0, 0);
    $client->pg_lo_read($handle, my $back, length $blob);
    die "the large object came back changed\n" unless $back eq $blob;
    $client->pg_lo_unlink($object);
    $client->commit;
    $client->disconnect;
}

sub cancel {
    my ($client, $other, $begin) = (connected(), connected(), time);
    $client->do('SELECT pg_sleep(20)', { pg_async => DBD::Pg::PG_ASYNC() });
    sleep 0.3;
    same($client->pg_ready, 0, 'whether the answer is there');
    $client->pg_cancel;
    die "the cancel came late\n" if time - $begin > 5;
    same(row($other, 'SELECT 1 FROM pg_sleep(0.1)'), [1], 'another client');
    same(row($client, 'SELECT 2 FROM pg_sleep(0.1)'), [2], 'the client after its cancel');
    my $statement = $client->prepare('SELECT 3 FROM pg_sleep(0.2)', { pg_async => DBD::Pg::PG_ASYNC() });
    $statement->execute;
    $client->pg_result;
    same($statement->fetchall_arrayref, [[3]], 'an asynchronous answer');
    refused('57014', sub {
        $client->begin_work;
        run($client, 'SET LOCAL statement_timeout = 100', 'SELECT pg_sleep(20)');
    });
    $client->rollback;
    same(row($client, 'SHOW statement_timeout'), [0], 'the timeout after its transaction');
    $_->disconnect for $client, $other;
}

sub failures {
    my $client = connected();
    my @notices;
    local $SIG{__WARN__} = sub { push @notices, @_ };
    run($client, 'DROP TABLE IF EXISTS dbd_checked', 'CREATE TABLE dbd_checked (id int CONSTRAINT one_only '
            . 'PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO dbd_checked VALUES (1, 1)');
    $client->{PrintWarn} = 1;
    run($client, 'CREATE TABLE IF NOT EXISTS dbd_checked ()');
    die "the notices were @notices\n" unless grep { /already exists, skipping/ } @notices;
    for (1 .. 3) {
        refused('42601', sub { row($client, 'SELECT 1 FORM nothing') });
        refused('23505', sub { $client->do('INSERT INTO dbd_checked VALUES (?, 1)', undef, 1) });
        same($client->pg_error_field('constraint_name'), 'one_only', 'the constraint');
        refused('23514', sub { $client->do('INSERT INTO dbd_checked VALUES (2, ?)', undef, 0) });
        refused('42P01', sub { row($client, 'SELECT * FROM dbd_nowhere WHERE i = ?', 1) });
        refused('22P02', sub { row($client, 'SELECT ?::int', 'five') });
        same(row($client, 'SELECT ?::int', 5), [5], 'the client after errors');
    }
    $client->begin_work;
    run($client, 'INSERT INTO dbd_checked VALUES (3, 3)');
    refused('22012', sub { row($client, 'SELECT 1 / ?::int', 0) });
    refused('25P02', sub { run($client, 'SELECT 1') });
    $client->rollback;
    $client->begin_work;
    same(row($client, 'SELECT count(*) FROM dbd_checked'), [1], 'rows of what failed');
    $client->commit;
    run($client, 'DROP TABLE dbd_checked');
    $client->disconnect;
}

sub reconnects {
    for my $turn (0 .. 14) {
        my $client = connected(";application_name=turn$turn");
        same(row($client, 'SHOW application_name'), ["turn$turn"], 'the name');
        my $clone = $client->clone;
        same(row($clone, 'SHOW application_name'), ["turn$turn"], 'the name of a clone');
        $_->disconnect for $client, $clone;
    }
    die "an unknown database was accepted\n" if eval { connected(';dbname=nowhere') };
    die "an unknown database: $@" unless $@ =~ /database "nowhere" does not exist/;
    my $client = connected();
    die "a terminated session answered\n"
        if eval { row($client, 'SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)'); 1 };
    $client = connected() unless $client->ping > 0;    # Egret keeps its clients when a server is lost
    same(row($client, 'SELECT 6'), [6], 'the way on');
    $client->disconnect;
}

sub settings {
    my @clients;
    for my $number (0 .. $#zones) {
        push @clients, connected(";application_name=dbd$number;options='-c timezone=$zones[$number]'");
        run($clients[-1], "SET work_mem = '" . ($number + 1) . "MB'");
    }
    my $text = "SELECT current_setting('application_name'), current_setting('timezone'), "
        . "current_setting('work_mem'), ?::int";
    for my $turn (0 .. 19) {
        for my $number (shuffle 0 .. $#zones) {
            my $client = $clients[$number];
            same(row($client, $text, $turn), ["dbd$number", $zones[$number], ($number + 1) . 'MB', $turn],
                "client $number");
            next if rand > 0.3;
            $client->begin_work;
            run($client, "SET work_mem = '77MB'");
            same(row($client, 'SHOW work_mem'), ['77MB'], 'SET in its transaction');
            $client->rollback;
        }
    }
    $_->disconnect for @clients;
}

sub copying {
    my $client = connected();
    run($client, 'DROP TABLE IF EXISTS dbd_copy', 'CREATE TABLE dbd_copy (i int, t text)', 'COPY dbd_copy FROM STDIN');
    my @lines = map { "$_\tline $_\n" } 0 .. 19999;
    $client->pg_putcopydata($_) for @lines;
    $client->pg_putcopyend;
    run($client, 'COPY dbd_copy FROM STDIN');
    refused('22P02', sub {
        $client->pg_putcopydata("no\tno\n") for 1 .. 5000;
        $client->pg_putcopyend;
    });
    $client->begin_work;
    run($client, 'COPY (TABLE dbd_copy ORDER BY i) TO STDOUT');
    my (@found, $line);
    push @found, $line while $client->pg_getcopydata($line) >= 0;
    same(join('', @found), join('', @lines), 'the lines');
    $client->commit;
    run($client, 'DROP TABLE dbd_copy');
    $client->disconnect;
}

# Children of this process, each with a connection of its own.
sub crowd {
    my $client = connected();
    run($client, 'DROP TABLE IF EXISTS dbd_money', 'CREATE TABLE dbd_money (id int PRIMARY KEY, n int)',
        'INSERT INTO dbd_money SELECT i, 1000 FROM generate_series(0, 9) i');
    my @children;
    for my $seed (0 .. 9) {
        my $child = fork // die "fork: $!\n";
        if (!$child) {
            _exit(0) if eval { transfers($seed); 1 };
            print STDERR $@;
            _exit(1);
        }
        push @children, $child;
    }
    for my $child (@children) {
        waitpid $child, 0;
        same($?, 0, 'the status of a child');
    }
    $client->begin_work;
    same(row($client, 'SELECT sum(n) FROM dbd_money'), [10000], 'the money');
    $client->commit;
    run($client, 'DROP TABLE dbd_money');
    $client->disconnect;
}

sub transfers {
    my ($seed) = @_;
    srand $seed;
    my $client = connected();
    my $move = $client->prepare('UPDATE dbd_money SET n = n + ? WHERE id = ?');
    my $look = $client->prepare("SELECT $seed * 100 + ?::int");
    for my $turn (0 .. 11) {
        my $source = int rand 9;
        $client->begin_work;
        $move->execute(-1, $source);
        $move->execute(1, $source + 1 + int rand(9 - $source));
        $client->commit;
        $look->execute($turn);
        same($look->fetchall_arrayref, [[$seed * 100 + $turn]], "child $seed");
    }
    $client->disconnect;
}

# last_insert_id() asks for currval() of the sequence that belongs to the table.
sub keys_made {
    my $one = connected();
    run($one, 'DROP TABLE IF EXISTS dbd_keys', 'CREATE TABLE dbd_keys (id serial PRIMARY KEY, t text)');
    $one->begin_work;
    $one->do('INSERT INTO dbd_keys (t) VALUES (?)', undef, 'a');
    same($one->last_insert_id(undef, undef, 'dbd_keys', undef), 1, 'last_insert_id() in its transaction');
    $one->commit;
    $one->disconnect;
    my @clients = map { connected() } 0 .. 5;
    $_->do('INSERT INTO dbd_keys (t) VALUES (?)', undef, 'a') for @clients;
    for my $number (0 .. 5) {
        my $found = eval { $clients[$number]->last_insert_id(undef, undef, 'dbd_keys', undef) };
        my $is_lost = !defined $found && $DBI::state eq '55000' && exists $ENV{LOST_KEYS};    # see is_key in target.py
        same($found, $number + 2, "last_insert_id() of client $number") unless $is_lost;
        $clients[$number]->disconnect;
    }
    $one = connected();
    run($one, 'DROP TABLE dbd_keys');
    $one->disconnect;
}

sub notifications {
    my ($one, $two) = (connected(), connected());
    run($one, 'LISTEN dbd_news');
    row($two, "SELECT pg_notify('dbd_news', ?)", $_) for 0 .. 2;
    my ($end, @heard) = (time + 10);
    while (@heard < 3 && time < $end) {
        if (my $notify = $one->pg_notifies) { push @heard, $notify->[2] }
        else { sleep 0.05 }
    }
    same(\@heard, [0, 1, 2], 'the notifications');
    run($one, 'UNLISTEN *');
    $_->disconnect for $one, $two;
}

my @parts = (
    [statements => \&statements], [transactions => \&transactions], [large => \&large], [cancel => \&cancel],
    [failures => \&failures], [reconnects => \&reconnects], [settings => \&settings], [copying => \&copying],
    [crowd => \&crowd], [keys => \&keys_made], [notifications => \&notifications],
);
if (my $chosen = $ENV{PARTS}) {
    @parts = grep { ",$chosen," =~ /,$_->[0],/ } @parts;
}
for my $part (@parts) {
    my $begin = time;
    eval { $part->[1]->(); 1 } or die "$part->[0]: failed\n$@";
    printf STDERR "%s: %.2f s\n", $part->[0], time - $begin;
}
print join(' ', map { $_->[0] } @parts), "\n";
