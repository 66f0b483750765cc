# Generated from google/protobuf/descriptor.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Edition(_pb.Enum, closed=True):
    EDITION_UNKNOWN = 0
    EDITION_LEGACY = 900
    EDITION_PROTO2 = 998
    EDITION_PROTO3 = 999
    EDITION_2023 = 1000
    EDITION_2024 = 1001
    EDITION_2026 = 1002
    EDITION_UNSTABLE = 9999
    EDITION_1_TEST_ONLY = 1
    EDITION_2_TEST_ONLY = 2
    EDITION_99997_TEST_ONLY = 99997
    EDITION_99998_TEST_ONLY = 99998
    EDITION_99999_TEST_ONLY = 99999
    EDITION_MAX = 2147483647


class SymbolVisibility(_pb.Enum, closed=True):
    VISIBILITY_UNSET = 0
    VISIBILITY_LOCAL = 1
    VISIBILITY_EXPORT = 2


class FileDescriptorSet(_pb.ExtendableMessage):
    file: list[FileDescriptorProto] = _pb.message(1, lambda: FileDescriptorProto, repeated=True)


class FileDescriptorProto(_pb.Message):
    name: str | None = _pb.string(1, optional=True, utf8=False)
    package: str | None = _pb.string(2, optional=True, utf8=False)
    dependency: list[str] = _pb.string(3, repeated=True, utf8=False)
    public_dependency: list[int] = _pb.int32(10, repeated=True, packed=False)
    weak_dependency: list[int] = _pb.int32(11, repeated=True, packed=False)
    option_dependency: list[str] = _pb.string(15, repeated=True, utf8=False)
    message_type: list[DescriptorProto] = _pb.message(4, lambda: DescriptorProto, repeated=True)
    enum_type: list[EnumDescriptorProto] = _pb.message(5, lambda: EnumDescriptorProto, repeated=True)
    service: list[ServiceDescriptorProto] = _pb.message(6, lambda: ServiceDescriptorProto, repeated=True)
    extension: list[FieldDescriptorProto] = _pb.message(7, lambda: FieldDescriptorProto, repeated=True)
    options: FileOptions | None = _pb.message(8, lambda: FileOptions)
    source_code_info: SourceCodeInfo | None = _pb.message(9, lambda: SourceCodeInfo)
    syntax: str | None = _pb.string(12, optional=True, utf8=False)
    edition: Edition | None = _pb.enum(14, lambda: Edition, optional=True)


class DescriptorProto(_pb.Message):
    class ExtensionRange(_pb.Message):
        start: int | None = _pb.int32(1, optional=True)
        end: int | None = _pb.int32(2, optional=True)
        options: ExtensionRangeOptions | None = _pb.message(3, lambda: ExtensionRangeOptions)

    class ReservedRange(_pb.Message):
        start: int | None = _pb.int32(1, optional=True)
        end: int | None = _pb.int32(2, optional=True)

    name: str | None = _pb.string(1, optional=True, utf8=False)
    field: list[FieldDescriptorProto] = _pb.message(2, lambda: FieldDescriptorProto, repeated=True)
    extension: list[FieldDescriptorProto] = _pb.message(6, lambda: FieldDescriptorProto, repeated=True)
    nested_type: list[DescriptorProto] = _pb.message(3, lambda: DescriptorProto, repeated=True)
    enum_type: list[EnumDescriptorProto] = _pb.message(4, lambda: EnumDescriptorProto, repeated=True)
    extension_range: list[ExtensionRange] = _pb.message(5, lambda: DescriptorProto.ExtensionRange, repeated=True)
    oneof_decl: list[OneofDescriptorProto] = _pb.message(8, lambda: OneofDescriptorProto, repeated=True)
    options: MessageOptions | None = _pb.message(7, lambda: MessageOptions)
    reserved_range: list[ReservedRange] = _pb.message(9, lambda: DescriptorProto.ReservedRange, repeated=True)
    reserved_name: list[str] = _pb.string(10, repeated=True, utf8=False)
    visibility: SymbolVisibility | None = _pb.enum(11, lambda: SymbolVisibility, optional=True)


class ExtensionRangeOptions(_pb.ExtendableMessage):
    class VerificationState(_pb.Enum, closed=True):
        DECLARATION = 0
        UNVERIFIED = 1

    class Declaration(_pb.Message):
        number: int | None = _pb.int32(1, optional=True)
        full_name: str | None = _pb.string(2, optional=True, utf8=False)
        type: str | None = _pb.string(3, optional=True, utf8=False)
        reserved: bool | None = _pb.bool(5, optional=True)
        repeated: bool | None = _pb.bool(6, optional=True)

    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)
    declaration: list[Declaration] = _pb.message(2, lambda: ExtensionRangeOptions.Declaration, repeated=True)
    features: FeatureSet | None = _pb.message(50, lambda: FeatureSet)
    verification: VerificationState = _pb.enum(
        3, lambda: ExtensionRangeOptions.VerificationState, optional=True, default=1
    )


class FieldDescriptorProto(_pb.Message):
    class Type(_pb.Enum, closed=True):
        DOUBLE = 1
        FLOAT = 2
        INT64 = 3
        UINT64 = 4
        INT32 = 5
        FIXED64 = 6
        FIXED32 = 7
        BOOL = 8
        STRING = 9
        GROUP = 10
        MESSAGE = 11
        BYTES = 12
        UINT32 = 13
        ENUM = 14
        SFIXED32 = 15
        SFIXED64 = 16
        SINT32 = 17
        SINT64 = 18

    class Label(_pb.Enum, closed=True):
        OPTIONAL = 1
        REPEATED = 3
        REQUIRED = 2

    name: str | None = _pb.string(1, optional=True, utf8=False)
    number: int | None = _pb.int32(3, optional=True)
    label: Label | None = _pb.enum(4, lambda: FieldDescriptorProto.Label, optional=True)
    type: Type | None = _pb.enum(5, lambda: FieldDescriptorProto.Type, optional=True)
    type_name: str | None = _pb.string(6, optional=True, utf8=False)
    extendee: str | None = _pb.string(2, optional=True, utf8=False)
    default_value: str | None = _pb.string(7, optional=True, utf8=False)
    oneof_index: int | None = _pb.int32(9, optional=True)
    json_name: str | None = _pb.string(10, optional=True, utf8=False)
    options: FieldOptions | None = _pb.message(8, lambda: FieldOptions)
    proto3_optional: bool | None = _pb.bool(17, optional=True)


class OneofDescriptorProto(_pb.Message):
    name: str | None = _pb.string(1, optional=True, utf8=False)
    options: OneofOptions | None = _pb.message(2, lambda: OneofOptions)


