"""Whose fault is this ending? One table, decided once, read by everything that meets a failure."""

from __future__ import annotations

from enum import StrEnum


class Mishap(StrEnum):
    """What went wrong with a process, a container or the engine."""

    ENGINE = "engine"
    """The engine refused a call, did not answer, or could not start a container."""
    ENDED = "ended"
    """A process ended although it should not have, or not with 0."""
    LIMIT = "limit"
    """A limit stopped it: time, memory or output."""
    LOST = "lost"
    """A program of ours that talks to us stopped answering, or answered nonsense."""


class Exposure(StrEnum):
    """What had reached the process when it happened."""

    NONE = "none"
    """Nothing of the candidate: no file, no byte, no neighbour in its pod."""
    DATA = "data"
    """A trusted program had been given data of the candidate: a lock file, a query, a reply to read."""
    CODE = "code"
    """Code of the candidate ran in it, or beside it in the pod."""


class Fault(StrEnum):
    """Who answers for it."""

    OURS = "ours"
    CANDIDATE = "candidate"


_TABLE = {
    (Mishap.ENGINE, Exposure.NONE): Fault.OURS,
    (Mishap.ENGINE, Exposure.DATA): Fault.OURS,
    (Mishap.ENGINE, Exposure.CODE): Fault.OURS,
    (Mishap.ENDED, Exposure.NONE): Fault.OURS,
    (Mishap.ENDED, Exposure.DATA): Fault.CANDIDATE,
    (Mishap.ENDED, Exposure.CODE): Fault.CANDIDATE,
    (Mishap.LIMIT, Exposure.NONE): Fault.OURS,
    (Mishap.LIMIT, Exposure.DATA): Fault.CANDIDATE,
    (Mishap.LIMIT, Exposure.CODE): Fault.CANDIDATE,
    (Mishap.LOST, Exposure.NONE): Fault.OURS,
    (Mishap.LOST, Exposure.DATA): Fault.CANDIDATE,
    (Mishap.LOST, Exposure.CODE): Fault.CANDIDATE,
}


def whose(mishap: Mishap, exposure: Exposure) -> Fault:
    """Whose fault it is when ``mishap`` strikes something that ``exposure`` had reached.

    Two mistakes are possible, and they do not weigh the same.

    *Calling our fault the candidate's* turns a full disk or a broken image into a zero. Nobody asks
    again about a zero, so a person loses a job for it. This is why an errored check has no score, and why a
    report with one has no total.

    *Calling the candidate's fault ours* looks kind, but it is a door. Whatever counts as ours is
    retried, and an errored check does not count as failed. A submission that can cause "our" errors at
    will (by exhausting its memory, by killing the process that watches it, by feeding a parser of
    ours something it chokes on) buys as many attempts as it likes, and hides what it cannot pass.

    So the question is never "does this look like an accident?", which an attacker answers for us. It is
    "*could* candidate code or data have caused it?", which depends only on what had been handed over
    by then:

    - Before anything of the candidate was there, every mishap is ours. An image whose program does
      not start, a probe that does not answer its first ping, a service that runs out of memory
      while empty: mend gradekit.
    - Once a trusted program works on candidate data, its end or its limits are the candidate's. A
      resolver that gives up on a lock file, a database that a query drove out of memory: an honest
      submission does not do that, and the reviewer sees the output. That it may be a weakness of our
      program is true, and worth a fix; it is no reason to hand out retries.
    - Once candidate code has run in the container or beside it in the pod, the same holds all the more.
      Our probe is among those who may suffer: it reads replies that the candidate wrote.
    - The engine is the exception. Nothing in a sandbox has a way to the engine's interface: no
      network, no socket, no capability, and its memory, processes, files and disk are capped. When the engine
      refuses or falls silent, the machine is in trouble, and the same trouble would hit any other
      submission. Ours, at every exposure.

    The table is total: a mishap that is not in it cannot be expressed. Changing an entry changes who pays
    for a failure, and must come with its reason in this text.
    """
    return _TABLE[mishap, exposure]
