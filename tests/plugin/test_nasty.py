"""Every legal .proto file becomes modules that import, whatever it calls things and however much there is of it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_runs import Output, protoc

from minirpc.message import Message
from minirpc.message.descriptors import describe

Generate = Callable[..., Output]

WORDS = (  # noqa: SIM905  # a list would be a page
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda nonlocal not or pass raise return try while with yield match case type print int str bytes "
    "bool float list dict property object super self cls Exception Any ClassVar Literal Message Enum Extension "
    "annotations to_binary from_json has_field name value mro real __init__ __slots__ __dict__ __class__ __getitem__ "
    "_unknown _extensions _pb u__pb __ _ _1 s_int S"
).split()


def everywhere(word: str) -> str:
    """A file in which everything that can be has one name."""
    return f"""
        syntax = "proto2";
        package {word}.{word};
        message {word} {{
          message M_{word} {{
            optional .{word}.{word}.{word} {word} = 1;
            extensions 10 to 20;
          }}
          enum E_{word} {{ V_{word} = 0; {word} = 1; }}
          oneof o_{word} {{
            int32 f_{word} = 1 [default = 3];
            E_{word} e_{word} = 2;
          }}
          repeated M_{word} r_{word} = 3;
          map<string, .{word}.{word}.{word}> m_{word} = 4;
          extend .{word}.{word}.{word}.M_{word} {{ optional string x_{word} = 10; }}
          extensions 100;
        }}
        extend .{word}.{word}.{word} {{ optional .{word}.{word}.{word} e_{word} = 100; }}
        service S_{word} {{ rpc {word}(.{word}.{word}.{word}) returns (.{word}.{word}.{word}.M_{word}); }}
    """


def test_taken_names_at_each_level(generate: Generate) -> None:
    files = {f"{word}/{word}.proto": everywhere(word) for word in WORDS}
    output = generate(files)
    modules = [path for path in output.files() if path.endswith("_pb.py")]
    assert len(modules) == len(WORDS)
    for path in modules:
        module = output.load(path.removesuffix(".py").replace("/", "."))
        output.load(path.removesuffix("_pb.py").replace("/", ".") + "_rpc")
        cls = next(each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Message))
        descriptor = describe(cls)
        word = descriptor.name
        assert cls.__full_name__() == descriptor.full_name == f"{word}.{word}.{word}"
        message = cls.from_json(
            f'{{"e_{word}": "{word}", "r_{word}": [{{"{word}": {{}}}}], "m_{word}": {{"x": {{}}}}}}'
        )
        assert cls.from_binary(message.to_binary()) == message
        assert cls.from_text(message.to_text()) == message


def test_names_that_differ_only_by_case_or_underscores(generate: Generate) -> None:
    names = ["a", "A", "_a", "_A", "__a", "u_a", "u__a", "a_", "A_", "a__", "class", "Class", "class_", "Class_"]
    fields = "".join(f"optional int32 {name} = {number};" for number, name in enumerate(names, 1))
    nested = "".join(f"message M_{name} {{ optional M_{name} m = 1; }}" for name in names)
    output = generate(
        {"x.proto": f'syntax = "proto2"; message A {{ {fields} {nested} }} message a {{ optional A a = 1; }}'}
    )
    module = output.load("x_pb")
    data = module.A.from_binary(b"".join(bytes([number << 3, number]) for number in range(1, len(names) + 1)))
    values = [getattr(data, spec.name) for spec in module.A.__fields__]
    assert values == [*range(1, len(names) + 1)]
    assert module.a(a=data).a is data


def test_many_fields(generate: Generate) -> None:
    fields = "".join(f"optional string f{number} = {number};" for number in range(1, 601))
    oneof = "".join(f"int32 o{number} = {number};" for number in range(601, 801))
    values = "".join(f"V{number} = {number};" for number in range(1200))
    text = f"message Wide {{ {fields} oneof o {{ {oneof} }} }} enum Long {{ {values} }}"
    output = generate({"wide.proto": f'edition = "2023"; {text.replace("optional", "")}'})
    wide = output.load("wide_pb").Wide
    message = wide(**{f"f{number}": str(number) for number in range(1, 601)}, o700=7)
    assert wide.from_binary(message.to_binary()) == message
    assert message.o == ("o700", 7)
    assert len(output.load("wide_pb").Long) == 1200


def test_messages_that_hold_each_other_across_files(generate: Generate) -> None:
    """.proto files cannot import each other, but a message may hold one that holds it through an extension."""
    output = generate(
        {
            "one.proto": 'syntax = "proto2"; package n; message One { extensions 1; optional One self = 2; }',
            "two.proto": """
                syntax = "proto2"; package n;
                import "one.proto";
                message Two { optional One one = 1; extend One { optional Two two = 1; } }
            """,
        }
    )
    one, two = output.load("one_pb").One, output.load("two_pb").Two
    message = one()
    message[two.two] = two(one=one(self=one()))
    again = one.from_binary(message.to_binary())
    assert again[two.two].one.self == one()
    assert again == message


def test_empty_and_bare_files(generate: Generate) -> None:
    output = generate(
        {
            "empty.proto": "// nothing",
            "package.proto": "package only.a.package;",
            "imports.proto": 'import public "empty.proto"; import "package.proto";',
            "service.proto": "message M {} service Empty {}",
            "bom.proto": '// Grüße, Київ, 東京, 🚀 \\ """ \'\n',
        }
    )
    for name in ("empty", "package", "imports", "bom"):
        assert describe(output.load(f"{name}_pb")).name == f"{name}.proto"
    assert output.load("service_rpc").EmptyStub


