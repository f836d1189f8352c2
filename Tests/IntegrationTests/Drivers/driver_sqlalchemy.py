"""SQLAlchemy 1.4: its engine's pool and its ORM, on psycopg2 and, with asyncio, on asyncpg."""

import asyncio
import os
import random
import threading
import time

import target

sqlalchemy = target.need("sqlalchemy")
target.need("psycopg2")
target.need("asyncpg")
from sqlalchemy import exc, orm, select, text  # noqa: E402
from sqlalchemy.ext import asyncio as sa_async  # noqa: E402

options = target.arguments(rounds=20)
check, refused = target.check, target.refused
Base = orm.declarative_base()


class Author(Base):
    __tablename__ = "sqlalchemy_authors"
    id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)
    name = sqlalchemy.Column(sqlalchemy.Text, unique=True, nullable=False)
    photo = sqlalchemy.Column(sqlalchemy.LargeBinary)
    books = orm.relationship("Book", back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "sqlalchemy_books"
    id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)
    title = sqlalchemy.Column(sqlalchemy.Text, nullable=False)
    pages = sqlalchemy.Column(sqlalchemy.Integer, sqlalchemy.CheckConstraint("pages > 0", name="some_pages"))
    author_id = sqlalchemy.Column(sqlalchemy.ForeignKey("sqlalchemy_authors.id"), nullable=False)
    author = orm.relationship("Author", back_populates="books")


def url(driver):
    return sqlalchemy.engine.URL.create(
        f"postgresql+{driver}", username=options.user, password=options.password, host="127.0.0.1",
        port=options.port, database=options.database)


engine = sqlalchemy.create_engine(url("psycopg2"), pool_size=6, max_overflow=10, pool_pre_ping=True, future=True)


def tables():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        inspector = sqlalchemy.inspect(connection)
        check(inspector.has_table("sqlalchemy_books"), "the table that was made is not found")
        columns = [column["name"] for column in inspector.get_columns("sqlalchemy_books")]
        check(columns == ["id", "title", "pages", "author_id"], f"its columns are {columns}")


def objects():
    with orm.Session(engine) as session:
        author = Author(name="Ada", books=[Book(title=f"Volume {number}", pages=number) for number in range(1, 60)])
        session.add(author)
        session.flush()
        check([book.id for book in author.books] == list(range(1, 60)), "the keys of the books are others")
        session.commit()
        check(author.id == 1, "the author's key is another")
        found = session.scalars(select(Book).join(Author).where(Author.name == "Ada", Book.pages > 50)).all()
        check(len(found) == 9, f"{len(found)} thick books")
        author.books[0].title = "The first"
        del author.books[1]
        session.commit()
        titles = session.scalars(select(Book.title).order_by(Book.id).limit(2)).all()
        check(titles == ["The first", "Volume 3"], f"the titles are {titles}")


def transactions():
    with orm.Session(engine) as session:
        session.add(Author(name="Bob"))
        with refused(exc.IntegrityError, "a name twice"), session.begin_nested():
            session.add(Author(name="Ada"))
            session.flush()
        with session.begin_nested():
            session.add(Author(name="Cecilia"))
        session.commit()
        session.add(Author(name="Dora"))
        session.flush()
        session.rollback()
        names = session.scalars(select(Author.name).order_by(Author.name)).all()
        check(names == ["Ada", "Bob", "Cecilia"], f"the names are {names}")
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        check(connection.scalar(text("SHOW transaction_isolation")) == "serializable", "another isolation")
    with engine.connect() as connection:
        check(connection.scalar(text("SHOW transaction_isolation")) == "read committed", "the isolation has stayed")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        check(connection.scalar(text("SELECT 1")) == 1, "no answer with autocommit")


def large():
    photo = os.urandom(5_000_000)
    with orm.Session(engine) as session:
        session.add(Author(name="ä" * 1000, photo=photo))
        session.commit()
        session.expire_all()
        author = session.scalars(select(Author).where(Author.name == "ä" * 1000)).one()
        check(author.photo == photo, "the photo came back changed")
        session.delete(author)
        session.commit()
    with engine.connect().execution_options(stream_results=True, max_row_buffer=500) as connection:
        rows = connection.execute(text("SELECT i, repeat('y', 50) FROM generate_series(1, 20000) i"))
        check(sum(row.i for row in rows) == 200010000, "streamed rows were lost")


def cancel():
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        timer = threading.Timer(0.3, raw.cancel)
        timer.start()
        begin = time.monotonic()
        with refused(exc.OperationalError, "a query that was cancelled") as canceled:
            connection.execute(text("SELECT pg_sleep(20)"))
        check(canceled.caught.orig.pgcode == "57014", f"{canceled.caught}")
        check(time.monotonic() - begin < 5, "the cancel came late")
        timer.join()
        connection.rollback()
        check(connection.scalar(text("SELECT 2")) == 2, "the connection does not go on")


