# ruby-pg: named statements, COPY with its encoders, pipeline mode, single rows, notifications, threads.

require 'digest'
require 'securerandom'

begin
  require 'pg'
rescue LoadError => error
  abort "#{error.message}: apt-get install ruby-pg"
end

WORDS = ARGV.each_slice(2).to_h { |name, value| [name.delete_prefix('--'), value] }
ZONES = %w[UTC Asia/Tokyo America/Caracas Europe/Berlin Asia/Kathmandu Africa/Nairobi].freeze
DICE = Random.new(17)

def connect(**more)
  PG.connect(host: '127.0.0.1', port: WORDS['port'], user: WORDS.fetch('user', 'postgres'),
             password: WORDS['password'], dbname: WORDS.fetch('database', 'postgres'), connect_timeout: 20, **more)
end

def several(count)
  clients = Array.new(count) { connect }
  yield clients
  clients.each(&:close)
end

def same(found, expected, what)
  raise "#{what}: #{found.inspect[0, 500]} instead of #{expected.inspect[0, 500]}" unless found == expected
end

def value(client, text, *values)
  client.exec_params(text, values).getvalue(0, 0)
end

def run(client, *texts)
  texts.each { |text| client.exec(text) }
end

def refused(kind)
  yield
rescue kind => error
  error
else
  raise "what must fail with #{kind} was accepted"
end

def statements
  several(6) do |clients|
    clients.each_with_index do |client, number|
      %w[one two].each { |name| client.prepare(name, "SELECT #{number}, '#{name}', $1::int + #{number}, $2::text") }
    end
    20.times do |turn|
      clients.each_index.to_a.shuffle(random: DICE).each do |number|
        name = %w[one two].sample(random: DICE)
        row = clients[number].exec_prepared(name, [turn, turn.even? ? nil : 'ä']).values.first
        same(row, [number.to_s, name, (turn + number).to_s, turn.even? ? nil : 'ä'], "client #{number}")
        found = clients[number].describe_prepared(name)
        same([found.nparams, found.paramtype(0), found.nfields], [2, 23, 4], 'what is described')
      end
    end
    refused(PG::DuplicatePstatement) { clients[0].prepare('one', 'SELECT 9') }
    refused(PG::InvalidSqlStatementName) { clients[0].exec_prepared('three') }
    run(clients[0], 'DEALLOCATE one')
    clients[0].prepare('one', 'SELECT 11')
    same(clients[0].exec_prepared('one').getvalue(0, 0), '11', 'a name used again')
    same(clients[1].exec_prepared('one', [1, 'x']).getvalue(0, 2), '2', 'a name of another client')
    run(clients[0], 'DEALLOCATE ALL')
    refused(PG::InvalidSqlStatementName) { clients[0].exec_prepared('two', [1, 'x']) }
  end
end

def transactions
  several(2) do |one, two|
    run(one, 'DROP TABLE IF EXISTS ruby_rows', 'CREATE TABLE ruby_rows (i int PRIMARY KEY)')
    one.transaction do
      run(one, 'INSERT INTO ruby_rows VALUES (1)', 'SAVEPOINT s')
      refused(PG::UniqueViolation) { run(one, 'INSERT INTO ruby_rows VALUES (1)') }
      same(one.transaction_status, PG::PQTRANS_INERROR, 'the status after an error')
      run(one, 'ROLLBACK TO s', 'INSERT INTO ruby_rows VALUES (2)', 'RELEASE s')
      two.transaction { same(value(two, 'SELECT count(*) FROM ruby_rows'), '0', 'rows before their commit') }
    end
    refused(ZeroDivisionError) do
      one.transaction do
        run(one, 'DELETE FROM ruby_rows')
        1 / 0
      end
    end
    run(two, 'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY')
    same(two.exec('SELECT i FROM ruby_rows ORDER BY i').values.flatten, %w[1 2], 'rows after the commit')
    same(value(two, 'SHOW transaction_isolation'), 'serializable', 'the isolation')
    refused(PG::ReadOnlySqlTransaction) { run(two, 'INSERT INTO ruby_rows VALUES (3)') }
    run(two, 'ROLLBACK', 'BEGIN', 'DECLARE c CURSOR FOR SELECT generate_series(1, 100)', 'MOVE 90 IN c')
    same(two.exec('FETCH ALL IN c').ntuples, 10, 'what a cursor has left')
    run(two, 'COMMIT')
    run(one, 'DROP TABLE ruby_rows')
  end
