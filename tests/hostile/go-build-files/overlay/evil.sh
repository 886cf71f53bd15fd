#!/bin/sh
echo "BREACH: a program of the submission was run" >&2
exit 0
