// node-postgres: named statements of many clients in one event loop, its pool, cursors, notifications.
'use strict';

const { randomBytes } = require('crypto');

function need(module) {
  try {
    return require(module);
  } catch (error) {
    console.error(`${error.message.split('\n')[0]}: make drivers (it unpacks Debian's node-pg)`);
    process.exit(1);
  }
}

const pg = need('pg');
const Cursor = need('pg-cursor');
const ZONES = ['UTC', 'Asia/Tokyo', 'America/Caracas', 'Europe/Berlin', 'Asia/Kathmandu', 'Africa/Nairobi'];
const words = { host: '127.0.0.1', user: 'postgres', database: 'postgres', connectionTimeoutMillis: 20000 };
for (let i = 2; i + 1 < process.argv.length; i += 2) words[process.argv[i].slice(2)] = process.argv[i + 1];

function check(isSo, what) {
  if (!isSo) throw new Error(what);
}

function same(found, expected, what) {
  const texts = [JSON.stringify(found), JSON.stringify(expected)];
  check(texts[0] === texts[1], `${what}: ${texts[0]} instead of ${texts[1]}`);
}

async function connect(more = {}) {
  const client = new pg.Client({ ...words, ...more });
  await client.connect();
  return client;
}

async function several(count, more) {
  return Promise.all(Array.from({ length: count }, () => connect(more)));
}

function close(clients) {
  return Promise.all(clients.map((client) => client.end()));
}

async function rows(client, text, values) {
  return (await client.query({ text, values, rowMode: 'array' })).rows;
}

async function value(client, text, values) {
  return (await rows(client, text, values))[0][0];
}

async function run(client, ...texts) {
  for (const text of texts) await client.query(text);
}

