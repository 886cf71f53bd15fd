from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest
import yaml
from pydantic import ValidationError

from gradekit.checks.base import Context, Recorded, Scope
from gradekit.checks.load import KIND
from gradekit.checks.load.evidence import LoadEvidence, Slice
from gradekit.checks.load.measure import interval, loosest
from gradekit.checks.load.model import LoadSpec
from gradekit.checks.ratios import Ratio, Ratios
from gradekit.results import Judgement, Status
from gradekit.sandbox.messages import LoadReply, LoadRequest
from tests.checks.bench import FakeBench, reply, scripted

SEE = 'see the figures in the evidence under "GET /a and GET /b"'
RATIO = "request: {request: GET /a}\nbaseline: {request: GET /b}\n"


def spec(text: str) -> LoadSpec:
    return LoadSpec.model_validate(yaml.safe_load(text))


def of(seconds: float, *, count: int = 100, statuses: dict[int, int] | None = None) -> LoadReply:
    """A slice whose times go up to twice the given one, evenly."""
    times = [seconds * (1 + number / count) for number in range(count)]
    return LoadReply(times, {200: count} if statuses is None else statuses, 0.5)


def loaded(text: str, burden: Callable[[LoadRequest], LoadReply]) -> tuple[LoadEvidence, Judgement, FakeBench]:
    bench = FakeBench(
        context=Context("c", variables={"who": "ana"}), app=scripted(reply(200, '{"key": "k"}')), burden=burden
    )
    check = spec(text)
    evidence = KIND.observe(check, bench)
    assert LoadEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    return evidence, KIND.judge(check, evidence, bench.context), bench


def ratios(*values: float) -> Callable[[LoadRequest], LoadReply]:
    """The request takes so many times as long as the baseline, round by round and again from the first."""
    number = -1

    def burden(request: LoadRequest) -> LoadReply:
        nonlocal number
        if request.request.target == "/b":
            return of(0.01)
        number += 1
        # The first one warms up.
        value = values[(number - 1) % len(values)]
        return of(0.01 * value, count=round(100 / value))

    return burden


def test_an_equal_request_passes_and_one_that_is_twice_as_slow_fails() -> None:
    limits = RATIO + "limits: {p50: 1.5, p95: 1.5, p99: 1.5, throughput: 0.67}"
    evidence, judgement, bench = loaded(limits, ratios(1.0, 1.1, 0.9, 1.05, 0.95))
    assert judgement.outcome.status is Status.PASSED
    assert len(evidence.rounds) == 5
    assert [request.request.target for request in bench.loads] == ["/b", "/a", *["/b", "/a"] * 5]
    assert {(request.clients, request.seconds, request.rate) for request in bench.loads} == {(4, 0.5, None)}
    _, judgement, _ = loaded(limits, ratios(2.0, 2.2, 1.9, 2.05, 1.95))
    assert judgement.outcome.status is Status.FAILED
    told = [(case.id, case.outcome.status.value, case.outcome.message) for case in judgement.cases]
    times = f"of GET /a is above the limit: at most 1.5 times that of the baseline GET /b allowed; {SEE}"
    answers = f"at least 0.67 of the answers a second of the baseline GET /b needed; {SEE}"
    assert told == [
        ("p50", "failed", f"p50 {times}"),
        ("p95", "failed", f"p95 {times}"),
        ("p99", "failed", f"p99 {times}"),
        ("throughput", "failed", f"throughput of GET /a is below the limit: {answers}"),
        ("errors", "passed", ""),
    ]


def test_rounds_go_on_until_it_is_certain_and_what_never_is_is_nobodys_fault() -> None:
    text = RATIO + "limits: {p95: 1.5}\nrounds: 3\nmax_rounds: 9"
    evidence, judgement, _ = loaded(text, ratios(1.6, 0.7, 0.9, 1.0, 0.9, 1.1, 0.9, 1.0, 0.9))
    assert 3 < len(evidence.rounds) < 9
    assert judgement.outcome.status is Status.PASSED
    evidence, judgement, _ = loaded(text, ratios(1.2, 1.9, 1.5))
    assert len(evidence.rounds) == 9
    assert judgement.outcome.status is Status.ERRORED
    assert "the rounds differ too much to tell" in judgement.outcome.message


def test_the_interval_is_that_of_the_rounds() -> None:
    low, high = interval([1.0] * 5)
    assert (low, high) == pytest.approx((1.0, 1.0))
    low, high = interval([1.0, 1.2, 1.4, 1.6, 1.8])
    assert 1.0 <= low < 1.2
    assert 1.6 < high <= 1.8
    assert interval([0.0, 1.0]) == interval([0.0, 1.0])


def errors(bad: int, whole: int) -> Judgement:
    def burden(request: LoadRequest) -> LoadReply:
        return of(0.01, statuses={200: whole - bad, 503: bad} if request.request.target == "/a" else None)

    return loaded(RATIO + "limits: {p50: 2, errors: 0.05}\nscoring: per_limit", burden)[1]


