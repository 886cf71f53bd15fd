from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gradekit.sandbox.container import Host, container_body, random_name, seccomp_name, seccomp_profile, volume_options
from gradekit.sandbox.plans import ContainerPlan, Limits, Mount, Tmpfs, VolumePlan

HOST = Host(cgroupns=True, cpus=2)
PLAN = ContainerPlan(
    "sha256:1",
    ["prog", "a b"],
    env={"A": "1", "TZ": "Etc/UTC"},
    mounts=[Mount("work", "/work"), Mount("out", "/out", writable=True)],
    tmpfs=[Tmpfs("/build", 1 << 20, executable=True)],
    limits=Limits(memory=1 << 26, cpus=8, pids=7),
)


def body(plan: ContainerPlan = PLAN, **changes: Any) -> Mapping[str, Any]:  # noqa: ANN401 - arguments of three types
    given: dict[str, Any] = {
        "host": HOST,
        "labels": {"a": "b"},
        "volumes": {"work": "gk-1", "out": "gk-2"},
        "network": "container:gk-0",
        "keep_log": False,
    }
    return container_body(plan, **(given | changes))


def test_the_argv_replaces_whatever_the_image_would_run() -> None:
    assert (body()["Entrypoint"], body()["Cmd"]) == (["prog", "a b"], [])
    assert body()["Healthcheck"] == {"Test": ["NONE"]}
    assert body()["User"] == "10001:10001"


def test_the_environment_is_whole() -> None:
    assert sorted(body()["Env"]) == ["A=1", "HOME=/tmp", "LANG=C.UTF-8", "TZ=Etc/UTC"]


def test_nothing_is_granted() -> None:
    host = body()["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["SecurityOpt"] == ["no-new-privileges:true", f"seccomp={seccomp_profile()}"]
    assert (host["IpcMode"], host["CgroupnsMode"], host["Init"]) == ("private", "private", True)
    assert not {"Binds", "CapAdd", "Devices", "PidMode", "UTSMode", "UsernsMode", "PortBindings", "ExtraHosts"} & set(
        host
    )


def test_limits_are_set_and_swap_adds_nothing() -> None:
    host = body()["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (1 << 26, 1 << 26, 7)
    assert host["NanoCpus"] == 2_000_000_000, "no more than the machine has: the engine would refuse"
    assert {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}["core"] == 0


def test_mounts_are_volumes_of_ours_only() -> None:
    mounts = body()["HostConfig"]["Mounts"]
    assert [(mount["Type"], mount["Source"], mount["Target"], mount["ReadOnly"]) for mount in mounts] == [
        ("volume", "gk-1", "/work", True),
        ("volume", "gk-2", "/out", False),
    ]
    assert body()["HostConfig"]["Tmpfs"] == {
        "/tmp": "rw,nosuid,nodev,noexec,size=67108864,nr_inodes=8192,mode=1777",
        "/build": "rw,nosuid,nodev,exec,size=1048576,nr_inodes=8192,mode=0755,uid=10001,gid=10001",
    }


def test_the_engine_sets_up_no_network_where_no_loopback_is_wanted() -> None:
    nameless = replace(PLAN, loopback=False)
    made = body(nameless, network="none")
    assert made["NetworkDisabled"] is True
    assert made["HostConfig"]["NetworkMode"] == "none", "for an engine that does not know the other word"
    assert "NetworkDisabled" not in body(network="none")
    for network in ("container:gk-0", "bridge"):
        assert "NetworkDisabled" not in body(nameless, network=network)


def test_a_host_name_only_where_the_engine_allows_one() -> None:
    assert "Hostname" not in body()
    assert body(network="none")["Hostname"] == "sandbox"


def test_logs_are_capped_or_absent() -> None:
    assert body()["HostConfig"]["LogConfig"]["Type"] == "none"
    kept = body(keep_log=True)
    assert kept["HostConfig"]["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}}
    assert kept["OpenStdin"] is False


def test_old_engines_have_no_private_cgroup_namespaces() -> None:
    assert "CgroupnsMode" not in body(host=Host(cgroupns=False, cpus=2))["HostConfig"]


def test_volumes_are_capped() -> None:
    assert volume_options(VolumePlan("work", 5, inodes=6, uid=7)) == {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": "size=5,nr_inodes=6,uid=7,gid=7,mode=0755,nosuid,nodev",
    }


def test_names_cannot_be_guessed() -> None:
    assert random_name().startswith("gk-")
    assert len({random_name() for _ in range(100)}) == 100


def test_the_profile_is_an_allow_list() -> None:
    profile = json.loads(seccomp_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {architecture["architecture"] for architecture in profile["archMap"]} == {
        "SCMP_ARCH_X86_64",
        "SCMP_ARCH_AARCH64",
    }
    assert not any(architecture["subArchitectures"] for architecture in profile["archMap"])
    unconditional = [rule for rule in profile["syscalls"] if not rule.get("args") and not rule.get("errnoRet")]
    free = {name for rule in unconditional for name in rule["names"]}
    refused = {
        "bpf", "clone", "fsopen", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "kcmp",
        "kexec_load", "keyctl", "memfd_secret", "mount", "move_mount", "name_to_handle_at", "open_by_handle_at",
        "perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise", "process_vm_readv",
        "process_vm_writev", "ptrace", "setns",
        "socket", "socketcall", "socketpair", "umount2", "unshare", "userfaultfd",
    }  # fmt: skip
    assert not free & refused
    assert {"execve", "futex", "openat", "mmap", "clone3"} - free == {"clone3"}
    families = [rule["args"][0]["value"] for rule in profile["syscalls"] if "socket" in rule["names"]]
    assert families == [1, 2, 10, 16]
    assert seccomp_name().startswith("gradekit@")
