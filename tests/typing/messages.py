"""What type checkers make of generated messages. Not run: mypy and pyright read it (test_typing.py)."""

from typing import Literal, assert_type

from golden.acme.library.v1.library_pb import Book, Genre, GetBookRequest
from golden.acme.shop.v1.order_pb import Order
from golden.enums_pb import Genre as OuterGenre
from golden.enums_pb import Holder
from golden.nested_pb import Outer, Same
from golden.unlucky_pb import Builtins, Nested, Shadows
from golden.unlucky_pb import Other as OtherMessage

from minirpc.codegen.messages_v1 import Oneof
from minirpc.message.wkt import Timestamp

book = Book(
    title="Kobzar",
    authors=["Taras"],
    page_count=None,
    genre=Genre.FICTION,
    ratings={"x": 5},
    location=Book.Location(shelf="a"),
    isbn="1",
)

assert_type(book.title, str)
assert_type(book.authors, list[str])
assert_type(book.page_count, int | None)
assert_type(book.genre, Genre)
assert_type(book.ratings, dict[str, int])
assert_type(book.location, Book.Location | None)
assert_type(book.isbn, str | None)
assert_type(
    book.identifier,
    Oneof[Literal["isbn"], str] | Oneof[Literal["catalog_number"], int] | None,
)
assert_type(Order().created, Timestamp | None)
assert_type(Holder().own, Holder.Genre)
assert_type(Holder().outer, OuterGenre)
assert_type(Same().inner, Same.Same | None)
assert_type(Same().outer, Same | None)
assert_type(Same.Same().inner, Same.Same | None)
assert_type(Outer().kernel, Outer.Middle.Inner.Core.Kernel | None)

# names that hide builtins and classes do not hide them from annotations
assert_type(Builtins().int, int)
assert_type(Builtins().list, list[str])
assert_type(Builtins().dict, dict[str, str])
assert_type(Shadows().Other, OtherMessage | None)
assert_type(Shadows().others, list[OtherMessage])
assert_type(Nested().one, Nested.list | None)
assert_type(Nested().many, list[Nested.list])
assert_type(Nested().error, Nested.ValueError | None)
assert_type(Nested().kind, Nested.type)

match book.identifier:
    case ("isbn", isbn):
        assert_type(isbn, str)
    case ("catalog_number", number):
        assert_type(number, int)
    case None:
        pass

assert_type(Book.from_binary(b""), Book)
assert_type(Book.FromString(b""), Book)
assert_type(book.to_binary(), bytes)
assert_type(book.has_field("location"), bool)

# each of these is an error
Book(titel="x")  # type: ignore[call-arg]
Book(title=3)  # type: ignore[arg-type]
Book("x")  # type: ignore[call-arg]
Book(genre=GetBookRequest())  # type: ignore[arg-type]
book.titel = "x"  # type: ignore[attr-defined]
book.title = None  # type: ignore[assignment]
book.authors = "x"  # type: ignore[assignment]
book.identifier = None  # type: ignore[misc]
genre = Genre.NOVEL  # type: ignore[attr-defined]
