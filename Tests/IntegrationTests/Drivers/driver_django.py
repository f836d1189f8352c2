"""Django 3.2: its ORM on psycopg2, with persistent connections, atomic blocks, and cursors behind iterator()."""

import os
import random
import threading
import time

import target

django = target.need("django")
target.need("psycopg2")
from django.conf import settings as configuration  # noqa: E402

options = target.arguments(rounds=20)
check, refused = target.check, target.refused
ZONES = {"default": "UTC", "tokyo": "Asia/Tokyo", "caracas": "America/Caracas"}


def database(zone):
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": options.database, "USER": options.user,
        "PASSWORD": options.password, "HOST": "127.0.0.1", "PORT": options.port, "CONN_MAX_AGE": None,
        "TIME_ZONE": zone, "OPTIONS": {"application_name": f"django {zone}"}}


configuration.configure(
    DATABASES={name: database(zone) for name, zone in ZONES.items()}, USE_TZ=True, TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django import db  # noqa: E402
from django.db import models, transaction  # noqa: E402


class Author(models.Model):
    name = models.TextField(unique=True)
    photo = models.BinaryField(default=b"")
    born = models.DateTimeField(null=True)

    class Meta:
        app_label = "egret"


class Book(models.Model):
    title = models.TextField()
    pages = models.IntegerField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    extra = models.JSONField(default=dict)

    class Meta:
        app_label = "egret"
        constraints = [models.CheckConstraint(check=models.Q(pages__gt=0), name="some_pages")]


def tables():
    with db.connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS egret_book, egret_author")
    with db.connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    with transaction.atomic():
        names = db.connection.introspection.table_names()
    check({"egret_author", "egret_book"} <= set(names), f"the tables are {names}")


def objects():
    with transaction.atomic():
        author = Author.objects.create(name="Ada", born=django.utils.timezone.now())
        Book.objects.bulk_create(
            [Book(title=f"Volume {pages}", pages=pages, author=author, extra={"n": pages}) for pages in range(1, 60)])
        check(author.id == 1, f"the author's key is {author.id}")
        found = Book.objects.filter(author__name="Ada", pages__gt=50).select_related("author")
        check([book.pages for book in found.order_by("pages")] == list(range(51, 60)), "thick books")
        check(Book.objects.get(extra__n=7).title == "Volume 7", "a book by its JSON")
        check(Book.objects.aggregate(sum=models.Sum("pages"))["sum"] == 1770, "the sum of pages")
        Book.objects.filter(pages=2).delete()
        Book.objects.filter(pages=1).update(title="The first")
        made, is_new = Author.objects.get_or_create(name="Bob")
        check(is_new and Author.objects.get_or_create(name="Bob") == (made, False), "get_or_create")
        # A cursor of the server's inside of the transaction: iterator() fetches two thousand at a time.
        check(sum(1 for _ in Book.objects.iterator(chunk_size=10)) == 58, "iterator() lost books")
    # Outside of a transaction it is a cursor WITH HOLD.
    numbers = [book.pages for book in Book.objects.order_by("pages").iterator(chunk_size=10)]
    check(numbers == [1, *range(3, 60)], "iterator() outside of a transaction lost books")


def transactions():
    with transaction.atomic():
        Author.objects.create(name="Cecilia")
        with refused(db.IntegrityError, "a name twice"), transaction.atomic():
            Author.objects.create(name="Ada")
        with transaction.atomic():
            Author.objects.create(name="Dora")
    with refused(ZeroDivisionError, "a block that failed"), transaction.atomic():
        Author.objects.create(name="Edith")
        1 / 0
    with transaction.atomic():
        names = list(Author.objects.order_by("name").values_list("name", flat=True))
        check(names == ["Ada", "Bob", "Cecilia", "Dora"], f"the names are {names}")
        locked = Author.objects.select_for_update(nowait=True).get(name="Ada")
        with refused(db.OperationalError, "a row that is locked"), transaction.atomic(using="tokyo"):
            Author.objects.using("tokyo").select_for_update(nowait=True).get(id=locked.id)


def large():
    photo = os.urandom(5_000_000)
    with transaction.atomic():
        Author.objects.create(name="ä" * 1000, photo=photo)
        check(bytes(Author.objects.get(name="ä" * 1000).photo) == photo, "the photo came back changed")
        Author.objects.filter(name="ä" * 1000).delete()
    with db.connection.cursor() as cursor:
        cursor.execute("SELECT i, repeat('y', 100) FROM generate_series(1, 50000) i")
        check(cursor.fetchall()[-1] == (50000, "y" * 100), "rows of a large result were lost")


def cancel():
    timer = threading.Timer(0.3, db.connection.connection.cancel)
    timer.start()
    begin = time.monotonic()
    with refused(db.OperationalError, "a query that was cancelled"), db.connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")
    check(time.monotonic() - begin < 5, "the cancel came late")
    timer.join()
    check(one("SELECT 2") == 2, "the connection does not go on")


def one(query, parameters=None, using="default"):
    with db.connections[using].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def failures():
    with refused(db.ProgrammingError, "a syntax error"):
        one("SELECT 1 FORM nothing")
    with refused(db.IntegrityError, "a book without pages"):
        Book.objects.create(title="Empty", pages=0, author_id=1)
    with refused(db.IntegrityError, "a book of nobody"):  # a deferred constraint: the COMMIT fails
        Book.objects.create(title="Stray", pages=1, author_id=1000)
    with refused(db.utils.DataError, "a division by zero"), transaction.atomic():
        one("SELECT 1 / %s", [0])
    with transaction.atomic():
        with refused(db.InternalError, "a statement of a failed transaction"), transaction.atomic():
            with refused(db.ProgrammingError, "an unknown table"):
                one("SELECT * FROM django_nowhere")
            one("SELECT 1")
        check(Book.objects.count() == 58, "books of what has failed")


def reconnects():
    for turn in range(10):
        db.connection.close()
        check(one("SELECT %s", [turn]) == turn, "another's answer")
    with refused(db.OperationalError, "a terminated session"):
        one("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
    db.connection.close_if_unusable_or_obsolete()
    check(one("SELECT 6") == 6, "no way on after a termination")


def settings():
    """Each alias has its own time zone, which Django sets, and its own name, and they take turns."""
    dice = random.Random(13)
    for turn in range(options.rounds):
        for name, zone in dice.sample(list(ZONES.items()), len(ZONES)):
            check(one("SHOW timezone", using=name) == zone, f"{name} has another zone")
            check(one("SHOW application_name", using=name) == f"django {zone}", f"{name} has another name")
            if turn % 5 == 0:
                with transaction.atomic(using=name):
                    one("SELECT set_config('work_mem', '77MB', true)", using=name)
            check(one("SHOW work_mem", using=name) == "4MB", "a setting of a transaction has stayed")


def crowd():
    wrong = []

    def worker(seed):
        try:
            for turn in range(10):
                with transaction.atomic():
                    author = Author.objects.select_for_update().get(name="Bob")
                    author.books.create(title=f"{seed} {turn}", pages=seed + 1)
                check(one("SELECT %s * 100 + %s", [seed, turn]) == seed * 100 + turn, "another's answer")
        except BaseException as error:
            wrong.append(error)
        finally:
            db.connections.close_all()

    threads = [threading.Thread(target=worker, args=(seed,)) for seed in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not wrong, f"{wrong[:3]}")
    with transaction.atomic():
        check(Book.objects.count() == 58 + 100, f"{Book.objects.count()} books")
    with db.connection.cursor() as cursor:
        cursor.execute("DROP TABLE egret_book, egret_author")
    db.connections.close_all()


target.play(
    tables, objects, transactions, large, cancel, failures, reconnects, settings, crowd)
