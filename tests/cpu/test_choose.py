"""The choice of a model: who is considered, who is better, what is listed."""

from __future__ import annotations

import pytest

from domcaps.cpu.choose import CpuData, Fit, Problem, without_broken_tsx
from domcaps.cpu.model import CpuSignature, Model, Signature
from tests.cpu.small import feature_set, model, spelled, x86_map

ALL = {"A": (), "B": (), "C": ()}


def choose(
    *models: Model,
    host: str,
    vendor: str | None = None,
    signature: CpuSignature | None = None,
    blockers: dict[str, tuple[str, ...]] | None = None,
    preferred: str = "",
) -> Fit:
    cpu = CpuData(features=feature_set(host), vendor=vendor, signature=signature)
    problem = Problem(x86=x86_map(*models), cpu=cpu, blockers=blockers, preferred=frozenset(preferred.split()))
    fit = problem.choose()
    assert fit is not None
    return fit


def listing(fit: Fit) -> str:
    return spelled(fit.features(x86_map()))


def test_required_come_before_disabled_ones_each_in_map_order() -> None:
    assert listing(choose(model("A", "bde"), host="fca")) == "+a +c +f -b -d -e"


@pytest.mark.parametrize("disabled", range(10))
def test_only_half_of_what_is_disabled_is_dear(disabled: int) -> None:
    names = ["b", "c", "d", "e", "f", "hle", "rtm", "gone", "invtsc"][:disabled]
    fit = Problem(x86=x86_map(), cpu=CpuData(features=feature_set("a"))).fit(model("A", names))
    dear, cheap = (disabled + 1) // 2, disabled // 2
    assert fit.penalty == sum(range(2, 2 + dear))
    assert fit.score == 1 + cheap + fit.penalty


@pytest.mark.parametrize(("weighed", "name"), [(False, "Long"), (True, "Short")])
def test_disabled_features_were_as_cheap_as_required_ones(*, weighed: bool, name: str) -> None:
    # Short lists +b +c +d +e, Long -f -hle -rtm: 4 to 3 when counted, 4 to 1 + 5 when weighed.
    models = x86_map(model("Short", "a"), model("Long", ["a", "b", "c", "d", "e", "f", "hle", "rtm"]))
    problem = Problem(x86=models, cpu=CpuData(features=feature_set("abcde")), weighed=weighed)
    fit = problem.choose()
    assert fit is not None
    assert fit.model.name == name


def test_without_weights_features_that_left_the_model_still_count() -> None:
    models = x86_map(model("A", "ab"), model("B", "ab", removed=("gone",)))
    problem = Problem(x86=models, cpu=CpuData(features=feature_set("ab")), weighed=False)
    assert [(fit.model.name, fit.score, fit.penalty) for fit in problem.ranking()] == [("A", 0, 0), ("B", 1, 0)]


def test_of_equal_models_the_last_of_the_map_is_taken() -> None:
    assert choose(model("A", "ab"), model("B", "ab"), host="ab").model.name == "B"


def test_the_smaller_score_wins() -> None:
    assert choose(model("A", "abc"), model("B", "a"), host="abcd").model.name == "A"


def test_of_equal_scores_the_smaller_penalty_wins() -> None:
    # A lists +b +c +d (3, penalty 0); B lists +d -e: 1 + 0 + 2.
    assert choose(model("A", "a"), model("B", "abce"), host="abcd").model.name == "A"


def test_a_model_of_another_vendor_is_passed_over_and_a_vendorless_one_is_not() -> None:
    models = (model("A", "ab"), model("B", "abc", "AMD"))
    assert choose(*models, host="abc", vendor="Intel").model.name == "A"
    assert choose(*models, host="abc", vendor=None).model.name == "B"


def test_a_model_that_is_not_meant_for_guests_is_passed_over() -> None:
    assert choose(model("A", "a"), model("B", "abc", guest=False), host="abc").model.name == "A"


def test_a_model_that_the_hypervisor_does_not_have_is_passed_over() -> None:
    assert choose(model("A", "a"), model("B", "abc"), host="abc", blockers={"A": ()}).model.name == "A"


def test_a_hypervisor_without_models_leaves_no_choice() -> None:
    problem = Problem(x86=x86_map(model("A", "a")), cpu=CpuData(features=1), blockers={})
    assert problem.choose() is None
    assert [passed.reason for passed in problem.passed()] == ["the hypervisor does not have it"]