class EnumDescriptorProto(_pb.Message):
    class EnumReservedRange(_pb.Message):
        start: int | None = _pb.int32(1, optional=True)
        end: int | None = _pb.int32(2, optional=True)

    name: str | None = _pb.string(1, optional=True, utf8=False)
    value: list[EnumValueDescriptorProto] = _pb.message(2, lambda: EnumValueDescriptorProto, repeated=True)
    options: EnumOptions | None = _pb.message(3, lambda: EnumOptions)
    reserved_range: list[EnumReservedRange] = _pb.message(
        4, lambda: EnumDescriptorProto.EnumReservedRange, repeated=True
    )
    reserved_name: list[str] = _pb.string(5, repeated=True, utf8=False)
    visibility: SymbolVisibility | None = _pb.enum(6, lambda: SymbolVisibility, optional=True)


class EnumValueDescriptorProto(_pb.Message):
    name: str | None = _pb.string(1, optional=True, utf8=False)
    number: int | None = _pb.int32(2, optional=True)
    options: EnumValueOptions | None = _pb.message(3, lambda: EnumValueOptions)


class ServiceDescriptorProto(_pb.Message, reserved=("stream",)):
    name: str | None = _pb.string(1, optional=True, utf8=False)
    method: list[MethodDescriptorProto] = _pb.message(2, lambda: MethodDescriptorProto, repeated=True)
    options: ServiceOptions | None = _pb.message(3, lambda: ServiceOptions)


class MethodDescriptorProto(_pb.Message):
    name: str | None = _pb.string(1, optional=True, utf8=False)
    input_type: str | None = _pb.string(2, optional=True, utf8=False)
    output_type: str | None = _pb.string(3, optional=True, utf8=False)
    options: MethodOptions | None = _pb.message(4, lambda: MethodOptions)
    client_streaming: bool = _pb.bool(5, optional=True, default=False)
    server_streaming: bool = _pb.bool(6, optional=True, default=False)


class FileOptions(_pb.ExtendableMessage, reserved=("php_generic_services",)):
    class OptimizeMode(_pb.Enum, closed=True):
        SPEED = 1
        CODE_SIZE = 2
        LITE_RUNTIME = 3

    java_package: str | None = _pb.string(1, optional=True, utf8=False)
    java_outer_classname: str | None = _pb.string(8, optional=True, utf8=False)
    java_multiple_files: bool = _pb.bool(10, optional=True, default=False)
    java_generate_equals_and_hash: bool | None = _pb.bool(20, optional=True)
    """Deprecated."""
    java_string_check_utf8: bool = _pb.bool(27, optional=True, default=False)
    optimize_for: OptimizeMode = _pb.enum(9, lambda: FileOptions.OptimizeMode, optional=True, default=1)
    go_package: str | None = _pb.string(11, optional=True, utf8=False)
    cc_generic_services: bool = _pb.bool(16, optional=True, default=False)
    java_generic_services: bool = _pb.bool(17, optional=True, default=False)
    py_generic_services: bool = _pb.bool(18, optional=True, default=False)
    deprecated: bool = _pb.bool(23, optional=True, default=False)
    cc_enable_arenas: bool = _pb.bool(31, optional=True, default=True)
    objc_class_prefix: str | None = _pb.string(36, optional=True, utf8=False)
    csharp_namespace: str | None = _pb.string(37, optional=True, utf8=False)
    swift_prefix: str | None = _pb.string(39, optional=True, utf8=False)
    php_class_prefix: str | None = _pb.string(40, optional=True, utf8=False)
    php_namespace: str | None = _pb.string(41, optional=True, utf8=False)
    php_metadata_namespace: str | None = _pb.string(44, optional=True, utf8=False)
    ruby_package: str | None = _pb.string(45, optional=True, utf8=False)
    features: FeatureSet | None = _pb.message(50, lambda: FeatureSet)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class MessageOptions(_pb.ExtendableMessage):
    message_set_wire_format: bool = _pb.bool(1, optional=True, default=False)
    no_standard_descriptor_accessor: bool = _pb.bool(2, optional=True, default=False)
    deprecated: bool = _pb.bool(3, optional=True, default=False)
    map_entry: bool | None = _pb.bool(7, optional=True)
    deprecated_legacy_json_field_conflicts: bool | None = _pb.bool(11, optional=True)
    """Deprecated."""
    features: FeatureSet | None = _pb.message(12, lambda: FeatureSet)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class FieldOptions(_pb.ExtendableMessage):
    class CType(_pb.Enum, closed=True):
        STRING = 0
        CORD = 1
        STRING_PIECE = 2

    class JSType(_pb.Enum, closed=True):
        JS_NORMAL = 0
        JS_STRING = 1
        JS_NUMBER = 2

    class OptionRetention(_pb.Enum, closed=True):
        RETENTION_UNKNOWN = 0
        RETENTION_RUNTIME = 1
        RETENTION_SOURCE = 2

    class OptionTargetType(_pb.Enum, closed=True):
        TARGET_TYPE_UNKNOWN = 0
        TARGET_TYPE_FILE = 1
        TARGET_TYPE_EXTENSION_RANGE = 2
        TARGET_TYPE_MESSAGE = 3
        TARGET_TYPE_FIELD = 4
        TARGET_TYPE_ONEOF = 5
        TARGET_TYPE_ENUM = 6
        TARGET_TYPE_ENUM_ENTRY = 7
        TARGET_TYPE_SERVICE = 8
        TARGET_TYPE_METHOD = 9

    class EditionDefault(_pb.Message):
        edition: Edition | None = _pb.enum(3, lambda: Edition, optional=True)
        value: str | None = _pb.string(2, optional=True, utf8=False)

    class FeatureSupport(_pb.Message):
        edition_introduced: Edition | None = _pb.enum(1, lambda: Edition, optional=True)
        edition_deprecated: Edition | None = _pb.enum(2, lambda: Edition, optional=True)
        deprecation_warning: str | None = _pb.string(3, optional=True, utf8=False)
        edition_removed: Edition | None = _pb.enum(4, lambda: Edition, optional=True)
        removal_error: str | None = _pb.string(5, optional=True, utf8=False)

    ctype: CType = _pb.enum(1, lambda: FieldOptions.CType, optional=True, default=0)
    packed: bool | None = _pb.bool(2, optional=True)
    jstype: JSType = _pb.enum(6, lambda: FieldOptions.JSType, optional=True, default=0)
    lazy: bool = _pb.bool(5, optional=True, default=False)
    unverified_lazy: bool = _pb.bool(15, optional=True, default=False)
    deprecated: bool = _pb.bool(3, optional=True, default=False)
    weak: bool = _pb.bool(10, optional=True, default=False)
    """Deprecated."""
    debug_redact: bool = _pb.bool(16, optional=True, default=False)
    retention: OptionRetention | None = _pb.enum(17, lambda: FieldOptions.OptionRetention, optional=True)
    targets: list[OptionTargetType] = _pb.enum(
        19, lambda: FieldOptions.OptionTargetType, repeated=True, packed=False
    )
    edition_defaults: list[EditionDefault] = _pb.message(20, lambda: FieldOptions.EditionDefault, repeated=True)
    features: FeatureSet | None = _pb.message(21, lambda: FeatureSet)
    feature_support: FeatureSupport | None = _pb.message(22, lambda: FieldOptions.FeatureSupport)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class OneofOptions(_pb.ExtendableMessage):
    features: FeatureSet | None = _pb.message(1, lambda: FeatureSet)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class EnumOptions(_pb.ExtendableMessage):
    allow_alias: bool | None = _pb.bool(2, optional=True)
    deprecated: bool = _pb.bool(3, optional=True, default=False)
    deprecated_legacy_json_field_conflicts: bool | None = _pb.bool(6, optional=True)
    """Deprecated."""
    features: FeatureSet | None = _pb.message(7, lambda: FeatureSet)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class EnumValueOptions(_pb.ExtendableMessage):
    deprecated: bool = _pb.bool(1, optional=True, default=False)
    features: FeatureSet | None = _pb.message(2, lambda: FeatureSet)
    debug_redact: bool = _pb.bool(3, optional=True, default=False)
    feature_support: FieldOptions.FeatureSupport | None = _pb.message(4, lambda: FieldOptions.FeatureSupport)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class ServiceOptions(_pb.ExtendableMessage):
    features: FeatureSet | None = _pb.message(34, lambda: FeatureSet)
    deprecated: bool = _pb.bool(33, optional=True, default=False)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class MethodOptions(_pb.ExtendableMessage):
    class IdempotencyLevel(_pb.Enum, closed=True):
        IDEMPOTENCY_UNKNOWN = 0
        NO_SIDE_EFFECTS = 1
        IDEMPOTENT = 2

    deprecated: bool = _pb.bool(33, optional=True, default=False)
    idempotency_level: IdempotencyLevel = _pb.enum(
        34, lambda: MethodOptions.IdempotencyLevel, optional=True, default=0
    )
    features: FeatureSet | None = _pb.message(35, lambda: FeatureSet)
    uninterpreted_option: list[UninterpretedOption] = _pb.message(999, lambda: UninterpretedOption, repeated=True)