def test_errors_are_a_share() -> None:
    assert errors(5, 100).outcome.status is Status.PASSED
    assert errors(6, 100).outcome.status is Status.ERRORED
    judgement = errors(20, 100)
    assert judgement.outcome.status is Status.FAILED
    assert judgement.outcome.ratio == 0.5
    told = "the share of wrong or missing answers is above the limit: at most 5 % of all answers allowed; "
    told += SEE
    assert judgement.cases[-1].outcome.message == told


def _answered(answers: Mapping[str, LoadReply], request: LoadRequest) -> LoadReply:
    return answers[request.request.target]


@pytest.mark.parametrize("target", ["/a", "/b"])
def test_a_request_that_does_not_work_under_load_fails(target: str) -> None:
    for answer, what in (
        (of(0.01, statuses={500: 100}), "500"),
        (of(0.01, statuses={500: 60, 503: 40}), "wrong or missing"),
        (LoadReply((), {0: 1}), "missing"),
        (LoadReply(()), "missing"),
    ):
        answers = {"/a": of(0.01), "/b": of(0.01), target: answer}
        _, judgement, _ = loaded(RATIO + "limits: {p50: 2}", partial(_answered, answers))
        assert judgement.outcome.status is Status.FAILED
        told = f"GET {target}: most answers were {what}; 2xx expected; nothing was compared; "
        told += SEE
        assert judgement.outcome.message == told


def test_requests_carry_what_steps_saved() -> None:
    _, _, bench = loaded(
        """
        steps: [{request: "POST /login/${who}", expect: {status: 200}, save: {key: $.key}}]
        headers: {x-key: "${key}"}
        request: {request: POST /a, json: {key: "${key}"}, status: [200, 409]}
        baseline: {request: GET /b, query: {q: 1}}
        limits: {p50: 2}
        rate: 100
        clients: 2
        """,
        lambda _: of(0.01, statuses={409: 100}) if _.request.method == "POST" else of(0.01),
    )
    assert bench.requests[0].target == "/login/ana"
    baseline, request = bench.loads[:2]
    assert (baseline.request.target, request.request.body) == ("/b?q=1", b'{"key": "k"}')
    assert dict(request.request.headers)["x-key"] == "k"
    assert (request.clients, request.rate) == (2, 100.0)


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        (
            "steps: [{request: GET /, expect: {status: 201}}]",
            Status.FAILED,
            'nothing was measured, because a step before failed: "GET /": status: 200 instead of 201',
        ),
        (
            'headers: {x: "${gone}"}',
            Status.ERRORED,
            "the challenge uses ${gone}, which nothing gives a value; correct the challenge",
        ),
        (
            'steps: [{request: "GET /${gone}", expect: any}]',
            Status.ERRORED,
            "the challenge uses ${gone}, which nothing gives a value; correct the challenge",
        ),
    ],
)
def test_without_what_comes_before_nothing_is_sent(change: str, status: Status, told: str) -> None:
    _, judgement, bench = loaded(f"{RATIO}limits: {{p50: 2}}\n{change}", lambda _: of(0.01))
    assert judgement.outcome.status is status
    assert judgement.outcome.message == told
    assert bench.loads == []


def test_percentiles_are_of_the_nearest_rank() -> None:
    def slices(times: Sequence[float]) -> tuple[float, float, float]:
        one = Slice.of(LoadReply(times))
        return one.p50, one.p95, one.p99

    assert slices([float(number) for number in range(100, 0, -1)]) == (51.0, 96.0, 100.0)
    assert slices([7.0]) == (7.0, 7.0, 7.0)
    assert slices([]) == (0.0, 0.0, 0.0)


def test_evidence_that_is_lost_is_our_fault() -> None:
    check = spec(RATIO + "limits: {p50: 2}")
    assert KIND.judge(check, LoadEvidence(), Context("c")).outcome.status is Status.ERRORED
    assert KIND.show(check, LoadEvidence()) == ()


