"""Pickles that must be refused: gadgets, bombs, damage, and networks that are not what they say.

`HOSTILE` maps what is wrong to the file. Each gadget tries to leave a file named `canary` where it runs.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

from engine.networks.pggan.architecture import GeneratorSettings
from tests.tiny_persona import random_arrays
from tests.tools.model_import.official_files import official_pickle, official_state

SETTINGS = GeneratorSettings(8, fmap_base=32, fmap_max=4)
CANARY_CODE = "__import__('pathlib').Path('canary').write_text('the file ran')"
CANARY_COMMAND = "echo ran > canary"


def text(value: str) -> bytes:
    content = value.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def call(module: str, name: str, *arguments: str) -> bytes:
    """Protocol 2: module.name(*arguments), all of them texts."""
    return b"c" + f"{module}\n{name}\n".encode() + b"(" + b"".join(map(text, arguments)) + b"tR"


def stacked(module: str, name: str, *arguments: str) -> bytes:
    """The same in protocol 4, whose names come from the stack."""
    return text(module) + text(name) + b"\x93(" + b"".join(map(text, arguments)) + b"tR"


def whole(body: bytes, protocol: int = 2) -> bytes:
    return bytes([0x80, protocol]) + body + b"."


GADGETS: dict[str, bytes] = {
    f"{module}.{name}": whole(call(module, name, *arguments))
    for module, name, *arguments in [
        ("os", "system", CANARY_COMMAND),
        ("posix", "system", CANARY_COMMAND),
        ("nt", "system", CANARY_COMMAND),
        ("os", "popen", CANARY_COMMAND),
        ("os", "execv", "/bin/sh"),
        ("subprocess", "Popen", CANARY_COMMAND),
        ("subprocess", "getoutput", CANARY_COMMAND),
        ("commands", "getoutput", CANARY_COMMAND),
        ("builtins", "eval", CANARY_CODE),
        ("builtins", "exec", CANARY_CODE),
        ("__builtin__", "eval", CANARY_CODE),
        ("__builtin__", "execfile", "canary.py"),
        ("builtins", "getattr", "os", "system"),
        ("builtins", "__import__", "antigravity"),
        ("builtins", "open", "canary", "w"),
        ("builtins", "compile", CANARY_CODE, "x", "exec"),
        ("builtins", "map", "f", "x"),
        ("builtins", "input", "password?"),
        ("io", "open", "canary", "w"),
        ("runpy", "run_path", "canary.py"),
        ("runpy", "_run_code", CANARY_CODE),
        ("functools", "partial", "f"),
        ("functools", "reduce", "f", "x"),
        ("operator", "attrgetter", "system"),
        ("operator", "methodcaller", "system", CANARY_COMMAND),
        ("importlib", "import_module", "antigravity"),
        ("importlib.util", "spec_from_file_location", "x", "canary.py"),
        ("pip", "main", "install"),
        ("pip._internal", "main", "install"),
        ("cProfile", "run", CANARY_CODE),
        ("pdb", "run", CANARY_CODE),
        ("bdb", "Bdb.run", CANARY_CODE),
        ("timeit", "timeit", CANARY_CODE),
        ("code", "InteractiveInterpreter", CANARY_CODE),
        ("ctypes", "CDLL", "libc.so.6"),
        ("shutil", "rmtree", "folder"),
        ("socket", "create_connection", "localhost"),
        ("urllib.request", "urlopen", "http://localhost/"),
        ("webbrowser", "open", "http://localhost/"),
        ("pickle", "loads", "x"),
        ("_pickle", "loads", "x"),
        ("marshal", "loads", "x"),
        ("types", "FunctionType", "x"),
        ("asyncio.unix_events", "_UnixSubprocessTransport._start", "x"),
        ("logging.config", "fileConfig", "x"),
        ("pydoc", "pipepager", "x", CANARY_COMMAND),
        ("numpy.f2py.crackfortran", "myeval", CANARY_CODE),
        ("numpy.testing._private.utils", "runstring", CANARY_CODE),
        ("numpy", "load", "other.npy"),
        ("numpy", "fromfile", "/dev/zero"),
        ("numpy.core.multiarray", "fromstring", "x"),
        ("numpy.random._pickle", "__randomstate_ctor", "MT19937"),
        ("torch", "load", "x"),
        ("joblib", "load", "x"),
        ("tfutil", "import_module", "antigravity"),
        ("tfutil", "run", "x"),
        ("tfutil", "Network.__init__", "x"),
        ("networks", "G_paper", "x"),
        ("dnnlib.tflib.network", "Network", "x"),
        ("tools.model_import.pickle_values", "Array", "x"),
        ("copyreg", "__newobj__", "x"),
        ("collections", "OrderedDict", "x"),
    ]
}
GADGETS["os.system of protocol 0"] = b"cos\nsystem\n(S'" + CANARY_COMMAND.encode() + b"'\ntR."
GADGETS["os.system from the stack"] = whole(stacked("os", "system", CANARY_COMMAND), 4)
GADGETS["dotted name from the stack"] = whole(stacked("tfutil", "Network.__reduce__", "x"), 4)
GADGETS["dotted module"] = whole(stacked("os.path.os", "system", CANARY_COMMAND), 4)
GADGETS["instance of protocol 0"] = b"(S'" + CANARY_COMMAND.encode() + b"'\nios\nsystem\n."
GADGETS["old-style object"] = whole(b"(cos\nsystem\n" + text(CANARY_COMMAND) + b"o")
GADGETS["nested calls"] = whole(
    call("builtins", "getattr", "x", "y")[:-2] + call("os", "system", CANARY_COMMAND) + b"tR"
)
GADGETS["new object with keywords"] = whole(b"cos\nsystem\n)}\x92", 4)
GADGETS["new object"] = whole(b"cposix\nsystem\n" + text(CANARY_COMMAND) + b"\x85\x81")
GADGETS["evil in a network's state"] = whole(
    b"ctfutil\nNetwork\n)\x81}" + text("name") + call("os", "system", CANARY_COMMAND) + b"sb"
)

NETWORK = b"ctfutil\nNetwork\n"
RECONSTRUCTED = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
FLOAT = b"cnumpy\ndtype\n(" + text("f4") + b"tR"

TRICKS: dict[str, bytes] = {
    "extension code 1": whole(b"\x82\x01"),
    "extension code 2": whole(b"\x83\x01\x01"),
    "extension code 4": whole(b"\x84\x01\x01\x01\x01"),
    "persistent id": b"Pos.system\n.",
    "persistent id from the stack": whole(text("os.system") + b"Q"),
    "buffer outside": whole(b"\x97", 5),
    "read-only buffer": whole(b"\x97\x98", 5),
    "protocol 6": whole(b"N", 6),
    "protocol 255": whole(b"N", 255),
    "a set": whole(b"\x8f", 4),
    "a network that is called": whole(NETWORK + b")R"),
    "a network with arguments": whole(NETWORK + text("x") + b"\x85\x81"),
    "a state on a name": whole(NETWORK + b"}b"),
    "a state that is a list": whole(NETWORK + b")\x81]b"),
    "two states": whole(NETWORK + b")\x81}b}b"),
    "a network without state": whole(NETWORK + b")\x81"),
    "an array of networks": whole(b"cnumpy.core.multiarray\n_reconstruct\n(" + NETWORK + b"(K\x00tC\x01btR"),
    "an array of a subclass": whole(b"cnumpy.core.multiarray\n_reconstruct\n(cbuiltins\nobject\n(K\x00tC\x01btR"),
    "an object of object": whole(b"ccopyreg\n_reconstructor\n(cbuiltins\nobject\ncbuiltins\nobject\nNtR"),
    "type of objects": whole(b"cnumpy\ndtype\n(" + text("O8") + b"tR"),
    "type with fields": whole(b"cnumpy\ndtype\n(" + text("V8") + b"tR"),
    "type of texts": whole(b"cnumpy\ndtype\n(" + text("U9999999") + b"tR"),
    "type with a state of fields": whole(FLOAT + b"(K\x03" + text("<") + b"(K\x01t" + b"NNtb"),
    "another codec": whole(call("_codecs", "encode", "x", "zip")),
    "codec that is a module": whole(call("_codecs", "encode", "x", "antigravity")),
    "table with a number as key": whole(b"}K\x01K\x02s"),
    "table with a list as key": whole(b"}]K\x02s"),
    "list that holds itself": whole(b"]q\x00h\x00a"),
    "negative length": whole(b"T\xff\xff\xff\xff"),
    "negative long": whole(b"\x8b\xff\xff\xff\xff"),
    "memory that was never given": whole(b"h\x07"),
    "nothing to take": whole(b"0"),
    "mark as a value": whole(b"(\x85"),
    "no mark": whole(b"Nt"),
    "nothing at all": b".",
    "loose values": whole(b"NN"),
    "a number": whole(b"K\x01"),
    "an empty tuple": whole(b")"),
    "no instruction": b"\x80\x02\xff.",
    "recursive name": whole(text("x" * 300) + text("y") + b"\x93", 4),
}

BOMBS: dict[str, bytes] = {
    "memo index": whole(b"Nr\xff\xff\xff\xff"),
    "memo line": b"Np99999999999999999999999999999999\n.",
    "number of a megabyte": whole(b"\x8b" + struct.pack("<i", 1 << 20) + b"\x7f" * (1 << 20)),
    "number of many digits": b"L" + b"9" * 100_000 + b"L\n.",
    "number of 63 bits": whole(b"\x8a\x08" + b"\xff" * 7 + b"\x7f"),
    "bytes of an exabyte": whole(b"\x8e" + struct.pack("<Q", 1 << 60)),
    "text of an exabyte": whole(b"\x8d" + struct.pack("<Q", 1 << 60)),
    "bytes of 4 GB": whole(b"B" + struct.pack("<I", 0xFFFFFFFF)),
    "byte array of an exabyte": whole(b"\x96" + struct.pack("<Q", 1 << 62), 5),
    "frame of an exabyte": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N" * 9,
    "array of a terabyte": whole(
        RECONSTRUCTED + b"(K\x01(J\x00\x00\x00\x10J\x00\x00\x00\x10t" + FLOAT + b"\x89C\x04abcdtb"
    ),
    "array of a negative size": whole(RECONSTRUCTED + b"(K\x01(J\xff\xff\xff\xfft" + FLOAT + b"\x89C\x04abcdtb"),
    "array of many dimensions": whole(RECONSTRUCTED + b"(K\x01(" + b"K\x01" * 99 + b"t" + FLOAT + b"\x89C\x04abcdtb"),
    "array of a list": whole(RECONSTRUCTED + b"(K\x01(K\x01t" + FLOAT + b"\x89]tb"),
    "array without content": whole(RECONSTRUCTED),
    "laughs": whole(b"]q\x00" + b"".join(b"](" + b"h%c" % i * 9 + b"eq%c" % (i + 1) for i in range(60))),
    "copies": whole(
        text("x" * 5000) + b"q\x000(" + (b"c_codecs\nencode\n(h\x00" + text("latin1") + b"tR") * 900 + b"t"
    ),
    "depth": whole(b"N" + b"\x85" * 150_000),
    "marks": whole(b"(" * 150_000),
    "instructions": whole(b"N0" * 300_000),
}

_WEIGHTS = random_arrays(SETTINGS)


def network(**changes: Any) -> bytes:
    """A file of one generator that differs from a sound one in its state."""
    return official_pickle([official_state("Gs", SETTINGS, _WEIGHTS, **changes)])


def kwargs(**changes: Any) -> bytes:
    """The same, different in one of its settings."""
    state = official_state("Gs", SETTINGS, _WEIGHTS)
    return official_pickle([state | {"static_kwargs": state["static_kwargs"] | changes}])


def variables(name: str, value: Any) -> bytes:
    """The same, different in one of its variables; None leaves it out."""
    changed = {**_WEIGHTS, "lod": np.zeros((), np.float32), name: value}
    return network(variables=[(key, one) for key, one in changed.items() if one is not None])


def spoiled(value: float) -> np.ndarray:
    array = _WEIGHTS["4x4/Conv/weight"].copy()
    array[1, 1, 2, 3] = value
    return array


LIES: dict[str, bytes] = {
    "NaN": variables("4x4/Conv/weight", spoiled(np.nan)),
    "infinity": variables("4x4/Conv/weight", spoiled(-np.inf)),
    "too large for float32": variables("4x4/Conv/bias", np.full(4, 1e300)),
    "wrong shape": variables("4x4/Conv/bias", np.zeros(5, np.float32)),
    "transposed": variables("4x4/Dense/weight", _WEIGHTS["4x4/Dense/weight"].T.copy()),
    "whole numbers": variables("4x4/Conv/bias", np.zeros(4, np.int64)),
    "complex numbers": variables("4x4/Conv/bias", np.zeros(4, np.complex64)),
    "objects": variables("4x4/Conv/bias", np.array([1, 2, 3, None], object)),
    "a list for an array": variables("4x4/Conv/bias", [0.0] * 4),
    "missing": variables("8x8/Conv1/bias", None),
    "too many": variables("8x8/Conv2/bias", np.zeros(4, np.float32)),
    "twice": network(variables=[*_WEIGHTS.items(), ("4x4/Conv/bias", _WEIGHTS["4x4/Conv/bias"])]),
    "lod that is no number": variables("lod", np.array(np.nan, np.float32)),
    "lod that is an array": variables("lod", np.zeros(3, np.float32)),
    "variables that are no list": network(variables={}),
    "variables that are no pairs": network(variables=[("a",), ("b",)]),
    "settings that are no table": network(static_kwargs=[]),
    "version 1": network(version=1),
    "version 3": network(version=3),
    "no builder": network(build_func_name=None),
    "another builder": network(build_func_name="G_style"),
    "a builder from elsewhere": network(build_func_name="os.system"),
    "labels": kwargs(label_size=10),
    "half precision": kwargs(dtype="float16"),
    "resolution 48": kwargs(resolution=48),
    "resolution 2": kwargs(resolution=2),
    "resolution of a gigapixel": kwargs(resolution=1 << 15),
    "resolution that is a text": kwargs(resolution="8"),
    "no feature maps": kwargs(fmap_base=0),
    "many feature maps": kwargs(fmap_max=1 << 20, fmap_base=1 << 30),
    "latents without end": kwargs(latent_size=1 << 30),
    "negative latents": kwargs(latent_size=-4),
    "decay that is no number": kwargs(fmap_decay=float("nan")),
    "decay that explodes": kwargs(fmap_decay=-400.0),
    "epsilon below zero": kwargs(pixelnorm_epsilon=-1.0),
    "truth that is a text": kwargs(use_wscale="yes"),
    "half a channel": kwargs(num_channels=1.5),
    "four channels": kwargs(num_channels=4),
    "a table of networks": pickle.dumps({"Gs": 1}),
    "nine networks": official_pickle([official_state("G", SETTINGS, _WEIGHTS)] * 9),
    "a list of numbers": pickle.dumps([1, 2, 3]),
    "a Theano network of another builder": official_pickle(
        [{"build_func_spec": {"func": "G_evil"}, "param_values": [], "toplevel_params": {}}], module="network"
    ),
    "a Theano network without weights": official_pickle(
        [{"build_func_spec": {"func": "G_paper", "resolution": 8}, "param_values": []}], module="network"
    ),
    "a Theano network with layer normalisation": official_pickle(
        [{"build_func_spec": {"func": "G_paper", "use_layernorm": True}, "param_values": []}], module="network"
    ),
}


def _zip(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


_SOUND = network()
OTHER_FILES: dict[str, bytes] = {
    "web page": b"<!DOCTYPE html>\n<html><body>Google Drive - Virus scan warning</body></html>",
    "web page after lines": b"\n\n  <html></html>",
    "JSON": b'{"error": "quota exceeded"}',
    "words": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 289000000\n",
    "zip": _zip("data.pkl", _SOUND),
    "zip behind a pickle": _SOUND + _zip("data.pkl", _SOUND),
    "pickle behind a pickle": _SOUND + GADGETS["os.system"],
    "gzip": gzip.compress(_SOUND),
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "program": b"\x7fELF" + b"\0" * 100,
    "zeros": b"\0" * 1000,
    "safetensors": b"\x40\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' + b" " * 20,
}

HOSTILE: dict[str, bytes] = {
    f"{kind}: {name}": content
    for kind, files in {"gadget": GADGETS, "trick": TRICKS, "bomb": BOMBS, "lie": LIES, "file": OTHER_FILES}.items()
    for name, content in files.items()
}
SOUND = _SOUND
