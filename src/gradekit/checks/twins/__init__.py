"""Twins of pytest tests: the same test with another expectation, which no right program can meet.

A program that passes a twin did not compute the answer: it made the test pass. So a run of a suite in which some
tests are twins tells forgers from honest programs, right or wrong: the honest fail exactly the twins.

Original and twin go through the same normaliser (``ast.unparse``), so that nothing but the expectation differs, and a
new expectation has the type and the shape of the old one. What can be changed is a *point*: a constant on that side of
``==`` in an ``assert`` which is made of constants alone, the column of ``parametrize`` that stands there, or the
exception that ``pytest.raises`` waits for. Whether a point really makes a test fail is found out by running the
reference (``challenge verify``), not guessed. The rules see to it that no deterministic program passes both.

True, False and None have no twin: a wrong but honest program may well return the only other answer. Where the rules
find nothing, an author may *write* a twin: a function of the same name in a folder that mirrors the suite's.
"""
