# Generated from acme/library/v1/library.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from typing import Literal

from minirpc.codegen import messages_v1 as _pb


class Genre(_pb.Enum):
    UNSPECIFIED = 0
    FICTION = 1


class Book(_pb.Message):
    """A book on a shelf."""

    class Location(_pb.Message):
        """Where the book stands."""

        shelf: str = _pb.string(1)
        slot: int = _pb.uint32(2)

    title: str = _pb.string(1)
    authors: list[str] = _pb.string(2, repeated=True)
    page_count: int | None = _pb.int32(3, optional=True)
    genre: Genre = _pb.enum(4, lambda: Genre)
    ratings: dict[str, int] = _pb.map(5, "string", "int64")
    location: Location | None = _pb.message(6, lambda: Book.Location)
    isbn: str | None = _pb.string(7, oneof="identifier")
    catalog_number: int | None = _pb.uint64(8, oneof="identifier")

    @property
    def identifier(self) -> _pb.Oneof[Literal["isbn"], str] | _pb.Oneof[Literal["catalog_number"], int] | None:
        return _pb.which_oneof(self, "identifier")


class GetBookRequest(_pb.Message):
    title: str = _pb.string(1)


_pb.file("acme/library/v1/library.proto", "acme.library.v1", b"\n\x1dacme/library/v1/library.proto\x12\x0facme.library.v1\"\xd0\x03\n\x04Book\x12\x14\n\x05title\x18\x01 \x01(\tR\x05title\x12\x18\n\x07authors\x18\x02 \x03(\tR\x07authors\x12\"\n\npage_count\x18\x03 \x01(\x05H\x01R\tpageCount\x88\x01\x01\x12,\n\x05genre\x18\x04 \x01(\x0e2\x16.acme.library.v1.GenreR\x05genre\x12<\n\x07ratings\x18\x05 \x03(\x0b2\".acme.library.v1.Book.RatingsEntryR\x07ratings\x12:\n\x08location\x18\x06 \x01(\x0b2\x1e.acme.library.v1.Book.LocationR\x08location\x12\x14\n\x04isbn\x18\x07 \x01(\tH\x00R\x04isbn\x12'\n\x0ecatalog_number\x18\x08 \x01(\x04H\x00R\rcatalogNumber\x1a4\n\x08Location\x12\x14\n\x05shelf\x18\x01 \x01(\tR\x05shelf\x12\x12\n\x04slot\x18\x02 \x01(\rR\x04slot\x1a:\n\x0cRatingsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01(\x03R\x05value:\x028\x01B\x0c\n\nidentifierB\r\n\x0b_page_count\"&\n\x0eGetBookRequest\x12\x14\n\x05title\x18\x01 \x01(\tR\x05title*1\n\x05Genre\x12\x15\n\x11GENRE_UNSPECIFIED\x10\x00\x12\x11\n\rGENRE_FICTION\x10\x012\x8a\x02\n\x07Library\x12A\n\x07GetBook\x12\x1f.acme.library.v1.GetBookRequest\x1a\x15.acme.library.v1.Book\x12E\n\tListBooks\x12\x1f.acme.library.v1.GetBookRequest\x1a\x15.acme.library.v1.Book0\x01\x12:\n\x08AddBooks\x12\x15.acme.library.v1.Book\x1a\x15.acme.library.v1.Book(\x01\x129\n\x05Trade\x12\x15.acme.library.v1.Book\x1a\x15.acme.library.v1.Book(\x010\x01b\x06proto3", __name__)
