"""Which OCI runtime is used, and what gVisor needs for a pod to work."""

from __future__ import annotations

import pytest

from gradekit.errors import UsageError
from gradekit.sandbox.container import seccomp_name
from gradekit.sandbox.runtime import choose

FLAGS = ("--network=host", "--host-uds=all")


def test_the_engine_chooses_unless_the_operator_does() -> None:
    known = {"runc": (), "crun": ()}
    assert choose(None, "runc", known).name == "runc"
    assert not choose(None, "runc", known).chosen
    assert choose("crun", "runc", known).name == "crun"
    assert choose("crun", "runc", known).seccomp == seccomp_name()


def test_an_unknown_runtime_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no runtime 'runsc'; it has: crun, runc; register runsc"):
        choose("runsc", "runc", {"runc": (), "crun": ()})


def test_an_engine_that_lists_no_runtimes_may_still_choose() -> None:
    assert choose(None, "crun", {}).name == "crun"
    with pytest.raises(UsageError, match="it has: none by name"):
        choose("crun", "crun", {})


@pytest.mark.parametrize("wanted", [None, "runsc"])
def test_gvisor_must_let_the_containers_of_a_pod_meet(wanted: str | None) -> None:
    with pytest.raises(UsageError, match=r"runsc is registered without --host-uds=all \(the probe reaches"):
        choose(wanted, "runsc", {"runsc": ("--network=host",)})
    with pytest.raises(UsageError, match=r"--network=host .*, --host-uds=all"):
        choose(wanted, "runsc", {"runsc": ()})
    # What releases before 2023 have instead opens sockets of the host and makes none, so no database would be reached.
    with pytest.raises(UsageError, match="--host-uds=all"):
        choose(wanted, "runsc", {"runsc": ("--network=host", "--fsgofer-host-uds")})


def test_gvisor_brings_a_kernel_and_filters_only_when_told() -> None:
    plain = choose("runsc", "runc", {"runc": (), "runsc": FLAGS})
    assert plain.own_kernel
    assert plain.seccomp == "gVisor's own"
    filtering = (*FLAGS, "--oci-seccomp")
    assert choose("runsc-kvm", "runc", {"runsc-kvm": filtering}).seccomp == seccomp_name()
