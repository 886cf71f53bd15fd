# Starts a program of ours on a JVM that only we configure: no variable of the caller's, no settings file.
# Its first words may be more of the JVM's options. Most of these programs live for a second: the slow compiler gets only
# what is ten times as hot as usual.
trusted=/opt/gradekit/lib/gradekit.jar
for jar in /opt/gradekit/junit/*.jar; do trusted=$trusted:$jar; done

run() {
    exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC /usr/bin/java \
        -Xshare:auto -XX:SharedArchiveFile=/opt/gradekit/lib/gradekit.jsa -XX:+UseSerialGC -XX:MaxRAMPercentage=60 \
        -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 \
        -XX:Tier4BackEdgeThreshold=400000 -XX:-UsePerfData -XX:+DisableAttachMechanism -Dfile.encoding=UTF-8 \
        -Djava.awt.headless=true -cp "$trusted" "$@"
}

# The same with the settings of the network; XML that names other files is refused, whoever reads it.
fetch() {
    for jar in /opt/gradekit/ivy/*.jar; do trusted=$trusted:$jar; done
    exec env -i HOME=/tmp LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC \
        MAVEN_MIRROR="$MAVEN_MIRROR" http_proxy="$http_proxy" https_proxy="$https_proxy" /usr/bin/java \
        -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MaxRAMPercentage=40 -XX:-UsePerfData -Dfile.encoding=UTF-8 \
        -Djavax.xml.accessExternalDTD= -Djavax.xml.accessExternalSchema= -cp "$trusted" "$@"
}
