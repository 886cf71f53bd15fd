from __future__ import annotations

import pytest

from gradekit.model import check_relative, not_a_request, parse_duration, parse_size, tuple_of


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("90s", 90.0), ("1.5s", 1.5), ("15m", 900.0), ("4h", 14400.0), (2.5, 2.5)]
)
def test_duration(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["90", "s", "1 s", "-1s", "1d", 90, None, True])
def test_duration_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write 250ms, 90s, 15m or 4h"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "size"), [("64KiB", 65536), ("2MiB", 2 << 20), ("1GiB", 1 << 30), (7, 7)])
def test_size(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["64", "1KB", "1.5GiB", True, 1.0, None])
def test_size_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write 64KiB, 512MiB or 2GiB"):
        parse_size(text)


@pytest.mark.parametrize("path", ["a", "a/b.txt", "a/", "*.sql", ".hidden"])
def test_relative_path(path: str) -> None:
    assert check_relative(path) == path


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", "a\\b", "a\0", 5, None])
def test_relative_path_refused(path: object) -> None:
    with pytest.raises(ValueError, match="relative"):
        check_relative(path)


def test_tuple_of_leaves_other_values() -> None:
    assert tuple_of([1, 2]) == (1, 2)
    assert tuple_of("ab") == "ab"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("get /x", 'write the method in capitals: "GET /x"'),
        ("GET http://localhost:8080/x?y=1", 'write the path alone, without scheme and host: "GET /x?y=1"'),
        (
            "GET https://x",
            'write the path alone, without scheme and host and the path with a "/" at its beginning: "GET /"',
        ),
        (
            "post http://x/${id}",
            'write the method in capitals and the path alone, without scheme and host: "POST /${id}"',
        ),
        ("get ${next}", 'write the method in capitals: "GET ${next}"'),
        ("GET x", 'write the path with a "/" at its beginning: "GET /x"'),
        ("GET ${next}", 'write it as "GET /orders"'),
        ("/x", 'write it as "GET /orders"'),
        ("GET /a b", 'write it as "GET /orders"'),
    ],
)
def test_what_is_wrong_with_a_request(value: str, hint: str) -> None:
    assert not_a_request(value) == f'"{value}" is not a request; {hint}'
