#!/bin/sh
echo "BREACH: a shell of the submission was run" >&2
