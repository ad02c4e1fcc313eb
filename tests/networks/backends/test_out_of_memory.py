import pytest

from engine.networks.backends.out_of_memory import is_out_of_memory


class OutOfMemoryError(RuntimeError):
    """Named as in torch and cupy."""


class ResourceExhaustedError(Exception):
    """Named as in tensorflow.errors."""


class XlaRuntimeError(RuntimeError):
    """Named as in jaxlib."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA: tried to allocate 2 GiB"),
        ResourceExhaustedError("OOM when allocating tensor"),
        XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4096 bytes."),
        RuntimeError("Exception from src/plugins/intel_cpu: std::bad_alloc"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_every_library_says_it_in_its_own_way(error: Exception) -> None:
    assert is_out_of_memory(error)
    wrapped = ValueError("the network could not be opened")
    wrapped.__cause__ = error
    assert is_out_of_memory(wrapped)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("could not create a primitive"), ValueError("out of memory lane"), XlaRuntimeError("INTERNAL: oops")],
)
def test_other_errors_are_none_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_a_chain_of_errors_that_bites_its_tail_ends() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_out_of_memory(first)
