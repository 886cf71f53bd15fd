def test_money_exact():
    pass
