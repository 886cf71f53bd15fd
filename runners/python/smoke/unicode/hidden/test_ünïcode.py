from names import NAME


def test_é():
    print(NAME)
    assert NAME.startswith("Zoë")


def test_lone_surrogate():
    raise AssertionError(chr(0xD800))