async function refused(state, asked) {
  try {
    await (typeof asked === 'function' ? asked() : asked);
  } catch (error) {
    check(error.code === state, `${error.code} instead of ${state}: ${error}`);
    return error;
  }
  throw new Error(`what must fail with ${state} was accepted`);
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const parts = {
  // The same names for other texts in every client, all of them at once.
  async statements() {
    const clients = await several(8);
    await Promise.all(clients.map(async (client, number) => {
      for (let turn = 0; turn < 40; turn++) {
        const kind = (turn * 7 + number) % 4;
        const blob = randomBytes(kind * 100);
        const text = `SELECT ${number}, ${kind}, $1::int, $2::text, $3::bytea, $4::int[], $5::json`;
        const values = [turn, kind ? `ä${turn}` : null, blob, [turn, null], { turn }];
        const found = (await client.query({ name: `kind ${kind}`, text, values, rowMode: 'array' })).rows[0];
        check(Buffer.compare(found[4], blob) === 0, `client ${number} read other bytes`);
        found[4] = values[2] = 0;
        same(found, [number, kind, ...values], `client ${number}`);
      }
      // Queries are queued by the client, whoever waits for them.
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => value(client, 'SELECT $1::int', [i])));
      same(answers, Array.from({ length: 30 }, (_, i) => i), 'the queue of a client');
    }));
    await run(clients[0], 'DEALLOCATE "kind 1"');
    await refused('26000', clients[0].query({ name: 'kind 1', text: clients[0].connection.parsedStatements['kind 1'],
      values: [1, '', '', [], {}] }));
    await close(clients);
  },

  async transactions() {
    const [one, two] = await several(2);
    await run(one, 'DROP TABLE IF EXISTS node_rows', 'CREATE TABLE node_rows (i int PRIMARY KEY)', 'BEGIN');
    await run(one, 'INSERT INTO node_rows VALUES (1)', 'SAVEPOINT s');
    await refused('23505', one.query('INSERT INTO node_rows VALUES ($1)', [1]));
    await run(one, 'ROLLBACK TO s', 'INSERT INTO node_rows VALUES (2)', 'RELEASE s');
    await run(two, 'BEGIN');
    same(await value(two, 'SELECT count(*)::int FROM node_rows'), 0, 'rows before their commit');
    await run(two, 'ROLLBACK');
    await run(one, 'COMMIT', 'BEGIN', 'DELETE FROM node_rows', 'ROLLBACK');
    await run(two, 'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE');
    same(await rows(two, 'SELECT i FROM node_rows ORDER BY i'), [[1], [2]], 'rows after the commit');
    same(await value(two, 'SHOW transaction_isolation'), 'serializable', 'the isolation');
    const cursor = two.query(new Cursor('SELECT generate_series(1, $1::int)', [100]));
    const found = [];
    for (let some; (some = await cursor.read(7)).length;) found.push(...some.map((row) => row.generate_series));
    same(found, Array.from({ length: 100 }, (_, i) => i + 1), 'the cursor');
    await cursor.close();
    await run(two, 'COMMIT');
    await run(one, 'DROP TABLE node_rows');
    await close([one, two]);
  },

  async large() {
    const client = await connect();
    const [text, blob] = ['grün '.repeat(1000000), randomBytes(5000000)];
    const row = (await rows(client, 'SELECT $1::text, $2::bytea, length($2)', [text, blob]))[0];
    check(row[0] === text && Buffer.compare(row[1], blob) === 0 && row[2] === 5000000, 'large values changed');
    const many = await rows(client, "SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i");
    same([many.length, many[49999]], [50000, [50000, 'y'.repeat(100)]], 'a large result');
    await client.end();
  },

  // node-postgres keeps the process id and key of a client, and has a connection that sends them back.
  async cancel() {
    const [client, other] = await several(2);
    const begin = Date.now();
    const asleep = refused('57014', client.query('SELECT pg_sleep(20)'));
    await wait(300);
    const request = new pg.Client(words);
    request.connection.on('connect', () => request.connection.cancel(client.processID, client.secretKey));
    request.connection.on('error', () => {});
    request.connection.connect(words.port, words.host);
    await asleep;
    check(Date.now() - begin < 5000, 'the cancel came late');
    same(await value(other, 'SELECT 1 FROM pg_sleep(0.1)'), 1, 'another client');
    same(await value(client, 'SELECT 2 FROM pg_sleep(0.1)'), 2, 'the client after its cancel');
    await close([client, other]);
    const hasty = await connect({ statement_timeout: 200 });
    await refused('57014', hasty.query('SELECT pg_sleep(20)'));
    same(await value(hasty, 'SHOW statement_timeout'), '200ms', 'the timeout of the start');
    await hasty.end();
  },

  async failures() {
    const client = await connect();
    const notices = [];
    client.on('notice', (notice) => notices.push(notice.code));
    await run(client, 'DROP TABLE IF EXISTS node_checked; CREATE TABLE node_checked (id int CONSTRAINT one_only '
      + 'PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO node_checked VALUES (1, 1)',
    'CREATE TABLE IF NOT EXISTS node_checked ()');
    check(notices.includes('42P07'), `the notices were ${notices}`);
    for (let turn = 0; turn < 3; turn++) {
      const wrong = { name: `wrong ${turn}`, text: 'SELECT 1 FORM nothing' };
      same((await refused('42601', client.query(wrong))).position, '15', 'the position');
      const unique = await refused('23505', client.query('INSERT INTO node_checked VALUES ($1, 1)', [1]));
      same([unique.constraint, unique.detail], ['one_only', 'Key (id)=(1) already exists.'], 'the error');
      await refused('23514', client.query('INSERT INTO node_checked VALUES (2, $1)', [0]));
      await refused('42P01', client.query('SELECT * FROM node_nowhere WHERE i = $1', [0]));
      await refused('22P02', client.query('SELECT $1::int', ['five']));
      same(await value(client, 'SELECT $1::int', [5]), 5, 'the client after errors');
    }
    await run(client, 'BEGIN', 'INSERT INTO node_checked VALUES (3, 3)');
    await refused('22012', client.query('SELECT 1 / $1::int', [0]));
    await refused('25P02', client.query('SELECT 1 / $1::int', [1]));
    await run(client, 'ROLLBACK', 'BEGIN');
    same(await value(client, 'SELECT count(*)::int FROM node_checked'), 1, 'rows of what failed');
    await run(client, 'COMMIT', 'DROP TABLE node_checked');
    await client.end();
  },

  async reconnects() {
    await Promise.all(Array.from({ length: 20 }, async (_, turn) => {
      const client = await connect({ application_name: `turn ${turn}` });
      same(await value(client, 'SHOW application_name'), `turn ${turn}`, 'the name');
      await client.end();
    }));
    await refused('28P01', () => connect({ password: 'wrong' }));
    await refused('3D000', () => connect({ database: 'nowhere' }));
    let client = await connect();
    let hasEnded = false;
    client.on('error', () => {});
    client.on('end', () => { hasEnded = true; });
    try {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)');
      check(false, 'a terminated session answered');
    } catch (error) {
      check(/^(57P01|08.*)$/.test(error.code), `a terminated session: ${error.code} ${error}`);
    }
    await wait(100);
    if (hasEnded) client = await connect(); // Egret keeps its clients when a server is lost
    same(await value(client, 'SELECT 6'), 6, 'the way on');
    await client.end();
  },

  async settings() {
    const clients = await Promise.all(ZONES.map((zone, number) => connect({
      application_name: `node ${number}`, options: `-c timezone=${zone}` })));
    for (const [number, client] of clients.entries()) await run(client, `SET work_mem = '${number + 1}MB'`);
    const text = "SELECT current_setting('application_name'), current_setting('timezone'), current_setting('work_mem')";
    await Promise.all(clients.map(async (client, number) => {
      for (let turn = 0; turn < 20; turn++) {
        const expected = [`node ${number}`, ZONES[number], `${number + 1}MB`];
        const found = (await client.query({ name: turn % 2 ? 'look' : '', text, rowMode: 'array' })).rows[0];
        same(found, expected, `client ${number}`);
        if (turn % 5 === 0) {
          await run(client, 'BEGIN', "SET work_mem = '77MB'");
          same(await value(client, 'SHOW work_mem'), '77MB', 'SET in its transaction');
          await run(client, 'ROLLBACK');
        }
      }
    }));
    await close(clients);
  },

  // Many more tasks than connections in node-postgres' own pool.
  async crowd() {
    const pool = new pg.Pool({ ...words, max: 12 });
    await pool.query('DROP TABLE IF EXISTS node_money; CREATE TABLE node_money (id int PRIMARY KEY, n int); '
      + 'INSERT INTO node_money SELECT i, 1000 FROM generate_series(0, 9) i');
    await Promise.all(Array.from({ length: 100 }, async (_, turn) => {
      const [source, sink] = [turn % 5, 5 + (turn % 3)];
      const client = await pool.connect();
      await run(client, 'BEGIN');
      await client.query({ name: 'take', text: 'UPDATE node_money SET n = n - 1 WHERE id = $1', values: [source] });
      await client.query({ name: 'give', text: 'UPDATE node_money SET n = n + 1 WHERE id = $1', values: [sink] });
      await run(client, 'COMMIT');
      client.release();
      same((await pool.query('SELECT $1::int AS turn', [turn])).rows[0].turn, turn, 'an answer');
    }));
    const client = await pool.connect();
    await run(client, 'BEGIN');
    same(await value(client, 'SELECT sum(n)::int FROM node_money'), 10000, 'the money');
    await run(client, 'COMMIT', 'DROP TABLE node_money');
    client.release();
    await pool.end();
  },

  async keys() {
    const one = await connect();
    await run(one, 'DROP TABLE IF EXISTS node_keys', 'CREATE TABLE node_keys (id serial, t text)', 'BEGIN');
    await run(one, "INSERT INTO node_keys (t) VALUES ('a')");
    same(await value(one, 'SELECT lastval()::int'), 1, 'lastval() in its transaction');
    await run(one, 'COMMIT');
    await one.end();
    const clients = await several(6);
    for (const [number, client] of clients.entries()) {
      same(await value(client, 'INSERT INTO node_keys (t) VALUES ($1) RETURNING id', ['a']), number + 2, 'RETURNING');
    }
    for (const [number, client] of clients.entries()) {
      try {
        same(await value(client, 'SELECT lastval()::int'), number + 2, `lastval() of client ${number}`);
      } catch (error) {
        if (error.code !== '55000' || !('LOST_KEYS' in process.env)) throw error; // see is_key in target.py
      }
      await client.end();
    }
    const last = await connect();
    await run(last, 'DROP TABLE node_keys');
    await last.end();
  },

  async notifications() {
    const [one, two] = await several(2);
    const heard = [];
    one.on('notification', (message) => heard.push(message.payload));
    await run(one, 'LISTEN node_news');
    for (let i = 0; i < 3; i++) await two.query("SELECT pg_notify('node_news', $1)", [`${i}`]);
    for (let turn = 0; turn < 100 && heard.length < 3; turn++) await wait(50);
    same(heard, ['0', '1', '2'], 'the notifications');
    await close([one, two]);
  },
};

async function main() {
  const ended = [];
  const chosen = process.env.PARTS ? process.env.PARTS.split(',') : Object.keys(parts);
  for (const name of Object.keys(parts).filter((name) => chosen.includes(name))) {
    const begin = Date.now();
    try {
      await parts[name]();
    } catch (error) {
      console.error(`${name}: failed`);
      throw error;
    }
    console.error(`${name}: ${(Date.now() - begin) / 1000} s`);
    ended.push(name);
  }
  console.log(ended.join(' '));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
