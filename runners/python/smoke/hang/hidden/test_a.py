from slow import wait


def test_quick():
    assert wait


def test_slow():
    wait()