class UninterpretedOption(_pb.Message):
    class NamePart(_pb.Message):
        name_part: str | None = _pb.string(1, required=True, utf8=False)
        is_extension: bool | None = _pb.bool(2, required=True)

    name: list[NamePart] = _pb.message(2, lambda: UninterpretedOption.NamePart, repeated=True)
    identifier_value: str | None = _pb.string(3, optional=True, utf8=False)
    positive_int_value: int | None = _pb.uint64(4, optional=True)
    negative_int_value: int | None = _pb.int64(5, optional=True)
    double_value: float | None = _pb.double(6, optional=True)
    string_value: bytes | None = _pb.bytes(7, optional=True)
    aggregate_value: str | None = _pb.string(8, optional=True, utf8=False)


class FeatureSet(_pb.ExtendableMessage):
    class FieldPresence(_pb.Enum, closed=True):
        FIELD_PRESENCE_UNKNOWN = 0
        EXPLICIT = 1
        IMPLICIT = 2
        LEGACY_REQUIRED = 3

    class EnumType(_pb.Enum, closed=True):
        ENUM_TYPE_UNKNOWN = 0
        OPEN = 1
        CLOSED = 2

    class RepeatedFieldEncoding(_pb.Enum, closed=True):
        REPEATED_FIELD_ENCODING_UNKNOWN = 0
        PACKED = 1
        EXPANDED = 2

    class Utf8Validation(_pb.Enum, closed=True):
        UTF8_VALIDATION_UNKNOWN = 0
        VERIFY = 2
        NONE = 3

    class MessageEncoding(_pb.Enum, closed=True):
        MESSAGE_ENCODING_UNKNOWN = 0
        LENGTH_PREFIXED = 1
        DELIMITED = 2

    class JsonFormat(_pb.Enum, closed=True):
        JSON_FORMAT_UNKNOWN = 0
        ALLOW = 1
        LEGACY_BEST_EFFORT = 2

    class EnforceNamingStyle(_pb.Enum, closed=True):
        ENFORCE_NAMING_STYLE_UNKNOWN = 0
        STYLE2024 = 1
        STYLE_LEGACY = 2
        STYLE2026 = 3

    class VisibilityFeature(_pb.Message):
        class DefaultSymbolVisibility(_pb.Enum, closed=True):
            DEFAULT_SYMBOL_VISIBILITY_UNKNOWN = 0
            EXPORT_ALL = 1
            EXPORT_TOP_LEVEL = 2
            LOCAL_ALL = 3
            STRICT = 4

    class ProtoLimitsFeature(_pb.Message):
        class EnforceProtoLimits(_pb.Enum, closed=True):
            PROTO_LIMITS_UNKNOWN = 0
            LEGACY_NO_EXPLICIT_LIMITS = 1
            PROTO_LIMITS2026 = 2

    field_presence: FieldPresence | None = _pb.enum(1, lambda: FeatureSet.FieldPresence, optional=True)
    enum_type: EnumType | None = _pb.enum(2, lambda: FeatureSet.EnumType, optional=True)
    repeated_field_encoding: RepeatedFieldEncoding | None = _pb.enum(
        3, lambda: FeatureSet.RepeatedFieldEncoding, optional=True
    )
    utf8_validation: Utf8Validation | None = _pb.enum(4, lambda: FeatureSet.Utf8Validation, optional=True)
    message_encoding: MessageEncoding | None = _pb.enum(5, lambda: FeatureSet.MessageEncoding, optional=True)
    json_format: JsonFormat | None = _pb.enum(6, lambda: FeatureSet.JsonFormat, optional=True)
    enforce_naming_style: EnforceNamingStyle | None = _pb.enum(
        7, lambda: FeatureSet.EnforceNamingStyle, optional=True
    )
    default_symbol_visibility: VisibilityFeature.DefaultSymbolVisibility | None = _pb.enum(
        8, lambda: FeatureSet.VisibilityFeature.DefaultSymbolVisibility, optional=True
    )
    enforce_proto_limits: ProtoLimitsFeature.EnforceProtoLimits | None = _pb.enum(
        9, lambda: FeatureSet.ProtoLimitsFeature.EnforceProtoLimits, optional=True
    )


class FeatureSetDefaults(_pb.Message):
    class FeatureSetEditionDefault(_pb.Message, reserved=("features",)):
        edition: Edition | None = _pb.enum(3, lambda: Edition, optional=True)
        overridable_features: FeatureSet | None = _pb.message(4, lambda: FeatureSet)
        fixed_features: FeatureSet | None = _pb.message(5, lambda: FeatureSet)

    defaults: list[FeatureSetEditionDefault] = _pb.message(
        1, lambda: FeatureSetDefaults.FeatureSetEditionDefault, repeated=True
    )
    minimum_edition: Edition | None = _pb.enum(4, lambda: Edition, optional=True)
    maximum_edition: Edition | None = _pb.enum(5, lambda: Edition, optional=True)