def test_public_imports_hand_on_extensions_too(generate: Generate) -> None:
    output = generate(
        {
            "base.proto": """
                syntax = "proto2"; message Base { extensions 1; } extend Base { optional int32 number = 1; }
            """,
            "mid.proto": 'syntax = "proto2"; import public "base.proto";',
            "top.proto": 'syntax = "proto2"; import public "mid.proto"; message Top { optional Base base = 1; }',
        }
    )
    top, base = output.load("top_pb"), output.load("base_pb")
    assert top.number is output.load("mid_pb").number is base.number
    assert describe(top.Top).field("base").message_type is describe(base.Base)


def test_generated_modules_know_those_of_their_imports(generate: Generate) -> None:
    """Two trees that hold the same file names live in one process, and each refers to itself."""
    files = {
        "a/a.proto": "package a; message A { int32 x = 1; }",
        "b.proto": 'import "a/a.proto"; message B { a.A a = 1; }',
    }
    one = generate(files)
    other = generate({**files, "a/a.proto": "package a; message A { string y = 1; }"})
    for output in (one, other):
        b, a = describe(output.load("b_pb").B), describe(output.load("a.a_pb").A)
        assert b.field("a").message_type is a
    assert [field.name for field in describe(one.load("a.a_pb").A).fields] == ["x"]
    assert [field.name for field in describe(other.load("a.a_pb").A).fields] == ["y"]


def googleapis() -> Path:
    """The folder that googleapis-common-protos installs its .proto files into."""
    file = next(
        file
        for file in importlib.metadata.files("googleapis-common-protos") or ()
        if file.as_posix() == "google/rpc/status.proto"
    )
    return Path(str(file.locate())).parents[2]


def test_the_common_protos_of_googleapis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = googleapis()
    protos = sorted(
        path.relative_to(root)
        for folder in ("api", "cloud", "gapic", "logging", "longrunning", "rpc", "type")
        for path in (root / "google" / folder).rglob("*.proto")
    )
    assert len(protos) > 40
    output = Output(tmp_path / "googleapis_gen", "")
    output.folder.mkdir()
    finished = protoc(f"-I{root}", f"--python_minirpc_out={output.folder}", *protos, cwd=root)
    assert (finished.returncode, finished.stderr) == (0, "")
    monkeypatch.syspath_prepend(tmp_path)
    for path in output.files():
        module = output.load(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        if path.endswith("_pb.py"):
            for message in describe(module).all_messages():
                assert message.full_name
    operations = describe(output.load("google.longrunning.operations_proto_pb")).service(
        "google.longrunning.Operations"
    )
    http = output.load("google.api.annotations_pb").http
    assert operations.methods[0].options[http].get == "/v1/{name=operations}"