end

def large
  several(1) do |client,|
    text = 'grün ' * 1_000_000
    blob = SecureRandom.bytes(5_000_000)
    values = [text, { value: blob, format: 1 }, { value: blob, format: 1 }]
    found = client.exec_params('SELECT $1::text, $2::bytea, md5($3::bytea)', values, 1)
    raise 'large values came back changed' unless found.getvalue(0, 0).force_encoding('UTF-8') == text

    raise 'large bytes came back changed' unless found.getvalue(0, 1) == blob

    same(found.getvalue(0, 2), Digest::MD5.hexdigest(blob), 'the digest')
    client.send_query("SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i")
    client.set_single_row_mode
    sum = 0
    client.get_result.stream_each_row { |row| sum += row[0].to_i }
    client.get_result
    same(sum, 1_250_025_000, 'the sum of single rows')
    lob = nil
    client.transaction do
      lob = client.lo_creat
      handle = client.lo_open(lob, PG::INV_WRITE | PG::INV_READ)
      pieces = blob.unpack('a100000' * 20) # ruby-pg loses its way in writes of megabytes
      pieces.each { |piece| client.lo_write(handle, piece) }
      client.lo_seek(handle, 0, PG::SEEK_SET)
      found = Array.new(20) { client.lo_read(handle, 100_000) }
      raise 'the large object came back changed' unless found == pieces

      client.lo_close(handle)
      client.lo_unlink(lob)
    end
  end
end

def cancel
  several(2) do |client, other|
    start = Time.now
    thread = Thread.new do
      sleep 0.3
      client.cancel
    end
    refused(PG::QueryCanceled) { run(client, 'SELECT pg_sleep(20)') }
    raise 'the cancel came late' if Time.now - start > 5

    thread.join
    client.cancel
    same(value(other, 'SELECT 1 FROM pg_sleep(0.1)'), '1', 'another client')
    same(value(client, 'SELECT 2 FROM pg_sleep(0.1)'), '2', 'the client after its cancel')
  end
end

def failures
  several(1) do |client,|
    notices = []
    client.set_notice_receiver { |result| notices << result.error_field(PG::PG_DIAG_SQLSTATE) }
    run(client, 'DROP TABLE IF EXISTS ruby_checked; CREATE TABLE ruby_checked (id int CONSTRAINT one_only ' \
                'PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO ruby_checked VALUES (1, 1)')
    run(client, 'CREATE TABLE IF NOT EXISTS ruby_checked ()')
    raise "the notices were #{notices}" unless notices.include?('42P07')

    3.times do
      syntax = refused(PG::SyntaxError) { run(client, 'SELECT 1 FORM nothing') }
      same(syntax.result.error_field(PG::PG_DIAG_STATEMENT_POSITION), '15', 'the position')
      unique = refused(PG::UniqueViolation) { value(client, 'INSERT INTO ruby_checked VALUES ($1, 1)', 1) }
      same(unique.result.error_field(PG::PG_DIAG_CONSTRAINT_NAME), 'one_only', 'the constraint')
      refused(PG::CheckViolation) { value(client, 'INSERT INTO ruby_checked VALUES (2, $1)', 0) }
      refused(PG::UndefinedTable) { value(client, 'SELECT * FROM ruby_nowhere WHERE i = $1', 0) }
      same(value(client, 'SELECT $1::int', 5), '5', 'the client after errors')
    end
    run(client, 'BEGIN', 'INSERT INTO ruby_checked VALUES (3, 3)')
    refused(PG::DivisionByZero) { value(client, 'SELECT 1 / $1::int', 0) }
    refused(PG::InFailedSqlTransaction) { value(client, 'SELECT 1 / $1::int', 1) }
    run(client, 'ROLLBACK')
    client.transaction { same(value(client, 'SELECT count(*) FROM ruby_checked'), '1', 'rows of what failed') }
    run(client, 'DROP TABLE ruby_checked')
  end
