"""Shader files become programs; what is wrong with one is told by file and line."""

from __future__ import annotations

import os
from pathlib import Path

import moderngl
import pytest

from engine.core.errors import ConfigError
from engine.render.gl.shader_library import ShaderLibrary, explain

VERTEX = "#version 330 core\nvoid main() { gl_Position = vec4(0.0); }\n"


def folder_with(tmp_path: Path, **files: str) -> ShaderLibrary:
    folder = tmp_path / "shaders"
    (folder / "lib").mkdir(parents=True)
    (folder / "fullscreen.vert").write_text(VERTEX)
    for name, text in files.items():
        path = name.replace("__", "/")
        (folder / (path + (".glsl" if path.startswith("lib/") else ".frag"))).write_text(text)
    return ShaderLibrary(folder)


def test_includes_are_pasted_once_wherever_they_are_asked_for(tmp_path: Path, gl: moderngl.Context) -> None:
    library = folder_with(
        tmp_path,
        lib__one="float one() { return 1.0; }",
        lib__two='#include "lib/one.glsl"\nfloat two() { return one() + one(); }',
        a='#version 330 core\n#ifdef NEVER\n#include "lib/one.glsl"\n#endif\n#include "lib/two.glsl"\n'
        '#include "lib/one.glsl"\nout vec4 c;\nvoid main() { c = vec4(one(), two(), 0.0, 1.0); }',
    )
    library.program(gl, "a").release()


def test_defines_come_after_the_version(tmp_path: Path) -> None:
    library = folder_with(tmp_path, a="#version 330 core\nvoid main() {}")
    source = library.source("a.frag", {"BAKE": True, "COUNT": 3, "SHARE": 0.5, "GONE": False})
    assert source.text.splitlines()[:4] == ["#version 330 core", "#define BAKE", "#define COUNT 3", "#define SHARE 0.5"]
    assert "GONE" not in source.text
    assert source.origin(5) == ("shaders/a.frag", 2)


def test_driver_error_names_the_included_file_and_its_line(tmp_path: Path, gl: moderngl.Context) -> None:
    library = folder_with(
        tmp_path,
        lib__broken="// fine\nfloat broken() {\n    return undefined_name;\n}",
        a='#version 330 core\n\n#include "lib/broken.glsl"\nout vec4 c;\nvoid main() { c = vec4(broken()); }',
    )
    with pytest.raises(ConfigError, match=r"^shaders/lib/broken\.glsl:3: .*undefined_name"):
        library.program(gl, "a", defines={"SHIFTED": True, "BY": 2})


def test_driver_error_after_an_include_names_the_including_file(tmp_path: Path, gl: moderngl.Context) -> None:
    library = folder_with(
        tmp_path,
        lib__fine="float fine() {\n    return 1.0;\n}",
        a='#version 330 core\n#include "lib/fine.glsl"\nout vec4 c;\nvoid main() { c = vec4(wrong()); }',
    )
    with pytest.raises(ConfigError, match=r"^shaders/a\.frag:4: .*wrong"):
        library.program(gl, "a")


@pytest.mark.parametrize(
    "line",
    [
        "0:3(12): error: `foo' undeclared",
        '0(3) : error C1503: undefined variable "foo"',
        "ERROR: 0:3: 'foo' : undeclared identifier",
    ],
    ids=["Mesa", "NVIDIA", "AMD"],
)
def test_forms_of_drivers_are_understood(tmp_path: Path, line: str) -> None:
    library = folder_with(
        tmp_path, lib__x="int x;", a='#version 330 core\n#include "lib/x.glsl"\nfloat y = foo;\nvoid main() {}'
    )
    fragment = library.source("a.frag")
    vertex = library.source("fullscreen.vert")
    notes = explain(f"GLSL Compiler failed\n\nfragment_shader\n===============\n{line}\n", vertex, fragment)
    assert fragment.text.splitlines()[2] == "int x;"
    assert notes.startswith("shaders/lib/x.glsl:1: ")
    assert "foo" in notes
    in_vertex = explain(f"GLSL Compiler failed\n\nvertex_shader\n=============\n{line}\n", vertex, fragment)
    assert in_vertex.startswith("shaders/fullscreen.vert:2: ")