class SourceCodeInfo(_pb.ExtendableMessage):
    class Location(_pb.Message):
        path: list[int] = _pb.int32(1, repeated=True)
        span: list[int] = _pb.int32(2, repeated=True)
        leading_comments: str | None = _pb.string(3, optional=True, utf8=False)
        trailing_comments: str | None = _pb.string(4, optional=True, utf8=False)
        leading_detached_comments: list[str] = _pb.string(6, repeated=True, utf8=False)

    location: list[Location] = _pb.message(1, lambda: SourceCodeInfo.Location, repeated=True)


class GeneratedCodeInfo(_pb.Message):
    class Annotation(_pb.Message):
        class Semantic(_pb.Enum, closed=True):
            NONE = 0
            SET = 1
            ALIAS = 2

        path: list[int] = _pb.int32(1, repeated=True)
        source_file: str | None = _pb.string(2, optional=True, utf8=False)
        begin: int | None = _pb.int32(3, optional=True)
        end: int | None = _pb.int32(4, optional=True)
        semantic: Semantic | None = _pb.enum(5, lambda: GeneratedCodeInfo.Annotation.Semantic, optional=True)

    annotation: list[Annotation] = _pb.message(1, lambda: GeneratedCodeInfo.Annotation, repeated=True)


_pb.file("google/protobuf/descriptor.proto", "google.protobuf", b"\n google/protobuf/descriptor.proto\x12\x0fgoogle.protobuf\"[\n\x11FileDescriptorSet\x128\n\x04file\x18\x01 \x03(\x0b2$.google.protobuf.FileDescriptorProtoR\x04file*\x0c\x08\x80\xec\xca\xff\x01\x10\x81\xec\xca\xff\x01\"\xc5\x05\n\x13FileDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x18\n\x07package\x18\x02 \x01(\tR\x07package\x12\x1e\n\ndependency\x18\x03 \x03(\tR\ndependency\x12+\n\x11public_dependency\x18\n \x03(\x05R\x10publicDependency\x12'\n\x0fweak_dependency\x18\x0b \x03(\x05R\x0eweakDependency\x12+\n\x11option_dependency\x18\x0f \x03(\tR\x10optionDependency\x12C\n\x0cmessage_type\x18\x04 \x03(\x0b2 .google.protobuf.DescriptorProtoR\x0bmessageType\x12A\n\tenum_type\x18\x05 \x03(\x0b2$.google.protobuf.EnumDescriptorProtoR\x08enumType\x12A\n\x07service\x18\x06 \x03(\x0b2'.google.protobuf.ServiceDescriptorProtoR\x07service\x12C\n\textension\x18\x07 \x03(\x0b2%.google.protobuf.FieldDescriptorProtoR\textension\x126\n\x07options\x18\x08 \x01(\x0b2\x1c.google.protobuf.FileOptionsR\x07options\x12I\n\x10source_code_info\x18\t \x01(\x0b2\x1f.google.protobuf.SourceCodeInfoR\x0esourceCodeInfo\x12\x16\n\x06syntax\x18\x0c \x01(\tR\x06syntax\x122\n\x07edition\x18\x0e \x01(\x0e2\x18.google.protobuf.EditionR\x07edition\"\xfc\x06\n\x0fDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12;\n\x05field\x18\x02 \x03(\x0b2%.google.protobuf.FieldDescriptorProtoR\x05field\x12C\n\textension\x18\x06 \x03(\x0b2%.google.protobuf.FieldDescriptorProtoR\textension\x12A\n\x0bnested_type\x18\x03 \x03(\x0b2 .google.protobuf.DescriptorProtoR\nnestedType\x12A\n\tenum_type\x18\x04 \x03(\x0b2$.google.protobuf.EnumDescriptorProtoR\x08enumType\x12X\n\x0fextension_range\x18\x05 \x03(\x0b2/.google.protobuf.DescriptorProto.ExtensionRangeR\x0eextensionRange\x12D\n\noneof_decl\x18\x08 \x03(\x0b2%.google.protobuf.OneofDescriptorProtoR\toneofDecl\x129\n\x07options\x18\x07 \x01(\x0b2\x1f.google.protobuf.MessageOptionsR\x07options\x12U\n\x0ereserved_range\x18\t \x03(\x0b2..google.protobuf.DescriptorProto.ReservedRangeR\rreservedRange\x12#\n\rreserved_name\x18\n \x03(\tR\x0creservedName\x12A\n\nvisibility\x18\x0b \x01(\x0e2!.google.protobuf.SymbolVisibilityR\nvisibility\x1az\n\x0eExtensionRange\x12\x14\n\x05start\x18\x01 \x01(\x05R\x05start\x12\x10\n\x03end\x18\x02 \x01(\x05R\x03end\x12@\n\x07options\x18\x03 \x01(\x0b2&.google.protobuf.ExtensionRangeOptionsR\x07options\x1a7\n\rReservedRange\x12\x14\n\x05start\x18\x01 \x01(\x05R\x05start\x12\x10\n\x03end\x18\x02 \x01(\x05R\x03end\"\xd4\x04\n\x15ExtensionRangeOptions\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption\x12Y\n\x0bdeclaration\x18\x02 \x03(\x0b22.google.protobuf.ExtensionRangeOptions.DeclarationB\x03\x88\x01\x02R\x0bdeclaration\x127\n\x08features\x182 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12m\n\x0cverification\x18\x03 \x01(\x0e28.google.protobuf.ExtensionRangeOptions.VerificationState:\nUNVERIFIEDB\x03\x88\x01\x02R\x0cverification\x1a\x94\x01\n\x0bDeclaration\x12\x16\n\x06number\x18\x01 \x01(\x05R\x06number\x12\x1b\n\tfull_name\x18\x02 \x01(\tR\x08fullName\x12\x12\n\x04type\x18\x03 \x01(\tR\x04type\x12\x1a\n\x08reserved\x18\x05 \x01(\x08R\x08reserved\x12\x1a\n\x08repeated\x18\x06 \x01(\x08R\x08repeatedJ\x04\x08\x04\x10\x05\"4\n\x11VerificationState\x12\x0f\n\x0bDECLARATION\x10\x00\x12\x0e\n\nUNVERIFIED\x10\x01*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02\"\xc1\x06\n\x14FieldDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x16\n\x06number\x18\x03 \x01(\x05R\x06number\x12A\n\x05label\x18\x04 \x01(\x0e2+.google.protobuf.FieldDescriptorProto.LabelR\x05label\x12>\n\x04type\x18\x05 \x01(\x0e2*.google.protobuf.FieldDescriptorProto.TypeR\x04type\x12\x1b\n\ttype_name\x18\x06 \x01(\tR\x08typeName\x12\x1a\n\x08extendee\x18\x02 \x01(\tR\x08extendee\x12#\n\rdefault_value\x18\x07 \x01(\tR\x0cdefaultValue\x12\x1f\n\x0boneof_index\x18\t \x01(\x05R\noneofIndex\x12\x1b\n\tjson_name\x18\n \x01(\tR\x08jsonName\x127\n\x07options\x18\x08 \x01(\x0b2\x1d.google.protobuf.FieldOptionsR\x07options\x12'\n\x0fproto3_optional\x18\x11 \x01(\x08R\x0eproto3Optional\"\xb6\x02\n\x04Type\x12\x0f\n\x0bTYPE_DOUBLE\x10\x01\x12\x0e\n\nTYPE_FLOAT\x10\x02\x12\x0e\n\nTYPE_INT64\x10\x03\x12\x0f\n\x0bTYPE_UINT64\x10\x04\x12\x0e\n\nTYPE_INT32\x10\x05\x12\x10\n\x0cTYPE_FIXED64\x10\x06\x12\x10\n\x0cTYPE_FIXED32\x10\x07\x12\r\n\tTYPE_BOOL\x10\x08\x12\x0f\n\x0bTYPE_STRING\x10\t\x12\x0e\n\nTYPE_GROUP\x10\n\x12\x10\n\x0cTYPE_MESSAGE\x10\x0b\x12\x0e\n\nTYPE_BYTES\x10\x0c\x12\x0f\n\x0bTYPE_UINT32\x10\r\x12\r\n\tTYPE_ENUM\x10\x0e\x12\x11\n\rTYPE_SFIXED32\x10\x0f\x12\x11\n\rTYPE_SFIXED64\x10\x10\x12\x0f\n\x0bTYPE_SINT32\x10\x11\x12\x0f\n\x0bTYPE_SINT64\x10\x12\"C\n\x05Label\x12\x12\n\x0eLABEL_OPTIONAL\x10\x01\x12\x12\n\x0eLABEL_REPEATED\x10\x03\x12\x12\n\x0eLABEL_REQUIRED\x10\x02\"c\n\x14OneofDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x127\n\x07options\x18\x02 \x01(\x0b2\x1d.google.protobuf.OneofOptionsR\x07options\"\xa6\x03\n\x13EnumDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12?\n\x05value\x18\x02 \x03(\x0b2).google.protobuf.EnumValueDescriptorProtoR\x05value\x126\n\x07options\x18\x03 \x01(\x0b2\x1c.google.protobuf.EnumOptionsR\x07options\x12]\n\x0ereserved_range\x18\x04 \x03(\x0b26.google.protobuf.EnumDescriptorProto.EnumReservedRangeR\rreservedRange\x12#\n\rreserved_name\x18\x05 \x03(\tR\x0creservedName\x12A\n\nvisibility\x18\x06 \x01(\x0e2!.google.protobuf.SymbolVisibilityR\nvisibility\x1a;\n\x11EnumReservedRange\x12\x14\n\x05start\x18\x01 \x01(\x05R\x05start\x12\x10\n\x03end\x18\x02 \x01(\x05R\x03end\"\x83\x01\n\x18EnumValueDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x16\n\x06number\x18\x02 \x01(\x05R\x06number\x12;\n\x07options\x18\x03 \x01(\x0b2!.google.protobuf.EnumValueOptionsR\x07options\"\xb5\x01\n\x16ServiceDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12>\n\x06method\x18\x02 \x03(\x0b2&.google.protobuf.MethodDescriptorProtoR\x06method\x129\n\x07options\x18\x03 \x01(\x0b2\x1f.google.protobuf.ServiceOptionsR\x07optionsJ\x04\x08\x04\x10\x05R\x06stream\"\x89\x02\n\x15MethodDescriptorProto\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x1d\n\ninput_type\x18\x02 \x01(\tR\tinputType\x12\x1f\n\x0boutput_type\x18\x03 \x01(\tR\noutputType\x128\n\x07options\x18\x04 \x01(\x0b2\x1e.google.protobuf.MethodOptionsR\x07options\x120\n\x10client_streaming\x18\x05 \x01(\x08:\x05falseR\x0fclientStreaming\x120\n\x10server_streaming\x18\x06 \x01(\x08:\x05falseR\x0fserverStreaming\"\x8c\x0c\n\x0bFileOptions\x12!\n\x0cjava_package\x18\x01 \x01(\tR\x0bjavaPackage\x120\n\x14java_outer_classname\x18\x08 \x01(\tR\x12javaOuterClassname\x12\xf9\x01\n\x13java_multiple_files\x18\n \x01(\x08:\x05falseB\xc1\x01\xb2\x01\xbd\x01\x08\xe6\x07 \xe9\x07*\xb4\x01This behavior is enabled by default in editions 2024 and above. To disable it, you can set `features.(pb.java).nest_in_file_class = YES` on individual messages, enums, or services.R\x11javaMultipleFiles\x12D\n\x1djava_generate_equals_and_hash\x18\x14 \x01(\x08B\x02\x18\x01R\x19javaGenerateEqualsAndHash\x12:\n\x16java_string_check_utf8\x18\x1b \x01(\x08:\x05falseR\x13javaStringCheckUtf8\x12S\n\x0coptimize_for\x18\t \x01(\x0e2).google.protobuf.FileOptions.OptimizeMode:\x05SPEEDR\x0boptimizeFor\x12\x1d\n\ngo_package\x18\x0b \x01(\tR\tgoPackage\x125\n\x13cc_generic_services\x18\x10 \x01(\x08:\x05falseR\x11ccGenericServices\x129\n\x15java_generic_services\x18\x11 \x01(\x08:\x05falseR\x13javaGenericServices\x125\n\x13py_generic_services\x18\x12 \x01(\x08:\x05falseR\x11pyGenericServices\x12%\n\ndeprecated\x18\x17 \x01(\x08:\x05falseR\ndeprecated\x12\xbf\x01\n\x10cc_enable_arenas\x18\x1f \x01(\x08:\x04trueB\x8e\x01\xb2\x01\x8a\x01 \xea\x07*\x84\x01cc_enable_arenas is enabled by default in every edition and overrides are ignored.This option is removed in editions 2026 and above.R\x0eccEnableArenas\x12*\n\x11objc_class_prefix\x18$ \x01(\tR\x0fobjcClassPrefix\x12)\n\x10csharp_namespace\x18% \x01(\tR\x0fcsharpNamespace\x12!\n\x0cswift_prefix\x18' \x01(\tR\x0bswiftPrefix\x12(\n\x10php_class_prefix\x18( \x01(\tR\x0ephpClassPrefix\x12#\n\rphp_namespace\x18) \x01(\tR\x0cphpNamespace\x124\n\x16php_metadata_namespace\x18, \x01(\tR\x14phpMetadataNamespace\x12!\n\x0cruby_package\x18- \x01(\tR\x0brubyPackage\x127\n\x08features\x182 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption\":\n\x0cOptimizeMode\x12\t\n\x05SPEED\x10\x01\x12\r\n\tCODE_SIZE\x10\x02\x12\x10\n\x0cLITE_RUNTIME\x10\x03*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02J\x04\x08*\x10+J\x04\x08&\x10'R\x14php_generic_services\"\xfc\x03\n\x0eMessageOptions\x12<\n\x17message_set_wire_format\x18\x01 \x01(\x08:\x05falseR\x14messageSetWireFormat\x12L\n\x1fno_standard_descriptor_accessor\x18\x02 \x01(\x08:\x05falseR\x1cnoStandardDescriptorAccessor\x12%\n\ndeprecated\x18\x03 \x01(\x08:\x05falseR\ndeprecated\x12\x1b\n\tmap_entry\x18\x07 \x01(\x08R\x08mapEntry\x12V\n&deprecated_legacy_json_field_conflicts\x18\x0b \x01(\x08B\x02\x18\x01R\"deprecatedLegacyJsonFieldConflicts\x127\n\x08features\x18\x0c \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02J\x04\x08\x04\x10\x05J\x04\x08\x05\x10\x06J\x04\x08\x06\x10\x07J\x04\x08\x08\x10\tJ\x04\x08\t\x10\n\"\xce\r\n\x0cFieldOptions\x12A\n\x05ctype\x18\x01 \x01(\x0e2#.google.protobuf.FieldOptions.CType:\x06STRINGR\x05ctype\x12\x16\n\x06packed\x18\x02 \x01(\x08R\x06packed\x12G\n\x06jstype\x18\x06 \x01(\x0e2$.google.protobuf.FieldOptions.JSType:\tJS_NORMALR\x06jstype\x12\x19\n\x04lazy\x18\x05 \x01(\x08:\x05falseR\x04lazy\x12.\n\x0funverified_lazy\x18\x0f \x01(\x08:\x05falseR\x0eunverifiedLazy\x12%\n\ndeprecated\x18\x03 \x01(\x08:\x05falseR\ndeprecated\x12\x1d\n\x04weak\x18\n \x01(\x08:\x05falseB\x02\x18\x01R\x04weak\x12(\n\x0cdebug_redact\x18\x10 \x01(\x08:\x05falseR\x0bdebugRedact\x12K\n\tretention\x18\x11 \x01(\x0e2-.google.protobuf.FieldOptions.OptionRetentionR\tretention\x12H\n\x07targets\x18\x13 \x03(\x0e2..google.protobuf.FieldOptions.OptionTargetTypeR\x07targets\x12W\n\x10edition_defaults\x18\x14 \x03(\x0b2,.google.protobuf.FieldOptions.EditionDefaultR\x0feditionDefaults\x127\n\x08features\x18\x15 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12U\n\x0ffeature_support\x18\x16 \x01(\x0b2,.google.protobuf.FieldOptions.FeatureSupportR\x0efeatureSupport\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption\x1aZ\n\x0eEditionDefault\x122\n\x07edition\x18\x03 \x01(\x0e2\x18.google.protobuf.EditionR\x07edition\x12\x14\n\x05value\x18\x02 \x01(\tR\x05value\x1a\xbb\x02\n\x0eFeatureSupport\x12G\n\x12edition_introduced\x18\x01 \x01(\x0e2\x18.google.protobuf.EditionR\x11editionIntroduced\x12G\n\x12edition_deprecated\x18\x02 \x01(\x0e2\x18.google.protobuf.EditionR\x11editionDeprecated\x12/\n\x13deprecation_warning\x18\x03 \x01(\tR\x12deprecationWarning\x12A\n\x0fedition_removed\x18\x04 \x01(\x0e2\x18.google.protobuf.EditionR\x0eeditionRemoved\x12#\n\rremoval_error\x18\x05 \x01(\tR\x0cremovalError\"/\n\x05CType\x12\n\n\x06STRING\x10\x00\x12\x08\n\x04CORD\x10\x01\x12\x10\n\x0cSTRING_PIECE\x10\x02\"5\n\x06JSType\x12\r\n\tJS_NORMAL\x10\x00\x12\r\n\tJS_STRING\x10\x01\x12\r\n\tJS_NUMBER\x10\x02\"U\n\x0fOptionRetention\x12\x15\n\x11RETENTION_UNKNOWN\x10\x00\x12\x15\n\x11RETENTION_RUNTIME\x10\x01\x12\x14\n\x10RETENTION_SOURCE\x10\x02\"\x8c\x02\n\x10OptionTargetType\x12\x17\n\x13TARGET_TYPE_UNKNOWN\x10\x00\x12\x14\n\x10TARGET_TYPE_FILE\x10\x01\x12\x1f\n\x1bTARGET_TYPE_EXTENSION_RANGE\x10\x02\x12\x17\n\x13TARGET_TYPE_MESSAGE\x10\x03\x12\x15\n\x11TARGET_TYPE_FIELD\x10\x04\x12\x15\n\x11TARGET_TYPE_ONEOF\x10\x05\x12\x14\n\x10TARGET_TYPE_ENUM\x10\x06\x12\x1a\n\x16TARGET_TYPE_ENUM_ENTRY\x10\x07\x12\x17\n\x13TARGET_TYPE_SERVICE\x10\x08\x12\x16\n\x12TARGET_TYPE_METHOD\x10\t*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02J\x04\x08\x04\x10\x05J\x04\x08\x12\x10\x13\"\xb4\x01\n\x0cOneofOptions\x127\n\x08features\x18\x01 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02\"\xd9\x02\n\x0bEnumOptions\x12\x1f\n\x0ballow_alias\x18\x02 \x01(\x08R\nallowAlias\x12%\n\ndeprecated\x18\x03 \x01(\x08:\x05falseR\ndeprecated\x12V\n&deprecated_legacy_json_field_conflicts\x18\x06 \x01(\x08B\x02\x18\x01R\"deprecatedLegacyJsonFieldConflicts\x127\n\x08features\x18\x07 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02J\x04\x08\x05\x10\x06\"\xe0\x02\n\x10EnumValueOptions\x12%\n\ndeprecated\x18\x01 \x01(\x08:\x05falseR\ndeprecated\x127\n\x08features\x18\x02 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12(\n\x0cdebug_redact\x18\x03 \x01(\x08:\x05falseR\x0bdebugRedact\x12U\n\x0ffeature_support\x18\x04 \x01(\x0b2,.google.protobuf.FieldOptions.FeatureSupportR\x0efeatureSupport\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02\"\xdd\x01\n\x0eServiceOptions\x127\n\x08features\x18\" \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12%\n\ndeprecated\x18! \x01(\x08:\x05falseR\ndeprecated\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02\"\xa1\x03\n\rMethodOptions\x12%\n\ndeprecated\x18! \x01(\x08:\x05falseR\ndeprecated\x12q\n\x11idempotency_level\x18\" \x01(\x0e2/.google.protobuf.MethodOptions.IdempotencyLevel:\x13IDEMPOTENCY_UNKNOWNR\x10idempotencyLevel\x127\n\x08features\x18# \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x08features\x12X\n\x14uninterpreted_option\x18\xe7\x07 \x03(\x0b2$.google.protobuf.UninterpretedOptionR\x13uninterpretedOption\"P\n\x10IdempotencyLevel\x12\x17\n\x13IDEMPOTENCY_UNKNOWN\x10\x00\x12\x13\n\x0fNO_SIDE_EFFECTS\x10\x01\x12\x0e\n\nIDEMPOTENT\x10\x02*\x06\x08\xde\x07\x10\xe7\x07*\t\x08\xe8\x07\x10\x80\x80\x80\x80\x02\"\x9a\x03\n\x13UninterpretedOption\x12A\n\x04name\x18\x02 \x03(\x0b2-.google.protobuf.UninterpretedOption.NamePartR\x04name\x12)\n\x10identifier_value\x18\x03 \x01(\tR\x0fidentifierValue\x12,\n\x12positive_int_value\x18\x04 \x01(\x04R\x10positiveIntValue\x12,\n\x12negative_int_value\x18\x05 \x01(\x03R\x10negativeIntValue\x12!\n\x0cdouble_value\x18\x06 \x01(\x01R\x0bdoubleValue\x12!\n\x0cstring_value\x18\x07 \x01(\x0cR\x0bstringValue\x12'\n\x0faggregate_value\x18\x08 \x01(\tR\x0eaggregateValue\x1aJ\n\x08NamePart\x12\x1b\n\tname_part\x18\x01 \x02(\tR\x08namePart\x12!\n\x0cis_extension\x18\x02 \x02(\x08R\x0bisExtension\"\xfd\x11\n\nFeatureSet\x12\x91\x01\n\x0efield_presence\x18\x01 \x01(\x0e2).google.protobuf.FeatureSet.FieldPresenceB?\x88\x01\x01\x98\x01\x04\x98\x01\x01\xa2\x01\r\x12\x08EXPLICIT\x18\x84\x07\xa2\x01\r\x12\x08IMPLICIT\x18\xe7\x07\xa2\x01\r\x12\x08EXPLICIT\x18\xe8\x07\xb2\x01\x03\x08\xe8\x07R\rfieldPresence\x12l\n\tenum_type\x18\x02 \x01(\x0e2$.google.protobuf.FeatureSet.EnumTypeB)\x88\x01\x01\x98\x01\x06\x98\x01\x01\xa2\x01\x0b\x12\x06CLOSED\x18\x84\x07\xa2\x01\t\x12\x04OPEN\x18\xe7\x07\xb2\x01\x03\x08\xe8\x07R\x08enumType\x12\x98\x01\n\x17repeated_field_encoding\x18\x03 \x01(\x0e21.google.protobuf.FeatureSet.RepeatedFieldEncodingB-\x88\x01\x01\x98\x01\x04\x98\x01\x01\xa2\x01\r\x12\x08EXPANDED\x18\x84\x07\xa2\x01\x0b\x12\x06PACKED\x18\xe7\x07\xb2\x01\x03\x08\xe8\x07R\x15repeatedFieldEncoding\x12~\n\x0futf8_validation\x18\x04 \x01(\x0e2*.google.protobuf.FeatureSet.Utf8ValidationB)\x88\x01\x01\x98\x01\x04\x98\x01\x01\xa2\x01\t\x12\x04NONE\x18\x84\x07\xa2\x01\x0b\x12\x06VERIFY\x18\xe7\x07\xb2\x01\x03\x08\xe8\x07R\x0eutf8Validation\x12~\n\x10message_encoding\x18\x05 \x01(\x0e2+.google.protobuf.FeatureSet.MessageEncodingB&\x88\x01\x01\x98\x01\x04\x98\x01\x01\xa2\x01\x14\x12\x0fLENGTH_PREFIXED\x18\x84\x07\xb2\x01\x03\x08\xe8\x07R\x0fmessageEncoding\x12\x82\x01\n\x0bjson_format\x18\x06 \x01(\x0e2&.google.protobuf.FeatureSet.JsonFormatB9\x88\x01\x01\x98\x01\x03\x98\x01\x06\x98\x01\x01\xa2\x01\x17\x12\x12LEGACY_BEST_EFFORT\x18\x84\x07\xa2\x01\n\x12\x05ALLOW\x18\xe7\x07\xb2\x01\x03\x08\xe8\x07R\njsonFormat\x12\xbc\x01\n\x14enforce_naming_style\x18\x07 \x01(\x0e2..google.protobuf.FeatureSet.EnforceNamingStyleBZ\x88\x01\x02\x98\x01\x01\x98\x01\x02\x98\x01\x03\x98\x01\x04\x98\x01\x05\x98\x01\x06\x98\x01\x07\x98\x01\x08\x98\x01\t\xa2\x01\x11\x12\x0cSTYLE_LEGACY\x18\x84\x07\xa2\x01\x0e\x12\tSTYLE2024\x18\xe9\x07\xa2\x01\x0e\x12\tSTYLE2026\x18\xea\x07\xb2\x01\x03\x08\xe9\x07R\x12enforceNamingStyle\x12\xc7\x01\n\x19default_symbol_visibility\x18\x08 \x01(\x0e2E.google.protobuf.FeatureSet.VisibilityFeature.DefaultSymbolVisibilityBD\x88\x01\x02\x98\x01\x01\xa2\x01\x0f\x12\nEXPORT_ALL\x18\x84\x07\xa2\x01\x15\x12\x10EXPORT_TOP_LEVEL\x18\xe9\x07\xa2\x01\x0b\x12\x06STRICT\x18\xea\x07\xb2\x01\x03\x08\xe9\x07R\x17defaultSymbolVisibility\x12\xc3\x01\n\x14enforce_proto_limits\x18\t \x01(\x0e2A.google.protobuf.FeatureSet.ProtoLimitsFeature.EnforceProtoLimitsBN\x88\x01\x02\x98\x01\x06\x98\x01\x03\x98\x01\x04\x98\x01\x05\xa2\x01\x1e\x12\x19LEGACY_NO_EXPLICIT_LIMITS\x18\x84\x07\xa2\x01\x15\x12\x10PROTO_LIMITS2026\x18\xea\x07\xb2\x01\x03\x08\xea\x07R\x12enforceProtoLimits\x1a\xa1\x01\n\x11VisibilityFeature\"\x81\x01\n\x17DefaultSymbolVisibility\x12%\n!DEFAULT_SYMBOL_VISIBILITY_UNKNOWN\x10\x00\x12\x0e\n\nEXPORT_ALL\x10\x01\x12\x14\n\x10EXPORT_TOP_LEVEL\x10\x02\x12\r\n\tLOCAL_ALL\x10\x03\x12\n\n\x06STRICT\x10\x04J\x08\x08\x01\x10\x80\x80\x80\x80\x02\x1ay\n\x12ProtoLimitsFeature\"c\n\x12EnforceProtoLimits\x12\x18\n\x14PROTO_LIMITS_UNKNOWN\x10\x00\x12\x1d\n\x19LEGACY_NO_EXPLICIT_LIMITS\x10\x01\x12\x14\n\x10PROTO_LIMITS2026\x10\x02\"\\\n\rFieldPresence\x12\x1a\n\x16FIELD_PRESENCE_UNKNOWN\x10\x00\x12\x0c\n\x08EXPLICIT\x10\x01\x12\x0c\n\x08IMPLICIT\x10\x02\x12\x13\n\x0fLEGACY_REQUIRED\x10\x03\"7\n\x08EnumType\x12\x15\n\x11ENUM_TYPE_UNKNOWN\x10\x00\x12\x08\n\x04OPEN\x10\x01\x12\n\n\x06CLOSED\x10\x02\"V\n\x15RepeatedFieldEncoding\x12#\n\x1fREPEATED_FIELD_ENCODING_UNKNOWN\x10\x00\x12\n\n\x06PACKED\x10\x01\x12\x0c\n\x08EXPANDED\x10\x02\"I\n\x0eUtf8Validation\x12\x1b\n\x17UTF8_VALIDATION_UNKNOWN\x10\x00\x12\n\n\x06VERIFY\x10\x02\x12\x08\n\x04NONE\x10\x03\"\x04\x08\x01\x10\x01\"S\n\x0fMessageEncoding\x12\x1c\n\x18MESSAGE_ENCODING_UNKNOWN\x10\x00\x12\x13\n\x0fLENGTH_PREFIXED\x10\x01\x12\r\n\tDELIMITED\x10\x02\"H\n\nJsonFormat\x12\x17\n\x13JSON_FORMAT_UNKNOWN\x10\x00\x12\t\n\x05ALLOW\x10\x01\x12\x16\n\x12LEGACY_BEST_EFFORT\x10\x02\"f\n\x12EnforceNamingStyle\x12 \n\x1cENFORCE_NAMING_STYLE_UNKNOWN\x10\x00\x12\r\n\tSTYLE2024\x10\x01\x12\x10\n\x0cSTYLE_LEGACY\x10\x02\x12\r\n\tSTYLE2026\x10\x03*\x06\x08\xe8\x07\x10\x8bN*\x06\x08\x8bN\x10\x90N*\x06\x08\x90N\x10\x91NJ\x06\x08\xe7\x07\x10\xe8\x07\"\xef\x03\n\x12FeatureSetDefaults\x12X\n\x08defaults\x18\x01 \x03(\x0b2<.google.protobuf.FeatureSetDefaults.FeatureSetEditionDefaultR\x08defaults\x12A\n\x0fminimum_edition\x18\x04 \x01(\x0e2\x18.google.protobuf.EditionR\x0eminimumEdition\x12A\n\x0fmaximum_edition\x18\x05 \x01(\x0e2\x18.google.protobuf.EditionR\x0emaximumEdition\x1a\xf8\x01\n\x18FeatureSetEditionDefault\x122\n\x07edition\x18\x03 \x01(\x0e2\x18.google.protobuf.EditionR\x07edition\x12N\n\x14overridable_features\x18\x04 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\x13overridableFeatures\x12B\n\x0efixed_features\x18\x05 \x01(\x0b2\x1b.google.protobuf.FeatureSetR\rfixedFeaturesJ\x04\x08\x01\x10\x02J\x04\x08\x02\x10\x03R\x08features\"\xb5\x02\n\x0eSourceCodeInfo\x12D\n\x08location\x18\x01 \x03(\x0b2(.google.protobuf.SourceCodeInfo.LocationR\x08location\x1a\xce\x01\n\x08Location\x12\x16\n\x04path\x18\x01 \x03(\x05B\x02\x10\x01R\x04path\x12\x16\n\x04span\x18\x02 \x03(\x05B\x02\x10\x01R\x04span\x12)\n\x10leading_comments\x18\x03 \x01(\tR\x0fleadingComments\x12+\n\x11trailing_comments\x18\x04 \x01(\tR\x10trailingComments\x12:\n\x19leading_detached_comments\x18\x06 \x03(\tR\x17leadingDetachedComments*\x0c\x08\x80\xec\xca\xff\x01\x10\x81\xec\xca\xff\x01\"\xd0\x02\n\x11GeneratedCodeInfo\x12M\n\nannotation\x18\x01 \x03(\x0b2-.google.protobuf.GeneratedCodeInfo.AnnotationR\nannotation\x1a\xeb\x01\n\nAnnotation\x12\x16\n\x04path\x18\x01 \x03(\x05B\x02\x10\x01R\x04path\x12\x1f\n\x0bsource_file\x18\x02 \x01(\tR\nsourceFile\x12\x14\n\x05begin\x18\x03 \x01(\x05R\x05begin\x12\x10\n\x03end\x18\x04 \x01(\x05R\x03end\x12R\n\x08semantic\x18\x05 \x01(\x0e26.google.protobuf.GeneratedCodeInfo.Annotation.SemanticR\x08semantic\"(\n\x08Semantic\x12\x08\n\x04NONE\x10\x00\x12\x07\n\x03SET\x10\x01\x12\t\n\x05ALIAS\x10\x02*\xd1\x02\n\x07Edition\x12\x13\n\x0fEDITION_UNKNOWN\x10\x00\x12\x13\n\x0eEDITION_LEGACY\x10\x84\x07\x12\x13\n\x0eEDITION_PROTO2\x10\xe6\x07\x12\x13\n\x0eEDITION_PROTO3\x10\xe7\x07\x12\x11\n\x0cEDITION_2023\x10\xe8\x07\x12\x11\n\x0cEDITION_2024\x10\xe9\x07\x12\x11\n\x0cEDITION_2026\x10\xea\x07\x12\x15\n\x10EDITION_UNSTABLE\x10\x8fN\x12\x17\n\x13EDITION_1_TEST_ONLY\x10\x01\x12\x17\n\x13EDITION_2_TEST_ONLY\x10\x02\x12\x1d\n\x17EDITION_99997_TEST_ONLY\x10\x9d\x8d\x06\x12\x1d\n\x17EDITION_99998_TEST_ONLY\x10\x9e\x8d\x06\x12\x1d\n\x17EDITION_99999_TEST_ONLY\x10\x9f\x8d\x06\x12\x13\n\x0bEDITION_MAX\x10\xff\xff\xff\xff\x07*U\n\x10SymbolVisibility\x12\x14\n\x10VISIBILITY_UNSET\x10\x00\x12\x14\n\x10VISIBILITY_LOCAL\x10\x01\x12\x15\n\x11VISIBILITY_EXPORT\x10\x02B~\n\x13com.google.protobufB\x10DescriptorProtosH\x01Z-google.golang.org/protobuf/types/descriptorpb\xf8\x01\x01\xa2\x02\x03GPB\xaa\x02\x1aGoogle.Protobuf.Reflection", __name__)