end

def reconnects
  15.times do |turn|
    client = connect(application_name: "turn #{turn}")
    same(value(client, 'SHOW application_name'), "turn #{turn}", 'the name')
    client.reset
    same(value(client, 'SHOW application_name'), "turn #{turn}", 'the name after a reset')
    client.close
  end
  wrong = refused(PG::ConnectionBad) { connect(password: 'wrong') }
  raise "a wrong password: #{wrong}" unless wrong.message.include?('password authentication failed')

  client = connect
  refused(PG::Error) { run(client, 'SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)') }
  client.reset if client.status != PG::CONNECTION_OK # Egret keeps its clients when a server is lost
  same(value(client, 'SELECT 6'), '6', 'the way on')
  client.close
end

def settings
  clients = ZONES.each_with_index.map do |zone, number|
    client = connect(application_name: "ruby #{number}", options: "-c timezone=#{zone}")
    run(client, "SET work_mem = '#{number + 1}MB'")
    client.internal_encoding = number.odd? ? 'ISO-8859-1' : 'UTF-8' # sets client_encoding
    client
  end
  text = "SELECT current_setting('application_name'), current_setting('timezone'), current_setting('work_mem'), 'ä'"
  20.times do
    clients.each_index.to_a.shuffle(random: DICE).each do |number|
      client = clients[number]
      row = client.exec(text).values.first.map { |field| field.encode('UTF-8') }
      same(row, ["ruby #{number}", ZONES[number], "#{number + 1}MB", 'ä'], "client #{number}")
      same(client.parameter_status('TimeZone'), ZONES[number], "the zone that client #{number} was told")
      next unless DICE.rand < 0.3

      run(client, 'BEGIN', "SET work_mem = '77MB'")
      same(value(client, 'SHOW work_mem'), '77MB', 'SET in its transaction')
      run(client, 'ROLLBACK')
    end
  end
  clients.each(&:close)
end

def copy
  several(1) do |client,|
    run(client, 'DROP TABLE IF EXISTS ruby_copy', 'CREATE TABLE ruby_copy (i int, t text)')
    lines = Array.new(20_000) { |number| [number.to_s, number % 3 == 0 ? nil : "line\t#{number}\\\n"] }
    client.copy_data('COPY ruby_copy FROM STDIN', PG::TextEncoder::CopyRow.new) do
      lines.each { |line| client.put_copy_data(line) }
    end
    refused(PG::InvalidTextRepresentation) do
      client.copy_data('COPY ruby_copy FROM STDIN') { 5000.times { client.put_copy_data("no\tno\n") } }
    end
    refused(ZeroDivisionError) do
      client.copy_data('COPY ruby_copy FROM STDIN') do
        client.put_copy_data("1\tone\n")
        1 / 0
      end
    end
    client.transaction do
      found = []
      client.copy_data('COPY (TABLE ruby_copy ORDER BY i) TO STDOUT', PG::TextDecoder::CopyRow.new) do
        while (line = client.get_copy_data)
          found << line
        end
      end
      same(found, lines, 'the lines')
    end
    run(client, 'DROP TABLE ruby_copy')
  end
end