def test_a_change_of_one_entry_leaves_the_text_of_the_others(tmp_path: Path) -> None:
    a = "#version 330 core\n#ifdef BAKE\nfloat x;\n#else\nfloat y;\n#endif\nvoid main() {}"
    library = folder_with(tmp_path, a=a)
    baked, shown = (library.text("a", {"BAKE": is_on}) for is_on in (True, False))
    folder_with(tmp_path / "other", a=a.replace("float y;", "float z;  // new") + "\n")
    other = ShaderLibrary(tmp_path / "other" / "shaders")
    assert other.text("a", {"BAKE": True}) == baked
    assert other.text("a", {"BAKE": False}) == shown.replace("float y;", "float z;")


def test_a_uniform_is_found_in_the_entry_that_declares_it(tmp_path: Path) -> None:
    library = folder_with(tmp_path, a="#version 330 core\n#ifdef BAKE\nuniform float u_far;\n#endif\nvoid main() {}")
    assert library.declaration("a", "u_far") == "shaders/a.frag:3"


def test_a_log_without_lines_is_passed_on(tmp_path: Path) -> None:
    library = folder_with(tmp_path, a="#version 330 core\nvoid main() {}")
    notes = explain(
        "GLSL Linker failed\n=====\nvarying v_uv is not written",
        library.source("fullscreen.vert"),
        library.source("a.frag"),
    )
    assert notes == (
        "shaders/fullscreen.vert and shaders/a.frag do not make a program: "
        "GLSL Linker failed varying v_uv is not written"
    )


def test_includes_in_a_circle(tmp_path: Path) -> None:
    library = folder_with(
        tmp_path,
        lib__a='#include "lib/b.glsl"',
        lib__b='\n#include "lib/a.glsl"',
        top='#version 330 core\n#include "lib/a.glsl"',
    )
    with pytest.raises(
        ConfigError, match=r"^shaders/lib/b\.glsl:2: includes go in a circle: lib/a\.glsl -> lib/b\.glsl -> lib/a"
    ):
        library.source("top.frag")


def test_includes_too_deep(tmp_path: Path) -> None:
    chain = {f"lib__n{i}": f'#include "lib/n{i + 1}.glsl"' for i in range(12)}
    library = folder_with(tmp_path, top='#version 330 core\n#include "lib/n0.glsl"', **chain)
    with pytest.raises(ConfigError, match=r"^shaders/lib/n6\.glsl:1: includes are nested more than 8 deep"):
        library.source("top.frag")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("void main() {}", r"shaders/a\.frag:1: a shader must begin with #version 330 core"),
        ("", r"shaders/a\.frag:1: a shader must begin with #version 330 core"),
        (
            '#version 330 core\n#include "lib/none.glsl"',
            r"shaders/a\.frag:2: there is no shader shaders/lib/none\.glsl",
        ),
        ("#version 330 core\n#include <x>", r'shaders/a\.frag:2: write an include as #include "lib/name\.glsl"'),
        ('#version 330 core\n#include "../secret"', r"shaders/a\.frag:2: \.\./secret lies outside shaders/"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        folder_with(tmp_path, a=text).source("a.frag")


def test_a_missing_shader(tmp_path: Path, gl: moderngl.Context) -> None:
    with pytest.raises(ConfigError, match=r"^there is no shader shaders/nothing\.frag$"):
        folder_with(tmp_path).program(gl, "nothing")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    library = folder_with(tmp_path)
    (tmp_path / "shaders" / "a.frag").write_bytes(b"#version 330\n\xff\xfe")
    with pytest.raises(ConfigError, match=r"shaders/a\.frag is not UTF-8 text"):
        library.source("a.frag")


def test_a_source_is_read_again_only_when_one_of_its_files_was_saved(tmp_path: Path) -> None:
    library = folder_with(
        tmp_path, lib__one="float one() { return 1.0; }", a='#version 330 core\n#include "lib/one.glsl"'
    )
    bare, baked = library.source("a.frag"), library.source("a.frag", {"BAKE": True})
    assert library.source("a.frag") is bare and library.source("a.frag", {"BAKE": True}) is baked
    assert library.source("a.frag", {"BAKE": 1}).text != baked.text
    include = tmp_path / "shaders" / "lib" / "one.glsl"
    saved_at = include.stat()
    draft = include.with_suffix(".draft")
    draft.write_text("float one() { return 2.0; }")
    os.utime(draft, ns=(saved_at.st_atime_ns, saved_at.st_mtime_ns))  # by a clock that is too coarse
    draft.replace(include)
    assert "2.0" in library.source("a.frag").text and "2.0" in library.source("a.frag", {"BAKE": True}).text
    include.unlink()
    with pytest.raises(ConfigError, match=r"there is no shader shaders/lib/one\.glsl"):
        library.source("a.frag")
