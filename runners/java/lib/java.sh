# Starts a program of ours on a JVM that only we configure: no variable of the caller's, no settings file.
# Small heaps and the quick compiler suit programs that live for a second.
trusted=/opt/gradekit/lib/gradekit.jar
for jar in /opt/gradekit/junit/*.jar; do trusted=$trusted:$jar; done

run() {
    exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC /usr/bin/java \
        -Xshare:auto -XX:SharedArchiveFile=/opt/gradekit/lib/gradekit.jsa -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
        -XX:MaxRAMPercentage=60 -XX:-UsePerfData -XX:+DisableAttachMechanism -Dfile.encoding=UTF-8 \
        -Djava.awt.headless=true $flags -cp "$trusted" "$@"
}