def pipelines
  several(2) do |clients|
    clients.each_with_index do |client, number|
      client.enter_pipeline_mode
      100.times { |turn| client.send_query_params("SELECT #{number} * 1000 + $1::int", [turn.to_s]) }
      client.pipeline_sync
      client.send_query_params('SELECT 1 / $1::int', ['0'])
      client.send_query_params('SELECT 2', [])
      client.pipeline_sync
    end
    clients.each_with_index do |client, number|
      100.times do |turn|
        same(client.get_result.getvalue(0, 0), (number * 1000 + turn).to_s, 'an answer of the pipeline')
        client.get_result
      end
      same(client.get_result.result_status, PG::PGRES_PIPELINE_SYNC, 'the first Sync')
      refused(PG::DivisionByZero) { client.get_result.check }
      client.get_result
      same(client.get_result.result_status, PG::PGRES_PIPELINE_ABORTED, 'what follows an error')
      client.get_result
      same(client.get_result.result_status, PG::PGRES_PIPELINE_SYNC, 'the second Sync')
      client.exit_pipeline_mode
      same(value(client, 'SELECT 7'), '7', 'what follows the pipeline')
    end
  end
end

def crowd
  several(1) do |client,|
    run(client, 'DROP TABLE IF EXISTS ruby_money', 'CREATE TABLE ruby_money (id int PRIMARY KEY, n int)',
        'INSERT INTO ruby_money SELECT i, 1000 FROM generate_series(0, 9) i')
    threads = Array.new(12) { |seed| Thread.new { transfers(seed) } }
    threads.each { |thread| thread.report_on_exception = false }
    threads.each(&:join)
    client.transaction { same(value(client, 'SELECT sum(n) FROM ruby_money'), '10000', 'the money') }
    run(client, 'DROP TABLE ruby_money')
  end
end

def transfers(seed)
  dice = Random.new(seed)
  several(1) do |client,|
    client.prepare('move', 'UPDATE ruby_money SET n = n + $1 WHERE id = $2')
    client.prepare('look', "SELECT #{seed} * 100 + $1::int")
    12.times do |turn|
      source, sink = (0..9).to_a.sample(2, random: dice).sort
      client.transaction do
        client.exec_prepared('move', [-1, source])
        client.exec_prepared('move', [1, sink])
      end
      same(client.exec_prepared('look', [turn]).getvalue(0, 0), (seed * 100 + turn).to_s, "thread #{seed}")
    end
  end
end

def keys
  several(1) do |one,|
    run(one, 'DROP TABLE IF EXISTS ruby_keys', 'CREATE TABLE ruby_keys (id serial, t text)')
    one.transaction do
      run(one, "INSERT INTO ruby_keys (t) VALUES ('a')")
      same(value(one, 'SELECT lastval()'), '1', 'lastval() in its transaction')
    end
  end
  clients = Array.new(6) { connect }
  clients.each_with_index do |client, number|
    same(value(client, 'INSERT INTO ruby_keys (t) VALUES ($1) RETURNING id', 'a'), (number + 2).to_s, 'RETURNING')
  end
  clients.each_with_index do |client, number|
    same(value(client, 'SELECT lastval()'), (number + 2).to_s, "lastval() of client #{number}")
  rescue PG::ObjectNotInPrerequisiteState
    raise unless ENV.key?('LOST_KEYS') # see is_key in target.py
  ensure
    client.close
  end
  several(1) { |one,| run(one, 'DROP TABLE ruby_keys') }
end

def notifications
  several(2) do |one, two|
    run(one, 'LISTEN ruby_news')
    3.times { |number| value(two, "SELECT pg_notify('ruby_news', $1)", number.to_s) }
    heard = Array.new(3) do
      payload = nil
      one.wait_for_notify(10) { |_, _, text| payload = text }
      payload
    end
    same(heard, %w[0 1 2], 'the notifications')
    run(one, 'UNLISTEN *')
  end
end

parts = %i[statements transactions large cancel failures reconnects settings copy pipelines crowd keys notifications]
parts &= ENV['PARTS'].split(',').map(&:to_sym) if ENV['PARTS']
parts.each do |part|
  start = Time.now
  send(part)
  warn format('%<part>s: %<time>.2f s', part:, time: Time.now - start)
rescue StandardError
  warn "#{part}: failed"
  raise
end
puts parts.join(' ')
