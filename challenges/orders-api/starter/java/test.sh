#!/bin/sh
# Compile everything anew and run the tests.
set -e
classes=$(mktemp -d)
junit='/opt/gradekit/junit/*'
javac -encoding UTF-8 -d "$classes" -cp "$CLASSPATH:$junit" $(find src -name '*.java')
exec java -cp "$classes:$CLASSPATH:$junit" shop.Tests
