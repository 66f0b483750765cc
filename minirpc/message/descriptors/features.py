"""Features: what a .proto file's edition and options say about its elements (protobuf editions, "feature settings").

Every element inherits the features of what encloses it: a file those of its edition, a message those of the file or the
message around it, a field those of its message or oneof, and so on; each may choose others for itself. ``syntax`` is an
edition too: proto2 and proto3 have fixed features, which the options of old (``packed``, ``required``, ``group``)
change.
"""

from __future__ import annotations

from typing import NamedTuple

from minirpc.errors import DescriptorError
from minirpc.message.wkt.descriptor_pb import (
    Edition,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
)

__all__ = ["EDITIONS", "NEWEST_EDITION", "Features", "edition_of", "of_field"]


class Features(NamedTuple):
    """The features of one element, as they are after inheritance."""

    field_presence: FeatureSet.FieldPresence
    enum_type: FeatureSet.EnumType
    repeated_field_encoding: FeatureSet.RepeatedFieldEncoding
    utf8_validation: FeatureSet.Utf8Validation
    message_encoding: FeatureSet.MessageEncoding
    json_format: FeatureSet.JsonFormat

    def changed_by(self, chosen: FeatureSet | None) -> Features:
        """The features of an element that is enclosed by one with these, and chooses some for itself."""
        if chosen is None:
            return self
        return Features(
            chosen.field_presence or self.field_presence,
            chosen.enum_type or self.enum_type,
            chosen.repeated_field_encoding or self.repeated_field_encoding,
            chosen.utf8_validation or self.utf8_validation,
            chosen.message_encoding or self.message_encoding,
            chosen.json_format or self.json_format,
        )


_PROTO2 = Features(
    FeatureSet.FieldPresence.EXPLICIT,
    FeatureSet.EnumType.CLOSED,
    FeatureSet.RepeatedFieldEncoding.EXPANDED,
    FeatureSet.Utf8Validation.NONE,
    FeatureSet.MessageEncoding.LENGTH_PREFIXED,
    FeatureSet.JsonFormat.LEGACY_BEST_EFFORT,
)
_PROTO3 = Features(
    FeatureSet.FieldPresence.IMPLICIT,
    FeatureSet.EnumType.OPEN,
    FeatureSet.RepeatedFieldEncoding.PACKED,
    FeatureSet.Utf8Validation.VERIFY,
    FeatureSet.MessageEncoding.LENGTH_PREFIXED,
    FeatureSet.JsonFormat.ALLOW,
)
_2023 = _PROTO3._replace(field_presence=FeatureSet.FieldPresence.EXPLICIT)

EDITIONS = {
    Edition.EDITION_PROTO2: _PROTO2,
    Edition.EDITION_PROTO3: _PROTO3,
    Edition.EDITION_2023: _2023,
    # 2024 changes only features that concern protoc alone: naming style and the visibility of symbols
    Edition.EDITION_2024: _2023,
    # what protobuf's developers try out; protoc lets it through with --experimental_editions alone
    Edition.EDITION_UNSTABLE: _2023,
}
"""The editions that are known, with their features."""

NEWEST_EDITION = Edition.EDITION_2024
"""The newest edition that is no trial."""

_SYNTAXES = {"": Edition.EDITION_PROTO2, "proto2": Edition.EDITION_PROTO2, "proto3": Edition.EDITION_PROTO3}


def edition_of(file: FileDescriptorProto) -> Edition:
    """The edition of a file.

    Raises:
        DescriptorError: it is none that is known.
    """
    syntax = file.syntax or ""
    edition = file.edition if syntax == "editions" else _SYNTAXES.get(syntax)
    if edition is not None and edition in EDITIONS:
        return edition
    if edition is None:
        known = syntax == "editions"
        reason = "has no known edition" if known else f"has the unknown syntax {syntax!r}"
    else:
        reason = f"has edition {edition.name.removeprefix('EDITION_')}"
    raise DescriptorError(f"{reason}; supported are proto2, proto3 and the editions 2023 and 2024", file.name or "")


def of_field(field: FieldDescriptorProto, enclosing: Features, edition: Edition) -> Features:
    """The features of a field, from those of its message, oneof or, if it is an extension, the scope around it."""
    options = field.options
    features = enclosing.changed_by(options.features if options else None)
    if edition in (Edition.EDITION_PROTO2, Edition.EDITION_PROTO3):
        if field.label == FieldDescriptorProto.Label.REQUIRED:
            features = features._replace(field_presence=FeatureSet.FieldPresence.LEGACY_REQUIRED)
        elif field.proto3_optional:
            features = features._replace(field_presence=FeatureSet.FieldPresence.EXPLICIT)
        if field.type == FieldDescriptorProto.Type.GROUP:
            features = features._replace(message_encoding=FeatureSet.MessageEncoding.DELIMITED)
        if options and options.packed is not None:
            how = FeatureSet.RepeatedFieldEncoding
            features = features._replace(repeated_field_encoding=how.PACKED if options.packed else how.EXPANDED)
    return features
