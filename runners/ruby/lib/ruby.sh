# Starts a Ruby that only we configure: no variable of the caller's, no settings in a home folder, and no helper that
# changes what exceptions say.
ours=/opt/gradekit/lib

run() {
    exec env -i HOME=/tmp/nobody LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC \
        GEM_HOME=/opt/deps GEM_PATH=/opt/deps: /usr/bin/ruby --disable=rubyopt,did_you_mean,error_highlight \
        -I "$ours" "$@"
}

# The same with the settings of the network, and without packages.
fetch() {
    exec env -i HOME=/tmp/nobody LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC \
        BUNDLE_MIRROR__ALL="$BUNDLE_MIRROR__ALL" http_proxy="$http_proxy" https_proxy="$https_proxy" \
        /usr/bin/ruby --disable=rubyopt,did_you_mean,error_highlight -I "$ours" "$@"
}