def test_figures_are_shown_and_not_told() -> None:
    evidence, judgement, _ = loaded(RATIO + "limits: {p50: 1.5}", ratios(2.0))
    (exhibit,) = KIND.show(spec(RATIO + "limits: {p50: 1.5}"), evidence)
    assert exhibit.title == "GET /a and GET /b"
    assert "median time: ratio 2.000 to 2.000 (limit 1.5), broken" in exhibit.text
    assert "round 1, request: p50 p95 p99 30.0 38.8 39.6 ms; 50 answers in 0.50 s (50 x 200)" in exhibit.text
    assert "2.0" not in judgement.model_dump_json()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RATIO + "limits: {errors: 0.1}", "give at least one of p50"),
        (RATIO + "limits: {p50: {times_reference: 0}}", "greater than 0"),
        (RATIO + "limits: {errors: {times_reference: 2}}", "valid number"),
        ("request: {request: get}\nbaseline: {request: GET /}\nlimits: {p50: 1}", "is not a request"),
    ],
)
def test_wrong_specs(text: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        spec(text)


# --- limits in multiples of what the reference gets ---------------------------------------------------------------

RELATIVE = RATIO + "limits: {p95: {times_reference: 1.5}, throughput: {times_reference: 0.67}}\n"


def on(ratios_: Ratios | None, burden: Callable[[LoadRequest], LoadReply], text: str = RELATIVE) -> LoadEvidence:
    return KIND.observe(spec(text), FakeBench(context=Context("c", ratios=ratios_), burden=burden))


def reference(evidence: LoadEvidence, text: str = RELATIVE) -> Recorded:
    assert KIND.recorded is not None
    found = KIND.recorded(spec(text), evidence, {})
    assert found is not None
    return found


def test_what_a_reference_is_measured_at_is_the_measure_of_others() -> None:
    measured = on(None, ratios(3.0, 3.1, 2.9))
    found = reference(measured)
    assert found.mistakes == ()
    assert found.ratios is not None
    got = found.ratios["toy"]
    assert got["p95"].low == pytest.approx(2.9, abs=0.05)
    assert got["p95"].high == pytest.approx(3.1, abs=0.05)
    assert got["p95"].value == pytest.approx(3.0, abs=0.05)
    assert set(got) == {"p95", "throughput"}
    context = Context("c", ratios=found.ratios)
    for times, status in (((3.0, 3.1, 2.9), Status.PASSED), ((6.0, 6.1, 5.9), Status.FAILED)):
        evidence = on(found.ratios, ratios(*times))
        assert len(evidence.rounds) == 5
        assert KIND.judge(spec(RELATIVE), evidence, context).outcome.status is status


def test_a_reference_is_measured_until_it_is_steady_and_what_never_is_is_no_measure() -> None:
    assert len(on(None, ratios(1.0, 1.01, 0.99)).rounds) == 5
    wild = on(None, ratios(0.4, 1.0, 2.5))
    assert len(wild.rounds) == 15
    why = "inconclusive: its rounds differ by more than 1.5 times on the reference; verify again on a quieter machine"
    found = reference(wild)
    assert found.ratios == {"toy": {}}
    assert found.mistakes == (f"p95: {why}", f"throughput: {why}")
    nothing = reference(LoadEvidence(language="toy", unready="no"))
    assert nothing.mistakes[0].startswith("p95: inconclusive: nothing was measured on the reference")
    assert KIND.recorded is not None
    assert KIND.recorded(spec(RATIO + "limits: {p50: 2}"), wild, {}) is None


def test_the_loosest_reference_is_the_slowest_one() -> None:
    slow, fast = Ratio(value=3, low=3, high=3), Ratio(value=1, low=1, high=1)
    found = loosest({"a": {"p50": fast, "throughput": slow}, "b": {"p50": slow, "throughput": fast}})
    assert found == {"p50": slow, "throughput": fast}


def test_the_references_figures_are_shown_beside() -> None:
    evidence = on(None, ratios(2.0), RATIO + "limits: {p50: {times_reference: 1.5}, p99: 4}")
    check = spec(RATIO + "limits: {p50: {times_reference: 1.5}, p99: 4}")
    (plain,) = KIND.show(check, evidence)
    assert "median time: ratio 2.000 to 2.000 (limit 1.5 times the reference's)\n" in plain.text
    assert "(limit 4), kept\n" in plain.text

    def beside(known: Ratios | None) -> str:
        (exhibit,) = KIND.beside(check, evidence, Context("c", ratios=known))
        assert exhibit.title == "GET /a beside the reference"
        return exhibit.text.removeprefix("p50: median time: ratio 2.000 to 2.000; ")

    one = {"p50": Ratio(value=1, low=0.9, high=1.1)}
    assert beside({"toy": one}) == "toy reference 1.000 (0.900 to 1.100); limit 1.5 times that, broken"
    other = "the loosest reference, for there is none in toy"
    assert beside({"java": one}) == f"{other} 1.000 (0.900 to 1.100); limit 1.5 times that, broken"
    assert beside(None) == f"{other} not known; limit 1.5 times that, alone"
    assert KIND.beside(check, LoadEvidence(), Context("c")) == ()
    assert KIND.beside(spec(RATIO + "limits: {p50: 2}"), evidence, Context("c")) == ()


def test_lint() -> None:
    text = """
        steps: [{request: GET /, expect: any, save: {key: $.key}}]
        headers: {a: "${key}", b: "${kye}"}
        request: {request: "GET /${a}"}
        baseline: {request: POST /, json: {}, form: {q: "${key}"}}
        limits: {p50: 2}
        rounds: 9
        max_rounds: 8
    """
    scope = Scope(files={}, variables={}, app=True)
    assert [f"{'.'.join(map(str, found.loc))}: {found.what}" for found in KIND.lint(spec(text), scope)] == [
        "request.request: ${a} is not known here",
        "baseline.form: json and form are both given",
        "headers.b: ${kye} is not known here",
        "max_rounds: 8 is less than rounds, 9",
    ]
    assert list(KIND.lint(spec(RATIO + "limits: {p50: 2}"), scope)) == []
