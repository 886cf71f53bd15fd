# Starts a PHP that only we configure: no variable of the caller's, no php.ini or .user.ini but the image's.
ours=/opt/gradekit/lib

run() {
    exec env -i HOME=/tmp/nobody LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin TZ=UTC PHP_INI_SCAN_DIR=/etc/php/8.2/cli/conf.d \
        COMPOSER_MIRROR="$COMPOSER_MIRROR" http_proxy="$http_proxy" https_proxy="$https_proxy" \
        /usr/bin/php -c /etc/php/8.2/cli/php.ini -d auto_prepend_file= -d auto_append_file= -d opcache.enable_cli=0 \
        -d display_errors=stderr -d log_errors=0 -d zend.assertions=1 -d assert.exception=1 -d register_argc_argv=1 -f "$@"
}

# A copy of the submission with its packages at `vendor`, where its own code looks for them.
copied() {
    app=$(mktemp -d /tmp/app-XXXXXX)/work
    cp -R /work "$app"
    if [ ! -e "$app/vendor" ]; then
        for vendor in /opt/deps/vendor /opt/gradekit/vendor; do
            if [ -d "$vendor" ]; then ln -s "$vendor" "$app/vendor"; break; fi
        done
    fi
    echo "$app"
}