def failures():
    with orm.Session(engine) as session:
        with refused(exc.ProgrammingError, "a syntax error"):
            session.execute(text("SELECT 1 FORM nothing"))
        session.rollback()
        with refused(exc.IntegrityError, "a book without pages") as wrong:
            session.add(Book(title="Empty", pages=0, author_id=1))
            session.flush()
        check(wrong.caught.orig.diag.constraint_name == "some_pages", "another constraint")
        session.rollback()
        with refused(exc.IntegrityError, "a book of nobody"):
            session.add(Book(title="Stray", pages=1, author_id=1000))
            session.flush()
        session.rollback()
        check(session.scalar(select(sqlalchemy.func.count()).select_from(Author)) == 3, "rows of what has failed")


def reconnects():
    """pool_pre_ping replaces connections that have ended while they were in the engine's pool."""
    connections = [engine.connect() for _ in range(3)]
    processes = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in connections]
    for connection in connections:
        connection.close()
    others = sqlalchemy.create_engine(url("psycopg2"), future=True)
    with others.connect() as connection:
        # Through a pool it may be one of them that carries this out.
        query = "SELECT count(pg_terminate_backend(p)) FROM unnest(:all) p WHERE p <> pg_backend_pid()"
        check(connection.scalar(text(query), {"all": processes}) >= 2, "nothing was terminated")
    others.dispose()
    time.sleep(0.2)
    for number in range(6):
        with engine.connect() as connection:
            check(connection.scalar(text("SELECT :number"), {"number": number}) == number, "another's answer")


def settings():
    """SET at the start of a connection, as applications do it, for two engines at once."""
    engines = []
    for zone in ("Asia/Tokyo", "America/Caracas"):
        words = {"application_name": f"alchemy {zone}", "options": f"-c timezone={zone}"}
        made = sqlalchemy.create_engine(url("psycopg2"), future=True, pool_size=3, connect_args=words)

        @sqlalchemy.event.listens_for(made, "connect")
        def prepare(connection, record, zone=zone):
            with connection.cursor() as cursor:
                cursor.execute(f"SET work_mem = '{len(zone)}MB'")
            connection.commit()

        engines.append((zone, made))
    for turn in range(options.rounds):
        for zone, made in engines:
            with made.connect() as connection:
                row = tuple(connection.execute(text(
                    "SELECT current_setting('application_name'), current_setting('timezone'), "
                    "current_setting('work_mem')")).one())
                check(row == (f"alchemy {zone}", zone, f"{len(zone)}MB"), f"the settings of {zone} are {row}")
                if turn % 5 == 0:
                    connection.execute(text("SET timezone = 'UTC'"))  # goes with the rollback
    for _, made in engines:
        made.dispose()


def crowd():
    wrong = []

    def worker(seed):
        try:
            for turn in range(10):
                with orm.Session(engine) as session:
                    author = session.get(Author, 1, with_for_update=True)
                    author.books.append(Book(title=f"{seed} {turn}", pages=seed + 1))
                    session.commit()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=worker, args=(seed,)) for seed in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not wrong, f"{wrong[:3]}")
    with orm.Session(engine) as session:
        count = session.scalar(select(sqlalchemy.func.count()).select_from(Book))
        check(count == 58 + 100, f"{count} books")


def asynchronous():
    """The same models over asyncpg, whose prepared statements share names in all connections."""
    async def main():
        made = sa_async.create_async_engine(url("asyncpg"), pool_size=8)

        async def task(seed):
            dice = random.Random(seed)
            async with sa_async.AsyncSession(made, expire_on_commit=False) as session:
                for turn in range(6):
                    name = f"async {seed} {turn} {dice.random()}"
                    author = Author(name=name, books=[Book(title=name, pages=1 + turn)])
                    session.add(author)
                    await session.commit()
                    found = (await session.scalars(select(Book).join(Author).where(Author.name == name))).one()
                    check((found.title, found.pages) == (name, 1 + turn), f"task {seed} found {found.title}")
                    await session.delete(author)
                    await session.commit()

        await asyncio.gather(*(task(seed) for seed in range(8)))
        async with made.connect() as connection:
            with refused(exc.DBAPIError, "a division by zero"):
                await connection.execute(text("SELECT 1 / :zero"), {"zero": 0})
            await connection.rollback()
            stream = await connection.stream(text("SELECT generate_series(1, 2000)"))
            check([row[0] async for row in stream] == list(range(1, 2001)), "streamed rows were lost")
        await made.dispose()

    asyncio.run(main())
    Base.metadata.drop_all(engine)
    engine.dispose()


target.play(
    tables, objects, transactions, large, cancel, failures, reconnects, settings, crowd, asynchronous)