SIGNED = Model(name="A", features=feature_set("abcdef"), signatures=(Signature(family=6, model=1),))


@pytest.mark.parametrize("models", [(SIGNED, model("B", "a")), (model("B", "a"), SIGNED)], ids=["last", "first"])
def test_the_signature_beats_any_list_wherever_the_model_stands(models: tuple[Model, ...]) -> None:
    signature = CpuSignature(family=6, model=1, stepping=0)
    assert choose(*models, host="a", signature=signature).model.name == "A"
    assert choose(*models, host="a").model.name == "B"


@pytest.mark.parametrize(
    ("host", "blocker", "listed"),
    [
        pytest.param("ab", "b", "-b", id="part of the model: disabled even when the host has it"),
        pytest.param("abc", "c", "+c", id="outside the model and the host has it: required all the same"),
        pytest.param("ab", "c", "-c", id="outside both: disabled"),
        pytest.param("ab", "unheard-of", "", id="unknown to the map: nothing"),
    ],
)
def test_blockers_of_the_model(host: str, blocker: str, listed: str) -> None:
    assert listing(choose(model("A", "ab"), host=host, blockers={"A": (blocker,)})) == listed


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        pytest.param("ab", "-invtsc -gone", id="neither is listed: both, in the order of the file"),
        pytest.param(["a", "b", "gone"], "+gone -invtsc", id="what the host has is required, not disabled"),
    ],
)
def test_features_that_left_the_model_are_disabled(host: str | list[str], listed: str) -> None:
    left = model("A", "ab", removed=("invtsc", "gone"))
    problem = Problem(x86=x86_map(left), cpu=CpuData(features=feature_set(host)))
    assert listing(problem.fit(left)) == listed


def test_features_that_left_the_model_weigh_as_disabled_ones() -> None:
    plain, left = model("A", "ab"), model("B", "ab", removed=("gone",))
    assert choose(plain, left, host="ab").model.name == "A"


def test_a_single_preferred_model_is_taken_at_once() -> None:
    assert choose(model("A", "a"), model("B", "ab"), model("C", "abc"), host="abc", preferred="A").model.name == "A"


def test_a_single_preferred_model_that_is_passed_over_is_forgotten() -> None:
    models = (model("A", "a", guest=False), model("B", "ab"), model("C", "abc"))
    assert choose(*models, host="abc", preferred="A").model.name == "C"


def test_of_several_preferred_models_a_smaller_penalty_is_enough() -> None:
    # C lists -d: score 2, penalty 2. A lists +b +c +e +f: score 4, penalty 0.
    models = (model("A", "a"), model("C", "abcefd"))
    host = "abcef"
    assert choose(*models, host=host).model.name == "C"
    assert choose(*models, host=host, preferred="A X").model.name == "A"


def test_the_ranking_tells_the_others_and_what_they_would_have_cost() -> None:
    models = (model("A", "a"), model("B", "abc", "AMD"), model("C", "ab"))
    problem = Problem(x86=x86_map(*models), cpu=CpuData(features=feature_set("abc"), vendor="Intel"))
    assert [(fit.model.name, fit.score) for fit in problem.ranking()] == [("C", 1), ("A", 2)]
    assert [(passed.model.name, passed.reason) for passed in problem.passed()] == [("B", "its vendor is AMD")]


@pytest.mark.parametrize(
    ("vendor", "family", "number", "stepping", "broken"),
    [
        ("Intel", 6, 60, 3, True),
        ("Intel", 6, 69, 0, True),
        ("Intel", 6, 70, 1, True),
        ("Intel", 6, 63, 3, True),
        pytest.param("Intel", 6, 63, 4, False, id="repaired in stepping 4 of model 63"),
        ("Intel", 6, 61, 0, False),
        ("Intel", 15, 60, 0, False),
        ("AMD", 6, 60, 0, False),
    ],
)
def test_broken_tsx_is_left_out(vendor: str, family: int, number: int, stepping: int, broken: bool) -> None:
    signature = CpuSignature(family=family, model=number, stepping=stepping)
    cpu = CpuData(features=feature_set(["a", "hle", "rtm"]), vendor=vendor, signature=signature)
    kept = feature_set(["a"]) if broken else cpu.features
    assert without_broken_tsx(cpu, x86_map()).features == kept
